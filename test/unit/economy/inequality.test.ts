import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { spearman } from '../../../scenarios/economy/metrics/correlation.ts';
import {
  gini,
  lorenz,
  nakamoto,
  signedInequality,
  theil,
  topShare,
} from '../../../scenarios/economy/metrics/inequality.ts';

const amounts = fc.array(fc.integer({ min: 0, max: 1_000 }), { minLength: 1, maxLength: 40 });
const positive = amounts.filter((values) => values.some((value) => value > 0));
const signed = fc.array(fc.integer({ min: -500, max: 500 }), { minLength: 1, maxLength: 40 });

/** Sum of |a - b| over all ordered pairs, by looking at each. */
function differences(values: readonly number[]): number {
  return values.reduce((sum, a) => sum + values.reduce((s, b) => s + Math.abs(a - b), 0), 0);
}

const sum = (values: readonly number[]): number => values.reduce((s, x) => s + x, 0);

describe('Gini', () => {
  // relab/bandwidth-incentive-simulation, utils tests.
  it('of one who has all of four is three quarters', () => {
    expect(gini([4, 0, 0, 0])).toBe(0.75);
  });

  it('agrees with the definition over all pairs', () => {
    fc.assert(
      fc.property(positive, (values) => {
        const expected = differences(values) / (2 * values.length * sum(values));
        expect(gini(values)).toBeCloseTo(expected, 12);
      }),
    );
  });

  it('does not depend on order or unit, and stays below (n-1)/n', () => {
    fc.assert(
      fc.property(positive, fc.integer({ min: 2, max: 9 }), (values, unit) => {
        const scaled = values.map((value) => value * unit).reverse();
        expect(gini(scaled)).toBeCloseTo(gini(values), 12);
        expect(gini(values)).toBeLessThanOrEqual((values.length - 1) / values.length + 1e-12);
        expect(gini(values)).toBeGreaterThanOrEqual(0);
      }),
    );
  });

  it('falls when a richer one gives to a poorer one', () => {
    fc.assert(
      fc.property(positive, (values) => {
        const sorted = [...values].sort((a, b) => a - b);
        const gap = sorted.at(-1)! - sorted[0]!;
        if (gap < 2) return;
        const moved = [...sorted];
        moved[0]! += 1;
        moved[moved.length - 1]! -= 1;
        expect(gini(moved)).toBeLessThan(gini(sorted));
      }),
    );
  });

  it('of nothing is 0, of a debt is refused', () => {
    expect(gini([0, 0])).toBe(0);
    expect(gini([])).toBe(0);
    expect(() => gini([3, -1])).toThrow(/-1/);
    expect(() => gini([3, NaN])).toThrow(/NaN/);
  });
});

describe('Lorenz curve', () => {
  it('rises from 0 to 1, below the diagonal, and encloses half the Gini', () => {
    fc.assert(
      fc.property(positive, (values) => {
        const curve = lorenz(values);
        const n = values.length;
        expect(curve.length).toBe(n + 1);
        expect(curve[0]).toBe(0);
        expect(curve[n]).toBeCloseTo(1, 12);
        let area = 0;
        for (let i = 1; i <= n; i++) {
          expect(curve[i]!).toBeGreaterThanOrEqual(curve[i - 1]!);
          expect(curve[i]!).toBeLessThanOrEqual(i / n + 1e-12);
          area += (curve[i]! + curve[i - 1]!) / 2 / n;
        }
        expect(1 - 2 * area).toBeCloseTo(gini(values), 10);
      }),
    );
  });

  it('of nothing is the diagonal', () => {
    expect([...lorenz([0, 0])]).toEqual([0, 0.5, 1]);
  });
});

describe('Theil', () => {
  // relab/bandwidth-incentive-simulation, utils tests.
  it('of 7, 2, 1, 2 lies between .267 and .268', () => {
    expect(theil([7, 2, 1, 2])).toBeGreaterThan(0.267);
    expect(theil([7, 2, 1, 2])).toBeLessThan(0.268);
  });

  it('runs from 0 for equal shares to ln n for one who has all', () => {
    expect(theil([5, 5, 5])).toBe(0);
    expect(theil([0, 0, 9, 0])).toBeCloseTo(Math.log(4), 12);
    expect(theil([0, 0])).toBe(0);
  });

  it('splits into inequality between and within groups', () => {
    fc.assert(
      fc.property(positive, positive, (a, b) => {
        const all = [...a, ...b];
        const mean = sum(all) / all.length;
        const part = (group: number[]): number => {
          const share = sum(group) / sum(all);
          return share * (theil(group) + Math.log(sum(group) / group.length / mean));
        };
        expect(theil(all)).toBeCloseTo(part(a) + part(b), 10);
      }),
    );
  });
});

describe('concentration', () => {
  it('top share counts the richest, at least one of them', () => {
    expect(topShare([1, 2, 3, 4], 0.5)).toBe(0.7);
    expect(topShare([1, 2, 3, 4], 0.01)).toBe(0.4);
    expect(topShare([1, 2, 3, 4], 1)).toBe(1);
    expect(topShare([0], 1)).toBe(0);
    expect(() => topShare([1], 0)).toThrow(/fraction/);
  });

  it('Nakamoto coefficient is the smallest coalition over the share', () => {
    // Exactly half is not more than half.
    expect(nakamoto([5, 3, 2])).toBe(2);
    expect(nakamoto([6, 2, 2])).toBe(1);
    expect(nakamoto([1, 1, 1], 1 / 3)).toBe(2);
    expect(nakamoto([0, 0])).toBe(0);
    expect(() => nakamoto([1], 1)).toThrow(/share/);
    fc.assert(
      fc.property(
        fc.array(fc.integer({ min: 0, max: 9 }), { minLength: 1, maxLength: 9 }),
        fc.double({ min: 0, max: 0.99, noNaN: true }),
        (values, share) => {
          // All coalitions.
          let smallest = Infinity;
          for (let set = 1; set < 2 ** values.length; set++) {
            const members = values.filter((_, at) => (set >> at) & 1);
            if (sum(members) > share * sum(values)) smallest = Math.min(smallest, members.length);
          }
          expect(nakamoto(values, share)).toBe(smallest === Infinity ? 0 : smallest);
        },
      ),
      { numRuns: 50 },
    );
  });
});

describe('signed incomes', () => {
  it('are described without a mean to divide by', () => {
    fc.assert(
      fc.property(signed, (net) => {
        const gross = net.map(Math.abs);
        const { giniOfGross, losers, meanDifference } = signedInequality(net, gross);
        const n = net.length;
        expect(giniOfGross).toBe(gini(gross));
        expect(losers).toBe(net.filter((x) => x < 0).length / n);
        const expected = n === 1 ? 0 : differences(net) / (n * (n - 1));
        expect(meanDifference).toBeCloseTo(expected, 8);
      }),
    );
  });

  it('mean difference is twice mean times Gini, but for n/(n-1), where nobody loses', () => {
    const values = [1, 2, 3, 10];
    const { meanDifference, losers } = signedInequality(values, values);
    expect(losers).toBe(0);
    expect(meanDifference).toBeCloseTo((2 * 4 * gini(values) * 4) / 3, 12);
  });

  it('refuses lists of different holders', () => {
    expect(() => signedInequality([1], [1, 2])).toThrow(/1 net/);
  });
});

describe('rank correlation', () => {
  // relab/bandwidth-incentive-simulation, utils tests.
  it('of the recorded example is -0.5', () => {
    expect(spearman([1, 5, 2, 4, 3], [3, 2, 4, 1, 5])).toBeCloseTo(-0.5, 12);
  });

  it('gives ties their mean rank', () => {
    // Ranks 1, 2.5, 2.5, 4 against 1, 2, 3, 4.
    expect(spearman([1, 7, 7, 9], [1, 2, 3, 4])).toBeCloseTo(4.5 / Math.sqrt(4.5 * 5), 12);
    expect(spearman([1, 1], [1, 2])).toBeNaN();
  });

  it('sees order alone', () => {
    fc.assert(
      fc.property(fc.uniqueArray(fc.integer({ min: -99, max: 99 }), { minLength: 2 }), (values) => {
        expect(
          spearman(
            values,
            values.map((x) => x ** 3),
          ),
        ).toBeCloseTo(1, 12);
        expect(
          spearman(
            values,
            values.map((x) => -x),
          ),
        ).toBeCloseTo(-1, 12);
      }),
    );
  });
});
