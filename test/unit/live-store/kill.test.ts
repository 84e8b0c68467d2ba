/** kill -9 in the middle of writing: what was said to be safe is there, and no group of changes is there by halves. */
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { LevelStore } from '../../../live/store/level-store.ts';

const ROUNDS = 8;
const PROGRAM = (path: string): string => `
  import { LevelStore } from ${JSON.stringify(new URL('../../../live/store/level-store.ts', import.meta.url).href)};
  const store = await LevelStore.open(${JSON.stringify(path)});
  const start = (await store.scan('a')).length;
  for (let i = start; ; i++) {
    const value = new TextEncoder().encode(String(i));
    const key = String(i).padStart(8, '0');
    store.batch([{ namespace: 'a', key, value }, { namespace: 'b', key, value }]).then(() => process.stdout.write(i + '\\n'));
    if (i % 5 === 0) await new Promise((resolve) => setTimeout(resolve, 1));
  }`;

it('loses nothing that was safe', { timeout: 90_000 }, async () => {
  const path = mkdtempSync(join(tmpdir(), 'mainframe-kill-'));
  try {
    let safe = -1;
    for (let round = 0; round < ROUNDS; round++) {
      const child = spawn(
        process.execPath,
        ['--import', 'tsx', '--input-type=module', '-e', PROGRAM(path)],
        { stdio: ['ignore', 'pipe', 'inherit'] },
      );
      let said = '';
      child.stdout.on('data', (chunk: Buffer) => (said += chunk.toString()));
      while (said === '') await new Promise((resolve) => setTimeout(resolve, 20));
      await new Promise((resolve) => setTimeout(resolve, 30 + 25 * round));
      child.kill('SIGKILL');
      await new Promise((resolve) => child.once('close', resolve));
      safe = Math.max(safe, ...said.split('\n').slice(0, -1).map(Number));
      const store = await LevelStore.open(path);
      expect(store.leftByPid).toBe(child.pid);
      const [a, b] = [await store.scan('a'), await store.scan('b')];
      await store.close();
      expect(a.map(({ key }) => key)).toEqual(b.map(({ key }) => key));
      expect(a.length).toBeGreaterThan(safe);
      expect(a.map(({ key }) => Number(key))).toEqual(a.map((_, i) => i));
    }
    expect(safe).toBeGreaterThan(50);
  } finally {
    rmSync(path, { recursive: true, force: true });
  }
});
