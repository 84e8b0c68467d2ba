/** A sweep's worker process: makes the run it is sent, puts it into the cache and answers with its summary. */
import type { ResolvedScenario } from '../model.ts';
import { runScenario } from '../run/run.ts';
import type { RunSummary } from '../summary.ts';
import { CacheEntry } from './cache.ts';
import { serveJobs } from './pool.ts';

export interface SweepJob {
  scenario: ResolvedScenario;
  seed: number;
  /** Name of the run, and the folder whose cache keeps it. */
  hash: string;
  out: string;
}

serveJobs<SweepJob, RunSummary>(async ({ scenario, seed, hash, out }) => {
  const entry = new CacheEntry(out, hash, scenario, seed);
  try {
    const summary = await runScenario(scenario, { seed, sink: entry.sink });
    await entry.finish(summary);
    return summary;
  } catch (error) {
    entry.discard();
    throw error;
  }
});
