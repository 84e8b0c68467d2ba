/**
 * The modelled suite: same sizes, same successes, same failures, no secrecy.
 *
 * For worlds so large that real cryptography would be all they do. A "public key" is a mix of the secret, an "agreement" the exclusive or
 * of the two public keys (so both sides get the same, and anybody could compute it), "sealing" copies the text and
 * appends a keyed tag over everything that the real tag covers. A wrong key, nonce, associated data or text does not
 * open, with probability 1 - 2^-64. Nothing here protects anything: a modelled run is about sizes, timing and order, which are exactly those
 * of a real one (the digest test compares them). Hashes and accounts are the real ones; addresses depend on them.
 */
import { accountPublicKey, accountRecover, accountSign } from './account.ts';
import { assertBytes } from './bytes.ts';
import { nobleHashes } from './noble.ts';
import type { AgreementKey, CryptoSuite } from './port.ts';
import { AEAD_KEY_BYTES, AEAD_NONCE_BYTES, AEAD_TAG_BYTES, X25519_KEY_BYTES } from './port.ts';

/**
 * Two lanes of 32 bits that absorb words and are then spread over as many bytes as asked. Functions over a two-element array
 * rather than a class: this runs for every packet at every zone node, and locals stay in registers.
 */
type Lanes = Uint32Array;

function start(lanes: Lanes, domain: number): void {
  lanes[0] = domain ^ 0x243f6a88;
  lanes[1] = domain ^ 0x85a308d3;
}

/** Absorbs `length` and the bytes, four at a time. */
function absorb(lanes: Lanes, bytes: Uint8Array, offset: number, length: number): void {
  let a = lanes[0]! ^ length;
  let b = lanes[1]!;
  const whole = offset + (length & ~3);
  let i = offset;
  for (; i < whole; i += 4) {
    const w = (bytes[i]! << 24) | (bytes[i + 1]! << 16) | (bytes[i + 2]! << 8) | bytes[i + 3]!;
    a = Math.imul(a ^ w, 0x9e3779b1);
    a ^= a >>> 15;
    b = Math.imul((b + w + a) | 0, 0x85ebca6b);
    b ^= b >>> 13;
  }
  for (; i < offset + length; i++) {
    a = Math.imul(a ^ bytes[i]! ^ 0x100, 0x9e3779b1);
    a ^= a >>> 15;
    b = Math.imul((b + a) | 0, 0x85ebca6b);
    b ^= b >>> 13;
  }
  lanes[0] = a;
  lanes[1] = b;
}

/** Writes `length` (a multiple of four) bytes that depend on everything absorbed. */
function spread(lanes: Lanes, out: Uint8Array, offset: number, length: number): void {
  let a = lanes[0]!;
  let b = lanes[1]!;
  for (let i = 0; i < length; i += 4) {
    a = Math.imul(a ^ i, 0x9e3779b1);
    a ^= a >>> 15;
    b = Math.imul((b + a) | 0, 0x85ebca6b);
    b ^= b >>> 13;
    out[offset + i] = b >>> 24;
    out[offset + i + 1] = b >>> 16;
    out[offset + i + 2] = b >>> 8;
    out[offset + i + 3] = b;
  }
}

const DOMAIN_PUBLIC = 1;
const DOMAIN_TAG = 3;
const DOMAIN_DERIVE = 4;

export function createModelledSuite(): CryptoSuite {
  const lanes: Lanes = new Uint32Array(2);
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
    start(lanes, DOMAIN_TAG);
    absorb(lanes, key, 0, AEAD_KEY_BYTES);
    absorb(lanes, nonce, 0, AEAD_NONCE_BYTES);
    absorb(lanes, associated, 0, associated.length);
    absorb(lanes, text, offset, length);
    spread(lanes, out, outOffset, AEAD_TAG_BYTES);
  }

  return {
    name: 'modelled',
    agreementKey(secret): AgreementKey {
      assertBytes('X25519 secret', secret, X25519_KEY_BYTES);
      const publicKey = new Uint8Array(X25519_KEY_BYTES);
      start(lanes, DOMAIN_PUBLIC);
      absorb(lanes, secret, 0, X25519_KEY_BYTES);
      spread(lanes, publicKey, 0, X25519_KEY_BYTES);
      return { publicKey };
    },
    agree(key, peer, peerOffset, out): boolean {
      const own = key.publicKey;
      if (peerOffset < 0 || peerOffset + X25519_KEY_BYTES > peer.length) {
        out.fill(0, 0, X25519_KEY_BYTES);
        return false;
      }
      // The exclusive or is symmetric, so both ends get the same. An all-zero point is refused, as the real suites do.
      let seen = 0;
      for (let i = 0; i < X25519_KEY_BYTES; i++) {
        const other = peer[peerOffset + i]!;
        seen |= other;
        out[i] = own[i]! ^ other;
      }
      if (seen === 0) {
        out.fill(0, 0, X25519_KEY_BYTES);
        return false;
      }
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
      start(lanes, DOMAIN_DERIVE);
      absorb(lanes, shared, 0, X25519_KEY_BYTES);
      absorb(lanes, first, 0, X25519_KEY_BYTES);
      absorb(lanes, second, 0, X25519_KEY_BYTES);
      spread(lanes, out, 0, out.length);
    },
    ...nobleHashes,
    accountPublicKey,
    accountSign,
    accountRecover,
  };
}
