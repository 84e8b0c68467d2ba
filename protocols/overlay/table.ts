/**
 * A node's Kademlia contacts, ordered by bin, in three parallel typed arrays.
 *
 * Why one contiguous run instead of an array of buckets: routing walks one or two neighbouring bins per packet and
 * tables change rarely, so a shift of a few hundred integers on insertion buys a walk without pointers. The first 32
 * bits of each contact's address are stored inline: most comparisons end there and never touch the address table.
 *
 * The table only stores. Whether a full bin's oldest contact is pinged, what depth means and whom to dial are
 * decisions of the overlay machine and of the pure functions in `depth.ts`.
 */
import type { PeerHandle } from '../host.ts';
import type { PeerBook } from '../identity/peer-book.ts';
import { ADDRESS_WORDS, proximity } from '../identity/proximity.ts';

/**
 * Bins 0..63; contacts that share 63 bits or more with us fall into the last one. Two honest nodes share 63 bits with
 * probability 2^-63; a grinder who gets there has gained nothing that bin 40 would not have given.
 */
export const BIN_COUNT = 64;

export const INSERT_ADDED = 0;
export const INSERT_UPDATED = 1;
export const INSERT_FULL = 2;
export const INSERT_SELF = 3;
export type InsertResult = 0 | 1 | 2 | 3;

const INITIAL_CAPACITY = 16;

export class RoutingTable {
  /** Peer handle of each contact; contacts of bin b are at indexes start(b) .. end(b)-1. Replaced when it grows. */
  handles: Int32Array = new Int32Array(INITIAL_CAPACITY);
  /** First 32 bits of each contact's address, parallel to `handles`. */
  prefixes: Uint32Array = new Uint32Array(INITIAL_CAPACITY);
  /** Network time in whole seconds when each contact was last heard from, parallel to `handles`. */
  seenSeconds: Uint32Array = new Uint32Array(INITIAL_CAPACITY);
  /** Bumped by every change of membership, so that derived values (depth) can be cached. */
  version = 0;
  readonly self: PeerHandle;
  readonly #peers: PeerBook;
  readonly #bounds = new Uint16Array(BIN_COUNT + 1);

  constructor(peers: PeerBook, self: PeerHandle) {
    this.#peers = peers;
    this.self = self;
  }

  get size(): number {
    return this.#bounds[BIN_COUNT]!;
  }

  /** Index of the first contact of `bin`. */
  start(bin: number): number {
    return this.#bounds[bin]!;
  }

  /** Index after the last contact of `bin`. */
  end(bin: number): number {
    return this.#bounds[bin + 1]!;
  }

  binSize(bin: number): number {
    return this.#bounds[bin + 1]! - this.#bounds[bin]!;
  }

  /** The bin `peer` belongs to: its proximity order to us, at most BIN_COUNT - 1. */
  binOf(peer: PeerHandle): number {
    const words = this.#peers.words;
    const order = proximity(words, this.self * ADDRESS_WORDS, words, peer * ADDRESS_WORDS);
    return order < BIN_COUNT ? order : BIN_COUNT - 1;
  }

  /** Index of `peer`, or -1. Cost: one bin. */
  indexOf(peer: PeerHandle): number {
    const bin = this.binOf(peer);
    const end = this.end(bin);
    for (let i = this.start(bin); i < end; i++) if (this.handles[i] === peer) return i;
    return -1;
  }

  has(peer: PeerHandle): boolean {
    return this.indexOf(peer) >= 0;
  }

  /**
   * Adds `peer`, or marks it as heard from now. Never evicts: a full bin (`capacity` contacts) answers INSERT_FULL and
   * the caller decides. New contacts go to the end of their bin, so the head is the one known longest.
   */
  insert(peer: PeerHandle, nowSeconds: number, capacity: number): InsertResult {
    if (peer === this.self) return INSERT_SELF;
    const known = this.indexOf(peer);
    if (known >= 0) {
      this.seenSeconds[known] = nowSeconds;
      return INSERT_UPDATED;
    }
    const bin = this.binOf(peer);
    if (this.binSize(bin) >= capacity) return INSERT_FULL;
    const size = this.size;
    if (size === this.handles.length) this.#grow();
    const at = this.end(bin);
    this.handles.copyWithin(at + 1, at, size);
    this.prefixes.copyWithin(at + 1, at, size);
    this.seenSeconds.copyWithin(at + 1, at, size);
    this.handles[at] = peer;
    this.prefixes[at] = this.#peers.words[peer * ADDRESS_WORDS]!;
    this.seenSeconds[at] = nowSeconds;
    for (let b = bin + 1; b <= BIN_COUNT; b++) this.#bounds[b]!++;
    this.version++;
    return INSERT_ADDED;
  }

  /**
   * Replaces all contacts at once: the three columns (kept, not copied) bin by bin, `sizes[b]` contacts in bin b, without
   * repetition and without ourselves. For building worlds, where inserting one by one would take most of the time.
   */
  assign(
    handles: Int32Array,
    prefixes: Uint32Array,
    seenSeconds: Uint32Array,
    sizes: Uint16Array,
  ): void {
    let end = 0;
    for (let bin = 0; bin < BIN_COUNT; bin++) {
      end += sizes[bin]!;
      this.#bounds[bin + 1] = end;
    }
    if (end !== handles.length || end !== prefixes.length || end !== seenSeconds.length)
      throw new Error(`${handles.length} contacts, but the bins add up to ${end}`);
    this.handles = handles;
    this.prefixes = prefixes;
    this.seenSeconds = seenSeconds;
    this.version++;
  }

  /** Removes `peer`; true if it was a contact. */
  remove(peer: PeerHandle): boolean {
    const at = this.indexOf(peer);
    if (at < 0) return false;
    const size = this.size;
    this.handles.copyWithin(at, at + 1, size);
    this.prefixes.copyWithin(at, at + 1, size);
    this.seenSeconds.copyWithin(at, at + 1, size);
    for (let b = this.binOf(peer) + 1; b <= BIN_COUNT; b++) this.#bounds[b]!--;
    this.version++;
    return true;
  }

  /** Handle of the contact of `bin` heard from least recently, or -1 when the bin is empty. */
  stalest(bin: number): PeerHandle {
    let best = -1;
    let bestSeen = 0;
    for (let i = this.start(bin); i < this.end(bin); i++) {
      const seen = this.seenSeconds[i]!;
      if (best < 0 || seen < bestSeen) {
        best = this.handles[i]!;
        bestSeen = seen;
      }
    }
    return best;
  }

  /** Forgets everyone (a restart without saved state). */
  clear(): void {
    this.#bounds.fill(0);
    this.version++;
  }

  #grow(): void {
    const capacity = Math.max(INITIAL_CAPACITY, Math.ceil(this.handles.length * 1.5));
    const handles = new Int32Array(capacity);
    handles.set(this.handles);
    this.handles = handles;
    const prefixes = new Uint32Array(capacity);
    prefixes.set(this.prefixes);
    this.prefixes = prefixes;
    const seen = new Uint32Array(capacity);
    seen.set(this.seenSeconds);
    this.seenSeconds = seen;
  }
}
