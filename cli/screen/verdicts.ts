/** The EXPECTATIONS part that runs and sweeps share. */
import type { ExpectationResult, Verdict } from '../../scenarios/summary.ts';
import type { Output } from '../output.ts';
import { human, networkTime } from './units.ts';

const MARKS: { readonly [verdict in Verdict]: string } = {
  holds: '✓',
  broken: '✗',
  unclear: '?',
  skipped: '–',
};
const COLOURS = { holds: 'green', broken: 'red', unclear: 'yellow', skipped: 'dim' } as const;

/** "3 hold, 1 broken, 1 skipped". */
export function countVerdicts(expectations: readonly ExpectationResult[]): string {
  const words: [Verdict, string][] = [
    ['holds', 'hold'],
    ['broken', 'broken'],
    ['unclear', 'unclear'],
    ['skipped', 'skipped'],
  ];
  const parts = words.flatMap(([verdict, word]) => {
    const n = expectations.filter((e) => e.verdict === verdict).length;
    return n === 0 ? [] : [`${n} ${verdict === 'holds' && n === 1 ? 'holds' : word}`];
  });
  return parts.join(', ');
}

function margin(e: ExpectationResult): string {
  if (e.margin === undefined || e.unit === undefined) return '';
  const distance =
    e.unit === 'ratio'
      ? `${Math.abs(e.margin * 100).toFixed(2)} points`
      : human(Math.abs(e.margin), e.unit);
  return e.margin >= 0 ? `${distance} to spare` : `${distance} short`;
}

/** Lines of the EXPECTATIONS part, heading included; empty when the scenario expects nothing. */
export function verdictLines(expectations: readonly ExpectationResult[], output: Output): string[] {
  if (expectations.length === 0) return [];
  const lines = [
    `${output.paint('EXPECTATIONS', 'bold').padEnd(output.colour ? 66 : 58)}${countVerdicts(expectations)}`,
  ];
  for (const e of expectations) {
    const mark = output.paint(MARKS[e.verdict], COLOURS[e.verdict]);
    if (e.verdict === 'skipped' || (e.verdict === 'unclear' && e.value === undefined)) {
      lines.push(`  ${mark} ${e.check.padEnd(50)} ${e.verdict}: ${e.reason ?? ''}`);
      continue;
    }
    const value = e.value === undefined ? '' : human(e.value, e.unit ?? 'count');
    lines.push(`  ${mark} ${e.check.padEnd(50)} ${value.padStart(10)}   ${margin(e)}`.trimEnd());
    if (e.firstBrokenUs !== undefined)
      lines.push(`      first broken at ${networkTime(e.firstBrokenUs)}`);
    if (e.verdict === 'unclear' && e.reason !== undefined) lines.push(`      ${e.reason}`);
    if (e.verdict === 'broken' && e.why !== undefined) lines.push(`      ${e.why}`);
  }
  return lines;
}
