/**
 * A contact on disk, version 2: who it is, both numberings, sessions, texts that wait, streams. Written whole with every change, so that one record is
 * always one consistent state. Records of version 1, before there were streams, are read too. Decoding is total: bytes that are no contact give undefined.
 */
import {
  readUint16,
  readUint32,
  readUint48,
  writeUint16,
  writeUint32,
  writeUint48,
} from '../codec/bytes.ts';
import { Contact, type Waiting } from './contact.ts';
import { KEY_BYTES } from './kdf.ts';
import { OPENING_BYTES, type Party } from './opening.ts';
import { decodeRatchet, encodeRatchet } from './ratchet-state.ts';
import type { Session, SessionParts } from './session.ts';
import { SEGMENT_HEAD_BYTES } from './streams.ts';
import { decodeStreams, encodeStreams } from './streams-codec.ts';

const VERSION = 2;
const VERSION_WITHOUT_STREAMS = 1;
const HEAD_BYTES = 1 + 2 * KEY_BYTES + 6 + 4 + 6 + 4 + 4 + 1 + 2 + 2;
const SESSION_HEAD_BYTES = 1 + 2 * KEY_BYTES + 6 + 6 + OPENING_BYTES + 4;
const WAITING_HEAD_BYTES = 4 + 2 + 7 + 2;
const FLAG_OURS = 1;
const FLAG_ANSWERED = 2;
/** Stands in the length of a text that waits: it is a segment. */
const SEGMENT_BIT = 0x8000;

export function encodeContact(contact: Contact): Uint8Array {
  const ratchets = contact.sessions.map(({ parts }) => encodeRatchet(parts.ratchet));
  const waiting = [...contact.waiting.values()];
  let length = HEAD_BYTES;
  for (const ratchet of ratchets) length += SESSION_HEAD_BYTES + ratchet.length;
  for (const { text } of waiting) length += WAITING_HEAD_BYTES + text.length;
  const streams = encodeStreams(contact);
  const out = new Uint8Array(length + streams.length);
  out[0] = VERSION;
  out.set(contact.party.address, 1);
  out.set(contact.party.publicKey, 1 + KEY_BYTES);
  let at = 1 + 2 * KEY_BYTES;
  writeUint48(out, at, contact.epoch);
  writeUint32(out, at + 6, contact.nextNumber);
  writeUint48(out, at + 10, contact.theirEpoch);
  writeUint32(out, at + 16, contact.receivedBelow);
  writeUint32(out, at + 20, contact.receivedBits);
  out[at + 24] = contact.sessions.length;
  writeUint16(out, at + 25, waiting.length);
  writeUint16(out, at + 27, contact.luminosityBits);
  at = HEAD_BYTES;
  contact.sessions.forEach(({ parts }, i) => {
    at = writeSession(parts, ratchets[i]!, out, at);
  });
  for (const one of waiting) {
    writeUint32(out, at, one.number);
    writeUint16(out, at + 4, Math.min(one.attempts, 0xffff));
    // Microseconds of network time reach beyond 48 bits after nine years; one more byte is enough for two thousand.
    out[at + 6] = Math.floor(one.dueUs / 0x1_0000_0000_0000);
    writeUint48(out, at + 7, one.dueUs % 0x1_0000_0000_0000);
    writeUint16(out, at + 13, one.text.length | (one.isSegment ? SEGMENT_BIT : 0));
    out.set(one.text, at + WAITING_HEAD_BYTES);
    at += WAITING_HEAD_BYTES + one.text.length;
  }
  out.set(streams, at);
  return out;
}

function writeSession(
  parts: SessionParts,
  ratchet: Uint8Array,
  out: Uint8Array,
  from: number,
): number {
  let at = from;
  out[at] = (parts.ours ? FLAG_OURS : 0) | (parts.answered ? FLAG_ANSWERED : 0);
  out.set(parts.sendTag, at + 1);
  out.set(parts.receiveTag, at + 1 + KEY_BYTES);
  at += 1 + 2 * KEY_BYTES;
  writeUint48(out, at, parts.tagsSent);
  writeUint48(out, at + 6, parts.tagsReceived);
  out.set(parts.opening, at + 12);
  at += 12 + OPENING_BYTES;
  writeUint32(out, at, ratchet.length);
  out.set(ratchet, at + 4);
  return at + 4 + ratchet.length;
}

/** @param revive makes a session of its parts. */
export function decodeContact(
  bytes: Uint8Array,
  revive: (parts: SessionParts) => Session,
): Contact | undefined {
  const version = bytes[0];
  if (bytes.length < HEAD_BYTES || (version !== VERSION && version !== VERSION_WITHOUT_STREAMS))
    return undefined;
  const party: Party = {
    address: bytes.slice(1, 1 + KEY_BYTES),
    publicKey: bytes.slice(1 + KEY_BYTES, 1 + 2 * KEY_BYTES),
  };
  let at = 1 + 2 * KEY_BYTES;
  const contact = new Contact(party, readUint48(bytes, at));
  contact.nextNumber = readUint32(bytes, at + 6);
  contact.theirEpoch = readUint48(bytes, at + 10);
  contact.receivedBelow = readUint32(bytes, at + 16);
  contact.receivedBits = readUint32(bytes, at + 20);
  const sessions = bytes[at + 24]!;
  const waiting = readUint16(bytes, at + 25);
  contact.luminosityBits = readUint16(bytes, at + 27);
  at = HEAD_BYTES;
  for (let i = 0; i < sessions; i++) {
    const read = readSession(bytes, at);
    if (read === undefined) return undefined;
    contact.sessions.push(revive(read.parts));
    at = read.end;
  }
  for (let i = 0; i < waiting; i++) {
    const read = readWaiting(bytes, at);
    if (read === undefined) return undefined;
    contact.waiting.set(read.number, read);
    at += WAITING_HEAD_BYTES + read.text.length;
  }
  if (version === VERSION_WITHOUT_STREAMS) return at === bytes.length ? contact : undefined;
  return decodeStreams(contact, bytes.subarray(at)) ? contact : undefined;
}

function readSession(
  bytes: Uint8Array,
  from: number,
): { parts: SessionParts; end: number } | undefined {
  const head = from + SESSION_HEAD_BYTES;
  if (head > bytes.length) return undefined;
  const flags = bytes[from]!;
  const at = from + 1 + 2 * KEY_BYTES;
  const length = readUint32(bytes, head - 4);
  if (length > bytes.length - head) return undefined;
  const ratchet = decodeRatchet(bytes.slice(head, head + length));
  if (ratchet === undefined) return undefined;
  return {
    parts: {
      ratchet,
      sendTag: bytes.slice(from + 1, from + 1 + KEY_BYTES),
      receiveTag: bytes.slice(from + 1 + KEY_BYTES, at),
      tagsSent: readUint48(bytes, at),
      tagsReceived: readUint48(bytes, at + 6),
      opening: bytes.slice(at + 12, at + 12 + OPENING_BYTES),
      ours: (flags & FLAG_OURS) !== 0,
      answered: (flags & FLAG_ANSWERED) !== 0,
    },
    end: head + length,
  };
}

function readWaiting(bytes: Uint8Array, at: number): Waiting | undefined {
  if (at + WAITING_HEAD_BYTES > bytes.length) return undefined;
  const written = readUint16(bytes, at + 13);
  const length = written & ~SEGMENT_BIT;
  const end = at + WAITING_HEAD_BYTES + length;
  if (end > bytes.length) return undefined;
  const isSegment = (written & SEGMENT_BIT) !== 0;
  if (isSegment && length < SEGMENT_HEAD_BYTES) return undefined;
  return {
    isSegment,
    number: readUint32(bytes, at),
    attempts: readUint16(bytes, at + 4),
    dueUs: bytes[at + 6]! * 0x1_0000_0000_0000 + readUint48(bytes, at + 7),
    text: bytes.slice(at + WAITING_HEAD_BYTES, end),
  };
}
