/**
 * What one side of a double ratchet remembers, and how it is written to disk.
 *
 * The state is a value: a step makes a new one and leaves the old one as it was, so that a message which turns out to be forged costs nothing but
 * the attempt. Whoever replaces a state by its successor overwrites the keys that are gone (`wipe`).
 */
import { readUint16, readUint32, writeUint16, writeUint32 } from '../codec/bytes.ts';
import { KEY_BYTES } from './kdf.ts';

/** A key of a message that has not come yet. */
export interface SkippedKey {
  headerKey: Uint8Array;
  number: number;
  messageKey: Uint8Array;
}

/** Names as in Signal's specification, section 4.3. Keys are 32 bytes; undefined ones do not exist yet. */
export interface RatchetState {
  /** Secret of our ratchet key pair (DHs). */
  ownSecret: Uint8Array;
  /** Their ratchet public key (DHr). */
  theirKey: Uint8Array | undefined;
  rootKey: Uint8Array;
  sendChain: Uint8Array | undefined;
  receiveChain: Uint8Array | undefined;
  sendHeader: Uint8Array | undefined;
  receiveHeader: Uint8Array | undefined;
  nextSendHeader: Uint8Array;
  nextReceiveHeader: Uint8Array;
  /** Messages sent and received in the current chains, and sent in the one before. */
  sent: number;
  received: number;
  sentBefore: number;
  /** Oldest first. */
  skipped: readonly SkippedKey[];
}

const KEY_FIELDS = [
  'ownSecret',
  'theirKey',
  'rootKey',
  'sendChain',
  'receiveChain',
  'sendHeader',
  'receiveHeader',
  'nextSendHeader',
  'nextReceiveHeader',
] as const;
const REQUIRED = new Set(['ownSecret', 'rootKey', 'nextSendHeader', 'nextReceiveHeader']);

const HEAD_BYTES = 2 + 12 + 2;
const SKIPPED_BYTES = 2 * KEY_BYTES + 4;

/** The state as bytes: which keys there are, three counters, the number of skipped keys; then the keys. */
export function encodeRatchet(state: RatchetState): Uint8Array {
  const present = KEY_FIELDS.filter((field) => state[field] !== undefined);
  const out = new Uint8Array(
    HEAD_BYTES + present.length * KEY_BYTES + state.skipped.length * SKIPPED_BYTES,
  );
  let bits = 0;
  KEY_FIELDS.forEach((field, i) => {
    if (state[field] !== undefined) bits |= 1 << i;
  });
  writeUint16(out, 0, bits);
  writeUint32(out, 2, state.sent);
  writeUint32(out, 6, state.received);
  writeUint32(out, 10, state.sentBefore);
  writeUint16(out, 14, state.skipped.length);
  let at = HEAD_BYTES;
  for (const field of present) {
    out.set(state[field]!, at);
    at += KEY_BYTES;
  }
  for (const { headerKey, number, messageKey } of state.skipped) {
    out.set(headerKey, at);
    writeUint32(out, at + KEY_BYTES, number);
    out.set(messageKey, at + KEY_BYTES + 4);
    at += SKIPPED_BYTES;
  }
  return out;
}

/** The inverse; undefined for bytes that are no state. */
export function decodeRatchet(bytes: Uint8Array): RatchetState | undefined {
  if (bytes.length < HEAD_BYTES) return undefined;
  const bits = readUint16(bytes, 0);
  const skippedCount = readUint16(bytes, 14);
  const present = KEY_FIELDS.filter((_, i) => (bits & (1 << i)) !== 0);
  if (bits >>> KEY_FIELDS.length !== 0) return undefined;
  if (present.filter((field) => REQUIRED.has(field)).length !== REQUIRED.size) return undefined;
  if (bytes.length !== HEAD_BYTES + present.length * KEY_BYTES + skippedCount * SKIPPED_BYTES)
    return undefined;
  const keys: { [field: string]: Uint8Array } = {};
  let at = HEAD_BYTES;
  for (const field of present) {
    keys[field] = bytes.slice(at, at + KEY_BYTES);
    at += KEY_BYTES;
  }
  const skipped: SkippedKey[] = [];
  for (let i = 0; i < skippedCount; i++) {
    skipped.push({
      headerKey: bytes.slice(at, at + KEY_BYTES),
      number: readUint32(bytes, at + KEY_BYTES),
      messageKey: bytes.slice(at + KEY_BYTES + 4, at + SKIPPED_BYTES),
    });
    at += SKIPPED_BYTES;
  }
  return {
    ownSecret: keys['ownSecret']!,
    theirKey: keys['theirKey'],
    rootKey: keys['rootKey']!,
    sendChain: keys['sendChain'],
    receiveChain: keys['receiveChain'],
    sendHeader: keys['sendHeader'],
    receiveHeader: keys['receiveHeader'],
    nextSendHeader: keys['nextSendHeader']!,
    nextReceiveHeader: keys['nextReceiveHeader']!,
    sent: readUint32(bytes, 2),
    received: readUint32(bytes, 6),
    sentBefore: readUint32(bytes, 10),
    skipped,
  };
}

function keysOf(state: RatchetState): Uint8Array[] {
  return [
    ...KEY_FIELDS.flatMap((field) => state[field] ?? []),
    ...state.skipped.flatMap((key) => [key.headerKey, key.messageKey]),
  ];
}

/** Overwrites the keys of `old` that `successor` does not hold any more. */
export function wipe(old: RatchetState, successor?: RatchetState): void {
  const kept = new Set(successor === undefined ? [] : keysOf(successor));
  for (const key of keysOf(old)) if (!kept.has(key)) key.fill(0);
}
