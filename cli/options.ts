/** Options that several verbs share, declared once, and the checks that yargs does not make. */
import type { OptionTable } from './command.ts';
import { EXIT, UserError } from './exit.ts';

export const SCENARIO = {
  scenario: { type: 'string', demandOption: true, describe: 'Gallery name or file' },
} as const satisfies OptionTable;

export const RUN_REFERENCE = {
  run: { type: 'string', demandOption: true, describe: 'Beginning of an id, @last or a folder' },
} as const satisfies OptionTable;

export const OUT = {
  out: { type: 'string', default: 'runs', requiresArg: true, describe: 'Folder of results' },
} as const satisfies OptionTable;

/** Options of everything that loads a scenario. */
export const LOADING = {
  // One word for each --set: without nargs the option would swallow the scenario's name behind it.
  set: {
    type: 'string',
    array: true,
    nargs: 1,
    default: [] as string[],
    describe: 'Set a parameter or dotted key, key=value (repeatable)',
  },
  small: { type: 'boolean', default: false, describe: "Use the scenario's small variant" },
} as const satisfies OptionTable;

/** Options of everything that runs one. */
export const RUNNING = {
  ...LOADING,
  ...OUT,
  force: {
    type: 'boolean',
    default: false,
    describe: 'Run even if the estimate exceeds the memory of this machine',
  },
  strict: { type: 'boolean', default: false, describe: 'Exit 6 when a verdict is unclear' },
} as const satisfies OptionTable;

export const JOBS = {
  jobs: { type: 'number', requiresArg: true, describe: 'Worker processes (default: all cores)' },
} as const satisfies OptionTable;

/** A whole number given on the command line. @throws UserError (exit 2) for anything else. */
export function wholeNumber(name: string, value: number, least: number): number {
  if (Number.isSafeInteger(value) && value >= least) return value;
  throw new UserError(
    EXIT.usage,
    'MF-0002',
    `--${name} takes a whole number of at least ${least}${Number.isNaN(value) ? '' : `, not ${value}`}.`,
  );
}

/** `key=value` words, in order. @throws UserError (exit 2) for a word without a key. */
export function pairs(flag: string, words: readonly string[]): [string, string][] {
  return words.map((word) => {
    const at = word.indexOf('=');
    if (at > 0) return [word.slice(0, at), word.slice(at + 1)];
    throw new UserError(
      EXIT.usage,
      'MF-0003',
      `--${flag} takes key=value, for example --${flag} world.nodes=500; got "${word}".`,
    );
  });
}
