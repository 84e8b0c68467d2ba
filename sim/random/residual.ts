/**
 * How much is left of a period that is observed at a random time.
 *
 * An observer falls into a long period more often than into a short one, so the period around a random instant has the density
 * x·f(x)/mean, not f(x), and what is left of it is a uniform part of that (Cox, *Renewal Theory*, 1962, §5.2). For the
 * heavy-tailed sessions of real peers the difference is large: with Weibull sessions of shape 0.5 the mean remainder is three times the mean
 * session, not half of it. Starting each node with a fresh period cut short would make the share of nodes online drift for the
 * first hours of a run, which looks like a finding and is an artefact.
 */
import type { RandomStream } from '../../protocols/random.ts';
import { exp, ln, normalQuantile } from './elementary.ts';
import type { DurationLaw } from './law.ts';
import { lognormalSigma, sampleUs, toMicros } from './laws.ts';
import { uniform } from './streams.ts';

/** Standard deviations above the mean beyond which the normal law is cut for rejection (probability 1e-15). */
const NORMAL_REACH = 8;

/** Rest of a period of `law` at a random time, integer microseconds >= 0. The number of draws varies (rejection). */
export function sampleResidualUs(law: DurationLaw, stream: RandomStream): number {
  // What is left of an exponential period is exponential again.
  if (law.law === 'exponential') return sampleUs(law, stream);
  return toMicros(lengthBiased(law, stream) * uniform(stream));
}

/** A period drawn in proportion to its length, microseconds. */
function lengthBiased(law: DurationLaw, stream: RandomStream): number {
  switch (law.law) {
    case 'constant':
      return law.valueUs;
    case 'exponential':
      return law.meanUs * gammaVariate(2, stream);
    case 'uniform': {
      // The density is proportional to x between the bounds, so the square is uniform.
      const low = law.lowUs * law.lowUs;
      return Math.sqrt(low + (law.highUs * law.highUs - low) * uniform(stream));
    }
    case 'lognormal': {
      // x times a lognormal density is a lognormal density, shifted by sigma² in the logarithm.
      const sigma = lognormalSigma(law);
      return law.medianUs * exp(sigma * sigma + sigma * normalQuantile(uniform(stream)));
    }
    case 'weibull':
      // (x / scale)^shape is exponential; weighting by x makes it gamma of order 1 + 1 / shape.
      return law.scaleUs * exp(ln(gammaVariate(1 + 1 / law.shape, stream)) / law.shape);
    case 'normal': {
      const most = law.meanUs + NORMAL_REACH * law.sdUs;
      if (!(most > 0)) return 0;
      for (;;) {
        const x = sampleUs(law, stream);
        if (uniform(stream) * most < x) return x;
      }
    }
  }
}

/** Gamma variate of order >= 1 (G. Marsaglia, W. W. Tsang, ACM TOMS 26 (2000) 363-372); a few rejections in a hundred. */
function gammaVariate(order: number, stream: RandomStream): number {
  const d = order - 1 / 3;
  const c = 1 / Math.sqrt(9 * d);
  for (;;) {
    const z = normalQuantile(uniform(stream));
    const t = 1 + c * z;
    const u = uniform(stream);
    if (t <= 0) continue;
    const v = t * t * t;
    if (ln(u) < 0.5 * z * z + d - d * v + d * ln(v)) return d * v;
  }
}
