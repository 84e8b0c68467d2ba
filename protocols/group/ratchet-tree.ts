/**
 * The ratchet tree of RFC 9420, section 7: who is in the group, and the public keys by which any subtree can be written to.
 *
 * Every parent has a key pair whose secret exactly the members below it know, except those it lists as not merged in yet. Somebody who is
 * away is added by hanging a leaf into the tree; somebody who leaves takes every key away that they knew. A tree is a value: changes make a new one that
 * shares its nodes with the old. Hashes of subtrees are remembered, so that a change of one leaf costs as many hashes as the tree is high.
 */
import type { CryptoSuite } from '../crypto/port.ts';
import { encodeLeaf, sameBytes, type Leaf } from './leaf.ts';
import { concat, EMPTY, uint32, uint8, vector } from './presentation.ts';
import {
  directPath,
  isWithin,
  leftOf,
  levelOf,
  nodeCount,
  rightOf,
  rootOf,
  siblingOf,
} from './tree-math.ts';

/** Most places of a tree. */
export const LEAVES_MAX = 4_096;

const TYPE_LEAF = 1;
const TYPE_PARENT = 2;
const PRESENT = Uint8Array.of(1);
const ABSENT = Uint8Array.of(0);

export interface Parent {
  /** X25519, 32 bytes. */
  key: Uint8Array;
  parentHash: Uint8Array;
  /** Leaves below that do not know its secret, ascending. */
  unmerged: readonly number[];
}

export interface Tree {
  /** Places: a power of two. */
  readonly leaves: number;
  /** By node; undefined where blank. Even places hold leaves, odd ones parents. */
  readonly nodes: readonly (Leaf | Parent | undefined)[];
  /** Tree hashes worked out so far. */
  readonly hashes: (Uint8Array | undefined)[];
}

/** A parent on somebody's way to the root, and the child of it that is not on that way. */
export interface PathStep {
  node: number;
  copath: number;
}

export function treeOf(leaves: number, nodes: readonly (Leaf | Parent | undefined)[]): Tree {
  return { leaves, nodes, hashes: new Array<undefined>(nodes.length).fill(undefined) };
}

export function leafAt(tree: Tree, leaf: number): Leaf | undefined {
  return tree.nodes[2 * leaf] as Leaf | undefined;
}

export function parentAt(tree: Tree, node: number): Parent | undefined {
  return tree.nodes[node] as Parent | undefined;
}

/** Places that are taken, ascending. */
export function takenLeaves(tree: Tree): number[] {
  const taken: number[] = [];
  for (let leaf = 0; leaf < tree.leaves; leaf++)
    if (leafAt(tree, leaf) !== undefined) taken.push(leaf);
  return taken;
}

/** Where an account stands, or -1. */
export function leafOfAccount(tree: Tree, account: Uint8Array): number {
  for (let leaf = 0; leaf < tree.leaves; leaf++) {
    const one = leafAt(tree, leaf);
    if (one !== undefined && sameBytes(one.account, account)) return leaf;
  }
  return -1;
}

/** A copy with some nodes replaced, and the hashes of everything above them unknown again. */
export function withNodes(
  tree: Tree,
  changes: readonly (readonly [number, Leaf | Parent | undefined])[],
): Tree {
  const nodes = [...tree.nodes];
  const hashes = [...tree.hashes];
  for (const [node, value] of changes) {
    nodes[node] = value;
    hashes[node] = undefined;
    for (const above of directPath(node, tree.leaves)) hashes[above] = undefined;
  }
  return { leaves: tree.leaves, nodes, hashes };
}

/** Hangs a leaf in at the first free place (section 7.7). Undefined when the tree is full and as large as it may be. */
export function addLeaf(tree: Tree, leaf: Leaf): { tree: Tree; leaf: number } | undefined {
  let place = 0;
  while (place < tree.leaves && leafAt(tree, place) !== undefined) place++;
  if (place === LEAVES_MAX) return undefined;
  const grown = place < tree.leaves ? tree : doubled(tree);
  const changes: [number, Leaf | Parent][] = [[2 * place, leaf]];
  for (const node of directPath(2 * place, grown.leaves)) {
    const parent = parentAt(grown, node);
    if (parent === undefined) continue;
    const unmerged = [...parent.unmerged, place].sort((a, b) => a - b);
    changes.push([node, { ...parent, unmerged }]);
  }
  return { tree: withNodes(grown, changes), leaf: place };
}

/** Takes a leaf out, with every key its owner may know, and halves the tree while half of it is empty (section 7.7). */
export function removeLeaf(tree: Tree, leaf: number): Tree {
  const gone = [2 * leaf, ...directPath(2 * leaf, tree.leaves)];
  let smaller = withNodes(
    tree,
    gone.map((node) => [node, undefined] as const),
  );
  for (let half = smaller.leaves / 2; half >= 1; half /= 2) {
    const { nodes, hashes } = smaller;
    if (nodes.slice(2 * half).some((node) => node !== undefined)) break;
    smaller = {
      leaves: half,
      nodes: nodes.slice(0, nodeCount(half)),
      hashes: hashes.slice(0, nodeCount(half)),
    };
  }
  return smaller;
}

function doubled(tree: Tree): Tree {
  const missing = nodeCount(2 * tree.leaves) - tree.nodes.length;
  const blank = new Array<undefined>(missing).fill(undefined);
  return {
    leaves: 2 * tree.leaves,
    nodes: [...tree.nodes, ...blank],
    hashes: [...tree.hashes, ...blank],
  };
}

/** The fewest nodes whose keys reach everybody below `node` (section 4.1.1). */
export function resolution(tree: Tree, node: number): number[] {
  const here = tree.nodes[node];
  if (levelOf(node) === 0) return here === undefined ? [] : [node];
  if (here !== undefined) return [node, ...(here as Parent).unmerged.map((leaf) => 2 * leaf)];
  return [...resolution(tree, leftOf(node)), ...resolution(tree, rightOf(node))];
}

/** The way of a leaf to the root, without the parents that have nobody on their other side (section 4.1.2). */
export function filteredPath(tree: Tree, leaf: number): PathStep[] {
  const steps: PathStep[] = [];
  let below = 2 * leaf;
  for (const node of directPath(below, tree.leaves)) {
    const copath = siblingOf(below, tree.leaves);
    if (resolution(tree, copath).length > 0) steps.push({ node, copath });
    below = node;
  }
  return steps;
}

/** Tree hash of the whole (section 7.8). */
export function treeHash(suite: CryptoSuite, tree: Tree): Uint8Array {
  return subtreeHash(suite, tree, rootOf(tree.leaves));
}

function subtreeHash(suite: CryptoSuite, tree: Tree, node: number): Uint8Array {
  const known = tree.hashes[node];
  if (known !== undefined) return known;
  const hash = hashNode(suite, tree, node, (child) => subtreeHash(suite, tree, child), []);
  tree.hashes[node] = hash;
  return hash;
}

/** The hash that the subtree at `node` had before the leaves in `without` came: an original sibling tree hash. */
export function originalHash(
  suite: CryptoSuite,
  tree: Tree,
  node: number,
  without: readonly number[],
): Uint8Array {
  if (!without.some((leaf) => isWithin(2 * leaf, node))) return subtreeHash(suite, tree, node);
  return hashNode(suite, tree, node, (child) => originalHash(suite, tree, child, without), without);
}

/** `TreeHashInput`, hashed. */
function hashNode(
  suite: CryptoSuite,
  tree: Tree,
  node: number,
  hashOf: (child: number) => Uint8Array,
  without: readonly number[],
): Uint8Array {
  if (levelOf(node) === 0) {
    const leaf = without.includes(node / 2) ? undefined : leafAt(tree, node / 2);
    const value = leaf === undefined ? ABSENT : concat(PRESENT, encodeLeaf(leaf));
    return suite.sha256(concat(uint8(TYPE_LEAF), uint32(node / 2), value));
  }
  const parent = parentAt(tree, node);
  const value = parent === undefined ? ABSENT : concat(PRESENT, encodeParent(parent, without));
  const [left, right] = [hashOf(leftOf(node)), hashOf(rightOf(node))];
  return suite.sha256(concat(uint8(TYPE_PARENT), value, vector(left), vector(right)));
}

function encodeParent(parent: Parent, without: readonly number[]): Uint8Array {
  const unmerged = parent.unmerged.filter((leaf) => !without.includes(leaf));
  return concat(
    vector(parent.key),
    vector(parent.parentHash),
    vector(unmerged.length === 0 ? EMPTY : concat(...unmerged.map(uint32))),
  );
}
