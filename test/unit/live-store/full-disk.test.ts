/**
 * A disk that is full: the store says so, stays readable, and when there is room again has everything it ever acknowledged.
 *
 * On a real file system of three megabytes, since what matters is what LevelDB leaves behind in its log when the kernel takes half of a record. Needs
 * the right to mount one; without it the test is skipped and says so.
 */
import { spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { rmSync, statfsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { LevelStore } from '../../../live/store/level-store.ts';
import { folders } from './support.ts';

const folder = folders();

/** Mounts a small file system; undefined where that is not allowed. */
function mountSmall(
  sizeBytes: number,
): { path: string; free: () => number; unmount: () => void } | undefined {
  if (process.platform !== 'linux' || process.getuid?.() !== 0) return undefined;
  const path = folder();
  if (spawnSync('mount', ['-t', 'tmpfs', '-o', `size=${sizeBytes}`, 'tmpfs', path]).status !== 0)
    return undefined;
  return {
    path,
    free: () => {
      const { bavail, bsize } = statfsSync(path);
      return bavail * bsize;
    },
    unmount: () => {
      spawnSync('umount', [path]);
    },
  };
}

const MEBI = 1024 * 1024;

describe('a full disk', () => {
  it('costs nothing that was acknowledged', { timeout: 60_000 }, async (context) => {
    const disk = mountSmall(12 * MEBI);
    if (disk === undefined) context.skip('mounting a small file system is not allowed here');
    const { path, free, unmount } = disk!;
    let store: LevelStore | undefined;
    try {
      store = await LevelStore.open(join(path, 'store'));
      const safe = new Map<string, Uint8Array>();
      const write = async (key: string): Promise<unknown> => {
        const value = Uint8Array.from(randomBytes(1_000));
        try {
          await store!.put('a', key, value);
          safe.set(key, value);
          return undefined;
        } catch (error) {
          return error;
        }
      };
      const check = async (): Promise<void> => {
        for (const [key, value] of safe) expect(await store!.get('a', key)).toEqual(value);
      };
      for (let i = 0; i < 100; i++) expect(await write(`early-${i}`)).toBeUndefined();
      writeFileSync(join(path, 'ballast'), new Uint8Array(free() - 20_000));
      const errors = [];
      for (let i = 0; i < 50; i++) errors.push(await write(`tight-${i}`));
      expect(errors.at(-1)).toMatchObject({
        code: 'STORE_FULL',
        message: `No space is left on the disk of ${join(path, 'store')}: free some, then start again.`,
      });
      await check();

      // Opening anew would need room: refused, and what can be read stays so.
      await expect(store.reopen()).rejects.toMatchObject({ code: 'STORE_FULL' });
      await check();
      rmSync(join(path, 'ballast'));
      // Room alone does not help: the log has half a record in it.
      expect(await write('too-early')).toMatchObject({ code: 'STORE_FULL' });
      await store.reopen();
      for (let i = 0; i < 100; i++) expect(await write(`late-${i}`)).toBeUndefined();
      await check();
      await store.close();
      store = await LevelStore.open(join(path, 'store'));
      await check();
      expect(safe.size).toBeGreaterThan(200);
      // Nothing that was refused has come by halves.
      for (const { value } of await store.scan('a')) expect(value).toHaveLength(1_000);
      await store.close();

      writeFileSync(join(path, 'ballast'), new Uint8Array(free()));
      await expect(LevelStore.open(join(path, 'store'))).rejects.toMatchObject({
        code: 'STORE_FULL',
      });
      rmSync(join(path, 'ballast'));
      store = await LevelStore.open(join(path, 'store'));
      await check();
    } finally {
      await store?.close();
      unmount();
    }
  });
});
