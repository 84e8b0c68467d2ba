/**
 * Sentences that answer a scenario's question, made from its numbers.
 *
 * For every sweep: how what the charts draw changes along each numeric parameter, with intervals, after what concerns every world. Where
 * anonymity and copies were measured: bits lost per bit shown, cost per bit, and how far each policy stands above the physical limit, in copies
 * and in bits, which is the reason to prefer one policy over another.
 */
import { parameterValue } from '../../scenarios/language/parameters.ts';
import { metricDefinition } from '../../scenarios/metrics.ts';
import type { Chart } from '../../scenarios/model.ts';
import type { SweepMetric, SweepPoint, SweepSummary } from '../../scenarios/summary.ts';
import { axisScale } from '../charts/scale.ts';

/** Metrics spoken of, those that were measured, in this order. */
const SPOKEN = [
  'delivery.rate',
  'delivery.latency',
  'routing.copies',
  'anonymity.entropy',
  'anonymity.sender_entropy',
  'overlay.lookup_success',
  'overlay.lookup_hops',
  'discovery.found',
  'discovery.messages',
  'discovery.spam_results',
  'discovery.spam_share',
  'loss.per_creditor',
  'chain.calls',
  'chain.wait',
  'chain.attack_price',
  'cheques.uncovered',
];
const ENTROPY = 'anonymity.entropy';
const COPIES = 'routing.copies';
const BOUND = 'cost.bound_copies';

/** A statistic of a metric that is spoken of. */
interface Spoken {
  name: string;
  statistic: 'mean' | 'median' | 'p95' | 'gini';
}

/** What the lines of charts show, once each, and then the usual. */
function spokenOf(charts: readonly Chart[]): Spoken[] {
  const spoken: Spoken[] = [];
  const add = (name: string, statistic: Spoken['statistic']): void => {
    if (!spoken.some((s) => s.name === name && s.statistic === statistic))
      spoken.push({ name, statistic });
  };
  for (const channel of charts.flatMap(({ y }) => y)) {
    if (channel.kind !== 'term' || channel.term.kind !== 'statistic') continue;
    const { term } = channel;
    if (term.of.where !== undefined) continue;
    const { statistic } = term;
    if (statistic === 'median' || statistic === 'p95' || statistic === 'gini')
      add(term.of.metric, statistic);
    else if (statistic === 'mean' || statistic === 'value') add(term.of.metric, 'mean');
  }
  for (const name of SPOKEN) if (!spoken.some((s) => s.name === name)) add(name, 'mean');
  return spoken;
}

/** A statistic of a metric in the place of its mean. */
function asMean(metric: SweepMetric, statistic: Spoken['statistic']): SweepMetric | undefined {
  switch (statistic) {
    case 'mean':
      return metric;
    case 'median':
      return { ...metric, mean: metric.median, ci95: metric.medianCi95 };
    case 'p95':
      return { ...metric, mean: metric.p95, ci95: metric.p95Ci95 };
    case 'gini':
      return metric.gini === undefined
        ? undefined
        : { ...metric, unit: 'count', mean: metric.gini, ci95: metric.giniCi95! };
  }
}

/** A value with unit and interval, e.g. `3.71 ± 0.03 bits`. */
export function withInterval(metric: Pick<SweepMetric, 'unit' | 'n' | 'mean' | 'ci95'>): string {
  const scale = axisScale(metric.unit, metric.mean);
  const half = (metric.ci95[1] - metric.ci95[0]) / 2 / scale.divisor;
  const value = metric.mean / scale.divisor;
  const digits = Math.abs(value) >= 100 ? 0 : Math.abs(value) >= 10 ? 1 : 2;
  const unit = scale.unit === '' ? '' : scale.unit === '%' ? '%' : ` ${scale.unit}`;
  const shown =
    Math.abs(value) >= 1000 ? Math.round(value).toLocaleString('en') : value.toFixed(digits);
  return metric.n > 1
    ? `${shown} ± ${half >= 1000 ? Math.round(half).toLocaleString('en') : half.toFixed(digits)}${unit}`
    : `${shown}${unit}`;
}

interface Series {
  /** Values of the other parameters. */
  others: string;
  points: { at: number; text: string; point: SweepPoint }[];
}

/** Points that differ in `parameter` alone, ascending; parameters with words have none. */
function seriesAlong(summary: SweepSummary, parameter: string): Series[] {
  const series = new Map<string, Series>();
  for (const point of summary.points) {
    const text = point.params[parameter]!;
    const at = parameterValue(text).number;
    if (at === undefined) return [];
    const others = summary.parameters
      .filter((p) => p !== parameter)
      .map((p) => `${p} ${point.params[p]}`)
      .join(', ');
    const known = series.get(others) ?? { others, points: [] };
    known.points.push({ at, text, point });
    series.set(others, known);
  }
  const all = [...series.values()].filter((s) => s.points.length > 1);
  for (const s of all) s.points.sort((a, b) => a.at - b.at);
  return all;
}

/** Paragraphs, most telling first. */
export function answerSweep(summary: SweepSummary, charts: readonly Chart[] = []): string[] {
  const spoken = spokenOf(charts);
  const paragraphs: string[] = [];
  for (const parameter of summary.parameters) {
    const series = seriesAlong(summary, parameter);
    if (series.length === 0) continue;
    paragraphs.push(...limitSentences(series, parameter));
    paragraphs.push(...changeSentences(series, parameter, spoken));
  }
  const knee = kneeSentence(summary);
  if (knee !== undefined) paragraphs.push(knee);
  return paragraphs;
}

function changeSentences(
  series: readonly Series[],
  parameter: string,
  spoken: readonly Spoken[],
): string[] {
  return series.flatMap((s) => {
    const first = s.points[0]!;
    const last = s.points.at(-1)!;
    const moved: string[] = [];
    const unmoved: string[] = [];
    for (const { name, statistic } of spoken) {
      const [from, to] = [first.point.metrics[name], last.point.metrics[name]];
      const a = from && asMean(from, statistic);
      const b = to && asMean(to, statistic);
      if (a === undefined || b === undefined) continue;
      const apart = a.ci95[1] < b.ci95[0] || b.ci95[1] < a.ci95[0];
      const what = statistic === 'mean' ? name : `${statistic}(${name})`;
      if (apart) moved.push(`${what} goes from ${withInterval(a)} to ${withInterval(b)}`);
      else if (a.mean !== 0 || b.mean !== 0) unmoved.push(`${what} (${withInterval(b)})`);
    }
    // Of what was not measured there is nothing to say.
    if (moved.length === 0 && unmoved.length === 0) return [];
    const said = [
      ...(moved.length > 0 ? [moved.join('; ')] : []),
      ...(unmoved.length > 0
        ? [
            `${moved.length > 0 ? 'not beyond their intervals' : 'nothing changes beyond its interval'}: ${unmoved.join(', ')}`,
          ]
        : []),
    ];
    return `${s.others === '' ? '' : `With ${s.others}: as `}${s.others === '' ? 'As ' : ''}${parameter} rises from ${first.text} to ${last.text}, ${said.join('; ')}.`;
  });
}

/** What a bit costs, and how far above the limit each policy is. */
function limitSentences(series: readonly Series[], parameter: string): string[] {
  const measured = series.filter((s) =>
    s.points.every(
      (p) => p.point.metrics[COPIES] !== undefined && p.point.metrics[ENTROPY] !== undefined,
    ),
  );
  if (measured.length === 0) return [];
  const sentences = measured.map((s) => {
    // Where zones are small the overlay's own neighbourhood decides, so the slope is taken while zones hold at least 16 nodes.
    const wide = s.points.filter((p) => (p.point.metrics['zone.size']?.mean ?? 0) >= 16);
    const first = wide[0] ?? s.points[0]!;
    const last = wide.at(-1) ?? s.points.at(-1)!;
    const steps = Math.max(1, last.at - first.at);
    const bits =
      (first.point.metrics[ENTROPY]!.median - last.point.metrics[ENTROPY]!.median) / steps;
    const factor =
      (first.point.metrics[COPIES]!.mean / last.point.metrics[COPIES]!.mean) ** (1 / steps);
    const gaps = wide.flatMap((p) => {
      const bound = p.point.metrics[BOUND]?.mean;
      return bound === undefined || bound <= 0 ? [] : [p.point.metrics[COPIES]!.mean / bound];
    });
    const gap =
      gaps.length === 0
        ? ''
        : `; it sends ${range(gaps)} times the fewest possible copies, which is ${range(gaps.map(Math.log2))} bits of anonymity left on the table`;
    return {
      name: s.others || 'this setting',
      text: `each bit of ${parameter} costs ${bits.toFixed(2)} bits of the receiver's anonymity and divides the copies by ${factor.toFixed(2)}${gap}`,
      gap: gaps.length === 0 ? Infinity : Math.max(...gaps),
      s,
    };
  });
  const lines = sentences.map((x) => `With ${x.name}, ${x.text}.`);
  const best = sentences.reduce((a, b) => (b.gap < a.gap ? b : a));
  const worst = sentences.reduce((a, b) => (b.gap > a.gap ? b : a));
  if (sentences.length > 1 && best.gap < worst.gap && worst.gap < Infinity) {
    const factors = best.s.points.flatMap((p, i) => {
      const other = worst.s.points[i]?.point.metrics[COPIES]?.mean;
      return other === undefined || (p.point.metrics['zone.size']?.mean ?? 0) < 16
        ? []
        : [other / p.point.metrics[COPIES]!.mean];
    });
    const rates = (s: Series): number =>
      s.points.reduce((sum, p) => sum + (p.point.metrics['delivery.rate']?.mean ?? 0), 0) /
      s.points.length;
    lines.unshift(
      `${capital(best.name)} beats ${worst.name}: for the same bits shown, and so the same anonymity of the receiver, it sends ${range(factors)} times fewer copies, ` +
        `and delivers ${(100 * rates(best.s)).toFixed(1)}% of messages against ${(100 * rates(worst.s)).toFixed(1)}%.`,
    );
  }
  return lines;
}

/** The point after which the next saved copy costs the most anonymity: farthest from the line between the ends, on logarithms. */
function kneeSentence(summary: SweepSummary): string | undefined {
  const candidates = summary.points.flatMap((point) => {
    const copies = point.metrics[COPIES]?.mean;
    const entropy = point.metrics[ENTROPY]?.median;
    return copies === undefined || entropy === undefined || copies <= 0
      ? []
      : [{ point, x: Math.log2(copies), y: entropy }];
  });
  const front = candidates
    .filter((c) => !candidates.some((o) => o.x <= c.x && o.y >= c.y && (o.x < c.x || o.y > c.y)))
    .sort((a, b) => a.x - b.x);
  if (front.length < 3) return undefined;
  const names = front.map((c) =>
    Object.entries(c.point.params)
      .map(([k, v]) => `${k} ${v}`)
      .join(', '),
  );
  return `Nobody does better in both cost and anonymity than these ${front.length} settings: ${names.join('; ')}.`;
}

/** Sentences for one run: each measured metric that matters, without intervals, which one seed cannot give. */
export function answerRun(metrics: {
  [name: string]: { mean: number; median: number; unit: string; count: number };
}): string[] {
  const parts = SPOKEN.flatMap((name) => {
    const m = metrics[name];
    const definition = metricDefinition(name);
    if (m === undefined || definition === undefined) return [];
    const scale = axisScale(m.unit, m.median || m.mean);
    const value = (m.unit === 'ratio' ? m.mean : m.median) / scale.divisor;
    return [
      `${name} is ${value.toFixed(2)}${scale.unit === '%' ? '%' : scale.unit === '' ? '' : ` ${scale.unit}`}${m.unit === 'ratio' ? '' : ' in the median'}`,
    ];
  });
  return parts.length === 0
    ? []
    : [
        `In this one run ${parts.join('; ')}. One seed says nothing of how sure that is: a sweep does.`,
      ];
}

function range(values: readonly number[]): string {
  if (values.length === 0) return 'about as many';
  const text = (v: number): string => (v >= 10 ? v.toFixed(0) : v.toFixed(1));
  const low = text(Math.min(...values));
  const high = text(Math.max(...values));
  return low === high ? low : `${low} to ${high}`;
}

function capital(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}
