/** The screen of one run, rendered from its summary and nothing else. */
import { METRICS } from '../../scenarios/metrics.ts';
import type { RunSummary } from '../../scenarios/summary.ts';
import type { Output } from '../output.ts';
import { networkTime, onScale, scaleOf, wallTime } from './units.ts';
import { verdictLines } from './verdicts.ts';

export interface RunScreen {
  warmupUs: number;
  folder: string;
  /** The command that makes this run again. */
  again: string;
  reused: boolean;
}

export function headLine(
  summary: Pick<RunSummary, 'scenario' | 'nodes' | 'version' | 'commit' | 'suite'>,
  durationUs: number,
  tail: string,
): string {
  return `${summary.scenario}   ${summary.nodes.toLocaleString('en')} nodes · ${networkTime(durationUs)} of network time · ${tail} · ${summary.suite} crypto · mainframe ${summary.version} (${summary.commit})`;
}

/** Everything below the head line. */
export function renderRun(summary: RunSummary, screen: RunScreen, output: Output): string {
  const lines: string[] = [];
  if (summary.endedEarly !== undefined) {
    lines.push(
      output.paint(
        `Ended early at ${networkTime(summary.networkTimeUs)}: ${summary.endedEarly}. What follows is what was measured until then.`,
        'yellow',
      ),
      '',
    );
  }
  const verdicts = verdictLines(summary.expectations, output);
  if (verdicts.length > 0) lines.push(...verdicts, '');
  lines.push(...measured(summary, screen.warmupUs, output), '');
  if (summary.faults.length > 0) {
    lines.push(
      `${output.paint('FAULTS', 'bold')}    ${summary.faults.map((f) => `${f.kind} ${f.fired}×`).join(', ')}`,
      '',
    );
  }
  for (const warning of summary.warnings) lines.push(`  ! ${warning}`);
  lines.push(
    `SAVED   ${screen.folder}/   summary.json  metrics.parquet  report.html${screen.reused ? '   (this very run was there already)' : ''}`,
    `AGAIN   ${screen.again}`,
    `DIGEST  ${summary.digest}`,
    `        ${summary.events.toLocaleString('en')} events in ${wallTime(summary.wallSeconds)}, ${Math.round(summary.eventsPerSecond).toLocaleString('en')} a second`,
  );
  return lines.join('\n');
}

function measured(summary: RunSummary, warmupUs: number, output: Output): string[] {
  const head = `${output.paint('MEASURED', 'bold')}  from ${networkTime(warmupUs)} (warm-up left out)`;
  const rows = METRICS.flatMap(({ name }) => {
    const m = summary.metrics[name];
    if (m === undefined) return [];
    const scale = scaleOf(m.unit, m.median !== 0 ? m.median : m.mean !== 0 ? m.mean : m.max);
    const cell = (value: number): string => onScale(value, scale).padStart(10);
    return [
      `  ${name.padEnd(32)}${String(m.count).padStart(8)}${cell(m.mean)}${cell(m.median)}${cell(m.p95)}${cell(m.p99)}   ${scale.name}`.trimEnd(),
    ];
  });
  const columns = `  ${'metric'.padEnd(32)}${'n'.padStart(8)}${'mean'.padStart(10)}${'median'.padStart(10)}${'p95'.padStart(10)}${'p99'.padStart(10)}   unit`;
  return [head, output.paint(columns, 'dim'), ...rows];
}
