/**
 * Big-endian integers in byte ranges: the few moves from which every message of the wire is written by hand.
 *
 * Plain functions over (bytes, offset) rather than a reader object or a DataView: they inline, make nothing, and cost a
 * third of a DataView's calls on V8. None of them checks bounds: a decoder checks a message's length once, at its head,
 * and everything after that check is in range by construction.
 */

/** Unsigned 16-bit integer at `bytes[at..at+2)`. */
export function readUint16(bytes: Uint8Array, at: number): number {
  return (bytes[at]! << 8) | bytes[at + 1]!;
}

/** Unsigned 32-bit integer at `bytes[at..at+4)`. */
export function readUint32(bytes: Uint8Array, at: number): number {
  return (
    ((bytes[at]! << 24) | (bytes[at + 1]! << 16) | (bytes[at + 2]! << 8) | bytes[at + 3]!) >>> 0
  );
}

/** Unsigned 48-bit integer at `bytes[at..at+6)`: always a safe integer. */
export function readUint48(bytes: Uint8Array, at: number): number {
  return readUint16(bytes, at) * 0x1_0000_0000 + readUint32(bytes, at + 2);
}

/** Writes the low 16 bits of `value` at `bytes[at..at+2)`. */
export function writeUint16(bytes: Uint8Array, at: number, value: number): void {
  bytes[at] = value >>> 8;
  bytes[at + 1] = value;
}

/** Writes the low 32 bits of `value` at `bytes[at..at+4)`. */
export function writeUint32(bytes: Uint8Array, at: number, value: number): void {
  bytes[at] = value >>> 24;
  bytes[at + 1] = value >>> 16;
  bytes[at + 2] = value >>> 8;
  bytes[at + 3] = value;
}

/** Writes `value`, an integer in [0, 2^48), at `bytes[at..at+6)`. */
export function writeUint48(bytes: Uint8Array, at: number, value: number): void {
  writeUint16(bytes, at, Math.floor(value / 0x1_0000_0000));
  writeUint32(bytes, at + 2, value % 0x1_0000_0000);
}

/** True when `bytes[at..at+length)` holds only zeros. Not constant-time: for padding, not for secrets. */
export function isZero(bytes: Uint8Array, at: number, length: number): boolean {
  for (let i = 0; i < length; i++) if (bytes[at + i] !== 0) return false;
  return true;
}

/** Unsigned 64-bit integer at `bytes[at..at+8)` as a safe integer; undefined from 2^53 on. */
export function readSafeUint64(bytes: Uint8Array, at: number): number | undefined {
  const high = readUint32(bytes, at);
  return high > 0x1f_ffff ? undefined : high * 0x1_0000_0000 + readUint32(bytes, at + 4);
}

/** Writes `value`, a safe integer >= 0, at `bytes[at..at+8)`. */
export function writeSafeUint64(bytes: Uint8Array, at: number, value: number): void {
  writeUint32(bytes, at, Math.floor(value / 0x1_0000_0000));
  writeUint32(bytes, at + 4, value % 0x1_0000_0000);
}
