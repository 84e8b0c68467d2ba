/** The pool of child processes: order, failures, deaths, aborts. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { runPool, type PoolReply } from '../../../scenarios/sweep/pool.ts';

/** A worker without the loader: the protocol is three messages, so it is spoken here by hand. */
const WORKER = `
process.on('disconnect', () => process.exit(0));
process.on('message', (job) => {
  if (job.dies) process.kill(process.pid, 'SIGKILL');
  else if (job.waits) setTimeout(() => undefined, 1e6);
  else if (job.throws) process.send({ kind: 'threw', message: 'no' });
  else setTimeout(() => process.send({ kind: 'done', result: [job.value, process.pid] }), job.ms ?? 0);
});
`;

interface Job {
  value?: number;
  ms?: number;
  dies?: boolean;
  waits?: boolean;
  throws?: boolean;
}
type Reply = PoolReply<[number, number]>;

let folder: string;
let worker: URL;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'mainframe-pool-'));
  writeFileSync(join(folder, 'worker.mjs'), WORKER);
  worker = pathToFileURL(join(folder, 'worker.mjs'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

async function collect(jobs: Job[], processes: number): Promise<(Reply | undefined)[]> {
  const replies: (Reply | undefined)[] = jobs.map(() => undefined);
  await runPool<Job, [number, number]>({
    worker,
    jobs,
    processes,
    onDone: (index, reply) => (replies[index] = reply),
  });
  return replies;
}

describe('the pool', () => {
  it('answers every job, whatever order they end in, on as many processes as it was given', async () => {
    const jobs = [60, 0, 30, 10, 0, 20].map((ms, value) => ({ value, ms }));
    const replies = await collect(jobs, 2);
    const results = replies.flatMap((r) => (r?.kind === 'done' ? [r.result] : []));
    expect(results.map(([value]) => value)).toEqual([0, 1, 2, 3, 4, 5]);
    expect(new Set(results.map(([, pid]) => pid)).size).toBe(2);
  });

  it('replaces a process that dies, and says how it died', async () => {
    const replies = await collect(
      [{ value: 1 }, { dies: true }, { value: 2 }, { throws: true }],
      1,
    );
    expect(replies.map((r) => r?.kind)).toEqual(['done', 'died', 'done', 'threw']);
    expect(replies[1]).toEqual({ kind: 'died', how: 'SIGKILL' });
  });

  it('ends at once when it is aborted, leaving what is not finished unanswered', async () => {
    const controller = new AbortController();
    const answered: number[] = [];
    await runPool<Job, [number, number]>({
      worker,
      jobs: [{ value: 0 }, { waits: true }, { value: 2 }],
      processes: 1,
      signal: controller.signal,
      onDone: (index) => {
        answered.push(index);
        setTimeout(() => controller.abort(), 50);
      },
    });
    expect(answered).toEqual([0]);
  });

  it('ends its processes when its caller throws', async () => {
    const pool = runPool<Job, [number, number]>({
      worker,
      jobs: [{ value: 0 }, { waits: true }],
      processes: 2,
      onDone: () => {
        throw new Error('the disk is full');
      },
    });
    await expect(pool).rejects.toThrow('the disk is full');
  });

  it('has nothing to do without jobs', async () => {
    expect(await collect([], 4)).toEqual([]);
  });
});
