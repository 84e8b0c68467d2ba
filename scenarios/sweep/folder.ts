/**
 * The folder of a sweep, `<out>/<id>-<scenario>-sweep/`: its summary, every run's summary as one line of `runs.ndjson`, and the same
 * numbers as one table. The same plan has the same folder, so a sweep that is resumed replaces what the interrupted one left.
 */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { sha256 } from '@noble/hashes/sha2.js';
import { bytesToHex, utf8ToBytes } from '@noble/hashes/utils.js';
import type { ResolvedScenario } from '../model.ts';
import { provenanceOf, scenarioHash } from '../results/identity.ts';
import { junitXml } from '../results/junit.ts';
import { METRIC_FIELDS, metricRows } from '../results/metrics-table.ts';
import { beginFolder, endFolder, findByHash, folderName } from '../results/names.ts';
import { writeParquet } from '../results/parquet.ts';
import type { Field } from '../results/sink.ts';
import type { SweepSummary } from '../summary.ts';
import { buildIdentity } from '../version.ts';
import type { PointRuns } from './summarise.ts';

/** What names a sweep's folder and is written into it. */
export interface SweepPapers {
  out: string;
  /** Hashes of all runs of the plan, in its order. */
  hashes: readonly string[];
  seeds: readonly number[];
  /** The scenario at the first point. */
  scenario: ResolvedScenario;
  command: string;
}

/** Writes the folder; `summary.files` is filled in. @returns its path. */
export async function writeSweepFolder(
  papers: SweepPapers,
  points: readonly PointRuns[],
  summary: SweepSummary,
): Promise<string> {
  const { out, scenario } = papers;
  const hash = bytesToHex(sha256(utf8ToBytes(papers.hashes.join('/'))));
  const final =
    findByHash(out, 'sweep.json', hash) ??
    join(out, folderName(out, hash, scenario.scenario, '-sweep'));
  const partial = beginFolder(final);
  const write = (name: string, text: string): void => writeFileSync(join(partial, name), text);
  const json = (value: unknown): string => `${JSON.stringify(value, null, 2)}\n`;
  write(
    'sweep.json',
    json({
      schema: 'sweep/v1',
      hash,
      ...buildIdentity(),
      platform: `${process.platform} ${process.arch}`,
      node: process.version,
      command: papers.command,
      seeds: papers.seeds,
      scenarioHash: scenarioHash(scenario),
    }),
  );
  write('scenario.json', json(scenario));
  write(
    'runs.ndjson',
    points
      .flatMap(({ params, runs }) =>
        runs.map(({ seed, summary: run }) => `${JSON.stringify({ params, seed, summary: run })}\n`),
      )
      .join(''),
  );
  write('junit.xml', junitXml(summary.scenario, summary.expectations, summary.wallSeconds));
  await writeSweepTable(join(partial, 'metrics.parquet'), papers, points);
  summary.files = [
    'junit.xml',
    'metrics.parquet',
    'runs.ndjson',
    'scenario.json',
    'summary.json',
    'sweep.json',
  ];
  write('summary.json', json(summary));
  endFolder(partial, final);
  return final;
}

/** One row for each point, seed, metric and role. */
async function writeSweepTable(
  path: string,
  papers: SweepPapers,
  points: readonly PointRuns[],
): Promise<void> {
  const parameters = Object.keys(points[0]?.params ?? {});
  const fields: Field[] = [
    ...parameters.map((name): Field => ({
      name,
      type: 'text',
      unit: '',
      meaning: 'Swept parameter, as written in the scenario',
    })),
    { name: 'seed', type: 'int', unit: 'count', meaning: 'Seed of the run' },
    ...METRIC_FIELDS,
  ];
  const rows = points.flatMap(({ params, runs }) =>
    runs.flatMap(({ seed, summary }) =>
      metricRows(summary).map((row) => [
        ...parameters.map((name) => params[name] ?? ''),
        seed,
        ...row,
      ]),
    ),
  );
  await writeParquet(path, fields, rows, provenanceOf(papers.scenario, papers.seeds));
}
