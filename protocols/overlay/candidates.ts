/**
 * Peers that are known but not connected: the replacement cache.
 *
 * One short list per node, newest last, instead of a list per bin: a node loses contacts one at a time, and what no
 * candidate replaces a look-up does. When it is full the oldest of the bin with most candidates goes, so that the crowd of
 * the shallow bins, where most strangers live, cannot push out the few of the deep ones.
 */
import type { PeerHandle } from '../host.ts';
import { CANDIDATES_MAX } from './params.ts';
import type { Candidates } from './suggest.ts';
import type { RoutingTable } from './table.ts';

export class CandidateList implements Candidates {
  readonly #table: RoutingTable;
  readonly #handles = new Int32Array(CANDIDATES_MAX);
  /** Bin of each candidate, parallel to `#handles`. */
  readonly #bins = new Uint8Array(CANDIDATES_MAX);
  #size = 0;

  constructor(table: RoutingTable) {
    this.#table = table;
  }

  get size(): number {
    return this.#size;
  }

  /** Remembers `peer` as the newest. */
  add(peer: PeerHandle): void {
    if (this.#size > 0 && this.#handles[this.#size - 1] === peer) return;
    this.remove(peer);
    if (this.#size === CANDIDATES_MAX) this.#removeAt(this.#oldestOfFullestBin());
    this.#handles[this.#size] = peer;
    this.#bins[this.#size] = this.#table.binOf(peer);
    this.#size++;
  }

  eachPeer(visit: (peer: PeerHandle) => void): void {
    for (let i = 0; i < this.#size; i++) visit(this.#handles[i]!);
  }

  remove(peer: PeerHandle): void {
    for (let i = 0; i < this.#size; i++) {
      if (this.#handles[i] === peer) {
        this.#removeAt(i);
        return;
      }
    }
  }

  clear(): void {
    this.#size = 0;
  }

  /** The newest of `bin`, or -1. */
  pick(bin: number): PeerHandle {
    for (let i = this.#size - 1; i >= 0; i--) if (this.#bins[i] === bin) return this.#handles[i]!;
    return -1;
  }

  deepest(): number {
    let deepest = -1;
    for (let i = 0; i < this.#size; i++) if (this.#bins[i]! > deepest) deepest = this.#bins[i]!;
    return deepest;
  }

  #oldestOfFullestBin(): number {
    let at = 0;
    let most = 0;
    for (let i = 0; i + most < this.#size; i++) {
      let same = 0;
      for (let j = i; j < this.#size; j++) if (this.#bins[j] === this.#bins[i]) same++;
      // Strictly more: the first index seen of the fullest bin is its oldest.
      if (same > most) {
        most = same;
        at = i;
      }
    }
    return at;
  }

  #removeAt(index: number): void {
    this.#handles.copyWithin(index, index + 1, this.#size);
    this.#bins.copyWithin(index, index + 1, this.#size);
    this.#size--;
  }
}
