/**
 * Samples of the laws that scenarios name, in integer microseconds. Each sample draws a fixed number of values (two, or none for a
 * constant), so that changing a parameter of a law does not shift the stream behind it.
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
      return clamp(law.valueUs);
    case 'exponential':
      return exponentialUs(law.meanUs, stream);
    case 'uniform':
      return clamp(law.lowUs + (law.highUs - law.lowUs) * uniform(stream));
    case 'lognormal': {
      const sigma = (ln(law.p99Us) - ln(law.medianUs)) / Z99;
      return clamp(law.medianUs * exp(sigma * normalQuantile(uniform(stream))));
    }
    case 'normal':
      return clamp(law.meanUs + law.sdUs * normalQuantile(uniform(stream)));
    case 'weibull':
      return clamp(law.scaleUs * exp(ln(-ln(uniform(stream))) / law.shape));
  }
}

/** One exponential duration with the given mean, rounded to microseconds. */
export function exponentialUs(meanUs: number, stream: RandomStream): number {
  return clamp(-meanUs * ln(uniform(stream)));
}

/** Mean of a law in microseconds (for estimates and plans; uses the exact formula where there is one). */
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
      const sigma = (ln(law.p99Us) - ln(law.medianUs)) / Z99;
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

function clamp(us: number): number {
  if (!(us > 0)) return 0;
  return us > DURATION_MAX_US ? DURATION_MAX_US : Math.floor(us + 0.5);
}
