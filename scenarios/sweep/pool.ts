/**
 * A pool of child processes. Jobs are handed out in order, results come back in any order. A child that dies is replaced and its job is
 * answered with `died`, so one run that exhausts its memory does not end a sweep; a process of its own also keeps the garbage of
 * one run out of the next one's measurements.
 *
 * Aborting ends the children at once: half a run is of no use to a sweep, and waiting for whole ones may take minutes.
 */
import { fork, type ChildProcess } from 'node:child_process';
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';

/** What a child answers; `died` is said by the pool for a child that cannot. */
export type PoolReply<Result> =
  | { kind: 'done'; result: Result }
  | { kind: 'threw'; message: string; code?: string }
  | { kind: 'died'; how: string };

export interface PoolOptions<Job, Result> {
  /** The module that children run; see `serveJobs`. */
  worker: URL;
  jobs: readonly Job[];
  /** Children at a time. */
  processes: number;
  onDone(index: number, reply: PoolReply<Result>): void;
  /** Ends the children now; jobs that are not answered by then stay unanswered. */
  signal?: AbortSignal;
}

/** Young generation of a child in MiB: worlds with much in flight run up to twice as fast as with V8's default of 16. */
const SEMI_SPACE_MIB = 64;

/** Runs all jobs; resolves when no child is running any more. @throws what `onDone` throws, after ending the children. */
export async function runPool<Job, Result>(options: PoolOptions<Job, Result>): Promise<void> {
  const { jobs, signal } = options;
  const children = new Set<ChildProcess>();
  const end = (): void => {
    for (const child of children) child.kill('SIGKILL');
  };
  signal?.addEventListener('abort', end);
  let next = 0;
  let failed = false;
  const stopped = (): boolean => failed || signal?.aborted === true;
  const lane = async (): Promise<void> => {
    let child: ChildProcess | undefined;
    while (next < jobs.length && !stopped()) {
      const index = next++;
      if (child === undefined) children.add((child = startChild(options.worker)));
      const reply = await ask<Job, Result>(child, jobs[index]!);
      if (reply.kind === 'died') {
        children.delete(child);
        child = undefined;
        if (stopped()) return;
      }
      options.onDone(index, reply);
    }
    if (child !== undefined) {
      children.delete(child);
      child.disconnect();
    }
  };
  try {
    await Promise.all(
      Array.from({ length: Math.min(options.processes, jobs.length) }, async () => {
        try {
          await lane();
        } catch (error) {
          failed = true;
          end();
          throw error;
        }
      }),
    );
  } finally {
    signal?.removeEventListener('abort', end);
    end();
  }
}

/** Forks a process that runs a module of ours, from a build or from the sources. */
export function startChild(worker: URL, serialization: 'json' | 'advanced' = 'json'): ChildProcess {
  let execArgv = [...process.execArgv, `--max-semi-space-size=${SEMI_SPACE_MIB}`];
  // In a build the worker is JavaScript; from the sources it needs the loader that this process may have got otherwise.
  if (worker.pathname.endsWith('.ts') && !execArgv.some((word) => word.includes('tsx'))) {
    const loader = createRequire(import.meta.url).resolve('tsx');
    execArgv = [`--max-semi-space-size=${SEMI_SPACE_MIB}`, '--import', loader];
  }
  return fork(fileURLToPath(worker), [], { execArgv, serialization });
}

function ask<Job, Result>(child: ChildProcess, job: Job): Promise<PoolReply<Result>> {
  return new Promise((resolve) => {
    const onMessage = (reply: unknown): void => {
      child.off('exit', onExit);
      resolve(reply as PoolReply<Result>);
    };
    const onExit = (code: number | null, signal: string | null): void => {
      child.off('message', onMessage);
      resolve({ kind: 'died', how: signal ?? `exit code ${code}` });
    };
    child.once('message', onMessage);
    child.once('exit', onExit);
    child.send(job as object, (error) => {
      // A child that is gone already is reported by its exit.
      if (error !== null && child.exitCode === null && child.signalCode === null) child.kill();
    });
  });
}

/** The other end, called by a worker module: answers each job with what `work` makes of it. */
export function serveJobs<Job, Result>(work: (job: Job) => Promise<Result> | Result): void {
  // The parent decides when to end. Ctrl-C reaches the whole process group, and the parent still has to say what is finished.
  process.on('SIGINT', () => undefined);
  process.on('disconnect', () => process.exit(0));
  process.on('message', (job: Job) => {
    void answer(work, job).then((reply) => process.send?.(reply));
  });
}

async function answer<Job, Result>(
  work: (job: Job) => Promise<Result> | Result,
  job: Job,
): Promise<PoolReply<Result>> {
  try {
    return { kind: 'done', result: await work(job) };
  } catch (error) {
    if (!(error instanceof Error)) return { kind: 'threw', message: String(error) };
    return {
      kind: 'threw',
      message: error.stack ?? error.message,
      ...('syscall' in error && 'code' in error ? { code: String(error.code) } : {}),
    };
  }
}
