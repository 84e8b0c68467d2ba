/**
 * The double ratchet with encrypted headers, after Signal's published specification (The Double Ratchet Algorithm, revision 1, section 4).
 *
 * Every message has a key of its own that is gone once it is used; every answer brings a new agreement into the root key, so that whoever has learnt a
 * whole state loses the thread with the next round trip. Headers (ratchet key and numbers) are sealed too: on the wire a message
 * is bytes of which nothing repeats.
 *
 * | offset | bytes | field |
 * |---|---|---|
 * | 0 | 12 | nonce of the header, drawn anew |
 * | 12 | 56 | sealed header: ratchet public key 32, messages of the chain before 4, number 4; tag 16 |
 * | 68 | n + 16 | sealed text |
 *
 * Pure functions of a state (`ratchet-state.ts`): randomness comes in as `fresh`. A key seals one message, so its nonce is zero.
 */
import { readUint32, writeUint32 } from '../codec/bytes.ts';
import { AEAD_NONCE_BYTES, AEAD_TAG_BYTES, type CryptoSuite } from '../crypto/port.ts';
import { deriveKeys, KEY_BYTES } from './kdf.ts';
import type { RatchetState, SkippedKey } from './ratchet-state.ts';

const HEADER_PLAIN_BYTES = KEY_BYTES + 8;
const AT_SEALED_HEADER = AEAD_NONCE_BYTES;
const SEALED_HEADER_BYTES = HEADER_PLAIN_BYTES + AEAD_TAG_BYTES;
const AT_TEXT = AT_SEALED_HEADER + SEALED_HEADER_BYTES;
/** What sealing adds to a text. */
export const RATCHET_OVERHEAD_BYTES = AT_TEXT + AEAD_TAG_BYTES;

/** Messages of one chain that may be missing before a later one is opened. */
export const SKIP_MAX = 256;
/** Keys kept for messages that have not come; the oldest is dropped. */
export const SKIPPED_KEYS_MAX = 1_024;

const ZERO_NONCE = new Uint8Array(AEAD_NONCE_BYTES);
const NO_SALT = new Uint8Array(0);
const NOTHING = new Uint8Array(0);

/** Fills an array with secret random bytes. */
export type Fresh = (out: Uint8Array) => void;

/** The three keys that both sides begin with. */
export interface StartKeys {
  root: Uint8Array;
  /** Header keys of the initiator's first chain and of the responder's. */
  initiatorHeader: Uint8Array;
  responderHeader: Uint8Array;
}

/** The side that opened the session: it knows the other's first ratchet key, and may send at once. */
export function startInitiator(
  suite: CryptoSuite,
  keys: StartKeys,
  theirKey: Uint8Array,
  fresh: Fresh,
): RatchetState | undefined {
  const ownSecret = new Uint8Array(KEY_BYTES);
  fresh(ownSecret);
  const stepped = rootStep(suite, keys.root, ownSecret, theirKey);
  if (stepped === undefined) return undefined;
  return {
    ownSecret,
    // A copy: the state overwrites what it replaces.
    theirKey: theirKey.slice(),
    rootKey: stepped.root,
    sendChain: stepped.chain,
    receiveChain: undefined,
    sendHeader: keys.initiatorHeader,
    receiveHeader: undefined,
    nextSendHeader: stepped.header,
    nextReceiveHeader: keys.responderHeader,
    sent: 0,
    received: 0,
    sentBefore: 0,
    skipped: [],
  };
}

/** The other side: its first ratchet pair is the one that the initiator knew. It can send once it has received. */
export function startResponder(keys: StartKeys, ownSecret: Uint8Array): RatchetState {
  return {
    ownSecret: ownSecret.slice(),
    theirKey: undefined,
    rootKey: keys.root,
    sendChain: undefined,
    receiveChain: undefined,
    sendHeader: undefined,
    receiveHeader: undefined,
    nextSendHeader: keys.responderHeader,
    nextReceiveHeader: keys.initiatorHeader,
    sent: 0,
    received: 0,
    sentBefore: 0,
    skipped: [],
  };
}

export function canSend(state: RatchetState): boolean {
  return state.sendChain !== undefined;
}

/** Seals a text. @throws if the other side has not been heard yet (`canSend`): the caller's mistake. */
export function ratchetSeal(
  suite: CryptoSuite,
  state: RatchetState,
  text: Uint8Array,
  associated: Uint8Array,
  fresh: Fresh,
): { state: RatchetState; message: Uint8Array } {
  const { sendChain, sendHeader } = state;
  if (sendChain === undefined || sendHeader === undefined)
    throw new Error('nothing can be sent before something was received');
  const [chain, messageKey] = chainStep(suite, sendChain);
  const header = new Uint8Array(HEADER_PLAIN_BYTES);
  header.set(suite.agreementKey(state.ownSecret).publicKey);
  writeUint32(header, KEY_BYTES, state.sentBefore);
  writeUint32(header, KEY_BYTES + 4, state.sent);
  const message = new Uint8Array(RATCHET_OVERHEAD_BYTES + text.length);
  const nonce = new Uint8Array(AEAD_NONCE_BYTES);
  fresh(nonce);
  message.set(nonce);
  suite.seal(sendHeader, nonce, NOTHING, header, 0, header.length, message, AT_SEALED_HEADER);
  const bound = boundTo(associated, message);
  suite.seal(messageKey, ZERO_NONCE, bound, text, 0, text.length, message, AT_TEXT);
  messageKey.fill(0);
  return { state: { ...state, sendChain: chain, sent: state.sent + 1 }, message };
}

/** Opens a message; undefined for any that the other side has not sent, or that was opened before. The state given stays as it was. */
export function ratchetOpen(
  suite: CryptoSuite,
  state: RatchetState,
  message: Uint8Array,
  associated: Uint8Array,
  fresh: Fresh,
): { state: RatchetState; text: Uint8Array } | undefined {
  if (message.length < RATCHET_OVERHEAD_BYTES) return undefined;
  const bound = boundTo(associated, message);
  const old = openSkipped(suite, state, message, bound);
  if (old !== undefined) return old;
  let advanced: RatchetState;
  let header = state.receiveHeader && openHeader(suite, state.receiveHeader, message);
  if (header !== undefined) advanced = state;
  else {
    header = openHeader(suite, state.nextReceiveHeader, message);
    if (header === undefined) return undefined;
    const finished = skipTo(suite, state, header.sentBefore);
    const stepped = finished && turn(suite, finished, header.key, fresh);
    if (stepped === undefined) return undefined;
    advanced = stepped;
  }
  if (header.number < advanced.received) return undefined;
  const skipped = skipTo(suite, advanced, header.number);
  if (skipped?.receiveChain === undefined) return undefined;
  const [chain, messageKey] = chainStep(suite, skipped.receiveChain);
  const text = openText(suite, messageKey, bound, message);
  messageKey.fill(0);
  if (text === undefined) return undefined;
  return {
    state: { ...skipped, receiveChain: chain, received: skipped.received + 1 },
    text,
  };
}

interface Header {
  key: Uint8Array;
  sentBefore: number;
  number: number;
}

function openHeader(suite: CryptoSuite, key: Uint8Array, message: Uint8Array): Header | undefined {
  const plain = new Uint8Array(HEADER_PLAIN_BYTES);
  const nonce = message.slice(0, AEAD_NONCE_BYTES);
  const opened = suite.open(
    key,
    nonce,
    NOTHING,
    message,
    AT_SEALED_HEADER,
    SEALED_HEADER_BYTES,
    plain,
    0,
  );
  if (opened !== HEADER_PLAIN_BYTES) return undefined;
  return {
    key: plain.slice(0, KEY_BYTES),
    sentBefore: readUint32(plain, KEY_BYTES),
    number: readUint32(plain, KEY_BYTES + 4),
  };
}

function openText(
  suite: CryptoSuite,
  key: Uint8Array,
  bound: Uint8Array,
  message: Uint8Array,
): Uint8Array | undefined {
  const text = new Uint8Array(message.length - RATCHET_OVERHEAD_BYTES);
  const sealed = message.length - AT_TEXT;
  return suite.open(key, ZERO_NONCE, bound, message, AT_TEXT, sealed, text, 0) === text.length
    ? text
    : undefined;
}

/** Tries the keys of messages that were missing. */
function openSkipped(
  suite: CryptoSuite,
  state: RatchetState,
  message: Uint8Array,
  bound: Uint8Array,
): { state: RatchetState; text: Uint8Array } | undefined {
  let headerKey: Uint8Array | undefined;
  let header: Header | undefined;
  for (const candidate of state.skipped) {
    // Keys of one chain share their header key, and stand together.
    if (candidate.headerKey !== headerKey) {
      headerKey = candidate.headerKey;
      header = openHeader(suite, headerKey, message);
    }
    if (header?.number !== candidate.number) continue;
    const text = openText(suite, candidate.messageKey, bound, message);
    if (text === undefined) return undefined;
    return {
      state: { ...state, skipped: state.skipped.filter((key) => key !== candidate) },
      text,
    };
  }
  return undefined;
}

/** Keeps the keys of the receiving chain up to message `until`; undefined if too many are missing. */
function skipTo(suite: CryptoSuite, state: RatchetState, until: number): RatchetState | undefined {
  if (until > state.received + SKIP_MAX) return undefined;
  if (state.receiveChain === undefined || state.receiveHeader === undefined) return state;
  let chain = state.receiveChain;
  const skipped: SkippedKey[] = [...state.skipped];
  let received = state.received;
  for (; received < until; received++) {
    const [next, messageKey] = chainStep(suite, chain);
    skipped.push({ headerKey: state.receiveHeader, number: received, messageKey });
    chain = next;
  }
  return {
    ...state,
    receiveChain: chain,
    received,
    skipped: skipped.slice(Math.max(0, skipped.length - SKIPPED_KEYS_MAX)),
  };
}

/** The ratchet's turn: their new key makes the receiving chain, a new key of ours the sending one. */
function turn(
  suite: CryptoSuite,
  state: RatchetState,
  theirKey: Uint8Array,
  fresh: Fresh,
): RatchetState | undefined {
  const receiving = rootStep(suite, state.rootKey, state.ownSecret, theirKey);
  if (receiving === undefined) return undefined;
  const ownSecret = new Uint8Array(KEY_BYTES);
  fresh(ownSecret);
  const sending = rootStep(suite, receiving.root, ownSecret, theirKey);
  if (sending === undefined) return undefined;
  return {
    ownSecret,
    theirKey,
    rootKey: sending.root,
    sendChain: sending.chain,
    receiveChain: receiving.chain,
    sendHeader: state.nextSendHeader,
    receiveHeader: state.nextReceiveHeader,
    nextSendHeader: sending.header,
    nextReceiveHeader: receiving.header,
    sent: 0,
    received: 0,
    sentBefore: state.sent,
    skipped: state.skipped,
  };
}

/** KDF_RK_HE; undefined for a key of low order, with which everybody would agree on the same. */
function rootStep(
  suite: CryptoSuite,
  root: Uint8Array,
  ownSecret: Uint8Array,
  theirKey: Uint8Array,
): { root: Uint8Array; chain: Uint8Array; header: Uint8Array } | undefined {
  const shared = new Uint8Array(KEY_BYTES);
  const own = suite.agreementKey(ownSecret);
  const agreed = suite.agree(own, theirKey, 0, shared);
  suite.forget(own);
  if (!agreed) return undefined;
  const [next, chain, header] = deriveKeys(suite, 'root', shared, root, 3);
  shared.fill(0);
  return { root: next!, chain: chain!, header: header! };
}

/** KDF_CK: the next chain key and the key of one message. */
function chainStep(suite: CryptoSuite, chain: Uint8Array): [Uint8Array, Uint8Array] {
  const [next, messageKey] = deriveKeys(suite, 'chain', chain, NO_SALT, 2);
  return [next!, messageKey!];
}

/** What the text is bound to: the caller's bytes and the sealed header. */
function boundTo(associated: Uint8Array, message: Uint8Array): Uint8Array {
  const bound = new Uint8Array(associated.length + AT_TEXT);
  bound.set(associated);
  bound.set(message.subarray(0, AT_TEXT), associated.length);
  return bound;
}
