/** Numbers of SWAP: value, unit, source, and what happens when they are turned. */
import { MICROS_PER_SECOND } from '../host.ts';
import type { SwapOptions } from './options.ts';
import { PERMILLE, type PriceOptions } from './price.ts';
import type { ScoreOptions } from './score.ts';

/** Wei of one accounting unit: with the price below a packet from afar costs 0.00032 MFT. Our choice; only the product of both matters. */
export const WEI_PER_UNIT = 1_000_000_000n;

/** Bee (pkg/pricer): 10,000 units a step of proximity, 32 steps. */
export const DEFAULT_PRICE: Readonly<PriceOptions> = {
  law: 'proximity',
  per: 'packet',
  base: 10_000,
  proximityMax: 31,
};

export const DEFAULT_SWAP_OPTIONS: Readonly<SwapOptions> = {
  settlement: 'invoice',
  /** Bee: payment threshold 13,500,000 units. Doubling it halves the cheques and doubles what a free-rider takes. */
  paymentThreshold: 13_500_000,
  /** A quarter above (Bee's tolerance): room for what is on its way while a cheque is. */
  disconnectThreshold: 16_875_000,
  /** None: what is not paid for is a debt. Bee: 4,500,000 a second. */
  allowancePerSecond: 0,
  /** Not early: the creditor asks. Bee: half. */
  earlyPermille: 0,
  /** Bee: a fifth of its allowance per second. */
  minimumPayment: 900_000,
  /** The dearest packet of the default price: 32 steps. */
  priceMax: 320_000,
  /** Ten payments: room for the uncashed cheques of a day of a busy pair. What one peer can cost us. */
  exposureMax: 135_000_000,
  /** A tenth of the payment threshold: forty packets of the dearest kind that one side forgot. */
  driftMax: 1_350_000,
  /** An hour. The paper: each node's own. */
  deadlineUs: 3_600 * MICROS_PER_SECOND,
  /** Bee: 10 s after a failed settlement. */
  retryUs: 10 * MICROS_PER_SECOND,
  /** Ten doublings of ten seconds: about three hours. */
  retriesMax: 10,
  statementEveryUs: 3_600 * MICROS_PER_SECOND,
};

/** Storj's numbers of 2018 for the memory; three bands. Our choice, to be swept. */
export const DEFAULT_SCORE_OPTIONS: Readonly<ScoreOptions> = {
  memory: 0.95,
  newcomer: { rule: 'middle', weight: 2 },
  cashed: { value: 1, weight: 1 },
  bounced: { value: -1, weight: 4 },
  late: { value: -0.5, weight: 1 },
  unpaid: { value: -1, weight: 2 },
  convicted: { value: -1, weight: 8 },
  acquitted: { value: 0, weight: 0 },
  accused: { value: -1, weight: 0 },
  answerSeconds: 3_600,
  bands: [
    { minScore: 0, pricePermille: 2 * PERMILLE, creditPermille: 500 },
    { minScore: 0.45, pricePermille: 1_200, creditPermille: PERMILLE },
    { minScore: 0.8, pricePermille: PERMILLE, creditPermille: 2 * PERMILLE },
  ],
  minScore: 0.3,
};
