/**
 * Iterative look-ups: FIND_NODE to ever nearer peers until the nearest that exist have all been asked.
 *
 * A look-up keeps a shortlist sorted by distance. At any time at most alpha requests are open, always to the nearest not
 * yet asked among the first `width` that have not failed; it ends when those have all answered (Maymounkov & Mazières 2002
 * §2.3). Contacts in an answer are claims by one peer: they enter the shortlist, are asked themselves, and count as found
 * only once they have answered. Addresses that would not enter the shortlist are not even interned, so a liar can make us
 * remember no more than a shortlist per look-up.
 *
 * Look-ups are pooled: a node keeps two idle ones and reuses them.
 */
import type { Host, PeerHandle } from '../host.ts';
import {
  ADDRESS_BYTES,
  ADDRESS_WORDS,
  compareDistance,
  readAddress,
} from '../identity/proximity.ts';
import { CONTACT_BYTES, NODES_MAX } from './messages.ts';
import { nearest } from './nearest.ts';
import { LOOKUPS_MAX, SAMPLE_WIDTH } from './params.ts';
import type { OverlayScratch, Requests } from './requests.ts';
import type { RoutingTable } from './table.ts';

const STATE_NEW = 0;
const STATE_ASKED = 1;
const STATE_ANSWERED = 2;
const STATE_FAILED = 3;

const HOPS_MAX = 255;
const SPARE_MAX = 2;

/** One look-up. Other code may read it only while it is being told of its end. */
export class Lookup {
  id = 0;
  purpose = 0;
  /** How many of the nearest peers are wanted. */
  width = 0;
  startedUs = 0;
  /** FIND_NODE requests sent. */
  requests = 0;
  /** Requests open. */
  open = 0;
  /** Entries of the shortlist; after the end, how many peers were found. */
  size = 0;
  readonly target = new Uint32Array(ADDRESS_WORDS);
  /** The shortlist, nearest first; after the end, the peers found (they answered), nearest first. */
  handles: Int32Array;
  states: Uint8Array;
  /** Answers on the chain that led to each entry; those from our own table have 1. */
  hops: Uint8Array;

  constructor(capacity: number) {
    this.handles = new Int32Array(capacity);
    this.states = new Uint8Array(capacity);
    this.hops = new Uint8Array(capacity);
  }

  /** Index of `peer` in the shortlist, or -1. */
  indexOf(peer: PeerHandle): number {
    for (let i = 0; i < this.size; i++) if (this.handles[i] === peer) return i;
    return -1;
  }

  /** Entries the shortlist may hold: as many failures as results, and one whole answer besides. */
  get limit(): number {
    return 2 * this.width + NODES_MAX;
  }

  /** Where the address at `words[offset]` stands, or would stand, in the shortlist: by bisection. */
  placeOf(words: Uint32Array, offset: number, peers: Uint32Array): number {
    let low = 0;
    let high = this.size;
    while (low < high) {
      const middle = (low + high) >>> 1;
      const other = this.handles[middle]! * ADDRESS_WORDS;
      if (compareDistance(this.target, 0, words, offset, peers, other) > 0) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  /** Puts `peer` at `place`, which `placeOf` gave for it; the farthest falls off a full list. */
  insert(peer: PeerHandle, place: number, hops: number): void {
    if (this.size < this.limit) this.size++;
    this.handles.copyWithin(place + 1, place, this.size - 1);
    this.states.copyWithin(place + 1, place, this.size - 1);
    this.hops.copyWithin(place + 1, place, this.size - 1);
    this.handles[place] = peer;
    this.states[place] = STATE_NEW;
    this.hops[place] = hops;
  }

  /** Leaves only the first `width` peers that answered. */
  reduce(): void {
    let kept = 0;
    for (let i = 0; i < this.size && kept < this.width; i++) {
      if (this.states[i] !== STATE_ANSWERED) continue;
      this.handles[kept] = this.handles[i]!;
      this.hops[kept] = this.hops[i]!;
      kept++;
    }
    this.size = kept;
  }
}

export class Lookups {
  /** Called at the end of each look-up; the object is reused afterwards. */
  onFinished: (lookup: Lookup) => void = () => {};
  /** Called for each contact that an answer names and the shortlist took. */
  onNamed: (peer: PeerHandle) => void = () => {};
  readonly #host: Host;
  readonly #table: RoutingTable;
  readonly #requests: Requests;
  readonly #scratch: OverlayScratch;
  readonly #alpha: number;
  readonly #active: Lookup[] = [];
  readonly #spare: Lookup[] = [];
  #nextId = 1;

  constructor(
    host: Host,
    table: RoutingTable,
    requests: Requests,
    scratch: OverlayScratch,
    alpha: number,
  ) {
    this.#host = host;
    this.#table = table;
    this.#requests = requests;
    this.#scratch = scratch;
    this.#alpha = alpha;
  }

  /** Look-ups running. */
  get running(): number {
    return this.#active.length;
  }

  /**
   * Starts a look-up of `target[targetOffset..+8)` (copied) for the `width` nearest peers, from the table and `seeds`.
   * With nobody to ask it ends before this returns.
   * @returns its id (>= 1), or -1 when LOOKUPS_MAX are running.
   */
  start(
    target: Uint32Array,
    targetOffset: number,
    purpose: number,
    width: number,
    seeds: readonly PeerHandle[],
  ): number {
    if (this.#active.length === LOOKUPS_MAX) return -1;
    const lookup = this.#take(width);
    const id = this.#nextId++;
    lookup.id = id;
    lookup.purpose = purpose;
    lookup.width = width;
    lookup.startedUs = this.#host.now();
    lookup.requests = 0;
    lookup.open = 0;
    lookup.size = 0;
    for (let i = 0; i < ADDRESS_WORDS; i++) lookup.target[i] = target[targetOffset + i]!;
    const peers = this.#host.peers;
    const handles = this.#scratch.handles;
    const wanted = Math.min(Math.max(width, this.#alpha), NODES_MAX);
    const known = nearest(this.#table, peers, lookup.target, 0, wanted, handles);
    for (let i = 0; i < known; i++) lookup.insert(handles[i]!, i, 1);
    for (const seed of seeds) {
      const place = lookup.placeOf(peers.words, seed * ADDRESS_WORDS, peers.words);
      const there = place < lookup.size && lookup.handles[place] === seed;
      if (seed !== this.#table.self && place < lookup.limit && !there)
        lookup.insert(seed, place, 1);
    }
    this.#active.push(lookup);
    this.#step(lookup);
    return id;
  }

  /**
   * `from` has answered look-up `id` with `count` contacts at `bytes[at]`. Nothing happens if the look-up is over.
   */
  answered(id: number, from: PeerHandle, bytes: Uint8Array, at: number, count: number): void {
    const lookup = this.#find(id);
    if (lookup === undefined) return;
    lookup.open--;
    const index = lookup.indexOf(from);
    let hops = 1;
    if (index >= 0) {
      lookup.states[index] = STATE_ANSWERED;
      hops = Math.min(lookup.hops[index]! + 1, HOPS_MAX);
    }
    for (let i = 0; i < count; i++) this.#named(lookup, bytes, at + i * CONTACT_BYTES, hops);
    this.#step(lookup);
  }

  /** The request of look-up `id` to `peer` has failed. */
  failed(id: number, peer: PeerHandle): void {
    const lookup = this.#find(id);
    if (lookup === undefined) return;
    lookup.open--;
    const index = lookup.indexOf(peer);
    if (index >= 0) lookup.states[index] = STATE_FAILED;
    this.#step(lookup);
  }

  /** Everybody on a shortlist. */
  eachPeer(visit: (peer: PeerHandle) => void): void {
    for (const { handles, size } of this.#active) for (let i = 0; i < size; i++) visit(handles[i]!);
  }

  /** Drops all look-ups without telling anybody. */
  clear(): void {
    while (this.#active.length > 0) this.#release(this.#active.pop()!);
  }

  /** Takes the contact at `bytes[at]` into the shortlist if it is new there and near enough. */
  #named(lookup: Lookup, bytes: Uint8Array, at: number, hops: number): void {
    const peers = this.#host.peers;
    const words = this.#scratch.address;
    readAddress(bytes, at, words, 0);
    const place = lookup.placeOf(words, 0, peers.words);
    if (place >= lookup.limit) return;
    if (place < lookup.size) {
      const other = lookup.handles[place]! * ADDRESS_WORDS;
      if (compareDistance(words, 0, peers.words, other, words, 0) === 0) return;
    }
    const peer = peers.internWords(words, 0, bytes, at + ADDRESS_BYTES);
    if (peer === this.#table.self) return;
    lookup.insert(peer, place, hops);
    this.onNamed(peer);
  }

  /** Sends what may be sent; ends the look-up when nothing is left to learn. */
  #step(lookup: Lookup): void {
    let live = 0;
    let waiting = false;
    for (let i = 0; i < lookup.size && live < lookup.width; i++) {
      const state = lookup.states[i]!;
      if (state === STATE_FAILED) continue;
      live++;
      if (state === STATE_ANSWERED) continue;
      waiting = true;
      if (state === STATE_ASKED || lookup.open >= this.#alpha) continue;
      const wanted = Math.min(Math.max(lookup.width, this.#alpha), NODES_MAX);
      if (this.#requests.findNode(lookup.handles[i]!, lookup.target, wanted, lookup.id)) {
        lookup.states[i] = STATE_ASKED;
        lookup.open++;
        lookup.requests++;
      } else if (lookup.open === 0) {
        // All requests are taken by others: this peer cannot be asked, and nothing of ours would wake us again.
        lookup.states[i] = STATE_FAILED;
        live--;
        waiting = false;
      }
    }
    if (!waiting) this.#finish(lookup);
  }

  #finish(lookup: Lookup): void {
    this.#active.splice(this.#active.indexOf(lookup), 1);
    lookup.reduce();
    this.onFinished(lookup);
    this.#release(lookup);
  }

  #find(id: number): Lookup | undefined {
    for (const lookup of this.#active) if (lookup.id === id) return lookup;
    return undefined;
  }

  #take(width: number): Lookup {
    // Rounded up to the widest of our own, so that idle ones serve every purpose.
    const capacity = 2 * Math.max(width, SAMPLE_WIDTH) + NODES_MAX;
    for (let i = 0; i < this.#spare.length; i++) {
      if (this.#spare[i]!.handles.length >= capacity) return this.#spare.splice(i, 1)[0]!;
    }
    return new Lookup(capacity);
  }

  #release(lookup: Lookup): void {
    if (this.#spare.length < SPARE_MAX) this.#spare.push(lookup);
  }
}
