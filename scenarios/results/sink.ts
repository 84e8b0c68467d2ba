/** Where a run's rows go: tables are declared once and then fed row by row. */
export interface Field {
  name: string;
  type: 'int' | 'float' | 'text' | 'bool' | 'bytes';
  unit: string;
  meaning: string;
}

/** One value of a row. */
export type Cell = number | string | boolean | Uint8Array;

export interface TableWriter {
  /** One row, values in the order of the declared fields. The array may be reused by the caller; bytes in it may not. */
  append(values: readonly Cell[]): void;
}

export interface RowSink {
  defineTable(name: string, fields: readonly Field[]): TableWriter;
}
