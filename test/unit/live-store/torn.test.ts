/**
 * A log that breaks off: wherever the kernel had got to when the machine stopped, the store opens with the batches that are whole, all of them, and none
 * of what comes after. Kills hit such a place rarely, so here the log is cut at every kind of place.
 */
import { cpSync, readdirSync, readFileSync, rmSync, truncateSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { LevelStore } from '../../../live/store/level-store.ts';
import { folders } from './support.ts';

const folder = folders();
const BATCHES = 12;

const logOf = (path: string): string => {
  const logs = readdirSync(join(path, 'level')).filter((name) => name.endsWith('.log'));
  expect(logs).toHaveLength(1);
  return join(path, 'level', logs[0]!);
};

describe('a log that breaks off', () => {
  it('holds whole batches, a prefix of those written', { timeout: 120_000 }, async () => {
    const path = folder();
    const store = await LevelStore.open(path);
    const ends: number[] = [];
    for (let i = 0; i < BATCHES; i++) {
      // Some are longer than a block of the log (32 KiB), hence in several pieces.
      const value = new Uint8Array(i % 4 === 3 ? 40_000 : 30).fill(i);
      await store.batch([
        { namespace: 'session', key: 'alice', value },
        { namespace: 'inbox', key: String(i).padStart(2, '0'), value },
        { namespace: 'outbox', key: String(i).padStart(2, '0'), value },
      ]);
      ends.push(readFileSync(logOf(path)).length);
    }
    // As kill -9 leaves it: copied while open.
    const image = folder();
    cpSync(path, image, { recursive: true });
    await store.close();

    const cuts = new Set<number>([0, ends.at(-1)!]);
    for (const end of ends)
      for (const near of [-200, -50, -8, -7, -6, -1, 0, 1, 3, 7, 8, 20, 60, 33_000])
        if (end + near > 0 && end + near < ends.at(-1)!) cuts.add(end + near);
    for (const cut of cuts) {
      const copy = folder();
      cpSync(image, copy, { recursive: true });
      truncateSync(logOf(copy), cut);
      const torn = await LevelStore.open(copy);
      const whole = ends.filter((end) => end <= cut).length;
      const keys = Array.from({ length: whole }, (_, i) => String(i).padStart(2, '0'));
      for (const namespace of ['inbox', 'outbox'])
        expect(
          (await torn.scan(namespace)).map(({ key }) => key),
          `cut at ${cut}`,
        ).toEqual(keys);
      expect((await torn.get('session', 'alice'))?.[0]).toBe(whole === 0 ? undefined : whole - 1);
      // It can go on from there.
      await torn.put('inbox', '99', new Uint8Array(1));
      await torn.close();
      rmSync(copy, { recursive: true });
    }
    expect(cuts.size).toBeGreaterThan(100);
  });
});
