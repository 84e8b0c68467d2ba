/** `mainframe sweep`: every point with the same seeds, on all cores, resumable. */
import { availableParallelism } from 'node:os';
import { relative } from 'node:path';
import { buildReport } from '../../analysis/report.ts';
import { describe, lookUpRuns, runSweep, type SweepPlan } from '../../scenarios/sweep/sweep.ts';
import { assertFits, estimateMemoryBytes } from '../estimate.ts';
import { EXIT, UserError } from '../exit.ts';
import { watchInterrupt } from '../interrupt.ts';
import { bar, type Output } from '../output.ts';
import { load, parseSettings, resolveAt } from '../scenario-files.ts';
import { renderSweep } from '../screen/sweep.ts';
import { wallTime } from '../screen/units.ts';
import { countVerdicts } from '../screen/verdicts.ts';
import { commandOf, exitOf } from './run.ts';

export interface SweepArguments {
  scenario: string;
  set: string[];
  small: boolean;
  out: string;
  only: string[];
  repeat: number | undefined;
  seed: number;
  jobs: number | undefined;
  dryRun: boolean;
  force: boolean;
  strict: boolean;
}

export async function planSweep(args: SweepArguments): Promise<SweepPlan> {
  const { loaded, file } = await load(args.scenario, {
    set: parseSettings(args.set),
    small: args.small,
  });
  const only = parseSettings(args.only);
  const all = loaded.points();
  for (const name of Object.keys(only)) {
    if (!all.some((p) => name in p.params)) {
      throw new UserError(
        EXIT.usage,
        'MF-0003',
        `--only ${name}: this sweep varies ${Object.keys(all[0]?.params ?? {}).join(', ') || 'nothing'}.`,
      );
    }
  }
  const chosen = all.filter((p) =>
    Object.entries(only).every(([name, value]) => p.params[name] === value),
  );
  if (chosen.length === 0) {
    const name = Object.keys(only)[0]!;
    const values = [...new Set(all.map((p) => p.params[name]))].join(', ');
    throw new UserError(
      EXIT.usage,
      'MF-0003',
      `No point has ${name}=${only[name]}. There are: ${values}.`,
    );
  }
  const repeat = args.repeat ?? loaded.sweep.repeat;
  return {
    out: args.out,
    seeds: Array.from({ length: repeat }, (_, i) => args.seed + i),
    points: chosen.map(({ params }) => ({ params, scenario: resolveAt(loaded, file, params) })),
  };
}

export async function sweepVerb(args: SweepArguments, output: Output): Promise<number> {
  const plan = await planSweep(args);
  const jobs = Math.max(1, Math.floor(args.jobs ?? availableParallelism()));
  const largest = plan.points.reduce((a, b) =>
    estimateMemoryBytes(a.scenario) > estimateMemoryBytes(b.scenario) ? a : b,
  );
  if (args.dryRun) return dryRun(plan, jobs, output);
  assertFits(largest.scenario, Math.min(jobs, plan.points.length * plan.seeds.length), args.force);
  output.talk(
    `${plan.points.length} points × ${plan.seeds.length} seeds = ${plan.points.length * plan.seeds.length} runs on ${jobs} processes`,
  );
  const interrupt = watchInterrupt(output, 'the sweep');
  const startedDone = { at: -1 };
  const result = await runSweep(plan, {
    jobs,
    stopped: () => interrupt.requested,
    onProgress: ({ done, total, reused, failed, elapsedSeconds }) => {
      if (startedDone.at < 0) startedDone.at = done;
      const fresh = done - startedDone.at;
      const eta =
        fresh === 0 ? '' : `   eta ${wallTime((elapsedSeconds / fresh) * (total - done))}`;
      output.progress(
        `  ${bar(done / total)} ${done} / ${total}   ${wallTime(elapsedSeconds)}   (${reused} reused, ${failed} failed)${eta}`,
      );
    },
  }).finally(() => interrupt.dispose());
  for (const failure of result.failures.slice(0, 5)) output.talk(`A run failed: ${failure}`);
  if (result.summary.points.length > 0) await buildReport(result.folder);
  const folder = relative(process.cwd(), result.folder);
  const again = commandOf('sweep', { scenario: args.scenario, set: args.set, small: args.small });
  output.print(
    renderSweep(result.summary, folder.startsWith('..') ? result.folder : folder, again, output),
  );
  if (output.quiet)
    output.verdict(
      `${result.summary.scenario}: ${countVerdicts(result.summary.expectations) || 'nothing was expected'}`,
    );
  output.object(result.summary);
  if (result.summary.endedEarly !== undefined) return EXIT.interrupted;
  if (result.failures.length > 0) return EXIT.bug;
  return exitOf(result.summary.expectations, args.strict);
}

/** Lists the points, what is done already, and what the rest will take. */
function dryRun(plan: SweepPlan, jobs: number, output: Output): number {
  const slots = lookUpRuns(plan);
  const missing = slots.filter((s) => s.summary === undefined);
  const known = slots.flatMap((s) => s.summary ?? []);
  const bytes =
    Math.max(...plan.points.map((p) => estimateMemoryBytes(p.scenario))) *
    Math.min(jobs, Math.max(1, missing.length));
  // Finished runs of this sweep say how long its runs take here; without any, nothing honest can be said.
  const secondsPerRun =
    known.length === 0
      ? undefined
      : known.reduce((sum, r) => sum + r.wallSeconds, 0) / known.length;
  const seconds = secondsPerRun === undefined ? undefined : (secondsPerRun * missing.length) / jobs;
  for (const point of plan.points) output.print(`  ${describe(point.params)}`);
  output.print(`${plan.points.length} points × ${plan.seeds.length} seeds = ${slots.length} runs`);
  output.print(
    `${slots.length - missing.length} are already done and will be reused. ${missing.length} to go.`,
  );
  output.print(
    seconds === undefined
      ? `Time: unknown until a first run is finished here. At most ${(bytes / 2 ** 30).toFixed(1)} GiB of memory on ${jobs} processes.`
      : `About ${wallTime(seconds)} on ${jobs} processes, ${(bytes / 2 ** 30).toFixed(1)} GiB of memory at most.`,
  );
  output.object({
    schema: 'sweep-plan/v1',
    points: plan.points.map((p) => p.params),
    seeds: plan.seeds,
    runs: slots.length,
    done: slots.length - missing.length,
    memoryBytes: bytes,
    seconds: seconds ?? null,
  });
  return EXIT.ok;
}
