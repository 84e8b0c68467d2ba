/**
 * `CryptoSuite.deriveKeys` of the real suites: HKDF-SHA256 of a shared secret, bound to the two public keys that made it.
 *
 * Bound, because several spellings of a public key agree on one secret (the top bit is ignored, a small multiple of p may be added): without
 * the keys in the hash a relay could respell the ephemeral key of a packet and have it opened all the same. They are the salt, 64
 * bytes and so exactly one block of HMAC-SHA256, which takes it unhashed: different pairs are different salts. The salt is public and
 * the peer chooses half of it; that is harmless as long as HMAC behaves as a random function of secret and salt together,
 * which is what every use of HKDF on a Diffie-Hellman secret assumes. The info names the use, so no other protocol derives the same keys.
 */
import { utf8ToBytes } from '@noble/hashes/utils.js';
import { assertBytes } from './bytes.ts';
import type { CryptoSuite } from './port.ts';
import { X25519_KEY_BYTES } from './port.ts';

const LABEL = utf8ToBytes('mainframe sealed box 1');

/** Fills `out` by `hkdf`. All three inputs have 32 bytes. */
export function deriveWith(
  hkdf: CryptoSuite['hkdf'],
  shared: Uint8Array,
  first: Uint8Array,
  second: Uint8Array,
  out: Uint8Array,
): void {
  assertBytes('shared secret', shared, X25519_KEY_BYTES);
  assertBytes('first public key', first, X25519_KEY_BYTES);
  assertBytes('second public key', second, X25519_KEY_BYTES);
  const salt = new Uint8Array(2 * X25519_KEY_BYTES);
  salt.set(first);
  salt.set(second, X25519_KEY_BYTES);
  hkdf(shared, salt, LABEL, out);
}
