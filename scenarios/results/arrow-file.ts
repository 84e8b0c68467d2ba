/**
 * A table on disk while a run goes on: an Arrow IPC stream, written batch by batch.
 *
 * Rows wait in a batch of 4,096 and are then written at once, without a queue in between: a queue that is drained only when the
 * simulation pauses would grow with the run. Memory is one batch for each table, whatever the length of the run, and what a killed
 * process leaves is a stream that any Arrow reader can read up to its last whole batch.
 *
 * A disk that refuses must not take the run with it. The first refusal is remembered in `failure`, later rows are dropped, and who
 * drives the run decides what becomes of it.
 */
import { closeSync, openSync, writeSync } from 'node:fs';
import {
  AsyncByteQueue,
  Binary,
  Bool,
  Field as ArrowField,
  Float64,
  Int64,
  makeData,
  RecordBatch,
  RecordBatchStreamWriter,
  Schema,
  Struct,
  Utf8,
  vectorFromArray,
  type DataType,
} from 'apache-arrow';
import type { Cell, Field, TableWriter } from './sink.ts';

/** Rows of a batch: about half a megabyte of a wide table. */
export const BATCH_ROWS = 4_096;

/** What made a file; written into its metadata, so that a table copied out of its folder still says where it is from. */
export interface Provenance {
  readonly [name: string]: string;
}

/** The library's byte sink, writing to a file descriptor instead of a queue. */
class FileSink extends AsyncByteQueue<Uint8Array> {
  readonly #descriptor: number;

  constructor(descriptor: number) {
    super();
    this.#descriptor = descriptor;
  }

  override write(chunk: Uint8Array): void {
    let at = 0;
    while (at < chunk.byteLength) {
      at += writeSync(this.#descriptor, chunk, at, chunk.byteLength - at);
    }
  }
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
    case 'bytes':
      return new Binary();
  }
}

/** One table of a run. `append` never throws on a full disk; see `failure`. */
export class ArrowFile implements TableWriter {
  readonly fields: readonly Field[];
  readonly path: string;
  readonly #schema: Schema;
  readonly #types: readonly DataType[];
  readonly #writer = new RecordBatchStreamWriter();
  #descriptor: number;
  readonly #batchRows: number;
  #columns: (Cell | bigint)[][];
  #rows = 0;
  #failure: Error | undefined;

  /** Opens the file and writes the schema. @throws the file system's error when it cannot be created. */
  constructor(
    path: string,
    fields: readonly Field[],
    provenance: Provenance,
    batchRows = BATCH_ROWS,
  ) {
    this.path = path;
    this.#batchRows = batchRows;
    this.fields = fields;
    this.#types = fields.map(arrowType);
    this.#schema = new Schema(
      fields.map(
        (field, i) =>
          new ArrowField(
            field.name,
            this.#types[i]!,
            false,
            new Map([
              ['unit', field.unit],
              ['meaning', field.meaning],
            ]),
          ),
      ),
      new Map(Object.entries(provenance)),
    );
    this.#columns = fields.map(() => []);
    this.#descriptor = openSync(path, 'w');
    this.#writer.reset(new FileSink(this.#descriptor), this.#schema);
  }

  /** The first error of the file system while rows were written, if there was one. */
  get failure(): Error | undefined {
    return this.#failure;
  }

  append(values: readonly Cell[]): void {
    if (values.length !== this.fields.length) {
      throw new Error(`a row of ${values.length} values for ${this.fields.length} columns`);
    }
    if (this.#failure !== undefined) return;
    for (let i = 0; i < values.length; i++) {
      const value = values[i]!;
      this.#columns[i]!.push(this.fields[i]!.type === 'int' ? BigInt(value as number) : value);
    }
    if (++this.#rows === this.#batchRows) this.#write();
  }

  /** Writes the rows that wait now, so that who kills the process loses none of them. */
  flush(): void {
    if (this.#descriptor >= 0 && this.#rows > 0) this.#write();
  }

  /** Writes the rows that wait and ends the stream. */
  close(): void {
    if (this.#descriptor < 0) return;
    // An empty table has its schema all the same, so that readers find the columns.
    this.#write();
    this.#guarded(() => {
      this.#writer.finish();
    });
    closeSync(this.#descriptor);
    this.#descriptor = -1;
  }

  #write(): void {
    const length = this.#rows;
    this.#guarded(() => {
      const children = this.#types.map((type, i) =>
        length === 0
          ? makeData({ type: type as Float64, length: 0 })
          : vectorFromArray(this.#columns[i] as number[], type as Float64).data[0]!,
      );
      const data = makeData({
        type: new Struct(this.#schema.fields),
        length,
        nullCount: 0,
        children,
      });
      this.#writer.write(new RecordBatch(this.#schema, data));
    });
    for (const column of this.#columns) column.length = 0;
    this.#rows = 0;
  }

  #guarded(write: () => void): void {
    if (this.#failure !== undefined) return;
    try {
      write();
    } catch (error) {
      // A refusal of the system names its call; anything else is our own mistake and must not be swallowed.
      if (!(error instanceof Error) || !('syscall' in error)) throw error;
      this.#failure = error;
    }
  }
}
