/** The `money` section and what roles do with it, in base units. */
import type { Money, Paying, Role } from '../model.ts';
import { parseQuantity } from './quantity.ts';
import type { ScenarioData } from './schema.ts';
import { defaultValue, isWritten, report, reportKey, type Path, type Work } from './work.ts';

const amount = (text: string) => parseQuantity(text, 'money');
const time = (text: string) => parseQuantity(text, 'time');
const share = (text: string) => parseQuantity(text, 'share', { max: 100 });
const number = (text: string) => parseQuantity(text, 'number');
/** Defaults of amounts per something are written without it. */
const each = (text: string) => parseQuantity(text.replace(/\s+per\s+\S+$/, ''), 'money');

/** Money where the world has any: with a `money` section, or in a world of flows. */
export function resolveMoney(work: Work, flows: boolean): Money | undefined {
  const written = work.data.money;
  if (!flows) {
    if (isWritten(work, ['money']))
      reportKey(work, ['money'], {
        code: 'MF-0111',
        message: 'money in a world of packets is not part of this version',
        hint: 'add detail: flows to world',
      });
    return undefined;
  }
  const money = written ?? {};
  const at = (key: string): string => `money.${key}`;
  const result: Money = {
    pricePerMibUnits: money.price ?? defaultValue(at('price'), each),
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
    chain: {
      blockUs: money.chain?.block ?? defaultValue(at('chain.block'), time),
      feeUnits: money.chain?.fee ?? defaultValue(at('chain.fee'), each),
    },
  };
  checkMoney(work, result);
  return result;
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
}

type WrittenRole = NonNullable<ScenarioData['roles']>[string];

/** What a role has and does with money; nothing in a world where nobody pays. */
export function payingKeys(
  work: Work,
  path: Path,
  role: WrittenRole,
  flows: boolean,
): Pick<Role, 'depositUnits' | 'pays' | 'rejoinAfterUs' | 'protestsAll' | 'priceRatio'> {
  if (!flows) {
    for (const key of ['deposit', 'pays', 'rejoins', 'protests', 'asks'])
      if (isWritten(work, [...path, key]))
        reportKey(work, [...path, key], {
          code: 'MF-0111',
          message: `"${key}" in a world of packets is not part of this version`,
          hint: 'add detail: flows to world',
        });
    return {};
  }
  return {
    depositUnits: role.deposit ?? defaultValue('roles.*.deposit', amount),
    pays: payingOf(work, [...path, 'pays'], role.pays),
    ...(role.rejoins?.after === undefined ? {} : { rejoinAfterUs: role.rejoins.after }),
    ...(role.protests === 'everything' ? { protestsAll: true } : {}),
    ...(role.asks === undefined || role.asks === 1 ? {} : { priceRatio: role.asks }),
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
