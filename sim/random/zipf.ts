/**
 * Zipf's law over ranks 0 .. n-1: rank i has weight (i + 1)^-s. For popularity: who is written to, what is looked up.
 *
 * The cumulative weights are tabulated once and searched by halving: 8 bytes a rank, exact for every exponent including s <= 1, where
 * rejection samplers need special cases, and one sample costs one fixed pair of draws.
 */
import type { RandomStream } from '../../protocols/random.ts';
import { exp, ln } from './elementary.ts';
import { uniform } from './streams.ts';

export class ZipfSampler {
  readonly #cumulative: Float64Array;

  /**
   * @param ranks how many, at least 1
   * @param exponent s >= 0; 0 makes all ranks equally likely
   */
  constructor(ranks: number, exponent: number) {
    if (!Number.isInteger(ranks) || ranks < 1)
      throw new Error(`zipf over ${ranks} ranks: expected an integer of at least 1`);
    if (!(exponent >= 0) || exponent === Infinity)
      throw new Error(`zipf exponent ${exponent}: expected a finite number of at least 0`);
    this.#cumulative = new Float64Array(ranks);
    let sum = 0;
    for (let i = 0; i < ranks; i++) {
      sum += exp(-exponent * ln(i + 1));
      this.#cumulative[i] = sum;
    }
  }

  /** Probability of `rank` (0 is the most frequent). */
  probability(rank: number): number {
    const below = rank === 0 ? 0 : this.#cumulative[rank - 1]!;
    return (this.#cumulative[rank]! - below) / this.#cumulative[this.#cumulative.length - 1]!;
  }

  /** One rank. Draws exactly two values. */
  sample(stream: RandomStream): number {
    const cumulative = this.#cumulative;
    const target = uniform(stream) * cumulative[cumulative.length - 1]!;
    let low = 0;
    let high = cumulative.length - 1;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (cumulative[middle]! > target) high = middle;
      else low = middle + 1;
    }
    return low;
  }
}
