/**
 * Which packets a node has seen, in which of their trees, and whether it has tried to open them.
 *
 * One slot per packet, found by open addressing over one typed array: four words, so that a look-up in a world of many nodes costs one
 * cold cache line. Two generations share the table, told apart by a bit. A packet is remembered for at least one generation's
 * length, which is the longest that a packet can live; when a generation turns, the entries of the one before it are left out of a
 * fresh table, so nothing is ever searched for expired entries. A table starts with a few dozen bytes (a world has 10^5 of
 * them) and doubles with its load up to a limit; at the limit generations turn early, which a flood could use to have old packets
 * relayed again, but never to make a node grow without bound.
 */
import type { Micros } from '../host.ts';
import { DEDUP_ENTRIES_MAX, TREES_MAX } from './params.ts';

const INITIAL_SLOTS = 8;
const SLOT_WORDS = 4;
/** Words of a slot: the packet's 64 bits, marks, what the last try was shown. A slot whose marks are zero is empty. */
const AT_HIGH = 0;
const AT_LOW = 1;
const AT_MARKS = 2;
const AT_SHOWN = 3;

/** Marks: bits 0..4 the trees, then the following. */
const MARK_TREES = (1 << TREES_MAX) - 1;
const MARK_TRIED = 0x20;
/** Which of the two generations the entry belongs to. */
const MARK_GENERATION = 0x40;
const MARK_USED = 0x80;

export class SeenPackets {
  #words = new Uint32Array(INITIAL_SLOTS * SLOT_WORDS);
  /** Entries of both generations, and of the current one. */
  #count = 0;
  #currentCount = 0;
  /** MARK_GENERATION or 0: the mark of the current generation. */
  #generation = 0;
  #turnedUs = 0;
  readonly #memoryUs: Micros;
  readonly #secret: number;

  /**
   * @param memoryUs how long a packet is remembered at least, microseconds.
   * @param secret 32 bits that nobody else knows.
   */
  constructor(memoryUs: Micros, secret: number) {
    this.#memoryUs = memoryUs;
    this.#secret = secret;
  }

  /** Packets remembered. */
  get size(): number {
    return this.#count;
  }

  /** Bytes of the table. */
  get bytes(): number {
    return this.#words.byteLength;
  }

  /** The place of packet (idHigh, idLow), made if it is new. Valid until the next call. */
  find(nowUs: Micros, idHigh: number, idLow: number): number {
    const age = nowUs - this.#turnedUs;
    if (age >= this.#memoryUs || this.#currentCount >= DEDUP_ENTRIES_MAX) this.#turn(nowUs, age);
    const words = this.#words;
    const high = idHigh >>> 0;
    const low = idLow >>> 0;
    const mask = words.length / SLOT_WORDS - 1;
    let slot = slotOf(high, low, this.#secret, mask);
    for (;;) {
      const at = slot * SLOT_WORDS;
      if (words[at + AT_MARKS] === 0) return this.#put(at, high, low);
      if (words[at + AT_HIGH] === high && words[at + AT_LOW] === low) return at;
      slot = (slot + 1) & mask;
    }
  }

  /** Marks the packet at `at` as seen in `tree` (0..4). @returns true if it was before. */
  seenInTree(at: number, tree: number): boolean {
    const bit = (1 << tree) & MARK_TREES;
    if ((this.#words[at + AT_MARKS]! & bit) !== 0) return true;
    this.#mark(at, bit);
    return false;
  }

  /** Whether the packet at `at` was tried in the form that `shown` (32 bits) identifies. */
  wasTried(at: number, shown: number): boolean {
    const words = this.#words;
    return (words[at + AT_MARKS]! & MARK_TRIED) !== 0 && words[at + AT_SHOWN] === shown >>> 0;
  }

  /** Remembers that it was; of several forms the last one. */
  markTried(at: number, shown: number): void {
    this.#words[at + AT_SHOWN] = shown;
    this.#mark(at, MARK_TRIED);
  }

  /** Marks an entry, which thereby belongs to the current generation: it is remembered from now. */
  #mark(at: number, bit: number): void {
    const marks = this.#words[at + AT_MARKS]!;
    if ((marks & MARK_GENERATION) !== this.#generation) this.#currentCount++;
    this.#words[at + AT_MARKS] = (marks & ~MARK_GENERATION) | this.#generation | bit;
  }

  #put(at: number, high: number, low: number): number {
    const slots = this.#words.length / SLOT_WORDS;
    if ((this.#count + 1) * 4 > slots * 3) {
      this.#rebuild(slots * 2, -1);
      at = this.#freePlace(this.#words, high, low);
    }
    this.#words[at + AT_HIGH] = high;
    this.#words[at + AT_LOW] = low;
    this.#words[at + AT_MARKS] = MARK_USED | this.#generation;
    this.#count++;
    this.#currentCount++;
    return at;
  }

  /** The current generation becomes the previous one, which is forgotten. */
  #turn(nowUs: Micros, age: Micros): void {
    const previous = this.#generation ^ MARK_GENERATION;
    // After a pause of two generations nothing remembered can still be alive.
    const kept = age >= 2 * this.#memoryUs ? 0 : this.#currentCount;
    let slots = INITIAL_SLOTS;
    while (kept * 2 > slots) slots *= 2;
    if (kept === 0) this.#words = new Uint32Array(slots * SLOT_WORDS);
    else this.#rebuild(slots, previous);
    this.#count = kept;
    this.#currentCount = 0;
    this.#generation = previous;
    this.#turnedUs = nowUs;
  }

  /** Moves all entries to a table of `slots`, leaving out those of generation `dropped` (-1: none). */
  #rebuild(slots: number, dropped: number): void {
    const old = this.#words;
    const words = new Uint32Array(slots * SLOT_WORDS);
    for (let from = 0; from < old.length; from += SLOT_WORDS) {
      const marks = old[from + AT_MARKS]!;
      if (marks === 0 || (marks & MARK_GENERATION) === dropped) continue;
      const to = this.#freePlace(words, old[from + AT_HIGH]!, old[from + AT_LOW]!);
      for (let i = 0; i < SLOT_WORDS; i++) words[to + i] = old[from + i]!;
    }
    this.#words = words;
  }

  /** The first empty place of `words` for a packet that is not in it. */
  #freePlace(words: Uint32Array, high: number, low: number): number {
    const mask = words.length / SLOT_WORDS - 1;
    let slot = slotOf(high, low, this.#secret, mask);
    while (words[slot * SLOT_WORDS + AT_MARKS] !== 0) slot = (slot + 1) & mask;
    return slot * SLOT_WORDS;
  }
}

/**
 * Where a search begins. Ids are chosen by whoever makes a packet, so without a secret in it a flood of ids that begin at one slot would make
 * every look-up a walk through all of them.
 */
function slotOf(high: number, low: number, secret: number, mask: number): number {
  let mixed = mix(high ^ secret);
  mixed = mix(Math.imul(mixed + low, secret | 1) ^ mixed);
  return mixed & mask;
}

/** The finaliser of MurmurHash3 (A. Appleby, public domain): every bit that comes out depends on every bit that went in. */
function mix(word: number): number {
  let h = word;
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return h ^ (h >>> 16);
}
