/**
 * The rendezvous' messages. Integers are big-endian; a message is exactly as long as its layout says. All but KNOCK travel over a link.
 *
 * | message   | type | bytes | layout after the type byte |
 * |-----------|------|-------|----------------------------|
 * | WHERE     | 0x60 | 5     | token 4: "where do you see me?" |
 * | SEEN      | 0x61 | 23    | token 4 (of the WHERE), endpoint 18 (all zero: through a relay) |
 * | INTRODUCE | 0x62 | 37    | transaction 4, address 32: "introduce me to them" |
 * | INVITE    | 0x63 | 380   | channel 4, relay 1, address 32, endpoint 18, zeros: "they want to meet you" |
 * | ACCEPT    | 0x64 | 5     | channel 4 (of the INVITE) |
 * | DECLINE   | 0x65 | 5     | channel 4 (of the INVITE) |
 * | MEET      | 0x66 | 380   | transaction 4 (of the INTRODUCE), channel 4, relay 1, endpoint 18, zeros |
 * | REFUSE    | 0x67 | 6     | transaction 4 (of the INTRODUCE), reason 1 |
 * | RELAY     | 0x68 | 7..   | channel 4, part 1, a datagram of the link between the two or a part of it |
 * | GONE      | 0x69 | 5     | channel 4: "I relay nothing under this number" |
 * | CHECK     | 0x6a | 9     | nonce 8: "have somebody else knock at my door" |
 * | ASKED     | 0x6b | 9     | nonce 8 (of the CHECK): "somebody was asked to" |
 * | VISIT     | 0x6c | 27    | nonce 8, endpoint 18: "knock there" |
 * | KNOCK     | 0x2f | 16    | version 1, zeros 6, nonce 8; outside any link |
 *
 * What makes its receiver send to an endpoint that it has not proved itself is at least a third as long as all that it sends: INVITE and MEET are
 * padded to a link datagram of 416 bytes and lead to three handshakes of 416, a VISIT of 96 leads to a KNOCK of 16. `relay` is 1 where
 * the introducer offers to carry datagrams between the two under the channel's number.
 *
 * Decoding is total. Padding must be zero.
 */
import { isZero, readUint32, writeUint32 } from '../codec/bytes.ts';
import { ENDPOINT_BYTES } from '../identity/peer-book.ts';
import { ADDRESS_BYTES } from '../identity/proximity.ts';

export const MESSAGE_WHERE = 0x60;
export const MESSAGE_SEEN = 0x61;
export const MESSAGE_INTRODUCE = 0x62;
export const MESSAGE_INVITE = 0x63;
export const MESSAGE_ACCEPT = 0x64;
export const MESSAGE_DECLINE = 0x65;
export const MESSAGE_MEET = 0x66;
export const MESSAGE_REFUSE = 0x67;
export const MESSAGE_RELAY = 0x68;
export const MESSAGE_GONE = 0x69;
export const MESSAGE_CHECK = 0x6a;
export const MESSAGE_ASKED = 0x6b;
export const MESSAGE_VISIT = 0x6c;
/** Beside the link's datagrams 0x20 to 0x26. */
export const DATAGRAM_KNOCK = 0x2f;

/** Why nobody is introduced (REFUSE). */
export const REFUSED_UNKNOWN = 1;
/** One of the two has yet to show that it is where it seems to be: ask again in a moment. */
export const REFUSED_NOT_YET = 2;
export const REFUSED_TOO_MANY = 3;
export const REFUSED_DECLINED = 4;

export const NONCE_BYTES = 8;
const PADDED_BYTES = 380;
export const KNOCK_BYTES = 16;
const KNOCK_VERSION = 1;
const AT_KNOCK_NONCE = 8;

export const RELAY_HEADER_BYTES = 6;
/** The frame carries a whole datagram, its first half, or its second. */
export const PART_WHOLE = 0;
export const PART_FIRST = 1;
export const PART_SECOND = 2;

export type RendezvousMessage =
  | { type: typeof MESSAGE_WHERE; number: number }
  | { type: typeof MESSAGE_SEEN; number: number; endpoint: Uint8Array }
  | { type: typeof MESSAGE_INTRODUCE; number: number; address: Uint8Array }
  | {
      type: typeof MESSAGE_INVITE;
      /** The channel. */
      number: number;
      relay: boolean;
      address: Uint8Array;
      endpoint: Uint8Array;
    }
  | { type: typeof MESSAGE_ACCEPT | typeof MESSAGE_DECLINE | typeof MESSAGE_GONE; number: number }
  | {
      type: typeof MESSAGE_MEET;
      number: number;
      channel: number;
      relay: boolean;
      endpoint: Uint8Array;
    }
  | { type: typeof MESSAGE_REFUSE; number: number; reason: number }
  | { type: typeof MESSAGE_CHECK | typeof MESSAGE_ASKED; nonce: Uint8Array }
  | { type: typeof MESSAGE_VISIT; nonce: Uint8Array; endpoint: Uint8Array }
  /** The datagram, or part of one, is what follows the header in the bytes that were decoded. */
  | { type: typeof MESSAGE_RELAY; number: number; part: number };

/** Whether a message that begins with this byte belongs to the rendezvous. */
export function isRendezvous(type: number): boolean {
  return (type & 0xf0) === 0x60;
}

const LENGTHS: { readonly [type: number]: number } = {
  [MESSAGE_WHERE]: 5,
  [MESSAGE_SEEN]: 5 + ENDPOINT_BYTES,
  [MESSAGE_INTRODUCE]: 5 + ADDRESS_BYTES,
  [MESSAGE_INVITE]: PADDED_BYTES,
  [MESSAGE_ACCEPT]: 5,
  [MESSAGE_DECLINE]: 5,
  [MESSAGE_MEET]: PADDED_BYTES,
  [MESSAGE_REFUSE]: 6,
  [MESSAGE_GONE]: 5,
  [MESSAGE_CHECK]: 1 + NONCE_BYTES,
  [MESSAGE_ASKED]: 1 + NONCE_BYTES,
  [MESSAGE_VISIT]: 1 + NONCE_BYTES + ENDPOINT_BYTES,
};

/** Decodes `bytes[offset..offset+length)`; parts of the result are copies. undefined for anything that is no message. */
export function decodeRendezvous(
  bytes: Uint8Array,
  offset: number,
  length: number,
): RendezvousMessage | undefined {
  if (length < 1 || offset < 0 || offset + length > bytes.length) return undefined;
  const type = bytes[offset]!;
  if (type === MESSAGE_RELAY) {
    const part = length > RELAY_HEADER_BYTES ? bytes[offset + 5]! : PART_SECOND + 1;
    return part > PART_SECOND ? undefined : { type, number: readUint32(bytes, offset + 1), part };
  }
  if (LENGTHS[type] !== length) return undefined;
  const at = (from: number, size: number): Uint8Array =>
    bytes.slice(offset + from, offset + from + size);
  const number = type >= MESSAGE_CHECK ? 0 : readUint32(bytes, offset + 1);
  switch (type) {
    case MESSAGE_WHERE:
    case MESSAGE_ACCEPT:
    case MESSAGE_DECLINE:
    case MESSAGE_GONE:
      return { type, number };
    case MESSAGE_SEEN:
      return { type, number, endpoint: at(5, ENDPOINT_BYTES) };
    case MESSAGE_INTRODUCE:
      return { type, number, address: at(5, ADDRESS_BYTES) };
    case MESSAGE_REFUSE:
      return { type, number, reason: bytes[offset + 5]! };
    case MESSAGE_CHECK:
    case MESSAGE_ASKED:
      return { type, nonce: at(1, NONCE_BYTES) };
    case MESSAGE_VISIT:
      return { type, nonce: at(1, NONCE_BYTES), endpoint: at(1 + NONCE_BYTES, ENDPOINT_BYTES) };
    default:
      return decodePadded(type, number, bytes, offset, at);
  }
}

function decodePadded(
  type: number,
  number: number,
  bytes: Uint8Array,
  offset: number,
  at: (from: number, size: number) => Uint8Array,
): RendezvousMessage | undefined {
  const invite = type === MESSAGE_INVITE;
  const relayAt = invite ? 5 : 9;
  const end = relayAt + 1 + (invite ? ADDRESS_BYTES : 0) + ENDPOINT_BYTES;
  const flag = bytes[offset + relayAt]!;
  if (flag > 1 || !isZero(bytes, offset + end, PADDED_BYTES - end)) return undefined;
  const relay = flag === 1;
  const endpoint = at(end - ENDPOINT_BYTES, ENDPOINT_BYTES);
  if (invite) {
    const address = at(relayAt + 1, ADDRESS_BYTES);
    return { type: MESSAGE_INVITE, number, relay, address, endpoint };
  }
  return { type: MESSAGE_MEET, number, channel: readUint32(bytes, offset + 5), relay, endpoint };
}

/** The bytes of a message other than RELAY. */
export function encodeRendezvous(
  message: Exclude<RendezvousMessage, { type: typeof MESSAGE_RELAY }>,
): Uint8Array {
  const bytes = new Uint8Array(LENGTHS[message.type]!);
  bytes[0] = message.type;
  if ('number' in message) writeUint32(bytes, 1, message.number);
  switch (message.type) {
    case MESSAGE_SEEN:
      bytes.set(message.endpoint, 5);
      break;
    case MESSAGE_INTRODUCE:
      bytes.set(message.address, 5);
      break;
    case MESSAGE_REFUSE:
      bytes[5] = message.reason;
      break;
    case MESSAGE_INVITE:
      bytes[5] = message.relay ? 1 : 0;
      bytes.set(message.address, 6);
      bytes.set(message.endpoint, 6 + ADDRESS_BYTES);
      break;
    case MESSAGE_MEET:
      writeUint32(bytes, 5, message.channel);
      bytes[9] = message.relay ? 1 : 0;
      bytes.set(message.endpoint, 10);
      break;
    case MESSAGE_CHECK:
    case MESSAGE_ASKED:
      bytes.set(message.nonce, 1);
      break;
    case MESSAGE_VISIT:
      bytes.set(message.nonce, 1);
      bytes.set(message.endpoint, 1 + NONCE_BYTES);
      break;
    default:
      break;
  }
  return bytes;
}

/** Writes the header of a RELAY at `out[0]`. */
export function writeRelayHeader(channel: number, part: number, out: Uint8Array): void {
  out[0] = MESSAGE_RELAY;
  writeUint32(out, 1, channel);
  out[5] = part;
}

export function encodeKnock(nonce: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(KNOCK_BYTES);
  bytes[0] = DATAGRAM_KNOCK;
  bytes[1] = KNOCK_VERSION;
  bytes.set(nonce, AT_KNOCK_NONCE);
  return bytes;
}

/** The nonce of a KNOCK, a copy; undefined for anything else. */
export function decodeKnock(
  bytes: Uint8Array,
  offset: number,
  length: number,
): Uint8Array | undefined {
  if (length !== KNOCK_BYTES || bytes[offset] !== DATAGRAM_KNOCK) return undefined;
  if (bytes[offset + 1] !== KNOCK_VERSION || !isZero(bytes, offset + 2, 6)) return undefined;
  return bytes.slice(offset + AT_KNOCK_NONCE, offset + KNOCK_BYTES);
}
