/** The chain of a world with money, in base units, and what contradicts itself about it. */
import { MFT_SUPPLY } from '../../protocols/ledger/genesis.ts';
import { CALL_GAS } from '../../protocols/ledger/gas.ts';
import type { DurationLaw } from '../../sim/random/law.ts';
import { meanUs } from '../../sim/random/laws.ts';
import type { ChainRules, Congestion, MarketRules, Money, Role } from '../model.ts';
import { walletUnits } from '../money/wallet.ts';
import { formatQuantity, parseQuantity } from './quantity.ts';
import type { ScenarioData } from './schema.ts';
import { parseLaw } from './values.ts';
import { defaultValue, isWritten, report, reportKey, type Path, type Work } from './work.ts';

/** Keys that make the chain one with a market. */
const MARKET_KEYS = [
  'base_fee',
  'gas_limit',
  'load',
  'confirmations',
  'reorganises',
  'seen_after',
  'fee_cap',
  'raise_after',
] as const;

/** An MFT in accounting units; the supply fits into no safe integer of them. */
const UNITS_PER_MFT = 1e9;

const path = (key: string): Path => ['money', 'chain', key];
const at = (key: string): string => `money.chain.${key}`;
/** Defaults of amounts per call are written with it. */
const each = (text: string) => parseQuantity(text.replace(/\s+per\s+\S+$/, ''), 'money');
const count = (text: string) => parseQuantity(text, 'count');
const share = (text: string) => parseQuantity(text, 'share', { max: 100 });

/** True if any key in the file makes the chain one with a market. */
export function hasMarket(work: Work): boolean {
  return MARKET_KEYS.some((key) => isWritten(work, path(key)));
}

export function resolveChain(work: Work, flows: boolean): ChainRules {
  const written = work.data.money?.chain;
  const block = written?.block ?? defaultValue(at('block'), parseLaw);
  if (meanUs(block) < 1)
    report(work, path('block'), {
      code: 'MF-0110',
      message: 'blocks that follow one another in no time are no blocks: it must be at least 1 us',
    });
  const marketKey = MARKET_KEYS.find((key) => isWritten(work, path(key)));
  if (marketKey !== undefined && !flows)
    reportKey(work, path(marketKey), {
      code: 'MF-0111',
      message: 'a chain with a market in a world of packets is not part of this version',
      hint: 'write fee: 0.05 MFT per call, or add detail: flows to world',
    });
  if (marketKey !== undefined) {
    if (isWritten(work, path('fee')))
      reportKey(work, path('fee'), {
        code: 'MF-0112',
        message: `"fee" and "${marketKey}" exclude each other: a chain has one price for ever, or a market`,
        hint: 'leave "fee" out and write base_fee',
      });
    const market = resolveMarket(work, block);
    return {
      blockUs: Math.max(1, Math.round(meanUs(block))),
      feeUnits: market.baseFeeUnits,
      market,
    };
  }
  if (block.law !== 'constant')
    report(work, path('block'), {
      code: 'MF-0112',
      message: 'blocks at random times and a fixed fee exclude each other',
      hint: 'add for example base_fee: 0.05 MFT per call',
    });
  return {
    blockUs: block.law === 'constant' ? block.valueUs : 1,
    feeUnits: written?.fee ?? defaultValue(at('fee'), each),
  };
}

function resolveMarket(work: Work, block: DurationLaw): MarketRules {
  const written = work.data.money?.chain;
  const { every, depth } = written?.reorganises ?? {};
  const market: MarketRules = {
    block,
    baseFeeUnits: written?.base_fee ?? defaultValue(at('base_fee'), each),
    gasLimit: written?.gas_limit ?? defaultValue(at('gas_limit'), count),
    loadRatio: written?.load ?? defaultValue(at('load'), share),
    confirmations: written?.confirmations ?? defaultValue(at('confirmations'), count),
    ...(every === undefined || depth === undefined
      ? {}
      : { reorganises: { everyUs: every, depth } }),
    seenAfter: written?.seen_after ?? defaultValue(at('seen_after'), parseLaw),
    feeCapUnits: written?.fee_cap ?? defaultValue(at('fee_cap'), each),
    raiseAfterBlocks: written?.raise_after ?? defaultValue(at('raise_after'), count),
  };
  checkMarket(work, market);
  return market;
}

/** Where to show what is wrong with a key: at the key, or at the section if it is a default that does not fit. */
function shown(work: Work, key: string): Path {
  return isWritten(work, path(key)) ? path(key) : ['money', 'chain'];
}

function checkMarket(work: Work, market: MarketRules): void {
  const { baseFeeUnits, loadRatio, feeCapUnits, confirmations, reorganises } = market;
  const wrong = (key: string, message: string, hint?: string): void => {
    report(work, shown(work, key), {
      code: 'MF-0151',
      message,
      ...(hint === undefined ? {} : { hint }),
    });
  };
  if (baseFeeUnits * UNITS_PER_MFT < CALL_GAS)
    wrong('base_fee', 'at a base fee of nothing room in blocks has no market');
  if (feeCapUnits < baseFeeUnits)
    wrong(
      'fee_cap',
      `nodes bid at most ${formatQuantity(feeCapUnits, 'money')} per call and the first block asks ${formatQuantity(baseFeeUnits, 'money')}: nobody would ever cash a cheque`,
    );
  if (loadRatio <= 0.5)
    wrong(
      'load',
      `a load of ${formatQuantity(loadRatio, 'share')} leaves blocks emptier than the half that the market aims at, so that the base fee would fall to nothing`,
      'write for example load: 70%',
    );
  if (reorganises === undefined) return;
  if (reorganises.depth > confirmations)
    wrong(
      'reorganises',
      `a branch that replaces ${reorganises.depth} blocks takes back what nodes believe after ${confirmations} confirmations`,
      `write depth: ${Math.max(1, confirmations)} or more confirmations`,
    );
  if (reorganises.everyUs < meanUs(market.block))
    wrong('reorganises', 'branches cannot come more often than blocks do');
}

type WrittenRole = NonNullable<ScenarioData['roles']>[string];

/** When a role cashes, and whether it fills blocks. */
export function chainKeys(
  work: Work,
  rolePath: Path,
  role: WrittenRole,
  durationUs: number,
): Pick<Role, 'cashes' | 'congests'> {
  const congests = congestionOf(work, [...rolePath, 'congests'], role, durationUs);
  if (role.rejoins !== undefined && hasMarket(work))
    reportKey(work, [...rolePath, 'rejoins'], {
      code: 'MF-0111',
      message: 'newcomers on a chain with a market are not part of this version',
      hint: 'leave "rejoins" out, or write a fixed fee',
    });
  return {
    ...(role.cashes === undefined ? {} : { cashes: role.cashes }),
    ...(congests === undefined ? {} : { congests }),
  };
}

function congestionOf(
  work: Work,
  at_: Path,
  { congests }: WrittenRole,
  durationUs: number,
): Congestion | undefined {
  if (congests === undefined) return undefined;
  if (!hasMarket(work))
    reportKey(work, at_, {
      code: 'MF-0112',
      message: '"congests" needs a chain on which room has a price',
      hint: 'add for example base_fee: 0.05 MFT per call to money.chain',
    });
  const { at: atUs, blocks } = congests;
  if (atUs === undefined || blocks === undefined) return undefined;
  if (atUs >= durationUs)
    report(work, [...at_, 'at'], {
      code: 'MF-0134',
      message: `the attack never begins: the world ends at ${formatQuantity(durationUs, 'time')}`,
    });
  return {
    atUs,
    blocks,
    tipUnits: congests.tip ?? defaultValue('roles.*.congests.tip', each),
    budgetUnits: congests.budget ?? defaultValue('roles.*.congests.budget', each),
    then: congests.then ?? 'stay',
  };
}

/** More than there is cannot be deposited. Amounts of one role are safe integers; their sum need not be. */
export function checkSupply(work: Work, money: Money, roles: readonly Role[]): void {
  let sum = 0n;
  for (const role of roles) {
    const { name, count: nodes, depositUnits = 0 } = role;
    sum += BigInt(nodes) * BigInt(depositUnits + walletUnits(money));
    if (sum * BigInt(UNITS_PER_MFT) <= MFT_SUPPLY) continue;
    const deposit: Path = ['roles', name, 'deposit'];
    report(work, isWritten(work, deposit) ? deposit : ['money'], {
      code: 'MF-0151',
      message: `what all nodes begin with is more than the ${MFT_SUPPLY / 10n ** 18n} MFT that there are`,
    });
    return;
  }
}
