/**
 * A sweep: the same seeds at every point, spread over worker processes, every finished run kept.
 *
 * A run's summary goes into the cache (`<out>/.sweep/<hash>.json`) as soon as it is there, written beside and renamed. What is in the
 * cache is not run again: a killed sweep goes on where it was, and another sweep that shares points shares their runs.
 */
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { performance } from 'node:perf_hooks';
import { sha256 } from '@noble/hashes/sha2.js';
import { bytesToHex, utf8ToBytes } from '@noble/hashes/utils.js';
import type { ResolvedScenario } from '../model.ts';
import { findByHash, folderName } from '../results/folder.ts';
import { runHash } from '../results/identity.ts';
import type { RunSummary, SweepSummary } from '../summary.ts';
import { runPool, type Job } from './pool.ts';
import { summariseSweep, type PointRuns } from './summarise.ts';

export interface SweepPlan {
  points: readonly { params: { [name: string]: string }; scenario: ResolvedScenario }[];
  seeds: readonly number[];
  /** Where folders and the cache are. */
  out: string;
}

export interface SweepProgress {
  done: number;
  total: number;
  reused: number;
  failed: number;
  elapsedSeconds: number;
}

export interface SweepOptions {
  jobs: number;
  onProgress?: (progress: SweepProgress) => void;
  /** True once the user wants to stop: running runs finish, no new one starts. */
  stopped?: () => boolean;
}

export interface SweepResult {
  summary: SweepSummary;
  folder: string;
  /** Messages of failed runs. */
  failures: string[];
}

interface Slot {
  point: number;
  seed: number;
  hash: string;
  summary?: RunSummary;
}

/** All runs of the plan with what the cache has of them. */
export function lookUpRuns(plan: SweepPlan): Slot[] {
  return plan.points.flatMap(({ scenario }, point) =>
    plan.seeds.map((seed): Slot => {
      const hash = runHash(scenario, seed);
      const summary = readCache(plan.out, hash);
      return { point, seed, hash, ...(summary === undefined ? {} : { summary }) };
    }),
  );
}

function cachePath(out: string, hash: string): string {
  return join(out, '.sweep', `${hash}.json`);
}

function readCache(out: string, hash: string): RunSummary | undefined {
  const path = cachePath(out, hash);
  if (!existsSync(path)) return undefined;
  try {
    return JSON.parse(readFileSync(path, 'utf8')) as RunSummary;
  } catch {
    // Renames are whole, so this is somebody's editor; run it again.
    return undefined;
  }
}

function writeCache(out: string, hash: string, summary: RunSummary): void {
  const path = cachePath(out, hash);
  writeFileSync(`${path}.partial`, JSON.stringify(summary));
  renameSync(`${path}.partial`, path);
}

/** Runs what is missing and writes the sweep's folder. */
export async function runSweep(plan: SweepPlan, options: SweepOptions): Promise<SweepResult> {
  const startedMs = performance.now();
  const seconds = (): number => (performance.now() - startedMs) / 1000;
  mkdirSync(join(plan.out, '.sweep'), { recursive: true });
  const slots = lookUpRuns(plan);
  const missing = slots.filter((slot) => slot.summary === undefined);
  const reused = slots.length - missing.length;
  const failures: string[] = [];
  let done = reused;
  const report = (): void =>
    options.onProgress?.({
      done,
      total: slots.length,
      reused,
      failed: failures.length,
      elapsedSeconds: seconds(),
    });
  report();
  const jobs: Job[] = missing.map((slot) => ({
    scenario: plan.points[slot.point]!.scenario,
    seed: slot.seed,
  }));
  const stopped = options.stopped ?? ((): boolean => false);
  await runPool(jobs, options.jobs, {
    stopped,
    onDone(job, reply) {
      const slot = missing[job]!;
      done++;
      if (reply.ok) {
        slot.summary = reply.summary;
        writeCache(plan.out, slot.hash, reply.summary);
      } else
        failures.push(
          `seed ${slot.seed} at ${describe(plan.points[slot.point]!.params)}: ${reply.message}`,
        );
      report();
    },
  });
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
    wallSeconds: seconds(),
    ...(stopped() && done < slots.length ? { endedEarly: 'interrupted' } : {}),
  });
  const folder = writeSweepFolder(plan, points, summary);
  return { summary, folder, failures };
}

/** `luminosity=8 bits policy=pss`, for people. */
export function describe(params: { [name: string]: string }): string {
  const words = Object.entries(params).map(([name, value]) => `${name}=${value}`);
  return words.length === 0 ? 'the only point' : words.join(' ');
}

/** One name for one plan: a sweep that is repeated or resumed finds its folder again. */
function planHash(plan: SweepPlan): string {
  const runs = plan.points.flatMap(({ scenario }) =>
    plan.seeds.map((seed) => runHash(scenario, seed)),
  );
  return bytesToHex(sha256(utf8ToBytes(runs.join('/'))));
}

function writeSweepFolder(
  plan: SweepPlan,
  points: readonly PointRuns[],
  summary: SweepSummary,
): string {
  const hash = planHash(plan);
  const first = plan.points[0]!.scenario;
  const known = findByHash(plan.out, 'sweep.json', hash);
  const final = known ?? join(plan.out, folderName(plan.out, hash, first.scenario, '-sweep'));
  const partial = `${final}.partial`;
  rmSync(partial, { recursive: true, force: true });
  mkdirSync(partial, { recursive: true });
  summary.files = ['runs.ndjson', 'scenario.json', 'summary.json', 'sweep.json'];
  writeFileSync(
    join(partial, 'sweep.json'),
    `${JSON.stringify({ schema: 'sweep/v1', hash, seeds: plan.seeds }, null, 2)}\n`,
  );
  writeFileSync(join(partial, 'scenario.json'), `${JSON.stringify(first, null, 2)}\n`);
  writeFileSync(
    join(partial, 'runs.ndjson'),
    points
      .flatMap(({ params, runs }) =>
        runs.map(({ seed, summary: run }) => `${JSON.stringify({ params, seed, summary: run })}\n`),
      )
      .join(''),
  );
  writeFileSync(join(partial, 'summary.json'), `${JSON.stringify(summary, null, 2)}\n`);
  rmSync(final, { recursive: true, force: true });
  renameSync(partial, final);
  return final;
}
