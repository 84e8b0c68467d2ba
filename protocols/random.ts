/**
 * Randomness as protocols see it: integers from a named stream, nothing else.
 * The simulator derives each stream from (seed, node, purpose); the live node from the system's entropy.
 * Laws (exponential, lognormal, ...) belong to the simulator; a protocol that needs jitter takes `below`.
 */
export interface RandomStream {
  /** One uniform integer in [0, 2^32). Draws exactly one value. */
  uint32(): number;
  /** One uniform integer in [0, bound), without modulo bias. `bound` is an integer in [1, 2^32]. */
  below(bound: number): number;
  /** Fills `out[offset .. offset+length)` with uniform bytes. Draws ceil(length / 4) values. */
  fill(out: Uint8Array, offset: number, length: number): void;
}
