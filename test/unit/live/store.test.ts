/** The disk of a live node: whole or not at all, in order, for one process at a time, and safe when it says so. */
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { Store, StoreLockedError } from '../../../live/store/store.ts';

const folders: string[] = [];
const folder = (): string => {
  const made = mkdtempSync(join(tmpdir(), 'mainframe-store-'));
  folders.push(made);
  return made;
};
afterAll(() => {
  for (const made of folders) rmSync(made, { recursive: true, force: true });
});
const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);
const text = (value: Uint8Array | undefined): string | undefined =>
  value && new TextDecoder().decode(value);

describe('the store', () => {
  it('keeps changes in the order of the calls, over a restart', async () => {
    const path = folder();
    const store = await Store.open(path);
    const all = Array.from({ length: 200 }, (_, i) =>
      store.change([
        { name: 'last', value: bytes(String(i)) },
        {
          name: `item/${String(i).padStart(3, '0')}`,
          value: i % 3 === 0 ? undefined : bytes(String(i)),
        },
      ]),
    );
    await Promise.all(all);
    await store.close();
    const again = await Store.open(path);
    expect(text(await again.get('last'))).toBe('199');
    expect(await again.get('nothing')).toBeUndefined();
    const items = await again.list('item/');
    expect(items.map(({ value }) => Number(text(value)))).toEqual(
      Array.from({ length: 200 }, (_, i) => i).filter((i) => i % 3 !== 0),
    );
    await again.change([{ name: 'last', value: undefined }]);
    expect(await again.get('last')).toBeUndefined();
    await again.close();
  });

  it('belongs to one at a time', async () => {
    const path = folder();
    const store = await Store.open(path);
    await expect(Store.open(path)).rejects.toThrow(StoreLockedError);
    await store.close();
    await (await Store.open(path)).close();
  });

  it(
    'has after kill -9 everything that it said was safe, and nothing by halves',
    { timeout: 60_000 },
    async () => {
      const path = folder();
      const program = `
      import { Store } from ${JSON.stringify(new URL('../../../live/store/store.ts', import.meta.url).href)};
      const store = await Store.open(${JSON.stringify(path)});
      const start = (await store.list('a/')).length;
      for (let i = start; ; i++) {
        const value = new TextEncoder().encode(String(i));
        const name = String(i).padStart(8, '0');
        store.change([{ name: 'a/' + name, value }, { name: 'b/' + name, value }]).then(() => process.stdout.write(i + '\\n'));
        if (i % 5 === 0) await new Promise((resolve) => setTimeout(resolve, 1));
      }`;
      let safe = -1;
      for (let round = 0; round < 6; round++) {
        const child = spawn(
          process.execPath,
          ['--import', 'tsx', '--input-type=module', '-e', program],
          { stdio: ['ignore', 'pipe', 'inherit'] },
        );
        let said = '';
        child.stdout.on('data', (chunk: Buffer) => (said += chunk.toString()));
        while (said === '') await new Promise((resolve) => setTimeout(resolve, 20));
        await new Promise((resolve) => setTimeout(resolve, 40 + 30 * round));
        child.kill('SIGKILL');
        await new Promise((resolve) => child.once('close', resolve));
        const lines = said.split('\n').slice(0, -1).map(Number);
        safe = Math.max(safe, ...lines);
        const store = await Store.open(path);
        const [a, b] = [await store.list('a/'), await store.list('b/')];
        await store.close();
        expect(a.map(({ name }) => name.slice(2))).toEqual(b.map(({ name }) => name.slice(2)));
        expect(a.length).toBeGreaterThan(safe);
        expect(a.map(({ value }) => Number(text(value)))).toEqual(a.map((_, i) => i));
      }
      expect(safe).toBeGreaterThan(50);
    },
  );
});
