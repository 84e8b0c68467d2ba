/**
 * Writes the table of datagrams of a run: hears of each datagram when it is sent and again when it is delivered or lost, and joins the two.
 *
 * Nothing names a datagram on its way (the packet path moves bare integers, real sockets bare bytes), so an end is joined to the oldest datagram
 * between the same two nodes that has the same bytes; where two are alike it does not matter which is which. Rows leave in the
 * order of sending: the head of the queue waits until its end is known, so memory is what is in flight, not what was sent. On real
 * sockets the system may lose a datagram without a word; `patienceUs` is how long the head waits for such a one.
 */
import { bytesToHex } from '@noble/hashes/utils.js';
import { ENDPOINT_BYTES } from '../../protocols/identity/peer-book.ts';
import { ADDRESS_BYTES } from '../../protocols/identity/proximity.ts';
import { OUTCOME_NAMES } from '../../protocols/outcomes.ts';
import {
  DROP_LOSS,
  DROP_MTU,
  DROP_OFFLINE,
  DROP_PARTITION,
  DROP_QUEUE,
  type DropReason,
} from '../../sim/network/transit.ts';
import type { Recorder } from '../../sim/recorder.ts';
import type { ResolvedScenario } from '../model.ts';
import {
  DATAGRAM_FIELDS,
  DATAGRAM_TABLE,
  DETAIL_COPY,
  FATE_DELIVERED,
  FATE_LOST,
  FATE_UNKNOWN,
  NODE_FIELDS,
  NODE_TABLE,
  UNKNOWN,
} from '../results/datagrams.ts';
import { recordsDatagrams } from '../results/recording.ts';
import type { RowSink, TableWriter } from '../results/sink.ts';
import type { ScenarioWorld } from './world-port.ts';

/** `detail` of a lost datagram. */
const LOST: { readonly [reason: number]: string } = {
  [DROP_LOSS]: 'on the way',
  [DROP_QUEUE]: 'access queue full',
  [DROP_MTU]: 'longer than the path takes',
  [DROP_PARTITION]: 'network split',
  [DROP_OFFLINE]: 'nobody there',
};

/** Nodes of one world, at most, for a pair of them to be one exact number. */
const NODES_MAX = 0x400_0000;
/** Rows written before the array that held them is cut. */
const COMPACT_ROWS = 4_096;

interface Row {
  readonly timeUs: number;
  readonly sentUs: number;
  endedUs: number;
  readonly from: number;
  readonly to: number;
  readonly bytes: Uint8Array;
  fate: string;
  detail: string;
  done: boolean;
}

export interface DatagramLogParts {
  rows: TableWriter;
  /** Writes the 18 bytes of a node's endpoint. */
  writeEndpoint: (node: number, out: Uint8Array) => void;
  /** Longest time that a datagram is waited for, network microseconds. */
  patienceUs: number;
}

export class DatagramLog implements Pick<Recorder, 'sent' | 'dropped' | 'delivered'> {
  readonly #parts: DatagramLogParts;
  /** Rows in the order of sending, from `#head` on not yet written. */
  #queue: Row[] = [];
  #head = 0;
  readonly #inFlight = new Map<number, Row[]>();

  constructor(parts: DatagramLogParts) {
    this.#parts = parts;
  }

  sent(
    timeUs: number,
    from: number,
    to: number,
    bytes: Uint8Array,
    offset: number,
    length: number,
  ): void {
    const row: Row = {
      timeUs,
      sentUs: timeUs,
      endedUs: UNKNOWN,
      from,
      to,
      bytes: bytes.slice(offset, offset + length),
      fate: FATE_UNKNOWN,
      detail: '',
      done: false,
    };
    this.#queue.push(row);
    const pair = from * NODES_MAX + to;
    const others = this.#inFlight.get(pair);
    if (others === undefined) this.#inFlight.set(pair, [row]);
    else others.push(row);
    if (timeUs - this.#queue[this.#head]!.timeUs > this.#parts.patienceUs) this.#giveUp(timeUs);
  }

  dropped(
    timeUs: number,
    from: number,
    to: number,
    bytes: Uint8Array | undefined,
    offset: number,
    length: number,
    reason: DropReason,
  ): void {
    this.#end(timeUs, from, to, bytes, offset, length, FATE_LOST, LOST[reason] ?? '');
  }

  delivered(
    timeUs: number,
    from: number,
    to: number,
    bytes: Uint8Array,
    offset: number,
    length: number,
    outcome: number,
  ): void {
    const detail = OUTCOME_NAMES[outcome] ?? '';
    if (this.#end(timeUs, from, to, bytes, offset, length, FATE_DELIVERED, detail)) return;
    this.#queue.push({
      timeUs,
      sentUs: UNKNOWN,
      endedUs: timeUs,
      from,
      to,
      bytes: bytes.slice(offset, offset + length),
      fate: FATE_DELIVERED,
      detail: DETAIL_COPY,
      done: true,
    });
    this.#flush();
  }

  /** Writes what is still on its way; nothing may come afterwards. */
  close(): void {
    for (const row of this.#queue) row.done = true;
    this.#flush();
    this.#inFlight.clear();
  }

  /** @returns false if no such datagram is on its way. */
  #end(
    timeUs: number,
    from: number,
    to: number,
    bytes: Uint8Array | undefined,
    offset: number,
    length: number,
    fate: string,
    detail: string,
  ): boolean {
    const pair = from * NODES_MAX + to;
    const candidates = this.#inFlight.get(pair) ?? [];
    const at = candidates.findIndex((row) => isSame(row.bytes, bytes, offset, length));
    const row = candidates[at];
    if (row === undefined) return false;
    if (candidates.length === 1) this.#inFlight.delete(pair);
    else candidates.splice(at, 1);
    row.endedUs = timeUs;
    row.fate = fate;
    row.detail = detail;
    row.done = true;
    this.#flush();
    return true;
  }

  #giveUp(nowUs: number): void {
    for (let i = this.#head; i < this.#queue.length; i++) {
      const row = this.#queue[i]!;
      if (nowUs - row.timeUs <= this.#parts.patienceUs) break;
      if (row.done) continue;
      row.done = true;
      const pair = row.from * NODES_MAX + row.to;
      const left = this.#inFlight.get(pair)!.filter((other) => other !== row);
      if (left.length === 0) this.#inFlight.delete(pair);
      else this.#inFlight.set(pair, left);
    }
    this.#flush();
  }

  #flush(): void {
    while (this.#queue[this.#head]?.done === true) this.#write(this.#queue[this.#head++]!);
    if (this.#head < COMPACT_ROWS && this.#head < this.#queue.length) return;
    this.#queue = this.#queue.slice(this.#head);
    this.#head = 0;
  }

  #write(row: Row): void {
    const { writeEndpoint, rows } = this.#parts;
    const fromEndpoint = new Uint8Array(ENDPOINT_BYTES);
    const toEndpoint = new Uint8Array(ENDPOINT_BYTES);
    writeEndpoint(row.from, fromEndpoint);
    writeEndpoint(row.to, toEndpoint);
    rows.append([
      row.timeUs,
      row.sentUs,
      row.endedUs,
      row.from,
      row.to,
      fromEndpoint,
      toEndpoint,
      row.bytes,
      row.fate,
      row.detail,
    ]);
  }
}

/** Whether a datagram on its way is the one that has ended; without bytes, by its length. */
function isSame(
  own: Uint8Array,
  bytes: Uint8Array | undefined,
  offset: number,
  length: number,
): boolean {
  if (own.length !== length) return false;
  if (bytes === undefined) return true;
  for (let i = 0; i < length; i++) if (own[i] !== bytes[offset + i]) return false;
  return true;
}

/** The log of a run that asks for one, with the table of who its nodes are written. */
export function datagramLog(
  scenario: ResolvedScenario,
  world: ScenarioWorld,
  roleOf: Uint8Array,
  sink: RowSink | undefined,
): DatagramLog | undefined {
  if (sink === undefined || !recordsDatagrams(scenario.record)) return undefined;
  const nodes = sink.defineTable(NODE_TABLE, NODE_FIELDS);
  const address = new Uint8Array(ADDRESS_BYTES);
  for (let node = 0; node < world.size; node++) {
    world.peers.writeAddress(node, address, 0);
    nodes.append([node, bytesToHex(address), scenario.roles[roleOf[node]!]!.name]);
  }
  return new DatagramLog({
    rows: sink.defineTable(DATAGRAM_TABLE, DATAGRAM_FIELDS),
    writeEndpoint: (node, out) => {
      world.peers.writeEndpoint(node, out, 0);
    },
    patienceUs: world.patienceUs ?? Infinity,
  });
}

/** A recorder that hears everything, and a log of datagrams beside it. */
export function recordingDatagrams(recorder: Recorder, log: DatagramLog): Recorder {
  return {
    event: (timeUs, node, event, a, b, c, d) => {
      recorder.event(timeUs, node, event, a, b, c, d);
    },
    sent: (...facts) => {
      log.sent(...facts);
    },
    dropped: (...facts) => {
      log.dropped(...facts);
    },
    delivered: (...facts) => {
      log.delivered(...facts);
    },
  };
}
