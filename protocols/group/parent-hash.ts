/**
 * Parent hashes (RFC 9420, section 7.9): each commit binds the keys it puts on its path to one another and to the committer's signed leaf, from the root
 * down. A joiner who checks them knows that every key in the tree was put there by a member below it: nobody can slip in a key of their own
 * above others.
 */
import type { CryptoSuite } from '../crypto/port.ts';
import { sameBytes, type Leaf } from './leaf.ts';
import { concat, EMPTY, vector } from './presentation.ts';
import {
  originalHash,
  parentAt,
  resolution,
  type Parent,
  type PathStep,
  type Tree,
} from './ratchet-tree.ts';
import { isWithin, leftOf, rightOf } from './tree-math.ts';

/** What a node below `parent` on its committer's path must carry; `sibling` is the parent's child on the other side. */
function parentHash(suite: CryptoSuite, tree: Tree, parent: Parent, sibling: number): Uint8Array {
  const original = originalHash(suite, tree, sibling, parent.unmerged);
  return suite.sha256(concat(vector(parent.key), vector(parent.parentHash), vector(original)));
}

/**
 * The parents of a new path with their parent hashes, and the one for the leaf. `tree` is as it was before the path; `keys` are the new keys of
 * the path's nodes, from the leaf up.
 */
export function chainPath(
  suite: CryptoSuite,
  tree: Tree,
  path: readonly PathStep[],
  keys: readonly Uint8Array[],
): { parents: Parent[]; leafHash: Uint8Array } {
  const parents: Parent[] = [];
  let above: Uint8Array = EMPTY;
  for (let i = path.length - 1; i >= 0; i--) {
    const parent: Parent = { key: keys[i]!, parentHash: above, unmerged: [] };
    parents.unshift(parent);
    above = parentHash(suite, tree, parent, path[i]!.copath);
  }
  return { parents, leafHash: above };
}

/** Whether every parent of the tree is vouched for by a node below it (section 7.9.2). */
export function parentHashesHold(suite: CryptoSuite, tree: Tree): boolean {
  for (let node = 1; node < tree.nodes.length; node += 2) {
    const parent = parentAt(tree, node);
    if (parent === undefined) continue;
    const sides = [
      [leftOf(node), rightOf(node)],
      [rightOf(node), leftOf(node)],
    ] as const;
    if (!sides.some(([side, other]) => isVouchedFor(suite, tree, parent, side, other)))
      return false;
  }
  return true;
}

function isVouchedFor(
  suite: CryptoSuite,
  tree: Tree,
  parent: Parent,
  side: number,
  other: number,
): boolean {
  const expected = parentHash(suite, tree, parent, other);
  const reached = resolution(tree, side);
  const unmerged = parent.unmerged.map((leaf) => 2 * leaf).filter((node) => isWithin(node, side));
  return reached.some((node) => {
    const hash = (tree.nodes[node] as Leaf | Parent).parentHash;
    if (!sameBytes(hash, expected)) return false;
    const others = reached.filter((one) => one !== node);
    return others.length === unmerged.length && others.every((one) => unmerged.includes(one));
  });
}
