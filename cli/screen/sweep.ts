/** The screen of a sweep, rendered from its summary and nothing else. */
import type { SweepPoint, SweepSummary } from '../../scenarios/summary.ts';
import type { Output } from '../output.ts';
import { onScale, scaleOf, wallTime } from './units.ts';
import { verdictLines } from './verdicts.ts';

/** Metrics of the table, those that exist, at most this many: what a reader compares first. */
const TABLE_METRICS = [
  'delivery.rate',
  'delivery.latency',
  'routing.copies',
  'cost.bytes',
  'anonymity.entropy',
  'anonymity.sender_entropy',
  'overlay.lookup_success',
  'overlay.lookup_hops',
  'overlay.table_fill',
];
const TABLE_METRICS_MAX = 6;

export function renderSweep(
  summary: SweepSummary,
  folder: string,
  again: string,
  output: Output,
): string {
  const lines: string[] = [];
  if (summary.endedEarly !== undefined) {
    const finished = summary.points.reduce((n, p) => n + p.seeds.length, 0);
    lines.push(
      output.paint(
        `Ended early (${summary.endedEarly}): ${finished} of ${summary.runs} runs are finished and kept.`,
        'yellow',
      ),
      '',
    );
  }
  lines.push(...table(summary, output), '');
  const verdicts = verdictLines(summary.expectations, output);
  if (verdicts.length > 0) lines.push(...verdicts, '');
  for (const warning of summary.warnings) lines.push(`  ! ${warning}`);
  lines.push(
    `SAVED   ${folder}/   summary.json  runs.ndjson  charts/  report.html`,
    `AGAIN   ${again}`,
    `        ${summary.runs} runs in ${wallTime(summary.wallSeconds)} (${summary.reused} reused, ${summary.failed} failed)`,
  );
  return lines.join('\n');
}

function table(summary: SweepSummary, output: Output): string[] {
  const names = TABLE_METRICS.filter((name) =>
    summary.points.some((p) => p.metrics[name] !== undefined),
  ).slice(0, TABLE_METRICS_MAX);
  const scales = names.map((name) => {
    const metrics = summary.points.flatMap((p) => p.metrics[name] ?? []);
    // Copies and bytes span decades, so their unit follows the geometric middle, not the largest.
    const sorted = metrics.map((m) => m.mean).sort((a, b) => a - b);
    return scaleOf(metrics[0]!.unit, sorted[sorted.length >>> 1]!);
  });
  const paramWidths = summary.parameters.map((name) =>
    Math.max(name.length, ...summary.points.map((p) => p.params[name]!.length)),
  );
  const cells = (point: SweepPoint): string[] =>
    names.map((name, i) => {
      const m = point.metrics[name];
      if (m === undefined) return '–';
      const half = (m.ci95[1] - m.ci95[0]) / 2;
      return m.n > 1
        ? `${onScale(m.mean, scales[i]!)} ± ${onScale(half, scales[i]!)}`
        : onScale(m.mean, scales[i]!);
    });
  const rows = summary.points.map(cells);
  const headings = names.map((name, i) =>
    scales[i]!.name === '' ? name : `${name} (${scales[i]!.name})`,
  );
  const widths = headings.map(
    (heading, i) => Math.max(heading.length, ...rows.map((row) => row[i]!.length)) + 2,
  );
  const seeds = new Set(summary.points.map((p) => p.seeds.length));
  const n = [...seeds].sort((a, b) => a - b).join('–');
  const head =
    summary.parameters.map((name, i) => name.padEnd(paramWidths[i]! + 2)).join('') +
    headings.map((h, i) => h.padStart(widths[i]!)).join('');
  return [
    `Means over ${n} seed${n === '1' ? '' : 's'} with 95% intervals (Student's t over seeds)`,
    output.paint(head, 'bold'),
    ...summary.points.map((point, r) => {
      const verdict = worst(point);
      return (
        summary.parameters
          .map((name, i) => point.params[name]!.padEnd(paramWidths[i]! + 2))
          .join('') +
        rows[r]!.map((c, i) => c.padStart(widths[i]!)).join('') +
        `   ${verdict}`
      );
    }),
  ];
}

function worst(point: SweepPoint): string {
  const verdicts = point.verdicts.map((v) => v.verdict);
  if (verdicts.includes('broken')) return '✗';
  if (verdicts.includes('unclear')) return '?';
  return verdicts.includes('holds') ? '✓' : '–';
}
