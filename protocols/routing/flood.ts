/**
 * Flooding by one of the two PSS rules: lays a node's contacts out for a packet and asks the rule. A datagram is handed over or lost
 * without a word, so here no send fails; the later rule's treatment of failing ones is tested against its recorded answers.
 */
import type { PeerHandle } from '../host.ts';
import type { PeerBook } from '../identity/peer-book.ts';
import type { RoutingTable } from '../overlay/table.ts';
import type { DarkHeader } from './packet.ts';
import { PssV2Rule } from './pss-v2.ts';
import { pssReceivers, whitepaperDepth } from './pss.ts';
import type { RoutingScratch } from './scratch.ts';

const acceptsAll = (): boolean => true;

export class Flood {
  readonly #table: RoutingTable;
  readonly #peers: PeerBook;
  readonly #depth: () => number;
  readonly #later: PssV2Rule | undefined;
  readonly #scratch: RoutingScratch;

  /** @param later Swarm's later rule instead of that of 2018. */
  constructor(
    table: RoutingTable,
    peers: PeerBook,
    depth: () => number,
    later: boolean,
    scratch: RoutingScratch,
  ) {
    this.#table = table;
    this.#peers = peers;
    this.#depth = depth;
    this.#later = later ? new PssV2Rule() : undefined;
    this.#scratch = scratch;
  }

  /**
   * Writes to `scratch.peers` everyone who gets the packet of `header`; `exclude` has routed it already (-1: nobody; the later rule sends
   * back regardless). @returns how many.
   */
  receivers(header: DarkHeader, exclude: PeerHandle): number {
    const scratch = this.#scratch;
    const { walk } = scratch;
    walk.prepare(this.#table, this.#peers, header.target);
    scratch.reserve(walk.count);
    const luminosity = header.luminosity;
    return this.#later === undefined
      ? pssReceivers(walk, luminosity, whitepaperDepth(this.#table), exclude, scratch.peers)
      : this.#later.receivers(walk, luminosity, this.#depth(), acceptsAll, scratch.peers);
  }
}
