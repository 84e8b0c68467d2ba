/**
 * A modelled network between a host and its sockets, so that a scenario can run over real sockets on one machine and still have distance, loss
 * and thin pipes.
 *
 * A shim says of each datagram how long it is held back, or that it is lost; the host keeps the copy. It sees the size and the other end's
 * endpoint, never the content. It stands outside everything else: what it holds back on the way in has not been counted against any limit yet.
 */
import type { RandomStream } from '../../protocols/random.ts';

/** The datagram is lost. */
export const SHIM_DROP = -1;

/**
 * @param endpoint 18 bytes of the other end, borrowed
 * @param steadyUs the host's steady clock
 * @returns microseconds to hold the datagram back (an integer, 0 for none), or SHIM_DROP
 */
export type Shim = (
  direction: 'out' | 'in',
  endpoint: Uint8Array,
  lengthBytes: number,
  steadyUs: number,
) => number;

/** One direction of an access link and what lies behind it. */
export interface PathModel {
  /** Fixed one-way delay, integer microseconds. */
  delayUs: number;
  /** More delay, uniform in 0..jitterUs, drawn for each datagram, which may so overtake one another. */
  jitterUs: number;
  /** Share of datagrams lost at random, 0..1. */
  lossRatio: number;
  /** Rate of the link, 0 for unlimited. */
  bitsPerSecond: number;
  /** Bytes that wait for the link at most; what does not fit is lost. */
  queueBytes: number;
}

const CLEAR_PATH: Readonly<PathModel> = {
  delayUs: 0,
  jitterUs: 0,
  lossRatio: 0,
  bitsPerSecond: 0,
  queueBytes: 1 << 16,
};

/** Bytes held back at once, both directions. */
const HELD_BYTES_MAX = 1 << 24;

const TWO_POW_32 = 4_294_967_296;
const BITS_US = 8_000_000;

/** A shim of one model for each direction; draws from `random` loss first, then jitter, for every datagram. */
export function modelledShim(
  paths: { out?: Partial<PathModel>; in?: Partial<PathModel> },
  random: RandomStream,
): Shim {
  const out = new Path({ ...CLEAR_PATH, ...paths.out }, random);
  const into = new Path({ ...CLEAR_PATH, ...paths.in }, random);
  return (direction, _endpoint, lengthBytes, steadyUs) =>
    (direction === 'out' ? out : into).pass(lengthBytes, steadyUs);
}

class Path {
  readonly #model: PathModel;
  readonly #random: RandomStream;
  /** When the link has sent all that waits for it. */
  #freeUs = 0;

  constructor(model: PathModel, random: RandomStream) {
    this.#model = model;
    this.#random = random;
  }

  pass(lengthBytes: number, nowUs: number): number {
    const { delayUs, jitterUs, lossRatio, bitsPerSecond, queueBytes } = this.#model;
    const lost = this.#random.uint32() < lossRatio * TWO_POW_32;
    const jitter = jitterUs > 0 ? this.#random.below(jitterUs + 1) : 0;
    let queuedUs = 0;
    if (bitsPerSecond > 0) {
      const startUs = Math.max(nowUs, this.#freeUs);
      const waiting = ((startUs - nowUs) * bitsPerSecond) / BITS_US;
      if (waiting + lengthBytes > queueBytes) return SHIM_DROP;
      this.#freeUs = startUs + Math.ceil((lengthBytes * BITS_US) / bitsPerSecond);
      queuedUs = this.#freeUs - nowUs;
    }
    return lost ? SHIM_DROP : queuedUs + delayUs + jitter;
  }
}

interface HeldDatagram {
  direction: 'out' | 'in';
  /** 18 bytes; not a number of the endpoint book, which may mean another endpoint by then. */
  endpoint: Uint8Array;
  bytes: Uint8Array;
}

/** The datagrams that a shim holds back, in the order in which they came. */
export class HeldDatagrams {
  readonly #held = new Map<number, HeldDatagram>();
  #bytes = 0;
  #nextTicket = 0;

  get size(): number {
    return this.#held.size;
  }

  /** Keeps a datagram; `bytes` must be the caller's to give. @returns a ticket, or -1 if there is no room. */
  keep(direction: 'out' | 'in', endpoint: Uint8Array, bytes: Uint8Array): number {
    if (this.#bytes + bytes.length > HELD_BYTES_MAX) return -1;
    // Tickets travel as 32-bit integers; one held for 2^31 others would be older than any delay.
    const ticket = this.#nextTicket;
    this.#nextTicket = (ticket + 1) & 0x7fffffff;
    this.#held.set(ticket, { direction, endpoint: endpoint.slice(), bytes });
    this.#bytes += bytes.length;
    return ticket;
  }

  take(ticket: number): HeldDatagram | undefined {
    const datagram = this.#held.get(ticket);
    if (datagram === undefined) return undefined;
    this.#held.delete(ticket);
    this.#bytes -= datagram.bytes.length;
    return datagram;
  }

  /** Passes on all that was to go out. */
  flush(send: (endpoint: Uint8Array, bytes: Uint8Array) => void): void {
    for (const { direction, endpoint, bytes } of this.#held.values())
      if (direction === 'out') send(endpoint, bytes);
  }

  clear(): void {
    this.#held.clear();
    this.#bytes = 0;
  }
}
