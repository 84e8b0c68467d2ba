/**
 * Everybody's address in order, so that any set of nodes with a common prefix is one run of ranks.
 *
 * Observers know all addresses (node records are public) and reason about sets: the zone of a prefix, the nodes at one proximity order, the
 * part of a zone that one relay answers for. Each is a run, or a run without a smaller one, and what is summed over it (nodes, honest
 * nodes, prior weight) is a difference of two running sums. So a judgement costs a few bisections instead of a pass over all nodes.
 */
import {
  ADDRESS_BITS,
  ADDRESS_WORDS,
  compareDistance,
} from '../../protocols/identity/proximity.ts';

/** What an observer of kind colluders knows before any message is sent. */
export interface ColludersWorld {
  nodes: number;
  /** Eight words per node. */
  addresses: Uint32Array;
  /** 1 for colluding nodes. */
  corrupt: Uint8Array;
  /** Contacts a bin (k). */
  bucket: number;
  /** Every link is known to both ends, so that bins exceed `bucket`; false by default. */
  symmetric?: boolean;
  /**
   * How probable each node is as a sender or recipient before anything is seen, relative and not negative; by default all are alike.
   * 0 for nodes that never write.
   */
  weights?: Float64Array;
}

/** A run of ranks [low, high). */
export interface Run {
  low: number;
  high: number;
}

export class Population {
  readonly nodes: number;
  /** Node at each rank, ascending by address. */
  readonly order: Int32Array;
  /** Rank of each node. */
  readonly rank: Int32Array;
  readonly addresses: Uint32Array;
  readonly corrupt: Uint8Array;
  /** Prior weight of each node as a candidate: 0 for colluders. */
  readonly weights: Float64Array;
  /** All positive weights are equal, so the largest of a set needs no search. */
  readonly uniform: boolean;
  readonly #honest: Uint32Array;
  readonly #candidates: Uint32Array;
  readonly #weight: Float64Array;
  /** Running sum of w log2 w. */
  readonly #weightLog: Float64Array;

  constructor(world: ColludersWorld) {
    const { nodes, addresses, corrupt, weights } = world;
    if (addresses.length < nodes * ADDRESS_WORDS || corrupt.length < nodes)
      throw new Error(`${nodes} nodes, but ${addresses.length} words and ${corrupt.length} flags`);
    this.nodes = nodes;
    this.addresses = addresses;
    this.corrupt = corrupt;
    const zero = new Uint32Array(ADDRESS_WORDS);
    this.order = Int32Array.from({ length: nodes }, (_, i) => i).sort((a, b) =>
      compareDistance(zero, 0, addresses, a * ADDRESS_WORDS, addresses, b * ADDRESS_WORDS),
    );
    this.rank = new Int32Array(nodes);
    this.weights = new Float64Array(nodes);
    this.#honest = new Uint32Array(nodes + 1);
    this.#candidates = new Uint32Array(nodes + 1);
    this.#weight = new Float64Array(nodes + 1);
    this.#weightLog = new Float64Array(nodes + 1);
    let uniform = true;
    let some = 0;
    for (let rank = 0; rank < nodes; rank++) {
      const node = this.order[rank]!;
      this.rank[node] = rank;
      const honest = corrupt[node] === 1 ? 0 : 1;
      const weight = honest * (weights?.[node] ?? 1);
      if (!(weight >= 0 && weight < Infinity))
        throw new Error(`weight ${weight} of node ${node}: expected a number >= 0`);
      this.weights[node] = weight;
      if (weight > 0) {
        if (some > 0 && weight !== some) uniform = false;
        some = weight;
      }
      this.#honest[rank + 1] = this.#honest[rank]! + honest;
      this.#candidates[rank + 1] = this.#candidates[rank]! + (weight > 0 ? 1 : 0);
      this.#weight[rank + 1] = this.#weight[rank]! + weight;
      this.#weightLog[rank + 1] =
        this.#weightLog[rank]! + (weight > 0 ? weight * Math.log2(weight) : 0);
    }
    this.uniform = uniform;
  }

  /** Honest nodes of a run. */
  honest(low: number, high: number): number {
    return this.#honest[high]! - this.#honest[low]!;
  }

  /** Nodes of a run with positive prior weight. */
  candidates(low: number, high: number): number {
    return this.#candidates[high]! - this.#candidates[low]!;
  }

  /** Sum of the prior weights w of a run. */
  weight(low: number, high: number): number {
    return this.#weight[high]! - this.#weight[low]!;
  }

  /** Sum of w log2 w over a run. */
  weightLog(low: number, high: number): number {
    return this.#weightLog[high]! - this.#weightLog[low]!;
  }

  /** First rank in [low, high), all of which share `bit` bits, whose address has a 1 as the next bit. */
  split(low: number, high: number, bit: number): number {
    const word = bit >>> 5;
    const mask = (0x80000000 >>> (bit & 31)) >>> 0;
    let first = low;
    let last = high;
    while (first < last) {
      const middle = (first + last) >>> 1;
      if ((this.addresses[this.order[middle]! * ADDRESS_WORDS + word]! & mask) === 0)
        first = middle + 1;
      else last = middle;
    }
    return first;
  }

  /** The nodes that share each number of leading bits, up to `bits`, with `node`. */
  profile(node: number, bits: number): Profile {
    return new Profile(this, node, bits);
  }
}

/**
 * The nested runs of nodes that share 0, 1, ..., `bits` leading bits with one node. The last entry is the node's zone; entries end early, at
 * `depth`, where the node is alone.
 */
export class Profile {
  readonly node: number;
  /** Largest number of shared bits kept: `bits`, or the first at which the node is alone. */
  readonly depth: number;
  readonly #lows: number[] = [];
  readonly #highs: number[] = [];

  constructor(population: Population, node: number, bits: number) {
    this.node = node;
    const own = population.rank[node]!;
    const limit = Math.min(bits, ADDRESS_BITS);
    let low = 0;
    let high = population.nodes;
    let shared = 0;
    for (; ; shared++) {
      this.#lows.push(low);
      this.#highs.push(high);
      if (shared === limit || high - low === 1) break;
      const middle = population.split(low, high, shared);
      if (own < middle) high = middle;
      else low = middle;
    }
    this.depth = shared;
  }

  /** First rank of those that share at least `bits` bits. */
  low(bits: number): number {
    return this.#lows[bits < this.depth ? bits : this.depth]!;
  }

  /** Rank after the last of those that share at least `bits` bits. */
  high(bits: number): number {
    return this.#highs[bits < this.depth ? bits : this.depth]!;
  }

  /** Nodes that share at least `bits` bits, the node included. */
  count(bits: number): number {
    return this.high(bits) - this.low(bits);
  }

  /** Bits shared by the node at `rank`, as far as kept; ADDRESS_BITS for the node itself where it is alone. */
  sharedBits(rank: number): number {
    let bits = this.depth;
    if (this.#highs[bits]! - this.#lows[bits]! === 1 && rank === this.#lows[bits])
      return ADDRESS_BITS;
    while (rank < this.#lows[bits]! || rank >= this.#highs[bits]!) bits--;
    return bits;
  }
}
