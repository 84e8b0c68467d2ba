/**
 * A new path of keys from a member's leaf to the root: TreeKEM (RFC 9420, sections 7.4 to 7.6).
 *
 * The committer draws one secret for the lowest parent of the path and derives those above from it; each is sealed to the subtree on the other side. So
 * everybody learns exactly the keys above themselves, and the last secret of all is what the new epoch is made of. In a full tree that is one sealed
 * secret per level; blank parents cost one for every node they would stand for.
 *
 * Different from the RFC: secrets are sealed with this project's sealed box (X25519, HKDF bound to both keys, ChaCha20-Poly1305) instead of HPKE,
 * and a node's secret is its X25519 secret without another derivation. Sizes are the same: 32 bytes of key and 16 of tag for each.
 */
import { utf8ToBytes } from '@noble/hashes/utils.js';
import { isLowOrder } from '../crypto/low-order.ts';
import { X25519_KEY_BYTES, type CryptoSuite } from '../crypto/port.ts';
import { SEALED_OVERHEAD_BYTES, SealedBox } from '../crypto/sealed-box.ts';
import { deriveSecret, SECRET_BYTES } from './kdf.ts';
import {
  committedLeaf,
  leafIsGenuine,
  publicKeyOf,
  sameBytes,
  type Fresh,
  type GroupSelf,
  type Leaf,
} from './leaf.ts';
import { chainPath } from './parent-hash.ts';
import { concat } from './presentation.ts';
import {
  filteredPath,
  leafAt,
  resolution,
  withNodes,
  type Parent,
  type PathStep,
  type Tree,
} from './ratchet-tree.ts';
import { directPath, isWithin } from './tree-math.ts';

export const SEALED_SECRET_BYTES = SECRET_BYTES + SEALED_OVERHEAD_BYTES;

const LABEL = utf8ToBytes('mainframe group path 1');

/** One parent of a path as it travels. */
export interface SealedStep {
  key: Uint8Array;
  /** Its path secret, sealed to each node of the other side's resolution in turn. */
  sealed: readonly Uint8Array[];
}

export interface UpdatePath {
  leafKey: Uint8Array;
  leafSignature: Uint8Array;
  steps: readonly SealedStep[];
}

/** Secrets of nodes that we know: our leaf's and parents' above it. */
export type Privates = ReadonlyMap<number, Uint8Array>;

/** A path of our own before it is sealed. */
export interface OwnPath {
  /** The tree with the path in it. */
  tree: Tree;
  leaf: Leaf;
  path: readonly PathStep[];
  /** One per step, and behind them the commit secret. */
  secrets: Uint8Array[];
  privates: Privates;
}

/** A member and its place. */
export interface Seat {
  groupId: Uint8Array;
  leaf: number;
}

/** Draws a new path for our leaf. Draws 64 bytes. */
export function makePath(
  suite: CryptoSuite,
  tree: Tree,
  self: GroupSelf,
  seat: Seat,
  privates: Privates,
  fresh: Fresh,
): OwnPath {
  const leafSecret = new Uint8Array(X25519_KEY_BYTES);
  const first = new Uint8Array(SECRET_BYTES);
  fresh(leafSecret);
  fresh(first);
  const path = filteredPath(tree, seat.leaf);
  const { secrets, nodeSecrets } = climb(suite, first, path.length);
  const keys = nodeSecrets.map((secret) => publicKeyOf(suite, secret));
  const { parents, leafHash } = chainPath(suite, tree, path, keys);
  const leaf = committedLeaf(suite, self, publicKeyOf(suite, leafSecret), leafHash, seat);
  // Whatever is on the path is replaced.
  const known = new Map(privates);
  known.set(2 * seat.leaf, leafSecret);
  path.forEach(({ node }, i) => known.set(node, nodeSecrets[i]!));
  return {
    tree: placed(tree, seat.leaf, leaf, path, parents),
    leaf,
    path,
    secrets,
    privates: known,
  };
}

/** Seals a path to everybody but the leaves in `added`, who get their secret with their welcome. Draws 32 bytes per sealed secret. */
export function sealPath(
  suite: CryptoSuite,
  own: OwnPath,
  added: readonly number[],
  context: Uint8Array,
  fresh: Fresh,
): UpdatePath {
  const box = new SealedBox(suite);
  const associated = concat(LABEL, context);
  const ephemeral = new Uint8Array(X25519_KEY_BYTES);
  const steps = own.path.map(({ node, copath }, i): SealedStep => {
    const sealed = recipients(own.tree, copath, added).map((recipient) => {
      const out = new Uint8Array(SEALED_SECRET_BYTES);
      fresh(ephemeral);
      const { key } = own.tree.nodes[recipient]!;
      if (!box.sealTo(key, ephemeral, associated, own.secrets[i]!, 0, SECRET_BYTES, out, 0))
        throw new Error(`the key of node ${recipient} is of low order, and stands in the tree`);
      return out;
    });
    return { key: own.tree.nodes[node]!.key, sealed };
  });
  ephemeral.fill(0);
  return { leafKey: own.leaf.key, leafSignature: own.leaf.signature, steps };
}

/**
 * The tree with somebody's path in it; undefined if the path does not fit the tree, has a key of low order, or its leaf is not signed by its owner.
 * What everybody can check, removed or not.
 */
export function mergePath(
  suite: CryptoSuite,
  tree: Tree,
  seat: Seat,
  update: UpdatePath,
  added: readonly number[],
): Tree | undefined {
  const path = filteredPath(tree, seat.leaf);
  if (update.steps.length !== path.length) return undefined;
  const keys = update.steps.map(({ key }) => key);
  if (keys.some((key) => isLowOrder(key, 0))) return undefined;
  const fits = update.steps.every(
    ({ sealed }, i) => sealed.length === recipients(tree, path[i]!.copath, added).length,
  );
  if (!fits) return undefined;
  const { parents, leafHash } = chainPath(suite, tree, path, keys);
  const leaf: Leaf = {
    ...leafAt(tree, seat.leaf)!,
    key: update.leafKey,
    committed: true,
    parentHash: leafHash,
    signature: update.leafSignature,
  };
  if (!leafIsGenuine(suite, leaf, seat)) return undefined;
  return placed(tree, seat.leaf, leaf, path, parents);
}

/** Our secret of somebody's path, and all above it; undefined if it does not open, or does not give the keys that it should. */
export function openPath(
  suite: CryptoSuite,
  merged: Tree,
  committer: number,
  ownLeaf: number,
  update: UpdatePath,
  privates: Privates,
  added: readonly number[],
  context: Uint8Array,
): { commitSecret: Uint8Array; privates: Privates } | undefined {
  const path = filteredPath(merged, committer);
  const from = path.findIndex(({ copath }) => isWithin(2 * ownLeaf, copath));
  const targets = recipients(merged, path[from]!.copath, added);
  const index = targets.findIndex((node) => privates.has(node));
  if (index < 0) return undefined;
  const secret = privates.get(targets[index]!)!;
  const pathSecret = openSecret(suite, secret, update.steps[from]!.sealed[index]!, context);
  if (pathSecret === undefined) return undefined;
  return joinPath(suite, merged, path.slice(from), pathSecret, privates);
}

/** The secrets of a path from one of its nodes up; undefined if they do not give the public keys that stand in the tree. */
export function joinPath(
  suite: CryptoSuite,
  tree: Tree,
  path: readonly PathStep[],
  pathSecret: Uint8Array,
  privates: Privates,
): { commitSecret: Uint8Array; privates: Privates } | undefined {
  const { secrets, nodeSecrets } = climb(suite, pathSecret, path.length);
  const known = new Map(privates);
  for (const [i, { node }] of path.entries()) {
    if (!sameBytes(publicKeyOf(suite, nodeSecrets[i]!), tree.nodes[node]!.key)) return undefined;
    known.set(node, nodeSecrets[i]!);
  }
  for (const secret of secrets.slice(0, -1)) secret.fill(0);
  return { commitSecret: secrets.at(-1)!, privates: known };
}

/** Secrets of nodes that are still in the tree as they were. */
export function withoutBlank(privates: Privates, tree: Tree): Map<number, Uint8Array> {
  return new Map([...privates].filter(([node]) => tree.nodes[node] !== undefined));
}

/** Path secrets from the first one up, `steps` of them and the commit secret; and the nodes' own. */
function climb(
  suite: CryptoSuite,
  first: Uint8Array,
  steps: number,
): { secrets: Uint8Array[]; nodeSecrets: Uint8Array[] } {
  const secrets = [first];
  const nodeSecrets: Uint8Array[] = [];
  for (let i = 0; i < steps; i++) {
    nodeSecrets.push(deriveSecret(suite, secrets[i]!, 'node'));
    secrets.push(deriveSecret(suite, secrets[i]!, 'path'));
  }
  return { secrets, nodeSecrets };
}

function recipients(tree: Tree, copath: number, added: readonly number[]): number[] {
  return resolution(tree, copath).filter((node) => (node & 1) === 1 || !added.includes(node / 2));
}

function placed(
  tree: Tree,
  leaf: number,
  value: Leaf,
  path: readonly PathStep[],
  parents: readonly Parent[],
): Tree {
  const changes = new Map<number, Leaf | Parent | undefined>([[2 * leaf, value]]);
  for (const node of directPath(2 * leaf, tree.leaves)) changes.set(node, undefined);
  path.forEach(({ node }, i) => changes.set(node, parents[i]));
  return withNodes(tree, [...changes]);
}

function openSecret(
  suite: CryptoSuite,
  secret: Uint8Array,
  sealed: Uint8Array,
  context: Uint8Array,
): Uint8Array | undefined {
  const out = new Uint8Array(SECRET_BYTES);
  const key = suite.agreementKey(secret);
  const associated = concat(LABEL, context);
  const opened = new SealedBox(suite).open(key, sealed, 0, sealed.length, associated, out, 0);
  suite.forget(key);
  return opened === SECRET_BYTES ? out : undefined;
}
