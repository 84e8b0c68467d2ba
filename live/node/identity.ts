/**
 * Who a live node is: an account (secp256k1), kept encrypted, from which its encryption key is derived; and its contact card.
 *
 * The X25519 secret is derived from the account's and a number, so that one file is all there is to back up, and the next number is a
 * new key. A contact card is the signed node record as text: who has it can check it, write to its owner and reach the node.
 */
import { randomBytes } from 'node:crypto';
import { bytesToHex, hexToBytes, utf8ToBytes } from '@noble/hashes/utils.js';
import type { AgreementKey, CryptoSuite } from '../../protocols/crypto/port.ts';
import { accountFromPublicKey, overlayAddress } from '../../protocols/identity/address.ts';
import { ENDPOINT_BYTES } from '../../protocols/identity/peer-book.ts';
import {
  RECORD_BYTES,
  signRecord,
  verifyRecord,
  type NodeRecord,
} from '../../protocols/identity/record.ts';
import { parseEndpoint } from '../host/endpoint-text.ts';
import type { NodeFacts } from './facts.ts';

const KEY_LABEL = utf8ToBytes('mainframe encryption key');
const CARD_PREFIX = 'mainframe:';

export interface Identity {
  accountSecret: Uint8Array;
  /** 20 bytes. */
  account: Uint8Array;
  /** Overlay address, 32 bytes. */
  address: Uint8Array;
  nonce: Uint8Array;
  /** X25519. */
  secret: Uint8Array;
  key: AgreementKey;
}

/** The identity of an account secret (32 bytes) with a nonce (32 bytes), its encryption key number `keyNumber`. */
export function identityOf(
  suite: CryptoSuite,
  accountSecret: Uint8Array,
  networkId: bigint,
  nonce: Uint8Array,
  keyNumber: number,
): Identity {
  const account = accountFromPublicKey(suite, suite.accountPublicKey(accountSecret));
  const secret = new Uint8Array(32);
  suite.hkdf(accountSecret, utf8ToBytes(String(keyNumber)), KEY_LABEL, secret);
  return {
    accountSecret,
    account,
    address: overlayAddress(suite, account, networkId, nonce),
    nonce,
    secret,
    key: suite.agreementKey(secret),
  };
}

/** A new account: its secret, 32 bytes. */
export function newAccount(suite: CryptoSuite): Uint8Array {
  for (;;) {
    const secret = Uint8Array.from(randomBytes(32));
    try {
      suite.accountPublicKey(secret);
      return secret;
    } catch {
      // Not every 32 bytes are a key (zero, or beyond the group's order): draw again.
    }
  }
}

/** A new identity of an account: a place of its own in the network. */
export function newIdentity(
  suite: CryptoSuite,
  accountSecret: Uint8Array,
  networkId: bigint,
): Identity {
  return identityOf(suite, accountSecret, networkId, Uint8Array.from(randomBytes(32)), 1);
}

/** The signed record of a node, with the endpoint it announces or none. */
export function recordOf(
  suite: CryptoSuite,
  identity: Identity,
  facts: Pick<NodeFacts, 'networkId' | 'sequence'>,
  endpoint: Uint8Array | undefined,
): Uint8Array {
  return signRecord(suite, identity.accountSecret, {
    networkId: BigInt(facts.networkId),
    nonce: identity.nonce,
    publicKey: identity.key.publicKey,
    endpoint: endpoint ?? new Uint8Array(ENDPOINT_BYTES),
    sequence: facts.sequence,
  });
}

/** A record as text. */
export function cardText(record: Uint8Array): string {
  return `${CARD_PREFIX}${Buffer.from(record).toString('base64url')}`;
}

/** What a card says, or why it says nothing. */
export function readCard(
  suite: CryptoSuite,
  text: string,
): { ok: true; record: NodeRecord } | { ok: false; why: string } {
  const trimmed = text.trim();
  if (!trimmed.startsWith(CARD_PREFIX))
    return { ok: false, why: `a contact card begins with "${CARD_PREFIX}"` };
  const bytes = Buffer.from(trimmed.slice(CARD_PREFIX.length), 'base64url');
  if (bytes.length !== RECORD_BYTES)
    return {
      ok: false,
      why: `a contact card has ${cardText(new Uint8Array(RECORD_BYTES)).length} characters, this one ${trimmed.length}; part of it is missing or doubled`,
    };
  const record = verifyRecord(suite, Uint8Array.from(bytes), 0);
  return record === undefined
    ? { ok: false, why: 'its signature is wrong; a character has changed' }
    : { ok: true, record };
}

/** The 18 bytes of "address:port", undefined for the empty text. @throws for anything else. */
export function announcedEndpoint(text: string): Uint8Array | undefined {
  if (text === '') return undefined;
  const endpoint = parseEndpoint(text);
  if (endpoint === undefined) throw new Error(`"${text}" is no address:port`);
  return endpoint;
}

export const toHex = bytesToHex;
export const fromHex = hexToBytes;
