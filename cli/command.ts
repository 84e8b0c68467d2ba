/**
 * What a verb is to the command line: words, options, and what to call. One table (`commands.ts`) serves the parser, the overview and
 * the suggestions, so an option cannot be known to one and unknown to another.
 */
import type { InferredOptionTypes, Options } from 'yargs';
import type { CommonFlags, Output } from './output.ts';

export interface OptionTable {
  [name: string]: Options;
}

export interface Command {
  /** Words and positionals as in the overview: `scenarios show <scenario>`. */
  usage: string;
  about: string;
  /** Names in `usage` between brackets, with what they are. */
  positionals: OptionTable;
  options: OptionTable;
  /** @returns the exit code. */
  perform(args: never, output: Output): Promise<number> | number;
}

/** What yargs makes of positionals and options, dashes kept. */
type Arguments<P extends OptionTable, O extends OptionTable> = InferredOptionTypes<P> &
  InferredOptionTypes<O> &
  CommonFlags;

/** A command whose `perform` is typed by its options. */
export function command<const P extends OptionTable, const O extends OptionTable>(spec: {
  usage: string;
  about: string;
  positionals: P;
  options: O;
  perform(args: Arguments<P, O>, output: Output): Promise<number> | number;
}): Command {
  return spec;
}

/** The words of a command without its positionals: `['scenarios', 'show']`. */
export function wordsOf({ usage }: Command): string[] {
  return usage.split(' ').filter((word) => !/^[<[]/.test(word));
}

/** Options that every verb takes. */
export const COMMON_OPTIONS = {
  json: { type: 'boolean', default: false, describe: 'Print the complete result as JSON' },
  quiet: { type: 'boolean', default: false, describe: 'Print the verdict line only' },
  color: {
    type: 'boolean',
    default: true,
    describe: 'Colour on a terminal (--no-color, NO_COLOR)',
  },
} as const satisfies OptionTable;
