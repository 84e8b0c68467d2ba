/** Curves about credit: Kaplan–Meier steps from tables of lives, ROC curves over seeds, vintages pooled over seeds. */
import { describe, expect, it } from 'vitest';
import { toSvg } from '../../../analysis/charts/render.ts';
import { CENSORED, COIN, creditRows, survivalRows } from '../../../analysis/charts/credit-rows.ts';
import { chartData } from '../../../analysis/charts/rows.ts';
import { SIZES } from '../../../analysis/charts/sizes.ts';
import { chartSpec } from '../../../analysis/charts/spec.ts';
import type { Results } from '../../../analysis/results.ts';
import type { Chart } from '../../../scenarios/model.ts';
import type { LifeTable, RunSummary } from '../../../scenarios/summary.ts';
import { scenarioOf } from '../../support/scenario.ts';

const AT = { panel: 'p', xText: '', colour: 'c', facet: '', label: '', n: 1 };
/** Remission under 6-mercaptopurine (Freireich et al. 1963), weeks: the textbooks' example. */
const FREIREICH: LifeTable = {
  timesUs: [6, 7, 9, 10, 11, 13, 16, 17, 19, 20, 22, 23, 25, 32, 34, 35],
  events: [3, 1, 0, 1, 0, 1, 1, 0, 0, 0, 1, 1, 0, 0, 0, 0],
  censored: [1, 0, 1, 1, 1, 0, 0, 1, 1, 1, 0, 0, 1, 2, 1, 1],
};
const chart = (mark: 'survival' | 'roc' | 'vintage', metric: string): Chart => ({
  title: 'T',
  mark,
  y: [],
  of: { metric },
});
const summary = (parts: Partial<RunSummary>): RunSummary =>
  ({ metrics: {}, byRole: {}, distributions: {}, params: {}, seed: 1, ...parts }) as RunSummary;

describe('survival', () => {
  const rows = survivalRows([FREIREICH], AT);
  const steps = rows.filter(({ label }) => label !== CENSORED);
  const round = (value: number | undefined): number => Number(value!.toFixed(4));

  it('has the steps of the textbook, and goes on to the last one seen', () => {
    expect(steps.map(({ x, y }) => [x, round(y)])).toEqual([
      [0, 1],
      [6, 0.8571],
      [7, 0.8067],
      [10, 0.7529],
      [13, 0.6902],
      [16, 0.6275],
      [22, 0.5378],
      [23, 0.4482],
      [35, 0.4482],
    ]);
  });

  it("has Greenwood's interval", () => {
    // Published standard error of the last step: 0.1346.
    const last = steps.at(-1)!;
    expect(last.high! - last.y).toBeCloseTo(1.96 * 0.1346, 3);
    expect(last.y - last.low!).toBeCloseTo(1.96 * 0.1346, 3);
    expect(steps[0]).toMatchObject({ low: 1, high: 1 });
  });

  it('marks where somebody was seen no longer, on the curve', () => {
    const marks = rows.filter(({ label }) => label === CENSORED);
    expect(marks.map(({ x }) => x)).toEqual([6, 9, 10, 11, 17, 19, 20, 25, 32, 34, 35]);
    expect(round(marks[1]!.y)).toBe(0.8067);
    expect(round(marks.at(-1)!.y)).toBe(0.4482);
  });

  it('pools the names of all seeds', () => {
    const half = (keep: 0 | 1): LifeTable => ({
      timesUs: FREIREICH.timesUs.filter((_, i) => i % 2 === keep),
      events: FREIREICH.events.filter((_, i) => i % 2 === keep),
      censored: FREIREICH.censored.filter((_, i) => i % 2 === keep),
    });
    expect(survivalRows([half(0), half(1)], AT)).toEqual(rows);
  });

  it('is that of a role where one is asked for', () => {
    const never: LifeTable = { timesUs: [9], events: [0], censored: [4] };
    const lives = { 'shutout.time': { all: FREIREICH, byRole: { steady: never } } };
    const runs = [summary({ lives })];
    const survival = chart('survival', 'shutout.time');
    expect(
      creditRows(survival, runs, 'steady', AT).map(({ x, y, label }) => [x, y, label]),
    ).toEqual([
      [0, 1, ''],
      [9, 1, ''],
      [9, 1, CENSORED],
    ]);
    expect(creditRows(survival, runs, undefined, AT)).toEqual(rows);
    expect(creditRows(survival, runs, 'nobody', AT)).toEqual([]);
  });
});

describe('a ROC curve', () => {
  it('is the mean over seeds at equal shares of the others, from the corner', () => {
    const straight = Array.from({ length: 101 }, (_, i) => i / 100);
    const steep = straight.map(() => 1);
    const rows = creditRows(
      chart('roc', 'credit.score'),
      [summary({ roc: straight }), summary({ roc: steep }), summary({})],
      undefined,
      AT,
    );
    expect(rows[0]).toMatchObject({ x: 0, y: 0 });
    expect(rows[1]).toMatchObject({ x: 0, y: 0.5, n: 2 });
    expect(rows.at(-1)).toMatchObject({ x: 1, y: 1, low: 1, high: 1 });
  });
});

describe('vintages', () => {
  it('weigh seeds by their lines, and end where the first seed does', () => {
    const one = { fromUs: 0, stepUs: 10, lines: 30, defaulted: [0, 0.1, 0.2] };
    const other = { fromUs: 0, stepUs: 10, lines: 10, defaulted: [0.2, 0.5] };
    const late = { fromUs: 86_400_000_000, stepUs: 10, lines: 2, defaulted: [] };
    const rows = creditRows(
      chart('vintage', 'credit.defaulted'),
      [summary({ vintages: [one] }), summary({ vintages: [other, late] })],
      undefined,
      AT,
    );
    expect(rows.map(({ x, y, colour }) => [x, y, colour])).toEqual([
      [0, 0, 'day 0 (n = 40)'],
      [10, 0.05, 'day 0 (n = 40)'],
      [20, (0.1 * 30 + 0.5 * 10) / 40, 'day 0 (n = 40)'],
    ]);
  });
});

describe('charts about credit', () => {
  const scenario = scenarioOf('scenario: empty\nroles: { steady: { share: 100% } }\n');
  const run = summary({
    roc: Array.from({ length: 101 }, (_, i) => Math.sqrt(i / 100)),
    vintages: [{ fromUs: 0, stepUs: 3.6e9, lines: 5, defaulted: [0.2, 0.4] }],
    lives: {
      'shutout.time': {
        all: { timesUs: [3.6e9, 7.2e9], events: [1, 1], censored: [0, 2] },
        byRole: {},
      },
    },
  });
  const results = {
    scenario,
    runs: [{ params: {}, seed: 1, summary: run }],
    parameters: [],
  } as unknown as Results;

  it('have legends no wider than a column of a paper', async () => {
    const cohorts = [0, 24, 48, 72, 96].map((hours) => ({
      fromUs: hours * 3.6e9,
      stepUs: 3.6e9,
      lines: 1234,
      defaulted: [0.2, 0.4],
    }));
    const vintages = {
      ...results,
      runs: [{ params: {}, seed: 1, summary: summary({ vintages: cohorts }) }],
    };
    const drawn = chart('vintage', 'credit.defaulted');
    const size = SIZES['acm-column']!;
    const svg = await toSvg(chartSpec(drawn, chartData(drawn, vintages as Results), size));
    expect(Number(/width="([\d.]+)"/.exec(svg)![1])).toBeLessThan(1.05 * size.widthPx);
  });

  it.each([
    ['survival', 'shutout.time', 'share still served', 'us'],
    ['roc', 'credit.score', 'defaulters called bad', 'ratio'],
    ['vintage', 'credit.defaulted', 'defaulted by that age', 'us'],
  ] as const)('are drawn: %s', async (mark, metric, name, unit) => {
    const data = chartData(chart(mark, metric), results);
    expect(data.panels).toEqual([{ name, unit: 'ratio' }]);
    expect(data.xUnit).toBe(unit);
    expect(data.colours.includes(COIN)).toBe(mark === 'roc');
    const svg = await toSvg(chartSpec(chart(mark, metric), data, SIZES['screen']!));
    expect(svg.match(/mark-line/g)!.length).toBeGreaterThan(0);
    expect(/mark-rule role-mark|mark-rect role-mark/.test(svg)).toBe(mark === 'survival');
  });
});
