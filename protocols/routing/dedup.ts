/**
 * Which packets a node has seen: two generations of 64-bit keys in open addressing.
 *
 * A key is remembered for at least one generation's length, which is the longest that a packet can live; then its whole generation
 * is forgotten at once, so nothing is ever searched for expired entries. A table starts with a few dozen bytes (a world has 10^5 of
 * them) and doubles with its load up to a limit; at the limit generations turn early, which a flood could use to have old packets
 * relayed again, but never to make a node grow without bound.
 */
import { DEDUP_ENTRIES_MAX } from './params.ts';

const INITIAL_SLOTS = 16;

class Generation {
  /** Two words per slot; (0, 0) is empty. */
  words = new Uint32Array(INITIAL_SLOTS * 2);
  count = 0;

  has(high: number, low: number): boolean {
    const mask = (this.words.length >>> 1) - 1;
    let slot = (Math.imul(high ^ low, 0x9e3779b1) >>> 9) & mask;
    for (;;) {
      const h = this.words[slot * 2]!;
      const l = this.words[slot * 2 + 1]!;
      if (h === high && l === low) return true;
      if (h === 0 && l === 0) return false;
      slot = (slot + 1) & mask;
    }
  }

  add(high: number, low: number): void {
    if ((this.count + 1) * 4 > (this.words.length >>> 1) * 3) this.#double();
    this.#put(high, low);
    this.count++;
  }

  clear(): void {
    if (this.words.length > INITIAL_SLOTS * 8) this.words = new Uint32Array(INITIAL_SLOTS * 2);
    else this.words.fill(0);
    this.count = 0;
  }

  #put(high: number, low: number): void {
    const mask = (this.words.length >>> 1) - 1;
    let slot = (Math.imul(high ^ low, 0x9e3779b1) >>> 9) & mask;
    while (this.words[slot * 2] !== 0 || this.words[slot * 2 + 1] !== 0) slot = (slot + 1) & mask;
    this.words[slot * 2] = high;
    this.words[slot * 2 + 1] = low;
  }

  #double(): void {
    const old = this.words;
    this.words = new Uint32Array(old.length * 2);
    for (let i = 0; i < old.length; i += 2) {
      if (old[i] !== 0 || old[i + 1] !== 0) this.#put(old[i]!, old[i + 1]!);
    }
  }
}

/** The second word of a key; (0, 0) means an empty slot and is therefore never one. */
function lowKey(idHigh: number, idLow: number, lane: number): number {
  const mixed = (idLow ^ Math.imul(lane + 1, 0x85ebca6b)) >>> 0;
  return idHigh === 0 && mixed === 0 ? 1 : mixed;
}

export class SeenPackets {
  #current = new Generation();
  #previous = new Generation();
  #turnedUs = 0;
  readonly #memoryUs: number;

  /** @param memoryUs how long a packet is remembered at least, microseconds. */
  constructor(memoryUs: number) {
    this.#memoryUs = memoryUs;
  }

  /** Packets remembered. */
  get size(): number {
    return this.#current.count + this.#previous.count;
  }

  /**
   * True if (idHigh, idLow) was seen before in this `lane`; remembers it otherwise. Lanes (0..255) tell apart what counts
   * separately: the trees of one message.
   */
  seenBefore(nowUs: number, idHigh: number, idLow: number, lane: number): boolean {
    if (this.has(nowUs, idHigh, idLow, lane)) return true;
    this.#current.add(idHigh >>> 0, lowKey(idHigh, idLow, lane));
    return false;
  }

  /** Whether (idHigh, idLow) was seen in `lane`. */
  has(nowUs: number, idHigh: number, idLow: number, lane: number): boolean {
    this.#turnIfDue(nowUs);
    const high = idHigh >>> 0;
    const low = lowKey(idHigh, idLow, lane);
    return this.#current.has(high, low) || this.#previous.has(high, low);
  }

  /** Remembers (idHigh, idLow) in `lane`, where it was not seen before. */
  add(nowUs: number, idHigh: number, idLow: number, lane: number): void {
    this.#turnIfDue(nowUs);
    this.#current.add(idHigh >>> 0, lowKey(idHigh, idLow, lane));
  }

  #turnIfDue(nowUs: number): void {
    const full = this.#current.count >= DEDUP_ENTRIES_MAX;
    const age = nowUs - this.#turnedUs;
    if (age < this.#memoryUs && !full) return;
    const old = this.#previous;
    this.#previous = this.#current;
    this.#current = old;
    this.#current.clear();
    // After a pause of two generations nothing remembered can still be alive.
    if (age >= 2 * this.#memoryUs) this.#previous.clear();
    this.#turnedUs = nowUs;
  }
}
