/**
 * What of a run's rows is kept: `record` of the scenario. Only tables that are asked for get a file; with `sample` below 100% every
 * 1/sample-th row, evenly spaced, so that the kept rows are spread over the whole run and the same ones whenever it is repeated.
 */
import type { ResolvedScenario } from '../model.ts';
import { DATAGRAM_TABLE, NODE_TABLE } from './datagrams.ts';
import type { RowSink, TableWriter } from './sink.ts';

/** Tables and the word of `record` that asks for them; `all` asks for every table. */
const TABLES: { readonly [table: string]: 'messages' | 'datagrams' } = {
  messages: 'messages',
  [DATAGRAM_TABLE]: 'datagrams',
  [NODE_TABLE]: 'datagrams',
};
/** Tables that explain others: a share of them would explain a share. */
const WHOLE: readonly string[] = [NODE_TABLE];

/** Whether a run with this `record` keeps its datagrams. */
export function recordsDatagrams(record: ResolvedScenario['record']): boolean {
  return record.what.includes('datagrams') || record.what.includes('all');
}

/**
 * The sink to give to a run whose tables go to `sink`; undefined when the scenario records no table at all.
 *
 * @throws (from `defineTable`) for a table that no word of `record` stands for: a programmer's mistake.
 */
export function recordingSink(record: ResolvedScenario['record'], sink: RowSink): RowSink {
  return {
    defineTable(name, fields) {
      const word = TABLES[name];
      if (word === undefined) throw new Error(`no word of "record" stands for the table "${name}"`);
      if (!record.what.includes(word) && !record.what.includes('all')) return NOWHERE;
      const writer = sink.defineTable(name, fields);
      const sampling = record.sampleRatio < 1 && !WHOLE.includes(name);
      return sampling ? sampled(writer, record.sampleRatio) : writer;
    },
  };
}

const NOWHERE: TableWriter = { append: () => undefined };

function sampled(writer: TableWriter, ratio: number): TableWriter {
  let seen = 0;
  return {
    append(values) {
      const before = Math.floor(seen * ratio);
      seen++;
      if (Math.floor(seen * ratio) > before) writer.append(values);
    },
  };
}
