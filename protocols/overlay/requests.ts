/**
 * Requests that wait for an answer: who was asked, under which transaction, for what, and the timer that ends the wait.
 *
 * One flat array of numbers per node, a handful of rows, searched from the front: a node has few requests open at a time,
 * and a map would cost more than it finds.
 */
import type { Host, PeerHandle, TimerId } from '../host.ts';
import { ADDRESS_WORDS } from '../identity/proximity.ts';
import type { RandomStream } from '../random.ts';
import { TIMER_REQUEST } from './timers.ts';
import {
  encodeFindNode,
  encodePing,
  MESSAGE_PING,
  NODES_MAX,
  OVERLAY_BYTES_MAX,
  OverlayMessage,
} from './messages.ts';
import { REQUESTS_MAX } from './params.ts';

/** What an open request is for. */
/** PING to a stranger: an answer makes it a contact. */
export const REQUEST_VERIFY = 1;
/** PING to a contact that may be gone; the context counts the failures so far. */
export const REQUEST_CHECK = 2;
/** FIND_NODE of a look-up; the context is the look-up. */
export const REQUEST_FIND = 3;

const ROW = 5;
const TRANSACTION = 0;
const PEER = 1;
const PURPOSE = 2;
const CONTEXT = 3;
const TIMER = 4;

/** Buffers that one call fills and uses up; nodes of one process may share them, as all calls are synchronous. */
export class OverlayScratch {
  readonly datagram = new Uint8Array(OVERLAY_BYTES_MAX);
  readonly handles = new Int32Array(NODES_MAX + 1);
  readonly address = new Uint32Array(ADDRESS_WORDS);
  readonly message = new OverlayMessage();
}

export class Requests {
  readonly #host: Host;
  readonly #scratch: OverlayScratch;
  readonly #timeoutUs: number;
  /** Made with the first request: most nodes of a large world never send one. */
  #random: RandomStream | undefined;
  #rows = new Float64Array(4 * ROW);
  #open = 0;
  #verifications = 0;

  constructor(host: Host, scratch: OverlayScratch, timeoutUs: number) {
    this.#host = host;
    this.#scratch = scratch;
    this.#timeoutUs = timeoutUs;
  }

  /** Strangers pinged whose answer is awaited. */
  get verifications(): number {
    return this.#verifications;
  }

  /** Sends a PING. @returns false, having sent nothing, when too many requests are open. */
  ping(peer: PeerHandle, purpose: number, context: number): boolean {
    const transaction = this.#add(peer, purpose, context);
    if (transaction < 0) return false;
    const bytes = this.#scratch.datagram;
    this.#host.send(peer, bytes, 0, encodePing(MESSAGE_PING, transaction, bytes));
    return true;
  }

  /** Sends a FIND_NODE of look-up `context`. @returns false, having sent nothing, when too many requests are open. */
  findNode(peer: PeerHandle, target: Uint32Array, count: number, context: number): boolean {
    const transaction = this.#add(peer, REQUEST_FIND, context);
    if (transaction < 0) return false;
    const bytes = this.#scratch.datagram;
    this.#host.send(peer, bytes, 0, encodeFindNode(transaction, count, target, 0, bytes));
    return true;
  }

  /** Row of the open request `transaction`, or -1. */
  find(transaction: number): number {
    const rows = this.#rows;
    const end = this.#open * ROW;
    for (let at = 0; at < end; at += ROW) if (rows[at] === transaction) return at;
    return -1;
  }

  peerOf(row: number): PeerHandle {
    return this.#rows[row + PEER]!;
  }

  purposeOf(row: number): number {
    return this.#rows[row + PURPOSE]!;
  }

  contextOf(row: number): number {
    return this.#rows[row + CONTEXT]!;
  }

  /** Everybody who was asked. */
  eachPeer(visit: (peer: PeerHandle) => void): void {
    for (let i = 0; i < this.#open; i++) visit(this.#rows[i * ROW + PEER]!);
  }

  /** Whether a PING to `peer` is open. */
  isPinging(peer: PeerHandle): boolean {
    const rows = this.#rows;
    const end = this.#open * ROW;
    for (let at = 0; at < end; at += ROW) {
      if (rows[at + PEER] === peer && rows[at + PURPOSE] !== REQUEST_FIND) return true;
    }
    return false;
  }

  /** Ends the request in `row` (answered or given up): its timer is cancelled, its row forgotten. */
  close(row: number): void {
    const rows = this.#rows;
    this.#host.cancelTimer(rows[row + TIMER]!);
    if (rows[row + PURPOSE] === REQUEST_VERIFY) this.#verifications--;
    this.#open--;
    const last = this.#open * ROW;
    if (row !== last) rows.copyWithin(row, last, last + ROW);
  }

  /** Forgets all requests. */
  clear(): void {
    for (let i = 0; i < this.#open; i++) this.#host.cancelTimer(this.#rows[i * ROW + TIMER]!);
    this.#open = 0;
    this.#verifications = 0;
  }

  /** Opens a row. @returns its transaction, or -1 when all are taken. */
  #add(peer: PeerHandle, purpose: number, context: number): number {
    if (this.#open === REQUESTS_MAX) return -1;
    const random = (this.#random ??= this.#host.random('overlay/transaction'));
    let transaction = random.uint32();
    while (this.find(transaction) >= 0) transaction = random.uint32();
    const at = this.#open * ROW;
    if (at === this.#rows.length) {
      const grown = new Float64Array(this.#rows.length * 2);
      grown.set(this.#rows);
      this.#rows = grown;
    }
    const timer: TimerId = this.#host.setTimer(this.#timeoutUs, TIMER_REQUEST, transaction | 0);
    this.#rows[at + TRANSACTION] = transaction;
    this.#rows[at + PEER] = peer;
    this.#rows[at + PURPOSE] = purpose;
    this.#rows[at + CONTEXT] = context;
    this.#rows[at + TIMER] = timer;
    this.#open++;
    if (purpose === REQUEST_VERIFY) this.#verifications++;
    return transaction;
  }
}
