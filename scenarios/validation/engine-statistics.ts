/**
 * Statistics for the engine's validation cases: chi-square with its p value, distribution functions to compare samples with, and intervals
 * over independent replications.
 *
 * The distribution functions are deliberately computed in another way than the samplers (Marsaglia's series for the normal
 * law, `Math.log` and `Math.exp`), so that a mistake in `sim/random` cannot hide by being made twice.
 */
import type { DurationLaw } from '../../sim/random/law.ts';
import type { ValidationRow } from './case.ts';

const SQRT_TWO_PI = Math.sqrt(2 * Math.PI);

/** Standard normal distribution function (G. Marsaglia, J. Stat. Software 11(4), 2004), absolute error below 1e-15. */
export function normalDistribution(z: number): number {
  if (z < -8) return 0;
  if (z > 8) return 1;
  let sum = z;
  let term = z;
  for (let i = 3; Math.abs(term) > 1e-18; i += 2) {
    term *= (z * z) / i;
    sum += term;
  }
  return 0.5 + (sum * Math.exp(-0.5 * z * z)) / SQRT_TWO_PI;
}

/** Probability that a chi-square variate with `freedom` degrees of freedom (an integer >= 1) exceeds `x`. */
export function chiSquareTail(x: number, freedom: number): number {
  // Recurrence over degrees of freedom in steps of two (Abramowitz & Stegun 26.4.4 and 26.4.5).
  const odd = freedom % 2 === 1;
  const root = Math.sqrt(x);
  let tail = odd ? 2 * (1 - normalDistribution(root)) : 0;
  let term = Math.exp(-x / 2) * (odd ? (2 * root) / SQRT_TWO_PI : 1);
  for (let r = odd ? 3 : 2; r <= freedom; r += 2) {
    tail += term;
    term *= x / r;
  }
  return Math.min(1, Math.max(0, tail));
}

/** Chi-square statistic of counts against the same expectation for each. */
export function chiSquare(observed: ArrayLike<number>, expected: readonly number[]): number {
  let sum = 0;
  expected.forEach((e, bin) => {
    const excess = (observed[bin] ?? 0) - e;
    sum += (excess * excess) / e;
  });
  return sum;
}

/** Probability that a duration of `law` is at most `us` before it is rounded to whole microseconds. */
export function distribution(law: DurationLaw, us: number): number {
  switch (law.law) {
    case 'constant':
      return us < law.valueUs ? 0 : 1;
    case 'exponential':
      return 1 - Math.exp(-us / law.meanUs);
    case 'uniform':
      return Math.min(1, Math.max(0, (us - law.lowUs) / (law.highUs - law.lowUs)));
    case 'lognormal': {
      const sigma = Math.log(law.p99Us / law.medianUs) / 2.3263478740408408;
      return us <= 0 ? 0 : normalDistribution(Math.log(us / law.medianUs) / sigma);
    }
    case 'normal':
      return normalDistribution((us - law.meanUs) / law.sdUs);
    case 'weibull':
      return us <= 0 ? 0 : 1 - Math.exp(-Math.exp(law.shape * Math.log(us / law.scaleUs)));
  }
}

/** Counts of samples in `bins` bins that `cdf` makes equally likely. */
export function equiprobableCounts(
  samples: number,
  bins: number,
  sample: () => number,
  cdf: (value: number) => number,
): Float64Array {
  const counts = new Float64Array(bins);
  for (let i = 0; i < samples; i++) {
    counts[Math.min(bins - 1, Math.floor(cdf(sample()) * bins))]!++;
  }
  return counts;
}

export interface Estimate {
  mean: number;
  /** Standard error, from the spread between independent replications. */
  error: number;
}

/** Mean and standard error over independent replications (at least two). */
export function estimate(replications: readonly number[]): Estimate {
  const count = replications.length;
  const mean = replications.reduce((sum, x) => sum + x, 0) / count;
  const squares = replications.reduce((sum, x) => sum + (x - mean) * (x - mean), 0);
  return { mean, error: Math.sqrt(squares / (count - 1) / count) };
}

/** A row whose measurement must equal its expectation. */
export function exactRow(
  row: Pick<ValidationRow, 'id' | 'case' | 'params' | 'expected' | 'measured'>,
  note?: string,
): ValidationRow {
  return {
    ...row,
    ci95: [row.measured, row.measured],
    tolerance: 'exact',
    verdict: row.measured === row.expected ? 'pass' : 'fail',
    ...(note === undefined ? {} : { note }),
  };
}
