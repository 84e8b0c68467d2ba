/**
 * Paying for the way: what routing asks of whoever keeps the accounts with neighbours, and nothing of how they are kept.
 *
 * Handing a packet to a neighbour asks a service of it, taking one from a neighbour gives a service. Both sides must come to the same price without a word, so
 * it may depend only on what both can read: the header, the length, and the two addresses. A copy is paid for by who hands it on, in the zone as
 * anywhere, and by everybody alike: if only the recipient got its copy for nothing, the accounts would name it.
 */
import type { PeerHandle } from '../host.ts';
import type { RoutingTable } from '../overlay/table.ts';
import type { DarkHeader } from './packet.ts';

export interface Toll {
  /** Whether `peer` would take this packet of `bytes` bytes from us, by its word and our book. */
  mayPass(peer: PeerHandle, header: DarkHeader, bytes: number): boolean;
  /** Counts it as asked for: called as it is sent. */
  passed(peer: PeerHandle, header: DarkHeader, bytes: number): void;
  /** Whether a packet that has come from `from` is to be dealt with; counts it if so, whatever becomes of it then. */
  taken(from: PeerHandle, header: DarkHeader, bytes: number): boolean;
}

/** Whom a choice of next hops may fall on. */
export interface Allowed {
  allows(peer: PeerHandle): boolean;
  /** Choices for which there were contacts, and none was allowed. */
  skipped: number;
}

/**
 * The first allowed one of the `width` contacts from index `start` of `table`, beginning with the one at `drawn` and going round; -1, and one choice
 * skipped, if none is.
 */
export function firstAllowed(
  table: RoutingTable,
  start: number,
  width: number,
  drawn: number,
  allowed: Allowed | undefined,
): PeerHandle {
  if (allowed === undefined) return table.handles[start + drawn]!;
  for (let i = 0; i < width; i++) {
    const peer = table.handles[start + ((drawn + i) % width)]!;
    if (allowed.allows(peer)) return peer;
  }
  allowed.skipped++;
  return -1;
}

/** The toll for the packet in hand. */
export class TollGate implements Allowed {
  skipped = 0;
  /** Length of the packet in hand. */
  bytes = 0;
  readonly #toll: Toll;
  readonly #header: DarkHeader;

  constructor(toll: Toll, header: DarkHeader) {
    this.#toll = toll;
    this.#header = header;
  }

  allows(peer: PeerHandle): boolean {
    return this.#toll.mayPass(peer, this.#header, this.bytes);
  }

  passed(peer: PeerHandle): void {
    this.#toll.passed(peer, this.#header, this.bytes);
  }

  taken(from: PeerHandle): boolean {
    return this.#toll.taken(from, this.#header, this.bytes);
  }

  /** Keeps those of `peers[0..count)` that are allowed, in their order. @returns how many. */
  keepAllowed(peers: Int32Array, count: number): number {
    let kept = 0;
    for (let i = 0; i < count; i++) {
      const peer = peers[i]!;
      if (this.allows(peer)) peers[kept++] = peer;
      else this.skipped++;
    }
    return kept;
  }
}
