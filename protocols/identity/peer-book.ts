/**
 * Interning: 256-bit overlay addresses become small integers once, and every hot table holds only integers.
 *
 * A handle can be kept as long as one likes; the book stores what introduces a peer (address, endpoint) in
 * typed arrays. It holds no opinion about a peer: liveness and trust belong to the tables that use the handle.
 * Simulated worlds only ever add. A live node hears of addresses without end, most of them once, so whoever owns its book lets go now and then (`retain`) of
 * all handles that nobody keeps, between two inputs.
 * A handle's number depends on who was interned first and must never reach the wire, a digest or a comparison.
 *
 * Addresses are looked up by open addressing over one typed array. They reach us in other nodes' replies, so they are chosen by whoever
 * wants to slow us down: all eight words go into the hash, after a secret, or a few thousand addresses that begin at one slot would make every
 * look-up a walk through all of them. The secret moves entries about in the table and never changes a handle.
 */
import { assertRange } from '../crypto/bytes.ts';
import { ADDRESS_BYTES, ADDRESS_WORDS, readAddress, writeAddress } from './proximity.ts';

/** A peer, as the small integer under which this process knows its 256-bit overlay address. */
export type PeerHandle = number;

/** Bytes of an endpoint: IPv6 address (IPv4 as ::ffff:a.b.c.d), then the UDP port, big-endian. */
export const ENDPOINT_BYTES = 18;

export class PeerBook {
  /** Eight big-endian words per handle: the address of `h` starts at `words[8 * h]`. Replaced when it grows. */
  words: Uint32Array;
  #endpoints: Uint8Array;
  #slots: Int32Array;
  #size = 0;
  /** Handles that were let go. */
  #free: PeerHandle[] = [];
  readonly #scratch = new Uint32Array(ADDRESS_WORDS);
  readonly #secret: number;

  /**
   * @param capacity peers to make room for at first, at least 1; the book doubles when it is full.
   * @param secret 32 bits that nobody else knows; simulated worlds, whose attackers do not aim at our tables, may leave it out.
   */
  constructor(capacity = 64, secret = 0) {
    if (!Number.isInteger(capacity) || capacity < 1)
      throw new Error(`capacity of a peer book: expected an integer >= 1, got ${capacity}`);
    this.#secret = secret;
    this.words = new Uint32Array(capacity * ADDRESS_WORDS);
    this.#endpoints = new Uint8Array(capacity * ENDPOINT_BYTES);
    let slots = 16;
    while (slots < capacity * 2) slots *= 2;
    this.#slots = new Int32Array(slots).fill(-1);
  }

  /** Handles are 0..size-1. */
  get size(): number {
    return this.#size;
  }

  /** How many peers have a handle; others of `size` were let go. */
  get known(): number {
    return this.#size - this.#free.length;
  }

  /** Lets go of all handles but those in `kept`: their addresses are forgotten, their numbers are given to others. */
  retain(kept: ReadonlySet<PeerHandle>): void {
    this.#free = [];
    this.#slots.fill(-1);
    // From the end, so that low numbers are given first.
    for (let handle = this.#size - 1; handle >= 0; handle--) {
      if (kept.has(handle)) this.#slots[this.#find(this.words, handle * ADDRESS_WORDS)] = handle;
      else this.#free.push(handle);
    }
  }

  /**
   * The handle of the address at `bytes[offset..+32)`, made if it is new. `endpoint[endpointOffset..+18)` is stored
   * only for a new peer: what a stranger says of a known peer's endpoint changes nothing.
   */
  intern(
    bytes: Uint8Array,
    offset: number,
    endpoint: Uint8Array,
    endpointOffset: number,
  ): PeerHandle {
    assertRange('address', bytes, offset, ADDRESS_BYTES);
    readAddress(bytes, offset, this.#scratch, 0);
    return this.internWords(this.#scratch, 0, endpoint, endpointOffset);
  }

  /** `intern` for an address already in words. */
  internWords(
    words: Uint32Array,
    offset: number,
    endpoint: Uint8Array,
    endpointOffset: number,
  ): PeerHandle {
    const slot = this.#find(words, offset);
    const known = this.#slots[slot]!;
    if (known >= 0) return known;
    assertRange('endpoint', endpoint, endpointOffset, ENDPOINT_BYTES);
    const handle = this.#append(words, offset);
    for (let i = 0; i < ENDPOINT_BYTES; i++) {
      this.#endpoints[handle * ENDPOINT_BYTES + i] = endpoint[endpointOffset + i]!;
    }
    return handle;
  }

  /** The handle of an address, or -1 if it was never interned. */
  lookup(words: Uint32Array, offset: number): PeerHandle {
    return this.#slots[this.#find(words, offset)]!;
  }

  /** Writes the 32 address bytes of `handle` at `out[offset]`. */
  writeAddress(handle: PeerHandle, out: Uint8Array, offset: number): void {
    this.#check(handle);
    writeAddress(this.words, handle * ADDRESS_WORDS, out, offset);
  }

  /** Writes the 18 endpoint bytes of `handle` at `out[offset]`. */
  writeEndpoint(handle: PeerHandle, out: Uint8Array, offset: number): void {
    this.#check(handle);
    const at = handle * ENDPOINT_BYTES;
    for (let i = 0; i < ENDPOINT_BYTES; i++) out[offset + i] = this.#endpoints[at + i]!;
  }

  /**
   * Replaces the endpoint of a known peer. For the link alone, when the peer itself has proved to be there: by then what a stranger
   * once said of it no longer counts.
   */
  updateEndpoint(handle: PeerHandle, endpoint: Uint8Array, endpointOffset: number): void {
    this.#check(handle);
    assertRange('endpoint', endpoint, endpointOffset, ENDPOINT_BYTES);
    for (let i = 0; i < ENDPOINT_BYTES; i++)
      this.#endpoints[handle * ENDPOINT_BYTES + i] = endpoint[endpointOffset + i]!;
  }

  /**
   * The /24 (IPv4) or /48 (IPv6) network of a peer's endpoint as one unsigned integer, for diversity limits.
   * Two peers of one network get the same number; different networks collide with probability about 2^-32.
   */
  endpointNetwork(handle: PeerHandle): number {
    this.#check(handle);
    const at = handle * ENDPOINT_BYTES;
    const e = this.#endpoints;
    if (isMappedIpv4(e, at)) {
      return ((e[at + 12]! << 16) | (e[at + 13]! << 8) | e[at + 14]!) >>> 0;
    }
    const high = ((e[at]! << 24) | (e[at + 1]! << 16) | (e[at + 2]! << 8) | e[at + 3]!) >>> 0;
    const low = (e[at + 4]! << 8) | e[at + 5]!;
    return (Math.imul(high, 0x9e3779b1) ^ low ^ 0x80000000) >>> 0;
  }

  #check(handle: PeerHandle): void {
    if (!(handle >= 0 && handle < this.#size))
      throw new Error(`peer ${handle}: the book has handles 0 to ${this.#size - 1}`);
  }

  #find(words: Uint32Array, offset: number): number {
    const mask = this.#slots.length - 1;
    let slot = addressHash(words, offset, this.#secret) & mask;
    for (;;) {
      const handle = this.#slots[slot]!;
      if (handle < 0 || this.#equal(handle, words, offset)) return slot;
      slot = (slot + 1) & mask;
    }
  }

  #equal(handle: PeerHandle, words: Uint32Array, offset: number): boolean {
    const at = handle * ADDRESS_WORDS;
    for (let i = 0; i < ADDRESS_WORDS; i++) {
      if (this.words[at + i] !== words[offset + i]) return false;
    }
    return true;
  }

  #append(words: Uint32Array, offset: number): PeerHandle {
    const again = this.#free.pop();
    const handle = again ?? this.#size;
    if ((handle + 1) * ADDRESS_WORDS > this.words.length) {
      const grown = new Uint32Array(this.words.length * 2);
      grown.set(this.words);
      this.words = grown;
      const endpoints = new Uint8Array(this.#endpoints.length * 2);
      endpoints.set(this.#endpoints);
      this.#endpoints = endpoints;
    }
    for (let i = 0; i < ADDRESS_WORDS; i++)
      this.words[handle * ADDRESS_WORDS + i] = words[offset + i]!;
    if (again === undefined) this.#size = handle + 1;
    if (this.#size * 2 > this.#slots.length) this.#rehash();
    else this.#slots[this.#find(words, offset)] = handle;
    return handle;
  }

  #rehash(): void {
    this.#slots = new Int32Array(this.#slots.length * 2).fill(-1);
    for (let handle = 0; handle < this.#size; handle++) {
      this.#slots[this.#find(this.words, handle * ADDRESS_WORDS)] = handle;
    }
  }
}

/** Whether the address at `bytes[at..+16)` is an IPv4 address in IPv6 clothes: ::ffff:a.b.c.d (RFC 4291 §2.5.5.2). */
function isMappedIpv4(bytes: Uint8Array, at: number): boolean {
  if (bytes[at + 10] !== 0xff || bytes[at + 11] !== 0xff) return false;
  let zeros = 0;
  for (let i = 0; i < 10; i++) zeros |= bytes[at + i]!;
  return zeros === 0;
}

/**
 * 32 bits in which each bit of the address counts. Two multiplications a word (the finaliser of MurmurHash3, A. Appleby, public domain):
 * with one, the flips of two words can be chosen so that they cancel whatever the secret is.
 */
function addressHash(words: Uint32Array, offset: number, secret: number): number {
  let h = secret;
  for (let i = 0; i < ADDRESS_WORDS; i++) {
    h ^= words[offset + i]!;
    h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
    h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
    h ^= h >>> 16;
  }
  return h;
}
