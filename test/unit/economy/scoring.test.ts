import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  accuracyRatio,
  areaUnderCurve,
  brierScore,
  rocCurve,
  scoreDistance,
} from '../../../scenarios/economy/metrics/scoring.ts';

/** Scores from a few values, so that ties are common. */
const scored = fc
  .array(fc.tuple(fc.integer({ min: 0, max: 5 }), fc.boolean()), { minLength: 2, maxLength: 30 })
  .filter((rows) => rows.some(([, bad]) => bad) && rows.some(([, bad]) => !bad))
  .map((rows) => ({ scores: rows.map(([s]) => s), bad: rows.map(([, b]) => b) }));

describe('a score', () => {
  it('has the area of its pairs, ties counted half', () => {
    fc.assert(
      fc.property(scored, ({ scores, bad }) => {
        let won = 0;
        let pairs = 0;
        scores.forEach((a, i) =>
          scores.forEach((b, j) => {
            if (!bad[i] || bad[j]) return;
            pairs++;
            won += a > b ? 1 : a === b ? 0.5 : 0;
          }),
        );
        expect(areaUnderCurve(scores, bad)).toBeCloseTo(won / pairs, 12);
        expect(accuracyRatio(scores, bad)).toBeCloseTo((2 * won) / pairs - 1, 12);
      }),
    );
  });

  it('has the distance of its two distribution functions', () => {
    fc.assert(
      fc.property(scored, ({ scores, bad }) => {
        const share = (of: boolean, limit: number): number => {
          const group = scores.filter((_, at) => bad[at] === of);
          return group.filter((score) => score <= limit).length / group.length;
        };
        const expected = Math.max(...scores.map((s) => Math.abs(share(true, s) - share(false, s))));
        expect(scoreDistance(scores, bad)).toBeCloseTo(expected, 12);
      }),
    );
  });

  it('does not depend on the order of the rows', () => {
    fc.assert(
      fc.property(scored, ({ scores, bad }) => {
        expect(rocCurve([...scores].reverse(), [...bad].reverse())).toEqual(rocCurve(scores, bad));
      }),
    );
  });

  it('draws one point per distinct score, from nobody to everybody', () => {
    expect(rocCurve([3, 1, 1, 2], [true, true, false, false])).toEqual([
      { threshold: Infinity, falsePositives: 0, truePositives: 0 },
      { threshold: 3, falsePositives: 0, truePositives: 0.5 },
      { threshold: 2, falsePositives: 0.5, truePositives: 0.5 },
      { threshold: 1, falsePositives: 1, truePositives: 1 },
    ]);
  });

  it('upside down has the mirrored area and the same distance', () => {
    fc.assert(
      fc.property(scored, ({ scores, bad }) => {
        const turned = scores.map((score) => -score);
        expect(areaUnderCurve(turned, bad)).toBeCloseTo(1 - areaUnderCurve(scores, bad), 12);
        expect(scoreDistance(turned, bad)).toBeCloseTo(scoreDistance(scores, bad), 12);
      }),
    );
  });

  it.each([
    [[1, 2], [true, true], /0 good/],
    [[1, 2], [false, false], /0 bad/],
    [[1], [true, false], /1 scores/],
    [[NaN, 1], [true, false], /not a number/],
  ])('is refused: %j %j', (scores, bad, message) => {
    expect(() => rocCurve(scores, bad)).toThrow(message);
  });
});

describe('Brier score', () => {
  it('is the mean squared miss', () => {
    expect(brierScore([1, 0], [true, false])).toBe(0);
    expect(brierScore([0.5, 0.5], [true, false])).toBe(0.25);
    expect(brierScore([0.75, 0.25, 0], [true, true, false])).toBeCloseTo(0.625 / 3, 12);
  });

  it('is least at the true frequency', () => {
    fc.assert(
      fc.property(
        fc.array(fc.boolean(), { minLength: 1, maxLength: 30 }),
        fc.integer({ min: 0, max: 100 }),
        (bad, percent) => {
          const frequency = bad.filter((b) => b).length / bad.length;
          const at = (p: number): number =>
            brierScore(
              bad.map(() => p),
              bad,
            );
          expect(at(frequency)).toBeLessThanOrEqual(at(percent / 100) + 1e-12);
        },
      ),
    );
  });

  it('refuses what is no probability', () => {
    expect(() => brierScore([1.5], [true])).toThrow(/1.5/);
    expect(() => brierScore([], [])).toThrow(/0 probabilities/);
  });
});
