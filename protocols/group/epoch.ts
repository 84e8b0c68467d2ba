/**
 * One epoch of a group: a tree, its secrets, and how a commit leads from it to the next.
 *
 * Everything here is a value. Taking a commit in gives the next epoch or the reason why not, and leaves this one as it was; both are kept for a while,
 * because a better commit of the same epoch may still be on its way (`fork.ts`).
 */
import type { CryptoSuite } from '../crypto/port.ts';
import {
  applyProposals,
  encodeCommit,
  type Commit,
  type Proposal,
  type ProposalProblem,
} from './commit.ts';
import { SECRET_BYTES } from './kdf.ts';
import {
  confirmationTag,
  confirmedTranscript,
  encodeContext,
  epochSecrets,
  exportSecret,
  interimTranscript,
  joinerSecret,
  NO_PRE_SHARED_KEY,
  secretsOf,
  type EpochSecrets,
  type GroupContext,
} from './key-schedule.ts';
import { sameBytes, type Fresh, type GroupSelf, type KeyPackageSecrets } from './leaf.ts';
import { contentDigest, KIND_COMMIT, signedContent, type Content } from './packet.ts';
import {
  makePath,
  mergePath,
  openPath,
  sealPath,
  withoutBlank,
  type OwnPath,
  type Privates,
} from './path.ts';
import type { GroupPolicy } from './policy.ts';
import { concat, EMPTY, vector } from './presentation.ts';
import { treeHash, treeOf, type Tree } from './ratchet-tree.ts';
import { secretTreeOf, type SecretTree } from './secret-tree.ts';

/** Purpose of the secret that tags are made of. */
const TAG_LABEL = 'mainframe group tag 1';

export interface EpochBody {
  context: GroupContext;
  tree: Tree;
  interimTranscriptHash: Uint8Array;
  ownLeaf: number;
  privates: Privates;
  initSecret: Uint8Array;
  senderDataSecret: Uint8Array;
  /** Equal for all members and to nobody else known; people may compare it by voice. */
  authenticator: Uint8Array;
  tagSecret: Uint8Array;
  secretTree: SecretTree;
}

/** A commit of ours, to be sent, and what the welcomes of those it adds are made of. */
export interface MadeCommit {
  content: Content;
  signature: Uint8Array;
  confirmationTag: Uint8Array;
  body: EpochBody;
  joinerSecret: Uint8Array;
  path: OwnPath;
  added: number[];
  removed: number[];
}

/** What a commit of somebody's leads to. */
export interface TakenCommit {
  confirmedTranscriptHash: Uint8Array;
  added: number[];
  removed: number[];
  /** Absent if the commit has removed us. */
  body?: EpochBody;
}

export type CommitProblem =
  ProposalProblem | 'malformed' | 'path does not fit' | 'path does not open' | 'not confirmed';

/** Epoch 0 of a new group, in which we are alone (section 11). Draws 64 bytes: the group's id and the first secret. */
export function firstEpoch(suite: CryptoSuite, own: KeyPackageSecrets, fresh: Fresh): EpochBody {
  const [groupId, secret] = [new Uint8Array(SECRET_BYTES), new Uint8Array(SECRET_BYTES)];
  fresh(groupId);
  fresh(secret);
  const tree = treeOf(1, [own.package.leaf]);
  const context = {
    groupId,
    epoch: 0,
    treeHash: treeHash(suite, tree),
    confirmedTranscriptHash: EMPTY,
  };
  const secrets = secretsOf(suite, secret);
  secret.fill(0);
  const tag = confirmationTag(suite, secrets.confirmationKey, EMPTY);
  const place = { context, tree, ownLeaf: 0, privates: new Map([[0, own.leaf.slice()]]) };
  return bodyOf(suite, place, secrets, interimTranscript(suite, EMPTY, tag));
}

/** An epoch from its secrets, which it takes over. */
export function bodyOf(
  suite: CryptoSuite,
  place: Pick<EpochBody, 'context' | 'tree' | 'ownLeaf' | 'privates'>,
  secrets: EpochSecrets,
  interimTranscriptHash: Uint8Array,
): EpochBody {
  const tagSecret = exportSecret(suite, secrets.exporterSecret, TAG_LABEL, EMPTY, SECRET_BYTES);
  secrets.exporterSecret.fill(0);
  secrets.confirmationKey.fill(0);
  return {
    ...place,
    interimTranscriptHash,
    initSecret: secrets.initSecret,
    senderDataSecret: secrets.senderDataSecret,
    authenticator: secrets.epochAuthenticator,
    tagSecret,
    secretTree: secretTreeOf(place.tree.leaves, secrets.encryptionSecret),
  };
}

/** A commit of ours on `epoch`, the packet's number being `generation`. */
export function makeCommit(
  suite: CryptoSuite,
  epoch: EpochBody,
  self: GroupSelf,
  proposals: readonly Proposal[],
  generation: number,
  policy: GroupPolicy,
  fresh: Fresh,
): MadeCommit | ProposalProblem {
  const { groupId } = epoch.context;
  const leaf = epoch.ownLeaf;
  const changed = applyProposals(suite, groupId, epoch.tree, leaf, proposals, policy);
  if (typeof changed === 'string') return changed;
  const kept = withoutBlank(epoch.privates, changed.tree);
  const path = makePath(suite, changed.tree, self, { groupId, leaf }, kept, fresh);
  const between = betweenContext(suite, epoch, path.tree);
  const update = sealPath(suite, path, changed.added, encodeContext(between), fresh);
  const body = encodeCommit({ proposals, update });
  const content: Content = { leaf, kind: KIND_COMMIT, generation, body };
  const before = encodeContext(epoch.context);
  const signature = suite.accountSign(contentDigest(suite, content, before), self.accountSecret);
  const commitSecret = path.secrets.at(-1)!;
  const place = { tree: path.tree, ownLeaf: leaf, privates: path.privates };
  const next = nextEpoch(suite, epoch, place, between, content, signature, commitSecret);
  commitSecret.fill(0);
  const { added, removed } = changed;
  return { ...next, content, signature, path, added, removed };
}

/** The epoch that somebody's commit leads to. Their signature has been checked; `tag` came with the commit. */
export function takeCommit(
  suite: CryptoSuite,
  epoch: EpochBody,
  commit: Commit,
  content: Content,
  signature: Uint8Array,
  tag: Uint8Array,
  policy: GroupPolicy,
): TakenCommit | CommitProblem {
  const { groupId } = epoch.context;
  const { leaf } = content;
  // Our own, which this state has not made: it was made after a disk was set back, or by a thief. Nobody can follow their own path.
  if (leaf === epoch.ownLeaf) return 'own leaf';
  const changed = applyProposals(suite, groupId, epoch.tree, leaf, commit.proposals, policy);
  if (typeof changed === 'string') return changed;
  const { added, removed } = changed;
  const tree = mergePath(suite, changed.tree, { groupId, leaf }, commit.update, added);
  if (tree === undefined) return 'path does not fit';
  const confirmed = confirmedHash(suite, epoch, content, signature);
  if (removed.includes(epoch.ownLeaf))
    return { confirmedTranscriptHash: confirmed, added, removed };
  const between = betweenContext(suite, epoch, tree);
  const opened = openPath(
    suite,
    tree,
    leaf,
    epoch.ownLeaf,
    commit.update,
    withoutBlank(epoch.privates, changed.tree),
    added,
    encodeContext(between),
  );
  if (opened === undefined) return 'path does not open';
  const place = { tree, ownLeaf: epoch.ownLeaf, privates: opened.privates };
  const next = nextEpoch(suite, epoch, place, between, content, signature, opened.commitSecret);
  opened.commitSecret.fill(0);
  next.joinerSecret.fill(0);
  if (!sameBytes(next.confirmationTag, tag)) return 'not confirmed';
  return { confirmedTranscriptHash: confirmed, added, removed, body: next.body };
}

/** The context to which path secrets are bound: the new tree, the transcript as it was (section 7.6). */
function betweenContext(suite: CryptoSuite, epoch: EpochBody, tree: Tree): GroupContext {
  return {
    ...epoch.context,
    epoch: epoch.context.epoch + 1,
    treeHash: treeHash(suite, tree),
  };
}

function confirmedHash(
  suite: CryptoSuite,
  epoch: EpochBody,
  content: Content,
  signature: Uint8Array,
): Uint8Array {
  const signed = concat(signedContent(content, encodeContext(epoch.context)), vector(signature));
  return confirmedTranscript(suite, epoch.interimTranscriptHash, signed);
}

function nextEpoch(
  suite: CryptoSuite,
  epoch: EpochBody,
  place: Pick<EpochBody, 'tree' | 'ownLeaf' | 'privates'>,
  between: GroupContext,
  content: Content,
  signature: Uint8Array,
  commitSecret: Uint8Array,
): { body: EpochBody; joinerSecret: Uint8Array; confirmationTag: Uint8Array } {
  const confirmed = confirmedHash(suite, epoch, content, signature);
  const context = { ...between, confirmedTranscriptHash: confirmed };
  const encoded = encodeContext(context);
  const joiner = joinerSecret(suite, epoch.initSecret, commitSecret, encoded);
  const secrets = epochSecrets(suite, joiner, NO_PRE_SHARED_KEY, encoded);
  const tag = confirmationTag(suite, secrets.confirmationKey, confirmed);
  const interim = interimTranscript(suite, confirmed, tag);
  const body = bodyOf(suite, { ...place, context }, secrets, interim);
  return { body, joinerSecret: joiner, confirmationTag: tag };
}
