/**
 * Interning: 256-bit overlay addresses become small integers once, and every hot table holds only integers.
 *
 * The book is append-only, so a handle can be kept for ever; it stores what introduces a peer (address, endpoint) in
 * typed arrays. It holds no opinion about a peer: liveness and trust belong to the tables that use the handle.
 * A handle's number depends on who was interned first and must never reach the wire, a digest or a comparison.
 */
import type { PeerHandle } from '../host.ts';
import { ADDRESS_WORDS, readAddress, writeAddress } from './proximity.ts';

/** IPv6 address (IPv4 as ::ffff:a.b.c.d), then the UDP port, big-endian. */
export const ENDPOINT_BYTES = 18;

export class PeerBook {
  /** Eight big-endian words per handle: the address of `h` starts at `words[8 * h]`. Replaced when it grows. */
  words: Uint32Array;
  #endpoints: Uint8Array;
  #slots: Int32Array;
  #size = 0;
  readonly #scratch = new Uint32Array(ADDRESS_WORDS);

  constructor(capacity = 64) {
    this.words = new Uint32Array(capacity * ADDRESS_WORDS);
    this.#endpoints = new Uint8Array(capacity * ENDPOINT_BYTES);
    let slots = 16;
    while (slots < capacity * 2) slots *= 2;
    this.#slots = new Int32Array(slots).fill(-1);
  }

  /** How many peers have a handle: handles are 0..size-1. */
  get size(): number {
    return this.#size;
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
    writeAddress(this.words, handle * ADDRESS_WORDS, out, offset);
  }

  /** Writes the 18 endpoint bytes of `handle` at `out[offset]`. */
  writeEndpoint(handle: PeerHandle, out: Uint8Array, offset: number): void {
    const at = handle * ENDPOINT_BYTES;
    for (let i = 0; i < ENDPOINT_BYTES; i++) out[offset + i] = this.#endpoints[at + i]!;
  }

  /**
   * The /24 (IPv4) or /48 (IPv6) network of a peer's endpoint as one unsigned integer, for diversity limits.
   * Two peers of one network get the same number; different networks collide with probability about 2^-32.
   */
  endpointNetwork(handle: PeerHandle): number {
    const at = handle * ENDPOINT_BYTES;
    const e = this.#endpoints;
    const mapped = e[at + 10] === 0xff && e[at + 11] === 0xff && e[at] === 0 && e[at + 1] === 0;
    if (mapped) return ((e[at + 12]! << 16) | (e[at + 13]! << 8) | e[at + 14]!) >>> 0;
    const high = ((e[at]! << 24) | (e[at + 1]! << 16) | (e[at + 2]! << 8) | e[at + 3]!) >>> 0;
    const low = (e[at + 4]! << 8) | e[at + 5]!;
    return (Math.imul(high, 0x9e3779b1) ^ low ^ 0x80000000) >>> 0;
  }

  #find(words: Uint32Array, offset: number): number {
    const mask = this.#slots.length - 1;
    // Addresses are hashes already; two words are mixed so that a swarm ground into one zone still spreads.
    let slot =
      (Math.imul(words[offset]! ^ Math.imul(words[offset + 7]!, 0x85ebca6b), 0x9e3779b1) >>> 7) &
      mask;
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
    const handle = this.#size;
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
    this.#size = handle + 1;
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
