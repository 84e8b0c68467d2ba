/**
 * A ratchet tree as bytes, for newcomers and for the disk.
 *
 * One byte, log2 of its places n; then for each of the 2n - 1 nodes one byte, 1 if it is not blank, and if so a leaf (182 bytes, `leaf.ts`) or a parent:
 *
 * | bytes | field |
 * |---|---|
 * | 32 | X25519 key |
 * | 32 | parent hash, zero: none |
 * | 2 | number of unmerged leaves |
 * | 2 each | unmerged leaves, ascending |
 */
import { isZero } from '../codec/bytes.ts';
import { isLowOrder } from '../crypto/low-order.ts';
import { X25519_KEY_BYTES } from '../crypto/port.ts';
import { SECRET_BYTES } from './kdf.ts';
import { encodeLeaf, readLeaf, type Leaf } from './leaf.ts';
import { concat, EMPTY, uint16, uint8 } from './presentation.ts';
import { leafAt, LEAVES_MAX, takenLeaves, treeOf, type Parent, type Tree } from './ratchet-tree.ts';
import type { Reader } from './reader.ts';
import { isWithin, nodeCount } from './tree-math.ts';

export function encodeTree(tree: Tree): Uint8Array {
  const parts = tree.nodes.map((node, i) => {
    if (node === undefined) return uint8(0);
    return concat(uint8(1), encodeNode(node, i));
  });
  return concat(uint8(heightOf(tree)), ...parts);
}

/** log2 of the places of a tree. */
export function heightOf(tree: Tree): number {
  return 31 - Math.clz32(tree.leaves);
}

/** What stands at an even place is a leaf, at an odd one a parent. */
export function encodeNode(node: Leaf | Parent, place: number): Uint8Array {
  if (place % 2 === 0) return encodeLeaf(node as Leaf);
  const { key, parentHash, unmerged } = node as Parent;
  const hash = parentHash.length === 0 ? new Uint8Array(SECRET_BYTES) : parentHash;
  return concat(key, hash, uint16(unmerged.length), ...unmerged.map(uint16));
}

export function readNode(reader: Reader, place: number): Leaf | Parent {
  return place % 2 === 0 ? readLeaf(reader) : readParent(reader);
}

/** Reads a tree; undefined if there is none, or one that no group could have. */
export function readTree(reader: Reader): Tree | undefined {
  const leaves = 1 << Math.min(reader.uint8(), 31);
  if (leaves < 1 || leaves > LEAVES_MAX || nodeCount(leaves) > reader.left) return undefined;
  const nodes: (Leaf | Parent | undefined)[] = [];
  for (let node = 0; node < nodeCount(leaves); node++) {
    const present = reader.uint8();
    if (present > 1 || !reader.ok) return undefined;
    if (present === 0) nodes.push(undefined);
    else nodes.push(readNode(reader, node));
  }
  const tree = treeOf(leaves, nodes);
  return reader.ok && isWellFormed(tree) ? tree : undefined;
}

function readParent(reader: Reader): Parent {
  const key = reader.bytes(X25519_KEY_BYTES);
  const hash = reader.bytes(SECRET_BYTES);
  const count = reader.uint16();
  if (2 * count > reader.left) reader.fail();
  const unmerged: number[] = [];
  for (let i = 0; i < count && reader.ok; i++) unmerged.push(reader.uint16());
  return { key, parentHash: isZero(hash, 0, hash.length) ? EMPTY : hash, unmerged };
}

/** Somebody in its right half, unmerged leaves below their parents, there, and in order, no account twice, no key of low order. */
export function isWellFormed(tree: Tree): boolean {
  if (tree.leaves > 1 && tree.nodes.slice(tree.leaves).every((node) => node === undefined))
    return false;
  const accounts = new Set(takenLeaves(tree).map((leaf) => leafAt(tree, leaf)!.account.join()));
  if (accounts.size !== takenLeaves(tree).length) return false;
  return tree.nodes.every((node, i) => {
    if (node === undefined) return true;
    if (isLowOrder(node.key, 0)) return false;
    if (i % 2 === 0) return true;
    const { unmerged } = node as Parent;
    return unmerged.every(
      (leaf, at) =>
        isWithin(2 * leaf, i) &&
        leafAt(tree, leaf) !== undefined &&
        (at === 0 || unmerged[at - 1]! < leaf),
    );
  });
}
