/**
 * The multicast packet on the wire, version 1: one payload for several zones. Big-endian; one datagram is one packet.
 *
 * | offset | bytes | field |
 * |---|---|---|
 * | 0 | 1 | type 0x11 |
 * | 1 | 1 | version 1 |
 * | 2 | 1 | tree: which of the message's trees this copy belongs to, 0..4 |
 * | 3 | 1 | n: destinations, 2..64 |
 * | 4 | 2 | luminosity l in bits, 0..256, the same for all |
 * | 6 | 2 | zero |
 * | 8 | 4 | expiry: number of the last epoch in which the packet lives |
 * | 12 | 16 | message id |
 * | 28 | 8 | topic tag |
 * | 36 | n * b | the prefixes, b = ceil(l / 8) bytes each, strictly ascending, bits beyond l zero |
 * | .. | m | sealed payload |
 *
 * A packet for one destination is a dark packet (`../packet.ts`): that is what each branch becomes when it has but one left. So the list shrinks on the way,
 * and zones see what they always see. The list is the price: whoever relays a branch reads which zones it is for.
 */
import { isZero, readUint16, readUint32, writeUint16, writeUint32 } from '../../codec/bytes.ts';
import { SEALED_OVERHEAD_BYTES } from '../../crypto/sealed-box.ts';
import { DATAGRAM_BYTES_MAX } from '../../host.ts';
import { ADDRESS_BITS, ADDRESS_BYTES, readAddress } from '../../identity/proximity.ts';
import {
  AT_ID as DARK_AT_ID,
  AT_TAG as DARK_AT_TAG,
  AT_TARGET as DARK_AT_TARGET,
  AT_TREE as DARK_AT_TREE,
  HEADER_BYTES as DARK_HEADER_BYTES,
  ID_BYTES,
  writeHeader as writeDarkHeader,
} from '../packet.ts';
import { TREES_MAX } from '../params.ts';

export const MESSAGE_MULTICAST = 0x11;
export const MULTICAST_VERSION = 1;
/** Bounds what one datagram can make a relay send. */
export const DESTINATIONS_MAX = 64;

const AT_TREE = 2;
const AT_COUNT = 3;
const AT_LUMINOSITY = 4;
const AT_ZERO = 6;
const AT_EXPIRY = 8;
const AT_ID = 12;
const AT_TAG = 28;
const TAG_BYTES = 8;
export const MULTICAST_HEADER_BYTES = 36;

export function prefixBytes(luminosityBits: number): number {
  return (luminosityBits + 7) >>> 3;
}

/** Destinations that fit one packet beside `sealedBytes` of payload. */
export function destinationsIn(luminosityBits: number, sealedBytes: number): number {
  const room = DATAGRAM_BYTES_MAX - MULTICAST_HEADER_BYTES - sealedBytes;
  const each = prefixBytes(luminosityBits);
  return Math.max(0, Math.min(DESTINATIONS_MAX, each === 0 ? 1 : Math.floor(room / each)));
}

/** What a multicast packet says, decoded; prefixes and payload stay where they are, in the datagram. */
export interface MulticastHeader {
  tree: number;
  count: number;
  luminosity: number;
  expiry: number;
  idHigh: number;
  idLow: number;
  /** Where the first prefix begins, from the start of the packet. */
  prefixesAt: number;
  sealedAt: number;
}

/**
 * Decodes the packet of `length` bytes at `bytes[offset]`; undefined for anything else. Total.
 * @param least destinations that it must have: two on the wire, one in a packet that its maker has yet to split.
 */
export function readMulticast(
  bytes: Uint8Array,
  offset: number,
  length: number,
  least = 2,
): MulticastHeader | undefined {
  if (length < MULTICAST_HEADER_BYTES || length > DATAGRAM_BYTES_MAX) return undefined;
  if (bytes[offset] !== MESSAGE_MULTICAST || bytes[offset + 1] !== MULTICAST_VERSION)
    return undefined;
  const luminosity = readUint16(bytes, offset + AT_LUMINOSITY);
  const header: MulticastHeader = {
    tree: bytes[offset + AT_TREE]!,
    count: bytes[offset + AT_COUNT]!,
    luminosity,
    expiry: readUint32(bytes, offset + AT_EXPIRY),
    idHigh: readUint32(bytes, offset + AT_ID),
    idLow: readUint32(bytes, offset + AT_ID + 4),
    prefixesAt: MULTICAST_HEADER_BYTES,
    sealedAt: 0,
  };
  if (header.tree >= TREES_MAX || luminosity > ADDRESS_BITS) return undefined;
  if (header.count < least || header.count > DESTINATIONS_MAX) return undefined;
  if (!isZero(bytes, offset + AT_ZERO, 2)) return undefined;
  const each = prefixBytes(luminosity);
  header.sealedAt = MULTICAST_HEADER_BYTES + header.count * each;
  if (length < header.sealedAt + SEALED_OVERHEAD_BYTES) return undefined;
  return prefixesInOrder(bytes, offset, header) ? header : undefined;
}

/** Strictly ascending, so no destination stands twice, and one list has one form. */
function prefixesInOrder(bytes: Uint8Array, offset: number, header: MulticastHeader): boolean {
  const each = prefixBytes(header.luminosity);
  const spare = each * 8 - header.luminosity;
  for (let i = 0; i < header.count; i++) {
    const at = offset + header.prefixesAt + i * each;
    if ((bytes[at + each - 1]! & ((1 << spare) - 1)) !== 0) return false;
    if (i > 0 && comparePrefixes(bytes, at - each, bytes, at, each) >= 0) return false;
  }
  return true;
}

/** Order of two prefixes of `length` bytes. */
export function comparePrefixes(
  a: Uint8Array,
  atA: number,
  b: Uint8Array,
  atB: number,
  length: number,
): number {
  for (let i = 0; i < length; i++) if (a[atA + i] !== b[atB + i]) return a[atA + i]! - b[atB + i]!;
  return 0;
}

/**
 * Writes a packet for several destinations to `out[0]`. `prefixes[i]` are prefixBytes(luminosity) long, in ascending order.
 * @returns its length.
 */
export function writeMulticast(
  out: Uint8Array,
  parts: {
    tree: number;
    luminosity: number;
    expiry: number;
    id: Uint8Array;
    tag: Uint8Array;
    prefixes: readonly Uint8Array[];
    sealed: Uint8Array;
  },
): number {
  out[0] = MESSAGE_MULTICAST;
  out[1] = MULTICAST_VERSION;
  out[AT_TREE] = parts.tree;
  out[AT_COUNT] = parts.prefixes.length;
  writeUint16(out, AT_LUMINOSITY, parts.luminosity);
  writeUint16(out, AT_ZERO, 0);
  writeUint32(out, AT_EXPIRY, parts.expiry);
  out.set(parts.id.subarray(0, ID_BYTES), AT_ID);
  out.set(parts.tag.subarray(0, TAG_BYTES), AT_TAG);
  let at = MULTICAST_HEADER_BYTES;
  for (const prefix of parts.prefixes) {
    out.set(prefix, at);
    at += prefix.length;
  }
  out.set(parts.sealed, at);
  return at + parts.sealed.length;
}

/** Writes the packet at `bytes[offset..+length)` for some of its destinations to `out[0]`. @returns its length. */
export function writeSubset(
  out: Uint8Array,
  bytes: Uint8Array,
  offset: number,
  length: number,
  header: MulticastHeader,
  chosen: readonly number[],
): number {
  out.set(bytes.subarray(offset, offset + MULTICAST_HEADER_BYTES), 0);
  out[AT_COUNT] = chosen.length;
  const each = prefixBytes(header.luminosity);
  let at = MULTICAST_HEADER_BYTES;
  for (const index of chosen) {
    const from = offset + header.prefixesAt + index * each;
    out.set(bytes.subarray(from, from + each), at);
    at += each;
  }
  out.set(bytes.subarray(offset + header.sealedAt, offset + length), at);
  return at + length - header.sealedAt;
}

/**
 * Writes the dark packet that destination `index` of the packet at `bytes[offset..+length)` becomes to `out[0]`. Whoever makes it makes the same one: the bits
 * of its target that are not disclosed, and its id, are mixed from the message's id and the prefix, so copies on different ways are known as one packet.
 * @returns its length.
 */
export function writeBranch(
  out: Uint8Array,
  bytes: Uint8Array,
  offset: number,
  length: number,
  header: MulticastHeader,
  index: number,
): number {
  writeDarkHeader(out, 0, header.luminosity, 0, header.expiry);
  out[DARK_AT_TREE] = header.tree;
  branchTarget(bytes, offset, header, index, out, DARK_AT_TARGET);
  for (let i = 0; i < ID_BYTES; i++) {
    const mixed = i < 8 ? out[DARK_AT_TARGET + i]! ^ out[DARK_AT_TARGET + 8 + i]! : 0;
    out[DARK_AT_ID + i] = bytes[offset + AT_ID + i]! ^ mixed;
  }
  out.set(bytes.subarray(offset + AT_TAG, offset + AT_TAG + TAG_BYTES), DARK_AT_TAG);
  out.set(bytes.subarray(offset + header.sealedAt, offset + length), DARK_HEADER_BYTES);
  return DARK_HEADER_BYTES + length - header.sealedAt;
}

/** The routing target of a destination, as 32 bytes at `out[at]`: its prefix, then bits that follow from the message's id. */
export function branchTarget(
  bytes: Uint8Array,
  offset: number,
  header: MulticastHeader,
  index: number,
  out: Uint8Array,
  at: number,
): void {
  const each = prefixBytes(header.luminosity);
  const prefixAt = offset + header.prefixesAt + index * each;
  let state = 0x811c9dc5;
  for (let i = 0; i < ID_BYTES; i++) state = mix(state, bytes[offset + AT_ID + i]!);
  for (let i = 0; i < each; i++) state = mix(state, bytes[prefixAt + i]!);
  for (let i = 0; i < ADDRESS_BYTES; i++) {
    state = mix(state, i);
    const left = header.luminosity - 8 * i;
    const mask = left >= 8 ? 0xff : left <= 0 ? 0 : (0xff00 >>> left) & 0xff;
    out[at + i] = ((bytes[prefixAt + i] ?? 0) & mask) | ((state >>> 13) & ~mask & 0xff);
  }
}

/** One step of a mixer that spreads bits; nothing secret goes in. */
function mix(state: number, byte: number): number {
  const x = Math.imul(state ^ byte, 0x01000193);
  return Math.imul(x ^ (x >>> 15), 0x85ebca6b);
}

/** The target of a destination in words. */
export function readBranchTarget(
  bytes: Uint8Array,
  offset: number,
  header: MulticastHeader,
  index: number,
  scratch: Uint8Array,
  out: Uint32Array,
): void {
  branchTarget(bytes, offset, header, index, scratch, 0);
  readAddress(scratch, 0, out, 0);
}
