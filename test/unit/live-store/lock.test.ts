/** One folder, one process: who is refused hears by whom, and a killed process leaves nothing to clean up. */
import { mkdirSync, readFileSync, statSync, writeFileSync, existsSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { ClassicLevel } from 'classic-level';
import { LevelStore } from '../../../live/store/level-store.ts';
import { isAlive, readPid, removePid, replacePid } from '../../../live/store/pid-file.ts';
import { folders, pause, runScript, utf8, type Child } from './support.ts';

const folder = folders();

/** A process that has the folder; resolves with its first line. */
async function hold(path: string): Promise<{ child: Child; line: string }> {
  const child = runScript('holder.ts', path);
  const line = await new Promise<string>((resolve) => {
    child.stdout.once('data', (chunk: Buffer) => {
      resolve(chunk.toString().trim());
    });
  });
  return { child, line };
}

async function kill(child: Child): Promise<void> {
  const closed = new Promise((resolve) => child.once('close', resolve));
  child.kill('SIGKILL');
  await closed;
}

describe('a folder', { timeout: 60_000 }, () => {
  it('is refused to a second opening in the same process', async () => {
    const path = folder();
    const store = await LevelStore.open(path);
    await store.put('a', 'k', utf8('v'));
    await expect(LevelStore.open(path)).rejects.toMatchObject({
      name: 'StoreError',
      code: 'LEVEL_LOCKED',
      message: `This process (${process.pid}) has ${path} open already; it can be open once.`,
    });
    // The refusal took nothing from the holder.
    expect(readPid(path)).toBe(process.pid);
    await store.put('a', 'k', utf8('w'));
    await store.close();
    await store.close();
    expect(existsSync(join(path, 'node.pid'))).toBe(false);
    const again = await LevelStore.open(path);
    expect(await again.get('a', 'k')).toEqual(utf8('w'));
    expect(again.leftByPid).toBeUndefined();
    await again.close();
  });

  it('is refused while another process has it, and free once that is killed', async () => {
    const path = folder();
    const { child, line } = await hold(path);
    expect(line).toBe('open clean');
    await expect(LevelStore.open(path)).rejects.toMatchObject({
      code: 'LEVEL_LOCKED',
      message: `Process ${child.pid} has ${path} open; stop it first, or choose another folder.`,
    });
    // A file that names a dead process names nobody.
    writeFileSync(join(path, 'node.pid'), '2147483647\n');
    await expect(LevelStore.open(path)).rejects.toMatchObject({
      code: 'LEVEL_LOCKED',
      message: `Another process has ${path} open; stop it first, or choose another folder.`,
    });
    writeFileSync(join(path, 'node.pid'), `${child.pid}\n`);
    await kill(child);
    await pause(0);
    const store = await LevelStore.open(path);
    expect(store.leftByPid).toBe(child.pid);
    expect(readFileSync(join(path, 'node.pid'), 'utf8')).toBe(`${process.pid}\n`);
    await store.close();
    const next = await hold(path);
    expect(next.line).toBe('open clean');
    await kill(next.child);
    const last = await hold(path);
    expect(last.line).toBe(`open ${next.child.pid}`);
    await kill(last.child);
  });

  it('is readable by its owner alone', async () => {
    const path = join(folder(), 'deep', 'store');
    const store = await LevelStore.open(path);
    expect(statSync(path).mode & 0o777).toBe(0o700);
    expect(statSync(join(path, 'node.pid')).mode & 0o777).toBe(0o600);
    await store.close();
  });

  it('is refused if it holds another database, or is a file', async () => {
    const path = folder();
    const other = new ClassicLevel(path);
    await other.put('contact/abc', 'precious');
    await other.close();
    await expect(LevelStore.open(path)).rejects.toMatchObject({ code: 'STORE_FOREIGN' });
    await other.open();
    expect(await other.get('contact/abc')).toBe('precious');
    await other.close();
    const file = join(folder(), 'file');
    writeFileSync(file, '');
    await expect(LevelStore.open(file)).rejects.toMatchObject({ code: 'STORE_FAILED' });
  });

  it('that is damaged says so', async () => {
    const path = folder();
    const store = await LevelStore.open(path);
    await store.close();
    writeFileSync(join(path, 'level', 'CURRENT'), 'MANIFEST-999999\n');
    await expect(LevelStore.open(path)).rejects.toMatchObject({
      code: expect.stringMatching(/^STORE_(CORRUPT|FAILED)$/) as string,
      message: expect.stringContaining(path) as string,
    });
  });
});

describe('a pid file', () => {
  it('is believed only if it is a process number', () => {
    const path = folder();
    const file = join(path, 'node.pid');
    expect(readPid(path)).toBeUndefined();
    for (const text of [
      '',
      '0\n',
      '-1\n',
      '1 2\n',
      'abc',
      '99999999999\n',
      '2147483648\n',
      '١\n',
    ]) {
      writeFileSync(file, text);
      expect(readPid(path), JSON.stringify(text)).toBeUndefined();
    }
    for (const text of ['1', '1\n', '2147483647\n']) {
      writeFileSync(file, text);
      expect(readPid(path)).toBe(Number(text));
    }
  });

  it('is replaced by whoever has the lock and removed by nobody else', () => {
    const path = folder();
    writeFileSync(join(path, 'node.pid'), '2147483647\n');
    removePid(path);
    expect(readPid(path)).toBe(2147483647);
    expect(replacePid(path)).toBe(2147483647);
    expect(readPid(path)).toBe(process.pid);
    removePid(path);
    expect(readPid(path)).toBeUndefined();
    // A folder where it cannot be written is none of its business.
    mkdirSync(join(path, `.node.pid.${process.pid}`, 'x'), { recursive: true });
    expect(() => replacePid(path)).not.toThrow();
  });

  it('tells the living from the dead', () => {
    expect(isAlive(process.pid)).toBe(true);
    expect(isAlive(1)).toBe(true);
    expect(isAlive(2147483647)).toBe(false);
  });
});
