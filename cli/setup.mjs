/**
 * Makes a fresh clone usable: installs from the lock file if needed, builds if any source is newer than the build. Plain JavaScript, since
 * it runs before anything is installed. Says one line for each thing it does and nothing when there is nothing to do.
 *
 * A build is made aside and moved to `dist/` when it is whole, so a build that fails leaves the last good one, and two builds at a time
 * do not mix. `dist/build.json` says what was built from what: results carry that as their commit.
 */
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  chmodSync,
  cpSync,
  existsSync,
  lstatSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const dist = join(root, 'dist');
const SOURCES = ['protocols', 'sim', 'scenarios', 'analysis', 'live', 'cli', 'bench'];
const SETTINGS = ['tsconfig.json', 'tsconfig.build.json', 'package.json'];
/** Exit code of a machine that is not fit (see `mainframe --help`). */
const ENVIRONMENT = 8;

const [major, minor] = process.versions.node.split('.').map(Number);
if (major < 20 || (major === 20 && minor < 19)) {
  console.error(`Node ${process.version} is too old: 20.19 or newer is needed.`);
  process.exit(ENVIRONMENT);
}

/** Latest change of a file below a folder (of the folders too, so that a removed file counts), in ms. */
function newest(folder) {
  let latest = statSync(folder).mtimeMs;
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    const path = join(folder, entry.name);
    latest = Math.max(latest, entry.isDirectory() ? newest(path) : statSync(path).mtimeMs);
  }
  return latest;
}

/** Runs a step that has to succeed; its output goes to stderr. */
function run(what, command, words) {
  console.error(what);
  const { status, error } = spawnSync(command, words, {
    cwd: root,
    stdio: ['ignore', 2, 2],
    shell: process.platform === 'win32',
  });
  if (status === 0) return;
  console.error(`${what} failed: ${error?.message ?? `${command} ended with ${status}`}.`);
  process.exit(ENVIRONMENT);
}

function git(...words) {
  const { status, stdout } = spawnSync('git', words, { cwd: root, encoding: 'utf8' });
  return status === 0 ? stdout.trim() : undefined;
}

/** Commit of the sources; with changes on top, a hash of what was built from them is added. */
function commitOf(built) {
  if (!existsSync(join(root, '.git'))) return 'unknown';
  const head = git('rev-parse', '--short=9', 'HEAD');
  if (head === undefined) return 'unknown';
  if (git('status', '--porcelain', '--', ...SOURCES, ...SETTINGS) === '') return head;
  const hash = createHash('sha256');
  const add = (folder) => {
    for (const name of readdirSync(folder).sort()) {
      const path = join(folder, name);
      if (statSync(path).isDirectory()) add(path);
      else if (/\.(js|yaml)$/.test(name)) hash.update(name).update(readFileSync(path));
    }
  };
  add(built);
  return `${head}+${hash.digest('hex').slice(0, 8)}`;
}

/** What HEAD is now, without starting git: its name, and what the name stands for. */
function headNow() {
  const read = (path) => {
    try {
      return readFileSync(join(root, '.git', path), 'utf8').trim();
    } catch {
      return '';
    }
  };
  const head = read('HEAD');
  const reference = /^ref: (.*)$/.exec(head)?.[1];
  return reference === undefined ? head : `${reference} ${read(reference)}`;
}

const stampFile = (folder) => join(folder, 'build.json');
function stamp(folder) {
  const text = JSON.stringify({ commit: commitOf(folder), head: headNow() }, null, 2);
  writeFileSync(stampFile(folder), `${text}\n`);
}

/** True when what is installed is what the lock file names, whatever their times say (a checkout touches the lock file). */
function isInstalled(lock, installed) {
  const packagesOf = (path) => JSON.parse(readFileSync(path, 'utf8')).packages;
  const wanted = packagesOf(lock);
  const there = packagesOf(installed);
  return Object.entries(wanted).every(
    ([path, { version, optional }]) =>
      path === '' ||
      (there[path] === undefined ? optional === true : there[path].version === version),
  );
}

function install() {
  const lock = join(root, 'package-lock.json');
  const folder = join(root, 'node_modules');
  const installed = join(folder, '.package-lock.json');
  if (existsSync(installed)) {
    if (statSync(installed).mtimeMs >= statSync(lock).mtimeMs) return;
    if (isInstalled(lock, installed)) return;
  }
  // `npm ci` empties the folder first. Behind a link that is somebody else's folder, in use by somebody else.
  if (lstatSync(folder, { throwIfNoEntry: false })?.isSymbolicLink()) {
    console.error(
      'node_modules is a link to packages other than package-lock.json names. Install them there, or remove the link.',
    );
    process.exit(ENVIRONMENT);
  }
  run('Installing packages…', 'npm', ['ci', '--no-audit', '--no-fund', '--loglevel=error']);
}

function build() {
  const changed = Math.max(
    ...SOURCES.map((folder) => newest(join(root, folder))),
    ...SETTINGS.map((file) => statSync(join(root, file)).mtimeMs),
  );
  const current = stampFile(dist);
  if (existsSync(current) && statSync(current).mtimeMs >= changed) {
    // Committing what was built changes no file, only the name of what was built.
    if (JSON.parse(readFileSync(current, 'utf8')).head !== headNow()) stamp(dist);
    return;
  }
  const fresh = join(root, 'node_modules', `.mainframe-build.${process.pid}`);
  process.on('exit', () => rmSync(fresh, { recursive: true, force: true }));
  const compiler = join(root, 'node_modules', '@typescript', 'native', 'bin', 'tsc');
  const words = [compiler, '-p', 'tsconfig.build.json', '--outDir', fresh];
  run('Building…', process.execPath, words);
  const gallery = join('scenarios', 'gallery');
  cpSync(join(root, gallery), join(fresh, gallery), { recursive: true });
  chmodSync(join(fresh, 'cli', 'main.js'), 0o755);
  stamp(fresh);
  rmSync(dist, { recursive: true, force: true });
  renameSync(fresh, dist);
}

install();
build();
