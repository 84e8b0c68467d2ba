import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { coverage, estimateError } from '../../../scenarios/economy/metrics/calibration.ts';
import {
  creditLoss,
  vintageCurves,
  type CreditLine,
} from '../../../scenarios/economy/metrics/credit.ts';
import {
  bestDeviation,
  deterrenceFrontier,
} from '../../../scenarios/economy/metrics/deterrence.ts';
import { kaplanMeier, survivalAt } from '../../../scenarios/economy/metrics/survival.ts';

describe('survival', () => {
  // Remission times under 6-mercaptopurine (Freireich et al. 1963; Kaplan-Meier's textbook example, 21 patients).
  it('comes out as in the textbook', () => {
    const rows: [number, boolean][] = [
      [6, true],
      [6, true],
      [6, true],
      [6, false],
      [7, true],
      [9, false],
      [10, true],
      [10, false],
      [11, false],
      [13, true],
      [16, true],
      [17, false],
      [19, false],
      [20, false],
      [22, true],
      [23, true],
      [25, false],
      [32, false],
      [32, false],
      [34, false],
      [35, false],
    ];
    const steps = kaplanMeier(
      rows.map(([time]) => time),
      rows.map(([, happened]) => happened),
    );
    expect(steps.map(({ time, atRisk, events }) => [time, atRisk, events])).toEqual([
      [6, 21, 3],
      [7, 17, 1],
      [10, 15, 1],
      [13, 12, 1],
      [16, 11, 1],
      [22, 7, 1],
      [23, 6, 1],
    ]);
    const rounded = steps.map(({ survival }) => Number(survival.toFixed(4)));
    expect(rounded).toEqual([0.8571, 0.8067, 0.7529, 0.6902, 0.6275, 0.5378, 0.4482]);
    const errors = steps.map(({ error }) => Number(error.toFixed(4)));
    expect(errors).toEqual([0.0764, 0.0869, 0.0963, 0.1068, 0.1141, 0.1282, 0.1346]);
    expect(steps[0]!.interval[0]).toBeCloseTo(0.857143 - 1.959964 * 0.07636, 4);
    expect(steps[0]!.interval[1]).toBe(1);
    expect(survivalAt(steps, 5)).toBe(1);
    expect(survivalAt(steps, 10)).toBeCloseTo(0.7529, 4);
    expect(survivalAt(steps, 99)).toBeCloseTo(0.4482, 4);
  });

  it('without a cut-off is the share still there, with the binomial error', () => {
    fc.assert(
      fc.property(
        fc.array(fc.integer({ min: 0, max: 9 }), { minLength: 1, maxLength: 40 }),
        (durations) => {
          const n = durations.length;
          const steps = kaplanMeier(
            durations,
            durations.map(() => true),
          );
          expect(steps.map((s) => s.time)).toEqual([...new Set(durations)].sort((a, b) => a - b));
          for (const { time, survival, error } of steps) {
            const left = durations.filter((duration) => duration > time).length / n;
            expect(survival).toBeCloseTo(left, 12);
            expect(error).toBeCloseTo(Math.sqrt((left * (1 - left)) / n), 12);
          }
        },
      ),
    );
  });

  it('is refused for a negative duration', () => {
    expect(() => kaplanMeier([-1], [true])).toThrow(/-1/);
    expect(() => kaplanMeier([1], [])).toThrow(/1 durations/);
  });
});

describe('credit', () => {
  const line = (
    openedAt: number,
    amount: bigint,
    at?: number,
    exposure = amount,
    recovered = 0n,
  ): CreditLine =>
    at === undefined
      ? { openedAt, amount }
      : { openedAt, amount, default: { at, exposure, recovered } };

  it('losses are counted by number and by value', () => {
    const loss = creditLoss([
      line(0, 100n),
      line(0, 300n, 5, 200n, 50n),
      line(1, 100n, 7, 100n, 100n),
      line(2, 500n),
    ]);
    expect(loss).toEqual({
      lines: 4,
      defaults: 2,
      defaultRate: 0.5,
      defaultRateByValue: 0.4,
      exposureAtDefault: 300n,
      meanExposure: 150,
      lossGivenDefault: 0.5,
      loss: 150n,
      lossRate: 0.15,
    });
  });

  it('expected loss is rate by value, share drawn at default and loss given default, multiplied', () => {
    fc.assert(
      fc.property(
        fc.array(
          fc.record({
            amount: fc.bigInt({ min: 1n, max: 10n ** 20n }),
            drawn: fc.bigInt({ min: 1n, max: 100n }),
            back: fc.bigInt({ min: 0n, max: 100n }),
            defaults: fc.boolean(),
          }),
          { minLength: 1, maxLength: 20 },
        ),
        (rows) => {
          const lines = rows.map(({ amount, drawn, back, defaults }) => {
            const exposure = (amount * drawn) / 100n + 1n;
            return line(0, amount, defaults ? 1 : undefined, exposure, (exposure * back) / 100n);
          });
          const loss = creditLoss(lines);
          expect(loss.defaults).toBe(rows.filter((row) => row.defaults).length);
          if (loss.defaults === 0) {
            expect(loss.lossGivenDefault).toBeNaN();
            expect(loss.lossRate).toBe(0);
            return;
          }
          const granted = rows.reduce((total, { amount }) => total + amount, 0n);
          const drawnShare =
            Number(loss.exposureAtDefault) / (loss.defaultRateByValue * Number(granted));
          const product = loss.defaultRateByValue * drawnShare * loss.lossGivenDefault;
          expect(loss.lossRate).toBeCloseTo(product, 10);
        },
      ),
    );
  });

  it('large amounts are added exactly', () => {
    const big = 2n ** 80n;
    const { loss } = creditLoss([line(0, big, 1), line(0, 1n, 1)]);
    expect(loss).toBe(big + 1n);
  });

  it('a vintage curve ends where its youngest line does', () => {
    // Cohort 0: opened at 0 and 4, one defaults at age 3. Cohort 1: opened at 12, defaults at age 1.
    const curves = vintageCurves([line(12, 1n, 13), line(0, 1n, 3), line(4, 1n)], 10, 2, 15);
    expect(curves).toEqual([
      // Ages 2, 4, 6, 8, 10: until 15 the youngest (opened at 4) has reached 10.
      { cohort: 0, lines: 2, defaulted: [0, 0.5, 0.5, 0.5, 0.5] },
      { cohort: 1, lines: 1, defaulted: [1] },
    ]);
  });

  it('vintage curves rise, and count every default that they reach', () => {
    fc.assert(
      fc.property(
        fc.array(
          fc.tuple(fc.integer({ min: 0, max: 50 }), fc.option(fc.integer({ min: 0, max: 60 }))),
          { minLength: 1, maxLength: 40 },
        ),
        (rows) => {
          const lines = rows.map(([openedAt, age]) =>
            line(openedAt, 1n, age === null ? undefined : openedAt + age),
          );
          const curves = vintageCurves(lines, 7, 5, 120);
          expect(curves.reduce((total, curve) => total + curve.lines, 0)).toBe(rows.length);
          for (const { cohort, lines: size, defaulted } of curves) {
            const members = rows.filter(([openedAt]) => Math.floor(openedAt / 7) === cohort);
            expect(size).toBe(members.length);
            defaulted.forEach((share, step) => {
              const gone = members.filter(([, age]) => age !== null && age <= 5 * (step + 1));
              expect(share).toBe(gone.length / size);
            });
          }
        },
      ),
    );
  });

  it.each([
    [() => creditLoss([line(0, 5n, 1, 5n, 6n)]), /recovered 6 of 5/],
    [() => creditLoss([line(2, 5n, 1)]), /default at 1/],
    [() => vintageCurves([line(2, 5n, 1)], 1, 1, 9), /default at 1/],
    [() => vintageCurves([line(10, 5n)], 1, 1, 9), /after 9/],
    [() => vintageCurves([], 0, 1, 9), /positive/],
  ])('is refused where it makes no sense', (act, message) => {
    expect(act).toThrow(message);
  });
});

describe('calibration', () => {
  it('tells bias, percentage error and coverage', () => {
    expect(estimateError([12, 8, 3], [10, 10, 0])).toEqual({
      bias: 1,
      meanPercentageError: 0.2,
      zeroTruths: 1,
    });
    expect(estimateError([1], [0]).meanPercentageError).toBeNaN();
    expect(
      coverage(
        [
          [0, 1],
          [2, 3],
          [5, 5],
        ],
        [1, 1, 5],
      ),
    ).toBeCloseTo(2 / 3, 12);
    expect(() => coverage([], [])).toThrow(/0 intervals/);
    expect(() => estimateError([1], [])).toThrow(/1 estimates/);
  });
});

describe('deterrence frontier', () => {
  it('is the smallest setting that leaves no profit', () => {
    const points = [5, 4, 3, 2].map((stake) => ({
      setting: [stake],
      profits: { drop: 3 - stake, lie: -1 },
    }));
    const { frontier, reversals } = deterrenceFrontier(points);
    expect(frontier.map((point) => point.setting)).toEqual([[3]]);
    expect(reversals).toEqual([]);
    expect(bestDeviation(points[3]!)).toEqual({ deviation: 'drop', profit: 1 });
  });

  it('has every minimum of several knobs, and agrees with a search over all', () => {
    fc.assert(
      fc.property(
        fc.array(
          fc.record({
            setting: fc.tuple(fc.integer({ min: 0, max: 4 }), fc.integer({ min: 0, max: 4 })),
            profits: fc.record({
              a: fc.integer({ min: -3, max: 2 }),
              b: fc.integer({ min: -3, max: 2 }),
            }),
          }),
          { maxLength: 25 },
        ),
        (points) => {
          const { frontier, reversals } = deterrenceFrontier(points);
          const deters = (p: (typeof points)[number]) => p.profits.a <= 0 && p.profits.b <= 0;
          for (const point of points) {
            const [x, y] = point.setting;
            const smaller = points.some(
              (p) =>
                deters(p) &&
                p.setting[0] <= x &&
                p.setting[1] <= y &&
                (p.setting[0] < x || p.setting[1] < y),
            );
            expect(frontier.includes(point)).toBe(deters(point) && !smaller);
            const stricter = points.some(
              (p) => deters(p) && p.setting[0] <= x && p.setting[1] <= y,
            );
            expect(reversals.includes(point)).toBe(!deters(point) && stricter);
          }
        },
      ),
    );
  });

  it('may be empty, and refuses settings of different knobs', () => {
    expect(deterrenceFrontier([{ setting: [1], profits: { a: 1 } }]).frontier).toEqual([]);
    expect(deterrenceFrontier([])).toEqual({ frontier: [], reversals: [] });
    expect(() =>
      deterrenceFrontier([
        { setting: [1], profits: { a: 1 } },
        { setting: [], profits: { a: 1 } },
      ]),
    ).toThrow(/0 knobs/);
    expect(() => bestDeviation({ setting: [1], profits: {} })).toThrow(/without deviations/);
  });
});
