/**
 * `npm run bench [-- name…] [-- --json] [-- --quick]`: measures what users and reviewers ask about, on this machine.
 * Machines are noisy: trust ratios taken in one run more than rates. Nothing here fails a build; CI checks counted work instead.
 */
import { cpus } from 'node:os';
import { buildIdentity } from '../scenarios/version.ts';
import { buildBench } from './build.ts';
import { codecBench } from './codec.ts';
import { cryptoBench } from './crypto.ts';
import { economyBench } from './economy.ts';
import { groupBench } from './group.ts';
import type { BenchCase, BenchRow } from './harness.ts';
import { hopsBench } from './hops.ts';
import { ledgerBench } from './ledger.ts';
import { linkBench } from './link.ts';
import { liveBench } from './live.ts';
import { lookupBench } from './lookup.ts';
import { pholdBench } from './phold.ts';

const CASES: readonly BenchCase[] = [
  pholdBench,
  hopsBench,
  lookupBench,
  codecBench,
  cryptoBench,
  linkBench,
  groupBench,
  liveBench,
  economyBench,
  ledgerBench,
  buildBench,
];

async function main(): Promise<void> {
  const words = process.argv.slice(2);
  const json = words.includes('--json');
  const quick = words.includes('--quick');
  const names = words.filter((word) => !word.startsWith('--'));
  const unknown = names.filter((name) => !CASES.some((c) => c.name === name));
  if (unknown.length > 0) {
    process.stderr.write(
      `No bench "${unknown.join('", "')}". There are: ${CASES.map((c) => c.name).join(', ')}.\n`,
    );
    process.exitCode = 2;
    return;
  }
  const machine = {
    node: process.version,
    cpu: cpus()[0]?.model ?? 'unknown',
    cores: cpus().length,
    ...buildIdentity(),
  };
  if (!json)
    process.stdout.write(
      `${machine.node} · ${machine.cpu} · ${machine.cores} cores · ${machine.commit}\n`,
    );
  const rows: BenchRow[] = [];
  for (const bench of CASES) {
    if (names.length > 0 && !names.includes(bench.name)) continue;
    const made = await bench.run({ quick });
    rows.push(...made);
    if (!json) for (const row of made) process.stdout.write(`${line(row)}\n`);
  }
  if (json)
    process.stdout.write(`${JSON.stringify({ schema: 'bench/v1', machine, rows }, null, 2)}\n`);
}

function line(row: BenchRow): string {
  const spread = `[${number(row.low)} – ${number(row.high)}]`;
  const ratio = row.ratio === undefined ? '' : `  ${row.ratio.toFixed(2)}x ${row.baseline ?? ''}`;
  const goal =
    row.goal === undefined ? '' : `  goal ${row.goal}: ${row.met === true ? 'met' : 'NOT met'}`;
  return `${row.bench.padEnd(8)} ${row.case.padEnd(40)} ${number(row.median).padStart(12)} ${row.unit.padEnd(12)} ${spread}${ratio}${goal}`;
}

function number(value: number): string {
  return value >= 1000 ? Math.round(value).toLocaleString('en') : value.toPrecision(4);
}

await main();
