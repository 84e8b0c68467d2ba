/**
 * Frozen draws. If one of these changes, every recorded run, digest and published figure changes with it; so they change
 * on purpose and with a new version only, or not at all.
 *
 * The streams, the samples and the Zipf ranks were also computed by an independent program (SHA-256, tyche-i from its paper, the C library's
 * logarithm and exponential, another implementation of the normal quantile): same values.
 */
import type { DurationLaw } from '../../sim/random/law.ts';

/** First words of named streams. */
export const GOLDEN_STREAMS: readonly { seed: string; path: string; words: number[] }[] = [
  {
    seed: '1',
    path: 'node/00/overlay/refresh',
    words: [3701807614, 383566702, 613649389, 585644236, 3936027729, 2826031921],
  },
  {
    seed: '1',
    path: 'node/01/overlay/refresh',
    words: [2250680110, 1923169580, 1876612558, 1959109198, 619992393, 19252848],
  },
  {
    seed: 'golden',
    path: 'a',
    words: [2440393594, 2288600391, 2174574385, 2094983688, 616011442, 884732254],
  },
  {
    seed: '2018',
    path: 'network/places',
    words: [2521178831, 1302392370, 3551902505, 1436749485, 960844813, 3664178308],
  },
];

/** Seed of everything below; the paths are `below`, `fill`, `law/<law>`, `residual/<law>` and `zipf`. */
export const GOLDEN_SEED = 'golden';

export const GOLDEN_BELOW: readonly { bound: number; values: number[] }[] = [
  { bound: 1, values: [0, 0, 0, 0, 0, 0] },
  { bound: 2, values: [0, 0, 0, 0, 1, 1] },
  { bound: 3, values: [2, 1, 1, 2, 1, 0] },
  { bound: 10, values: [0, 2, 0, 2, 7, 1] },
  { bound: 1000, values: [110, 132, 680, 922, 567, 461] },
  {
    bound: 3000000000,
    values: [2259238132, 2534573680, 683872922, 305116567, 1953930079, 2748645081],
  },
  {
    bound: 4294967296,
    values: [3308892110, 2259238132, 2534573680, 683872922, 305116567, 3498301461],
  },
];

/** Eleven bytes from `fill`, hexadecimal. */
export const GOLDEN_FILL = '314bb18cd6a2e779057733';

/** Samples and residual periods of each law, microseconds. */
export const GOLDEN_LAWS: readonly {
  law: DurationLaw;
  samples: number[];
  residuals: number[];
}[] = [
  {
    law: { law: 'constant', valueUs: 1500 },
    samples: [1500, 1500, 1500, 1500, 1500, 1500, 1500, 1500],
    residuals: [1234, 380, 389, 869],
  },
  {
    law: { law: 'exponential', meanUs: 5000000 },
    samples: [3056887, 969867, 3234810, 4081071, 2296572, 2496792, 1314964, 9885754],
    residuals: [124368, 1409268, 15351537, 477585],
  },
  {
    law: { law: 'uniform', lowUs: 1000000, highUs: 3000000 },
    samples: [2891974, 2458146, 1553109, 2176667, 2693105, 2646437, 1590214, 2177042],
    residuals: [1787517, 1469832, 1952296, 744339],
  },
  {
    law: { law: 'lognormal', medianUs: 60000, p99Us: 350000 },
    samples: [41780, 190592, 21791, 110485, 150540, 77868, 41538, 189895],
    residuals: [844, 125204, 178248, 80874],
  },
  {
    law: { law: 'normal', meanUs: 10000000, sdUs: 2000000 },
    samples: [8170016, 8704910, 6467818, 8442214, 9906015, 9754614, 10030301, 5225978],
    residuals: [4599389, 6424221, 10594376, 10809467],
  },
  {
    law: { law: 'weibull', scaleUs: 14900000000, shape: 0.68 },
    samples: [
      1312168065, 3193596295, 88601416, 44494307149, 2835554762, 27286861649, 6583394489,
      13922329722,
    ],
    residuals: [365988638, 10071664318, 12314337207, 32521217009],
  },
];

export const GOLDEN_ZIPF: readonly { ranks: number; exponent: number; samples: number[] }[] = [
  { ranks: 1000, exponent: 0, samples: [321, 612, 274, 474, 180, 419, 32, 461] },
  { ranks: 1000, exponent: 0.8, samples: [23, 166, 15, 71, 5, 49, 0, 66] },
  { ranks: 1000, exponent: 1.1, samples: [3, 27, 2, 9, 1, 6, 0, 8] },
];

/** [argument, value], to the last bit. */
export const GOLDEN_LN: readonly [number, number][] = [
  [0.1, -2.3025850929940455],
  [2, 0.6931471805599453],
  [10, 2.302585092994046],
  [1e-300, -690.7755278982137],
  [123456.789, 11.723646487185881],
];
export const GOLDEN_EXP: readonly [number, number][] = [
  [-700, 9.85967654375977e-305],
  [-1.5, 0.22313016014842982],
  [0.1, 1.1051709180756477],
  [1, 2.7182818284590455],
  [20.25, 622964442.1984456],
];
export const GOLDEN_NORMAL_QUANTILE: readonly [number, number][] = [
  [1e-9, -5.9978070150076865],
  [0.01, -2.3263478740408408],
  [0.3, -0.5244005127080409],
  [0.99, 2.32634787404084],
];
