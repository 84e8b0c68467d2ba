/** The EXPECTATIONS part that runs and sweeps share. */
import type { ExpectationResult, Verdict } from '../../scenarios/summary.ts';
import type { Output } from '../output.ts';
import { human, networkTime } from './units.ts';

export const MARKS: { readonly [verdict in Verdict]: string } = {
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

/** `0.92 points to spare`, `0.41 s over`, `3 short`. */
function margin(e: ExpectationResult): string {
  if (e.margin === undefined || e.unit === undefined) return '';
  const size = Math.abs(e.margin);
  const distance = e.unit === 'ratio' ? `${(size * 100).toFixed(2)} points` : human(size, e.unit);
  if (e.margin >= 0 && e.verdict !== 'broken') return `${distance} to spare`;
  return `${distance} ${e.check.includes('<') ? 'over' : 'short'}`;
}

const CHECK_WIDTH = 50;

/** Lines of the EXPECTATIONS part, heading included; empty when the scenario expects nothing. */
export function verdictLines(
  expectations: readonly ExpectationResult[],
  output: Pick<Output, 'paint'>,
): string[] {
  if (expectations.length === 0) return [];
  const gap = ' '.repeat(CHECK_WIDTH + 5 - 'EXPECTATIONS'.length);
  const lines = [`${output.paint('EXPECTATIONS', 'bold')}${gap}${countVerdicts(expectations)}`];
  for (const e of expectations) {
    const check = `  ${output.paint(MARKS[e.verdict], COLOURS[e.verdict])} ${e.check.padEnd(CHECK_WIDTH)} `;
    if (e.verdict === 'skipped' || e.value === undefined) {
      const word = e.verdict === 'skipped' ? 'skipped: ' : '';
      lines.push(`${check}${word}${e.reason ?? ''}`.trimEnd());
    } else {
      const value = human(e.value, e.unit ?? 'count');
      lines.push(`${check}${value.padStart(10)}   ${margin(e)}`.trimEnd());
      if (e.reason !== undefined && e.verdict !== 'holds') lines.push(`      ${e.reason}`);
    }
    if (e.firstBrokenUs !== undefined) {
      lines.push(`      first broken at ${networkTime(e.firstBrokenUs)}`);
    }
    if (e.verdict === 'broken' && e.why !== undefined) lines.push(`      ${e.why}`);
  }
  return lines;
}
