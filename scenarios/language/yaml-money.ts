/** Money of a resolved scenario as it is written. */
import type { Money, Paying, Role, Traffic, VolumeLaw } from '../model.ts';
import { formatQuantity } from './quantity.ts';
import { formatLaw } from './values.ts';
import { chainKeys, chainRoleKeys } from './yaml-chain.ts';

const amount = (units: number): string => formatQuantity(units, 'money');
const time = (us: number): string => formatQuantity(us, 'time');
const size = (bytes: number): string => formatQuantity(bytes, 'size');

export function moneyKeys(money: Money): unknown {
  return {
    ...(money.perHop === undefined
      ? {
          price: `${amount(money.pricePerMibUnits)} per MiB`,
          carrying_cost: `${amount(money.carryingCostPerMibUnits)} per MiB`,
          identity_cost: amount(money.identityCostUnits),
        }
      : {
          price: hopPrice(money.perHop),
          pricing: money.perHop.law,
          steps: money.perHop.steps,
        }),
    threshold: amount(money.thresholdUnits),
    tolerance: formatQuantity(money.toleranceRatio, 'share'),
    deadline: time(money.deadlineUs),
    cash_after: time(money.cashAfterUs),
    min_score: money.minScore,
    newcomer_score: money.newcomerScore,
    solvency: money.solvency,
    ledger: money.ledger,
    protest_fee: amount(money.protestFeeUnits),
    chain: chainKeys(money.chain),
  };
}

function hopPrice({ units, per }: NonNullable<Money['perHop']>): string {
  return per === 'byte' ? `${amount(units * 2 ** 20)} per MiB` : `${amount(units)} per hop`;
}

export function payingRoleKeys(role: Role): object {
  const { pays } = role;
  return {
    ...(role.depositUnits === undefined ? {} : { deposit: amount(role.depositUnits) }),
    ...(pays === undefined ? {} : { pays: paysText(pays) }),
    ...(role.protestsAll === true ? { protests: 'everything' } : {}),
    ...(role.priceRatio === undefined ? {} : { asks: formatQuantity(role.priceRatio, 'share') }),
    ...(role.isFamily === true ? { family: 'one wallet' } : {}),
    ...(role.rejoinAfterUs === undefined
      ? {}
      : { rejoins: { after: time(role.rejoinAfterUs), as: 'new address' } }),
    ...chainRoleKeys(role),
  };
}

function paysText(pays: Paying): string | object {
  switch (pays.kind) {
    case 'never':
      return 'never';
    case 'within':
      return { within: time(pays.us) };
    case 'after':
      return { after: formatLaw(pays.law) };
    case 'until':
      return { until: time(pays.us) };
    case 'patience':
      return { patience: formatQuantity(pays.ratio, 'share') };
  }
}

export function volumeKeys(traffic: Traffic): object {
  const { volumeBytesPerDay: law } = traffic;
  return law === undefined ? {} : { volume: `${volumeText(law)} per day` };
}

function volumeText(law: VolumeLaw): string {
  return law.law === 'constant'
    ? size(law.bytes)
    : `lognormal(median ${size(law.medianBytes)} p99 ${size(law.p99Bytes)})`;
}
