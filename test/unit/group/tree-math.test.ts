/** Places in a ratchet tree, against the published vectors of RFC 9420 and against each other. */
import { describe, expect, it } from 'vitest';
import {
  commonAncestor,
  directPath,
  isWithin,
  leftOf,
  levelOf,
  nodeCount,
  NO_NODE,
  parentOf,
  rightOf,
  rootOf,
  siblingOf,
} from '../../../protocols/group/tree-math.ts';
import { readVector } from '../../support/vectors.ts';

interface Case {
  n_leaves: number;
  n_nodes: number;
  root: number;
  left: (number | null)[];
  right: (number | null)[];
  parent: (number | null)[];
  sibling: (number | null)[];
}

const vectors = readVector('mls_tree_math.json') as { cases: Case[] } | undefined;
const orNull = (node: number): number | null => (node === NO_NODE ? null : node);

function expectCase(one: Case): void {
  const nodes = Array.from({ length: one.n_nodes }, (_, node) => node);
  expect(nodeCount(one.n_leaves)).toBe(one.n_nodes);
  expect(rootOf(one.n_leaves)).toBe(one.root);
  expect(nodes.map((node) => orNull(leftOf(node)))).toEqual(one.left);
  expect(nodes.map((node) => orNull(rightOf(node)))).toEqual(one.right);
  expect(nodes.map((node) => orNull(parentOf(node, one.n_leaves)))).toEqual(one.parent);
  expect(nodes.map((node) => orNull(siblingOf(node, one.n_leaves)))).toEqual(one.sibling);
}

describe('the tree of RFC 9420', () => {
  it.skipIf(vectors === undefined)('is as in every published case', () => {
    expect(vectors!.cases.length).toBeGreaterThan(0);
    for (const one of vectors!.cases) expectCase(one);
  });

  it('is as in the published case of four leaves', () => {
    // mlswg/mls-implementations, test-vectors/tree-math.json, n_leaves 4.
    expectCase({
      n_leaves: 4,
      n_nodes: 7,
      root: 3,
      left: [null, 0, null, 1, null, 4, null],
      right: [null, 2, null, 5, null, 6, null],
      parent: [1, 3, 1, null, 5, 3, 5],
      sibling: [2, 5, 0, null, 6, 1, 4],
    });
  });

  it('has paths that lead to the root, level by level', () => {
    for (const leaves of [1, 2, 8, 64]) {
      for (let node = 0; node < nodeCount(leaves); node++) {
        const path = directPath(node, leaves);
        expect(path.map(levelOf)).toEqual(path.map((_, i) => levelOf(node) + 1 + i));
        expect(path.at(-1) ?? node).toBe(rootOf(leaves));
        for (const above of path) expect(isWithin(node, above)).toBe(true);
      }
    }
  });

  it('has a lowest common ancestor for any two nodes', () => {
    for (let a = 0; a < 31; a++) {
      for (let b = 0; b < 31; b++) {
        const both = [a, ...directPath(a, 16)].filter((n) => [b, ...directPath(b, 16)].includes(n));
        expect(commonAncestor(a, b, 16)).toBe(both[0]);
      }
    }
  });
});
