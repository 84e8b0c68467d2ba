/**
 * The native suite: OpenSSL through node:crypto where it gives the same bytes as noble (X25519, ChaCha20-Poly1305, SHA-256, HKDF),
 * noble for the rest (Keccak, deterministic secp256k1). The only file of `protocols/` that imports a Node built-in.
 */
import {
  createCipheriv,
  createDecipheriv,
  createHash,
  createPrivateKey,
  createPublicKey,
  diffieHellman,
  hkdfSync,
  type KeyObject,
} from 'node:crypto';
import { accountPublicKey, accountRecover, accountSign } from './account.ts';
import { assertBytes } from './bytes.ts';
import { deriveWith, nobleHashes } from './noble.ts';
import type { AgreementKey, CryptoSuite } from './port.ts';
import { AEAD_KEY_BYTES, AEAD_NONCE_BYTES, AEAD_TAG_BYTES, X25519_KEY_BYTES } from './port.ts';

interface NativeAgreementKey extends AgreementKey {
  readonly privateKey: KeyObject;
}

/** DER head of an X25519 private key (RFC 8410 §7); the 32 secret bytes follow. */
const PKCS8_HEAD = Uint8Array.of(
  0x30,
  0x2e,
  0x02,
  0x01,
  0x00,
  0x30,
  0x05,
  0x06,
  0x03,
  0x2b,
  0x65,
  0x6e,
  0x04,
  0x22,
  0x04,
  0x20,
);
const CIPHER = 'chacha20-poly1305';

/** Key objects from JWK: OpenSSL's DER decoder costs sixteen times as much for a public key. */
function importPublic(bytes: Uint8Array, offset: number): KeyObject {
  const x = Buffer.from(bytes.buffer, bytes.byteOffset + offset, X25519_KEY_BYTES).toString(
    'base64url',
  );
  return createPublicKey({ key: { kty: 'OKP', crv: 'X25519', x }, format: 'jwk' });
}

function hkdfNative(secret: Uint8Array, salt: Uint8Array, info: Uint8Array, out: Uint8Array): void {
  out.set(new Uint8Array(hkdfSync('sha256', secret, salt, info, out.length)));
}

export function createNativeSuite(): CryptoSuite {
  return {
    name: 'native',
    agreementKey(secret): NativeAgreementKey {
      assertBytes('X25519 secret', secret, X25519_KEY_BYTES);
      const privateKey = createPrivateKey({
        key: Buffer.concat([PKCS8_HEAD, secret]),
        format: 'der',
        type: 'pkcs8',
      });
      const jwk = createPublicKey(privateKey).export({ format: 'jwk' });
      return { privateKey, publicKey: new Uint8Array(Buffer.from(jwk.x as string, 'base64url')) };
    },
    agree(key, peer, peerOffset, out): boolean {
      if (peerOffset < 0 || peerOffset + X25519_KEY_BYTES > peer.length) {
        out.fill(0, 0, X25519_KEY_BYTES);
        return false;
      }
      try {
        const publicKey = importPublic(peer, peerOffset);
        out.set(diffieHellman({ privateKey: (key as NativeAgreementKey).privateKey, publicKey }));
        return true;
      } catch {
        // OpenSSL refuses an all-zero result, as noble does.
        out.fill(0, 0, X25519_KEY_BYTES);
        return false;
      }
    },
    seal(key, nonce, associated, text, textOffset, textLength, out, outOffset): void {
      assertBytes('AEAD key', key, AEAD_KEY_BYTES);
      assertBytes('AEAD nonce', nonce, AEAD_NONCE_BYTES);
      const cipher = createCipheriv(CIPHER, key, nonce, { authTagLength: AEAD_TAG_BYTES });
      cipher.setAAD(associated, { plaintextLength: textLength });
      const sealed = cipher.update(text.subarray(textOffset, textOffset + textLength));
      cipher.final();
      out.set(sealed, outOffset);
      out.set(cipher.getAuthTag(), outOffset + textLength);
    },
    open(key, nonce, associated, sealed, sealedOffset, sealedLength, out, outOffset): number {
      assertBytes('AEAD key', key, AEAD_KEY_BYTES);
      assertBytes('AEAD nonce', nonce, AEAD_NONCE_BYTES);
      const length = sealedLength - AEAD_TAG_BYTES;
      if (length < 0 || sealedOffset + sealedLength > sealed.length) return -1;
      const decipher = createDecipheriv(CIPHER, key, nonce, { authTagLength: AEAD_TAG_BYTES });
      decipher.setAAD(associated, { plaintextLength: length });
      decipher.setAuthTag(sealed.subarray(sealedOffset + length, sealedOffset + sealedLength));
      try {
        const text = decipher.update(sealed.subarray(sealedOffset, sealedOffset + length));
        decipher.final();
        out.set(text, outOffset);
        return length;
      } catch {
        return -1;
      }
    },
    deriveKeys(shared, first, second, out): void {
      deriveWith(hkdfNative, shared, first, second, out);
    },
    sha256: (bytes) => new Uint8Array(createHash('sha256').update(bytes).digest()),
    keccak256: nobleHashes.keccak256,
    hkdf: hkdfNative,
    accountPublicKey,
    accountSign,
    accountRecover,
  };
}
