/**
 * Two figures that belong to the same thing, with an interval that was to hold the second: what a scatter draws. Kept evenly over the run: once there are too many, every second
 * goes, and from then on every second new one is taken, as in `samples.ts`; no randomness, so observing shifts nothing. How often the interval held is counted of all.
 */
import type { PairSummary } from '../summary.ts';

/** More dots would be one blot. */
const PAIRS_MAX = 1_024;

export interface PairSample {
  x: number;
  low: number;
  high: number;
  y: number;
}

export class PairSamples {
  #kept: PairSample[] = [];
  #stride = 1;
  #skip = 0;
  #count = 0;
  #held = 0;

  add(sample: PairSample): void {
    this.#count++;
    if (sample.low <= sample.y && sample.y <= sample.high) this.#held++;
    if (this.#skip > 0) {
      this.#skip--;
      return;
    }
    if (this.#kept.length === PAIRS_MAX) {
      this.#kept = this.#kept.filter((_, i) => i % 2 === 0);
      this.#stride *= 2;
    }
    this.#skip = this.#stride - 1;
    this.#kept.push(sample);
  }

  /** undefined when there are none. */
  summary(): PairSummary | undefined {
    if (this.#count === 0) return undefined;
    const column = (key: keyof PairSample): number[] => this.#kept.map((sample) => sample[key]);
    return {
      count: this.#count,
      held: this.#held,
      x: column('x'),
      low: column('low'),
      high: column('high'),
      y: column('y'),
    };
  }
}
