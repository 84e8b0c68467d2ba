import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Ajv } from 'ajv';
import addFormats from 'ajv-formats';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { toPng } from '../../../analysis/charts/render.ts';
import { chartData } from '../../../analysis/charts/rows.ts';
import { SIZES } from '../../../analysis/charts/sizes.ts';
import { chartSpec } from '../../../analysis/charts/spec.ts';
import { buildCharts, buildReport, chartOne } from '../../../analysis/report.ts';
import { readResults } from '../../../analysis/results.ts';
import type { Chart, Mark } from '../../../scenarios/model.ts';
import { writeSweepFixture } from './fixture.ts';

let parent: string;
let folder: string;
beforeAll(() => {
  parent = mkdtempSync(join(tmpdir(), 'mainframe-analysis-'));
  folder = writeSweepFixture(parent);
});
afterAll(() => rmSync(parent, { recursive: true, force: true }));

const term = (metric: string, statistic: 'mean' | 'median' = 'mean') => ({
  kind: 'term' as const,
  text: `${statistic}(${metric})`,
  term: { kind: 'statistic' as const, statistic, of: { metric } },
});
const luminosity = { kind: 'parameter' as const, text: '$luminosity', name: 'luminosity' };
const policy = { kind: 'parameter' as const, text: '$policy', name: 'policy' };

function charts(): Chart[] {
  const points: Mark[] = ['line', 'area', 'bar', 'point', 'pareto'];
  const distributions: Mark[] = ['cdf', 'hist', 'box', 'survival', 'lorenz'];
  return [
    ...points.map((mark): Chart => ({
      title: `A ${mark}`,
      mark,
      x: luminosity,
      y: [term('routing.copies')],
      colour: policy,
      bandRatio: 0.95,
    })),
    ...distributions.map((mark): Chart => ({
      title: `A ${mark}`,
      mark,
      y: [],
      of: { metric: 'delivery.latency' },
      colour: policy,
    })),
  ];
}

describe('charts', () => {
  it('have logarithmic axes only where intervals have a place on them', () => {
    const [line] = charts();
    const data = chartData(line!, readResults(folder));
    // Copies spread over orders of magnitude.
    const spec = JSON.stringify(chartSpec(line!, data, SIZES['screen']!));
    expect(spec).toContain('"type":"log"');
    const rows = data.rows.map((row, i) => (i === 0 ? { ...row, low: -1 } : row));
    const reaching = JSON.stringify(chartSpec(line!, { ...data, rows }, SIZES['screen']!));
    expect(reaching).not.toContain('"type":"log"');
  });

  it('write settings on their axis as they are, not rounded to steps of it', async () => {
    const { toSvg } = await import('../../../analysis/charts/render.ts');
    const [line] = charts();
    const data = chartData(line!, readResults(folder));
    const rows = data.rows.map((row) => ({ ...row, x: row.x === 0 ? 0.5 : row.x! }));
    const svg = await toSvg(chartSpec(line!, { ...data, rows }, SIZES['screen']!));
    expect(svg).toContain('>0.5<');
  });

  it('of every mark are valid Vega-Lite, drawn the same twice, at every size', async () => {
    const schema = JSON.parse(
      readFileSync(
        createRequire(import.meta.url).resolve('vega-lite/vega-lite-schema.json'),
        'utf8',
      ),
    );
    const ajv = new Ajv({ allErrors: false, strict: false });
    addFormats.default(ajv);
    ajv.addFormat('color-hex', true);
    const valid = ajv.compile(schema);
    const { toSvg } = await import('../../../analysis/charts/render.ts');
    const results = readResults(folder);
    for (const chart of charts()) {
      const data = chartData(chart, results);
      expect(data.rows.length, chart.title).toBeGreaterThan(0);
      for (const [name, size] of Object.entries(SIZES)) {
        const spec = chartSpec(chart, data, size);
        expect(
          valid(spec),
          `${chart.title} at ${name}: ${JSON.stringify(valid.errors?.slice(0, 2))}`,
        ).toBe(true);
      }
      const spec = chartSpec(chart, data, SIZES['screen']!);
      const svg = await toSvg(spec);
      const again = await toSvg(chartSpec(chart, data, SIZES['screen']!));
      expect(again === svg, `${chart.title} twice`).toBe(true);
      expect(svg.includes(chart.title)).toBe(true);
    }
  });

  it('plot what the CSV says: means over five seeds with Student intervals', () => {
    const data = chartData(charts()[0]!, readResults(folder));
    const row = data.rows.find((r) => r.x === 4 && r.colour === 'pss')!;
    const values = readResults(folder)
      .runs.filter((r) => r.params['luminosity'] === '4 bits' && r.params['policy'] === 'pss')
      .map((r) => r.summary.metrics['routing.copies']!.mean);
    const mean = values.reduce((a, b) => a + b, 0) / 5;
    const sd = Math.sqrt(values.reduce((a, b) => a + (b - mean) ** 2, 0) / 4);
    expect(row.y).toBeCloseTo(mean, 6);
    expect(row.n).toBe(5);
    // Student's t for four degrees of freedom and 95%.
    expect(row.high! - row.y).toBeCloseTo((2.7764451 * sd) / Math.sqrt(5), 1);
  });

  it('draw the physical limit once for each setting, below every measured point', () => {
    const results = readResults(folder);
    const chart = results.scenario.charts.find((c) => c.bound === true)!;
    const rows = chartData(chart, results).rows;
    const limits = rows.filter((r) => r.colour.startsWith('limit'));
    expect(limits.length).toBe(9);
    for (const limit of limits) {
      const near = rows.filter(
        (r) => !r.colour.startsWith('limit') && Math.abs(r.x! - limit.x!) < 0.3,
      );
      for (const point of near) expect(point.y).toBeGreaterThan(limit.y * 0.9);
    }
  });

  it('are written with their rows, specification and caption, and as PNG', async () => {
    const made = await buildCharts(folder);
    expect(made.length).toBe(4);
    for (const { slug, caption } of made) {
      const path = join(folder, 'charts', slug);
      expect(readFileSync(`${path}.csv`, 'utf8').split('\n').length).toBeGreaterThan(10);
      expect(caption).toContain('n = 5');
      expect(toPng(readFileSync(`${path}.svg`, 'utf8')).length).toBeGreaterThan(5_000);
    }
    const [file] = await chartOne(folder, 'what-does', {
      for: 'acm-column',
      out: join(folder, 'fig.svg'),
    });
    // 84 mm are 317.5 CSS pixels; the legend may add a little to the right.
    const width = Number(/width="([\d.]+)"/.exec(readFileSync(file!, 'utf8'))![1]);
    expect(width).toBeLessThan(400);
  });
});

describe('the report', () => {
  it('is one page that asks nobody for anything and answers in sentences', async () => {
    const html = readFileSync(await buildReport(folder), 'utf8');
    expect(/(src|href)="https?:/.test(html)).toBe(false);
    expect(/@import|url\(/.test(html)).toBe(false);
    expect(/Policy tree\(3\) beats policy pss/.test(html)).toBe(true);
    expect(/each bit of luminosity costs (0\.9|1\.0)\d bits/.test(html)).toBe(true);
    expect(html.match(/<figure/g)!.length).toBe(4);
    for (const svg of html.match(/<svg [^>]*>/g)!) expect(svg).toContain('aria-label');
    expect(html.includes('Plotted rows (CSV)')).toBe(true);
  });
});
