/**
 * The points of Curve25519 and its twist with an order that divides eight: whoever agrees with one of them gets zero, whatever
 * the secret. The real suites find out by computing; the modelled one, which computes no curve, looks them up here.
 *
 * Five u-coordinates (0, 1, p - 1 and two of order eight), and p and p + 1, which are 0 and 1 written once more. The top bit of
 * a u-coordinate is ignored (RFC 7748 §5), so each has a second spelling. Source: D. J. Bernstein, "A state-of-the-art
 * Diffie-Hellman function", "How do I validate Curve25519 public keys?"; both real suites are tested to refuse exactly these.
 */
import { hexToBytes } from '@noble/hashes/utils.js';
import { X25519_KEY_BYTES } from './port.ts';

const LAST = X25519_KEY_BYTES - 1;

/** The seven 32-byte little-endian encodings with a clear top bit. */
export const LOW_ORDER_POINTS: readonly Uint8Array[] = [
  '0000000000000000000000000000000000000000000000000000000000000000',
  '0100000000000000000000000000000000000000000000000000000000000000',
  'e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800',
  '5f9c95bca3508c24b1d0b1559c83ef5b04445cc4581c8e86d8224eddd09f1157',
  'ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f',
  'edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f',
  'eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f',
].map((hex) => hexToBytes(hex));

/** 1 for a byte that one of them begins with: 249 of 256 keys need no second look. */
const FIRST_BYTES = new Uint8Array(256);
for (const point of LOW_ORDER_POINTS) FIRST_BYTES[point[0]!] = 1;

/** Whether the u-coordinate at `bytes[offset..+32)` is one of them. */
export function isLowOrder(bytes: Uint8Array, offset: number): boolean {
  if (FIRST_BYTES[bytes[offset]!] === 0) return false;
  return LOW_ORDER_POINTS.some((point) => isPoint(point, bytes, offset));
}

function isPoint(point: Uint8Array, bytes: Uint8Array, offset: number): boolean {
  for (let i = 0; i < LAST; i++) if (point[i] !== bytes[offset + i]) return false;
  return point[LAST] === (bytes[offset + LAST]! & 0x7f);
}
