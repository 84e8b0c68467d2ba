/**
 * Recorded datagrams, read as a stream: of a run's folder, or of the capture of a live node, which is one file of the same columns.
 *
 * A capture may be read while its node still writes it, and what a killed process left is good up to its last whole batch, so a stream that
 * ends early ends there and is no mistake.
 */
import { createReadStream, existsSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { RecordBatchReader, tableFromIPC, type RecordBatch } from 'apache-arrow';
import {
  DATAGRAM_FIELDS,
  DATAGRAM_TABLE,
  KEY_LOG_FILE,
  NODE_TABLE,
} from '../../scenarios/results/datagrams.ts';
import { LinkKeys } from './link-keys.ts';

/** One row of the table of datagrams; times in network microseconds, -1 for what is not known. */
export interface Datagram {
  timeUs: number;
  sentUs: number;
  endedUs: number;
  from: number;
  to: number;
  /** 18 bytes each. */
  fromEndpoint: Uint8Array;
  toEndpoint: Uint8Array;
  payload: Uint8Array;
  fate: string;
  detail: string;
}

export interface RecordedNode {
  /** 64 hex digits. */
  address: string;
  /** Role of a simulated node, name of a live one. */
  label: string;
}

/** A recording that cannot be used; `message` is a sentence for the user. */
export class TraceError extends Error {}

/** Nothing was recorded there. */
export class NoDatagrams extends TraceError {}

export class Recording {
  /** What made it: program, version, scenario, seed and so on. */
  readonly facts: { readonly [name: string]: string };
  /** Unix time of network time zero, microseconds; 0 for simulated time. */
  readonly epochUs: number;
  /** Whose capture it is: it knows one end of each datagram only. undefined for a run, which knows both. */
  readonly owner: string | undefined;
  /** Nodes by index. */
  readonly nodes: ReadonlyMap<number, RecordedNode>;
  /** Keys of encrypted links, where they were recorded. */
  readonly keys: LinkKeys;
  readonly #path: string;

  constructor(
    path: string,
    facts: { readonly [name: string]: string },
    nodes: ReadonlyMap<number, RecordedNode>,
    keys: LinkKeys,
  ) {
    this.#path = path;
    this.facts = facts;
    this.nodes = nodes;
    this.keys = keys;
    this.owner = facts['node'];
    this.epochUs = Number(facts['epochUs'] ?? 0);
  }

  /** All datagrams, in order of `timeUs`. Memory: one batch. */
  async *datagrams(): AsyncGenerator<Datagram> {
    const reader = await RecordBatchReader.from(createReadStream(this.#path));
    await reader.open();
    for (;;) {
      const batch = await nextBatch(reader);
      if (batch === undefined) return;
      yield* rowsOf(batch);
    }
  }
}

/**
 * Opens the recording in a run's folder, or a capture file.
 *
 * @param keyLog file of link keys; by default the one in the run's folder
 * @throws NoDatagrams where none were recorded; TraceError for a file that is something else.
 */
export async function openRecording(place: string, keyLog?: string): Promise<Recording> {
  const folder = statSync(place).isDirectory();
  const path = folder ? join(place, `${DATAGRAM_TABLE}.arrow`) : place;
  if (!existsSync(path)) throw new NoDatagrams(`${place} has no recorded datagrams.`);
  const facts = await factsOf(path);
  const beside = join(place, KEY_LOG_FILE);
  const keyFile = keyLog ?? (folder && existsSync(beside) ? beside : undefined);
  const keys = new LinkKeys(keyFile === undefined ? '' : readFileSync(keyFile, 'utf8'));
  const nodes = folder ? nodesOf(join(place, `${NODE_TABLE}.arrow`)) : selfOf(facts);
  return new Recording(path, facts, nodes, keys);
}

async function factsOf(path: string): Promise<{ [name: string]: string }> {
  const source = createReadStream(path);
  try {
    const reader = await RecordBatchReader.from(source);
    await reader.open();
    const { fields, metadata } = reader.schema;
    const names = fields.map((field) => field.name).join();
    if (names === DATAGRAM_FIELDS.map((field) => field.name).join())
      return Object.fromEntries(metadata);
  } catch (error) {
    if (error instanceof Error && 'syscall' in error) throw error;
    // Not an Arrow stream at all.
  } finally {
    source.destroy();
  }
  throw new TraceError(`${path} is no recording of datagrams.`);
}

function nodesOf(path: string): Map<number, RecordedNode> {
  const nodes = new Map<number, RecordedNode>();
  const table = tableFromIPC(readFileSync(path));
  const [index, address, role] = [0, 1, 2].map((column) => table.getChildAt(column)!);
  for (let i = 0; i < table.numRows; i++)
    nodes.set(Number(index!.get(i)), {
      address: String(address!.get(i)),
      label: String(role!.get(i)),
    });
  return nodes;
}

/** The one node that a capture knows: whose it is. */
function selfOf(facts: { [name: string]: string }): Map<number, RecordedNode> {
  return new Map([[0, { address: facts['address'] ?? '', label: facts['node'] ?? '' }]]);
}

async function nextBatch(reader: RecordBatchReader): Promise<RecordBatch | undefined> {
  try {
    const { done, value } = await reader.next();
    return done === true ? undefined : value;
  } catch (error) {
    if (error instanceof Error && 'syscall' in error) throw error;
    return undefined;
  }
}

function* rowsOf(batch: RecordBatch): Generator<Datagram> {
  const columns = DATAGRAM_FIELDS.map((_, i) => batch.getChildAt(i)!);
  for (let row = 0; row < batch.numRows; row++) {
    const at = (column: number): unknown => columns[column]!.get(row);
    yield {
      timeUs: Number(at(0)),
      sentUs: Number(at(1)),
      endedUs: Number(at(2)),
      from: Number(at(3)),
      to: Number(at(4)),
      fromEndpoint: at(5) as Uint8Array,
      toEndpoint: at(6) as Uint8Array,
      payload: at(7) as Uint8Array,
      fate: at(8) as string,
      detail: at(9) as string,
    };
  }
}
