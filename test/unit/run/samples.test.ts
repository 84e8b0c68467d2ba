import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { quantile, Samples, SAMPLES_MAX } from '../../../scenarios/run/samples.ts';

describe('samples of a metric', () => {
  it('summarise few values exactly, by role and together', () => {
    fc.assert(
      fc.property(
        fc.array(fc.record({ value: fc.integer({ min: -1000, max: 1000 }), role: fc.nat(2) }), {
          minLength: 1,
        }),
        (values) => {
          const samples = new Samples('count');
          for (const { value, role } of values) samples.add(value, role);
          const sorted = values.map((v) => v.value).sort((a, b) => a - b);
          const summary = samples.summary()!;
          expect(summary.count).toBe(values.length);
          expect(summary.min).toBe(sorted[0]);
          expect(summary.max).toBe(sorted.at(-1));
          expect(summary.mean).toBeCloseTo(sorted.reduce((a, b) => a + b, 0) / sorted.length, 9);
          expect(summary.median).toBe(quantile(sorted, 0.5));
          for (const role of [0, 1, 2]) {
            const own = values.filter((v) => v.role === role);
            expect(samples.summary(role)?.count ?? 0).toBe(own.length);
          }
        },
      ),
    );
  });

  it('stay within their memory and keep quantiles beyond it', () => {
    const samples = new Samples('count');
    const total = SAMPLES_MAX * 5 + 17;
    for (let i = 0; i < total; i++) samples.add((i * 7919) % total);
    const summary = samples.summary()!;
    expect(samples.sorted().length).toBeLessThanOrEqual(SAMPLES_MAX);
    expect(summary.count).toBe(total);
    expect(summary.max).toBe(total - 1);
    // At least 2^16 values remain: three standard errors of a rank at the median are below 0.6%.
    expect(Math.abs(summary.median / total - 0.5)).toBeLessThan(0.006);
    expect(Math.abs(summary.p95 / total - 0.95)).toBeLessThan(0.003);
  });

  it('refuse what is not a number', () => {
    expect(() => new Samples('us').add(Number.NaN)).toThrow(/finite/);
  });
});
