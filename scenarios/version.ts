/**
 * Which program made a result: package version and commit. A build carries the commit it was made from in `build.json` beside the
 * compiled code (cli/setup.mjs writes it; changed sources add a hash of the built code, so that two different programs never pass for one). Running from the sources, git is asked,
 * but only about this clone: inside somebody else's repository its answer would be about theirs. Else 'unknown' is said, never guessed.
 */
import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
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
  const commit = stampedCommit() ?? clonedCommit(root) ?? 'unknown';
  known = { version, commit };
  return known;
}

/** The stamp of a build: `build.json` above this file, when this file is compiled code. */
function stampedCommit(): string | undefined {
  if (import.meta.url.endsWith('.ts')) return undefined;
  try {
    const stamp = readFileSync(new URL('../build.json', import.meta.url), 'utf8');
    return (JSON.parse(stamp) as { commit?: string }).commit;
  } catch {
    return undefined;
  }
}

function clonedCommit(root: string): string | undefined {
  if (!existsSync(join(root, '.git'))) return undefined;
  try {
    return execFileSync('git', ['rev-parse', '--short=9', 'HEAD'], {
      cwd: root,
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
    }).trim();
  } catch {
    return undefined;
  }
}
