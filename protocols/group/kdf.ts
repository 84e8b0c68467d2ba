/**
 * Key derivation of groups, exactly RFC 9420's for cipher suite 3 (X25519, ChaCha20-Poly1305, SHA-256): section 8 for the labelled functions,
 * section 5.2 for references.
 *
 * RFC 9420 extracts and expands separately, the crypto port only both at once. Both are HMAC, and HMAC (RFC 2104) is two hashes, which the port
 * has: so the published test vectors hold here, under every suite.
 */
import { utf8ToBytes } from '@noble/hashes/utils.js';
import type { CryptoSuite } from '../crypto/port.ts';
import { concat, EMPTY, uint16, uint32, uint8, vector } from './presentation.ts';

/** Kdf.Nh: bytes of every secret and hash. */
export const SECRET_BYTES = 32;

const BLOCK_BYTES = 64;
const INNER = 0x36;
const OUTER = 0x5c;
const LABEL_PREFIX = 'MLS 1.0 ';

/** HMAC-SHA256. */
export function mac(suite: CryptoSuite, key: Uint8Array, message: Uint8Array): Uint8Array {
  const short = key.length > BLOCK_BYTES ? suite.sha256(key) : key;
  const inner = new Uint8Array(BLOCK_BYTES + message.length).fill(INNER, 0, BLOCK_BYTES);
  const outer = new Uint8Array(BLOCK_BYTES + SECRET_BYTES).fill(OUTER, 0, BLOCK_BYTES);
  for (let i = 0; i < short.length; i++) {
    inner[i]! ^= short[i]!;
    outer[i]! ^= short[i]!;
  }
  inner.set(message, BLOCK_BYTES);
  outer.set(suite.sha256(inner), BLOCK_BYTES);
  const out = suite.sha256(outer);
  // They spell the key.
  inner.fill(0);
  outer.fill(0);
  return out;
}

/** HKDF-Extract (RFC 5869 §2.2). */
export function extract(suite: CryptoSuite, salt: Uint8Array, input: Uint8Array): Uint8Array {
  return mac(suite, salt, input);
}

/** HKDF-Expand (RFC 5869 §2.3); `length` is at most 8,160. */
export function expand(
  suite: CryptoSuite,
  secret: Uint8Array,
  info: Uint8Array,
  length: number,
): Uint8Array {
  const out = new Uint8Array(length);
  let block: Uint8Array = EMPTY;
  for (let at = 0, counter = 1; at < length; at += SECRET_BYTES, counter++) {
    block = mac(suite, secret, concat(block, info, uint8(counter)));
    out.set(block.subarray(0, Math.min(SECRET_BYTES, length - at)), at);
  }
  return out;
}

/** `ExpandWithLabel`. */
export function expandWithLabel(
  suite: CryptoSuite,
  secret: Uint8Array,
  label: string,
  context: Uint8Array,
  length: number,
): Uint8Array {
  const info = concat(uint16(length), labelled(label), vector(context));
  return expand(suite, secret, info, length);
}

/** `DeriveSecret`. */
export function deriveSecret(suite: CryptoSuite, secret: Uint8Array, label: string): Uint8Array {
  return expandWithLabel(suite, secret, label, EMPTY, SECRET_BYTES);
}

/** `DeriveTreeSecret` (section 9). */
export function deriveTreeSecret(
  suite: CryptoSuite,
  secret: Uint8Array,
  label: string,
  generation: number,
  length: number,
): Uint8Array {
  return expandWithLabel(suite, secret, label, uint32(generation), length);
}

/** What is signed: `SignContent` (section 5.1.2), hashed, since an account signs digests. */
export function signedDigest(suite: CryptoSuite, label: string, content: Uint8Array): Uint8Array {
  return suite.sha256(concat(labelled(label), vector(content)));
}

function labelled(label: string): Uint8Array {
  return vector(utf8ToBytes(LABEL_PREFIX + label));
}
