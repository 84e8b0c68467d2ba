import { describe, expect, it } from 'vitest';
import {
  chiSquare,
  chiSquareTail,
  estimate,
  normalDistribution,
} from '../../../scenarios/validation/engine-statistics.ts';

describe('statistics of the engine cases', () => {
  it('know the chi-square table (Abramowitz & Stegun, table 26.8)', () => {
    expect(chiSquareTail(3.84146, 1)).toBeCloseTo(0.05, 5);
    expect(chiSquareTail(5.99146, 2)).toBeCloseTo(0.05, 5);
    expect(chiSquareTail(18.307, 10)).toBeCloseTo(0.05, 5);
    expect(chiSquareTail(29.588, 10)).toBeCloseTo(0.001, 5);
    expect(chiSquareTail(43.773, 30)).toBeCloseTo(0.05, 5);
    expect(chiSquareTail(52.62, 25)).toBeCloseTo(0.001, 5);
    expect(chiSquareTail(0, 49)).toBe(1);
  });

  it('know the normal distribution', () => {
    expect(normalDistribution(0)).toBe(0.5);
    expect(normalDistribution(1.959963984540054)).toBeCloseTo(0.975, 14);
    expect(normalDistribution(-2.3263478740408408)).toBeCloseTo(0.01, 14);
    expect([normalDistribution(-40), normalDistribution(40)]).toEqual([0, 1]);
  });

  it('find a die that is loaded', () => {
    const fair = Array<number>(6).fill(1_000);
    expect(chiSquareTail(chiSquare([1_010, 985, 1_003, 990, 1_020, 992], fair), 5)).toBeGreaterThan(
      0.5,
    );
    expect(chiSquareTail(chiSquare([1_150, 970, 970, 970, 970, 970], fair), 5)).toBeLessThan(0.001);
  });

  it('estimate a mean and its standard error', () => {
    const { mean, error } = estimate([1, 2, 3, 4]);
    expect(mean).toBe(2.5);
    expect(error).toBeCloseTo(Math.sqrt(5 / 3 / 4), 12);
  });
});
