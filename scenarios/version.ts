/**
 * Which program made a result: package version and commit. The commit comes from git when the program runs from a clone,
 * else from the stamp that a release build leaves beside it; 'unknown' is said, never guessed.
 */
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

export interface BuildIdentity {
  version: string;
  commit: string;
}

let known: BuildIdentity | undefined;

/** Root of the package: the nearest folder above this file that holds package.json. */
export function packageRoot(): string {
  let folder = dirname(fileURLToPath(import.meta.url));
  for (;;) {
    try {
      readFileSync(join(folder, 'package.json'));
      return folder;
    } catch {
      const parent = dirname(folder);
      if (parent === folder) throw new Error('package.json not found above this file');
      folder = parent;
    }
  }
}

export function buildIdentity(): BuildIdentity {
  if (known !== undefined) return known;
  const root = packageRoot();
  const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as {
    version: string;
  };
  let commit = 'unknown';
  try {
    commit = execFileSync('git', ['rev-parse', '--short=9', 'HEAD'], {
      cwd: root,
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
    }).trim();
  } catch {
    // Not a clone: the version alone has to do.
  }
  known = { version, commit };
  return known;
}
