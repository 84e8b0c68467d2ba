/** Where nodes live: exact shares, seeded shuffles. */
import type { RandomStream } from '../../protocols/random.ts';

/** Shuffles in place (Fisher–Yates). */
export function shuffle(values: Uint16Array | Uint32Array, random: RandomStream): void {
  for (let i = values.length - 1; i > 0; i--) {
    const j = random.below(i + 1);
    const swap = values[i]!;
    values[i] = values[j]!;
    values[j] = swap;
  }
}

/** An index for each node so that index i gets its share of all nodes to the nearest node (largest remainders), shuffled. */
export function assignByShare(
  shares: readonly number[],
  nodes: number,
  random: RandomStream,
): Uint16Array {
  const exact = shares.map((share) => share * nodes);
  const counts = exact.map(Math.floor);
  const byRemainder = exact
    .map((value, index) => ({ index, remainder: value - Math.floor(value) }))
    .sort((a, b) => b.remainder - a.remainder || a.index - b.index);
  let left = nodes - counts.reduce((sum, count) => sum + count, 0);
  for (const { index } of byRemainder) {
    if (left <= 0) break;
    counts[index]!++;
    left--;
  }
  const assigned = new Uint16Array(nodes);
  let at = 0;
  counts.forEach((count, index) => {
    assigned.fill(index, at, at + count);
    at += count;
  });
  shuffle(assigned, random);
  return assigned;
}

/** A row for each node: up to `rows` nodes get rows of their own; a larger world fills all rows evenly before it reuses any. */
export function assignRows(rows: number, nodes: number, random: RandomStream): Uint32Array {
  const order = Uint32Array.from({ length: rows }, (_, row) => row);
  const assigned = new Uint32Array(nodes);
  for (let node = 0; node < nodes; node++) {
    const at = node % rows;
    if (at === 0) shuffle(order, random);
    assigned[node] = order[at]!;
  }
  return assigned;
}
