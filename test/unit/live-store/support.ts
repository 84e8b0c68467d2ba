/** What the tests of the store share: folders that go away again, stores that fail on demand, processes to kill. */
import { spawn, type ChildProcessByStdio } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import { afterAll } from 'vitest';
import { MemoryStore } from './memory-store.ts';
import type { Change } from '../../../live/store/port.ts';

/** A maker of empty folders that are removed after the file's tests. */
export function folders(): () => string {
  const made: string[] = [];
  afterAll(() => {
    for (const folder of made) rmSync(folder, { recursive: true, force: true });
  });
  return () => {
    const folder = mkdtempSync(join(tmpdir(), 'mainframe-live-store-'));
    made.push(folder);
    return folder;
  };
}

export const utf8 = (text: string): Uint8Array => new TextEncoder().encode(text);
export const textOf = (bytes: Uint8Array): string => new TextDecoder().decode(bytes);

/** `length` bytes that are all `value`. */
export const filled = (length: number, value: number): Uint8Array =>
  new Uint8Array(length).fill(value);

/** A memory store whose writes can be held back or refused, and are counted. */
export class TestStore extends MemoryStore {
  batches: (readonly Change[])[] = [];
  refuse: Error | undefined;
  hold: Promise<void> | undefined;

  override async batch(changes: readonly Change[]): Promise<void> {
    this.batches.push(changes);
    const { hold, refuse } = this;
    if (hold !== undefined) await hold;
    if (refuse !== undefined) throw refuse;
    await super.batch(changes);
  }
}

export type Child = ChildProcessByStdio<null, Readable, null>;

/** Runs a script of this folder from source. */
export function runScript(name: string, ...words: string[]): Child {
  const script = fileURLToPath(new URL(name, import.meta.url));
  return spawn(process.execPath, ['--import', 'tsx', script, ...words], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
}

export const pause = (ms: number): Promise<void> =>
  new Promise((resolve) => {
    setTimeout(resolve, ms);
  });
