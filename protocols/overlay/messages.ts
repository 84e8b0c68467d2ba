/**
 * The overlay's five messages. Integers are big-endian; a message is exactly as long as its layout says.
 *
 * | message   | type | bytes        | layout after the type byte                                             |
 * |-----------|------|--------------|------------------------------------------------------------------------|
 * | PING      | 0x01 | 5            | transaction 4                                                          |
 * | PONG      | 0x02 | 5            | transaction 4 (of the PING)                                            |
 * | FIND_NODE | 0x03 | 272          | transaction 4, count 1 (1..16), target 32, zeros to the end            |
 * | NODES     | 0x04 | 6 + 50·count | transaction 4 (of the FIND_NODE), count 1 (0..16), contacts            |
 * | LEAVE     | 0x05 | 1            | nothing                                                                |
 *
 * A contact is an address of 32 bytes and an endpoint of 18 (IPv6, port).
 *
 * No amplification: whoever forges a source address gets at most `AMPLIFICATION_LIMIT` times his own bytes sent to the
 * victim. The largest answer to a FIND_NODE (806 bytes of NODES, and 5 of a PING when the asker is a stranger) is 2.98
 * times the request, which is why the request is padded; a PING draws a PONG and a PING, twice its size. Three is the
 * bound that RFC 9000 §8.1 sets for QUIC before a path is proven.
 *
 * Transactions are 32 random bits chosen by the asker. An answer counts only from the peer that was asked, so that one who
 * sees nothing of the conversation must guess both.
 *
 * Decoding is total: any bytes give a message in the caller's scratch or a reason, read nothing beyond the range, and make
 * nothing. Padding must be zero, so that a message has one form and hides no channel.
 */
import { isZero, readUint32, writeUint32 } from '../codec/bytes.ts';
import type { PeerHandle } from '../host.ts';
import { ENDPOINT_BYTES, type PeerBook } from '../identity/peer-book.ts';
import { ADDRESS_BYTES, ADDRESS_WORDS, readAddress, writeAddress } from '../identity/proximity.ts';

export const MESSAGE_PING = 0x01;
export const MESSAGE_PONG = 0x02;
export const MESSAGE_FIND_NODE = 0x03;
export const MESSAGE_NODES = 0x04;
export const MESSAGE_LEAVE = 0x05;

export const PING_BYTES = 5;
export const FIND_NODE_BYTES = 272;
export const NODES_HEADER_BYTES = 6;
export const CONTACT_BYTES = ADDRESS_BYTES + ENDPOINT_BYTES;
/** Most contacts in one NODES. */
export const NODES_MAX = 16;
export const LEAVE_BYTES = 1;
export const AMPLIFICATION_LIMIT = 3;
/** Largest message of the overlay, bytes. */
export const OVERLAY_BYTES_MAX = NODES_HEADER_BYTES + NODES_MAX * CONTACT_BYTES;

const COUNT_AT = 5;
const TARGET_AT = 6;
const FIND_NODE_END = TARGET_AT + ADDRESS_BYTES;

export const DECODED = 0;
/** Shorter than its layout. */
export const MALFORMED_SHORT = 1;
/** Longer than its layout. */
export const MALFORMED_LONG = 2;
export const MALFORMED_TYPE = 3;
/** A count of contacts outside its range. */
export const MALFORMED_COUNT = 4;
/** Padding that is not zero. */
export const MALFORMED_PADDING = 5;
export type DecodeResult = 0 | 1 | 2 | 3 | 4 | 5;

/** A decoded message, in one object that its owner reuses. Fields that a type does not have keep their old value. */
export class OverlayMessage {
  type = 0;
  transaction = 0;
  /** FIND_NODE: contacts wanted. NODES: contacts carried. */
  count = 0;
  /** FIND_NODE: the address asked for. */
  readonly target = new Uint32Array(ADDRESS_WORDS);
  /** NODES: where in the datagram's array the first contact begins. */
  contactsAt = 0;
}

/** Decodes `bytes[offset..offset+length)` into `out`. @returns DECODED, or why not (then `out` is meaningless). */
export function decodeOverlayMessage(
  bytes: Uint8Array,
  offset: number,
  length: number,
  out: OverlayMessage,
): DecodeResult {
  if (length < 1 || offset < 0 || offset + length > bytes.length) return MALFORMED_SHORT;
  const type = bytes[offset]!;
  out.type = type;
  switch (type) {
    case MESSAGE_PING:
    case MESSAGE_PONG:
      if (length !== PING_BYTES) return length < PING_BYTES ? MALFORMED_SHORT : MALFORMED_LONG;
      break;
    case MESSAGE_FIND_NODE:
      if (length !== FIND_NODE_BYTES)
        return length < FIND_NODE_BYTES ? MALFORMED_SHORT : MALFORMED_LONG;
      out.count = bytes[offset + COUNT_AT]!;
      if (out.count < 1 || out.count > NODES_MAX) return MALFORMED_COUNT;
      readAddress(bytes, offset + TARGET_AT, out.target, 0);
      if (!isZero(bytes, offset + FIND_NODE_END, FIND_NODE_BYTES - FIND_NODE_END))
        return MALFORMED_PADDING;
      break;
    case MESSAGE_NODES: {
      if (length < NODES_HEADER_BYTES) return MALFORMED_SHORT;
      out.count = bytes[offset + COUNT_AT]!;
      if (out.count > NODES_MAX) return MALFORMED_COUNT;
      const expected = NODES_HEADER_BYTES + out.count * CONTACT_BYTES;
      if (length !== expected) return length < expected ? MALFORMED_SHORT : MALFORMED_LONG;
      out.contactsAt = offset + NODES_HEADER_BYTES;
      break;
    }
    case MESSAGE_LEAVE:
      return length === LEAVE_BYTES ? DECODED : MALFORMED_LONG;
    default:
      return MALFORMED_TYPE;
  }
  out.transaction = readUint32(bytes, offset + 1);
  return DECODED;
}

/** Writes a PING or a PONG at `out[0]`. @returns its length. */
export function encodePing(
  type: typeof MESSAGE_PING | typeof MESSAGE_PONG,
  transaction: number,
  out: Uint8Array,
): number {
  out[0] = type;
  writeUint32(out, 1, transaction);
  return PING_BYTES;
}

/** Writes a FIND_NODE for `target[targetOffset..+8)` that asks for `count` contacts (1..16). @returns its length. */
export function encodeFindNode(
  transaction: number,
  count: number,
  target: Uint32Array,
  targetOffset: number,
  out: Uint8Array,
): number {
  out[0] = MESSAGE_FIND_NODE;
  writeUint32(out, 1, transaction);
  out[COUNT_AT] = count;
  writeAddress(target, targetOffset, out, TARGET_AT);
  out.fill(0, FIND_NODE_END, FIND_NODE_BYTES);
  return FIND_NODE_BYTES;
}

/** Writes a NODES with the first `count` (0..16) of `contacts`. @returns its length. */
export function encodeNodes(
  transaction: number,
  contacts: Int32Array,
  count: number,
  peers: PeerBook,
  out: Uint8Array,
): number {
  out[0] = MESSAGE_NODES;
  writeUint32(out, 1, transaction);
  out[COUNT_AT] = count;
  let at = NODES_HEADER_BYTES;
  for (let i = 0; i < count; i++) {
    const peer: PeerHandle = contacts[i]!;
    peers.writeAddress(peer, out, at);
    peers.writeEndpoint(peer, out, at + ADDRESS_BYTES);
    at += CONTACT_BYTES;
  }
  return at;
}

/** Writes a LEAVE at `out[0]`. @returns its length. */
export function encodeLeave(out: Uint8Array): number {
  out[0] = MESSAGE_LEAVE;
  return LEAVE_BYTES;
}
