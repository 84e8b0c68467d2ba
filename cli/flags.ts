/** Flags that several verbs share, declared once. */
import type { Argv } from 'yargs';

/** Flags of everything that loads a scenario. */
export function scenarioFlags<T>(yargs: Argv<T>) {
  return yargs
    .option('set', {
      type: 'string',
      array: true,
      default: [] as string[],
      describe: 'Set a parameter or dotted key, key=value (repeatable)',
    })
    .option('small', {
      type: 'boolean',
      default: false,
      describe: "Use the scenario's small variant",
    });
}

/** Flags of everything that runs one. */
export function runFlags<T>(yargs: Argv<T>) {
  return scenarioFlags(yargs)
    .option('out', { type: 'string', default: 'runs', describe: 'Folder for results' })
    .option('force', {
      type: 'boolean',
      default: false,
      describe: 'Run even if the estimate exceeds the memory of this machine',
    })
    .option('strict', {
      type: 'boolean',
      default: false,
      describe: 'Exit 6 when a verdict is unclear',
    });
}

/** The value of `--jobs` when nobody says: all cores. */
export const JOBS_OPTION = {
  type: 'number',
  describe: 'Worker processes (default: all cores)',
} as const;
export const SEED_OPTION = {
  type: 'number',
  default: 1,
  describe: 'Seed of every random stream',
} as const;
