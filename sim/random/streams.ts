/**
 * Named random streams: one generator per path, such as `node/<address>/overlay/refresh`.
 *
 * Each stream is seedrandom's `tychei`, keyed by SHA-256 of seed and path, and never by a draw from another stream; so adding a
 * node, a protocol or a draw shifts no other stream (docs/decisions/0003). Two settings of one scenario can therefore be compared
 * on the same world.
 */
import { sha256 } from '@noble/hashes/sha2.js';
import { bytesToHex, utf8ToBytes } from '@noble/hashes/utils.js';
import seedrandom from 'seedrandom';
import type { RandomStream } from '../../protocols/random.ts';

const TWO_POW_32 = 4294967296;

class TycheiStream implements RandomStream {
  readonly #next: () => number;

  constructor(key: string) {
    this.#next = seedrandom.tychei(key).int32;
  }

  uint32(): number {
    return this.#next() >>> 0;
  }

  below(bound: number): number {
    if (!(bound >= 1 && bound <= TWO_POW_32) || !Number.isInteger(bound)) {
      throw new Error(`below(${bound}): expected an integer in [1, 2^32]`);
    }
    // Values from the last, incomplete run of `bound` are rejected, so that every residue is equally likely.
    const limit = TWO_POW_32 - (TWO_POW_32 % bound);
    let value = this.#next() >>> 0;
    while (value >= limit) value = this.#next() >>> 0;
    return value % bound;
  }

  fill(out: Uint8Array, offset: number, length: number): void {
    let word = 0;
    for (let i = 0; i < length; i++) {
      if ((i & 3) === 0) word = this.#next();
      out[offset + i] = word >>> ((i & 3) * 8);
    }
  }
}

export class StreamFactory {
  readonly #seed: string;

  /** @param seed the world's seed; the number 1 and the text '1' are the same seed. */
  constructor(seed: number | string) {
    this.#seed = String(seed);
  }

  /** A new generator at the start of the stream `path`: asking twice gives two that draw the same values. */
  stream(path: string): RandomStream {
    return new TycheiStream(bytesToHex(sha256(utf8ToBytes(`${this.#seed}/${path}`))));
  }
}

/**
 * One uniform double strictly between 0 and 1: the middle of one of 2^52 equal cells. Draws exactly two values.
 * A bit more would not fit: the middles of 2^53 cells are no doubles, and the last one would round to 1.
 */
export function uniform(stream: RandomStream): number {
  const high = stream.uint32() >>> 6;
  const low = stream.uint32() >>> 6;
  return (high * 67108864 + low + 0.5) / 4503599627370496;
}
