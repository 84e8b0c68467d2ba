/** Distributions as curves: shares of a sum, and who is still there. Curves with censored times: credit.test.ts. */
import { describe, expect, it } from 'vitest';
import { curveRows, equalShares } from '../../../analysis/charts/curves.ts';

const AT = { panel: 'p', xText: '', colour: 'c', facet: '', label: '', n: 1 };
const quantilesOf = (law: (p: number) => number): number[] =>
  Array.from({ length: 101 }, (_, i) => law(i / 100));

describe('a Lorenz curve', () => {
  /** Area between the curve and the line of equal shares, doubled. */
  const gini = (quantiles: readonly number[]): number => {
    const rows = curveRows('lorenz', [quantiles], AT);
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
    expect(curveRows('lorenz', [[0, 0, 0]], AT)).toEqual([]);
  });

  it('has the line of equal shares beside it', () => {
    expect(equalShares({ ...AT, y: 0 }).map(({ x, y }) => [x, y])).toEqual([
      [0, 0],
      [1, 1],
    ]);
  });
});

describe('a survival curve of times that all ended', () => {
  it('falls from all to none', () => {
    expect(curveRows('survival', [[10, 20, 30]], AT).map(({ x, y }) => [x, y])).toEqual([
      [0, 1],
      [10, 1],
      [20, 0.5],
      [30, 0],
    ]);
  });
});
