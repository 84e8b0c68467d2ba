/** Charts for the terminal: horizontal bars with eighth blocks, readable at any width and without colour. */

const EIGHTHS = ['', '▏', '▎', '▍', '▌', '▋', '▊', '▉'];

export interface BarRow {
  label: string;
  value: number;
  /** What stands behind the bar; the value when absent. */
  text?: string;
}

/** One line per row; the longest bar belongs to the largest value. `width` is that of the whole line in cells. */
export function barChart(
  rows: readonly BarRow[],
  options: { width: number; colour: boolean },
): string {
  const labelWidth = Math.max(0, ...rows.map((r) => r.label.length));
  const textWidth = Math.max(0, ...rows.map((r) => (r.text ?? String(r.value)).length));
  const room = Math.max(8, options.width - labelWidth - textWidth - 5);
  const largest = Math.max(0, ...rows.map((r) => r.value));
  return rows
    .map((row) => {
      const cells = largest > 0 ? (Math.max(0, row.value) / largest) * room : 0;
      const whole = Math.floor(cells);
      const part = EIGHTHS[Math.floor((cells - whole) * 8)]!;
      const drawn = '█'.repeat(whole) + (whole === 0 && part === '' && row.value > 0 ? '▏' : part);
      const painted = options.colour ? `\u001b[36m${drawn}\u001b[0m` : drawn;
      return `  ${row.label.padStart(labelWidth)}  ${painted} ${row.text ?? row.value}`;
    })
    .join('\n');
}
