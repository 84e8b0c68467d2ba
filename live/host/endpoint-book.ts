/**
 * Endpoints as small integers, in a book of fixed size.
 *
 * Unlike a peer's address an endpoint proves nothing: one machine can write datagrams that seem to come from every address there is. So the book
 * makes all its room at once and never more; when it is full, the endpoint that nobody holds and that was seen least recently
 * gives its number to the newcomer. Whoever needs an endpoint beyond the input being handled (a link, a handshake) holds it, and a held number never
 * changes its meaning, whatever arrives. If all are held the newcomer gets none.
 *
 * Look-up is open addressing over one typed array with a secret in the hash, as in `PeerBook`; taking an entry out moves later ones of its run
 * back, so that a flood leaves no tombstones behind. The unheld are a list linked through two arrays, least recently seen first: every step is O(1).
 */
import { ENDPOINT_BYTES } from '../../protocols/identity/peer-book.ts';
import { addressText, isIpv4, portOf } from './endpoint-text.ts';

/** Endpoints that a node remembers by default; about 3 MB. */
export const ENDPOINTS_MAX = 65_536;

const NONE = -1;

export class EndpointBook {
  readonly capacity: number;
  readonly #bytes: Uint8Array;
  readonly #hashes: Uint32Array;
  readonly #holds: Int32Array;
  /** Neighbours in the list of the unheld; element `capacity` is the list's head and tail. */
  readonly #before: Int32Array;
  readonly #after: Int32Array;
  readonly #slots: Int32Array;
  /** Address in text, made when first sent to. */
  readonly #texts: (string | undefined)[];
  readonly #secret: number;
  #size = 0;
  #recycled = 0;

  /**
   * @param secret 32 bits that nobody else knows.
   * @param capacity most endpoints at once, 1..2^24.
   */
  constructor(secret: number, capacity = ENDPOINTS_MAX) {
    if (!(Number.isInteger(capacity) && capacity >= 1 && capacity <= 0x1000000))
      throw new Error(`capacity of an endpoint book: expected 1 to 2^24, got ${capacity}`);
    this.capacity = capacity;
    this.#secret = secret;
    this.#bytes = new Uint8Array(capacity * ENDPOINT_BYTES);
    this.#hashes = new Uint32Array(capacity);
    this.#holds = new Int32Array(capacity);
    this.#before = new Int32Array(capacity + 1).fill(capacity);
    this.#after = new Int32Array(capacity + 1).fill(capacity);
    this.#texts = new Array<string | undefined>(capacity).fill(undefined);
    let slots = 4;
    while (slots < capacity * 2) slots *= 2;
    this.#slots = new Int32Array(slots).fill(NONE);
  }

  /** Numbers in use: 0..size-1. */
  get size(): number {
    return this.#size;
  }

  /** How often a number was given to another endpoint. */
  get recycled(): number {
    return this.#recycled;
  }

  /** The number of the endpoint at `bytes[offset..+18)`, or -1; does not count as seeing it. */
  find(bytes: Uint8Array, offset: number): number {
    return this.#slots[this.#slotOf(bytes, offset, this.#hash(bytes, offset))]!;
  }

  /** The number of the endpoint at `bytes[offset..+18)`, given if it is new; -1 if it is new and every number is held. */
  intern(bytes: Uint8Array, offset: number): number {
    const hash = this.#hash(bytes, offset);
    let slot = this.#slotOf(bytes, offset, hash);
    const known = this.#slots[slot]!;
    if (known !== NONE) {
      if (this.#holds[known] === 0) {
        this.#unlink(known);
        this.#append(known);
      }
      return known;
    }
    let handle = this.#size;
    if (handle < this.capacity) this.#size++;
    else {
      handle = this.#after[this.capacity]!;
      if (handle === this.capacity) return NONE;
      this.#unlink(handle);
      this.#remove(handle);
      this.#texts[handle] = undefined;
      this.#recycled++;
      slot = this.#slotOf(bytes, offset, hash);
    }
    for (let i = 0; i < ENDPOINT_BYTES; i++)
      this.#bytes[handle * ENDPOINT_BYTES + i] = bytes[offset + i]!;
    this.#hashes[handle] = hash;
    this.#slots[slot] = handle;
    this.#append(handle);
    return handle;
  }

  /** Keeps the number from being given to another endpoint; counted. */
  hold(handle: number): void {
    this.#check(handle);
    if (this.#holds[handle] === 0) this.#unlink(handle);
    this.#holds[handle]!++;
  }

  /** Undoes one `hold`; the last one counts as seeing the endpoint. */
  release(handle: number): void {
    this.#check(handle);
    if (this.#holds[handle] === 0)
      throw new Error(`endpoint ${handle} was released more often than held`);
    this.#holds[handle]!--;
    if (this.#holds[handle] === 0) this.#append(handle);
  }

  isHeld(handle: number): boolean {
    return handle >= 0 && handle < this.#size && this.#holds[handle]! > 0;
  }

  /** Writes the 18 bytes of an endpoint at `out[offset]`. */
  write(handle: number, out: Uint8Array, offset: number): void {
    this.#check(handle);
    const at = handle * ENDPOINT_BYTES;
    for (let i = 0; i < ENDPOINT_BYTES; i++) out[offset + i] = this.#bytes[at + i]!;
  }

  /** The address as sockets want it. */
  addressText(handle: number): string {
    this.#check(handle);
    return (this.#texts[handle] ??= addressText(this.#bytes, handle * ENDPOINT_BYTES));
  }

  port(handle: number): number {
    this.#check(handle);
    return portOf(this.#bytes, handle * ENDPOINT_BYTES);
  }

  isIpv4(handle: number): boolean {
    this.#check(handle);
    return isIpv4(this.#bytes, handle * ENDPOINT_BYTES);
  }

  #check(handle: number): void {
    if (!(handle >= 0 && handle < this.#size))
      throw new Error(`endpoint ${handle}: the book has numbers 0 to ${this.#size - 1}`);
  }

  #slotOf(bytes: Uint8Array, offset: number, hash: number): number {
    const mask = this.#slots.length - 1;
    let slot = hash & mask;
    for (;;) {
      const handle = this.#slots[slot]!;
      if (handle === NONE) return slot;
      if (this.#hashes[handle] === hash && this.#equal(handle, bytes, offset)) return slot;
      slot = (slot + 1) & mask;
    }
  }

  #equal(handle: number, bytes: Uint8Array, offset: number): boolean {
    const at = handle * ENDPOINT_BYTES;
    for (let i = 0; i < ENDPOINT_BYTES; i++)
      if (this.#bytes[at + i] !== bytes[offset + i]) return false;
    return true;
  }

  /** Empties the slot of `handle`, then moves back each later entry of the run that may stand there. */
  #remove(handle: number): void {
    const slots = this.#slots;
    const mask = slots.length - 1;
    let hole = this.#hashes[handle]! & mask;
    while (slots[hole] !== handle) hole = (hole + 1) & mask;
    let slot = (hole + 1) & mask;
    while (slots[slot] !== NONE) {
      const home = this.#hashes[slots[slot]!]! & mask;
      // It may move to the hole if its search, from home to here, passes the hole.
      if (((slot - home) & mask) >= ((slot - hole) & mask)) {
        slots[hole] = slots[slot]!;
        hole = slot;
      }
      slot = (slot + 1) & mask;
    }
    slots[hole] = NONE;
  }

  #append(handle: number): void {
    const last = this.#before[this.capacity]!;
    this.#after[last] = handle;
    this.#before[handle] = last;
    this.#after[handle] = this.capacity;
    this.#before[this.capacity] = handle;
  }

  #unlink(handle: number): void {
    const before = this.#before[handle]!;
    const after = this.#after[handle]!;
    this.#after[before] = after;
    this.#before[after] = before;
  }

  /** 32 bits in which every bit of the endpoint counts: the finaliser of MurmurHash3 (A. Appleby, public domain) after each word. */
  #hash(bytes: Uint8Array, offset: number): number {
    let hash = this.#secret;
    for (let i = 0; i < ENDPOINT_BYTES; i += 2) {
      hash ^= (bytes[offset + i]! << 8) | bytes[offset + i + 1]!;
      hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
      hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
      hash ^= hash >>> 16;
    }
    return hash >>> 0;
  }
}
