/**
 * Random topologies of the accounting model: the current generator of the authors' program, whose edges can be one-way, and the older one, whose
 * edges are all symmetric.
 *
 * Both go through the nodes in order, shuffle the nodes after each, and offer them in that order to its buckets. Done literally this is N²/2 draws (3 s at
 * 10,000 nodes). But only the order within a bucket matters, and only until the bucket is full; so it is enough to draw without replacement from
 * the nodes that are later and in the bucket's subtree, until the bucket is full. The law is the same, and a test compares it with the literal one.
 * The subtrees are kept as contiguous blocks of one sorted order per level, each with its remaining members in front.
 */
import type { RandomStream } from '../../protocols/random.ts';
import { topologyOf, type TokenTopology } from './topology.ts';

export interface TopologyOptions {
  nodes: number;
  /** Length of ids, at most 30. */
  bits: number;
  /** Most neighbours in a bucket. */
  bucketSize: number;
  /** True: an edge needs room on both sides (older generator). False: the later node may refuse, and the edge is one-way. */
  symmetric: boolean;
}

/** `nodes` distinct ids, uniform over 1 .. 2^bits - 2, in the order in which they were drawn. */
export function drawIds(nodes: number, bits: number, random: RandomStream): Int32Array {
  const values = 2 ** bits - 2;
  if (nodes > values) throw new Error(`${nodes} nodes do not fit in ids of ${bits} bits`);
  const ids = new Int32Array(nodes);
  const seen = new Set<number>();
  for (let i = 0; i < nodes;) {
    const id = 1 + random.below(values);
    if (seen.has(id)) continue;
    seen.add(id);
    ids[i++] = id;
  }
  return ids;
}

/** The nodes that have not had their turn yet, by subtree of the id space. */
class Subtrees {
  readonly #nodes: number;
  /** Per level, nodes in blocks by subtree; a block's remaining members come first. */
  readonly members: Int32Array;
  readonly #position: Int32Array;
  /** Per level and node, where the block of its subtree starts; per level and start, members at first and members left. */
  readonly #start: Int32Array;
  readonly #size: Int32Array;
  readonly #left: Int32Array;

  constructor(ids: Int32Array, bits: number) {
    const nodes = ids.length;
    this.#nodes = nodes;
    const cells = nodes * (bits + 1);
    this.members = new Int32Array(cells);
    this.#position = new Int32Array(cells);
    this.#start = new Int32Array(cells);
    this.#size = new Int32Array(cells);
    const sorted = Int32Array.from(ids, (_, node) => node).sort((a, b) => ids[a]! - ids[b]!);
    for (let level = 0; level <= bits; level++) {
      const base = level * nodes;
      let start = 0;
      for (let at = 0; at < nodes; at++) {
        const node = sorted[at]!;
        const differs = at > 0 && (ids[node]! ^ ids[sorted[at - 1]!]!) >>> (bits - level) !== 0;
        if (differs) start = at;
        this.members[base + at] = node;
        this.#position[base + node] = at;
        this.#start[base + node] = start;
        this.#size[base + start]!++;
      }
    }
    this.#left = this.#size.slice();
  }

  /** Cell at which the block starts whose members belong in bucket `bucket` of `node`, or -1 where nobody does. */
  block(node: number, bucket: number): number {
    const base = (bucket + 1) * this.#nodes;
    const own = this.#start[base + node]!;
    const parent = this.#start[base - this.#nodes + node]!;
    if (own > parent) return base + parent;
    const size = this.#size[base + own]!;
    return size < this.#size[base - this.#nodes + parent]! ? base + own + size : -1;
  }

  /** Members left in the block that starts at a cell. */
  left(cell: number): number {
    return this.#left[cell]!;
  }

  remove(node: number, level: number): void {
    const base = level * this.#nodes;
    const start = this.#start[base + node]!;
    const last = start + --this.#left[base + start]!;
    this.swap(base + this.#position[base + node]!, base + last);
  }

  /** Exchanges the members in two cells of one level. */
  swap(a: number, b: number): void {
    const base = a - (a % this.#nodes);
    const one = this.members[a]!;
    const other = this.members[b]!;
    this.members[a] = other;
    this.members[b] = one;
    this.#position[base + other] = a - base;
    this.#position[base + one] = b - base;
  }
}

/** A topology over given ids, in their order. Draws from `random` only. */
export function connect(
  ids: Int32Array,
  options: TopologyOptions,
  random: RandomStream,
): TokenTopology {
  const { bits, bucketSize, symmetric } = options;
  const subtrees = new Subtrees(ids, bits);
  const filled = new Int32Array(ids.length * bits);
  const neighbours: number[][] = Array.from(ids, () => []);
  const add = (node: number, bucket: number, other: number): void => {
    filled[node * bits + bucket]!++;
    neighbours[node]!.push(other);
  };
  const full = (node: number, bucket: number): boolean =>
    filled[node * bits + bucket]! >= bucketSize;
  for (let node = 0; node < ids.length; node++) {
    for (let bucket = 0; bucket < bits; bucket++) {
      // A node that is full was taken out of its siblings' block already (symmetric rule only).
      if (!symmetric || !full(node, bucket)) subtrees.remove(node, bucket + 1);
      const block = subtrees.block(node, bucket);
      if (block < 0) continue;
      const candidates = subtrees.left(block);
      let drawn = 0;
      for (; drawn < candidates && !full(node, bucket); drawn++) {
        const last = block + candidates - 1 - drawn;
        subtrees.swap(block + random.below(candidates - drawn), last);
        const other = subtrees.members[last]!;
        add(node, bucket, other);
        if (!full(other, bucket)) add(other, bucket, node);
      }
      for (let i = 1; symmetric && i <= drawn; i++) {
        const other = subtrees.members[block + candidates - i]!;
        if (full(other, bucket)) subtrees.remove(other, bucket + 1);
      }
    }
  }
  return topologyOf(ids, bits, neighbours);
}

/** A new network: ids and edges from one stream. */
export function generateTopology(options: TopologyOptions, random: RandomStream): TokenTopology {
  return connect(drawIds(options.nodes, options.bits, random), options, random);
}
