import { describe, expect, it } from 'vitest';
import { normalDistribution } from '../../../scenarios/validation/engine-statistics.ts';
import { exp, ln, normalQuantile } from '../../../sim/random/elementary.ts';
import { StreamFactory, uniform } from '../../../sim/random/streams.ts';

const double = new Float64Array(1);
const integer = new BigInt64Array(double.buffer);

/** Distance of two doubles in units in the last place. */
function ulps(a: number, b: number): number {
  const place = (x: number): bigint => {
    double[0] = x;
    const bits = integer[0]!;
    return bits < 0n ? -(bits & 0x7fffffffffffffffn) : bits;
  };
  const distance = place(a) - place(b);
  return Number(distance < 0n ? -distance : distance);
}

function worst(count: number, argument: (u: number) => number, distance: (x: number) => number) {
  const stream = new StreamFactory('elementary.test').stream('arguments');
  let most = 0;
  for (let i = 0; i < count; i++) most = Math.max(most, distance(argument(uniform(stream))));
  return most;
}

describe('ln', () => {
  const distance = (x: number): number => ulps(ln(x), Math.log(x));

  it('is within 2 units in the last place over the whole range of doubles', () => {
    expect(worst(100_000, (u) => Math.exp((u - 0.5) * 1416), distance)).toBeLessThanOrEqual(2);
  });

  it('is within 2 units in the last place around 1, where the result is small', () => {
    expect(worst(100_000, (u) => 0.5 + 1.5 * u, distance)).toBeLessThanOrEqual(2);
    expect(worst(10_000, (u) => 1 + (u - 0.5) * 1e-9, distance)).toBeLessThanOrEqual(2);
  });

  it('knows the ends: subnormals, powers of two, the largest double', () => {
    for (const x of [5e-324, 1e-310, 2.2250738585072014e-308, 0.5, 1, 2, 1.7976931348623157e308])
      expect(distance(x)).toBeLessThanOrEqual(2);
  });

  it('refuses what has no logarithm', () => {
    for (const x of [0, -1, NaN, Infinity])
      expect(() => ln(x)).toThrow(/expected a positive finite/);
  });
});

describe('exp', () => {
  const distance = (x: number): number => ulps(exp(x), Math.exp(x));

  it('is within 2 units in the last place where the result is a normal double', () => {
    expect(worst(100_000, (u) => -708 + 1417 * u, distance)).toBeLessThanOrEqual(2);
    expect(worst(100_000, (u) => 4 * (u - 0.5), distance)).toBeLessThanOrEqual(2);
  });

  it('is within 2 units in the last place among subnormal results', () => {
    expect(worst(10_000, (u) => -745 + 37 * u, distance)).toBeLessThanOrEqual(2);
  });

  it('saturates at 0 and Infinity and refuses NaN', () => {
    expect(exp(-746)).toBe(0);
    expect(exp(-Infinity)).toBe(0);
    expect(exp(710)).toBe(Infinity);
    expect(exp(0)).toBe(1);
    expect(() => exp(NaN)).toThrow();
  });
});

describe('normal quantile', () => {
  it('is the inverse of the distribution function computed by a series', () => {
    // Near p the error of z is the error of Phi over the density; |z| < 4 keeps it resolvable.
    const distance = (p: number): number => {
      const z = normalQuantile(p);
      const density = Math.exp(-0.5 * z * z) / Math.sqrt(2 * Math.PI);
      return Math.abs(normalDistribution(z) - p) / density;
    };
    expect(worst(20_000, (u) => 0.0001 + 0.9998 * u, distance)).toBeLessThan(2e-12);
  });

  it('is antisymmetric and reaches into both tails', () => {
    for (const k of [2, 3, 8, 20, 40]) {
      const p = 1 / 2 ** k;
      expect(normalQuantile(1 - p)).toBe(-normalQuantile(p));
    }
    // M. J. Wichura 1988, table of check values: p = 1e-20 gives -9.262340089798408.
    expect(normalQuantile(1e-20)).toBeCloseTo(-9.262340089798408, 13);
  });

  it('refuses 0, 1 and what is no probability', () => {
    for (const p of [0, 1, -0.1, 1.1, NaN]) expect(() => normalQuantile(p)).toThrow();
  });
});
