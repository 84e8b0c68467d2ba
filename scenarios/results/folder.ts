/**
 * Result folders: `<out>/<id>-<scenario>/`, written beside their place and renamed when complete, so that a folder that exists is
 * whole. An interrupted run still ends in a folder, marked by `endedEarly` in its summary; only a killed process leaves a
 * `.partial` behind, which the next run of the same name replaces.
 */
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { METRICS } from '../metrics.ts';
import type { ResolvedScenario } from '../model.ts';
import type { RunSummary } from '../summary.ts';
import { buildIdentity } from '../version.ts';
import { runHash, scenarioHash } from './identity.ts';
import { junitXml } from './junit.ts';
import { TableFolder, writeParquet, type Provenance } from './tables.ts';

/** Hex digits of a run's name in its folder; lengthened where two runs would share them. */
const ID_DIGITS = 4;

/** A finished folder of this very run, if there is one. */
export function findRun(out: string, hash: string): string | undefined {
  return findByHash(out, 'run.json', hash);
}

/** The folder below `out` whose manifest carries `hash`. */
export function findByHash(out: string, manifestName: string, hash: string): string | undefined {
  if (!existsSync(out)) return undefined;
  for (const name of readdirSync(out)) {
    const id = name.split('-', 1)[0]!;
    if (id.length < ID_DIGITS || !hash.startsWith(id) || name.endsWith('.partial')) continue;
    const manifest = join(out, name, manifestName);
    if (!existsSync(manifest)) continue;
    const { hash: found } = JSON.parse(readFileSync(manifest, 'utf8')) as { hash?: string };
    if (found === hash) return join(out, name);
  }
  return undefined;
}

/** A free folder name for `hash`: as short an id as no other run has. */
export function folderName(out: string, hash: string, scenario: string, suffix = ''): string {
  const taken = existsSync(out) ? readdirSync(out).map((name) => name.split('-', 1)[0]!) : [];
  let digits = ID_DIGITS;
  while (taken.some((id) => id === hash.slice(0, digits)) && digits < hash.length) digits++;
  return `${hash.slice(0, digits)}-${scenario}${suffix}`;
}

export function provenanceOf(scenario: ResolvedScenario, seed: number | string): Provenance {
  const { version, commit } = buildIdentity();
  return {
    program: 'mainframe',
    version,
    commit,
    scenario: scenario.scenario,
    scenarioHash: scenarioHash(scenario),
    seed: String(seed),
  };
}

/** A run folder while it is being filled. */
export class RunFolder {
  readonly hash: string;
  readonly tables: TableFolder;
  readonly #final: string;
  readonly #partial: string;
  readonly #scenario: ResolvedScenario;
  readonly #seed: number;

  /** Makes the partial folder. @throws the file system's error when `out` cannot be written. */
  constructor(out: string, scenario: ResolvedScenario, seed: number) {
    mkdirSync(out, { recursive: true });
    this.hash = runHash(scenario, seed);
    this.#scenario = scenario;
    this.#seed = seed;
    this.#final = join(out, folderName(out, this.hash, scenario.scenario));
    this.#partial = `${this.#final}.partial`;
    rmSync(this.#partial, { recursive: true, force: true });
    mkdirSync(this.#partial);
    this.tables = new TableFolder(this.#partial, provenanceOf(scenario, seed));
  }

  /** Writes everything and moves the folder to its place. @returns its path. */
  async finish(summary: RunSummary, command: string, resolvedYaml: string): Promise<string> {
    const write = (name: string, text: string): void =>
      writeFileSync(join(this.#partial, name), text);
    const tableFiles = await this.tables.close();
    await writeMetrics(
      join(this.#partial, 'metrics.parquet'),
      summary,
      provenanceOf(this.#scenario, this.#seed),
    );
    write('scenario.resolved.yaml', resolvedYaml);
    write('scenario.json', `${JSON.stringify(this.#scenario, null, 2)}\n`);
    write('junit.xml', junitXml(summary.scenario, summary.expectations, summary.wallSeconds));
    write(
      'run.json',
      `${JSON.stringify(
        {
          schema: 'run/v1',
          hash: this.hash,
          ...buildIdentity(),
          platform: `${process.platform} ${process.arch}`,
          node: process.version,
          command,
          seed: this.#seed,
          digest: summary.digest,
          scenarioHash: scenarioHash(this.#scenario),
        },
        null,
        2,
      )}\n`,
    );
    summary.files = [
      ...tableFiles,
      'junit.xml',
      'metrics.parquet',
      'run.json',
      'scenario.json',
      'scenario.resolved.yaml',
      'summary.json',
    ].sort();
    write('summary.json', `${JSON.stringify(summary, null, 2)}\n`);
    rmSync(this.#final, { recursive: true, force: true });
    renameSync(this.#partial, this.#final);
    return this.#final;
  }

  /** Removes what was begun (a run that failed before it had results). */
  discard(): void {
    rmSync(this.#partial, { recursive: true, force: true });
  }
}

const METRIC_FIELDS = [
  { name: 'metric', type: 'text', unit: '', meaning: 'Name in the glossary' },
  {
    name: 'role',
    type: 'text',
    unit: '',
    meaning: 'Role of the nodes it belongs to; empty for all',
  },
  { name: 'unit', type: 'text', unit: '', meaning: 'Base unit of the numbers' },
  { name: 'count', type: 'int', unit: 'count', meaning: 'Samples' },
  { name: 'mean', type: 'float', unit: 'as unit', meaning: 'Mean of the samples' },
  { name: 'median', type: 'float', unit: 'as unit', meaning: 'Median' },
  { name: 'p95', type: 'float', unit: 'as unit', meaning: '95% quantile' },
  { name: 'p99', type: 'float', unit: 'as unit', meaning: '99% quantile' },
  { name: 'min', type: 'float', unit: 'as unit', meaning: 'Smallest sample' },
  { name: 'max', type: 'float', unit: 'as unit', meaning: 'Largest sample' },
] as const;

async function writeMetrics(
  path: string,
  summary: RunSummary,
  provenance: Provenance,
): Promise<void> {
  const tables = [['', summary.metrics] as const, ...Object.entries(summary.byRole)];
  const rows = tables.flatMap(([role, metrics]) =>
    METRICS.flatMap(({ name }) => {
      const m = metrics[name];
      return m === undefined
        ? []
        : [[name, role, m.unit, m.count, m.mean, m.median, m.p95, m.p99, m.min, m.max]];
    }),
  );
  await writeParquet(path, METRIC_FIELDS, rows, provenance);
}
