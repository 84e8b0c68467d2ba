/**
 * Runs every gallery scenario in its small form, end to end through the built program, and compares its digest with the recorded one.
 * `--record` writes new digests: a change of a digest is explained in the commit that makes it.
 */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const here = dirname(fileURLToPath(import.meta.url));
const program = join(here, '..', '..', 'dist', 'cli', 'main.js');
const recordedFile = join(here, 'golden.json');
const recorded = JSON.parse(readFileSync(recordedFile, 'utf8'));
const out = mkdtempSync(join(tmpdir(), 'mainframe-golden-'));
let wrong = 0;
for (const name of Object.keys(recorded)) {
  const run = spawnSync(
    process.execPath,
    [program, 'run', name, '--small', '--json', '--out', out],
    { encoding: 'utf8', maxBuffer: 1 << 26 },
  );
  // 4: an expectation is broken, which is an answer; the digest is the same all the same.
  if (run.status !== 0 && run.status !== 4) {
    console.log(`${name}: exit ${run.status}\n${run.stderr}${run.stdout.slice(0, 2000)}`);
    wrong++;
    continue;
  }
  const summary = JSON.parse(run.stdout);
  const same = summary.digest === recorded[name];
  console.log(`${same ? 'same' : 'DIFFERS'}  ${name}  ${summary.digest}  ${summary.events} events`);
  if (process.argv.includes('--record')) recorded[name] = summary.digest;
  else if (!same) wrong++;
}
rmSync(out, { recursive: true, force: true });
if (process.argv.includes('--record')) {
  writeFileSync(recordedFile, `${JSON.stringify(recorded, null, 2)}\n`);
}
process.exit(wrong === 0 ? 0 : 1);
