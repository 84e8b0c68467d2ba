/** Tables on disk, read back by readers that are not ours. */
import { mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { tableFromIPC } from 'apache-arrow';
import fc from 'fast-check';
import { parquetMetadata, parquetReadObjects } from 'hyparquet';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ArrowFile, BATCH_ROWS } from '../../../scenarios/results/arrow-file.ts';
import { writeParquet } from '../../../scenarios/results/parquet.ts';
import { recordingSink } from '../../../scenarios/results/recording.ts';
import type { Field } from '../../../scenarios/results/sink.ts';
import { TableFolder } from '../../../scenarios/results/tables.ts';

const FIELDS: readonly Field[] = [
  { name: 'sent_us', type: 'int', unit: 'us', meaning: 'When it was sent' },
  { name: 'share', type: 'float', unit: 'ratio', meaning: 'How much' },
  { name: 'delivered', type: 'bool', unit: 'boolean', meaning: 'Whether it came' },
  { name: 'who', type: 'text', unit: '', meaning: 'Who it was' },
];
const PROVENANCE = { program: 'mainframe', seed: '7' };

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'mainframe-tables-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

/** The file as a reader wants it: a buffer of its own. */
function bytes(path: string): ArrayBuffer {
  const data = readFileSync(path);
  return data.buffer.slice(data.byteOffset, data.byteOffset + data.byteLength);
}

function readParquet(path: string): Promise<{ [name: string]: unknown }[]> {
  return parquetReadObjects({ file: bytes(path) });
}

const row = fc.tuple(
  fc.maxSafeInteger(),
  fc.double({ noNaN: true }),
  fc.boolean(),
  fc.string({ unit: 'grapheme' }),
);

describe('a table', () => {
  it('comes back from Arrow and from Parquet as it was written', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(row, { maxLength: 50 }), async (rows) => {
        const tables = new TableFolder(folder, PROVENANCE);
        const writer = tables.defineTable('messages', FIELDS);
        for (const values of rows) writer.append(values);
        expect(await tables.close()).toEqual(['messages.arrow', 'messages.parquet']);
        const arrow = tableFromIPC(readFileSync(join(folder, 'messages.arrow')));
        const parquet = await readParquet(join(folder, 'messages.parquet'));
        expect([arrow.numRows, parquet.length]).toEqual([rows.length, rows.length]);
        rows.forEach(([sent, share, delivered, who], i) => {
          const expected = { sent_us: BigInt(sent), share, delivered, who };
          expect({ ...arrow.get(i)!.toJSON() }).toEqual(expected);
          expect(parquet[i]).toEqual(expected);
        });
      }),
      { numRuns: 20 },
    );
  });

  it('is whole over many batches and row groups, with its units in the metadata', async () => {
    const count = 20 * BATCH_ROWS + 17;
    const tables = new TableFolder(folder, PROVENANCE);
    const writer = tables.defineTable('messages', FIELDS);
    // The same array every time: the writer must not keep it.
    const values: [number, number, boolean, string] = [0, 0, false, 'x'];
    for (let i = 0; i < count; i++) {
      values[0] = i;
      values[1] = i / 2;
      values[2] = i % 3 === 0;
      writer.append(values);
    }
    await tables.close();
    const path = join(folder, 'messages.parquet');
    const metadata = parquetMetadata(bytes(path));
    expect(Number(metadata.num_rows)).toBe(count);
    expect(metadata.row_groups.length).toBeGreaterThan(1);
    const keys = Object.fromEntries(
      metadata.key_value_metadata!.map(({ key, value }) => [key, value]),
    );
    expect(keys).toMatchObject({
      seed: '7',
      'column.sent_us.unit': 'us',
      'column.sent_us.meaning': 'When it was sent',
    });
    const rows = await readParquet(path);
    expect(rows.at(-1)).toEqual({
      sent_us: BigInt(count - 1),
      share: (count - 1) / 2,
      delivered: (count - 1) % 3 === 0,
      who: 'x',
    });
    const { schema } = tableFromIPC(readFileSync(join(folder, 'messages.arrow')));
    expect(schema.metadata.get('seed')).toBe('7');
    expect(schema.fields[0]!.metadata.get('unit')).toBe('us');
  });

  it('is on disk while the run goes on, and readable up to its last whole batch', () => {
    const path = join(folder, 'a.arrow');
    const file = new ArrowFile(path, FIELDS, PROVENANCE);
    for (let i = 0; i < 3 * BATCH_ROWS - 1; i++) file.append([i, 0, true, 'x']);
    const size = statSync(path).size;
    expect(size).toBeGreaterThan(2 * BATCH_ROWS * 16);
    // As a killed process leaves it: no end mark.
    expect(tableFromIPC(readFileSync(path)).numRows).toBe(2 * BATCH_ROWS);
    file.close();
    expect(tableFromIPC(readFileSync(path)).numRows).toBe(3 * BATCH_ROWS - 1);
  });

  it('refuses a row that does not fit its columns', () => {
    const file = new ArrowFile(join(folder, 'a.arrow'), FIELDS, PROVENANCE);
    expect(() => file.append([1, 2])).toThrow('a row of 2 values for 4 columns');
    file.close();
  });

  it('of no rows has its columns', async () => {
    const path = join(folder, 'empty.parquet');
    await writeParquet(path, FIELDS, [], PROVENANCE);
    const { schema, num_rows } = parquetMetadata(bytes(path));
    expect([Number(num_rows), schema.length]).toEqual([0, FIELDS.length + 1]);
  });
});

describe('record', () => {
  const collect = (record: Parameters<typeof recordingSink>[0], count: number): number[] => {
    const kept: number[] = [];
    const sink = recordingSink(record, {
      defineTable: () => ({ append: (values) => kept.push(values[0] as number) }),
    });
    const writer = sink.defineTable('messages', FIELDS);
    for (let i = 0; i < count; i++) writer.append([i, 0, true, '']);
    return kept;
  };

  it('keeps messages only when asked', () => {
    expect(collect({ what: ['summary'], sampleRatio: 1 }, 10)).toEqual([]);
    expect(collect({ what: ['messages'], sampleRatio: 1 }, 3)).toEqual([0, 1, 2]);
    expect(collect({ what: ['all'], sampleRatio: 1 }, 3)).toEqual([0, 1, 2]);
  });

  it('keeps the asked share, evenly spaced', () => {
    fc.assert(
      fc.property(fc.double({ min: 0.01, max: 0.99, noNaN: true }), (sampleRatio) => {
        const kept = collect({ what: ['messages'], sampleRatio }, 1_000);
        expect(Math.abs(kept.length - 1_000 * sampleRatio)).toBeLessThanOrEqual(1);
        const gaps = kept.slice(1).map((at, i) => at - kept[i]!);
        if (gaps.length > 1) expect(Math.max(...gaps) - Math.min(...gaps)).toBeLessThanOrEqual(1);
      }),
    );
  });
});
