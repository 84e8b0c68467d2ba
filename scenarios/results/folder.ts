/**
 * The folder of one run, `<out>/<id>-<scenario>/`: filled beside its place while the run goes on, moved there when it has ended.
 *
 * An interrupted run ends in a folder too, marked by `endedEarly` in its summary, and is replaced when it is run again. When the disk
 * refuses, what could be written stays under a name that says so (`StorageError`).
 */
import { existsSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { ResolvedScenario } from '../model.ts';
import type { RunSummary } from '../summary.ts';
import { buildIdentity } from '../version.ts';
import { KEY_LOG_FILE } from './datagrams.ts';
import { provenanceOf, runHash, scenarioHash } from './identity.ts';
import { junitXml } from './junit.ts';
import { METRIC_FIELDS, metricRows } from './metrics-table.ts';
import { beginFolder, DIFFERENT, endFolder, findByHash, folderName } from './names.ts';
import { writeParquet } from './parquet.ts';
import { KeyLogFile } from './key-log.ts';
import { recordingSink, recordsDatagrams } from './recording.ts';
import type { RowSink } from './sink.ts';
import { TableFolder } from './tables.ts';

/** The file system refused while results were written. `kept` is the folder with what could be written. */
export class StorageError extends Error {
  readonly kept: string;
  override readonly cause: Error;

  constructor(cause: Error, kept: string) {
    super(cause.message);
    this.cause = cause;
    this.kept = kept;
  }
}

/** A finished folder of this very run, if there is one. */
export function findRun(out: string, hash: string): string | undefined {
  return findByHash(out, 'run.json', hash);
}

/** What a run's folder says besides its results. */
export interface RunPapers {
  /** The command line that makes this run again. */
  command: string;
  /** The scenario with every default filled in, as a file that can be run. */
  resolvedYaml: string;
  /** Puts the folder beside the run of the same name instead of in its place: its digest is a different one. */
  differs?: boolean;
}

/** A run's folder while it is being filled. */
export class RunFolder {
  readonly hash: string;
  /** Where the run's rows go. */
  readonly sink: RowSink;
  /** Where the keys of encrypted links go, when datagrams are recorded. */
  readonly keyLog: KeyLogFile | undefined;
  readonly #tables: TableFolder;
  readonly #final: string;
  readonly #partial: string;
  readonly #scenario: ResolvedScenario;
  readonly #seed: number;

  /** Makes the folder to fill. @throws the file system's error when `out` cannot be written. */
  constructor(out: string, scenario: ResolvedScenario, seed: number) {
    this.hash = runHash(scenario, seed);
    this.#scenario = scenario;
    this.#seed = seed;
    this.#final =
      findRun(out, this.hash) ?? join(out, folderName(out, this.hash, scenario.scenario));
    this.#partial = beginFolder(this.#final);
    this.#tables = new TableFolder(this.#partial, provenanceOf(scenario, [seed]));
    this.sink = recordingSink(scenario.record, this.#tables);
    if (recordsDatagrams(scenario.record) && scenario.services.link !== undefined)
      this.keyLog = new KeyLogFile(join(this.#partial, KEY_LOG_FILE), scenario.world.suite);
  }

  /** True once the disk has refused rows; the run should be ended. */
  get refused(): boolean {
    return this.#tables.failure !== undefined || this.keyLog?.failure !== undefined;
  }

  /**
   * Writes everything and moves the folder to its place; `summary.files` is filled in. @returns its path.
   * @throws StorageError when the disk refuses, after writing what it takes.
   */
  async finish(summary: RunSummary, papers: RunPapers): Promise<string> {
    let failure: Error | undefined;
    const attempt = async (write: () => void | Promise<void>): Promise<void> => {
      try {
        await write();
      } catch (error) {
        if (!(error instanceof Error) || !('syscall' in error)) throw error;
        failure ??= error;
      }
    };
    const names: string[] = [];
    const write = (name: string, text: string): Promise<void> =>
      attempt(() => {
        const path = join(this.#partial, name);
        try {
          writeFileSync(path, text);
        } catch (error) {
          // Half a JSON file is worse than none.
          rmSync(path, { force: true });
          throw error;
        }
        names.push(name);
      });
    const json = (value: unknown): string => `${JSON.stringify(value, null, 2)}\n`;

    // The small files first: on a disk that is nearly full they matter more than tables.
    await write('scenario.resolved.yaml', papers.resolvedYaml);
    await write('scenario.json', json(this.#scenario));
    await write('junit.xml', junitXml(summary.scenario, summary.expectations, summary.wallSeconds));
    await write('run.json', json(this.#manifest(summary, papers.command)));
    const path = join(this.#partial, 'metrics.parquet');
    await attempt(async () => {
      const provenance = provenanceOf(this.#scenario, [this.#seed]);
      await writeParquet(path, METRIC_FIELDS, metricRows(summary), provenance);
      names.push('metrics.parquet');
    });
    await attempt(async () => {
      names.push(...(await this.#tables.close()));
    });
    failure ??= this.#tables.failure ?? this.keyLog?.failure;
    if (this.keyLog !== undefined) names.push(KEY_LOG_FILE);
    this.keyLog?.close();
    summary.files = [...names, 'summary.json'].sort();
    await write('summary.json', json(summary));

    if (failure !== undefined) {
      const kept = `${this.#final}.partial`;
      rmSync(kept, { recursive: true, force: true });
      renameSync(this.#partial, kept);
      throw new StorageError(failure, kept);
    }
    const place = papers.differs === true ? `${this.#final}${DIFFERENT}` : this.#final;
    endFolder(this.#partial, place);
    return place;
  }

  /** Removes what was begun (a run that failed before it had results). */
  discard(): void {
    this.keyLog?.close();
    if (existsSync(this.#partial)) rmSync(this.#partial, { recursive: true, force: true });
  }

  #manifest(summary: RunSummary, command: string): object {
    return {
      schema: 'run/v1',
      hash: this.hash,
      ...buildIdentity(),
      platform: `${process.platform} ${process.arch}`,
      node: process.version,
      command,
      seed: this.#seed,
      digest: summary.digest,
      scenarioHash: scenarioHash(this.#scenario),
    };
  }
}
