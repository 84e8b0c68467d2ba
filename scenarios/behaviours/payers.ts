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
import type { Money, Paying } from '../model.ts';

/** A protest waits this long after the deadline, four blocks of fifteen seconds: a cheque may be on its way. */
const GRACE_US = 60_000_000;

export function payerPolicy(money: Money, pays: Paying, random: RandomStream): SwapPolicy {
  const honest = honestPolicy({
    cash: { kind: 'deadline', afterUs: money.cashAfterUs },
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
