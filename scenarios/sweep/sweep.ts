/**
 * A sweep: the same seeds at every point, spread over worker processes, every finished run kept in the cache as soon as it is there.
 * What the cache has is not run again.
 */
import { performance } from 'node:perf_hooks';
import type { ResolvedScenario } from '../model.ts';
import { runHashOf, scenarioHash } from '../results/identity.ts';
import type { RunSummary, SweepSummary } from '../summary.ts';
import { readCache, removeAbandonedEntries } from './cache.ts';
import { writeSweepFolder } from './folder.ts';
import { runPool, type PoolReply } from './pool.ts';
import { summariseSweep, type PointRuns } from './summarise.ts';
import type { SweepJob } from './worker.ts';

export interface SweepPlan {
  points: readonly { params: { [name: string]: string }; scenario: ResolvedScenario }[];
  seeds: readonly number[];
  /** Where result folders and the cache are. */
  out: string;
  /** The command line that makes this sweep again. */
  command: string;
}

export interface SweepProgress {
  done: number;
  total: number;
  reused: number;
  failed: number;
  elapsedSeconds: number;
}

export interface SweepOptions {
  /** Worker processes. */
  jobs: number;
  onProgress?: (progress: SweepProgress) => void;
  /** Ends the sweep now; runs that are finished are kept and summarised. */
  signal?: AbortSignal;
}

/** A run that gave no summary. */
export interface FailedRun {
  params: { [name: string]: string };
  seed: number;
  reply: Exclude<PoolReply<RunSummary>, { kind: 'done' }>;
}

export interface SweepResult {
  summary: SweepSummary;
  /** Undefined when no run was finished, so that there is nothing to keep. */
  folder?: string;
  failures: FailedRun[];
}

/** One run of a plan; `summary` is there when it is finished. */
export interface Slot {
  point: number;
  seed: number;
  hash: string;
  summary?: RunSummary;
}

/** All runs of the plan with what the cache has of them. */
export function lookUpRuns(plan: SweepPlan): Slot[] {
  return plan.points.flatMap(({ scenario }, point) => {
    const named = scenarioHash(scenario);
    return plan.seeds.map((seed): Slot => {
      const hash = runHashOf(named, seed);
      const summary = readCache(plan.out, hash);
      return { point, seed, hash, ...(summary === undefined ? {} : { summary }) };
    });
  });
}

/** Runs what is missing and writes the sweep's folder. */
export async function runSweep(plan: SweepPlan, options: SweepOptions): Promise<SweepResult> {
  const startedMs = performance.now();
  const elapsed = (): number => (performance.now() - startedMs) / 1000;
  const slots = lookUpRuns(plan);
  const missing = slots.filter((slot) => slot.summary === undefined);
  const reused = slots.length - missing.length;
  const failures: FailedRun[] = [];
  let done = reused;
  const report = (): void =>
    options.onProgress?.({
      done,
      total: slots.length,
      reused,
      failed: failures.length,
      elapsedSeconds: elapsed(),
    });
  report();
  const extension = import.meta.url.endsWith('.ts') ? 'ts' : 'js';
  await runPool<SweepJob, RunSummary>({
    worker: new URL(`./worker.${extension}`, import.meta.url),
    processes: options.jobs,
    jobs: missing.map(({ point, seed, hash }) => ({
      scenario: plan.points[point]!.scenario,
      seed,
      hash,
      out: plan.out,
    })),
    ...(options.signal === undefined ? {} : { signal: options.signal }),
    onDone(index, reply) {
      const slot = missing[index]!;
      done++;
      if (reply.kind === 'done') slot.summary = reply.result;
      else failures.push({ params: plan.points[slot.point]!.params, seed: slot.seed, reply });
      report();
    },
  });
  removeAbandonedEntries(plan.out);
  if (options.signal?.aborted === true) {
    // A worker may have kept its run just before it was ended, with its answer still on the way.
    for (const slot of missing) {
      const kept = slot.summary ?? readCache(plan.out, slot.hash);
      if (kept !== undefined) slot.summary = kept;
    }
  }
  const unfinished = slots.filter((slot) => slot.summary === undefined).length - failures.length;
  const points: PointRuns[] = plan.points.map(({ params, scenario }, index) => ({
    params,
    scenario,
    runs: slots.flatMap((slot) =>
      slot.point === index && slot.summary !== undefined
        ? [{ seed: slot.seed, summary: slot.summary }]
        : [],
    ),
  }));
  const summary = summariseSweep(points, {
    runs: slots.length,
    reused,
    failed: failures.length,
    wallSeconds: elapsed(),
    ...(unfinished > 0 ? { endedEarly: 'interrupted' } : {}),
  });
  if (summary.points.length === 0) return { summary, failures };
  const folder = await writeSweepFolder(
    {
      out: plan.out,
      hashes: slots.map((slot) => slot.hash),
      seeds: plan.seeds,
      scenario: plan.points[0]!.scenario,
      command: plan.command,
    },
    points,
    summary,
  );
  return { summary, folder, failures };
}

/** `luminosity=8 bits policy=pss`, for people. */
export function describe(params: { [name: string]: string }): string {
  const words = Object.entries(params).map(([name, value]) => `${name}=${value}`);
  return words.length === 0 ? 'the only point' : words.join(' ');
}
