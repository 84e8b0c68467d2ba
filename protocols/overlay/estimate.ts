/**
 * How many nodes are there? An estimate with an interval, from the density around random addresses.
 *
 * The distance from a random address to its k-th nearest node, as a share of the address space, is Gamma(k)/N. One such
 * sample gives (k-1)/d with relative error 1/sqrt(k-2); m of them pool to the estimate (K-1)/D with K = sum of k and
 * D = sum of d, whose relative error is 1/sqrt(K-2) (research: anonymity V36, §5.2).
 *
 * Samples come from at least `SAMPLES_MIN` addresses all over the space, never from our own neighbourhood alone, which
 * whoever grinds addresses can fill. Those that a Poisson test against the median rejects, too dense or too sparse, are left
 * out first: a swarm in one zone then costs one sample instead of the estimate.
 */
import { SAMPLES_KEPT, SAMPLES_MIN } from './params.ts';

export interface SizeEstimate {
  /** Nodes. Low and high bound a 95% interval. */
  nodes: number;
  low: number;
  high: number;
  /** Samples used, and left out as outliers. */
  samples: number;
  outliers: number;
}

/** Distance between two addresses as a share of the address space, in [0, 1): its top 64 bits. */
export function distanceRatio(
  a: Uint32Array,
  aOffset: number,
  b: Uint32Array,
  bOffset: number,
): number {
  const high = (a[aOffset]! ^ b[bOffset]!) >>> 0;
  const low = (a[aOffset + 1]! ^ b[bOffset + 1]!) >>> 0;
  return (high + low / 0x1_0000_0000) / 0x1_0000_0000;
}

/** Rejects a sample that chance would give once in a thousand (two-sided normal quantile). */
const OUTLIER_Z = 3.29;
/** Two-sided 95% normal quantile. */
const INTERVAL_Z = 1.96;

/**
 * Estimate from samples: `distances[i]` (a share of the space) is how far the `ranks[i]`-th nearest node is from random
 * address i, for i < count. Ranks are at least 3. @returns undefined when there are fewer than SAMPLES_MIN.
 */
export function estimateNodes(
  distances: ArrayLike<number>,
  ranks: ArrayLike<number>,
  count: number,
): SizeEstimate | undefined {
  if (count < SAMPLES_MIN) return undefined;
  const single: number[] = [];
  for (let i = 0; i < count; i++) single.push((ranks[i]! - 1) / distances[i]!);
  single.sort((a, b) => a - b);
  const middle = count >>> 1;
  const median = count % 2 === 1 ? single[middle]! : (single[middle - 1]! + single[middle]!) / 2;
  let rank = 0;
  let distance = 0;
  let samples = 0;
  for (let i = 0; i < count; i++) {
    // The square root of a Gamma(k) variate is close to normal with mean sqrt(k - 1/4) and variance 1/4.
    const z = 2 * (Math.sqrt(distances[i]! * median) - Math.sqrt(ranks[i]! - 0.25));
    if (z > OUTLIER_Z || z < -OUTLIER_Z) continue;
    rank += ranks[i]!;
    distance += distances[i]!;
    samples++;
  }
  if (samples === 0) return undefined;
  const root = Math.sqrt(rank - 0.25);
  return {
    nodes: (rank - 1) / distance,
    low: square(root - INTERVAL_Z / 2) / distance,
    high: square(root + INTERVAL_Z / 2) / distance,
    samples,
    outliers: count - samples,
  };
}

function square(x: number): number {
  return x * x;
}

/** The latest samples of one node, in a ring. */
export class DensitySamples {
  readonly #distances = new Float64Array(SAMPLES_KEPT);
  readonly #ranks = new Uint8Array(SAMPLES_KEPT);
  #taken = 0;

  /** Samples held, at most SAMPLES_KEPT. */
  get count(): number {
    return Math.min(this.#taken, SAMPLES_KEPT);
  }

  /** Remembers that the `rank`-th (3..255) nearest node to a random address is `distance` away (a share of the space). */
  add(distance: number, rank: number): void {
    const at = this.#taken % SAMPLES_KEPT;
    this.#distances[at] = distance;
    this.#ranks[at] = rank;
    this.#taken++;
  }

  estimate(): SizeEstimate | undefined {
    return estimateNodes(this.#distances, this.#ranks, this.count);
  }
}
