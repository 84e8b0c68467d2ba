/**
 * Samples of the laws that scenarios name, in integer microseconds. Each sample draws a fixed number of values (two, or none for a
 * constant), so that changing a parameter of a law does not shift the stream behind it. Negative values of the normal law become 0.
 */
import type { RandomStream } from '../../protocols/random.ts';
import { exp, ln, normalQuantile } from './elementary.ts';
import type { DurationLaw } from './law.ts';
import { uniform } from './streams.ts';

/** 99% quantile of the standard normal law: what turns (median, p99) into a lognormal's sigma. */
const Z99 = 2.3263478740408408;
/** Longest duration a law may give: 100 years. A heavier tail says nothing about a simulated month. */
const DURATION_MAX_US = 3.15576e15;

/** One duration of `law`, rounded to microseconds, at least 0. */
export function sampleUs(law: DurationLaw, stream: RandomStream): number {
  switch (law.law) {
    case 'constant':
      return toMicros(law.valueUs);
    case 'exponential':
      return exponentialUs(law.meanUs, stream);
    case 'uniform':
      return toMicros(law.lowUs + (law.highUs - law.lowUs) * uniform(stream));
    case 'lognormal':
      return lognormalUs(law.medianUs, lognormalSigma(law), stream);
    case 'normal':
      return toMicros(law.meanUs + law.sdUs * normalQuantile(uniform(stream)));
    case 'weibull':
      return toMicros(law.scaleUs * exp(ln(-ln(uniform(stream))) / law.shape));
  }
}

/** Samples one law many times: what depends on the law alone is computed once. Gives what `sampleUs` gives, bit for bit. */
export class LawSampler {
  readonly #law: DurationLaw;
  readonly #sigma: number;

  constructor(law: DurationLaw) {
    this.#law = law;
    this.#sigma = law.law === 'lognormal' ? lognormalSigma(law) : 0;
  }

  /** One duration, integer microseconds >= 0. */
  sample(stream: RandomStream): number {
    const law = this.#law;
    return law.law === 'lognormal'
      ? lognormalUs(law.medianUs, this.#sigma, stream)
      : sampleUs(law, stream);
  }
}

/** One exponential duration with the given mean, rounded to microseconds. */
export function exponentialUs(meanUs: number, stream: RandomStream): number {
  return toMicros(-meanUs * ln(uniform(stream)));
}

function lognormalUs(medianUs: number, sigma: number, stream: RandomStream): number {
  return toMicros(medianUs * exp(sigma * normalQuantile(uniform(stream))));
}

/** Standard deviation of the logarithm of a lognormal law that is given by its median and its 99% quantile. */
export function lognormalSigma(law: { medianUs: number; p99Us: number }): number {
  return ln(law.p99Us / law.medianUs) / Z99;
}

/** Smallest duration that `sampleUs` can give for `law`, microseconds. */
export function minimumUs(law: DurationLaw): number {
  if (law.law === 'constant') return toMicros(law.valueUs);
  return law.law === 'uniform' ? toMicros(law.lowUs) : 0;
}

/**
 * Mean of a law in microseconds. Of the normal law it is the mean before negative values become 0, which is higher only where
 * the standard deviation is a good part of the mean (by 8% of the standard deviation where they are equal).
 */
export function meanUs(law: DurationLaw): number {
  switch (law.law) {
    case 'constant':
      return law.valueUs;
    case 'exponential':
    case 'normal':
      return law.meanUs;
    case 'uniform':
      return (law.lowUs + law.highUs) / 2;
    case 'lognormal': {
      const sigma = lognormalSigma(law);
      return law.medianUs * exp((sigma * sigma) / 2);
    }
    case 'weibull':
      return law.scaleUs * gamma(1 + 1 / law.shape);
  }
}

/** Gamma function for x >= 1 by Stirling's series after shifting up (relative error below 1e-10). */
function gamma(x: number): number {
  let shifted = x;
  let product = 1;
  while (shifted < 12) product *= shifted++;
  const i = 1 / shifted;
  const series = i / 12 - (i * i * i) / 360 + (i * i * i * i * i) / 1260;
  const lnGamma = (shifted - 0.5) * ln(shifted) - shifted + 0.9189385332046727 + series;
  return exp(lnGamma) / product;
}

/** Rounds a duration to integer microseconds in [0, 100 years]. */
export function toMicros(us: number): number {
  if (!(us > 0)) return 0;
  return us > DURATION_MAX_US ? DURATION_MAX_US : Math.floor(us + 0.5);
}
