/** `mainframe sweep`: every point with the same seeds, on all cores, resumable. */
import { availableParallelism } from 'node:os';
import { buildReport } from '../../analysis/report.ts';
import { kindOfWorld } from '../../scenarios/run/kind-of-world.ts';
import { estimateRun } from '../../scenarios/sweep/estimate.ts';
import {
  describe,
  lookUpRuns,
  runSweep,
  type FailedRun,
  type SweepPlan,
} from '../../scenarios/sweep/sweep.ts';
import { assertFits, gibibytes } from '../estimate.ts';
import { EXIT, environmentError, UserError } from '../exit.ts';
import { watchInterrupt } from '../interrupt.ts';
import { wholeNumber } from '../options.ts';
import { shownPath, type Output } from '../output.ts';
import { sweepProgressLine } from '../progress.ts';
import { renderSweep, sweepVerdictLine } from '../screen/sweep.ts';
import { wallTime } from '../screen/units.ts';
import { planSweep, type PlanArguments } from '../sweep-plan.ts';
import { exitOfVerdicts } from '../verdict.ts';

export interface SweepArguments extends PlanArguments {
  jobs: number | undefined;
  'dry-run': boolean;
  force: boolean;
  strict: boolean;
}

export async function sweepVerb(args: SweepArguments, output: Output): Promise<number> {
  const jobs = wholeNumber('jobs', args.jobs ?? availableParallelism(), 1);
  const plan = await planSweep(args, output);
  const runs = plan.points.length * plan.seeds.length;
  if (args['dry-run']) return dryRun(plan, jobs, output);
  assertFits(
    plan.points.map((point) => point.scenario),
    Math.min(jobs, runs),
    args.force,
  );
  output.talk(`${size(plan)} on ${Math.min(jobs, runs)} processes`);
  const interrupt = watchInterrupt(output, 'the sweep');
  const { summary, folder, failures } = await runSweep(plan, {
    jobs,
    signal: interrupt.signal,
    onProgress: (progress) => output.progress(sweepProgressLine(progress)),
  }).finally(() => interrupt.dispose());
  if (folder === undefined) return nothingFinished(failures, runs, output);

  await buildReport(folder);
  const code =
    summary.endedEarly !== undefined
      ? EXIT.interrupted
      : failures.length > 0
        ? exitOfFailures(failures)
        : exitOfVerdicts(summary.expectations, args.strict);
  output.print(
    renderSweep(
      summary,
      {
        folder: shownPath(folder),
        kind: kindOfWorld(plan.points[0]!.scenario),
        again: plan.command,
        scenario: args.scenario,
        exit: code,
      },
      output,
    ),
  );
  if (output.quiet) output.verdict(sweepVerdictLine(summary));
  output.object(summary);
  complain(failures, output);
  return code;
}

/** A run that threw is our fault, unless the system refused it; one whose process died mostly ran out of memory. */
function exitOfFailures(failures: readonly FailedRun[]): number {
  const ours = failures.some(
    ({ reply }) => reply.kind === 'threw' && systemAdvice(reply.code) === undefined,
  );
  return ours ? EXIT.bug : EXIT.environment;
}

function systemAdvice(code: string | undefined): string | undefined {
  if (code === undefined) return undefined;
  return environmentError(Object.assign(new Error(code), { code }))?.message;
}

function complain(failures: readonly FailedRun[], output: Output): void {
  for (const { params, seed, reply } of failures.slice(0, 3)) {
    const why =
      reply.kind === 'died'
        ? `its process ended (${reply.how}), most likely for lack of memory; try fewer --jobs`
        : (systemAdvice(reply.code) ?? reply.message);
    output.complain(`A run failed, seed ${seed} at ${describe(params)}: ${why}`);
  }
  if (failures.length > 3) output.complain(`and ${failures.length - 3} more runs`);
}

/** No run has a summary, so there is nothing to show and nothing to keep. */
function nothingFinished(failures: readonly FailedRun[], runs: number, output: Output): number {
  const first = failures[0]?.reply;
  if (first === undefined) {
    throw new UserError(
      EXIT.interrupted,
      'MF-0130',
      `Stopped before any of ${runs} runs was finished.`,
    );
  }
  if (exitOfFailures(failures) === EXIT.bug) {
    const threw = failures.find(({ reply }) => reply.kind === 'threw')!.reply;
    throw Object.assign(new Error('every run of the sweep failed'), {
      stack: threw.kind === 'threw' ? threw.message : '',
    });
  }
  complain(failures, output);
  throw new UserError(EXIT.environment, 'MF-0803', `All ${failures.length} runs failed.`);
}

function size(plan: SweepPlan): string {
  const count = (n: number, word: string): string =>
    `${n.toLocaleString('en')} ${word}${n === 1 ? '' : 's'}`;
  const [points, seeds] = [plan.points.length, plan.seeds.length];
  return `${count(points, 'point')} × ${count(seeds, 'seed')} = ${count(points * seeds, 'run')}`;
}

/** Lists the points, what is done already, and what the rest will take. */
function dryRun(plan: SweepPlan, jobs: number, output: Output): number {
  const slots = lookUpRuns(plan);
  const missing = slots.filter((slot) => slot.summary === undefined);
  const estimates = plan.points.map((point) => estimateRun(point.scenario));
  // Runs that are finished here say how much faster or slower than the model this machine and these worlds are.
  const finished = slots.filter((slot) => slot.summary !== undefined);
  const modelled = finished.reduce((sum, slot) => sum + estimates[slot.point]!.seconds, 0);
  const measured = finished.reduce((sum, slot) => sum + slot.summary!.wallSeconds, 0);
  const factor = finished.length === 0 ? 1 : measured / modelled;
  const total = missing.reduce((sum, slot) => sum + estimates[slot.point]!.seconds, 0);
  const seconds = (total * factor) / Math.max(1, Math.min(jobs, missing.length));
  const memoryBytes =
    Math.max(...estimates.map((e) => e.memoryBytes)) * Math.min(jobs, Math.max(1, missing.length));

  plan.points.forEach(({ params }, index) => {
    const own = slots.filter((slot) => slot.point === index);
    const done = own.filter((slot) => slot.summary !== undefined).length;
    const each = wallTime(estimates[index]!.seconds * factor);
    output.print(`  ${describe(params).padEnd(52)} ${done} of ${own.length} done, ${each} a run`);
  });
  output.print(size(plan));
  output.print(`${finished.length} are already done and will be reused. ${missing.length} to go.`);
  const basis =
    finished.length === 0
      ? 'by a model, right within a factor of two on a server core'
      : `by the ${finished.length} finished runs`;
  output.verdict(
    `About ${wallTime(seconds)} on ${jobs} processes (${basis}), ${gibibytes(memoryBytes)} of memory at most.`,
  );
  output.object({
    schema: 'sweep-plan/v1',
    points: plan.points.map((point, i) => ({
      params: point.params,
      secondsPerRun: estimates[i]!.seconds * factor,
      messages: estimates[i]!.messages,
    })),
    seeds: plan.seeds,
    runs: slots.length,
    done: finished.length,
    jobs,
    seconds,
    secondsFrom: finished.length === 0 ? 'model' : 'finished runs',
    memoryBytes,
  });
  return EXIT.ok;
}
