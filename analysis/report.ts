/**
 * Charts and the report of a result folder. Reads files, writes files beside them; never touches what a run wrote.
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { extname, join } from 'node:path';
import { METRICS } from '../scenarios/metrics.ts';
import type { Chart } from '../scenarios/model.ts';
import { kindOfWorld } from '../scenarios/run/kind-of-world.ts';
import type { ExpectationResult } from '../scenarios/summary.ts';
import { captionOf } from './charts/caption.ts';
import { toPng, toSvg } from './charts/render.ts';
import { chartData, toCsv } from './charts/rows.ts';
import { axisScale } from './charts/scale.ts';
import { SIZES, type FigureSize } from './charts/sizes.ts';
import { altText, chartSpec } from './charts/spec.ts';
import { answerRun, answerSweep, withInterval } from './report/answer.ts';
import { roleSentences } from './report/answer-roles.ts';
import { renderPage, type ReportFigure, type ReportTable } from './report/html.ts';
import { readResults, type Results } from './results.ts';

export interface MadeChart extends ReportFigure {
  spec: string;
}

/** File name of a chart: its title in lower case with dashes. */
export function slugOf(title: string): string {
  return title
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .replace(/^-|-$/g, '');
}

/** The charts that a result can draw. */
export function chartTitles(folder: string): { slug: string; title: string }[] {
  return readResults(folder).scenario.charts.map(({ title }) => ({ slug: slugOf(title), title }));
}

async function make(
  chart: Chart,
  results: Results,
  size: FigureSize,
): Promise<MadeChart | undefined> {
  const data = chartData(chart, results);
  if (data.rows.length === 0) return undefined;
  const spec = chartSpec(chart, data, size);
  return {
    slug: slugOf(chart.title),
    title: chart.title,
    svg: await toSvg(spec),
    alt: altText(chart, data),
    caption: captionOf(chart, data, results),
    csv: toCsv(data),
    spec: `${JSON.stringify(spec, null, 2)}\n`,
  };
}

/** Draws every chart of a result into `charts/` (SVG, CSV, specification, caption). */
export async function buildCharts(folder: string): Promise<MadeChart[]> {
  const results = readResults(folder);
  const made: MadeChart[] = [];
  for (const chart of results.scenario.charts) {
    const figure = await make(chart, results, SIZES['screen']!);
    if (figure !== undefined) made.push(figure);
  }
  if (made.length > 0) mkdirSync(join(folder, 'charts'), { recursive: true });
  for (const figure of made) {
    const path = join(folder, 'charts', figure.slug);
    writeFileSync(`${path}.svg`, figure.svg);
    writeFileSync(`${path}.csv`, figure.csv);
    writeFileSync(`${path}.vl.json`, figure.spec);
    writeFileSync(`${path}.caption.txt`, `${figure.caption}\n`);
  }
  return made;
}

/** Draws one chart, found by slug or title, at a given size. @returns the files written. */
export async function chartOne(
  folder: string,
  name: string,
  options: { for: string; out?: string },
): Promise<string[]> {
  const results = readResults(folder);
  const chart = results.scenario.charts.find(
    (c) => c.title === name || slugOf(c.title).startsWith(slugOf(name)),
  );
  if (chart === undefined) {
    throw new Error(
      `no chart "${name}"; there are ${results.scenario.charts.map((c) => slugOf(c.title)).join(', ')}`,
    );
  }
  const figure = await make(chart, results, SIZES[options.for] ?? SIZES['screen']!);
  if (figure === undefined)
    throw new Error(`"${chart.title}" has nothing to draw: its metrics were not measured`);
  const path = options.out ?? `${figure.slug}.svg`;
  const kind = extname(path);
  if (kind === '.png') writeFileSync(path, toPng(figure.svg));
  else if (kind === '.csv') writeFileSync(path, figure.csv);
  else if (kind === '.json') writeFileSync(path, figure.spec);
  else writeFileSync(path, figure.svg);
  return [path];
}

/** Writes `report.html` (and the charts). @returns its path. */
export async function buildReport(folder: string): Promise<string> {
  const results = readResults(folder);
  const figures = await buildCharts(folder);
  const { scenario, sweep, runs } = results;
  const run = runs[0]?.summary;
  const identity = sweep ?? run;
  if (identity === undefined) throw new Error(`${folder} holds no finished run`);
  const ended =
    identity.endedEarly === undefined
      ? []
      : [`Ended early: ${identity.endedEarly}. What follows is what was measured until then.`];
  const page = renderPage({
    title: scenario.scenario,
    question: scenario.about,
    kind: kindOfWorld(scenario),
    answer: [
      ...ended,
      ...(sweep === undefined
        ? answerRun(run!.metrics)
        : [
            ...scenario.charts.flatMap((chart) => roleSentences(chart, chartData(chart, results))),
            ...answerSweep(sweep, scenario.charts),
          ]),
    ],
    verdicts: (sweep ?? run!).expectations.map(verdictRow),
    figures,
    tables: sweep === undefined ? [runTable(results)] : sweepTables(results),
    warnings: identity.warnings,
    provenance: provenance(results),
    command: `mainframe ${sweep === undefined ? `run ${scenario.scenario} --seed ${run!.seed}` : `sweep ${scenario.scenario}`}`,
  });
  const path = join(folder, 'report.html');
  writeFileSync(path, page);
  return path;
}

const MARKS = { holds: '✓', broken: '✗', unclear: '?', skipped: '–' } as const;

function verdictRow(e: ExpectationResult) {
  const scale = axisScale(e.unit ?? 'count', e.value ?? 0);
  const value =
    e.value === undefined
      ? ''
      : `measured ${Number((e.value / scale.divisor).toPrecision(4))}${scale.unit === '%' ? '%' : scale.unit === '' ? '' : ` ${scale.unit}`}`;
  return {
    mark: MARKS[e.verdict],
    verdict: e.verdict,
    text: e.check + (e.why === undefined ? '' : ` (${e.why})`),
    detail: e.reason ?? value,
  };
}

function runTable(results: Results): ReportTable {
  const metrics = results.runs[0]!.summary.metrics;
  return {
    caption: 'All samples of this run, warm-up left out',
    heading: ['metric', 'unit', 'n', 'mean', 'median', 'p95', 'p99', 'min', 'max'],
    rows: METRICS.flatMap(({ name }) => {
      const m = metrics[name];
      if (m === undefined) return [];
      const scale = axisScale(m.unit, m.median || m.mean);
      const cell = (v: number): string =>
        Number((v / scale.divisor).toPrecision(4)).toLocaleString('en', {
          maximumFractionDigits: 4,
        });
      return [
        [
          name,
          scale.unit,
          String(m.count),
          cell(m.mean),
          cell(m.median),
          cell(m.p95),
          cell(m.p99),
          cell(m.min),
          cell(m.max),
        ],
      ];
    }),
  };
}

/** Most metrics in one table, so that it can be read and printed. */
const COLUMNS_MAX = 6;

function sweepTables(results: Results): ReportTable[] {
  const summary = results.sweep!;
  const names = METRICS.map((m) => m.name).filter((name) =>
    summary.points.some((p) => p.metrics[name] !== undefined),
  );
  const tables: ReportTable[] = [];
  for (let at = 0; at < names.length; at += COLUMNS_MAX) {
    const columns = names.slice(at, at + COLUMNS_MAX);
    tables.push({
      caption: `${columns.join(', ')}: means over seeds with 95% intervals (Student's t)`,
      heading: [...summary.parameters, 'seeds', ...columns],
      rows: summary.points.map((point) => [
        ...summary.parameters.map((p) => point.params[p]!),
        String(point.seeds.length),
        ...columns.map((name) =>
          point.metrics[name] === undefined ? '–' : withInterval(point.metrics[name]),
        ),
      ]),
    });
  }
  return tables;
}

function provenance(results: Results): [string, string][] {
  const { scenario, sweep, runs } = results;
  const run = runs[0]?.summary;
  const identity = sweep ?? run!;
  const watch = scenario.watch.map(
    (w) =>
      `${w.name} (${w.kind}${w.role === undefined ? '' : `, all ${w.role}`}, guesses ${w.guesses.join(' and ')})`,
  );
  return [
    ['Program', `mainframe ${identity.version}, commit ${identity.commit}`],
    [
      'World',
      `${scenario.world.nodes.toLocaleString('en')} nodes, ${scenario.world.durationUs / 1e6} s of network time, the first ${scenario.world.warmupUs / 1e6} s left out`,
    ],
    ['Cryptography', `${identity.suite} suite`],
    ['Observer', watch.join('; ') || 'none'],
    [
      'Parameters',
      Object.entries(scenario.params)
        .filter(([name]) => !results.parameters.includes(name))
        .map(([k, v]) => `${k} = ${v.text}`)
        .join(', ') || 'none fixed',
    ],
    sweep === undefined
      ? ['Digest', run!.digest]
      : ['Runs', `${sweep.runs} (${sweep.points.length} points), digests of each in runs.ndjson`],
    [
      'Statistics',
      sweep === undefined
        ? 'one seed: no intervals'
        : "means over seeds of each seed's statistic, 95% intervals by Student's t",
    ],
  ];
}
