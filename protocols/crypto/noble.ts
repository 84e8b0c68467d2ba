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
import { assertBytes, assertRange, rangeFits } from './bytes.ts';
import { deriveWith } from './derive.ts';
import type { AgreementKey, CryptoSuite } from './port.ts';
import { AEAD_KEY_BYTES, AEAD_NONCE_BYTES, AEAD_TAG_BYTES, X25519_KEY_BYTES } from './port.ts';

interface NobleAgreementKey extends AgreementKey {
  /** Undefined once forgotten. */
  secret: Uint8Array | undefined;
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
    forget(key): void {
      const own = key as NobleAgreementKey;
      own.secret?.fill(0);
      own.secret = undefined;
    },
    agree(key, peer, peerOffset, out): boolean {
      assertRange('shared secret', out, 0, X25519_KEY_BYTES);
      const { secret } = key as NobleAgreementKey;
      if (secret === undefined) throw new Error('agree: the key was forgotten');
      out.fill(0, 0, X25519_KEY_BYTES);
      if (!rangeFits(peer, peerOffset, X25519_KEY_BYTES)) return false;
      const bytes = peer.subarray(peerOffset, peerOffset + X25519_KEY_BYTES);
      let shared: Uint8Array;
      try {
        shared = x25519.getSharedSecret(secret, bytes);
      } catch {
        // noble refuses an all-zero result, which only a low-order point gives.
        return false;
      }
      out.set(shared);
      shared.fill(0);
      return true;
    },
    seal(key, nonce, associated, text, textOffset, textLength, out, outOffset): void {
      assertBytes('AEAD key', key, AEAD_KEY_BYTES);
      assertBytes('AEAD nonce', nonce, AEAD_NONCE_BYTES);
      assertRange('text', text, textOffset, textLength);
      assertRange('sealed text', out, outOffset, textLength + AEAD_TAG_BYTES);
      const plain = text.subarray(textOffset, textOffset + textLength);
      out.set(chacha20poly1305(key, nonce, associated).encrypt(plain), outOffset);
    },
    open(key, nonce, associated, sealed, sealedOffset, sealedLength, out, outOffset): number {
      assertBytes('AEAD key', key, AEAD_KEY_BYTES);
      assertBytes('AEAD nonce', nonce, AEAD_NONCE_BYTES);
      const length = sealedLength - AEAD_TAG_BYTES;
      if (length < 0 || !rangeFits(sealed, sealedOffset, sealedLength)) return -1;
      assertRange('opened text', out, outOffset, length);
      const bytes = sealed.subarray(sealedOffset, sealedOffset + sealedLength);
      let text: Uint8Array;
      try {
        text = chacha20poly1305(key, nonce, associated).decrypt(bytes);
      } catch {
        // The tag does not match; lengths were checked above.
        return -1;
      }
      out.set(text, outOffset);
      return length;
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
