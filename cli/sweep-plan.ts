/** From a scenario and what the command line chooses of it to the runs of a sweep. */
import type { SweepPlan } from '../scenarios/sweep/sweep.ts';
import { commandOf } from './again.ts';
import { EXIT, UserError } from './exit.ts';
import { pairs, wholeNumber } from './options.ts';
import type { Output } from './output.ts';
import { load, resolveAt, tellWarnings } from './scenario-files.ts';

export interface PlanArguments {
  scenario: string;
  set: readonly string[];
  small: boolean;
  out: string;
  only: readonly string[];
  repeat: number | undefined;
  seed: number;
}

type Params = { [name: string]: string };

/** @throws UserError for a wrong scenario, number or choice. */
export async function planSweep(args: PlanArguments, output: Output): Promise<SweepPlan> {
  const seed = wholeNumber('seed', args.seed, 0);
  if (args.repeat !== undefined) wholeNumber('repeat', args.repeat, 1);
  const { loaded, file } = await load(args.scenario, args);
  tellWarnings(loaded, output);
  const chosen = choose(
    loaded.points().map(({ params }) => params),
    pairs('only', args.only),
  );
  const repeat = args.repeat ?? loaded.sweep.repeat;
  const { scenario, set, small, only } = args;
  return {
    out: args.out,
    seeds: Array.from({ length: repeat }, (_, i) => seed + i),
    points: chosen.map((params) => ({ params, scenario: resolveAt(loaded, file, params) })),
    command: commandOf('sweep', {
      ...{ scenario, set, small, only, repeat: args.repeat },
      ...(seed === 1 ? {} : { seed }),
    }),
  };
}

/** Points that match every chosen parameter; several values of one parameter are alternatives. */
function choose(points: readonly Params[], only: readonly [string, string][]): Params[] {
  const plain = (text: string): string => text.replace(/\s+/g, '');
  const names = [...new Set(only.map(([name]) => name))];
  for (const [name, value] of only) {
    const there = [...new Set(points.flatMap((params) => params[name] ?? []))];
    if (there.length === 0) {
      const varied = Object.keys(points[0] ?? {}).join(', ');
      throw new UserError(
        EXIT.usage,
        'MF-0004',
        `--only ${name}: this sweep varies ${varied === '' ? 'nothing' : varied}.`,
      );
    }
    if (!there.some((text) => plain(text) === plain(value))) {
      throw new UserError(
        EXIT.usage,
        'MF-0004',
        `No point has ${name}=${value}. There are: ${there.join(', ')}.`,
      );
    }
  }
  const kept = points.filter((params) =>
    names.every((name) =>
      only.some(([n, value]) => n === name && plain(value) === plain(params[name] ?? '')),
    ),
  );
  if (kept.length > 0) return kept;
  throw new UserError(
    EXIT.usage,
    'MF-0004',
    'No point has all the values of --only at once: each is there, but not together.',
  );
}
