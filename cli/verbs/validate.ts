/** `mainframe validate [id…]`: the numbers that must come out. */
import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import type { ValidationRow } from '../../scenarios/validation/case.ts';
import { VALIDATION_CASES } from '../../scenarios/validation/index.ts';
import { EXIT, UserError } from '../exit.ts';
import type { Output } from '../output.ts';

function folder(variable: string, fallback: string): string | undefined {
  const path = resolve(process.env[variable] ?? fallback);
  return existsSync(path) ? path : undefined;
}

function number(value: number): string {
  if (Number.isInteger(value) && Math.abs(value) < 1e9) return String(value);
  return Number(value.toPrecision(5)).toString();
}

export function validateVerb(ids: readonly string[], output: Output): number {
  const known = [...new Set(VALIDATION_CASES.map((c) => c.id))];
  const wanted = ids.map((id) => id.toUpperCase());
  const unknown = wanted.filter((id) => !known.includes(id));
  if (unknown.length > 0) {
    throw new UserError(
      EXIT.usage,
      'MF-0007',
      `No validation case ${unknown.join(', ')}. There are ${known.join(' ')}.`,
    );
  }
  const context = {
    dataFolder: folder('MAINFRAME_DATA', '../shared/data'),
    vectorsFolder: folder('MAINFRAME_VECTORS', '../shared/vectors'),
  };
  const rows: ValidationRow[] = [];
  for (const test of VALIDATION_CASES) {
    if (wanted.length > 0 && !wanted.includes(test.id)) continue;
    output.print(output.paint(`${test.id}  ${test.title}`, 'bold'));
    output.print(output.paint(`    ${test.source}`, 'dim'));
    for (const row of test.run(context)) {
      rows.push(row);
      output.print(line(row, output));
    }
  }
  const count = (verdict: ValidationRow['verdict']): number =>
    rows.filter((r) => r.verdict === verdict).length;
  output.verdict(`${count('pass')} pass, ${count('fail')} fail, ${count('skipped')} skipped`);
  output.object({ schema: 'validation/v1', rows });
  return count('fail') > 0 ? EXIT.property : EXIT.ok;
}

function line(row: ValidationRow, output: Output): string {
  const mark =
    row.verdict === 'pass'
      ? output.paint('✓', 'green')
      : row.verdict === 'fail'
        ? output.paint('✗', 'red')
        : '–';
  const params = Object.entries(row.params)
    .map(([k, v]) => `${k}=${v}`)
    .join(' ');
  if (row.verdict === 'skipped')
    return `  ${mark} ${row.case} ${params}   skipped: ${row.note ?? ''}`;
  const [low, high] = row.ci95;
  const interval = low === high ? '' : ` [${number(low)}, ${number(high)}]`;
  return `  ${mark} ${`${row.case} ${params}`.padEnd(58)} expected ${number(row.expected).padStart(9)}   measured ${number(row.measured).padStart(9)}${interval}   ${row.tolerance}${row.note === undefined ? '' : `   ${row.note}`}`;
}
