import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, describe, expect, it } from 'vitest';
import {
  contourRows,
  ZERO,
  ZERO_THEORY,
  type PlanePoint,
} from '../../../analysis/charts/contour.ts';
import { zeroLines } from '../../../analysis/charts/isoline.ts';
import { chartData, toCsv } from '../../../analysis/charts/rows.ts';
import { SIZES } from '../../../analysis/charts/sizes.ts';
import { chartSpec } from '../../../analysis/charts/spec.ts';
import { captionOf } from '../../../analysis/charts/caption.ts';
import { toSvg } from '../../../analysis/charts/render.ts';
import { readResults } from '../../../analysis/results.ts';
import { scenarioOf } from '../../support/scenario.ts';

describe('the zero line of a surface', () => {
  const grid = [0, 1, 2, 3, 4];
  const surfaceOf = (f: (x: number, y: number) => number) => ({
    xs: grid,
    ys: grid,
    values: grid.map((y) => grid.map((x) => f(x, y))),
  });

  it('of a plane is exactly its line, in one piece', () => {
    fc.assert(
      fc.property(
        fc.double({ min: -2, max: 2, noNaN: true }),
        fc.double({ min: 0.5, max: 3, noNaN: true }),
        (slope, at) => {
          const plane = (x: number, y: number): number => y - slope * (x - 2) - at;
          const lines = zeroLines(surfaceOf(plane));
          expect(lines.length).toBeLessThanOrEqual(1);
          for (const { x, y } of lines.flat()) expect(Math.abs(plane(x, y))).toBeLessThan(1e-9);
          // Wherever the line crosses the square there are two ends on its edge.
          const [line] = lines;
          if (line === undefined) return;
          for (const end of [line[0]!, line.at(-1)!])
            expect([end.x, end.y].some((c) => c === 0 || c === 4)).toBe(true);
        },
      ),
    );
  });

  it('of a hill is a ring that closes', () => {
    const [ring, ...others] = zeroLines(surfaceOf((x, y) => 2.5 - (x - 2) ** 2 - (y - 2) ** 2));
    expect(others).toEqual([]);
    expect(ring!.length).toBeGreaterThan(8);
    expect(ring![0]).toEqual(ring!.at(-1));
  });

  it('at a saddle joins what the middle of the cell joins', () => {
    const saddle = (middle: number) => ({
      xs: [0, 1],
      ys: [0, 1],
      values: [
        [1 + middle, -1],
        [-1, 1 + middle],
      ],
    });
    // Above zero in the middle: the negative corners are cut off, each by a piece of its own.
    for (const piece of zeroLines(saddle(1)))
      expect(piece.every(({ x, y }) => x > y) || piece.every(({ x, y }) => x < y)).toBe(true);
    for (const piece of zeroLines(saddle(-0.5)))
      expect(piece.every(({ x, y }) => x + y < 1) || piece.every(({ x, y }) => x + y > 1)).toBe(
        true,
      );
    expect(zeroLines(saddle(1)).length).toBe(2);
  });

  it('leaves cells alone that have a corner nobody measured', () => {
    const surface = surfaceOf((x) => x - 1.5);
    const values = surface.values.map((row, j) => row.map((v, i) => (i + j === 0 ? undefined : v)));
    const unknown = surface.values.map((row) => row.map(() => undefined));
    expect(zeroLines({ ...surface, values: unknown })).toEqual([]);
    expect(zeroLines({ ...surface, values }).length).toBe(1);
  });
});

const THRESHOLDS = [1, 2, 4, 16];
const COSTS = [1, 10, 100];
/** What a cheat takes in a world where each of 8 neighbours trusts a name for its threshold: the closed form CF7. */
const gain = (threshold: number, cost: number): number => 8 * threshold - cost;

describe('a contour', () => {
  const points = THRESHOLDS.flatMap((threshold) =>
    COSTS.map((cost): PlanePoint => ({
      x: `${threshold} MFT`,
      y: `${cost} MFT`,
      facet: '',
      n: 3,
      mean: Math.log(threshold) - Math.log(cost) + Math.log(2),
      low: 0,
      high: 0,
      ceiling: gain(threshold, cost),
    })),
  );

  it('interpolates along its axes as they are drawn', () => {
    const line = contourRows(points, 'v').filter((row) => row.colour === ZERO);
    expect(line.length).toBeGreaterThan(3);
    // Zero where the cost is twice the threshold: straight on two logarithmic axes, so exact.
    for (const { x, y } of line) expect(y / x!).toBeCloseTo(2, 9);
  });

  it('shows theory where it changes sign, which is near the closed form', () => {
    const line = contourRows(points, 'v').filter((row) => row.colour === ZERO_THEORY);
    expect(line.length).toBeGreaterThan(2);
    for (const { x, y } of line) {
      // Between two costs of the grid a straight line is off by what an exponential bends.
      const ratio = y / (8 * x!);
      expect(ratio / 1e9 > 0 && Math.abs(Math.log10(y / x! / 8)) < 0.5).toBe(true);
    }
  });

  it('has none of a sweep over one parameter only', () => {
    expect(
      contourRows(
        points.filter(({ x }) => x === '1 MFT'),
        'v',
      ),
    ).toEqual([]);
  });
});

describe('a contour of a sweep', () => {
  const parent = mkdtempSync(join(tmpdir(), 'mainframe-contour-'));
  afterAll(() => rmSync(parent, { recursive: true, force: true }));

  const metric = (mean: number) => ({
    unit: 'MFT',
    count: 1,
    mean,
    median: mean,
    p95: mean,
    p99: mean,
    min: mean,
    max: mean,
  });

  function resultsOf() {
    const scenario = scenarioOf(`
scenario: plane
params: { threshold: { default: 2 MFT }, cost: { default: 1 MFT } }
world: { nodes: 60, duration: 2 d, detail: flows }
roles:
  steady: { share: 90% }
  cheat: { share: rest, pays: never }
money: { threshold: $threshold, identity_cost: $cost }
traffic:
  - { volume: lognormal(median 40 MiB p99 200 MiB) per day }
charts:
  - { title: Plane, mark: contour, x: $threshold, y: $cost, value: mean(default.gain where role == cheat), bound: true }
`);
    const folder = mkdtempSync(join(parent, 'run-'));
    writeFileSync(join(folder, 'scenario.json'), JSON.stringify(scenario));
    writeFileSync(
      join(folder, 'summary.json'),
      JSON.stringify({
        parameters: ['threshold', 'cost'],
        version: '0',
        commit: '0',
        suite: 'modelled',
      }),
    );
    const runs = THRESHOLDS.flatMap((threshold) =>
      COSTS.flatMap((cost) =>
        [1, 2, 3].map((seed) => ({
          params: { threshold: `${threshold} MFT`, cost: `${cost} MFT` },
          seed,
          summary: {
            metrics: {},
            byRole: {
              cheat: {
                'default.gain': metric((gain(threshold, cost) / 2 + seed - 2) * 1e9),
                'default.ceiling': metric(gain(threshold, cost) * 1e9),
              },
            },
          },
        })),
      ),
    );
    writeFileSync(join(folder, 'runs.ndjson'), runs.map((run) => JSON.stringify(run)).join('\n'));
    return readResults(folder);
  }

  it('says in its table what it draws, and in its caption what the lines are', async () => {
    const results = resultsOf();
    const [chart] = results.scenario.charts;
    const data = chartData(chart!, results);
    const csv = toCsv(data);
    expect(csv.split('\n')[0]).toContain('value_MFT,value_low,value_high');
    expect(csv).toContain('measured,10 MFT,4000000000,,,10000000000,,,11000000000,');
    const caption = captionOf(chart!, data, results);
    expect(caption).toContain('Bold: where it is zero');
    expect(caption).toContain('Dashed');
    const svg = await toSvg(chartSpec(chart!, data, SIZES['screen']!));
    // Both signs are written into tiles.
    expect(svg).toContain('+11');
    expect(svg).toContain('−');
  });
});
