/** The tables of one run below a folder: Arrow streams while it goes on, a Parquet file beside each when it has ended. */
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { ArrowFile, type Provenance } from './arrow-file.ts';
import { arrowToParquet } from './parquet.ts';
import type { Field, RowSink, TableWriter } from './sink.ts';

/** A `RowSink` that keeps tables in files. */
export class TableFolder implements RowSink {
  readonly #folder: string;
  readonly #provenance: Provenance;
  readonly #tables: { name: string; file: ArrowFile }[] = [];

  constructor(folder: string, provenance: Provenance) {
    this.#folder = folder;
    this.#provenance = provenance;
    mkdirSync(folder, { recursive: true });
  }

  defineTable(name: string, fields: readonly Field[]): TableWriter {
    const file = new ArrowFile(join(this.#folder, `${name}.arrow`), fields, this.#provenance);
    this.#tables.push({ name, file });
    return file;
  }

  /** The first error of the file system while rows were written: rows are missing since then. */
  get failure(): Error | undefined {
    return this.#tables.find(({ file }) => file.failure !== undefined)?.file.failure;
  }

  /** Ends all tables and writes `<name>.parquet` for each that is whole. @returns the names of the files made. */
  async close(): Promise<string[]> {
    const names: string[] = [];
    for (const { name, file } of this.#tables) {
      file.close();
      names.push(`${name}.arrow`);
      // Raw bytes are for the exporters, which make Parquet of them when asked.
      const raw = file.fields.some((field) => field.type === 'bytes');
      if (file.failure !== undefined || raw) continue;
      const parquet = `${name}.parquet`;
      await arrowToParquet(file.path, join(this.#folder, parquet), file.fields, this.#provenance);
      names.push(parquet);
    }
    return names;
  }
}
