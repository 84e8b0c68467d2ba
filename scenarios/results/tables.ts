/**
 * Tables of a run: an Arrow IPC stream on disk while the run goes on, Parquet when it has ended.
 *
 * Rows are collected in batches of 4,096 and handed to the stream, so memory does not grow with the run. At the end the stream is read
 * back batch by batch and each becomes a row group. Unit and meaning of every column, and the provenance of the run, travel in the
 * files' metadata, so a table that was copied away from its folder still says what it is.
 */
import { createReadStream, createWriteStream, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { finished } from 'node:stream/promises';
import {
  Bool,
  Field as ArrowField,
  Float64,
  Int64,
  makeData,
  RecordBatch,
  RecordBatchReader,
  RecordBatchStreamWriter,
  Schema,
  Struct,
  Utf8,
  vectorFromArray,
  type DataType,
} from 'apache-arrow';
import { ParquetWriter } from 'hyparquet-writer';
import { fileWriter } from 'hyparquet-writer/src/node.js';
import type { Field, RowSink, TableWriter } from './sink.ts';

const BATCH_ROWS = 4_096;

/** What produced a file; written into its metadata. */
export interface Provenance {
  [name: string]: string;
}

function arrowType(field: Field): DataType {
  switch (field.type) {
    case 'int':
      return new Int64();
    case 'float':
      return new Float64();
    case 'bool':
      return new Bool();
    case 'text':
      return new Utf8();
  }
}

function metadataOf(field: Field): Map<string, string> {
  return new Map([
    ['unit', field.unit],
    ['meaning', field.meaning],
  ]);
}

class ArrowStream implements TableWriter {
  readonly fields: readonly Field[];
  readonly path: string;
  readonly #schema: Schema;
  readonly #writer = new RecordBatchStreamWriter();
  readonly #file;
  #columns: (number | string | boolean)[][];
  #rows = 0;

  constructor(path: string, fields: readonly Field[], provenance: Provenance) {
    this.path = path;
    this.fields = fields;
    this.#schema = new Schema(
      fields.map((f) => new ArrowField(f.name, arrowType(f), false, metadataOf(f))),
      new Map(Object.entries(provenance)),
    );
    this.#columns = fields.map(() => []);
    this.#file = this.#writer.toNodeStream().pipe(createWriteStream(path));
  }

  append(values: readonly (number | string | boolean)[]): void {
    if (values.length !== this.fields.length) {
      throw new Error(`a row of ${values.length} values for ${this.fields.length} columns`);
    }
    for (let i = 0; i < values.length; i++) this.#columns[i]!.push(values[i]!);
    if (++this.#rows === BATCH_ROWS) this.#flush();
  }

  async close(): Promise<void> {
    // An empty table still has its schema, so that readers find the columns.
    this.#flush();
    this.#writer.finish();
    await finished(this.#file);
  }

  #flush(): void {
    const length = this.#rows;
    const children = this.fields.map((field, i) => {
      const column = this.#columns[i]!;
      const values = field.type === 'int' ? (column as number[]).map((n) => BigInt(n)) : column;
      return (
        vectorFromArray(values as never, arrowType(field)).data[0] ??
        makeData({ type: arrowType(field) as never, length: 0 })
      );
    });
    const data = makeData({
      type: new Struct(this.#schema.fields),
      length,
      nullCount: 0,
      children: children as never,
    });
    this.#writer.write(new RecordBatch(this.#schema, data as never));
    this.#columns = this.fields.map(() => []);
    this.#rows = 0;
  }
}

/** Collects a run's tables below a folder. */
export class TableFolder implements RowSink {
  readonly #folder: string;
  readonly #provenance: Provenance;
  readonly #streams: { name: string; stream: ArrowStream }[] = [];

  constructor(folder: string, provenance: Provenance) {
    this.#folder = folder;
    this.#provenance = provenance;
    mkdirSync(folder, { recursive: true });
  }

  defineTable(name: string, fields: readonly Field[]): TableWriter {
    const stream = new ArrowStream(join(this.#folder, `${name}.arrow`), fields, this.#provenance);
    this.#streams.push({ name, stream });
    return stream;
  }

  /** Ends all tables and writes `<name>.parquet` for each. @returns the names of the files made. */
  async close(): Promise<string[]> {
    const files: string[] = [];
    for (const { name, stream } of this.#streams) {
      await stream.close();
      const parquet = `${name}.parquet`;
      await arrowToParquet(
        stream.path,
        join(this.#folder, parquet),
        stream.fields,
        this.#provenance,
      );
      files.push(`${name}.arrow`, parquet);
    }
    return files;
  }
}

const PARQUET_TYPES = {
  int: 'INT64',
  float: 'DOUBLE',
  bool: 'BOOLEAN',
  text: 'BYTE_ARRAY',
} as const;

/** Opens a Parquet file for rows of `fields`; unit and meaning go into key-value metadata as `column.<name>.unit`. */
function openParquet(
  path: string,
  fields: readonly Field[],
  provenance: Provenance,
): ParquetWriter {
  return new ParquetWriter({
    writer: fileWriter(path),
    schema: [
      { name: 'root', num_children: fields.length },
      ...fields.map((f) => ({
        name: f.name,
        type: PARQUET_TYPES[f.type],
        repetition_type: 'REQUIRED' as const,
        ...(f.type === 'text' ? { converted_type: 'UTF8' as const } : {}),
      })),
    ],
    kvMetadata: [
      ...Object.entries(provenance).map(([key, value]) => ({ key, value })),
      ...fields.flatMap((f) => [
        { key: `column.${f.name}.unit`, value: f.unit },
        { key: `column.${f.name}.meaning`, value: f.meaning },
      ]),
    ],
    createdBy: 'mainframe',
  });
}

async function arrowToParquet(
  from: string,
  to: string,
  fields: readonly Field[],
  provenance: Provenance,
): Promise<void> {
  const parquet = openParquet(to, fields, provenance);
  const reader = await RecordBatchReader.from(createReadStream(from));
  for await (const batch of reader) {
    if (batch.numRows === 0) continue;
    const columnData = fields.map((field, i) => {
      const column = batch.getChildAt(i)!;
      return {
        name: field.name,
        data: Array.from({ length: batch.numRows }, (_, row) => column.get(row) as never),
      };
    });
    await parquet.write({ columnData, rowGroupSize: batch.numRows });
  }
  await parquet.finish();
}

/** Writes a small table at once. */
export async function writeParquet(
  path: string,
  fields: readonly Field[],
  rows: readonly (readonly (number | string | boolean)[])[],
  provenance: Provenance,
): Promise<void> {
  const parquet = openParquet(path, fields, provenance);
  if (rows.length > 0) {
    await parquet.write({
      columnData: fields.map((field, i) => ({
        name: field.name,
        data: rows.map(
          (row) => (field.type === 'int' ? BigInt(row[i] as number) : row[i]) as never,
        ),
      })),
      rowGroupSize: rows.length,
    });
  }
  await parquet.finish();
}
