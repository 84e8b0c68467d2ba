/**
 * Reads measured latencies: a square matrix of round-trip times in milliseconds, or Vivaldi coordinates as SimGrid ships them
 * (`id x y h height`, distance in one-way milliseconds: euclidean plus both heights; Dabek et al. 2004 §2.6).
 *
 * Measured matrices have holes: a pair that was never measured is written 0, "-" or "nan". A delay of 0 between two places cannot be
 * measured, so 0 is never taken at its word. Dropping places with holes would lose most of a sparse matrix, and
 * refusing the file would lose all of it; so a hole takes the reverse direction if that was measured, else the mean of the
 * medians of the two places, which keeps well and badly connected places apart. How many were filled is a warning. A negative
 * or otherwise unreadable entry is a mistake and is reported with its line. Directions that differ by more than a tenth are a warning with their
 * number: paths on the Internet are asymmetric, but a transposed or shifted table looks like that too.
 */
export interface LatencyProblem {
  severity: 'error' | 'warning';
  /** 1-based line of the file. */
  line: number;
  message: string;
}

export type LatencyFile =
  | { ok: true; rows: number; oneWayUs: Float64Array; warnings: LatencyProblem[] }
  | { ok: false; problems: LatencyProblem[] };

const ASYMMETRY_RATIO = 0.1;
/** Places of one file at most: 8,192 rows are half a gigabyte of delays. */
const ROWS_MAX = 8_192;
/** Problems shown of one file; the last says how many more there are. */
const PROBLEMS_MAX = 20;
const US_PER_MS = 1_000;

/** Parses the text of a latency file of either form. */
export function parseLatencyFile(text: string): LatencyFile {
  const lines = text
    .split(/\r?\n/)
    .map((content, index) => ({ content: content.trim(), line: index + 1 }))
    .filter(({ content }) => content !== '' && !content.startsWith('#'));
  if (lines.length === 0) return refusal('the file has no data');
  if (lines.length === 1) return refusal('the file has one place only; it takes two for a delay');
  if (lines.length > ROWS_MAX)
    return refusal(`the file has ${lines.length} places; at most ${ROWS_MAX} can be read`);
  // A matrix has no letter "h" on its own, so one such line tells, even if others are malformed.
  const coordinates = lines.some(({ content }) => /\sh\s/.test(content));
  const parsed = coordinates ? parseCoordinates(lines) : parseMatrix(lines);
  if (parsed.ok || parsed.problems.length <= PROBLEMS_MAX) return parsed;
  const shown = parsed.problems.slice(0, PROBLEMS_MAX);
  const last = shown[PROBLEMS_MAX - 1]!;
  last.message += ` (and ${parsed.problems.length - PROBLEMS_MAX} more problems)`;
  return { ok: false, problems: shown };
}

function refusal(message: string): LatencyFile {
  return { ok: false, problems: [{ severity: 'error', line: 1, message }] };
}

interface Line {
  content: string;
  line: number;
}

function parseCoordinates(lines: readonly Line[]): LatencyFile {
  const problems: LatencyProblem[] = [];
  const x: number[] = [];
  const y: number[] = [];
  const height: number[] = [];
  for (const { content, line } of lines) {
    const fields = content.split(/\s+/);
    const numbers = [fields[1], fields[2], fields[4]].map(Number);
    if (fields.length !== 5 || fields[3] !== 'h' || numbers.some((n) => !Number.isFinite(n))) {
      report(problems, line, `expected "id x y h height", got "${content.slice(0, 60)}"`);
    } else if (numbers[2]! < 0) report(problems, line, `height ${numbers[2]} is negative`);
    x.push(numbers[0]!);
    y.push(numbers[1]!);
    height.push(numbers[2]!);
  }
  if (problems.length > 0) return { ok: false, problems };
  const rows = lines.length;
  const oneWayUs = new Float64Array(rows * rows);
  for (let a = 0; a < rows; a++) {
    for (let b = 0; b < rows; b++) {
      if (a === b) continue;
      const dx = x[a]! - x[b]!;
      const dy = y[a]! - y[b]!;
      const ms = Math.sqrt(dx * dx + dy * dy) + height[a]! + height[b]!;
      oneWayUs[a * rows + b] = Math.max(1, Math.floor(ms * US_PER_MS + 0.5));
    }
  }
  return { ok: true, rows, oneWayUs, warnings: [] };
}

function parseMatrix(lines: readonly Line[]): LatencyFile {
  const problems: LatencyProblem[] = [];
  const rows = lines.length;
  const rtt = new Float64Array(rows * rows);
  lines.forEach(({ content, line }, row) => {
    const fields = content.split(/[\s,;]+/).filter((f) => f !== '');
    if (fields.length !== rows) {
      report(
        problems,
        line,
        `${fields.length} values in a matrix of ${rows} rows: it must be square`,
      );
      return;
    }
    fields.forEach((field, column) => {
      const value = isHole(field) ? 0 : Number(field);
      if (!Number.isFinite(value))
        report(problems, line, `"${field}" (value ${column + 1}) is not a number`);
      else if (value < 0)
        report(problems, line, `value ${column + 1} is ${field}: a delay cannot be negative`);
      else rtt[row * rows + column] = value;
    });
  });
  if (problems.length > 0) return { ok: false, problems };
  const warnings = [...asymmetryWarning(rtt, rows, lines), ...fillHoles(rtt, rows, lines)];
  const oneWayUs = rtt.map((ms) =>
    ms > 0 ? Math.max(1, Math.floor((ms * US_PER_MS) / 2 + 0.5)) : 0,
  );
  for (let i = 0; i < rows; i++) oneWayUs[i * rows + i] = 0;
  return { ok: true, rows, oneWayUs, warnings };
}

function isHole(field: string): boolean {
  return field === '-' || field.toLowerCase() === 'nan';
}

function asymmetryWarning(
  rtt: Float64Array,
  rows: number,
  lines: readonly Line[],
): LatencyProblem[] {
  let pairs = 0;
  let firstLine = 0;
  for (let a = 0; a < rows; a++) {
    for (let b = a + 1; b < rows; b++) {
      const forth = rtt[a * rows + b]!;
      const back = rtt[b * rows + a]!;
      if (forth === 0 || back === 0) continue;
      if (Math.abs(forth - back) <= ASYMMETRY_RATIO * Math.max(forth, back)) continue;
      pairs++;
      if (firstLine === 0) firstLine = lines[a]!.line;
    }
  }
  if (pairs === 0) return [];
  const message = `${pairs} of ${(rows * (rows - 1)) / 2} pairs differ by more than 10% between directions; both are used as measured`;
  return [{ severity: 'warning', line: firstLine, message }];
}

/** Fills unmeasured pairs; reports how many there were. */
function fillHoles(rtt: Float64Array, rows: number, lines: readonly Line[]): LatencyProblem[] {
  const measured = rtt.slice();
  const medians = Float64Array.from({ length: rows }, (_, row) => {
    const values = measured.subarray(row * rows, (row + 1) * rows).filter((v) => v > 0);
    values.sort((a, b) => a - b);
    return values.length === 0 ? 0 : values[values.length >>> 1]!;
  });
  let holes = 0;
  let firstLine = 0;
  for (let a = 0; a < rows; a++) {
    for (let b = 0; b < rows; b++) {
      if (a === b || measured[a * rows + b]! > 0) continue;
      holes++;
      if (firstLine === 0) firstLine = lines[a]!.line;
      const back = measured[b * rows + a]!;
      rtt[a * rows + b] = back > 0 ? back : (medians[a]! + medians[b]!) / 2 || 1;
    }
  }
  if (holes === 0) return [];
  return [
    {
      severity: 'warning',
      line: firstLine,
      message: `${holes} pairs were not measured (0): the reverse direction or the median of row and column stands in`,
    },
  ];
}

function report(problems: LatencyProblem[], line: number, message: string): void {
  problems.push({ severity: 'error', line, message });
}
