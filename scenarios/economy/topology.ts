/**
 * Who knows whom in the accounting model, as struct-of-arrays: one block of edges per node and bucket, so that a hop scans neighbouring words and
 * allocates nothing. A node is its index; its id is a number of at most 30 bits. An edge may be one-way: the neighbour had no room.
 */
import { proximityOf } from './rules.ts';

export interface TokenTopology {
  readonly nodes: number;
  /** Length of ids, at most 30. */
  readonly bits: number;
  readonly ids: Int32Array;
  /** Edges of node u in bucket b are `first[u * bits + b]` up to `first[u * bits + b + 1]`. */
  readonly first: Int32Array;
  /** Node at the far end of an edge, and its id (again, to spare the hot loop a look-up). */
  readonly to: Int32Array;
  readonly toId: Int32Array;
  /** The edge back, or -1 where the neighbour does not have this node in its bucket. */
  readonly reverse: Int32Array;
}

/** Largest id length: XOR distances stay positive 32-bit integers. */
const BITS_MAX = 30;

/**
 * Makes a topology of neighbour lists (node indices). Within a bucket the order of the list is kept.
 * @throws on ids out of range or twice, on a neighbour that is the node itself, on more than 30 bits
 */
export function topologyOf(
  ids: Int32Array,
  bits: number,
  neighbours: readonly ArrayLike<number>[],
): TokenTopology {
  checkIds(ids, bits);
  const nodes = ids.length;
  const first = new Int32Array(nodes * bits + 1);
  for (let u = 0; u < nodes; u++) {
    const list = neighbours[u]!;
    for (let i = 0; i < list.length; i++) first[slot(ids, u, list[i]!, bits) + 1]!++;
  }
  for (let i = 0; i < nodes * bits; i++) first[i + 1]! += first[i]!;
  const next = first.slice();
  const to = new Int32Array(first[nodes * bits]!);
  const toId = new Int32Array(to.length);
  for (let u = 0; u < nodes; u++) {
    const list = neighbours[u]!;
    for (let i = 0; i < list.length; i++) {
      const edge = next[slot(ids, u, list[i]!, bits)]!++;
      to[edge] = list[i]!;
      toId[edge] = ids[list[i]!]!;
    }
  }
  return { nodes, bits, ids, first, to, toId, reverse: reverseEdges(nodes, bits, first, to) };
}

function checkIds(ids: Int32Array, bits: number): void {
  if (!Number.isInteger(bits) || bits < 1 || bits > BITS_MAX)
    throw new Error(`ids of ${bits} bits: expected 1 to ${BITS_MAX}`);
  const seen = new Set<number>();
  for (const id of ids) {
    if (id < 0 || id >= 2 ** bits) throw new Error(`id ${id} does not fit in ${bits} bits`);
    if (seen.has(id)) throw new Error(`id ${id} is there twice`);
    seen.add(id);
  }
}

function slot(ids: Int32Array, node: number, other: number, bits: number): number {
  const xor = ids[node]! ^ ids[other]!;
  if (xor === 0) throw new Error(`node ${node} is its own neighbour`);
  return node * bits + proximityOf(xor, bits);
}

/** An edge and its reverse lie in the same bucket, since the XOR distance is symmetric. */
function reverseEdges(nodes: number, bits: number, first: Int32Array, to: Int32Array): Int32Array {
  const reverse = new Int32Array(to.length).fill(-1);
  for (let u = 0; u < nodes; u++) {
    for (let bucket = 0; bucket < bits; bucket++) {
      for (let edge = first[u * bits + bucket]!; edge < first[u * bits + bucket + 1]!; edge++) {
        const back = to[edge]! * bits + bucket;
        for (let e = first[back]!; e < first[back + 1]!; e++) {
          if (to[e] === u) reverse[edge] = e;
        }
      }
    }
  }
  return reverse;
}

/**
 * Reads the text form of a topology: one node a line, `id,neighbour neighbour …`, all of them ids. Every neighbour must have a line.
 * @throws on a line that is not of this form
 */
export function parseTopology(text: string, bits: number): TokenTopology {
  const lines = text.split('\n').filter((line) => line !== '');
  const ids = new Int32Array(lines.length);
  const index = new Map<number, number>();
  lines.forEach((line, at) => {
    if (!/^\d+,[\d ]*$/.test(line)) throw new Error(`topology line ${at + 1}: "${line}"`);
    ids[at] = Number(line.slice(0, line.indexOf(',')));
    index.set(ids[at]!, at);
  });
  const neighbours = lines.map((line, at) => {
    const list = line.slice(line.indexOf(',') + 1).split(' ');
    return Int32Array.from(
      list.filter((word) => word !== ''),
      (word) => {
        const node = index.get(Number(word));
        if (node === undefined) throw new Error(`topology line ${at + 1}: no node ${word}`);
        return node;
      },
    );
  });
  return topologyOf(ids, bits, neighbours);
}
