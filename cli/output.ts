/**
 * Where words go: results to stdout, talk to stderr. Colour only on a terminal and only if nobody objects.
 */
import { relative } from 'node:path';

export interface CommonFlags {
  json: boolean;
  quiet: boolean;
  color: boolean;
}

export class Output {
  readonly json: boolean;
  readonly quiet: boolean;
  /** Colour on stdout. */
  readonly colour: boolean;
  /** Colour on stderr. */
  readonly colourOfTalk: boolean;
  readonly width: number;
  #progressShown = false;

  constructor(flags: CommonFlags) {
    this.json = flags.json;
    this.quiet = flags.quiet;
    const wanted = flags.color && (process.env['NO_COLOR'] ?? '') === '';
    this.colour = wanted && process.stdout.isTTY === true;
    this.colourOfTalk = wanted && process.stderr.isTTY === true;
    const columns = process.stdout.columns ?? Number(process.env['COLUMNS'] ?? 100);
    this.width = Math.max(60, Math.min(140, Number.isFinite(columns) ? columns : 100));
  }

  /** A result for people; nothing with --json or --quiet. */
  print(text: string): void {
    if (this.json || this.quiet) return;
    this.#clearProgress();
    process.stdout.write(`${text}\n`);
  }

  /** The one line that --quiet keeps. */
  verdict(text: string): void {
    if (this.json) return;
    this.#clearProgress();
    process.stdout.write(`${text}\n`);
  }

  /** The complete object, with --json. */
  object(value: unknown): void {
    if (!this.json) return;
    this.#clearProgress();
    process.stdout.write(`${JSON.stringify(value, null, 2)}\n`);
  }

  /** What went wrong: on stderr, with --quiet and --json too. */
  complain(text: string): void {
    this.#clearProgress();
    process.stderr.write(`${text}\n`);
  }

  /** Something said beside the result. */
  talk(text: string): void {
    if (this.quiet) return;
    this.#clearProgress();
    process.stderr.write(`${text}\n`);
  }

  /** A line that replaces itself; on a terminal only. */
  progress(text: string): void {
    if (this.quiet || this.json || process.stderr.isTTY !== true) return;
    process.stderr.write(`\r\u001b[K${text.slice(0, this.width)}`);
    this.#progressShown = true;
  }

  paint(text: string, code: 'red' | 'green' | 'yellow' | 'bold' | 'dim'): string {
    if (!this.colour) return text;
    const codes = { red: 31, green: 32, yellow: 33, bold: 1, dim: 2 };
    return `\u001b[${codes[code]}m${text}\u001b[0m`;
  }

  #clearProgress(): void {
    if (!this.#progressShown) return;
    process.stderr.write('\r\u001b[K');
    this.#progressShown = false;
  }
}

/** A bar of `width` cells for a share of 0..1. */
export function bar(share: number, width = 10): string {
  const full = Math.round(Math.max(0, Math.min(1, share)) * width);
  return '█'.repeat(full) + '░'.repeat(width - full);
}

/** A path as people read it: relative when it is below the current folder. */
export function shownPath(path: string): string {
  const shown = relative(process.cwd(), path);
  return shown === '' || shown.startsWith('..') ? path : shown;
}
