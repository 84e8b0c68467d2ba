/**
 * A pool of worker processes. Jobs are handed out in order, results come back in any order; a worker that dies is replaced and
 * its job reported as failed, so one run that exhausts memory does not end a sweep.
 */
import { fork, type ChildProcess } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import type { ResolvedScenario } from '../model.ts';
import type { WorkerReply } from './worker.ts';

export interface Job {
  scenario: ResolvedScenario;
  seed: number;
}

export interface PoolCallbacks {
  onDone(job: number, reply: WorkerReply): void;
  /** Asked before each job; true ends the pool after the jobs that are running. */
  stopped(): boolean;
}

/** Young generation of a worker in MiB: measurements show that the default costs worlds with much in flight a factor of two. */
const SEMI_SPACE_MIB = 64;

/** Runs all jobs on `workers` processes; resolves when none is running any more. */
export async function runPool(
  jobs: readonly Job[],
  workers: number,
  callbacks: PoolCallbacks,
): Promise<void> {
  let next = 0;
  const lane = async (): Promise<void> => {
    let child: ChildProcess | undefined;
    while (next < jobs.length && !callbacks.stopped()) {
      const job = next++;
      child ??= start();
      const reply = await runOne(child, job, jobs[job]!);
      if (!child.connected) child = undefined;
      callbacks.onDone(job, reply);
    }
    child?.disconnect();
  };
  await Promise.all(Array.from({ length: Math.min(workers, jobs.length) }, lane));
}

function start(): ChildProcess {
  // Under a loader (development) the worker is the .ts file, in a build the .js beside this one.
  const extension = import.meta.url.endsWith('.ts') ? 'ts' : 'js';
  return fork(fileURLToPath(new URL(`./worker.${extension}`, import.meta.url)), [], {
    execArgv: [...process.execArgv, `--max-semi-space-size=${SEMI_SPACE_MIB}`],
    serialization: 'json',
  });
}

function runOne(child: ChildProcess, job: number, { scenario, seed }: Job): Promise<WorkerReply> {
  return new Promise((resolve) => {
    const onMessage = (reply: WorkerReply): void => {
      child.off('exit', onExit);
      resolve(reply);
    };
    const onExit = (code: number | null, signal: string | null): void => {
      child.off('message', onMessage);
      resolve({ job, ok: false, message: `the worker ended (${signal ?? `exit code ${code}`})` });
    };
    child.once('message', onMessage);
    child.once('exit', onExit);
    child.send({ job, scenario, seed });
  });
}
