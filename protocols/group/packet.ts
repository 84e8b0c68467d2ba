/**
 * What a group sends: one packet, sealed once, for all members. Whether it carries somebody's words, a proposal or a commit is not to be seen.
 *
 * | offset | bytes | field |
 * |---|---|---|
 * | 0 | 8 | tag, by which members find the group (`tags.ts`) |
 * | 8 | 13 + 16 | sealed: sender's leaf 4, kind 1, generation 4, reuse guard 4 |
 * | 37 | 65 + 32 + n + 16 | sealed: signature, confirmation tag (commits only, absent otherwise), body |
 *
 * The keys are RFC 9420's (section 6.3): the second part's come from the sender's ratchet, with four random bytes mixed into the nonce in case that
 * a disk was set back; the first part's from the epoch and the beginning of the second. Different from the RFC: the tag stands where group and epoch would stand
 * in clear, the kind is sealed, and the signature also covers the generation. All members have all ratchets, so without that any of them
 * could seal somebody's signed words once more under a later number.
 */
import { readUint32 } from '../codec/bytes.ts';
import {
  AEAD_KEY_BYTES,
  AEAD_NONCE_BYTES,
  AEAD_TAG_BYTES,
  type CryptoSuite,
} from '../crypto/port.ts';
import { expandWithLabel, SECRET_BYTES, signedDigest } from './kdf.ts';
import { SIGNATURE_BYTES, type Fresh } from './leaf.ts';
import { concat, EMPTY, uint32, uint8, vector } from './presentation.ts';
import type { MessageKey, Stream } from './secret-tree.ts';

export const KIND_APPLICATION = 1;
export const KIND_PROPOSAL = 2;
export const KIND_COMMIT = 3;
export type Kind = 1 | 2 | 3;

export const GROUP_TAG_BYTES = 8;
const GUARD_BYTES = 4;
const SENDER_BYTES = 4 + 1 + 4 + GUARD_BYTES;
const AT_CONTENT = GROUP_TAG_BYTES + SENDER_BYTES + AEAD_TAG_BYTES;
/** What sealing adds to a body; a commit has 32 bytes more. */
export const PACKET_OVERHEAD_BYTES = AT_CONTENT + SIGNATURE_BYTES + AEAD_TAG_BYTES;
/** Longer packets are refused unread: no commit of a group of the largest size is longer. */
export const PACKET_BYTES_MAX = 1 << 20;

/** Who has sent a packet, and which of theirs it is. */
export interface Sender {
  leaf: number;
  kind: Kind;
  generation: number;
}

/** What the signature of a packet covers: `FramedContentTBS`. */
export interface Content extends Sender {
  body: Uint8Array;
}

/** A packet whose first part is opened. */
export interface OpenedSender extends Sender {
  guard: Uint8Array;
}

export function streamOf(kind: Kind): Stream {
  return kind === KIND_APPLICATION ? 'application' : 'handshake';
}

/** `sender_data_key` and nonce (section 6.3.2), from the first bytes of the ciphertext at `bytes[at]`. */
export function senderDataKey(
  suite: CryptoSuite,
  senderDataSecret: Uint8Array,
  bytes: Uint8Array,
  at: number,
): { key: Uint8Array; nonce: Uint8Array } {
  const sample = bytes.slice(at, at + SECRET_BYTES);
  return {
    key: expandWithLabel(suite, senderDataSecret, 'key', sample, AEAD_KEY_BYTES),
    nonce: expandWithLabel(suite, senderDataSecret, 'nonce', sample, AEAD_NONCE_BYTES),
  };
}

/** The signed bytes of a content; `context` is the encoded group context of the epoch. */
export function signedContent(content: Content, context: Uint8Array): Uint8Array {
  return concat(
    uint8(content.kind),
    context,
    uint32(content.leaf),
    uint32(content.generation),
    vector(content.body),
  );
}

export function contentDigest(
  suite: CryptoSuite,
  content: Content,
  context: Uint8Array,
): Uint8Array {
  return signedDigest(suite, 'FramedContentTBS', signedContent(content, context));
}

/** Seals a signed content. Draws four bytes. */
export function sealPacket(
  suite: CryptoSuite,
  senderDataSecret: Uint8Array,
  messageKey: MessageKey,
  tag: Uint8Array,
  content: Content,
  signature: Uint8Array,
  confirmationTag: Uint8Array,
  fresh: Fresh,
): Uint8Array {
  const guard = new Uint8Array(GUARD_BYTES);
  fresh(guard);
  const plain = concat(signature, confirmationTag, content.body);
  const packet = new Uint8Array(AT_CONTENT + plain.length + AEAD_TAG_BYTES);
  packet.set(tag);
  const nonce = guarded(messageKey.nonce, guard);
  const { key } = messageKey;
  suite.seal(key, nonce, boundTo(tag, content), plain, 0, plain.length, packet, AT_CONTENT);
  const sender = concat(
    uint32(content.leaf),
    uint8(content.kind),
    uint32(content.generation),
    guard,
  );
  const outer = senderDataKey(suite, senderDataSecret, packet, AT_CONTENT);
  suite.seal(outer.key, outer.nonce, tag, sender, 0, SENDER_BYTES, packet, GROUP_TAG_BYTES);
  return packet;
}

/** Opens the first part of a packet with the secret of an epoch; undefined if it is of another epoch, of another group or nothing at all. */
export function openSender(
  suite: CryptoSuite,
  senderDataSecret: Uint8Array,
  packet: Uint8Array,
): OpenedSender | undefined {
  if (packet.length < PACKET_OVERHEAD_BYTES || packet.length > PACKET_BYTES_MAX) return undefined;
  const { key, nonce } = senderDataKey(suite, senderDataSecret, packet, AT_CONTENT);
  const plain = new Uint8Array(SENDER_BYTES);
  const tag = packet.slice(0, GROUP_TAG_BYTES);
  const length = SENDER_BYTES + AEAD_TAG_BYTES;
  if (suite.open(key, nonce, tag, packet, GROUP_TAG_BYTES, length, plain, 0) < 0) return undefined;
  const kind = plain[4]!;
  if (kind !== KIND_APPLICATION && kind !== KIND_PROPOSAL && kind !== KIND_COMMIT) return undefined;
  return {
    leaf: readUint32(plain, 0),
    kind,
    generation: readUint32(plain, 5),
    guard: plain.slice(9),
  };
}

/** Opens the second part; undefined if it was altered. The signature is not checked here. */
export function openContent(
  suite: CryptoSuite,
  messageKey: MessageKey,
  sender: OpenedSender,
  packet: Uint8Array,
): { signature: Uint8Array; confirmationTag: Uint8Array; body: Uint8Array } | undefined {
  const sealed = packet.length - AT_CONTENT;
  const plain = new Uint8Array(sealed - AEAD_TAG_BYTES);
  const nonce = guarded(messageKey.nonce, sender.guard);
  const bound = boundTo(packet.slice(0, GROUP_TAG_BYTES), sender);
  if (suite.open(messageKey.key, nonce, bound, packet, AT_CONTENT, sealed, plain, 0) < 0)
    return undefined;
  const at = SIGNATURE_BYTES + (sender.kind === KIND_COMMIT ? SECRET_BYTES : 0);
  if (plain.length < at) return undefined;
  return {
    signature: plain.slice(0, SIGNATURE_BYTES),
    confirmationTag: sender.kind === KIND_COMMIT ? plain.slice(SIGNATURE_BYTES, at) : EMPTY,
    body: plain.slice(at),
  };
}

/** What the content is bound to: the first part is bound to it by its key, which is made of its beginning. */
function boundTo(tag: Uint8Array, sender: Sender): Uint8Array {
  return concat(tag, uint32(sender.leaf), uint8(sender.kind), uint32(sender.generation));
}

function guarded(nonce: Uint8Array, guard: Uint8Array): Uint8Array {
  const mixed = nonce.slice();
  for (let i = 0; i < GUARD_BYTES; i++) mixed[i]! ^= guard[i]!;
  return mixed;
}
