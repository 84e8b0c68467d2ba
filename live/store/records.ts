/**
 * The records of a mailbox: what they hold, under which keys they are kept, and their fields as bytes (`record-codec.ts` has the frame).
 *
 * A key carries what a record is looked up by (whose it is, which number, which message), so it is not in the bytes again; keys sort as what they
 * stand for, so the inbox of one contact is a range and its order that of arrival.
 */
import { bytesToHex, hexToBytes } from '@noble/hashes/utils.js';
import { ENDPOINT_BYTES } from '../../protocols/identity/peer-book.ts';
import { ADDRESS_BYTES } from '../../protocols/identity/proximity.ts';
import {
  atMost,
  exactly,
  recordCodec,
  uint,
  uint16,
  uint48,
  UINT48_MAX,
  type RecordCodec,
} from './record-codec.ts';

export const PUBLIC_KEY_BYTES = 32;
export const MESSAGE_ID_BYTES = 16;
/** Longest name of a contact, in UTF-8. */
export const NAME_BYTES_MAX = 256;
export const ENDPOINTS_MAX = 16;
/** Longest text of a message: far above what one message of the network holds. */
export const TEXT_BYTES_MAX = 65_536;
/** Largest session state. */
export const SESSION_BYTES_MAX = 1 << 20;
const LUMINOSITY_BITS_MAX = 256;
const LUMINOSITY_NONE = 0xffff;
const ATTEMPTS_MAX = 0xffff;

/** Somebody the user knows. */
export interface ContactRecord {
  /** Overlay address, 32 bytes. */
  address: Uint8Array;
  name: string;
  /** X25519, 32 bytes. */
  publicKey: Uint8Array;
  /** 18 bytes each, at most 16. */
  endpoints: Uint8Array[];
  /** Bits of their address that messages show, 0..256; undefined while none was sent. */
  luminosityBits: number | undefined;
  /** Milliseconds since 1970, as all times here. */
  addedAtMs: number;
}

/** A conversation's secret state, opaque here. */
export interface SessionRecord {
  /** Whose, 32 bytes. */
  contact: Uint8Array;
  /** Grows with every change; 1..2^48-1. */
  version: number;
  bytes: Uint8Array;
}

/** In this order a message goes; the order is also that of the bytes on disk. */
export const OUTBOX_STATES = ['queued', 'sent', 'acknowledged', 'failed'] as const;
export type OutboxState = (typeof OUTBOX_STATES)[number];

/** A message of the user's. */
export interface OutboxRecord {
  /** To whom, 32 bytes. */
  contact: Uint8Array;
  /** 16 bytes. */
  id: Uint8Array;
  text: Uint8Array;
  createdAtMs: number;
  /** Times it was sent, at most 65,535 are told apart. */
  attempts: number;
  state: OutboxState;
}

/** A message to the user. */
export interface InboxRecord {
  /** From whom, 32 bytes. */
  contact: Uint8Array;
  /** Among those of the contact, from 1; grows, may have gaps. */
  sequence: number;
  text: Uint8Array;
  receivedAtMs: number;
  read: boolean;
}

/** A node of the network that was there. */
export interface PeerRecord {
  /** 32 bytes. */
  address: Uint8Array;
  /** 18 bytes. */
  endpoint: Uint8Array;
  lastSeenMs: number;
}

/** The key of somebody: their address in hex. @throws RangeError */
export function addressKey(address: Uint8Array): string {
  return bytesToHex(exactly(address, ADDRESS_BYTES, 'address'));
}

/** Digits of a number in a key, so that keys sort as numbers do. */
const SEQUENCE_DIGITS = 15;

/** Where an inbox entry stands among those of its contact. @throws RangeError */
export function inboxKey(contact: Uint8Array, sequence: number): string {
  uint(sequence, UINT48_MAX, 'sequence');
  return `${addressKey(contact)}/${String(sequence).padStart(SEQUENCE_DIGITS, '0')}`;
}

/** @throws RangeError */
export function outboxKey(contact: Uint8Array, id: Uint8Array): string {
  return `${addressKey(contact)}/${bytesToHex(exactly(id, MESSAGE_ID_BYTES, 'message id'))}`;
}

const ADDRESS_KEY = /^([0-9a-f]{64})$/;
const text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

function readName(bytes: Uint8Array): string | undefined {
  try {
    return text.decode(bytes);
  } catch {
    return undefined;
  }
}

export const CONTACTS: RecordCodec<ContactRecord> = recordCodec(
  'contact',
  1,
  ADDRESS_KEY,
  ({ address }) => addressKey(address),
  ({ name, publicKey, endpoints, luminosityBits, addedAtMs }) => {
    const nameBytes = atMost(new TextEncoder().encode(name), NAME_BYTES_MAX, 'name');
    return [
      exactly(publicKey, PUBLIC_KEY_BYTES, 'public key'),
      luminosityBits === undefined
        ? uint16(LUMINOSITY_NONE, LUMINOSITY_NONE, 'luminosity')
        : uint16(luminosityBits, LUMINOSITY_BITS_MAX, 'luminosity'),
      uint48(addedAtMs, 'time'),
      uint16(nameBytes.length, NAME_BYTES_MAX, 'name'),
      nameBytes,
      Uint8Array.of(uint(endpoints.length, ENDPOINTS_MAX, 'endpoints')),
      ...endpoints.map((endpoint) => exactly(endpoint, ENDPOINT_BYTES, 'endpoint')),
    ];
  },
  ([address], from) => {
    const publicKey = from.bytes(PUBLIC_KEY_BYTES);
    const luminosity = from.uint16();
    const addedAtMs = from.uint48();
    const nameLength = from.uint16();
    const name = readName(from.bytes(nameLength));
    const count = from.uint8();
    const endpoints = Array.from({ length: Math.min(count, ENDPOINTS_MAX) }, () =>
      from.bytes(ENDPOINT_BYTES),
    );
    if (name === undefined || nameLength > NAME_BYTES_MAX) return undefined;
    if (luminosity > LUMINOSITY_BITS_MAX && luminosity !== LUMINOSITY_NONE) return undefined;
    const luminosityBits = luminosity === LUMINOSITY_NONE ? undefined : luminosity;
    return { address: hexToBytes(address!), name, publicKey, endpoints, luminosityBits, addedAtMs };
  },
);

export const SESSIONS: RecordCodec<SessionRecord> = recordCodec(
  'session',
  2,
  ADDRESS_KEY,
  ({ contact }) => addressKey(contact),
  ({ version, bytes }) => [
    uint48(version, 'version'),
    atMost(bytes, SESSION_BYTES_MAX, 'session state'),
  ],
  ([contact], from) => ({
    contact: hexToBytes(contact!),
    version: from.uint48(),
    bytes: from.rest(),
  }),
);

export const OUTBOX: RecordCodec<OutboxRecord> = recordCodec(
  'outbox',
  3,
  /^([0-9a-f]{64})\/([0-9a-f]{32})$/,
  ({ contact, id }) => outboxKey(contact, id),
  ({ text, createdAtMs, attempts, state }) => [
    uint48(createdAtMs, 'time'),
    uint16(Math.min(attempts, ATTEMPTS_MAX), ATTEMPTS_MAX, 'attempts'),
    Uint8Array.of(uint(OUTBOX_STATES.indexOf(state), OUTBOX_STATES.length, 'state')),
    atMost(text, TEXT_BYTES_MAX, 'text'),
  ],
  ([contact, id], from) => {
    const createdAtMs = from.uint48();
    const attempts = from.uint16();
    const state = OUTBOX_STATES[from.uint8()];
    if (state === undefined) return undefined;
    return {
      contact: hexToBytes(contact!),
      id: hexToBytes(id!),
      text: from.rest(),
      createdAtMs,
      attempts,
      state,
    };
  },
);

export const INBOX: RecordCodec<InboxRecord> = recordCodec(
  'inbox',
  4,
  /^([0-9a-f]{64})\/(\d{15})$/,
  ({ contact, sequence }) => inboxKey(contact, sequence),
  ({ text, receivedAtMs, read }) => [
    uint48(receivedAtMs, 'time'),
    Uint8Array.of(read ? 1 : 0),
    atMost(text, TEXT_BYTES_MAX, 'text'),
  ],
  ([contact, sequence], from) => {
    const receivedAtMs = from.uint48();
    const read = from.uint8();
    if (read > 1 || Number(sequence) > UINT48_MAX) return undefined;
    return {
      contact: hexToBytes(contact!),
      sequence: Number(sequence),
      text: from.rest(),
      receivedAtMs,
      read: read === 1,
    };
  },
);

export const PEERS: RecordCodec<PeerRecord> = recordCodec(
  'peer',
  5,
  ADDRESS_KEY,
  ({ address }) => addressKey(address),
  ({ endpoint, lastSeenMs }) => [
    exactly(endpoint, ENDPOINT_BYTES, 'endpoint'),
    uint48(lastSeenMs, 'time'),
  ],
  ([address], from) => ({
    address: hexToBytes(address!),
    endpoint: from.bytes(ENDPOINT_BYTES),
    lastSeenMs: from.uint48(),
  }),
);

/** The next number of a contact's inbox: kept so that a number is not used again after its entry was removed. */
export interface NextRecord {
  contact: Uint8Array;
  next: number;
}

export const INBOX_NEXT: RecordCodec<NextRecord> = recordCodec(
  'inbox-next',
  6,
  ADDRESS_KEY,
  ({ contact }) => addressKey(contact),
  ({ next }) => [uint48(next, 'next number')],
  ([contact], from) => ({ contact: hexToBytes(contact!), next: from.uint48() }),
);
