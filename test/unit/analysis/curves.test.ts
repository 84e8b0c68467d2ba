/** Distributions as curves: shares of a sum, and who is still there. */
import { describe, expect, it } from 'vitest';
import {
  curveRows,
  equalShares,
  neverHappened,
  shareWithEvent,
  tails,
} from '../../../analysis/charts/curves.ts';
import type { MetricSummary } from '../../../scenarios/summary.ts';

const AT = { panel: 'p', xText: '', colour: 'c', facet: '', label: '', n: 1 };
const counted = (count: number): MetricSummary => ({
  ...{ unit: 'us', count, mean: 0, median: 0, p95: 0, p99: 0, min: 0, max: 0 },
});
const quantilesOf = (law: (p: number) => number): number[] =>
  Array.from({ length: 101 }, (_, i) => law(i / 100));

describe('a Lorenz curve', () => {
  /** Area between the curve and the line of equal shares, doubled. */
  const gini = (quantiles: readonly number[]): number => {
    const rows = curveRows('lorenz', [{ quantiles, share: 1 }], AT);
    let area = 0;
    for (let i = 1; i < rows.length; i++)
      area += ((rows[i]!.y + rows[i - 1]!.y) / 2) * (rows[i]!.x! - rows[i - 1]!.x!);
    return 1 - 2 * area;
  };

  it('encloses the Gini coefficient of its law', () => {
    expect(gini(quantilesOf(() => 5))).toBeCloseTo(0, 9);
    expect(gini(quantilesOf((p) => p))).toBeCloseTo(1 / 3, 3);
    expect(gini(quantilesOf((p) => (p < 0.995 ? 0 : 1)))).toBeGreaterThan(0.98);
  });

  it('of nothing is none', () => {
    expect(curveRows('lorenz', [{ quantiles: [0, 0, 0], share: 1 }], AT)).toEqual([]);
  });

  it('has the line of equal shares beside it', () => {
    expect(equalShares({ ...AT, y: 0 }).map(({ x, y }) => [x, y])).toEqual([
      [0, 0],
      [1, 1],
    ]);
  });
});

describe('a survival curve', () => {
  it('falls to those whom the event never comes to, and goes on so', () => {
    const fast = curveRows('survival', [{ quantiles: [10, 20, 30], share: 0.5 }], AT);
    expect(fast.map(({ x, y }) => [x, y])).toEqual([
      [0, 1],
      [10, 1],
      [20, 0.75],
      [30, 0.5],
    ]);
    const never = curveRows('survival', [{ quantiles: [0], share: 0 }], { ...AT, colour: 'd' });
    expect(never.every(({ y }) => y === 1)).toBe(true);
    expect(tails([...fast, ...never]).map(({ x, y, colour }) => [x, y, colour])).toEqual([
      [30, 1, 'd'],
    ]);
  });

  it('knows from the glossary who could have had the event', () => {
    const metrics = { 'shutout.time': counted(3), shutout: counted(12) };
    expect(shareWithEvent('shutout.time', metrics)).toBe(0.25);
    expect(shareWithEvent('delivery.latency', metrics)).toBe(1);
    expect(neverHappened('shutout.time', metrics)).toBe(false);
    expect(neverHappened('shutout.time', { shutout: counted(12) })).toBe(true);
    expect(neverHappened('delivery.latency', {})).toBe(false);
  });
});
