/**
 * Settings of SWAP, and the contradictions between them.
 *
 * Thresholds that contradict each other do not fail at once: they make pairs that serve each other for a while and then stand still for ever, which
 * in a large world looks like bad luck. So they are refused when a node is made, with the reason. Defaults are in `params.ts`.
 */
import { MICROS_PER_SECOND, type Micros } from '../host.ts';
import { isUnits } from './money.ts';
import { PERMILLE } from './price.ts';

/** Limits of one pair, as the creditor grants them. Amounts in accounting units. */
export interface PairLimits {
  /** Debt at which the creditor asks for payment. */
  paymentThreshold: number;
  /** Debt that no service may lead beyond. */
  disconnectThreshold: number;
  /** What a debtor owes less is forgiven by time, units per second; 0 for none (Bee calls it the refresh rate). */
  allowancePerSecond: number;
}

export interface SwapOptions extends PairLimits {
  /**
   * Who begins a payment. `invoice`: the creditor asks (the paper). `push`: the debtor pays unasked at the threshold (Swarm).
   */
  settlement: 'invoice' | 'push';
  /** Thousandths of the peer's payment threshold by which a debtor pays before it is reached, unasked; 0 for not early. */
  earlyPermille: number;
  /** No cheque is written for less, units. */
  minimumPayment: number;
  /** Most that one message may cost, units, before the credit band; nothing dearer is served. */
  priceMax: number;
  /**
   * Most that one peer may cost us, units: what it owes, its cheques that we have not cashed, and ours that it gave back and could still cash. A
   * cheque neither raises nor lowers the sum, so it is service that stops here, and no genuine cheque is turned away for it.
   */
  exposureMax: number;
  /** Most that both sides' books may differ, over the life of a pair, before service stops, units. */
  driftMax: number;
  /** An invoice is to be paid within this. */
  deadlineUs: Micros;
  /** A message that wants an answer is sent again after this, then after twice as long, and so on. */
  retryUs: Micros;
  /** Times that a message is sent again before we wait for the peer to be heard from. */
  retriesMax: number;
  /** Balances are compared this often, if anything has changed; 0 for only together with an invoice. */
  statementEveryUs: Micros;
}

/** Why no pair can live with these settings; undefined if one can. */
export function optionsFault(options: SwapOptions): string | undefined {
  const amounts = [
    ['payment threshold', options.paymentThreshold],
    ['disconnect threshold', options.disconnectThreshold],
    ['allowance per second', options.allowancePerSecond],
    ['minimum payment', options.minimumPayment],
    ['highest price', options.priceMax],
    ['largest exposure', options.exposureMax],
    ['largest drift', options.driftMax],
  ] as const;
  for (const [name, value] of amounts)
    if (!isUnits(value)) return `${name}: expected 0..2^53 - 1 units, got ${value}`;
  return timesFault(options) ?? limitsFault(options) ?? paymentFault(options);
}

function timesFault(options: SwapOptions): string | undefined {
  for (const [name, value] of [
    ['deadline', options.deadlineUs],
    ['retry interval', options.retryUs],
  ] as const)
    if (!Number.isSafeInteger(value) || value < 1)
      return `${name}: expected at least 1 us, got ${value}`;
  if (!Number.isSafeInteger(options.statementEveryUs) || options.statementEveryUs < 0)
    return `interval of statements: expected 0 us or more, got ${options.statementEveryUs}`;
  if (!Number.isInteger(options.retriesMax) || options.retriesMax < 0 || options.retriesMax > 30)
    return `retries: expected 0..30, got ${options.retriesMax}`;
  return undefined;
}

function limitsFault(options: SwapOptions): string | undefined {
  const { paymentThreshold, disconnectThreshold, priceMax } = options;
  if (paymentThreshold < 1) return 'a payment threshold of 0 units asks for payment of nothing';
  if (priceMax < 1) return 'a highest price of 0 units serves nothing that costs anything';
  if (disconnectThreshold < paymentThreshold)
    return `service stops at ${disconnectThreshold} units, before payment is asked for at ${paymentThreshold}`;
  if (disconnectThreshold - paymentThreshold < priceMax - 1)
    return (
      `a debt just below the payment threshold of ${paymentThreshold} units and one message of ${priceMax} would pass the disconnect ` +
      `threshold of ${disconnectThreshold}: service would stop with no payment due`
    );
  // Products of the accrual must stay exact (account.ts).
  if (options.allowancePerSecond > Number.MAX_SAFE_INTEGER / MICROS_PER_SECOND)
    return `an allowance of ${options.allowancePerSecond} units a second passes 2^53 within one`;
  return undefined;
}

function paymentFault(options: SwapOptions): string | undefined {
  const { paymentThreshold, disconnectThreshold, minimumPayment, earlyPermille } = options;
  if (!Number.isInteger(earlyPermille) || earlyPermille < 0 || earlyPermille >= PERMILLE)
    return `early payment: expected 0..999 thousandths of the threshold, got ${earlyPermille}`;
  if (minimumPayment < 1) return 'a minimum payment of 0 units writes cheques over nothing';
  const payAt = earlyThreshold(paymentThreshold, earlyPermille);
  if (minimumPayment > payAt)
    return `payment falls due at ${payAt} units, but none below ${minimumPayment} is ever made`;
  if (options.exposureMax < disconnectThreshold)
    return `a debt may reach ${disconnectThreshold} units, but no peer may cost more than ${options.exposureMax}`;
  if (options.driftMax >= paymentThreshold)
    return `books may differ by ${options.driftMax} units, so that a debt of ${paymentThreshold} may be denied and still be served`;
  return undefined;
}

/** Debt at which a debtor pays unasked. */
export function earlyThreshold(paymentThreshold: number, earlyPermille: number): number {
  const early = Number((BigInt(paymentThreshold) * BigInt(earlyPermille)) / BigInt(PERMILLE));
  return paymentThreshold - early;
}

/** The limits of a peer whose credit band grants `permille` of them, rounded down. */
export function scaledLimits(limits: PairLimits, permille: number): PairLimits {
  const scale = (units: number): number =>
    Number((BigInt(units) * BigInt(permille)) / BigInt(PERMILLE));
  return {
    paymentThreshold: scale(limits.paymentThreshold),
    disconnectThreshold: scale(limits.disconnectThreshold),
    allowancePerSecond: scale(limits.allowancePerSecond),
  };
}
