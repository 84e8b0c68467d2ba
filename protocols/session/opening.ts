/**
 * How a session begins: one message of Noise X (sender known and authenticated, nothing shown) to the recipient's key, from which both sides derive
 * what the ratchet starts with. The recipient's key is its first ratchet key, so the first text travels with the opening.
 *
 * | offset | bytes | field |
 * |---|---|---|
 * | 0 | 32 | ephemeral key |
 * | 32 | 48 | sender's X25519 key, sealed |
 * | 80 | 32 + 16 | sender's overlay address, sealed |
 *
 * What this gives and what not: whoever steals the recipient's key later can read what was sent before the recipient's first answer (there is nothing
 * fresh of the recipient's in it), and, knowing that key, can pretend to be others to the recipient. Both end with the first answer.
 * The opening is bound to both addresses by Noise's prologue, so it cannot be turned towards somebody else.
 */
import { utf8ToBytes } from '@noble/hashes/utils.js';
import { AEAD_TAG_BYTES, type AgreementKey, type CryptoSuite } from '../crypto/port.ts';
import { ADDRESS_BYTES } from '../identity/proximity.ts';
import { Handshake } from '../noise/handshake.ts';
import { deriveKeys, KEY_BYTES } from './kdf.ts';
import type { Fresh, StartKeys } from './ratchet.ts';

const LABEL = utf8ToBytes('mainframe session 1');
export const OPENING_BYTES =
  KEY_BYTES + KEY_BYTES + AEAD_TAG_BYTES + ADDRESS_BYTES + AEAD_TAG_BYTES;

/** What both sides have after an opening. */
export interface SessionStart extends StartKeys {
  /** Keys of the tags that the initiator and the responder put on their messages. */
  initiatorTag: Uint8Array;
  responderTag: Uint8Array;
}

/** Somebody as sessions know them: address (32 bytes) and X25519 key (32 bytes). */
export interface Party {
  address: Uint8Array;
  publicKey: Uint8Array;
}

/** Opens a session with `them`. */
export function makeOpening(
  suite: CryptoSuite,
  own: { address: Uint8Array; key: AgreementKey },
  them: Party,
  fresh: Fresh,
): { opening: Uint8Array; start: SessionStart } {
  const secret = new Uint8Array(KEY_BYTES);
  fresh(secret);
  const ephemeral = suite.agreementKey(secret);
  secret.fill(0);
  const handshake = new Handshake(suite, {
    pattern: 'X',
    initiator: true,
    prologue: prologueTo(them.address),
    staticKey: own.key,
    ephemeral,
    remoteStatic: them.publicKey,
  });
  const opening = new Uint8Array(OPENING_BYTES);
  handshake.write(own.address, 0, ADDRESS_BYTES, opening, 0);
  return { opening, start: startOf(suite, handshake, true) };
}

/** Reads an opening at `bytes[0..OPENING_BYTES)`; undefined if it is none, or not for us. */
export function readOpening(
  suite: CryptoSuite,
  own: { address: Uint8Array; key: AgreementKey },
  bytes: Uint8Array,
): { from: Party; start: SessionStart } | undefined {
  if (bytes.length < OPENING_BYTES) return undefined;
  const handshake = new Handshake(suite, {
    pattern: 'X',
    initiator: false,
    prologue: prologueTo(own.address),
    staticKey: own.key,
  });
  const address = new Uint8Array(ADDRESS_BYTES);
  if (handshake.read(bytes, 0, OPENING_BYTES, address, 0) !== ADDRESS_BYTES) return undefined;
  return {
    from: { address, publicKey: handshake.remoteStatic! },
    start: startOf(suite, handshake, false),
  };
}

function startOf(suite: CryptoSuite, handshake: Handshake, initiator: boolean): SessionStart {
  const { send, receive } = handshake.split();
  const [first, second] = initiator ? [send, receive] : [receive, send];
  const [root, initiatorHeader, responderHeader, initiatorTag, responderTag] = deriveKeys(
    suite,
    'start',
    first.key,
    second.key,
    5,
  );
  send.forget();
  receive.forget();
  return {
    root: root!,
    initiatorHeader: initiatorHeader!,
    responderHeader: responderHeader!,
    initiatorTag: initiatorTag!,
    responderTag: responderTag!,
  };
}

function prologueTo(address: Uint8Array): Uint8Array {
  const prologue = new Uint8Array(LABEL.length + ADDRESS_BYTES);
  prologue.set(LABEL);
  prologue.set(address, LABEL.length);
  return prologue;
}
