/**
 * What changes a group: proposals, and the commit that carries them.
 *
 * A commit always brings a new path, so each one also heals its maker, and it carries its proposals by value: whoever has the commit needs nothing else.
 * The only proposal that travels alone is the wish to leave, since nobody can commit their own leaving (they would know the new keys). It
 * is signed over the leaf key of the moment, so it cannot be used against somebody who has come back.
 *
 * Body of a commit:
 *
 * | bytes | field |
 * |---|---|
 * | 1 | number of proposals p |
 * | . | p proposals |
 * | 32 | committer's new leaf key |
 * | 65 | signature of the new leaf |
 * | 1 | number of path nodes k |
 * | k times 34 + 80 c | public key 32, number of sealed secrets c (2), c sealed secrets |
 *
 * A proposal:
 *
 * | bytes | field |
 * |---|---|
 * | 1 | 1 add, 2 remove, 3 leave |
 * | 280 | add: key package |
 * | 2 | remove, leave: leaf |
 * | 65 | leave: its owner's signature |
 *
 * **Size.** In a tree of n places, k is at most log2 n and all c together at most n - 1. A packet of a commit without proposals has 249 + 114 log2 n bytes
 * where no node is blank (n a power of two), and never more than 249 + 34 log2 n + 80 (n - 1).
 */
import { X25519_KEY_BYTES, type CryptoSuite } from '../crypto/port.ts';
import { signedDigest } from './kdf.ts';
import {
  decodeKeyPackage,
  isSignedBy,
  KEY_PACKAGE_BYTES,
  keyPackageIsGenuine,
  sameBytes,
  SIGNATURE_BYTES,
  type GroupSelf,
  type KeyPackage,
} from './leaf.ts';
import { SEALED_SECRET_BYTES, type SealedStep, type UpdatePath } from './path.ts';
import type { GroupPolicy } from './policy.ts';
import { concat, uint16, uint8, vector } from './presentation.ts';
import {
  addLeaf,
  leafAt,
  leafOfAccount,
  removeLeaf,
  takenLeaves,
  type Tree,
} from './ratchet-tree.ts';
import { Reader } from './reader.ts';

const PROPOSAL_ADD = 1;
const PROPOSAL_REMOVE = 2;
const PROPOSAL_LEAVE = 3;

/** Proposals of one commit. */
export const PROPOSALS_MAX = 255;
/** Levels of the largest tree. */
const STEPS_MAX = 12;

export interface Add {
  kind: 'add';
  package: KeyPackage;
}

export interface Remove {
  kind: 'remove';
  leaf: number;
}

export interface Leave {
  kind: 'leave';
  leaf: number;
  signature: Uint8Array;
}

export type Proposal = Add | Remove | Leave;

export interface Commit {
  proposals: readonly Proposal[];
  update: UpdatePath;
}

/** Why proposals are not taken. */
export type ProposalProblem =
  | 'unknown leaf'
  | 'own leaf'
  | 'already a member'
  | 'key in use'
  | 'bad package'
  | 'bad signature'
  | 'not allowed'
  | 'full';

/** A tree after proposals. */
export interface Changed {
  tree: Tree;
  /** Places of the new members, in the order of their proposals. */
  added: number[];
  /** Places that became free, as they were numbered before. */
  removed: number[];
}

export function encodeProposal(proposal: Proposal): Uint8Array {
  switch (proposal.kind) {
    case 'add':
      return concat(uint8(PROPOSAL_ADD), proposal.package.bytes);
    case 'remove':
      return concat(uint8(PROPOSAL_REMOVE), uint16(proposal.leaf));
    case 'leave':
      return concat(uint8(PROPOSAL_LEAVE), uint16(proposal.leaf), proposal.signature);
  }
}

function readProposal(reader: Reader): Proposal | undefined {
  const kind = reader.uint8();
  if (kind === PROPOSAL_ADD) {
    const one = decodeKeyPackage(reader.bytes(KEY_PACKAGE_BYTES));
    return one && { kind: 'add', package: one };
  }
  const leaf = reader.uint16();
  if (kind === PROPOSAL_REMOVE) return { kind: 'remove', leaf };
  if (kind !== PROPOSAL_LEAVE) return undefined;
  return { kind: 'leave', leaf, signature: reader.bytes(SIGNATURE_BYTES) };
}

/** Reads a proposal that travels alone: a wish to leave. */
export function decodeLeave(bytes: Uint8Array): Leave | undefined {
  const reader = new Reader(bytes);
  const proposal = readProposal(reader);
  return reader.finished && proposal?.kind === 'leave' ? proposal : undefined;
}

export function encodeCommit({ proposals, update }: Commit): Uint8Array {
  return concat(
    uint8(proposals.length),
    ...proposals.map(encodeProposal),
    update.leafKey,
    update.leafSignature,
    uint8(update.steps.length),
    ...update.steps.flatMap(({ key, sealed }) => [key, uint16(sealed.length), ...sealed]),
  );
}

/** Reads the body of a commit; undefined for bytes that are none. */
export function decodeCommit(bytes: Uint8Array): Commit | undefined {
  const reader = new Reader(bytes);
  const count = reader.uint8();
  const proposals: Proposal[] = [];
  for (let i = 0; i < count; i++) {
    const proposal = readProposal(reader);
    if (proposal === undefined || !reader.ok) return undefined;
    proposals.push(proposal);
  }
  const leafKey = reader.bytes(X25519_KEY_BYTES);
  const leafSignature = reader.bytes(SIGNATURE_BYTES);
  const length = reader.uint8();
  if (length > STEPS_MAX) return undefined;
  const steps: SealedStep[] = [];
  for (let i = 0; i < length; i++) {
    const key = reader.bytes(X25519_KEY_BYTES);
    const recipients = reader.uint16();
    if (!reader.ok || recipients * SEALED_SECRET_BYTES > reader.left) return undefined;
    const sealed = Array.from({ length: recipients }, () => reader.bytes(SEALED_SECRET_BYTES));
    steps.push({ key, sealed });
  }
  return reader.finished ? { proposals, update: { leafKey, leafSignature, steps } } : undefined;
}

/** Our wish to leave, signed. */
export function makeLeave(
  suite: CryptoSuite,
  self: GroupSelf,
  groupId: Uint8Array,
  tree: Tree,
  leaf: number,
): Leave {
  const digest = leaveDigest(suite, groupId, leafAt(tree, leaf)!.key);
  return { kind: 'leave', leaf, signature: suite.accountSign(digest, self.accountSecret) };
}

/** Whether the member at its leaf, with the key they have in this tree, wants to leave. */
export function leaveHolds(
  suite: CryptoSuite,
  groupId: Uint8Array,
  tree: Tree,
  leave: Leave,
): boolean {
  const leaf = leafAt(tree, leave.leaf);
  if (leaf === undefined) return false;
  return isSignedBy(suite, leaveDigest(suite, groupId, leaf.key), leave.signature, leaf.account);
}

function leaveDigest(suite: CryptoSuite, groupId: Uint8Array, key: Uint8Array): Uint8Array {
  return signedDigest(suite, 'MainframeLeave', concat(vector(groupId), key));
}

/** The tree after a committer's proposals, removals first (section 12.3), or why one of them is refused. */
export function applyProposals(
  suite: CryptoSuite,
  groupId: Uint8Array,
  tree: Tree,
  committer: number,
  proposals: readonly Proposal[],
  policy: GroupPolicy,
): Changed | ProposalProblem {
  const by = leafAt(tree, committer)!;
  const members = takenLeaves(tree).map((leaf) => leafAt(tree, leaf)!);
  const removed: number[] = [];
  for (const proposal of proposals) {
    if (proposal.kind === 'add') continue;
    const leaf = leafAt(tree, proposal.leaf);
    if (leaf === undefined || removed.includes(proposal.leaf)) return 'unknown leaf';
    if (proposal.leaf === committer) return 'own leaf';
    if (proposal.kind === 'leave') {
      if (!leaveHolds(suite, groupId, tree, proposal)) return 'bad signature';
    } else if (!policy.mayRemove(by, leaf, members)) return 'not allowed';
    removed.push(proposal.leaf);
  }
  let changed = tree;
  for (const leaf of removed) changed = removeLeaf(changed, leaf);
  const added: number[] = [];
  for (const proposal of proposals) {
    if (proposal.kind !== 'add') continue;
    const { leaf } = proposal.package;
    if (leafOfAccount(changed, leaf.account) >= 0) return 'already a member';
    const inUse = takenLeaves(changed).some((i) => sameBytes(leafAt(changed, i)!.key, leaf.key));
    if (inUse) return 'key in use';
    if (!keyPackageIsGenuine(suite, proposal.package)) return 'bad package';
    if (!policy.mayAdd(by, leaf, members)) return 'not allowed';
    const grown = addLeaf(changed, leaf);
    if (grown === undefined) return 'full';
    changed = grown.tree;
    added.push(grown.leaf);
  }
  return { tree: changed, added, removed };
}
