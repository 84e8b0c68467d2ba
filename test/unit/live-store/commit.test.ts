/** Group commit: who comes together is written together, synchronously, and hears of it only when it is done. */
import { afterEach, describe, expect, it, vi } from 'vitest';
import { ClassicLevel } from 'classic-level';
import { GroupCommit } from '../../../live/store/group-commit.ts';
import { LevelStore } from '../../../live/store/level-store.ts';
import type { Change } from '../../../live/store/port.ts';
import { folders, pause, textOf, utf8 } from './support.ts';

const folder = folders();
afterEach(() => {
  vi.restoreAllMocks();
});

const change = (key: string, text = key): Change => ({
  namespace: 'a',
  key,
  value: utf8(text),
});
type Batch = (operations: { key: string }[], options: unknown) => Promise<void>;
const spyOnBatch = () => vi.spyOn(ClassicLevel.prototype as unknown as { batch: Batch }, 'batch');

describe('the store on disk', () => {
  it('writes the batches of one turn as one, with sync, in order', async () => {
    const store = await LevelStore.open(folder());
    const batch = spyOnBatch();
    await Promise.all(
      Array.from({ length: 100 }, (_, i) => store.batch([change(`k${i}`), change('last', `${i}`)])),
    );
    expect(batch).toHaveBeenCalledTimes(1);
    const [operations, options] = batch.mock.calls[0]!;
    expect(options).toEqual({ sync: true });
    expect(operations).toHaveLength(200);
    expect(operations[0]!.key).toBe('a/k0');
    expect(textOf((await store.get('a', 'last'))!)).toBe('99');
    await store.put('a', 'one', utf8('1'));
    await store.delete('a', 'one');
    for (const [, given] of batch.mock.calls) expect(given).toEqual({ sync: true });
    await store.close();
  });

  it('acknowledges nothing before the write is done', async () => {
    const store = await LevelStore.open(folder());
    const batch = spyOnBatch();
    let release = (): void => undefined;
    const held = new Promise<void>((resolve) => (release = resolve));
    batch.mockImplementationOnce(async () => held);
    let done = 0;
    const first = store.batch([change('a')]).then(() => done++);
    await pause(20);
    const second = store.batch([change('b')]).then(() => done++);
    await pause(20);
    // One write at a time: the second waits for the first to come back.
    expect([batch.mock.calls.length, done]).toEqual([1, 0]);
    release();
    await first;
    expect(done).toBe(1);
    await second;
    expect(batch).toHaveBeenCalledTimes(2);
    await store.close();
  });

  it('finishes what was begun before it closes', async () => {
    const path = folder();
    const store = await LevelStore.open(path);
    const writes = [store.batch([change('a')]), store.batch([change('b')])];
    await store.close();
    await Promise.all(writes);
    const again = await LevelStore.open(path);
    expect((await again.scan('a')).map(({ key }) => key)).toEqual(['a', 'b']);
    await again.close();
  });

  it('refuses all after a failed write, stays readable, and comes back when opened anew', async () => {
    const path = folder();
    const store = await LevelStore.open(path);
    await store.batch([change('before')]);
    spyOnBatch().mockRejectedValueOnce(
      Object.assign(new Error('IO error: 000003.log: Input/output error'), {
        code: 'LEVEL_IO_ERROR',
      }),
    );
    const failing = store.batch([change('during')]);
    await expect(failing).rejects.toMatchObject({ code: 'STORE_FAILED' });
    await expect(store.batch([change('after')])).rejects.toMatchObject({ code: 'STORE_FAILED' });
    expect(store.failure?.code).toBe('STORE_FAILED');
    expect((await store.scan('a')).map(({ key }) => key)).toEqual(['before']);
    const [one, two] = [store.reopen(), store.reopen()];
    expect(one).toBe(two);
    await one;
    expect(store.failure).toBeUndefined();
    await store.batch([change('again')]);
    expect((await store.scan('a')).map(({ key }) => key)).toEqual(['again', 'before']);
    void store.reopen();
    await store.close();
    await (await LevelStore.open(path)).close();
  });

  it('refuses what waited behind a failed write', async () => {
    const store = await LevelStore.open(folder());
    const batch = spyOnBatch();
    batch.mockImplementationOnce(async () => {
      await pause(30);
      throw new Error('no');
    });
    const first = store.batch([change('a')]);
    const firstFails = expect(first).rejects.toMatchObject({ code: 'STORE_FAILED' });
    await pause(10);
    await expect(store.batch([change('b')])).rejects.toMatchObject({ code: 'STORE_FAILED' });
    await firstFails;
    expect(batch).toHaveBeenCalledTimes(1);
    await store.close();
  });
});

describe('group commit', () => {
  const big = (lengthBytes: number): Change => ({
    namespace: 'a',
    key: 'k',
    value: new Uint8Array(lengthBytes),
  });
  const MEBI = 1024 * 1024;

  it('splits what is too much for one write, and lets a single batch be larger', async () => {
    const sizes: number[] = [];
    const commits = new GroupCommit(async (changes) => {
      sizes.push(changes.length);
    });
    await Promise.all([
      commits.submit([big(5 * MEBI)]),
      commits.submit([big(3 * MEBI)]),
      commits.submit([big(MEBI / 2)]),
      commits.submit([big(3 * MEBI)]),
    ]);
    expect(sizes).toEqual([1, 2, 1]);
  });

  it('refuses more than may wait, and recovers', async () => {
    const written: number[] = [];
    const commits = new GroupCommit(async (changes) => {
      written.push(changes.length);
    });
    const waiting = Array.from({ length: 20 }, () => commits.submit([big(3 * MEBI)]));
    await expect(commits.submit([big(5 * MEBI)])).rejects.toMatchObject({ code: 'STORE_BUSY' });
    await Promise.all(waiting);
    await commits.submit([big(5 * MEBI)]);
    expect(written).toEqual(Array.from({ length: 21 }, () => 1));
    await commits.idle();
  });

  it('lets a failure reach every member of its group and no other', async () => {
    let count = 0;
    const commits = new GroupCommit(async () => {
      if (++count === 1) throw new Error('first');
    });
    const results = await Promise.allSettled([
      commits.submit([big(1)]),
      commits.submit([big(1)]),
      commits.submit([big(5 * MEBI)]),
    ]);
    expect(results.map(({ status }) => status)).toEqual(['rejected', 'rejected', 'fulfilled']);
  });
});
