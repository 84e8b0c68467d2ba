/**
 * Who pays when, as policies of SWAP. Honest arithmetic, honest messages; only the decisions differ.
 *
 * `within`: takes up to so long, as people and their software do. `after`: forgets, and pays when it remembers. `never`: takes what it is given. Whoever has
 * promised more than its chequebook holds goes on signing if its role says that it pays: that is the kiter.
 */
import type { RandomStream } from '../../protocols/random.ts';
import { honestPolicy, type SwapPolicy } from '../../protocols/swap/policy.ts';
import { PERMILLE } from '../../protocols/swap/price.ts';
import { sampleUs } from '../../sim/random/laws.ts';
import type { CashRule } from '../../protocols/swap/cash.ts';
import type { ConversionRate } from '../../protocols/swap/money.ts';
import type { Cashing, Money, Paying } from '../model.ts';

/** A protest waits this long after the deadline, four blocks of fifteen seconds: a cheque may be on its way. */
const GRACE_US = 60_000_000;

/** A role's cashing as SWAP's rule. */
export function cashRule(cashing: Cashing, rate: ConversionRate): CashRule {
  switch (cashing.kind) {
    case 'at once':
      return { kind: 'at-once' };
    case 'covered':
      return { kind: 'covered' };
    case 'after':
      return { kind: 'deadline', afterUs: cashing.us };
    case 'above':
      return { kind: 'above', wei: rate.toWei(cashing.units) };
    case 'fee below':
      return { kind: 'fee-share', permille: Math.round(cashing.ratio * PERMILLE) };
  }
}

export function payerPolicy(
  money: Money,
  pays: Paying,
  random: RandomStream,
  cash: CashRule = { kind: 'deadline', afterUs: money.cashAfterUs },
): SwapPolicy {
  const honest = honestPolicy({
    cash,
    solvency: money.solvency,
    netting: true,
    graceUs: GRACE_US,
    protestFeePermille: PERMILLE,
  });
  return {
    ...honest,
    payAt(_pair, _demand, nowUs) {
      switch (pays.kind) {
        case 'within':
          return nowUs + random.below(pays.us + 1);
        case 'after':
          return nowUs + sampleUs(pays.law, random);
        case 'never':
          return Infinity;
      }
    },
    signsBeyondDeposit: () => pays.kind !== 'never',
  };
}
