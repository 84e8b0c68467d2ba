/**
 * Runs dependency-cruiser and makes sure that it really looked: a cruiser that sees no module finds no violation either.
 */
import { spawnSync } from 'node:child_process';
import { execFileSync } from 'node:child_process';

const folders = ['protocols', 'sim', 'scenarios', 'analysis', 'live', 'cli', 'bench'];
const sources = execFileSync(
  'git',
  ['ls-files', ...folders.map((f) => `${f}/**/*.ts`), ...folders.map((f) => `${f}/*.ts`)],
  {
    encoding: 'utf8',
  },
)
  .split('\n')
  .filter((line) => line !== '');
const expected = new Set(sources).size;

const run = spawnSync(
  'npx',
  ['depcruise', ...folders, '--config', '.dependency-cruiser.cjs', '--output-type', 'json'],
  { encoding: 'utf8', maxBuffer: 1 << 28 },
);
const { summary, modules } = JSON.parse(run.stdout);
const own = modules.filter((m) => folders.some((f) => m.source.startsWith(`${f}/`))).length;
for (const violation of summary.violations) {
  console.log(`${violation.rule.name}: ${violation.from} -> ${violation.to}`);
}
console.log(
  `${own} modules cruised (${expected} source files), ${summary.violations.length} violations`,
);
if (own < expected || expected < 60) {
  console.log('the cruiser did not see every source file');
  process.exit(1);
}
process.exit(summary.violations.length === 0 ? 0 : 1);
