import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  chiSquare,
  chiSquareTail,
  distribution,
  equiprobableCounts,
} from '../../../scenarios/validation/engine-statistics.ts';
import type { DurationLaw } from '../../../sim/random/law.ts';
import {
  exponentialUs,
  LawSampler,
  meanUs,
  minimumUs,
  sampleUs,
} from '../../../sim/random/laws.ts';
import { sampleResidualUs } from '../../../sim/random/residual.ts';
import { StreamFactory } from '../../../sim/random/streams.ts';
import { ZipfSampler } from '../../../sim/random/zipf.ts';

const streams = new StreamFactory('laws.test');
const BINS = 50;
const SAMPLES = 50_000;

const LAWS: DurationLaw[] = [
  { law: 'exponential', meanUs: 5_000_000 },
  { law: 'uniform', lowUs: 1_000_000, highUs: 3_000_000 },
  { law: 'lognormal', medianUs: 40 * 60_000_000, p99Us: 6 * 3_600_000_000 },
  { law: 'normal', meanUs: 10_000_000, sdUs: 1_000_000 },
  { law: 'weibull', scaleUs: 14_900_000_000, shape: 0.68 },
];

/** p value of 50 equally likely bins; with a fixed seed a value below 0.001 is a wrong law, not bad luck. */
function fit(sample: () => number, cdf: (us: number) => number): number {
  const counts = equiprobableCounts(SAMPLES, BINS, sample, cdf);
  return chiSquareTail(chiSquare(counts, Array<number>(BINS).fill(SAMPLES / BINS)), BINS - 1);
}

function moments(sample: () => number, count: number): { mean: number; error: number } {
  let sum = 0;
  let squares = 0;
  for (let i = 0; i < count; i++) {
    const x = sample();
    sum += x;
    squares += x * x;
  }
  const mean = sum / count;
  return { mean, error: Math.sqrt((squares / count - mean * mean) / count) };
}

describe.each(LAWS)('$law', (law) => {
  it('fits its distribution function in 50 bins', () => {
    const stream = streams.stream(`fit/${law.law}`);
    expect(
      fit(
        () => sampleUs(law, stream),
        (us) => distribution(law, us),
      ),
    ).toBeGreaterThan(0.001);
  });

  it('has the mean that meanUs says', () => {
    const stream = streams.stream(`mean/${law.law}`);
    const { mean, error } = moments(() => sampleUs(law, stream), SAMPLES);
    expect(Math.abs(mean - meanUs(law))).toBeLessThan(3 * error);
  });

  it('draws two values a sample, whatever its parameters', () => {
    const counted = streams.stream(`draws/${law.law}`);
    for (let i = 0; i < 10; i++) sampleUs(law, counted);
    const plain = streams.stream(`draws/${law.law}`);
    for (let i = 0; i < 20; i++) plain.uint32();
    expect(counted.uint32()).toBe(plain.uint32());
  });

  it('never gives less than minimumUs, nor a fraction', () => {
    const stream = streams.stream(`minimum/${law.law}`);
    for (let i = 0; i < 10_000; i++) {
      const us = sampleUs(law, stream);
      expect(us).toBeGreaterThanOrEqual(minimumUs(law));
      expect(Number.isSafeInteger(us)).toBe(true);
    }
  });

  it('leaves a residual with the density (1 - F) / mean', () => {
    // Its distribution function by the midpoint rule over a fine grid up to where 1 - F has no weight left.
    const cells = 200_000;
    const stretch = law.law === 'weibull' || law.law === 'lognormal' ? 60 : 25;
    const step = (stretch * meanUs(law)) / cells;
    const cumulative = new Float64Array(cells + 1);
    for (let i = 0; i < cells; i++)
      cumulative[i + 1] = cumulative[i]! + (1 - distribution(law, (i + 0.5) * step)) * step;
    // The integral of 1 - F is the mean: an independent check of meanUs.
    expect(Math.abs(cumulative[cells]! / meanUs(law) - 1)).toBeLessThan(1e-4);
    const cdf = (us: number): number => {
      const at = Math.min(cells - 1, us / step);
      const cell = Math.floor(at);
      const low = cumulative[cell]!;
      return (low + (at - cell) * (cumulative[cell + 1]! - low)) / cumulative[cells]!;
    };
    const stream = streams.stream(`residual/${law.law}`);
    expect(fit(() => sampleResidualUs(law, stream), cdf)).toBeGreaterThan(0.001);
  });
});

describe('laws', () => {
  it('puts one sample in a hundred above the p99 of a lognormal and half above its median', () => {
    const stream = streams.stream('p99');
    let above = 0;
    let upper = 0;
    for (let i = 0; i < SAMPLES; i++) {
      const us = sampleUs({ law: 'lognormal', medianUs: 60_000, p99Us: 350_000 }, stream);
      if (us > 350_000) above++;
      if (us > 60_000) upper++;
    }
    const band = (p: number): number => 3 * Math.sqrt(SAMPLES * p * (1 - p));
    expect(Math.abs(above - SAMPLES * 0.01)).toBeLessThan(band(0.01));
    expect(Math.abs(upper - SAMPLES * 0.5)).toBeLessThan(band(0.5));
  });

  it('gives a constant as it is and draws nothing for it', () => {
    const stream = streams.stream('constant');
    expect(sampleUs({ law: 'constant', valueUs: 1234 }, stream)).toBe(1234);
    expect(stream.uint32()).toBe(streams.stream('constant').uint32());
  });

  it('turns the negative values of a wide normal law into 0', () => {
    const stream = streams.stream('negative');
    const law: DurationLaw = { law: 'normal', meanUs: 0, sdUs: 1_000_000 };
    let zeros = 0;
    for (let i = 0; i < 10_000; i++) if (sampleUs(law, stream) === 0) zeros++;
    expect(Math.abs(zeros - 5_000)).toBeLessThan(150);
  });

  it('samples integers in [0, 100 years] for any parameters, the same by LawSampler', () => {
    const us = fc.integer({ min: 1, max: 1e15 });
    const law = fc.oneof(
      us.map((valueUs) => ({ law: 'constant' as const, valueUs })),
      us.map((mean) => ({ law: 'exponential' as const, meanUs: mean })),
      fc.tuple(us, us).map(([a, b]) => ({
        law: 'uniform' as const,
        lowUs: Math.min(a, b),
        highUs: Math.max(a, b),
      })),
      fc.tuple(us, us).map(([a, b]) => ({
        law: 'lognormal' as const,
        medianUs: Math.min(a, b),
        p99Us: Math.max(a, b),
      })),
      fc.tuple(us, us).map(([mean, sdUs]) => ({ law: 'normal' as const, meanUs: mean, sdUs })),
      fc.tuple(us, fc.double({ min: 0.05, max: 20, noNaN: true })).map(([scaleUs, shape]) => ({
        law: 'weibull' as const,
        scaleUs,
        shape,
      })),
    );
    fc.assert(
      fc.property(law, fc.nat(), (l, n) => {
        const sampled = sampleUs(l, streams.stream(`any/${n}`));
        const rest = sampleResidualUs(l, streams.stream(`any/${n}`));
        for (const value of [sampled, rest])
          if (!(Number.isSafeInteger(value) && value >= 0 && value <= 3.15576e15)) return false;
        return sampled === new LawSampler(l).sample(streams.stream(`any/${n}`));
      }),
      { numRuns: 1_000 },
    );
  });

  it('offers the exponential on its own', () => {
    const direct = exponentialUs(1_000, streams.stream('exponential'));
    expect(direct).toBe(
      sampleUs({ law: 'exponential', meanUs: 1_000 }, streams.stream('exponential')),
    );
  });
});

describe('zipf', () => {
  it.each([0, 0.5, 1, 1.1, 2])('fits its weights over 50 ranks with exponent %d', (exponent) => {
    const zipf = new ZipfSampler(BINS, exponent);
    const stream = streams.stream(`zipf/${exponent}`);
    const counts = new Float64Array(BINS);
    for (let i = 0; i < SAMPLES; i++) counts[zipf.sample(stream)]!++;
    const weights = Array.from({ length: BINS }, (_, rank) => (rank + 1) ** -exponent);
    const sum = weights.reduce((a, b) => a + b, 0);
    const expected = weights.map((w) => (SAMPLES * w) / sum);
    expect(chiSquareTail(chiSquare(counts, expected), BINS - 1)).toBeGreaterThan(0.001);
    weights.forEach((w, rank) => expect(zipf.probability(rank)).toBeCloseTo(w / sum, 12));
  });

  it('has one rank if it is given one', () => {
    expect(new ZipfSampler(1, 1.1).sample(streams.stream('one'))).toBe(0);
  });

  it('refuses no ranks and negative exponents', () => {
    expect(() => new ZipfSampler(0, 1)).toThrow();
    expect(() => new ZipfSampler(10, -1)).toThrow();
    expect(() => new ZipfSampler(10, NaN)).toThrow();
  });
});
