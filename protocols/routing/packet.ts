/**
 * The dark packet on the wire, version 1. Big-endian; one datagram is one packet.
 *
 * | offset | bytes | field |
 * |---|---|---|
 * | 0 | 1 | type 0x10 |
 * | 1 | 1 | version 1 |
 * | 2 | 1 | flags: bit 0, the expiry is in seconds (a leak of the 2018 code); others zero |
 * | 3 | 1 | tree: which of the message's trees this copy belongs to, 0..4 |
 * | 4 | 2 | luminosity l in bits, 0..256 |
 * | 6 | 2 | level: bits of the address this copy's holder is responsible for, in a tree |
 * | 8 | 1 | 1 while on the stem (random hops before routing), else 0 |
 * | 9 | 3 | zero |
 * | 12 | 4 | expiry: number of the last epoch in which the packet lives |
 * | 16 | 32 | routing target: l bits of the destination, then bits drawn for this message |
 * | 48 | 16 | packet id |
 * | 64 | 8 | topic tag: view tag of the sealed box, or the topic of a session |
 * | 72 | n | sealed box: ephemeral key 32, ciphertext, tag 16 |
 *
 * Everything up to the target is read by relays. Luminosity, disclosed bits and id are authenticated by the sealed box, so that
 * nobody can ask the same payload with a longer prefix; tree, level and stem are changed by relays and are not.
 */
import { readUint16, readUint32, writeUint16, writeUint32 } from '../codec/bytes.ts';
import { SEALED_OVERHEAD_BYTES } from '../crypto/sealed-box.ts';
import { DATAGRAM_BYTES_MAX } from '../host.ts';
import { ADDRESS_BITS, ADDRESS_BYTES, ADDRESS_WORDS, readAddress } from '../identity/proximity.ts';
import { TREES_MAX } from './params.ts';

export const MESSAGE_DARK = 0x10;
export const DARK_VERSION = 1;

export const AT_FLAGS = 2;
export const AT_TREE = 3;
export const AT_LUMINOSITY = 4;
export const AT_LEVEL = 6;
export const AT_STEM = 8;
const AT_ZERO = 9;
export const AT_EXPIRY = 12;
export const AT_TARGET = 16;
export const AT_ID = 48;
export const AT_TAG = 64;
export const HEADER_BYTES = 72;

export const FLAG_EXACT_EXPIRY = 1;
export const ID_BYTES = 16;

/** The sealed text begins with its own length, since it is padded. */
export const LENGTH_BYTES = 2;

/** luminosity, disclosed bits, id. */
export const ASSOCIATED_BYTES = 2 + ADDRESS_BYTES + ID_BYTES;

/** Why a datagram is not a dark packet. */
export const PACKET_OK = 0;
export const PACKET_TRUNCATED = 1;
export const PACKET_VERSION = 2;
export const PACKET_FIELD = 3;
export const PACKET_TOO_LONG = 4;
export type PacketProblem = 0 | 1 | 2 | 3 | 4;

/** The header of one packet, decoded into fields that are reused for every packet. */
export class DarkHeader {
  flags = 0;
  tree = 0;
  luminosity = 0;
  level = 0;
  stem = 0;
  expiry = 0;
  /** First 64 bits of the packet id, unsigned. */
  idHigh = 0;
  idLow = 0;
  readonly target = new Uint32Array(ADDRESS_WORDS);

  /** Decodes the header at `bytes[offset]` of a datagram of `length` bytes. Total: any bytes give a result. */
  read(bytes: Uint8Array, offset: number, length: number): PacketProblem {
    if (length < HEADER_BYTES + SEALED_OVERHEAD_BYTES) return PACKET_TRUNCATED;
    // A socket may hand us more than anybody here would send on, and more than our buffers hold.
    if (length > DATAGRAM_BYTES_MAX) return PACKET_TOO_LONG;
    if (bytes[offset] !== MESSAGE_DARK || bytes[offset + 1] !== DARK_VERSION) return PACKET_VERSION;
    this.flags = bytes[offset + AT_FLAGS]!;
    this.tree = bytes[offset + AT_TREE]!;
    this.luminosity = readUint16(bytes, offset + AT_LUMINOSITY);
    this.level = readUint16(bytes, offset + AT_LEVEL);
    this.stem = bytes[offset + AT_STEM]!;
    const zero =
      bytes[offset + AT_ZERO]! | bytes[offset + AT_ZERO + 1]! | bytes[offset + AT_ZERO + 2]!;
    if (
      (this.flags & ~FLAG_EXACT_EXPIRY) !== 0 ||
      this.tree >= TREES_MAX ||
      this.luminosity > ADDRESS_BITS ||
      this.level > ADDRESS_BITS ||
      this.stem > 1 ||
      zero !== 0
    ) {
      return PACKET_FIELD;
    }
    this.expiry = readUint32(bytes, offset + AT_EXPIRY);
    this.idHigh = readUint32(bytes, offset + AT_ID);
    this.idLow = readUint32(bytes, offset + AT_ID + 4);
    readAddress(bytes, offset + AT_TARGET, this.target, 0);
    return PACKET_OK;
  }
}

/** Writes everything of a header that is fixed when a message is made; target, id and tag are written by the caller. */
export function writeHeader(
  bytes: Uint8Array,
  flags: number,
  luminosity: number,
  stem: number,
  expiry: number,
): void {
  bytes[0] = MESSAGE_DARK;
  bytes[1] = DARK_VERSION;
  bytes[AT_FLAGS] = flags;
  bytes[AT_TREE] = 0;
  writeUint16(bytes, AT_LUMINOSITY, luminosity);
  writeUint16(bytes, AT_LEVEL, 0);
  bytes[AT_STEM] = stem;
  bytes[AT_ZERO] = 0;
  bytes[AT_ZERO + 1] = 0;
  bytes[AT_ZERO + 2] = 0;
  writeUint32(bytes, AT_EXPIRY, expiry);
}

/** The bytes that the sealed box authenticates: luminosity, the disclosed bits alone, the id. `out` has ASSOCIATED_BYTES. */
export function writeAssociated(
  bytes: Uint8Array,
  offset: number,
  luminosity: number,
  bindTarget: boolean,
  out: Uint8Array,
): void {
  out[0] = bindTarget ? luminosity >>> 8 : 0;
  out[1] = bindTarget ? luminosity : 0;
  for (let i = 0; i < ADDRESS_BYTES; i++) {
    const left = bindTarget ? luminosity - 8 * i : 0;
    const mask = left >= 8 ? 0xff : left <= 0 ? 0 : (0xff00 >>> left) & 0xff;
    out[2 + i] = bytes[offset + AT_TARGET + i]! & mask;
  }
  for (let i = 0; i < ID_BYTES; i++) out[2 + ADDRESS_BYTES + i] = bytes[offset + AT_ID + i]!;
}
