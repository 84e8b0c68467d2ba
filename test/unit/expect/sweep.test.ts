import { describe, expect, it } from 'vitest';

import type { MetricSource } from '../../../scenarios/expect/evaluate.ts';
import { parseExpectation } from '../../../scenarios/expect/parse.ts';
import { intervalOf, studentQuantile, valuesToSettle } from '../../../scenarios/expect/student.ts';
import { evaluateSweep, type SweepPointRuns } from '../../../scenarios/expect/sweep.ts';
import type { Expectation } from '../../../scenarios/model.ts';

function expectationOf(check: string, more: Partial<Expectation> = {}): Expectation {
  const reading = parseExpectation(check, {
    values: new Map([['bits', { text: '8 bits', number: 8, unit: 'bits' }]]),
    roles: [],
    guesses: new Set(['receiver']),
  });
  if (!reading.ok) throw new Error(reading.fault.message);
  return { check, applies: true, confidence: 0.95, ...reading.value, ...more };
}

const constant = (value: number | undefined): MetricSource => ({ value: () => value });

function point(
  expectation: Expectation,
  values: (number | undefined)[],
  params: { [name: string]: string } = {},
): SweepPointRuns {
  return {
    params,
    expectations: [expectation],
    runs: values.map((value, i) => ({ seed: i + 1, source: constant(value) })),
  };
}

/** Deterministic noise with mean 0 and standard deviation near 1: eight values of a normal law's quantiles. */
const NOISE = [-1.53, -0.89, -0.49, -0.16, 0.16, 0.49, 0.89, 1.53];

describe("Student's t", () => {
  // Tables: e.g. NIST/SEMATECH e-Handbook of Statistical Methods 1.3.6.7.2, two-sided.
  it.each([
    [0.95, 1, 12.706],
    [0.95, 2, 4.303],
    [0.95, 4, 2.776],
    [0.95, 9, 2.262],
    [0.95, 19, 2.093],
    [0.95, 100, 1.984],
    [0.99, 1, 63.657],
    [0.99, 4, 4.604],
    [0.99, 30, 2.75],
    [0.9, 5, 2.015],
    [0.8, 10, 1.372],
  ])('covers %d with %i degrees of freedom within ±%d', (coverage, freedom, quantile) => {
    expect(studentQuantile(coverage, freedom)).toBeCloseTo(quantile, 3);
  });

  it('comes near the normal law', () => {
    expect(studentQuantile(0.95, 1e6)).toBeCloseTo(1.95996, 4);
  });

  it('has the closed forms for one and two degrees of freedom', () => {
    for (const coverage of [0.5, 0.9, 0.999]) {
      expect(studentQuantile(coverage, 1)).toBeCloseTo(Math.tan((Math.PI * coverage) / 2), 6);
      expect(studentQuantile(coverage, 2)).toBeCloseTo(
        coverage * Math.sqrt(2 / (1 - coverage * coverage)),
        6,
      );
    }
  });

  it('gives intervals of the textbook size', () => {
    const interval = intervalOf([4, 6, 8], 0.95);
    expect(interval).toMatchObject({ n: 3, mean: 6, sd: 2 });
    expect(interval.halfWidth).toBeCloseTo((4.3027 * 2) / Math.sqrt(3), 3);
    expect(intervalOf([4], 0.95).halfWidth).toBeUndefined();
  });

  it('says how many values make the interval narrow enough', () => {
    const interval = intervalOf(NOISE, 0.95);
    const n = valuesToSettle(interval, 0.95, 0.2);
    const half = (count: number) =>
      (studentQuantile(0.95, count - 1) * interval.sd) / Math.sqrt(count);
    expect(half(n)).toBeLessThanOrEqual(0.2);
    expect(half(n - 2)).toBeGreaterThan(0.2);
  });
});

describe('a point of a sweep', () => {
  const check = expectationOf('zone.size >= 10');
  const verdict = (values: (number | undefined)[]) =>
    evaluateSweep([point(check, values)]).points[0]?.[0];

  it('holds when the whole interval is on the right side', () => {
    expect(verdict(NOISE.map((n) => 12 + n))).toMatchObject({ verdict: 'holds', unit: 'count' });
  });

  it('is broken when it is wholly on the wrong side', () => {
    expect(verdict(NOISE.map((n) => 8 + n))?.verdict).toBe('broken');
  });

  it('is unclear in between, and says how many seeds would settle it', () => {
    const result = verdict(NOISE.map((n) => 10.4 + n));
    expect(result?.verdict).toBe('unclear');
    const more = Number(/about (\d+) more seeds/.exec(result?.reason ?? '')?.[1]);
    // t 1.0 / sqrt(n) = 0.4 needs n near 26.
    expect(more).toBeGreaterThan(10);
    expect(more).toBeLessThan(25);
  });

  it('of one seed is judged by its value and says so', () => {
    expect(verdict([12])).toMatchObject({
      verdict: 'holds',
      reason: 'one seed only, so no interval',
    });
  });

  it('without spread is judged by its value', () => {
    expect(verdict([10, 10, 10])?.verdict).toBe('holds');
    expect(verdict([9, 9, 9])?.verdict).toBe('broken');
  });

  it('leaves out seeds without a sample', () => {
    expect(verdict([undefined, undefined])?.verdict).toBe('unclear');
    expect(verdict([undefined, 12])?.verdict).toBe('holds');
  });

  it('asks equality of every seed', () => {
    const equal = (values: number[]) =>
      evaluateSweep([point(expectationOf('zone.size == 0'), values)]).points[0]?.[0]?.verdict;
    expect(equal([0, 0])).toBe('holds');
    expect(equal([0, 1])).toBe('broken');
  });

  it('takes always from every run and sometimes from any', () => {
    const runs = (mode: string, verdicts: ('holds' | 'broken')[]) => {
      const expectation = expectationOf(`${mode} zone.size > 1`);
      return evaluateSweep([
        {
          params: {},
          expectations: [expectation],
          runs: verdicts.map((v, i) => ({
            seed: i,
            source: constant(2),
            results: [{ check: '', verdict: v }],
          })),
        },
      ]).points[0]?.[0]?.verdict;
    };
    expect(runs('always', ['holds', 'broken'])).toBe('broken');
    expect(runs('always', ['holds', 'holds'])).toBe('holds');
    expect(runs('sometimes', ['holds', 'broken'])).toBe('holds');
    expect(runs('sometimes', ['broken', 'broken'])).toBe('broken');
  });
});

describe('a whole sweep', () => {
  it('is as good as its worst point, and skips points that are not asked', () => {
    const check = expectationOf('zone.size >= 10');
    const not = { ...check, applies: false, when: '$bits < 3 bits' };
    const overall = (points: SweepPointRuns[]) => evaluateSweep(points).overall[0];
    expect(overall([point(check, [12, 12]), point(not, [1, 1])])).toMatchObject({
      verdict: 'holds',
      reason: 'holds at 1 of 1 point',
    });
    expect(overall([point(check, [12, 12]), point(check, [9, 9])])).toMatchObject({
      verdict: 'broken',
      value: 9,
      margin: -1,
    });
    expect(overall([point(not, [1, 1])])?.verdict).toBe('skipped');
  });

  const trend = expectationOf('anonymity.entropy falls as $bits rises');
  const line = (
    means: number[],
    noise: (point: number, seed: number) => number,
    extra: { [name: string]: string } = {},
  ) =>
    means.map((mean, i) =>
      point(
        trend,
        NOISE.map((_, seed) => mean + noise(i, seed)),
        { bits: `${2 * i} bits`, ...extra },
      ),
    );
  const verdict = (points: SweepPointRuns[]) => evaluateSweep(points).overall[0];

  it('has a trend when no step is against it and the whole way is with it', () => {
    expect(verdict(line([12, 10, 8, 6], (_, seed) => NOISE[seed] ?? 0))?.verdict).toBe('holds');
    expect(verdict(line([12, 10, 10, 6], (_, seed) => NOISE[seed] ?? 0))?.verdict).toBe('holds');
  });

  it('has no trend when one step is surely against it', () => {
    expect(verdict(line([12, 8, 10, 6], (_, seed) => NOISE[seed] ?? 0))).toMatchObject({
      verdict: 'broken',
      reason: 'a step goes the other way',
    });
  });

  it('cannot tell when the change is within the noise', () => {
    const noisy = (p: number, seed: number) => 5 * (NOISE[(seed * 3 + p * 5) % 8] ?? 0);
    expect(verdict(line([10, 9.9, 9.8], noisy))?.verdict).toBe('unclear');
  });

  it('has it on every line of the other parameters', () => {
    const same = (_: number, seed: number) => NOISE[seed] ?? 0;
    const good = line([12, 10], same, { policy: 'pss' });
    const bad = line([10, 12], same, { policy: 'tree(3)' });
    expect(verdict([...good, ...bad])).toMatchObject({
      verdict: 'broken',
      reason: 'a step goes the other way at policy=tree(3)',
    });
  });

  it('needs two values of the parameter', () => {
    expect(verdict(line([12], () => 0))).toMatchObject({
      verdict: 'skipped',
      reason: 'needs a sweep over bits',
    });
  });

  it('sorts points by value, not by order', () => {
    expect(verdict(line([12, 10, 8], (_, seed) => NOISE[seed] ?? 0).toReversed())?.verdict).toBe(
      'holds',
    );
  });
});
