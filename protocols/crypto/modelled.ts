/**
 * The modelled suite: same sizes, same successes, same failures, no secrecy.
 *
 * For worlds so large that real cryptography would be all they do. Nothing here protects anything. A "public key" is a hash of the
 * secret; an "agreement" is computed from the two public keys, so both sides get the same and so would anybody else; "sealing" leaves the text
 * readable and appends a keyed hash of everything that the real tag covers. What a run can notice is right: a wrong key, nonce,
 * associated data or text does not open (except with probability 2^-64), low-order points are refused, and arrays are as long as the real
 * ones. So a modelled run has the sizes, timing and order of a real one, which the digest test compares.
 *
 * `agree` and `deriveKeys`, which every node of a zone calls for every packet, allocate nothing; `seal` and `open`, which its two ends
 * call, make at most one view, since copying in a loop takes several times as long. SHA-256, Keccak, HKDF and accounts are the real ones, since
 * addresses must not depend on the suite. Signatures are recovered once each: in one process, all members of a group ask for the same ones.
 */
import { accountPublicKey, accountRecover, accountSign, SIGNATURE_BYTES } from './account.ts';
import { assertBytes, assertRange, copyBytes, equalConstantTime, rangeFits } from './bytes.ts';
import { isLowOrder } from './low-order.ts';
import { absorb, createLanes, spread, start } from './modelled-hash.ts';
import { nobleHashes } from './noble.ts';
import type { AgreementKey, CryptoSuite } from './port.ts';
import {
  AEAD_KEY_BYTES,
  AEAD_NONCE_BYTES,
  AEAD_TAG_BYTES,
  HASH_BYTES,
  X25519_KEY_BYTES,
} from './port.ts';

interface ModelledAgreementKey extends AgreementKey {
  forgotten: boolean;
}

/** What a hash is made for. */
const DOMAIN_PUBLIC = 1;
const DOMAIN_TAG = 2;
const DOMAIN_DERIVE = 3;

/** Signatures remembered, twice over: those of a few seconds of a world full of groups. */
const REMEMBERED_MAX = 4_096;

/** A u-coordinate is below 2^255: the top bit of a public key and of a shared secret is clear. */
const TOP_BYTE_MASK = 0x7f;

/**
 * Writes a hash of `own` exclusive or `peer`: the same from both ends, different for different peers (each step can be undone), and
 * not zero where both are the same key.
 */
function mixKeys(own: Uint8Array, peer: Uint8Array, peerOffset: number, out: Uint8Array): void {
  let carry = 0x243f6a88;
  for (let i = 0; i < X25519_KEY_BYTES; i += 4) {
    const at = peerOffset + i;
    const word =
      (own[i]! ^ peer[at]!) |
      ((own[i + 1]! ^ peer[at + 1]!) << 8) |
      ((own[i + 2]! ^ peer[at + 2]!) << 16) |
      ((own[i + 3]! ^ peer[at + 3]!) << 24);
    carry = Math.imul(carry ^ (carry >>> 15) ^ word, 0x9e3779b1);
    out[i] = carry;
    out[i + 1] = carry >>> 8;
    out[i + 2] = carry >>> 16;
    out[i + 3] = carry >>> 24;
  }
  out[X25519_KEY_BYTES - 1]! &= TOP_BYTE_MASK;
}

export function createModelledSuite(): CryptoSuite {
  const lanes = createLanes();
  const expected = new Uint8Array(AEAD_TAG_BYTES);

  function writeTag(
    key: Uint8Array,
    nonce: Uint8Array,
    associated: Uint8Array,
    text: Uint8Array,
    offset: number,
    length: number,
    out: Uint8Array,
    outOffset: number,
  ): void {
    assertBytes('AEAD key', key, AEAD_KEY_BYTES);
    assertBytes('AEAD nonce', nonce, AEAD_NONCE_BYTES);
    start(lanes, DOMAIN_TAG);
    absorb(lanes, key, 0, AEAD_KEY_BYTES);
    absorb(lanes, nonce, 0, AEAD_NONCE_BYTES);
    absorb(lanes, associated, 0, associated.length);
    absorb(lanes, text, offset, length);
    spread(lanes, out, outOffset, AEAD_TAG_BYTES);
  }

  return {
    name: 'modelled',
    agreementKey(secret): ModelledAgreementKey {
      assertBytes('X25519 secret', secret, X25519_KEY_BYTES);
      const publicKey = new Uint8Array(X25519_KEY_BYTES);
      start(lanes, DOMAIN_PUBLIC);
      absorb(lanes, secret, 0, X25519_KEY_BYTES);
      spread(lanes, publicKey, 0, X25519_KEY_BYTES);
      publicKey[X25519_KEY_BYTES - 1]! &= TOP_BYTE_MASK;
      return { publicKey, forgotten: false };
    },
    forget(key): void {
      (key as ModelledAgreementKey).forgotten = true;
    },
    agree(key, peer, peerOffset, out): boolean {
      assertRange('shared secret', out, 0, X25519_KEY_BYTES);
      if ((key as ModelledAgreementKey).forgotten) throw new Error('agree: the key was forgotten');
      if (!rangeFits(peer, peerOffset, X25519_KEY_BYTES) || isLowOrder(peer, peerOffset)) {
        out.fill(0, 0, X25519_KEY_BYTES);
        return false;
      }
      mixKeys(key.publicKey, peer, peerOffset, out);
      return true;
    },
    seal(key, nonce, associated, text, textOffset, textLength, out, outOffset): void {
      assertRange('text', text, textOffset, textLength);
      assertRange('sealed text', out, outOffset, textLength + AEAD_TAG_BYTES);
      copyBytes(text, textOffset, textLength, out, outOffset);
      writeTag(key, nonce, associated, out, outOffset, textLength, out, outOffset + textLength);
    },
    open(key, nonce, associated, sealed, sealedOffset, sealedLength, out, outOffset): number {
      const length = sealedLength - AEAD_TAG_BYTES;
      if (length < 0 || !rangeFits(sealed, sealedOffset, sealedLength)) return -1;
      assertRange('opened text', out, outOffset, length);
      writeTag(key, nonce, associated, sealed, sealedOffset, length, expected, 0);
      if (!equalConstantTime(expected, 0, sealed, sealedOffset + length, AEAD_TAG_BYTES)) return -1;
      copyBytes(sealed, sealedOffset, length, out, outOffset);
      return length;
    },
    deriveKeys(shared, first, second, out): void {
      assertBytes('shared secret', shared, X25519_KEY_BYTES);
      assertBytes('first public key', first, X25519_KEY_BYTES);
      assertBytes('second public key', second, X25519_KEY_BYTES);
      start(lanes, DOMAIN_DERIVE);
      absorb(lanes, shared, 0, X25519_KEY_BYTES);
      absorb(lanes, first, 0, X25519_KEY_BYTES);
      absorb(lanes, second, 0, X25519_KEY_BYTES);
      spread(lanes, out, 0, out.length);
    },
    ...nobleHashes,
    accountPublicKey,
    accountSign,
    accountRecover: remembering(accountRecover),
  };
}

type Recover = CryptoSuite['accountRecover'];

/** The same function, which does not work out again what it was asked lately. */
function remembering(recover: Recover): Recover {
  let recent = new Map<string, Uint8Array | undefined>();
  let older = new Map<string, Uint8Array | undefined>();
  return (digest, signature) => {
    if (digest.length !== HASH_BYTES || signature.length !== SIGNATURE_BYTES)
      return recover(digest, signature);
    const name = `${String.fromCharCode(...digest)}${String.fromCharCode(...signature)}`;
    const known = recent.has(name) ? recent : older.has(name) ? older : undefined;
    const publicKey = known === undefined ? recover(digest, signature) : known.get(name);
    if (known !== recent) {
      if (recent.size >= REMEMBERED_MAX) [recent, older] = [new Map(), recent];
      recent.set(name, publicKey);
    }
    // Whoever gets it may change it.
    return publicKey?.slice();
  };
}
