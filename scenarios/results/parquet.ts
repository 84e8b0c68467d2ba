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
import type { Field } from './sink.ts';

/** Rows of a row group: readers skip and decode by group, so it is larger than a batch of the stream. */
const GROUP_ROWS = 65_536;

const TYPES = { int: 'INT64', float: 'DOUBLE', bool: 'BOOLEAN', text: 'BYTE_ARRAY' } as const;

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

/** Rewrites an Arrow stream as Parquet. Memory: one row group. */
export async function arrowToParquet(
  from: string,
  to: string,
  fields: readonly Field[],
  provenance: Provenance,
): Promise<void> {
  const parquet = open(to, fields, provenance);
  const columns: unknown[][] = fields.map(() => []);
  const flush = async (): Promise<void> => {
    const rows = columns[0]?.length ?? 0;
    if (rows === 0) return;
    await parquet.write({
      columnData: fields.map((field, i) => ({ name: field.name, data: columns[i]! })),
      rowGroupSize: rows,
    });
    for (const column of columns) column.length = 0;
  };
  const reader = await RecordBatchReader.from(createReadStream(from));
  for await (const batch of reader) {
    for (let i = 0; i < fields.length; i++) {
      const vector = batch.getChildAt(i)!;
      for (let row = 0; row < batch.numRows; row++) columns[i]!.push(vector.get(row));
    }
    if ((columns[0]?.length ?? 0) >= GROUP_ROWS) await flush();
  }
  await flush();
  await parquet.finish();
}

/** Writes a small table at once, in one row group. */
export async function writeParquet(
  path: string,
  fields: readonly Field[],
  rows: readonly (readonly (number | string | boolean)[])[],
  provenance: Provenance,
): Promise<void> {
  const parquet = open(path, fields, provenance);
  if (rows.length > 0) {
    await parquet.write({
      columnData: fields.map((field, i) => ({
        name: field.name,
        data: rows.map((row) => (field.type === 'int' ? BigInt(row[i]!) : row[i])),
      })),
      rowGroupSize: rows.length,
    });
  }
  await parquet.finish();
}
