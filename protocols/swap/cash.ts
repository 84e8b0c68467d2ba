/** When to cash: five rules, one function. A rule may say "now", name a time, or wait for the holding, the cover or the fee to change. */
import type { Micros } from '../host.ts';
import { PERMILLE } from './price.ts';

export type CashRule =
  /** Every cheque as it comes. */
  | { kind: 'at-once' }
  /** When at least this much (wei) is held. */
  | { kind: 'above'; wei: bigint }
  /** When the chequebook has all of it: never makes a cheque bounce. */
  | { kind: 'covered' }
  /** When the fee is at most this many thousandths of what it brings. */
  | { kind: 'fee-share'; permille: number }
  /** When the oldest of it has been held for so long. */
  | { kind: 'deadline'; afterUs: Micros };

/** What the rules look at (`policy.ts`, Holding). */
interface Held {
  uncashedWei: bigint;
  coverWei: bigint;
  feeWei: bigint;
  sinceUs: Micros;
  bounced: boolean;
}

/** When to cash by `rule`: now or earlier for at once, a time in the future, or Infinity until something changes. */
export function cashAt(rule: CashRule, held: Held, nowUs: Micros): Micros {
  // A bounce need be shown only once; after that an empty chequebook is worth no fee.
  if (held.uncashedWei <= 0n || (held.bounced && held.coverWei === 0n)) return Infinity;
  switch (rule.kind) {
    case 'at-once':
      return nowUs;
    case 'above':
      return held.uncashedWei >= rule.wei ? nowUs : Infinity;
    case 'covered':
      return held.coverWei >= held.uncashedWei ? nowUs : Infinity;
    case 'fee-share': {
      const brings = held.coverWei < held.uncashedWei ? held.coverWei : held.uncashedWei;
      const worth = held.feeWei * BigInt(PERMILLE) <= brings * BigInt(rule.permille);
      return worth && brings > 0n ? nowUs : Infinity;
    }
    case 'deadline':
      return Math.max(nowUs, held.sinceUs + rule.afterUs);
  }
}
