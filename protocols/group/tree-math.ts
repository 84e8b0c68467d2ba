/**
 * Where things stand in a ratchet tree: RFC 9420, appendix C.
 *
 * The tree is an array. Leaf i is node 2i, and the parents lie between their children, at odd numbers; a node's level is the number of ones its number
 * ends with. A tree has a power of two of leaves (places without a member are blank), so every node that appendix C names exists. Nothing
 * here depends on who is in the group: integers in, integers out; -1 where there is no such node.
 */

/** No such node. */
export const NO_NODE = -1;

/** Height of a node above the leaves. */
export function levelOf(node: number): number {
  let level = 0;
  for (let rest = node; (rest & 1) === 1; rest >>>= 1) level++;
  return level;
}

/** Nodes of a tree with `leaves` leaves. */
export function nodeCount(leaves: number): number {
  return leaves === 0 ? 0 : 2 * leaves - 1;
}

/** The root of a tree with `leaves` leaves, a power of two. */
export function rootOf(leaves: number): number {
  return leaves - 1;
}

export function leftOf(node: number): number {
  const level = levelOf(node);
  return level === 0 ? NO_NODE : node ^ (1 << (level - 1));
}

export function rightOf(node: number): number {
  const level = levelOf(node);
  return level === 0 ? NO_NODE : node ^ (3 << (level - 1));
}

export function parentOf(node: number, leaves: number): number {
  if (node === rootOf(leaves)) return NO_NODE;
  const level = levelOf(node);
  return (node | (1 << level)) & ~(1 << (level + 1));
}

export function siblingOf(node: number, leaves: number): number {
  const parent = parentOf(node, leaves);
  if (parent === NO_NODE) return NO_NODE;
  return node < parent ? rightOf(parent) : leftOf(parent);
}

/** Parents of a node, the nearest first, the root last; none for the root itself. */
export function directPath(node: number, leaves: number): number[] {
  const path: number[] = [];
  for (let at = parentOf(node, leaves); at !== NO_NODE; at = parentOf(at, leaves)) path.push(at);
  return path;
}

/** Whether `node` is `ancestor` or lies below it. */
export function isWithin(node: number, ancestor: number): boolean {
  const half = (1 << levelOf(ancestor)) - 1;
  return node >= ancestor - half && node <= ancestor + half;
}

/** The lowest node that has both below it (or is one of them). */
export function commonAncestor(a: number, b: number, leaves: number): number {
  let at = a;
  while (!isWithin(b, at)) at = parentOf(at, leaves);
  return at;
}
