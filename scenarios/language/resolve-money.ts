/** The `money` section and what roles do with it, in base units. */
import { dearestPacket, unitsPerByte, wholePricesPerMib } from '../../protocols/swap/price.ts';
import type { Money, Paying, Role } from '../model.ts';
import { formatQuantity, parseQuantity } from './quantity.ts';
import { chainKeys, resolveChain } from './resolve-chain.ts';
import type { ScenarioData } from './schema.ts';
import { defaultValue, isWritten, report, reportKey, type Path, type Work } from './work.ts';

const amount = (text: string) => parseQuantity(text, 'money');
const time = (text: string) => parseQuantity(text, 'time');
const count = (text: string) => parseQuantity(text, 'count');
const share = (text: string) => parseQuantity(text, 'share', { max: 100 });
const number = (text: string) => parseQuantity(text, 'number');
/** Defaults of amounts per something are written without it. */
const each = (text: string) => parseQuantity(text.replace(/\s+per\s+\S+$/, ''), 'money');

/** An amount as people write it. */
const mft = (units: number): string => formatQuantity(units, 'money');

/** Money where the world has any: with a `money` section, or in a world of flows. */
export function resolveMoney(work: Work, flows: boolean): Money | undefined {
  const written = work.data.money;
  if (!flows && !isWritten(work, ['money'])) return undefined;
  reportForeign(work, flows);
  const money = written ?? {};
  const at = (key: string): string => `money.${key}`;
  const result: Money = {
    pricePerMibUnits: money.price?.units ?? defaultValue(at('price'), each),
    ...(flows ? {} : { perHop: perHop(money) }),
    thresholdUnits: money.threshold ?? defaultValue(at('threshold'), amount),
    toleranceRatio: money.tolerance ?? defaultValue(at('tolerance'), share),
    deadlineUs: money.deadline ?? defaultValue(at('deadline'), time),
    cashAfterUs: money.cash_after ?? defaultValue(at('cash_after'), time),
    minScore: money.min_score ?? defaultValue(at('min_score'), number),
    newcomerScore: money.newcomer_score ?? defaultValue(at('newcomer_score'), number),
    solvency: money.solvency ?? 'any',
    ledger: money.ledger ?? 'model',
    protestFeeUnits: money.protest_fee ?? defaultValue(at('protest_fee'), amount),
    carryingCostPerMibUnits: money.carrying_cost ?? defaultValue(at('carrying_cost'), each),
    identityCostUnits: money.identity_cost ?? defaultValue(at('identity_cost'), amount),
    chain: resolveChain(work, flows),
  };
  checkMoney(work, result);
  return result;
}

/** Keys of the other kind of world. */
function reportForeign(work: Work, flows: boolean): void {
  const world = `in a world of ${flows ? 'flows' : 'packets'}`;
  const per = work.data.money?.price?.per;
  if (flows && per === 'hop')
    report(work, ['money', 'price'], {
      code: 'MF-0111',
      message: `${world} nothing is paid per hop`,
      hint: 'write for example 0.05 MFT per MiB',
    });
  for (const key of flows ? ['pricing', 'steps'] : ['carrying_cost', 'identity_cost'])
    if (isWritten(work, ['money', key]))
      reportKey(work, ['money', key], {
        code: 'MF-0111',
        message: `"${key}" means nothing ${world}`,
        hint: `leave it out, or add detail: ${flows ? 'packets' : 'flows'} to world`,
      });
}

/** Of packets, where nothing is said: 0.01 MFT; not given in the paper. */
const HOP_UNITS = 10_000_000;

function perHop(written: NonNullable<ScenarioData['money']>): NonNullable<Money['perHop']> {
  const law = written.pricing ?? 'proximity';
  const steps = written.steps ?? defaultValue('money.steps', count);
  const { price } = written;
  if (price?.per === 'MiB')
    return { units: unitsPerByte(price.units) ?? 0, per: 'byte', law, steps };
  return { units: price?.units ?? HOP_UNITS, per: 'packet', law, steps };
}

function checkMoney(work: Work, money: Money): void {
  const place = (key: string): Path =>
    isWritten(work, ['money', key]) ? ['money', key] : ['money'];
  if (money.newcomerScore < money.minScore)
    report(work, place('newcomer_score'), {
      code: 'MF-0151',
      message: `newcomers begin at a score of ${money.newcomerScore} and nobody below ${money.minScore} is served, so nobody could ever begin`,
    });
  if (money.thresholdUnits < 1)
    report(work, place('threshold'), {
      code: 'MF-0151',
      message: 'a threshold of nothing asks for payment of nothing',
    });
  else if (money.thresholdUnits * money.toleranceRatio < 1)
    report(work, place('tolerance'), {
      code: 'MF-0151',
      message: 'without tolerance service stops where payment is asked for, before it can be made',
    });
  else if (money.perHop !== undefined) {
    const { units: base, per, law, steps } = money.perHop;
    const most = dearestPacket({ base, per, law, proximityMax: steps });
    const room = Math.floor(money.thresholdUnits * money.toleranceRatio);
    if (per === 'byte' && unitsPerByte(money.pricePerMibUnits) === undefined) {
      const whole = wholePricesPerMib(money.pricePerMibUnits);
      report(work, place('price'), {
        code: 'MF-0151',
        message: `a byte costs a whole number of units of ${mft(1)}, and this is not near one`,
        hint: `write ${whole.map((units) => `${mft(units)} per MiB`).join(' or ')}`,
      });
    } else if (base < 1)
      report(work, place('price'), {
        code: 'MF-0151',
        message: 'a packet that costs nothing needs no money',
      });
    else if (most > room)
      report(work, place('tolerance'), {
        code: 'MF-0151',
        message: `a packet may cost ${mft(most)}, but between threshold and the end of service lie only ${mft(room)}: no such packet could be carried`,
      });
  }
}

type WrittenRole = NonNullable<ScenarioData['roles']>[string];

/** Keys of roles that mean something in worlds of flows only. */
const FLOWS_ONLY = ['rejoins', 'cashes', 'congests', 'asks', 'family'];

/** What a role has and does with money; nothing in a world where nobody pays. */
export function payingKeys(
  work: Work,
  path: Path,
  role: WrittenRole,
  flows: boolean,
  paid: boolean,
  durationUs: number,
): Pick<
  Role,
  | 'depositUnits'
  | 'pays'
  | 'rejoinAfterUs'
  | 'cashes'
  | 'congests'
  | 'protestsAll'
  | 'priceRatio'
  | 'isFamily'
> {
  const idle = paid ? (flows ? [] : FLOWS_ONLY) : ['deposit', 'pays', 'protests', ...FLOWS_ONLY];
  for (const key of idle)
    if (isWritten(work, [...path, key]))
      reportKey(work, [...path, key], {
        code: 'MF-0111',
        message: paid
          ? `"${key}" in a world of packets is not part of this version`
          : `"${key}" means nothing where nobody pays`,
        hint: paid ? 'add detail: flows to world' : 'add a section money',
      });
  if (!paid) return {};
  if (!flows && isWritten(work, [...path, 'pays', 'patience']))
    reportKey(work, [...path, 'pays', 'patience'], {
      code: 'MF-0111',
      message: '"patience" in a world of packets is not part of this version',
      hint: 'write for example until: 5 min, or add detail: flows to world',
    });
  return {
    depositUnits: role.deposit ?? defaultValue('roles.*.deposit', amount),
    pays: payingOf(work, [...path, 'pays'], role.pays),
    ...(role.rejoins?.after === undefined ? {} : { rejoinAfterUs: role.rejoins.after }),
    ...chainKeys(work, path, role, durationUs),
    ...(role.protests === 'everything' ? { protestsAll: true } : {}),
    ...(role.asks === undefined || role.asks === 1 ? {} : { priceRatio: role.asks }),
    ...(role.family === undefined ? {} : { isFamily: true }),
  };
}

function payingOf(work: Work, path: Path, pays: WrittenRole['pays']): Paying {
  if (pays === undefined) return { kind: 'within', us: defaultValue('roles.*.pays', time) };
  if ('kind' in pays) return pays;
  const written = (['within', 'after', 'until', 'patience'] as const).filter(
    (key) => pays[key] !== undefined,
  );
  if (written.length > 1)
    reportKey(work, [...path, written[1]!], {
      code: 'MF-0112',
      message: `"${written[0]!}" and "${written[1]!}" exclude each other`,
    });
  if (pays.until !== undefined) return { kind: 'until', us: pays.until };
  if (pays.patience !== undefined) {
    // With all of the future as dear as today nothing outweighs staying, and the sum of it has no end.
    if (pays.patience >= 1)
      reportKey(work, [...path, 'patience'], {
        code: 'MF-0151',
        message: 'whoever loses nothing by waiting has no reason ever to leave',
        hint: 'write for example { patience: 99% }',
      });
    return { kind: 'patience', ratio: pays.patience };
  }
  if (pays.after !== undefined) return { kind: 'after', law: pays.after };
  if (pays.within !== undefined) return { kind: 'within', us: pays.within };
  reportKey(work, path, {
    code: 'MF-0104',
    message: '"pays" says nothing',
    hint: 'write for example { within: 1 h }',
  });
  return { kind: 'never' };
}
