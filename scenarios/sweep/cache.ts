/**
 * Finished runs of sweeps: `<out>/.sweep/<hash>/summary.json`, with the run's tables when the scenario records any.
 *
 * An entry appears by one rename when its run is whole, so what is found here need not be run again: a killed sweep goes on where it
 * was, and two sweeps that share points share their runs. A run that a limit of this machine ended is no entry; it may end elsewhere.
 */
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { ResolvedScenario } from '../model.ts';
import { provenanceOf } from '../results/identity.ts';
import { beginFolder, endFolder, removeAbandoned } from '../results/names.ts';
import { recordingSink } from '../results/recording.ts';
import type { RowSink } from '../results/sink.ts';
import { TableFolder } from '../results/tables.ts';
import type { RunSummary } from '../summary.ts';

function cacheFolder(out: string): string {
  return join(out, '.sweep');
}

/** The summary of a finished run, if the cache has it. */
export function readCache(out: string, hash: string): RunSummary | undefined {
  const path = join(cacheFolder(out), hash, 'summary.json');
  if (!existsSync(path)) return undefined;
  try {
    return JSON.parse(readFileSync(path, 'utf8')) as RunSummary;
  } catch {
    // Entries are renamed whole, so somebody edited this one; the run is made again.
    return undefined;
  }
}

/** Removes what workers that were ended left half-written. */
export function removeAbandonedEntries(out: string): void {
  if (existsSync(cacheFolder(out))) removeAbandoned(cacheFolder(out));
}

/** An entry while its run goes on. */
export class CacheEntry {
  readonly sink: RowSink;
  readonly #tables: TableFolder;
  readonly #partial: string;
  readonly #final: string;

  /** @throws the file system's error when the cache cannot be written. */
  constructor(out: string, hash: string, scenario: ResolvedScenario, seed: number) {
    mkdirSync(cacheFolder(out), { recursive: true });
    this.#final = join(cacheFolder(out), hash);
    this.#partial = beginFolder(this.#final);
    this.#tables = new TableFolder(this.#partial, provenanceOf(scenario, [seed]));
    this.sink = recordingSink(scenario.record, this.#tables);
  }

  /** Makes the run findable. @throws the file system's error when the disk refused any part of it. */
  async finish(summary: RunSummary): Promise<void> {
    const names = await this.#tables.close();
    if (this.#tables.failure !== undefined) throw this.#tables.failure;
    if (summary.endedEarly !== undefined) return this.discard();
    summary.files = [...names, 'summary.json'].sort();
    writeFileSync(join(this.#partial, 'summary.json'), JSON.stringify(summary));
    endFolder(this.#partial, this.#final);
  }

  discard(): void {
    rmSync(this.#partial, { recursive: true, force: true });
  }
}
