/** Money of a resolved scenario as it is written. */
import type { Money, Role, Traffic, VolumeLaw } from '../model.ts';
import { formatQuantity } from './quantity.ts';
import { formatLaw } from './values.ts';
import { chainKeys, chainRoleKeys } from './yaml-chain.ts';

const amount = (units: number): string => formatQuantity(units, 'money');
const time = (us: number): string => formatQuantity(us, 'time');
const size = (bytes: number): string => formatQuantity(bytes, 'size');

export function moneyKeys(money: Money): unknown {
  return {
    ...(money.perHop === undefined
      ? { price: `${amount(money.pricePerMibUnits)} per MiB` }
      : {
          price: `${amount(money.perHop.units)} per hop`,
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

export function payingRoleKeys(role: Role): object {
  const { pays } = role;
  return {
    ...(role.depositUnits === undefined ? {} : { deposit: amount(role.depositUnits) }),
    ...(pays === undefined
      ? {}
      : {
          pays:
            pays.kind === 'never'
              ? 'never'
              : pays.kind === 'within'
                ? { within: time(pays.us) }
                : { after: formatLaw(pays.law) },
        }),
    ...(role.rejoinAfterUs === undefined
      ? {}
      : { rejoins: { after: time(role.rejoinAfterUs), as: 'new address' } }),
    ...chainRoleKeys(role),
  };
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
