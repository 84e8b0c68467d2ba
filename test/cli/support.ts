/** Runs the built program as a user does, each test in a folder of its own. */
import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';

/** The built program; `npm test` builds it first. */
export const PROGRAM = resolve(process.env['MAINFRAME_PROGRAM'] ?? 'dist/cli/main.js');
if (!existsSync(PROGRAM)) throw new Error(`${PROGRAM} is not there: npm run build makes it`);

const ENVIRONMENT = { ...process.env, NO_COLOR: '1', COLUMNS: '100' };

export interface Ran {
  code: number | null;
  stdout: string;
  stderr: string;
}

/** Runs it to the end. */
export function mainframe(cwd: string, ...words: string[]): Ran {
  const { status, stdout, stderr } = spawnSync(process.execPath, [PROGRAM, ...words], {
    cwd,
    encoding: 'utf8',
    env: ENVIRONMENT,
  });
  return { code: status, stdout, stderr };
}

/** Process groups that still run; a failing test must not leave them behind. */
const running = new Set<number>();

/** Starts it as the leader of a process group, so that a signal can reach its workers too. */
export function start(
  cwd: string,
  ...words: string[]
): { child: ChildProcess; ended: Promise<Ran> } {
  const child = spawn(process.execPath, [PROGRAM, ...words], {
    cwd,
    env: ENVIRONMENT,
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let [stdout, stderr] = ['', ''];
  child.stdout!.on('data', (chunk: Buffer) => (stdout += chunk.toString()));
  child.stderr!.on('data', (chunk: Buffer) => (stderr += chunk.toString()));
  running.add(child.pid!);
  const ended = new Promise<Ran>((done) =>
    child.once('close', (code) => {
      running.delete(child.pid!);
      done({ code, stdout, stderr });
    }),
  );
  return { child, ended };
}

/** Calls `use` with an empty folder and removes it afterwards. */
export async function inFolder<T>(use: (folder: string) => T | Promise<T>): Promise<T> {
  const folder = mkdtempSync(join(tmpdir(), 'mainframe-test-'));
  try {
    return await use(folder);
  } finally {
    for (const group of running) process.kill(-group, 'SIGKILL');
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Waits until `there` is true. @throws after a minute or more of waiting. */
export async function until(there: () => boolean, what: string): Promise<void> {
  for (let round = 0; round < 3_000; round++) {
    if (there()) return;
    await new Promise((done) => setTimeout(done, 20));
  }
  throw new Error(`waited in vain for ${what}`);
}

/** A world of sixteen nodes that runs in a fraction of a second. */
export const TINY = `scenario: tiny
about: Does it run at all?
params:
  luminosity: { default: 2 bits, range: 0..8 bits }
world: { nodes: 16, duration: 1 min, warmup: 1 s, suite: modelled }
traffic:
  - { messages: 5, luminosity: $luminosity }
expect:
  - delivery.rate >= 1%
sweep:
  over: { luminosity: [0 bits, 1 bits, 2 bits] }
  repeat: 4
`;
