/**
 * From results to the rows that a chart plots. All statistics are computed here: a mark is given its middle, its low and its high, so what
 * is drawn is exactly what the CSV says. A statistic is evaluated per run; over the seeds of a point we take the mean and Student's
 * 95% interval. Distributions average the quantile functions of the seeds, which keeps tails where they are.
 */
import { summarySource, termUnit, termValue } from '../../scenarios/expect/evaluate.ts';
import { intervalOf } from '../../scenarios/expect/student.ts';
import { parameterValue } from '../../scenarios/language/parameters.ts';
import { metricDefinition } from '../../scenarios/metrics.ts';
import type { Channel, Chart } from '../../scenarios/model.ts';
import { coinRows, creditRows, hasCurves, survivorsOf } from './credit-rows.ts';
import { curveRows, equalShares } from './curves.ts';
import { boundOf, isBound } from './bounds.ts';
import { isPicture, pictureRows } from './pictures.ts';
import type { ChartData } from './chart-data.ts';
import type { Row } from './row.ts';
import { isAgainstTime, seriesRows, shadesOf } from './series.ts';
import { pointsOf, type ResultRun, type Results } from '../results.ts';

const CONFIDENCE = 0.95;

interface Estimate {
  mean: number;
  low: number;
  high: number;
  n: number;
}

function estimate(values: readonly (number | undefined)[]): Estimate | undefined {
  const known = values.filter((v) => v !== undefined);
  if (known.length === 0) return undefined;
  const { mean, halfWidth, n } = intervalOf(known, CONFIDENCE);
  const half = halfWidth ?? 0;
  return { mean, low: mean - half, high: mean + half, n };
}

function over(channel: Channel, runs: readonly ResultRun[]): Estimate | undefined {
  if (channel.kind !== 'term') return undefined;
  const values = runs.map((run) => termValue(channel.term, summarySource(run.summary)));
  const found = estimate(values);
  // A share cannot leave 0..1, whatever a symmetric interval over two seeds says.
  if (
    found !== undefined &&
    unitOf(channel) === 'ratio' &&
    values.every((v) => v === undefined || (v >= 0 && v <= 1))
  ) {
    found.low = Math.max(0, found.low);
    found.high = Math.min(1, found.high);
  }
  return found;
}

/** Text of a categorical channel at a point. */
function word(
  channel: Channel | undefined,
  point: { params: { [name: string]: string } },
  results: Results,
): string {
  if (channel === undefined) return '';
  const name =
    channel.kind === 'parameter' || channel.kind === 'column' ? channel.name : channel.text;
  return point.params[name] ?? results.scenario.params[name]?.text ?? '';
}

function unitOf(channel: Channel): string {
  if (channel.kind === 'term') {
    const unit = termUnit(channel.term);
    return unit === 'plain' ? 'count' : unit;
  }
  return 'count';
}

function distinct(values: readonly string[]): string[] {
  return [...new Set(values)];
}

/** What `chart` plots of `results`. */
export function chartData(chart: Chart, results: Results): ChartData {
  const rows = rowsOf(chart, results);
  const first = chart.x === undefined ? undefined : firstX(chart.x, results);
  const unit = chart.of === undefined ? undefined : distributionUnit(chart);
  return {
    rows,
    xUnit: isAgainstTime(chart) ? 'us' : (unit ?? first?.unit ?? 'count'),
    xIsWord:
      !isAgainstTime(chart) &&
      chart.of === undefined &&
      chart.x?.kind === 'parameter' &&
      first?.number === undefined,
    panels:
      isPicture(chart.mark) && chart.of !== undefined
        ? [{ name: chart.of.metric, unit: unit ?? 'count' }]
        : chart.of === undefined
          ? chart.y.map((channel) => ({ name: channel.text, unit: firstX(channel, results).unit }))
          : [{ name: distributionName(chart), unit: 'ratio' }],
    ...(chart.value === undefined
      ? {}
      : { value: { name: chart.value.text, unit: unitOf(chart.value) } }),
    colours: distinct(rows.map((row) => row.colour)),
    facets: distinct(rows.map((row) => row.facet)),
    shades: shadesOf(chart, results.runs),
  };
}

function rowsOf(chart: Chart, results: Results): Row[] {
  if (isPicture(chart.mark))
    return pictureRows(
      chart,
      groupsOf(chart, results, true),
      over,
      results.scenario.roles.map(({ name }) => name),
    );
  return chart.of === undefined ? pointRows(chart, results) : distributionRows(chart, results);
}

/** What y is, where it is not the share at or below x. */
const DISTRIBUTION_NAMES: { readonly [mark in Chart['mark']]?: string } = {
  hist: 'share of samples',
  lorenz: 'share of the sum',
  roc: 'defaulters called bad',
  vintage: 'defaulted by that age',
};

function distributionName({ mark, of }: Chart): string {
  if (mark === 'survival') return survivorsOf(of!.metric);
  return DISTRIBUTION_NAMES[mark] ?? 'share at or below';
}

/** The x of a Lorenz or ROC curve is a share, whatever it is of; that of vintages an age. */
function distributionUnit(chart: Chart): string {
  if (chart.mark === 'vintage') return 'us';
  return chart.mark === 'lorenz' || chart.mark === 'roc'
    ? 'ratio'
    : (metricDefinition(chart.of!.metric)?.unit ?? 'count');
}

function firstX(channel: Channel, results: Results): { unit: string; number?: number } {
  if (channel.kind === 'term') return { unit: unitOf(channel), number: 0 };
  const text = word(channel, results.runs[0] ?? { params: {} }, results);
  const value = parameterValue(text);
  return {
    unit: value.unit ?? 'count',
    ...(value.number === undefined ? {} : { number: value.number }),
  };
}

interface Group {
  params: { [name: string]: string };
  runs: ResultRun[];
  colour: string;
  facet: string;
  label: string;
}

/**
 * Points that a chart cannot tell apart (they differ in a parameter that it does not show) are one: their runs are pooled, and the
 * caption says over what.
 */
function groupsOf(chart: Chart, results: Results, withX: boolean): Group[] {
  const groups = new Map<string, Group>();
  for (const point of pointsOf(results)) {
    const colour = word(chart.colour, point, results);
    const facet = facetText(chart, point, results);
    const label = word(chart.label, point, results);
    const x = withX && chart.x !== undefined ? word(chart.x, point, results) : '';
    // Of a contour y is a second parameter.
    const y = chart.y[0]?.kind === 'parameter' ? word(chart.y[0], point, results) : '';
    const key = JSON.stringify([x, y, colour, facet, label]);
    const known = groups.get(key);
    if (known === undefined) {
      groups.set(key, { params: point.params, runs: [...point.runs], colour, facet, label });
    } else known.runs.push(...point.runs);
  }
  return [...groups.values()];
}

/** Swept parameters that a chart does not show. */
export function pooledOver(chart: Chart, results: Results): string[] {
  const shown = [chart.x, chart.y[0], chart.colour, chart.facet, chart.label].flatMap((c) =>
    c?.kind === 'parameter' || c?.kind === 'column' ? [c.name] : [],
  );
  return results.parameters.filter((name) => !shown.includes(name));
}

function pointRows(chart: Chart, results: Results): Row[] {
  const rows: Row[] = [];
  // With a measured x, points that differ in any parameter stand at places of their own.
  const points =
    chart.x?.kind === 'term'
      ? pointsOf(results).map((point) => ({
          ...point,
          colour: word(chart.colour, point, results),
          facet: facetText(chart, point, results),
          label: word(chart.label, point, results),
        }))
      : groupsOf(chart, results, true);
  for (const point of points) {
    const at = { colour: point.colour, facet: point.facet, label: point.label };
    const xText = chart.x === undefined ? '' : word(chart.x, point, results);
    const xTerm = chart.x === undefined ? undefined : over(chart.x, point.runs);
    const xNumber =
      xTerm?.mean ?? (chart.x?.kind === 'parameter' ? parameterValue(xText).number : undefined);
    for (const channel of chart.y) {
      if (isAgainstTime(chart)) {
        rows.push(...seriesRows(channel, point.runs, at));
        continue;
      }
      const y = over(channel, point.runs);
      if (y === undefined || (chart.x?.kind === 'term' && xTerm === undefined)) continue;
      rows.push({
        panel: channel.text,
        ...(xNumber === undefined ? {} : { x: xNumber }),
        xText,
        ...(xTerm === undefined ? {} : { xLow: xTerm.low, xHigh: xTerm.high }),
        y: y.mean,
        low: y.low,
        high: y.high,
        ...at,
        n: y.n,
      });
    }
    if (chart.bound === true) addBound(rows, chart, point, xNumber, xText, at);
  }
  if (chart.label !== undefined) declutter(rows);
  return chart.bound === true ? mergeBounds(rows) : rows;
}

/** The physical limit beside the measured points: copies below which the measured anonymity is impossible. */
function addBound(
  rows: Row[],
  chart: Chart,
  point: { runs: ResultRun[] },
  xNumber: number | undefined,
  xText: string,
  at: { facet: string; label: string },
): void {
  const limit = estimate(point.runs.map((run) => run.summary.metrics[boundOf(chart).metric]?.mean));
  if (limit === undefined || chart.y[0] === undefined) return;
  rows.push({
    panel: chart.y[0].text,
    ...(xNumber === undefined ? {} : { x: xNumber }),
    xText,
    y: limit.mean,
    low: limit.low,
    high: limit.high,
    colour: boundOf(chart).name,
    facet: at.facet,
    label: at.label,
    n: limit.n,
  });
}

/** The limit belongs to the disclosed bits, not to a policy: one point for each label, the mean over the series. */
function mergeBounds(rows: readonly Row[]): Row[] {
  const merged = new Map<string, Row[]>();
  for (const row of rows) {
    if (!isBound(row.colour)) continue;
    const key = `${row.facet}/${row.label}/${row.xText}`;
    merged.set(key, [...(merged.get(key) ?? []), row]);
  }
  const mean = (values: readonly number[]): number =>
    values.reduce((sum, v) => sum + v, 0) / values.length;
  const limits = [...merged.values()].map((group): Row => {
    const { low: _low, high: _high, ...first } = group[0]!;
    const xs = group.flatMap((r) => r.x ?? []);
    return {
      ...first,
      ...(xs.length === 0 ? {} : { x: mean(xs) }),
      y: mean(group.map((r) => r.y)),
      label: '',
    };
  });
  return [...rows.filter((row) => !isBound(row.colour)), ...limits];
}

/** Part of the plot's width and height within which a second label would cover the first. */
const LABEL_WIDTH = 0.07;
const LABEL_HEIGHT = 0.05;

/** Empties labels that would cover one already placed; y is compared on a logarithm where it spans decades. */
function declutter(rows: readonly Row[]): void {
  const marked = rows.filter((r) => !isBound(r.colour) && r.x !== undefined);
  const logarithmic = (values: readonly number[]): boolean =>
    values.every((v) => v > 0) && Math.max(...values) / Math.min(...values) > 30;
  const place = (values: readonly number[]): number[] => {
    const scaled = logarithmic(values) ? values.map(Math.log) : values;
    const low = Math.min(...scaled);
    const span = Math.max(...scaled) - low || 1;
    return scaled.map((v) => (v - low) / span);
  };
  if (marked.length === 0) return;
  const xs = place(marked.map((r) => r.x!));
  const ys = place(marked.map((r) => r.y));
  const kept: number[] = [];
  marked.forEach((row, i) => {
    const covered = kept.some(
      (k) => Math.abs(xs[k]! - xs[i]!) < LABEL_WIDTH && Math.abs(ys[k]! - ys[i]!) < LABEL_HEIGHT,
    );
    if (covered) row.label = '';
    else kept.push(i);
  });
}

function facetText(
  chart: Chart,
  point: { params: { [name: string]: string } },
  results: Results,
): string {
  const text = word(chart.facet, point, results);
  return text === '' ? '' : `${chart.facet!.text.replace(/^\$/, '')} ${text}`;
}

/** What each group's runs say of the distribution of a metric: one curve a run, by role where the chart is coloured by it. */
function distributionRows(chart: Chart, results: Results): Row[] {
  const { metric } = chart.of!;
  const rows: Row[] = [];
  for (const group of groupsOf(chart, results, false)) {
    const at = { panel: metric, xText: '', facet: group.facet, label: '' };
    const summaries = group.runs.map(({ summary }) => summary);
    for (const role of rolesOf(chart, results)) {
      const place = { ...at, colour: role ?? group.colour, n: summaries.length };
      if (hasCurves(chart, summaries)) {
        rows.push(...creditRows(chart, summaries, role, place));
        continue;
      }
      const curves = summaries.flatMap((summary): number[][] => {
        const quantiles =
          role === undefined
            ? summary.distributions[metric]
            : summary.distributionsByRole?.[role]?.[metric];
        return quantiles === undefined ? [] : [quantiles];
      });
      if (curves.length > 0)
        rows.push(...curveRows(chart.mark, curves, { ...place, n: curves.length }));
    }
  }
  if (chart.mark === 'roc' && rows.length > 0) rows.push(...coinRows(rows[0]!));
  if (chart.mark === 'lorenz' && rows.length > 0) rows.push(...equalShares(rows[0]!));
  return rows;
}

/** Roles in the order of the file if the chart is coloured by role; else one nameless one. */
function rolesOf(chart: Chart, results: Results): (string | undefined)[] {
  const byRole = chart.colour?.kind === 'column' && chart.colour.name === 'role';
  return byRole ? results.scenario.roles.map((role) => role.name) : [undefined];
}

/** The rows as CSV, base units named in the heading. */
export function toCsv(data: ChartData): string {
  const unit = (u: string): string => (u === 'count' ? '' : `_${u.replace('/', '_per_')}`);
  const yUnit = data.panels.length === 1 ? unit(data.panels[0]!.unit) : '';
  const { value } = data;
  const heading = [
    'panel',
    'facet',
    'colour',
    'label',
    `x${unit(data.xUnit)}`,
    'x_low',
    'x_high',
    `y${yUnit}`,
    'y_low',
    'y_high',
    ...(value === undefined ? [] : [`value${unit(value.unit)}`, 'value_low', 'value_high']),
    'n',
  ];
  const cell = (v: string | number | undefined): string => {
    const text = v === undefined ? '' : String(v);
    return /[",\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
  };
  const lines = data.rows.map((r) =>
    [
      ...[r.panel, r.facet, r.colour, r.label, r.x ?? r.xText, r.xLow, r.xHigh, r.y, r.low, r.high],
      ...(value === undefined ? [] : [r.value, r.valueLow, r.valueHigh]),
      r.n,
    ]
      .map(cell)
      .join(','),
  );
  return `${[heading.join(','), ...lines].join('\n')}\n`;
}
