/** Where a run's rows go: tables are declared once and then fed row by row. */
export interface Field {
  name: string;
  type: 'int' | 'float' | 'text' | 'bool';
  unit: string;
  meaning: string;
}

export interface TableWriter {
  /** One row, values in the order of the declared fields. The array may be reused by the caller. */
  append(values: readonly (number | string | boolean)[]): void;
}

export interface RowSink {
  defineTable(name: string, fields: readonly Field[]): TableWriter;
}
