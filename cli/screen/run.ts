/** The screen of one run, rendered from its summary and nothing else. */
import { METRICS } from '../../scenarios/metrics.ts';
import type { RunSummary } from '../../scenarios/summary.ts';
import type { Output } from '../output.ts';
import { networkTime, onScale, scaleOf, wallTime } from './units.ts';
import { countVerdicts, verdictLines } from './verdicts.ts';

/** What the screen says besides the summary. */
export interface RunScreen {
  warmupUs: number;
  folder: string;
  /** The command that makes this run again. */
  again: string;
  reused: boolean;
  /** Whether a report stands beside the results. */
  report: boolean;
  /** Exit code of the program; said when it is not 0. */
  exit: number;
}

type Painter = Pick<Output, 'paint' | 'colour'>;

/** `luminosity-vs-anonymity   4,096 nodes · 00:20:00.000 of network time · seed 1 · …` */
export function headLine(
  summary: Pick<RunSummary, 'scenario' | 'nodes' | 'version' | 'commit' | 'suite'>,
  durationUs: number,
  tail: string,
): string {
  return `${summary.scenario}   ${summary.nodes.toLocaleString('en')} nodes · ${networkTime(durationUs)} of network time · ${tail} · ${summary.suite} crypto · mainframe ${summary.version} (${summary.commit})`;
}

/** The one line that --quiet keeps. */
export function verdictLine(summary: RunSummary): string {
  const verdicts = countVerdicts(summary.expectations);
  const ended = summary.endedEarly === undefined ? '' : `   ended early: ${summary.endedEarly}`;
  return `${summary.scenario}: ${verdicts === '' ? 'nothing was expected' : verdicts}   ${summary.digest}${ended}`;
}

/** Everything below the head line. */
export function renderRun(summary: RunSummary, screen: RunScreen, output: Painter): string {
  const lines: string[] = [];
  if (summary.endedEarly !== undefined) {
    lines.push(
      output.paint(
        `Ended early at ${networkTime(summary.networkTimeUs)}: ${summary.endedEarly}. What follows was measured until then.`,
        'yellow',
      ),
      '',
    );
  }
  const verdicts = verdictLines(summary.expectations, output);
  if (verdicts.length > 0) lines.push(...verdicts, '');
  lines.push(...measured(summary, screen.warmupUs, output), '');
  if (summary.faults.length > 0) {
    const fired = summary.faults.map((f) => `${f.kind} ${f.fired.toLocaleString('en')}×`);
    lines.push(`${output.paint('FAULTS', 'bold')}  ${fired.join(', ')}`, '');
  }
  for (const warning of summary.warnings) lines.push(`  ! ${warning}`);
  lines.push(
    '  ! One seed only. mainframe sweep tells how sure these numbers are.',
    '',
    `${output.paint('SAVED', 'bold')}   ${screen.folder}/   ${saved(summary.files, screen.report)}${screen.reused ? '   (this very run was there already)' : ''}`,
    `${output.paint('AGAIN', 'bold')}   ${screen.again}`,
    `${output.paint('DIGEST', 'bold')}  ${summary.digest}`,
    `        ${summary.events.toLocaleString('en')} events in ${wallTime(summary.wallSeconds)}, ${Math.round(summary.eventsPerSecond).toLocaleString('en')} a second`,
  );
  if (screen.exit !== 0) lines.push(`exit ${screen.exit}`);
  return lines.join('\n');
}

/** The files that people open, of those that are there. */
function saved(files: readonly string[], report: boolean): string {
  const wanted = ['summary.json', 'metrics.parquet', 'messages.parquet'];
  const there = wanted.filter((name) => files.includes(name));
  return [...(report ? ['report.html'] : []), ...there].join('  ');
}

function measured(summary: RunSummary, warmupUs: number, output: Painter): string[] {
  const head = `${output.paint('MEASURED', 'bold')}  from ${networkTime(warmupUs)} (warm-up left out)`;
  const rows = METRICS.flatMap(({ name }) => {
    const m = summary.metrics[name];
    if (m === undefined) return [];
    const scale = scaleOf(m.unit, m.median !== 0 ? m.median : m.mean !== 0 ? m.mean : m.max);
    const cell = (value: number): string => onScale(value, scale).padStart(10);
    const count = m.count.toLocaleString('en').padStart(9);
    return [
      `  ${name.padEnd(32)}${count}${cell(m.mean)}${cell(m.median)}${cell(m.p95)}${cell(m.p99)}   ${scale.name}`.trimEnd(),
    ];
  });
  if (rows.length === 0) return [head, '  nothing'];
  const names = ['mean', 'median', 'p95', 'p99'].map((word) => word.padStart(10)).join('');
  const columns = `  ${'metric'.padEnd(32)}${'n'.padStart(9)}${names}   unit`;
  return [head, output.paint(columns, 'dim'), ...rows];
}
