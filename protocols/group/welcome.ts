/**
 * How somebody comes in who was not there: a welcome, sealed to the key of their package (RFC 9420, section 12.4.3).
 *
 * | bytes | field |
 * |---|---|
 * | 1 | version 1 |
 * | 32 | ephemeral key |
 * | n + 16 | sealed: what follows |
 *
 * Sealed:
 *
 * | bytes | field |
 * |---|---|
 * | 32 | joiner secret |
 * | 32 | path secret of the lowest node above both the committer and the newcomer |
 * | 32 | group id |
 * | 6 | epoch |
 * | 32 | confirmed transcript hash |
 * | 32 | confirmation tag |
 * | 2 | committer's leaf |
 * | 65 | committer's signature over all this but the two secrets, and the tree |
 * | . | tree |
 *
 * A tree as in `tree-codec.ts`. So a welcome to a full tree of n has 216 + 250 n bytes, and 2 for every leaf that a parent lists as unmerged: it grows
 * with n, since a newcomer must know everybody, and is far too long for one packet.
 *
 * Different from the RFC: one box per newcomer instead of shared group information with a list of recipients, so that nobody who relays welcomes
 * sees who comes in with whom. A joiner checks every leaf's signature and every parent hash; there is no server to trust.
 */
import { utf8ToBytes } from '@noble/hashes/utils.js';
import { writeUint48 } from '../codec/bytes.ts';
import { X25519_KEY_BYTES, type CryptoSuite } from '../crypto/port.ts';
import { SEALED_OVERHEAD_BYTES, SealedBox } from '../crypto/sealed-box.ts';
import { bodyOf, type EpochBody, type MadeCommit } from './epoch.ts';
import { SECRET_BYTES, signedDigest } from './kdf.ts';
import {
  confirmationTag,
  encodeContext,
  epochSecrets,
  interimTranscript,
  NO_PRE_SHARED_KEY,
  type GroupContext,
} from './key-schedule.ts';
import {
  isSignedBy,
  leafIsGenuine,
  sameBytes,
  SIGNATURE_BYTES,
  type Fresh,
  type GroupSelf,
  type KeyPackage,
  type KeyPackageSecrets,
} from './leaf.ts';
import { parentHashesHold } from './parent-hash.ts';
import { joinPath } from './path.ts';
import { concat, uint16 } from './presentation.ts';
import {
  filteredPath,
  leafAt,
  leafOfAccount,
  takenLeaves,
  treeHash,
  type Tree,
} from './ratchet-tree.ts';
import { Reader } from './reader.ts';
import { encodeTree, readTree } from './tree-codec.ts';
import { isWithin } from './tree-math.ts';

const VERSION = 1;
const LABEL = utf8ToBytes('mainframe group welcome 1');

/** Everything in a welcome. */
interface Opened {
  joinerSecret: Uint8Array;
  pathSecret: Uint8Array;
  groupId: Uint8Array;
  epoch: number;
  confirmedTranscriptHash: Uint8Array;
  confirmationTag: Uint8Array;
  committer: number;
  signature: Uint8Array;
  tree: Tree;
}

function encodeInfo(context: GroupContext, tag: Uint8Array, committer: number): Uint8Array {
  const epoch = new Uint8Array(6);
  writeUint48(epoch, 0, context.epoch);
  return concat(context.groupId, epoch, context.confirmedTranscriptHash, tag, uint16(committer));
}

/** Covers the tree too, by its hash in the context. */
function infoDigest(
  suite: CryptoSuite,
  context: GroupContext,
  tag: Uint8Array,
  committer: number,
): Uint8Array {
  const content = concat(encodeContext(context), tag, uint16(committer));
  return signedDigest(suite, 'GroupInfoTBS', content);
}

/** Welcomes for the owners of `packages`, whom the commit has added in this order. One signature; draws 32 bytes each. */
export function makeWelcomes(
  suite: CryptoSuite,
  self: GroupSelf,
  made: MadeCommit,
  packages: readonly KeyPackage[],
  fresh: Fresh,
): Uint8Array[] {
  if (packages.length === 0) return [];
  const { context, ownLeaf, tree } = made.body;
  const digest = infoDigest(suite, context, made.confirmationTag, ownLeaf);
  const info = concat(
    encodeInfo(context, made.confirmationTag, ownLeaf),
    suite.accountSign(digest, self.accountSecret),
    encodeTree(tree),
  );
  return packages.map(({ initKey }, i) => {
    const place = 2 * made.added[i]!;
    const step = made.path.path.findIndex(({ copath }) => isWithin(place, copath));
    const plain = concat(made.joinerSecret, made.path.secrets[step]!, info);
    const out = new Uint8Array(1 + plain.length + SEALED_OVERHEAD_BYTES);
    out[0] = VERSION;
    const secret = new Uint8Array(X25519_KEY_BYTES);
    fresh(secret);
    const box = new SealedBox(suite);
    if (!box.sealTo(initKey, secret, LABEL, plain, 0, plain.length, out, 1))
      throw new Error('a key package with a key of low order was taken');
    secret.fill(0);
    plain.fill(0);
    return out;
  });
}

/** Reads what a welcome to our package says; undefined for any other bytes. Nothing in it is checked yet. */
export function openWelcome(
  suite: CryptoSuite,
  own: KeyPackageSecrets,
  welcome: Uint8Array,
): Opened | undefined {
  const length = welcome.length - 1;
  if (welcome[0] !== VERSION || length < SEALED_OVERHEAD_BYTES) return undefined;
  const plain = new Uint8Array(length - SEALED_OVERHEAD_BYTES);
  const key = suite.agreementKey(own.init);
  const opened = new SealedBox(suite).open(key, welcome, 1, length, LABEL, plain, 0);
  suite.forget(key);
  if (opened < 0) return undefined;
  const reader = new Reader(plain);
  const head = {
    joinerSecret: reader.bytes(SECRET_BYTES),
    pathSecret: reader.bytes(SECRET_BYTES),
    groupId: reader.bytes(SECRET_BYTES),
    epoch: reader.uint48(),
    confirmedTranscriptHash: reader.bytes(SECRET_BYTES),
    confirmationTag: reader.bytes(SECRET_BYTES),
    committer: reader.uint16(),
    signature: reader.bytes(SIGNATURE_BYTES),
  };
  const tree = readTree(reader);
  plain.fill(0);
  return tree !== undefined && reader.finished ? { ...head, tree } : undefined;
}

export type WelcomeProblem =
  'not for us' | 'bad signature' | 'bad tree' | 'path does not fit' | 'not confirmed';

/** The epoch that a welcome leads to, checked as one must who trusts nobody (section 12.4.3.1); or why it is refused. */
export function acceptWelcome(
  suite: CryptoSuite,
  own: KeyPackageSecrets,
  welcome: Uint8Array,
): EpochBody | WelcomeProblem {
  const opened = openWelcome(suite, own, welcome);
  if (opened === undefined) return 'not for us';
  const { tree, groupId, committer } = opened;
  const mine = own.package.leaf;
  const ownLeaf = leafOfAccount(tree, mine.account);
  if (ownLeaf < 0 || !sameBytes(leafAt(tree, ownLeaf)!.key, mine.key)) return 'not for us';
  const by = leafAt(tree, committer);
  if (by === undefined || committer === ownLeaf) return 'bad signature';
  const context = {
    groupId,
    epoch: opened.epoch,
    treeHash: treeHash(suite, tree),
    confirmedTranscriptHash: opened.confirmedTranscriptHash,
  };
  const digest = infoDigest(suite, context, opened.confirmationTag, committer);
  if (!isSignedBy(suite, digest, opened.signature, by.account)) return 'bad signature';
  const genuine = takenLeaves(tree).every((leaf) =>
    leafIsGenuine(suite, leafAt(tree, leaf)!, { groupId, leaf }),
  );
  if (!genuine || !parentHashesHold(suite, tree)) return 'bad tree';
  const path = filteredPath(tree, committer);
  const from = path.findIndex(({ copath }) => isWithin(2 * ownLeaf, copath));
  const privates = new Map([[2 * ownLeaf, own.leaf.slice()]]);
  const joined = joinPath(suite, tree, path.slice(from), opened.pathSecret, privates);
  if (joined === undefined) return 'path does not fit';
  joined.commitSecret.fill(0);
  const encoded = encodeContext(context);
  const secrets = epochSecrets(suite, opened.joinerSecret, NO_PRE_SHARED_KEY, encoded);
  opened.joinerSecret.fill(0);
  const confirmed = opened.confirmedTranscriptHash;
  const tag = confirmationTag(suite, secrets.confirmationKey, confirmed);
  if (!sameBytes(tag, opened.confirmationTag)) return 'not confirmed';
  const place = { context, tree, ownLeaf, privates: joined.privates };
  return bodyOf(suite, place, secrets, interimTranscript(suite, confirmed, tag));
}
