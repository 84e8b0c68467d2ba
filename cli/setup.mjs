/**
 * Makes a fresh clone usable: installs from the lock file if needed, builds if any source is newer than the build. Plain JavaScript, since
 * it runs before anything is installed. Says one line for each thing it does and nothing when there is nothing to do.
 */
import { spawnSync } from 'node:child_process';
import {
  chmodSync,
  cpSync,
  existsSync,
  readdirSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const SOURCES = ['protocols', 'sim', 'scenarios', 'analysis', 'cli', 'bench'];
const [major, minor] = process.versions.node.split('.').map(Number);
if (major < 20 || (major === 20 && minor < 19)) {
  console.error(`Node ${process.version} is too old: 20.19 or newer is needed.`);
  process.exit(8);
}

function newest(folder) {
  let latest = 0;
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    const path = join(folder, entry.name);
    latest = Math.max(latest, entry.isDirectory() ? newest(path) : statSync(path).mtimeMs);
  }
  return latest;
}

function run(what, command, args) {
  console.error(what);
  const result = spawnSync(command, args, {
    cwd: root,
    stdio: ['ignore', 2, 2],
    shell: process.platform === 'win32',
  });
  if (result.status !== 0) {
    console.error(`${what} failed (${command} ${args.join(' ')}).`);
    process.exit(result.status ?? 8);
  }
}

const lock = join(root, 'package-lock.json');
const installed = join(root, 'node_modules', '.package-lock.json');
if (!existsSync(installed) || statSync(installed).mtimeMs < statSync(lock).mtimeMs) {
  run('Installing packages…', 'npm', ['ci', '--no-audit', '--no-fund', '--loglevel=error']);
}

const stamp = join(root, 'dist', '.built');
const changed = Math.max(
  ...SOURCES.map((folder) => newest(join(root, folder))),
  ...['tsconfig.json', 'tsconfig.build.json', 'package.json'].map(
    (file) => statSync(join(root, file)).mtimeMs,
  ),
);
if (!existsSync(stamp) || statSync(stamp).mtimeMs < changed) {
  rmSync(join(root, 'dist'), { recursive: true, force: true });
  run('Building…', process.execPath, [
    join(root, 'node_modules', '@typescript', 'native', 'bin', 'tsc'),
    '-p',
    'tsconfig.build.json',
  ]);
  cpSync(join(root, 'scenarios', 'gallery'), join(root, 'dist', 'scenarios', 'gallery'), {
    recursive: true,
  });
  chmodSync(join(root, 'dist', 'cli', 'main.js'), 0o755);
  writeFileSync(stamp, '');
}
