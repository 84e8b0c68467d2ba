/**
 * The modelled suite: same sizes, same successes, same failures, no secrecy.
 *
 * For worlds so large that real cryptography would be all they do. A "public key" is a mix of the secret, an "agreement" a mix of
 * the two public keys in sorted order (so both sides get the same, and anybody could compute it), "sealing" copies the text and
 * appends a keyed tag over everything that the real tag covers. A wrong key, nonce, associated data or text does not
 * open, with probability 1 - 2^-64. Nothing here protects anything: a modelled run is about sizes, timing and order, which are exactly those
 * of a real one (the digest test compares them). Hashes and accounts are the real ones; addresses depend on them.
 */
import { accountPublicKey, accountRecover, accountSign } from './account.ts';
import { assertBytes } from './bytes.ts';
import { nobleHashes } from './noble.ts';
import type { AgreementKey, CryptoSuite } from './port.ts';
import { AEAD_KEY_BYTES, AEAD_NONCE_BYTES, AEAD_TAG_BYTES, X25519_KEY_BYTES } from './port.ts';

/** Two lanes of 32 bits that absorb words; spread out into as many bytes as asked. */
class Mixer {
  #a = 0;
  #b = 0;

  start(domain: number): void {
    this.#a = domain ^ 0x243f6a88;
    this.#b = domain ^ 0x85a308d3;
  }

  word(w: number): void {
    const a = Math.imul(this.#a ^ w, 0x9e3779b1);
    this.#a = a ^ (a >>> 15);
    const b = Math.imul((this.#b + w + this.#a) | 0, 0x85ebca6b);
    this.#b = b ^ (b >>> 13);
  }

  bytes(bytes: Uint8Array, offset: number, length: number): void {
    this.word(length);
    const whole = length & ~3;
    for (let i = offset; i < offset + whole; i += 4) {
      this.word((bytes[i]! << 24) | (bytes[i + 1]! << 16) | (bytes[i + 2]! << 8) | bytes[i + 3]!);
    }
    for (let i = offset + whole; i < offset + length; i++) this.word(bytes[i]!);
  }

  spread(out: Uint8Array, offset: number, length: number): void {
    for (let i = 0; i < length; i++) {
      if ((i & 3) === 0) this.word(i);
      out[offset + i] = this.#b >>> ((i & 3) * 8);
    }
  }
}

const DOMAIN_PUBLIC = 1;
const DOMAIN_SHARED = 2;
const DOMAIN_TAG = 3;
const DOMAIN_DERIVE = 4;

export function createModelledSuite(): CryptoSuite {
  const mixer = new Mixer();
  const expected = new Uint8Array(AEAD_TAG_BYTES);

  function tag(
    key: Uint8Array,
    nonce: Uint8Array,
    associated: Uint8Array,
    text: Uint8Array,
    offset: number,
    length: number,
    out: Uint8Array,
    outOffset: number,
  ): void {
    mixer.start(DOMAIN_TAG);
    mixer.bytes(key, 0, AEAD_KEY_BYTES);
    mixer.bytes(nonce, 0, AEAD_NONCE_BYTES);
    mixer.bytes(associated, 0, associated.length);
    mixer.bytes(text, offset, length);
    mixer.spread(out, outOffset, AEAD_TAG_BYTES);
  }

  return {
    name: 'modelled',
    agreementKey(secret): AgreementKey {
      assertBytes('X25519 secret', secret, X25519_KEY_BYTES);
      const publicKey = new Uint8Array(X25519_KEY_BYTES);
      mixer.start(DOMAIN_PUBLIC);
      mixer.bytes(secret, 0, X25519_KEY_BYTES);
      mixer.spread(publicKey, 0, X25519_KEY_BYTES);
      return { publicKey };
    },
    agree(key, peer, peerOffset, out): boolean {
      const own = key.publicKey;
      let order = 0;
      let zero = 0;
      for (let i = 0; i < X25519_KEY_BYTES; i++) {
        const other = peer[peerOffset + i];
        // Out of range and the all-zero point are refused, as the real suites refuse them.
        if (other === undefined) {
          out.fill(0, 0, X25519_KEY_BYTES);
          return false;
        }
        zero |= other;
        if (order === 0) order = own[i]! - other;
      }
      if (zero === 0) {
        out.fill(0, 0, X25519_KEY_BYTES);
        return false;
      }
      mixer.start(DOMAIN_SHARED);
      if (order <= 0) {
        mixer.bytes(own, 0, X25519_KEY_BYTES);
        mixer.bytes(peer, peerOffset, X25519_KEY_BYTES);
      } else {
        mixer.bytes(peer, peerOffset, X25519_KEY_BYTES);
        mixer.bytes(own, 0, X25519_KEY_BYTES);
      }
      mixer.spread(out, 0, X25519_KEY_BYTES);
      return true;
    },
    seal(key, nonce, associated, text, textOffset, textLength, out, outOffset): void {
      assertBytes('AEAD key', key, AEAD_KEY_BYTES);
      assertBytes('AEAD nonce', nonce, AEAD_NONCE_BYTES);
      if (out !== text || outOffset !== textOffset) {
        out.set(text.subarray(textOffset, textOffset + textLength), outOffset);
      }
      tag(key, nonce, associated, out, outOffset, textLength, out, outOffset + textLength);
    },
    open(key, nonce, associated, sealed, sealedOffset, sealedLength, out, outOffset): number {
      assertBytes('AEAD key', key, AEAD_KEY_BYTES);
      assertBytes('AEAD nonce', nonce, AEAD_NONCE_BYTES);
      const length = sealedLength - AEAD_TAG_BYTES;
      if (length < 0 || sealedOffset + sealedLength > sealed.length) return -1;
      tag(key, nonce, associated, sealed, sealedOffset, length, expected, 0);
      let difference = 0;
      for (let i = 0; i < AEAD_TAG_BYTES; i++) {
        difference |= expected[i]! ^ sealed[sealedOffset + length + i]!;
      }
      if (difference !== 0) return -1;
      out.set(sealed.subarray(sealedOffset, sealedOffset + length), outOffset);
      return length;
    },
    deriveKeys(shared, first, second, out): void {
      mixer.start(DOMAIN_DERIVE);
      mixer.bytes(shared, 0, X25519_KEY_BYTES);
      mixer.bytes(first, 0, X25519_KEY_BYTES);
      mixer.bytes(second, 0, X25519_KEY_BYTES);
      mixer.spread(out, 0, out.length);
    },
    ...nobleHashes,
    accountPublicKey,
    accountSign,
    accountRecover,
  };
}
