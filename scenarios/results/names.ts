/**
 * Names of result folders: `<id>-<scenario>`, where the id is the beginning of the run's hash, as short as the other folders allow.
 *
 * A folder is written beside its place, under a name that no reader looks at and that carries the writer's process id, and is renamed when
 * it is whole. So a folder that can be seen is complete, two processes that make the same run do not write into each other's files, and
 * what a killed process left is recognised (its process is gone) and removed.
 */
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';

/** Hex digits of a hash in a folder's name, unless another folder has the same. */
const ID_DIGITS = 4;
/** Ends of names that are not results. */
const PARTIAL = '.partial';
const ASIDE = '.aside';
/** A repeated run whose digest was different, kept beside the first for comparison. */
export const DIFFERENT = '.different';

/** True for the name of a finished result. */
export function isResultName(name: string): boolean {
  return /^[0-9a-f]{4,64}-/.test(name) && !/\.(partial|aside|different)$/.test(name);
}

/** The folder below `out` whose manifest (a JSON file of that name) carries `hash`. */
export function findByHash(out: string, manifestName: string, hash: string): string | undefined {
  if (!existsSync(out)) return undefined;
  for (const name of readdirSync(out)) {
    if (!isResultName(name) || !hash.startsWith(name.split('-', 1)[0]!)) continue;
    const path = join(out, name);
    if (hashIn(join(path, manifestName)) === hash) return path;
  }
  return undefined;
}

function hashIn(manifest: string): string | undefined {
  try {
    return (JSON.parse(readFileSync(manifest, 'utf8')) as { hash?: string }).hash;
  } catch {
    // No manifest, or one that somebody edited: then it is not a result of ours.
    return undefined;
  }
}

/** A free folder name for `hash`, with as short an id as no other result has. */
export function folderName(out: string, hash: string, scenario: string, suffix = ''): string {
  const taken = existsSync(out) ? readdirSync(out).filter(isResultName) : [];
  const ids = new Set(taken.map((name) => name.split('-', 1)[0]));
  let digits = ID_DIGITS;
  while (ids.has(hash.slice(0, digits)) && digits < hash.length) digits++;
  return `${hash.slice(0, digits)}-${scenario}${suffix}`;
}

/** Removes what dead processes left half-written in a folder of results. */
export function removeAbandoned(out: string): void {
  for (const name of readdirSync(out)) {
    const match = /\.(\d+)\.(?:partial|aside)$/.exec(name);
    if (match !== null && !isAlive(Number(match[1]))) {
      rmSync(join(out, name), { recursive: true, force: true });
    }
  }
}

/** Makes an empty folder to fill for the place `final`, beside it; what dead processes left there is removed. */
export function beginFolder(final: string): string {
  const out = join(final, '..');
  mkdirSync(out, { recursive: true });
  removeAbandoned(out);
  const partial = `${final}.${process.pid}${PARTIAL}`;
  rmSync(partial, { recursive: true, force: true });
  mkdirSync(partial);
  return partial;
}

/** Puts a filled folder into its place; what was there before is replaced in one step. */
export function endFolder(partial: string, final: string): void {
  if (!existsSync(final)) {
    renameSync(partial, final);
    return;
  }
  const aside = `${final}.${process.pid}${ASIDE}`;
  renameSync(final, aside);
  renameSync(partial, final);
  rmSync(aside, { recursive: true, force: true });
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error instanceof Error && 'code' in error && error.code === 'EPERM';
  }
}
