/**
 * The native suite: OpenSSL through node:crypto where it gives the same bytes as noble (X25519, ChaCha20-Poly1305, SHA-256, HKDF),
 * noble for the rest (Keccak, and secp256k1, since node's nonce is random). The only file of `protocols/` that imports a Node
 * built-in. Key objects come from JWK: OpenSSL's DER decoder takes five to ten times as long.
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
import { assertBytes, assertRange, rangeFits } from './bytes.ts';
import { deriveWith } from './derive.ts';
import { nobleHashes } from './noble.ts';
import type { AgreementKey, CryptoSuite } from './port.ts';
import { AEAD_KEY_BYTES, AEAD_NONCE_BYTES, AEAD_TAG_BYTES, X25519_KEY_BYTES } from './port.ts';

interface NativeAgreementKey extends AgreementKey {
  /** Undefined once forgotten: OpenSSL cleanses the secret when the object is collected. */
  privateKey: KeyObject | undefined;
}

/** DER head of an X25519 private key (RFC 8410 §7); the 32 secret bytes follow. */
const PKCS8_HEAD = Buffer.from('302e020100300506032b656e04220420', 'hex');
/** No secret has this public key. */
const NO_PUBLIC_KEY = Buffer.alloc(X25519_KEY_BYTES).toString('base64url');
const CIPHER = 'chacha20-poly1305';

function toBase64Url(bytes: Uint8Array, offset: number): string {
  const view = Buffer.from(bytes.buffer, bytes.byteOffset + offset, X25519_KEY_BYTES);
  return view.toString('base64url');
}

function importPublic(bytes: Uint8Array, offset: number): KeyObject {
  const x = toBase64Url(bytes, offset);
  return createPublicKey({ key: { kty: 'OKP', crv: 'X25519', x }, format: 'jwk' });
}

function importPrivateDer(secret: Uint8Array): KeyObject {
  const key = Buffer.concat([PKCS8_HEAD, secret]);
  const privateKey = createPrivateKey({ key, format: 'der', type: 'pkcs8' });
  key.fill(0);
  return privateKey;
}

/** The public key of a private one, base64url. */
function publicOf(privateKey: KeyObject): string {
  return createPublicKey(privateKey).export({ format: 'jwk' }).x as string;
}

/**
 * A private JWK must also name its public key, which is what we want to know. Node looks only at whether it is there; should a version
 * compare or believe it, the slower form is used.
 */
function importPrivate(secret: Uint8Array): { privateKey: KeyObject; x: string } {
  try {
    const key = { kty: 'OKP', crv: 'X25519', d: toBase64Url(secret, 0), x: NO_PUBLIC_KEY };
    const privateKey = createPrivateKey({ key, format: 'jwk' });
    const x = publicOf(privateKey);
    if (x !== NO_PUBLIC_KEY) return { privateKey, x };
  } catch {
    // Compared: fall through.
  }
  const privateKey = importPrivateDer(secret);
  return { privateKey, x: publicOf(privateKey) };
}

function hkdfNative(secret: Uint8Array, salt: Uint8Array, info: Uint8Array, out: Uint8Array): void {
  out.set(new Uint8Array(hkdfSync('sha256', secret, salt, info, out.length)));
}

export function createNativeSuite(): CryptoSuite {
  return {
    name: 'native',
    agreementKey(secret): NativeAgreementKey {
      assertBytes('X25519 secret', secret, X25519_KEY_BYTES);
      const { privateKey, x } = importPrivate(secret);
      return { privateKey, publicKey: new Uint8Array(Buffer.from(x, 'base64url')) };
    },
    forget(key): void {
      (key as NativeAgreementKey).privateKey = undefined;
    },
    agree(key, peer, peerOffset, out): boolean {
      assertRange('shared secret', out, 0, X25519_KEY_BYTES);
      const { privateKey } = key as NativeAgreementKey;
      if (privateKey === undefined) throw new Error('agree: the key was forgotten');
      out.fill(0, 0, X25519_KEY_BYTES);
      if (!rangeFits(peer, peerOffset, X25519_KEY_BYTES)) return false;
      const publicKey = importPublic(peer, peerOffset);
      let shared: Buffer;
      try {
        shared = diffieHellman({ privateKey, publicKey });
      } catch {
        // OpenSSL refuses an all-zero result, as noble does.
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
      if (length < 0 || !rangeFits(sealed, sealedOffset, sealedLength)) return -1;
      assertRange('opened text', out, outOffset, length);
      const decipher = createDecipheriv(CIPHER, key, nonce, { authTagLength: AEAD_TAG_BYTES });
      decipher.setAAD(associated, { plaintextLength: length });
      decipher.setAuthTag(sealed.subarray(sealedOffset + length, sealedOffset + sealedLength));
      const text = decipher.update(sealed.subarray(sealedOffset, sealedOffset + length));
      try {
        decipher.final();
      } catch {
        // The tag does not match.
        return -1;
      }
      out.set(text, outOffset);
      return length;
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
