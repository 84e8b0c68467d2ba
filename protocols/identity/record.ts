/**
 * The node record: how a node introduces itself, signed by its chain account.
 *
 * | offset | bytes | field |
 * |---|---|---|
 * | 0 | 1 | version 1 |
 * | 1 | 8 | network id |
 * | 9 | 32 | nonce of the overlay address |
 * | 41 | 32 | X25519 public key |
 * | 73 | 18 | endpoint at which it wants to be reached (all zero: none, reply where the datagram came from) |
 * | 91 | 6 | sequence number: of two records of one account the higher counts |
 * | 97 | 65 | signature r ‖ s ‖ v over keccak256(label ‖ everything before) |
 *
 * The account is not carried: it is recovered from the signature, so a record cannot name one account and be signed by another. With nonce and
 * network id it gives the overlay address. Big-endian. Decoding is total.
 */
import { utf8ToBytes } from '@noble/hashes/utils.js';
import { readUint48, writeUint48 } from '../codec/bytes.ts';
import { rangeFits } from '../crypto/bytes.ts';
import { X25519_KEY_BYTES, type CryptoSuite } from '../crypto/port.ts';
import { accountFromPublicKey, NONCE_BYTES, overlayAddress } from './address.ts';
import { ENDPOINT_BYTES } from './peer-book.ts';
import { Remembered } from './remembered.ts';

const VERSION = 1;
const AT_NETWORK = 1;
const AT_NONCE = 9;
const AT_KEY = AT_NONCE + NONCE_BYTES;
const AT_ENDPOINT = AT_KEY + X25519_KEY_BYTES;
const AT_SEQUENCE = AT_ENDPOINT + ENDPOINT_BYTES;
const AT_SIGNATURE = AT_SEQUENCE + 6;
const SIGNATURE_BYTES = 65;
export const RECORD_BYTES = AT_SIGNATURE + SIGNATURE_BYTES;

const LABEL = utf8ToBytes('mainframe node record 1');

/** What a record says, once its signature has been checked. */
export interface NodeRecord {
  networkId: bigint;
  /** 20 bytes. */
  account: Uint8Array;
  /** Overlay address, 32 bytes. */
  address: Uint8Array;
  /** X25519, 32 bytes. */
  publicKey: Uint8Array;
  /** 18 bytes. */
  endpoint: Uint8Array;
  sequence: number;
}

function digestOf(suite: CryptoSuite, record: Uint8Array): Uint8Array {
  const signed = new Uint8Array(LABEL.length + AT_SIGNATURE);
  signed.set(LABEL);
  signed.set(record.subarray(0, AT_SIGNATURE), LABEL.length);
  return suite.keccak256(signed);
}

/** The record of the owner of `accountSecret` (32 bytes). `sequence` is an integer in [0, 2^48). */
export function signRecord(
  suite: CryptoSuite,
  accountSecret: Uint8Array,
  parts: {
    networkId: bigint;
    nonce: Uint8Array;
    publicKey: Uint8Array;
    endpoint: Uint8Array;
    sequence: number;
  },
): Uint8Array {
  const record = new Uint8Array(RECORD_BYTES);
  record[0] = VERSION;
  new DataView(record.buffer).setBigUint64(AT_NETWORK, parts.networkId);
  record.set(parts.nonce, AT_NONCE);
  record.set(parts.publicKey, AT_KEY);
  record.set(parts.endpoint, AT_ENDPOINT);
  writeUint48(record, AT_SEQUENCE, parts.sequence);
  record.set(suite.accountSign(digestOf(suite, record), accountSecret), AT_SIGNATURE);
  return record;
}

/** Reads and checks the record at `bytes[offset..+RECORD_BYTES)`; undefined for anything that nobody signed. */
export function verifyRecord(
  suite: CryptoSuite,
  bytes: Uint8Array,
  offset: number,
): NodeRecord | undefined {
  if (!rangeFits(bytes, offset, RECORD_BYTES) || bytes[offset] !== VERSION) return undefined;
  const record = bytes.slice(offset, offset + RECORD_BYTES);
  const signer = suite.accountRecover(digestOf(suite, record), record.subarray(AT_SIGNATURE));
  if (signer === undefined) return undefined;
  const account = accountFromPublicKey(suite, signer);
  const networkId = new DataView(record.buffer).getBigUint64(AT_NETWORK);
  const nonce = record.subarray(AT_NONCE, AT_NONCE + NONCE_BYTES);
  return {
    networkId,
    account,
    address: overlayAddress(suite, account, networkId, nonce),
    publicKey: record.slice(AT_KEY, AT_KEY + X25519_KEY_BYTES),
    endpoint: record.slice(AT_ENDPOINT, AT_ENDPOINT + ENDPOINT_BYTES),
    sequence: readUint48(record, AT_SEQUENCE),
  };
}

/** Records checked before, so that meeting a node again costs no signature. */
export class RecordVerifier {
  readonly #known: Remembered<NodeRecord>;

  /** @param capacity records remembered, the oldest is forgotten first. */
  constructor(suite: CryptoSuite, capacity = 1_024) {
    this.#known = new Remembered((bytes) => verifyRecord(suite, bytes, 0), capacity);
  }

  /** `verifyRecord`, remembered. */
  verify(bytes: Uint8Array, offset: number): NodeRecord | undefined {
    if (!rangeFits(bytes, offset, RECORD_BYTES)) return undefined;
    return this.#known.verify(bytes, offset, RECORD_BYTES);
  }
}
