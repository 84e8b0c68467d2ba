/** The screen of a sweep, rendered from its summary and nothing else. */
import type { SweepPoint, SweepSummary } from '../../scenarios/summary.ts';
import { shellWord } from '../again.ts';
import type { Output } from '../output.ts';
import { onScale, scaleOf, wallTime } from './units.ts';
import { countVerdicts, MARKS, verdictLines } from './verdicts.ts';

/** What the screen says besides the summary. */
export interface SweepScreen {
  folder: string;
  /** What its worlds leave out; undefined for nothing. */
  kind: string | undefined;
  /** The command that makes this sweep again. */
  again: string;
  /** The scenario as the user named it. */
  scenario: string;
  /** Exit code of the program; said when it is not 0. */
  exit: number;
}

type Painter = Pick<Output, 'paint' | 'colour'>;

/** Metrics of the table after those that expectations are about, if they exist, at most as many as fit: what a reader compares first. */
const TABLE_METRICS = [
  'session.delivery',
  'session.first_contact',
  'session.packets',
  'session.bytes',
  'anonymity.pair',
  'delivery.rate',
  'delivery.latency',
  'routing.copies',
  'cost.bytes',
  'anonymity.entropy',
  'anonymity.sender_entropy',
  'overlay.lookup_success',
  'overlay.lookup_hops',
  'overlay.table_fill',
  'loss.per_creditor',
  'chain.calls',
  'chain.wait',
];
const TABLE_METRICS_MAX = 6;
const METRIC_NAME = /[a-z_]+(\.[a-z_]+)+/g;
/** Unclear points for which a command is proposed; more would bury the table. */
const PROPOSALS_MAX = 3;

/** The one line that --quiet keeps. */
export function sweepVerdictLine(summary: SweepSummary): string {
  const verdicts = countVerdicts(summary.expectations);
  const ended = summary.endedEarly === undefined ? '' : `   ended early: ${summary.endedEarly}`;
  return `${summary.scenario}: ${verdicts === '' ? 'nothing was expected' : verdicts}${ended}`;
}

export function renderSweep(summary: SweepSummary, screen: SweepScreen, output: Painter): string {
  const lines: string[] = screen.kind === undefined ? [] : [screen.kind, ''];
  const finished = summary.points.reduce((n, point) => n + point.seeds.length, 0);
  if (summary.endedEarly !== undefined) {
    const text = `Ended early (${summary.endedEarly}): ${finished} of ${summary.runs} runs are finished and kept.`;
    lines.push(output.paint(text, 'yellow'), '');
  }
  lines.push(...table(summary, output), '');
  const verdicts = verdictLines(summary.expectations, output);
  if (verdicts.length > 0) lines.push(...verdicts, '');
  const unclear = proposals(summary, screen.scenario);
  if (unclear.length > 0) lines.push(...unclear, '');
  for (const warning of summary.warnings) lines.push(`  ! ${warning}`);
  if (summary.warnings.length > 0) lines.push('');
  lines.push(
    `${output.paint('SAVED', 'bold')}   ${screen.folder}/   report.html  summary.json  metrics.parquet  runs.ndjson`,
    `${output.paint('AGAIN', 'bold')}   ${screen.again}`,
    `        ${finished} runs in ${wallTime(summary.wallSeconds)} (${summary.reused} reused, ${summary.failed} failed)`,
  );
  if (screen.exit !== 0) lines.push(`exit ${screen.exit}`);
  return lines.join('\n');
}

/** Whether a metric exists and is not the same everywhere, which would be a column of one number. */
function varies({ points }: SweepSummary, name: string): boolean {
  const means = new Set(points.flatMap((p) => p.metrics[name]?.mean ?? []));
  return means.size > 1 || (means.size === 1 && points.length === 1);
}

function table(summary: SweepSummary, output: Painter): string[] {
  const expected = summary.expectations.flatMap(({ check }) => check.match(METRIC_NAME) ?? []);
  const names = [...new Set([...expected, ...TABLE_METRICS])]
    .filter((name) => varies(summary, name))
    .slice(0, TABLE_METRICS_MAX);
  const scales = names.map((name) => {
    const metrics = summary.points.flatMap((p) => p.metrics[name] ?? []);
    // Copies and bytes span decades, so their unit follows the value in the middle, not the largest.
    const sorted = metrics.map((m) => m.mean).sort((a, b) => a - b);
    return scaleOf(metrics[0]!.unit, sorted[sorted.length >>> 1]!);
  });
  const cells = (point: SweepPoint): string[] =>
    names.map((name, i) => {
      const m = point.metrics[name];
      if (m === undefined) return '–';
      const mean = onScale(m.mean, scales[i]!);
      return m.n > 1 ? `${mean} ± ${onScale((m.ci95[1] - m.ci95[0]) / 2, scales[i]!)}` : mean;
    });
  const rows = summary.points.map(cells);
  const headings = names.map((name, i) =>
    scales[i]!.name === '' ? name : `${name} (${scales[i]!.name})`,
  );
  const widths = headings.map(
    (heading, i) => Math.max(heading.length, ...rows.map((row) => row[i]!.length)) + 2,
  );
  const left = summary.parameters.map(
    (name) => Math.max(name.length, ...summary.points.map((p) => p.params[name]!.length)) + 2,
  );
  const head =
    summary.parameters.map((name, i) => name.padEnd(left[i]!)).join('') +
    headings.map((heading, i) => heading.padStart(widths[i]!)).join('');
  return [
    seedsLine(summary),
    output.paint(head.trimEnd(), 'bold'),
    ...summary.points.map(
      (point, r) =>
        summary.parameters.map((name, i) => point.params[name]!.padEnd(left[i]!)).join('') +
        rows[r]!.map((cell, i) => cell.padStart(widths[i]!)).join('') +
        `   ${MARKS[worst(point)]}`,
    ),
  ];
}

function seedsLine(summary: SweepSummary): string {
  const counts = summary.points.map((p) => p.seeds.length);
  const [least, most] = [Math.min(...counts), Math.max(...counts)];
  if (most === 1) return 'One seed at each point, so no intervals';
  const n = least === most ? `${most}` : `${least} to ${most}`;
  return `Means over ${n} seeds with 95% intervals (Student's t over seeds)`;
}

function worst(point: SweepPoint): keyof typeof MARKS {
  const verdicts = point.verdicts.map((v) => v.verdict);
  return (['broken', 'unclear', 'holds'] as const).find((v) => verdicts.includes(v)) ?? 'skipped';
}

/** For points where more seeds would settle a question: how many, and the command. */
function proposals(summary: SweepSummary, scenario: string): string[] {
  const open = summary.points.flatMap((point) =>
    point.verdicts.flatMap((v) =>
      v.verdict === 'unclear' && v.moreSeeds !== undefined
        ? [{ point, check: v.check, more: v.moreSeeds }]
        : [],
    ),
  );
  const lines = open.slice(0, PROPOSALS_MAX).flatMap(({ point, check, more }) => {
    const chosen = Object.entries(point.params).map(([name, value]) => `${name}=${value}`);
    const only = chosen.map((choice) => ` --only ${shellWord(choice)}`).join('');
    return [
      `  ? ${check}${chosen.length === 0 ? '' : ` at ${chosen.join(', ')}`}: about ${more} more ${more === 1 ? 'seed' : 'seeds'} would settle it`,
      `    mainframe sweep ${shellWord(scenario)}${only} --repeat ${point.seeds.length + more}`,
    ];
  });
  if (open.length > PROPOSALS_MAX) lines.push(`    and ${open.length - PROPOSALS_MAX} more`);
  return lines;
}
