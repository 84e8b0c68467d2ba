/** The screen of `validate`: one block for each case, one line for each row. */
import type { ValidationCase, ValidationRow } from '../../scenarios/validation/case.ts';
import type { Output } from '../output.ts';

type Painter = Pick<Output, 'paint'>;

/** The head of a case: what must come out and who says so. */
export function caseLines(test: Omit<ValidationCase, 'run'>, output: Painter): string[] {
  return [
    output.paint(`${test.id}  ${test.title}`, 'bold'),
    output.paint(`    ${test.source}`, 'dim'),
  ];
}

/** `12 pass, 0 fail, 1 skipped` */
export function countRows(rows: readonly ValidationRow[]): string {
  const count = (verdict: ValidationRow['verdict']): number =>
    rows.filter((row) => row.verdict === verdict).length;
  return `${count('pass')} pass, ${count('fail')} fail, ${count('skipped')} skipped`;
}

function number(value: number): string {
  if (Number.isInteger(value) && Math.abs(value) < 1e9) return String(value);
  return Number(value.toPrecision(5)).toString();
}

/** Mark, case, expected, measured with its interval, and how it was judged. */
export function rowLine(row: ValidationRow, output: Painter): string {
  const params = Object.entries(row.params).map(([name, value]) => `${name}=${value}`);
  const what = [row.case, ...params].join(' ');
  if (row.verdict === 'skipped') return `  – ${what}   skipped: ${row.note ?? ''}`;
  const mark = row.verdict === 'pass' ? output.paint('✓', 'green') : output.paint('✗', 'red');
  const [low, high] = row.ci95;
  const interval = low === high ? '' : ` [${number(low)}, ${number(high)}]`;
  const note = row.note === undefined ? '' : `   ${row.note}`;
  return `  ${mark} ${what.padEnd(58)} expected ${number(row.expected).padStart(9)}   measured ${number(row.measured).padStart(9)}${interval}   ${row.tolerance}${note}`;
}
