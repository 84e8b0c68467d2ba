/**
 * The portable reference suite: noble's JavaScript, the same bytes on every platform. Slow for worlds (an X25519 agreement costs
 * about a millisecond), exact for checking.
 */
import { chacha20poly1305 } from '@noble/ciphers/chacha.js';
import { x25519 } from '@noble/curves/ed25519.js';
import { hkdf } from '@noble/hashes/hkdf.js';
import { sha256 } from '@noble/hashes/sha2.js';
import { keccak_256 } from '@noble/hashes/sha3.js';
import { accountPublicKey, accountRecover, accountSign } from './account.ts';
import { assertBytes } from './bytes.ts';
import type { AgreementKey, CryptoSuite } from './port.ts';
import { AEAD_KEY_BYTES, AEAD_NONCE_BYTES, AEAD_TAG_BYTES, X25519_KEY_BYTES } from './port.ts';

interface NobleAgreementKey extends AgreementKey {
  readonly secret: Uint8Array;
}

/** Hashes and key derivation, used by every suite (they are called rarely). */
export const nobleHashes = {
  sha256: (bytes: Uint8Array): Uint8Array => sha256(bytes),
  keccak256: (bytes: Uint8Array): Uint8Array => keccak_256(bytes),
  hkdf(secret: Uint8Array, salt: Uint8Array, info: Uint8Array, out: Uint8Array): void {
    out.set(hkdf(sha256, secret, salt, info, out.length));
  },
};

export function createNobleSuite(): CryptoSuite {
  return {
    name: 'noble',
    agreementKey(secret): NobleAgreementKey {
      assertBytes('X25519 secret', secret, X25519_KEY_BYTES);
      const own = secret.slice();
      return { secret: own, publicKey: x25519.getPublicKey(own) };
    },
    agree(key, peer, peerOffset, out): boolean {
      try {
        const bytes = peer.subarray(peerOffset, peerOffset + X25519_KEY_BYTES);
        out.set(x25519.getSharedSecret((key as NobleAgreementKey).secret, bytes));
        return true;
      } catch {
        // noble refuses an all-zero result, which only a low-order point gives.
        out.fill(0, 0, X25519_KEY_BYTES);
        return false;
      }
    },
    seal(key, nonce, associated, text, textOffset, textLength, out, outOffset): void {
      assertBytes('AEAD key', key, AEAD_KEY_BYTES);
      assertBytes('AEAD nonce', nonce, AEAD_NONCE_BYTES);
      const plain = text.subarray(textOffset, textOffset + textLength);
      out.set(chacha20poly1305(key, nonce, associated).encrypt(plain), outOffset);
    },
    open(key, nonce, associated, sealed, sealedOffset, sealedLength, out, outOffset): number {
      assertBytes('AEAD key', key, AEAD_KEY_BYTES);
      assertBytes('AEAD nonce', nonce, AEAD_NONCE_BYTES);
      if (sealedLength < AEAD_TAG_BYTES || sealedOffset + sealedLength > sealed.length) return -1;
      try {
        const bytes = sealed.subarray(sealedOffset, sealedOffset + sealedLength);
        out.set(chacha20poly1305(key, nonce, associated).decrypt(bytes), outOffset);
        return sealedLength - AEAD_TAG_BYTES;
      } catch {
        return -1;
      }
    },
    deriveKeys(shared, first, second, out): void {
      deriveWith(nobleHashes.hkdf, shared, first, second, out);
    },
    ...nobleHashes,
    accountPublicKey,
    accountSign,
    accountRecover,
  };
}

const LABEL = new TextEncoder().encode('mainframe sealed box 1');

/** `CryptoSuite.deriveKeys` of the real suites: HKDF with both public keys as salt, so that the key is bound to the pair. */
export function deriveWith(
  derive: CryptoSuite['hkdf'],
  shared: Uint8Array,
  first: Uint8Array,
  second: Uint8Array,
  out: Uint8Array,
): void {
  const salt = new Uint8Array(2 * X25519_KEY_BYTES);
  salt.set(first);
  salt.set(second, X25519_KEY_BYTES);
  derive(shared, salt, LABEL, out);
}
