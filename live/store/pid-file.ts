/**
 * `node.pid`: which process has a store's folder.
 *
 * The file decides nothing. The lock is LevelDB's (fcntl), which the kernel drops with its process; a file with a number in it outlives kill -9 and
 * would lock everybody out. It exists so that the refusal can name the process, and so it is believed only as far as that: who holds the lock and finds
 * a file there knows that it is stale, and who is refused names the process only if one of that number is alive.
 */
import { readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const NAME = 'node.pid';

/** The number in a folder's pid file; undefined if there is no file or no such number in it. */
export function readPid(folder: string): number | undefined {
  let text: string;
  try {
    text = readFileSync(join(folder, NAME), 'latin1');
  } catch {
    return undefined;
  }
  if (!/^[1-9]\d{0,9}\n?$/.test(text)) return undefined;
  const pid = Number(text);
  // process.kill takes 32 bits with a sign, and reads what is beyond as a group.
  return pid <= 0x7fffffff ? pid : undefined;
}

/** Whether a process of that number runs, whoever owns it. */
export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

/**
 * Puts this process's number into the folder; call with the lock held.
 * @returns the number that a process left behind which did not close its store.
 */
export function replacePid(folder: string): number | undefined {
  const left = readPid(folder);
  const temporary = join(folder, `.${NAME}.${process.pid}`);
  try {
    writeFileSync(temporary, `${process.pid}\n`, { mode: 0o600 });
    renameSync(temporary, join(folder, NAME));
  } catch {
    // A disk too full for ten bytes: better no number than a wrong one. The lock holds without it.
    remove(temporary);
    remove(join(folder, NAME));
  }
  return left;
}

/** Removes the file if it is this process's; call with the lock still held. */
export function removePid(folder: string): void {
  if (readPid(folder) === process.pid) remove(join(folder, NAME));
}

function remove(path: string): void {
  try {
    rmSync(path, { recursive: true, force: true });
  } catch {
    // It stays, and is found stale by whoever has the lock next.
  }
}
