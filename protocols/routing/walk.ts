/**
 * All contacts in the order in which both PSS rules consider them: nearest to the target first, by proximity order; within one order as the
 * table has them. Fills caller-owned arrays, which grow with the largest table and are then reused.
 */
import type { PeerBook } from '../identity/peer-book.ts';
import type { RoutingTable } from '../overlay/table.ts';
import { BIN_COUNT } from '../overlay/table.ts';
import { contactProximity, ownProximity } from './targets.ts';

export class TargetWalk {
  /** Peers, nearest order first. */
  peers = new Int32Array(64);
  /** Proximity order of each to the target. */
  orders = new Uint16Array(64);
  count = 0;
  /** Our own proximity order to the target. */
  own = 0;

  /** Lays out all contacts of `table` for `target`. */
  prepare(table: RoutingTable, book: PeerBook, target: Uint32Array): void {
    if (this.peers.length < table.size) {
      this.peers = new Int32Array(table.size * 2);
      this.orders = new Uint16Array(table.size * 2);
    }
    this.own = ownProximity(table, book, target);
    this.count = 0;
    const ownBin = this.own < BIN_COUNT ? this.own : BIN_COUNT - 1;
    this.#addSorted(table, book, target, ownBin);
    for (let bin = ownBin + 1; bin < BIN_COUNT; bin++) this.#addSorted(table, book, target, bin);
    for (let bin = ownBin - 1; bin >= 0; bin--) this.#addSorted(table, book, target, bin);
  }

  /** Appends a bin's contacts, keeping descending order: an insertion among the few that share their bin. */
  #addSorted(table: RoutingTable, book: PeerBook, target: Uint32Array, bin: number): void {
    const end = table.end(bin);
    for (let index = table.start(bin); index < end; index++) {
      const order = contactProximity(table, book, target, this.own, bin, index);
      let at = this.count++;
      while (at > 0 && this.orders[at - 1]! < order) {
        this.orders[at] = this.orders[at - 1]!;
        this.peers[at] = this.peers[at - 1]!;
        at--;
      }
      this.orders[at] = order;
      this.peers[at] = table.handles[index]!;
    }
  }
}
