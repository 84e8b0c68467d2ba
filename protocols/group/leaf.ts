/**
 * Members as the tree knows them, and the package by which somebody may be added while they are away (RFC 9420, sections 7.2 and 10).
 *
 * A member is a chain account with an overlay nonce: together they give the overlay address, so a leaf cannot claim somebody else's place in the
 * network. The account signs, as it signs node records: the crypto port has no Ed25519, and a chain account is what a person is known by here.
 * A leaf, 182 bytes:
 *
 * | offset | bytes | field |
 * |---|---|---|
 * | 0 | 1 | source: 1 key package, 3 commit |
 * | 1 | 32 | X25519 key of the leaf |
 * | 33 | 20 | account |
 * | 53 | 32 | nonce of the overlay address |
 * | 85 | 32 | parent hash, zero where there is none |
 * | 117 | 65 | signature over all before it; from a commit also over group and place |
 *
 * A key package, 280 bytes:
 *
 * | offset | bytes | field |
 * |---|---|---|
 * | 0 | 1 | version 1 |
 * | 1 | 32 | X25519 key to which the welcome is sealed |
 * | 33 | 182 | leaf, source 1 |
 * | 215 | 65 | signature over all before it |
 */
import { isZero } from '../codec/bytes.ts';
import { isLowOrder } from '../crypto/low-order.ts';
import { X25519_KEY_BYTES, type CryptoSuite } from '../crypto/port.ts';
import { ACCOUNT_BYTES, accountFromPublicKey, NONCE_BYTES } from '../identity/address.ts';
import { SECRET_BYTES, signedDigest } from './kdf.ts';
import { concat, EMPTY, uint32, uint8, vector } from './presentation.ts';
import { Reader } from './reader.ts';

export const SIGNATURE_BYTES = 65;
export const LEAF_BYTES =
  1 + X25519_KEY_BYTES + ACCOUNT_BYTES + NONCE_BYTES + SECRET_BYTES + SIGNATURE_BYTES;
export const KEY_PACKAGE_BYTES = 1 + X25519_KEY_BYTES + LEAF_BYTES + SIGNATURE_BYTES;

const SOURCE_KEY_PACKAGE = 1;
const SOURCE_COMMIT = 3;
const PACKAGE_VERSION = 1;

/** Fills an array with secret random bytes. */
export type Fresh = (out: Uint8Array) => void;

/** Who somebody is to a group. */
export interface Member {
  /** 20 bytes. */
  account: Uint8Array;
  /** Nonce of the overlay address, 32 bytes. */
  nonce: Uint8Array;
}

/** Who we are to our groups. */
export interface GroupSelf extends Member {
  /** secp256k1, 32 bytes. */
  accountSecret: Uint8Array;
}

export interface Leaf extends Member {
  /** X25519, 32 bytes. */
  key: Uint8Array;
  /** Whether its owner made it in a commit of this group. */
  committed: boolean;
  /** 32 bytes, or none. */
  parentHash: Uint8Array;
  signature: Uint8Array;
}

export interface KeyPackage {
  initKey: Uint8Array;
  leaf: Leaf;
  /** As it came: its hash is its name. */
  bytes: Uint8Array;
}

/** The secrets of a key package: to be kept until nobody will send a welcome to it any more. */
export interface KeyPackageSecrets {
  init: Uint8Array;
  leaf: Uint8Array;
  package: KeyPackage;
}

/** Where a leaf from a commit stands. */
export interface Place {
  groupId: Uint8Array;
  leaf: number;
}

export function encodeLeaf(leaf: Leaf): Uint8Array {
  return concat(
    uint8(leaf.committed ? SOURCE_COMMIT : SOURCE_KEY_PACKAGE),
    leaf.key,
    leaf.account,
    leaf.nonce,
    leaf.parentHash.length === 0 ? new Uint8Array(SECRET_BYTES) : leaf.parentHash,
    leaf.signature,
  );
}

export function readLeaf(reader: Reader): Leaf {
  const source = reader.uint8();
  const key = reader.bytes(X25519_KEY_BYTES);
  const account = reader.bytes(ACCOUNT_BYTES);
  const nonce = reader.bytes(NONCE_BYTES);
  const hash = reader.bytes(SECRET_BYTES);
  const signature = reader.bytes(SIGNATURE_BYTES);
  const none = isZero(hash, 0, hash.length);
  if (source !== SOURCE_KEY_PACKAGE && source !== SOURCE_COMMIT) reader.fail();
  if (source === SOURCE_KEY_PACKAGE && !none) reader.fail();
  return {
    key,
    account,
    nonce,
    committed: source === SOURCE_COMMIT,
    parentHash: none ? EMPTY : hash,
    signature,
  };
}

function leafDigest(suite: CryptoSuite, leaf: Leaf, place: Place): Uint8Array {
  const content = encodeLeaf(leaf).subarray(0, LEAF_BYTES - SIGNATURE_BYTES);
  const where = leaf.committed ? concat(vector(place.groupId), uint32(place.leaf)) : EMPTY;
  return signedDigest(suite, 'LeafNodeTBS', concat(content, where));
}

/** Our leaf with a new key, as a commit puts it at `place`. */
export function committedLeaf(
  suite: CryptoSuite,
  self: GroupSelf,
  key: Uint8Array,
  parentHash: Uint8Array,
  place: Place,
): Leaf {
  const leaf: Leaf = {
    key,
    account: self.account,
    nonce: self.nonce,
    committed: true,
    parentHash,
    signature: EMPTY,
  };
  const unsigned = { ...leaf, signature: new Uint8Array(SIGNATURE_BYTES) };
  const digest = leafDigest(suite, unsigned, place);
  return { ...leaf, signature: suite.accountSign(digest, self.accountSecret) };
}

/** Whether the owner of its account has signed the leaf (for this place, if it says that it was committed), and its key is one. */
export function leafIsGenuine(suite: CryptoSuite, leaf: Leaf, place: Place): boolean {
  if (isLowOrder(leaf.key, 0)) return false;
  return isSignedBy(suite, leafDigest(suite, leaf, place), leaf.signature, leaf.account);
}

/** Whether `account` has signed `digest`. */
export function isSignedBy(
  suite: CryptoSuite,
  digest: Uint8Array,
  signature: Uint8Array,
  account: Uint8Array,
): boolean {
  const signer = suite.accountRecover(digest, signature);
  return signer !== undefined && sameBytes(accountFromPublicKey(suite, signer), account);
}

/** A package with which others may add us to one group. Draws 64 bytes. */
export function makeKeyPackage(
  suite: CryptoSuite,
  self: GroupSelf,
  fresh: Fresh,
): KeyPackageSecrets {
  const [init, secret] = [new Uint8Array(X25519_KEY_BYTES), new Uint8Array(X25519_KEY_BYTES)];
  fresh(init);
  fresh(secret);
  const unsigned: Leaf = {
    key: publicKeyOf(suite, secret),
    account: self.account,
    nonce: self.nonce,
    committed: false,
    parentHash: EMPTY,
    signature: new Uint8Array(SIGNATURE_BYTES),
  };
  const digest = leafDigest(suite, unsigned, { groupId: EMPTY, leaf: 0 });
  const leaf = { ...unsigned, signature: suite.accountSign(digest, self.accountSecret) };
  const initKey = publicKeyOf(suite, init);
  const content = concat(uint8(PACKAGE_VERSION), initKey, encodeLeaf(leaf));
  const signed = suite.accountSign(
    signedDigest(suite, 'KeyPackageTBS', content),
    self.accountSecret,
  );
  return { init, leaf: secret, package: { initKey, leaf, bytes: concat(content, signed) } };
}

/** Reads a key package; undefined for bytes that are none. Signatures are checked by `keyPackageIsGenuine`. */
export function decodeKeyPackage(bytes: Uint8Array): KeyPackage | undefined {
  const reader = new Reader(bytes);
  if (reader.uint8() !== PACKAGE_VERSION) reader.fail();
  const initKey = reader.bytes(X25519_KEY_BYTES);
  const leaf = readLeaf(reader);
  reader.bytes(SIGNATURE_BYTES);
  if (!reader.finished || leaf.committed) return undefined;
  return { initKey, leaf, bytes: bytes.slice() };
}

/** Whether the owner of the account in it has made the package. Two signatures are checked. */
export function keyPackageIsGenuine(suite: CryptoSuite, one: KeyPackage): boolean {
  if (isLowOrder(one.initKey, 0) || sameBytes(one.initKey, one.leaf.key)) return false;
  const at = KEY_PACKAGE_BYTES - SIGNATURE_BYTES;
  const digest = signedDigest(suite, 'KeyPackageTBS', one.bytes.subarray(0, at));
  return (
    isSignedBy(suite, digest, one.bytes.subarray(at), one.leaf.account) &&
    leafIsGenuine(suite, one.leaf, { groupId: EMPTY, leaf: 0 })
  );
}

/** The public key of an X25519 secret. */
export function publicKeyOf(suite: CryptoSuite, secret: Uint8Array): Uint8Array {
  const key = suite.agreementKey(secret);
  suite.forget(key);
  return key.publicKey;
}

/** Public bytes compared; not for secrets. */
export function sameBytes(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && a.every((byte, i) => byte === b[i]);
}
