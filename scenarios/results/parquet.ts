/**
 * Parquet files: small tables at once, tables of a run from their Arrow stream, row group by row group.
 *
 * Parquet has no place for a unit in a column, so unit and meaning stand in the file's key-value metadata as `column.<name>.unit`
 * and `column.<name>.meaning`, beside the provenance. DuckDB, polars and pandas show them.
 */
import { createReadStream } from 'node:fs';
import { RecordBatchReader } from 'apache-arrow';
import { ParquetWriter } from 'hyparquet-writer';
import { fileWriter } from 'hyparquet-writer/src/node.js';
import type { Provenance } from './arrow-file.ts';
import type { Cell, Field } from './sink.ts';

/** Rows of a row group: readers skip and decode by group, so it is larger than a batch of the stream. */
const GROUP_ROWS = 65_536;

const TYPES = {
  int: 'INT64',
  float: 'DOUBLE',
  bool: 'BOOLEAN',
  text: 'BYTE_ARRAY',
  bytes: 'BYTE_ARRAY',
} as const;

function open(path: string, fields: readonly Field[], provenance: Provenance): ParquetWriter {
  return new ParquetWriter({
    writer: fileWriter(path),
    schema: [
      { name: 'root', num_children: fields.length },
      ...fields.map((field) => ({
        name: field.name,
        type: TYPES[field.type],
        repetition_type: 'REQUIRED' as const,
        ...(field.type === 'text' ? { converted_type: 'UTF8' as const } : {}),
      })),
    ],
    kvMetadata: [
      ...Object.entries(provenance).map(([key, value]) => ({ key, value })),
      ...fields.flatMap((field) => [
        { key: `column.${field.name}.unit`, value: field.unit },
        { key: `column.${field.name}.meaning`, value: field.meaning },
      ]),
    ],
    createdBy: 'mainframe',
  });
}

/** A Parquet file that is fed row by row. Memory: one row group. */
export class ParquetRows {
  readonly #parquet: ParquetWriter;
  readonly #fields: readonly Field[];
  readonly #groupRows: number;
  readonly #columns: unknown[][];

  /** @throws the file system's error when the file cannot be created. */
  constructor(
    path: string,
    fields: readonly Field[],
    provenance: Provenance,
    groupRows = GROUP_ROWS,
  ) {
    this.#parquet = open(path, fields, provenance);
    this.#fields = fields;
    this.#groupRows = groupRows;
    this.#columns = fields.map(() => []);
  }

  /** One row; whole numbers may be given as bigint. */
  append(values: readonly unknown[]): void | Promise<void> {
    for (let i = 0; i < values.length; i++) {
      const value = values[i];
      const whole = this.#fields[i]!.type === 'int' && typeof value === 'number';
      this.#columns[i]!.push(whole ? BigInt(value) : value);
    }
    if (this.#columns[0]!.length >= this.#groupRows) return this.#flush();
  }

  /** Writes what waits and the end of the file. */
  async finish(): Promise<void> {
    await this.#flush();
    await this.#parquet.finish();
  }

  async #flush(): Promise<void> {
    const rows = this.#columns[0]?.length ?? 0;
    if (rows === 0) return;
    await this.#parquet.write({
      columnData: this.#fields.map((field, i) => ({ name: field.name, data: this.#columns[i]! })),
      rowGroupSize: rows,
    });
    for (const column of this.#columns) column.length = 0;
  }
}

/** Rewrites an Arrow stream as Parquet. Memory: one row group and one batch. */
export async function arrowToParquet(
  from: string,
  to: string,
  fields: readonly Field[],
  provenance: Provenance,
): Promise<void> {
  const parquet = new ParquetRows(to, fields, provenance);
  const values: unknown[] = fields.map(() => undefined);
  const reader = await RecordBatchReader.from(createReadStream(from));
  for await (const batch of reader) {
    const vectors = fields.map((_, i) => batch.getChildAt(i)!);
    for (let row = 0; row < batch.numRows; row++) {
      for (let i = 0; i < fields.length; i++) values[i] = vectors[i]!.get(row);
      const written = parquet.append(values);
      if (written !== undefined) await written;
    }
  }
  await parquet.finish();
}

/** Writes a small table at once, in one row group. */
export async function writeParquet(
  path: string,
  fields: readonly Field[],
  rows: readonly (readonly Cell[])[],
  provenance: Provenance,
): Promise<void> {
  const parquet = new ParquetRows(path, fields, provenance, Infinity);
  for (const row of rows) await parquet.append(row);
  await parquet.finish();
}
