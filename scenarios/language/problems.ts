/**
 * What is wrong with a scenario, and how it is shown.
 *
 * A person who wrote five mistakes wants to see five mistakes, each at its place, so nothing in the language throws:
 * every reader adds to one list of problems and goes on with what is left. A reader of a single value knows only the
 * value's text; it returns a `Fault` (offsets within the text). Who knows where that text stands turns the fault into
 * a `Problem` (file, line, column, frame).
 */

/** A text that positions refer to: a scenario file, a preset, or a value given on the command line. */
export interface Source {
  file: string;
  text: string;
  /** True when `file` is only a label (a preset, a value of the command line), not a file. */
  virtual?: boolean;
}

/** A stretch of a source, in UTF-16 offsets; `end` is exclusive. */
export interface Span {
  source: Source;
  start: number;
  end: number;
}

export type Severity = 'error' | 'warning';

/** One mistake inside a value's text. */
export interface Fault {
  code: string;
  message: string;
  /** Where in the value's text; the whole text when absent. */
  offset?: number;
  length?: number;
  /** What was probably meant, ready to be typed. */
  suggestion?: string;
  /** The words after the caret; made from `suggestion` when absent. */
  hint?: string;
}

export type Reading<T> = { ok: true; value: T } | { ok: false; fault: Fault };

export function read<T>(value: T): Reading<T> {
  return { ok: true, value };
}

export function fault(code: string, message: string, more: Partial<Fault> = {}): Reading<never> {
  return { ok: false, fault: { code, message, ...more } };
}

/** One mistake at its place. Lines and columns count from 1. */
export interface Problem {
  /** 'MF-0101' and so on; docs/reference/errors.md has an entry for each. */
  code: string;
  file: string;
  line: number;
  column: number;
  /** Characters to underline, at least 1. */
  length: number;
  message: string;
  /** The code frame: numbered lines, then the line with the caret and the hint. */
  frame: string[];
  suggestion?: string;
  severity: Severity;
  /** What `mainframe scenarios explain` should be asked about. */
  explain?: string;
}

export function position(span: Span): { line: number; column: number } {
  const before = span.source.text.slice(0, span.start);
  const newline = before.lastIndexOf('\n');
  return { line: before.split('\n').length, column: before.length - newline };
}

function numbered(line: number, text: string): string {
  return `${String(line).padStart(5)} | ${text}`.trimEnd();
}

/** Spaces that put a caret under `column`, keeping tabs so that both lines are drawn alike. */
function indentTo(text: string, column: number): string {
  return text.slice(0, column - 1).replace(/[^\t]/g, ' ');
}

export interface ProblemDetails {
  severity?: Severity;
  explain?: string;
  /** Shows the line before as well: the neighbours of a mistyped key tell what it should have been. */
  neighbour?: boolean;
}

/** The problem of a fault whose underlined stretch is `span`. */
export function problemAt(what: Fault, span: Span, details: ProblemDetails = {}): Problem {
  const { line, column } = position(span);
  const lines = span.source.text.split('\n').map((text) => text.replace(/\r$/, ''));
  const text = lines[line - 1] ?? '';
  const room = Math.max(1, text.length - column + 1);
  const length = Math.min(Math.max(1, span.end - span.start), room);
  const hint =
    what.hint ?? (what.suggestion === undefined ? '' : `did you mean "${what.suggestion}"?`);
  const frame: string[] = [];
  const previous = lines[line - 2];
  if (details.neighbour === true && previous !== undefined && previous.trim() !== '')
    frame.push(numbered(line - 1, previous));
  frame.push(numbered(line, text));
  frame.push(`${' '.repeat(5)} | ${indentTo(text, column)}${'^'.repeat(length)} ${hint}`.trimEnd());
  return {
    code: what.code,
    file: span.source.file,
    line,
    column,
    length,
    message: what.message,
    frame,
    ...(what.suggestion === undefined ? {} : { suggestion: what.suggestion }),
    severity: details.severity ?? 'error',
    ...(details.explain === undefined ? {} : { explain: details.explain }),
  };
}

/** Problems of the main file first, then other files by name; within a file from top to bottom; each once. */
export function sortProblems(problems: readonly Problem[], mainFile: string): Problem[] {
  const seen = new Set<string>();
  const unique = problems.filter((problem) => {
    const key = [problem.file, problem.line, problem.column, problem.code, problem.message].join(
      '\u0000',
    );
    return seen.has(key) ? false : (seen.add(key), true);
  });
  const rank = (problem: Problem): number => (problem.file === mainFile ? 0 : 1);
  return unique.sort(
    (a, b) =>
      rank(a) - rank(b) ||
      (a.file < b.file ? -1 : a.file > b.file ? 1 : 0) ||
      a.line - b.line ||
      a.column - b.column ||
      (a.code < b.code ? -1 : a.code > b.code ? 1 : 0),
  );
}

const RED = '\u001b[31m';
const YELLOW = '\u001b[33m';
const BOLD = '\u001b[1m';
const PLAIN = '\u001b[0m';

function paint(text: string, colour: boolean, ...codes: string[]): string {
  return colour ? codes.join('') + text + PLAIN : text;
}

/**
 * The screen of a wrong scenario: how many problems, then each with its frame, then whom to ask. No trailing newline.
 * `file` names the scenario in the first line and defaults to the file of the first problem.
 */
export function renderProblems(
  problems: readonly Problem[],
  options: { colour: boolean; file?: string },
): string {
  const first = problems[0];
  if (first === undefined) return '';
  const errors = problems.filter((problem) => problem.severity === 'error').length;
  const warnings = problems.length - errors;
  const counted = (n: number, word: string): string => `${n} ${word}${n === 1 ? '' : 's'}`;
  const file = options.file ?? first.file;
  const head =
    errors > 0
      ? `${file} has ${counted(errors, 'problem')}${warnings > 0 ? ` and ${counted(warnings, 'warning')}` : ''}. Nothing was run.`
      : `${file} has ${counted(warnings, 'warning')}.`;
  const blocks = problems.map((problem) => {
    const colour = problem.severity === 'error' ? RED : YELLOW;
    const caret = problem.frame.length - 1;
    const frame = problem.frame.map((line, index) =>
      index === caret ? paint(line, options.colour, colour) : line,
    );
    const place = paint(`${problem.file}:${problem.line}:${problem.column}`, options.colour, BOLD);
    const code = paint(problem.code, options.colour, colour);
    return [`${place}  ${code}  ${problem.message}`, ...frame].join('\n');
  });
  const topic = problems.find((problem) => problem.explain !== undefined)?.explain;
  const tail = topic === undefined ? [] : [`mainframe scenarios explain ${topic}`];
  return [paint(head, options.colour, BOLD), ...blocks, ...tail].join('\n\n');
}
