/**
 * The few shapes of TLS presentation language that RFC 9420 hashes and derives keys from (section 2.1): big-endian integers, and vectors preceded by
 * their length in QUIC's variable-length encoding (section 2.1.2). Only written, never read: what comes from the wire has fixed layouts of our own.
 */
import { writeUint16, writeUint32, writeUint48 } from '../codec/bytes.ts';

export const EMPTY = new Uint8Array(0);

/** One after another. */
export function concat(...parts: readonly Uint8Array[]): Uint8Array {
  let length = 0;
  for (const part of parts) length += part.length;
  const out = new Uint8Array(length);
  let at = 0;
  for (const part of parts) {
    out.set(part, at);
    at += part.length;
  }
  return out;
}

export function uint8(value: number): Uint8Array {
  return Uint8Array.of(value);
}

export function uint16(value: number): Uint8Array {
  const out = new Uint8Array(2);
  writeUint16(out, 0, value);
  return out;
}

export function uint32(value: number): Uint8Array {
  const out = new Uint8Array(4);
  writeUint32(out, 0, value);
  return out;
}

/** A 64-bit integer, of which 48 bits are used. */
export function uint64(value: number): Uint8Array {
  const out = new Uint8Array(8);
  writeUint48(out, 2, value);
  return out;
}

/** `opaque bytes<V>`: the length in one, two or four bytes, the fewest that hold it, then the bytes. */
export function vector(bytes: Uint8Array): Uint8Array {
  const { length } = bytes;
  if (length < 0x40) return concat(uint8(length), bytes);
  if (length < 0x4000) return concat(uint16(length | 0x4000), bytes);
  return concat(uint32((length | 0x8000_0000) >>> 0), bytes);
}
