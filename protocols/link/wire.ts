/**
 * The link's datagrams. Big-endian; every integer unsigned.
 *
 * | datagram | type | bytes | layout after the type byte |
 * |---|---|---|---|
 * | INITIATE | 0x20 | 416 | version 1, pattern 1, zero 1, sender index 4, cookie 16, Noise message 1 |
 * | RESPOND  | 0x21 | 416 | version 1, pattern 1, zero 1, sender index 4, receiver index 4, Noise message 2 |
 * | FINISH   | 0x22 | 416 | version 1, zero 2, receiver index 4, Noise message 3 (pattern XX only) |
 * | COOKIE   | 0x23 | 24  | version 1, zero 2, receiver index 4, cookie 16 |
 * | VERSIONS | 0x24 | 8   | version 1 (lowest), version 1 (highest), zero 1, receiver index 4 |
 * | UNKNOWN  | 0x26 | 8   | version 1, zero 2, index 4 of a DATA that nobody here knows |
 * | DATA     | 0x25 | a size class | receiver index 4, counter 8, sealed: length 2, content, zeros |
 *
 * Handshake datagrams are all of one size, so that an answer is never larger than its question (no amplification) and the pattern does not
 * show. DATA costs 31 bytes, so the largest datagram of the protocols above (1,200) fits WIRE_BYTES_MAX. Content that begins
 * with 0x30 to 0x3f is the link's own; everything else belongs to the protocols above.
 */
import { isZero, readUint32, writeUint32 } from '../codec/bytes.ts';
import { AEAD_TAG_BYTES } from '../crypto/port.ts';
import { WIRE_BYTES_MAX } from '../host.ts';

export const LINK_VERSION = 1;

export const TYPE_INITIATE = 0x20;
export const TYPE_RESPOND = 0x21;
export const TYPE_FINISH = 0x22;
export const TYPE_COOKIE = 0x23;
export const TYPE_VERSIONS = 0x24;
export const TYPE_DATA = 0x25;
export const TYPE_UNKNOWN = 0x26;

export const PATTERN_XX = 0;
export const PATTERN_IK = 1;

export const HANDSHAKE_BYTES = 416;
export const COOKIE_BYTES = 16;
export const COOKIE_REPLY_BYTES = 24;
export const VERSIONS_BYTES = 8;
export const UNKNOWN_BYTES = 8;

/** Where the Noise message begins. */
export const AT_INITIATE_NOISE = 8 + COOKIE_BYTES;
export const AT_RESPOND_NOISE = 12;
export const AT_FINISH_NOISE = 8;
export const AT_COOKIE = 8;

export const DATA_HEADER_BYTES = 13;
const LENGTH_BYTES = 2;
export const DATA_OVERHEAD_BYTES = DATA_HEADER_BYTES + LENGTH_BYTES + AEAD_TAG_BYTES;
/** Most bytes of content in one DATA. */
export const CONTENT_BYTES_MAX = WIRE_BYTES_MAX - DATA_OVERHEAD_BYTES;

/** UDP payload sizes of DATA: a PING; FIND_NODE and the smallest packet; the middle one; NODES; the largest packet; anything. */
export const DATA_SIZE_CLASSES_BYTES: readonly number[] = [
  96,
  416,
  672,
  864,
  1_184,
  WIRE_BYTES_MAX,
];

/** Content types of the link itself. */
export const CONTENT_PING = 0x30;
export const CONTENT_PONG = 0x31;
export const CONTENT_CLOSE = 0x32;
/** Nothing: keeps a mapping open, confirms a handshake, or is cover. */
export const CONTENT_IDLE = 0x33;
/** Reliable messages and their acknowledgements (`flow/frames.ts`). */
export const CONTENT_FRAMES = 0x34;

export function isLinkContent(type: number): boolean {
  return (type & 0xf0) === 0x30;
}

/** Size class of a DATA that carries `contentBytes`. */
export function dataBytes(contentBytes: number): number {
  for (const size of DATA_SIZE_CLASSES_BYTES)
    if (size >= contentBytes + DATA_OVERHEAD_BYTES) return size;
  throw new Error(`content of ${contentBytes} bytes; the most is ${CONTENT_BYTES_MAX}`);
}

/** A counter of up to 53 bits at `bytes[at..at+8)`; -1 for a larger one. */
export function readCounter(bytes: Uint8Array, at: number): number {
  const high = readUint32(bytes, at);
  return high > 0x1fffff ? -1 : high * 0x1_0000_0000 + readUint32(bytes, at + 4);
}

export function writeCounter(bytes: Uint8Array, at: number, counter: number): void {
  writeUint32(bytes, at, Math.floor(counter / 0x1_0000_0000));
  writeUint32(bytes, at + 4, counter % 0x1_0000_0000);
}

/** Whether a datagram of the link has the length and the zeros that its type asks for. Versions are the reader's business. */
export function isWellFormed(bytes: Uint8Array, offset: number, length: number): boolean {
  switch (bytes[offset]) {
    case TYPE_INITIATE:
    case TYPE_RESPOND:
      return length === HANDSHAKE_BYTES && bytes[offset + 3] === 0;
    case TYPE_FINISH:
      return length === HANDSHAKE_BYTES && isZero(bytes, offset + 2, 2);
    case TYPE_COOKIE:
      return length === COOKIE_REPLY_BYTES && isZero(bytes, offset + 2, 2);
    case TYPE_VERSIONS:
      return length === VERSIONS_BYTES && bytes[offset + 3] === 0;
    case TYPE_UNKNOWN:
      return length === UNKNOWN_BYTES && isZero(bytes, offset + 2, 2);
    case TYPE_DATA:
      return DATA_SIZE_CLASSES_BYTES.includes(length);
    default:
      return false;
  }
}

/** Order of `a` and the bytes at `bytes[at]`, as of two big-endian numbers. */
export function compareBytes(a: Uint8Array, bytes: Uint8Array, at: number): number {
  for (let i = 0; i < a.length; i++) if (a[i] !== bytes[at + i]) return a[i]! - bytes[at + i]!;
  return 0;
}

/** The UNKNOWN that answers the DATA at `bytes[offset]`. */
export function unknownReply(bytes: Uint8Array, offset: number): Uint8Array {
  const reply = new Uint8Array(UNKNOWN_BYTES);
  reply[0] = TYPE_UNKNOWN;
  reply[1] = LINK_VERSION;
  reply.set(bytes.subarray(offset + 1, offset + 5), 4);
  return reply;
}
