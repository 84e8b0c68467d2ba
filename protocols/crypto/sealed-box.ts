/**
 * A message sealed to an X25519 key: what a dark packet carries.
 *
 * | bytes | field |
 * |---|---|
 * | 32 | ephemeral public key |
 * | n | ciphertext |
 * | 16 | Poly1305 tag |
 *
 * Both sides derive, from the agreement and bound to both public keys, an AEAD key and an 8-byte *view tag*. The packet header shows
 * the view tag where a topic would stand: it changes with every message, only the two ends can compute it, and a zone node that is
 * not the recipient knows after one agreement, without touching the ciphertext, that the packet is not for it. The nonce is zero: the
 * key is used for one message only, as the ephemeral secret is.
 *
 * The tag is 64 bits: a node takes another's packet for its own once in 2^64, and then finds out by the AEAD. Showing it costs no secrecy,
 * since tag and key are separate blocks of one HKDF output. It does not hide the sender from the recipient, nor does it authenticate
 * the sender: anybody can seal to a public key.
 *
 * Scratch space is kept per instance, so nothing is allocated per packet beyond what a suite itself allocates, and secrets are wiped
 * from it before a call returns.
 */
import { equalConstantTime, rangeFits } from './bytes.ts';
import type { AgreementKey, CryptoSuite } from './port.ts';
import { AEAD_KEY_BYTES, AEAD_NONCE_BYTES, AEAD_TAG_BYTES, X25519_KEY_BYTES } from './port.ts';

/** Bytes that sealing adds: ephemeral key and tag. */
export const SEALED_OVERHEAD_BYTES = X25519_KEY_BYTES + AEAD_TAG_BYTES;
export const VIEW_TAG_BYTES = 8;

const NONCE = new Uint8Array(AEAD_NONCE_BYTES);

export class SealedBox {
  /** View tag of the message sealed last; overwritten by the next `sealTo` or `viewTagMatches`. */
  readonly viewTag = new Uint8Array(VIEW_TAG_BYTES);
  readonly #suite: CryptoSuite;
  readonly #ephemeral = new Uint8Array(X25519_KEY_BYTES);
  /** Shared secret, then what is derived from it: side by side, to be wiped at once. */
  readonly #secrets = new Uint8Array(X25519_KEY_BYTES + AEAD_KEY_BYTES + VIEW_TAG_BYTES);
  readonly #shared = this.#secrets.subarray(0, X25519_KEY_BYTES);
  readonly #material = this.#secrets.subarray(X25519_KEY_BYTES);
  readonly #key = this.#material.subarray(0, AEAD_KEY_BYTES);

  constructor(suite: CryptoSuite) {
    this.#suite = suite;
  }

  /**
   * Seals `text[textOffset..+textLength)` to `recipientPublic` and writes textLength + 48 bytes at `out[outOffset]`; the message's
   * view tag is then in `viewTag`. `ephemeralSecret` (32 bytes) must never be used twice. `associated` is authenticated,
   * not sent. The text may stand in `out` where its ciphertext will, at `outOffset` + 32.
   * @returns false when the recipient's key is of low order (nothing is written).
   */
  sealTo(
    recipientPublic: Uint8Array,
    ephemeralSecret: Uint8Array,
    associated: Uint8Array,
    text: Uint8Array,
    textOffset: number,
    textLength: number,
    out: Uint8Array,
    outOffset: number,
  ): boolean {
    const ephemeral = this.#suite.agreementKey(ephemeralSecret);
    const agreed = this.#suite.agree(ephemeral, recipientPublic, 0, this.#shared);
    this.#suite.forget(ephemeral);
    if (!agreed) return false;
    this.#suite.deriveKeys(this.#shared, ephemeral.publicKey, recipientPublic, this.#material);
    const at = outOffset + X25519_KEY_BYTES;
    this.#suite.seal(this.#key, NONCE, associated, text, textOffset, textLength, out, at);
    out.set(ephemeral.publicKey, outOffset);
    this.#takeViewTag();
    this.#wipe();
    return true;
  }

  /**
   * Whether the message at `sealed[offset]` carries the view tag `tag[tagOffset..+8)` for `key`; false if either lies outside its
   * array. Costs one agreement.
   */
  viewTagMatches(
    key: AgreementKey,
    sealed: Uint8Array,
    offset: number,
    tag: Uint8Array,
    tagOffset: number,
  ): boolean {
    if (!this.#derive(key, sealed, offset)) return false;
    this.#takeViewTag();
    this.#wipe();
    return equalConstantTime(this.viewTag, 0, tag, tagOffset, VIEW_TAG_BYTES);
  }

  /**
   * Opens the `length` bytes at `sealed[offset]` (overhead included).
   * @returns length of the text written at `out[outOffset]`, or -1 (nothing written) if it is not for `key`, was altered, is too
   * short, or does not lie within `sealed`.
   */
  open(
    key: AgreementKey,
    sealed: Uint8Array,
    offset: number,
    length: number,
    associated: Uint8Array,
    out: Uint8Array,
    outOffset: number,
  ): number {
    if (length < SEALED_OVERHEAD_BYTES || !rangeFits(sealed, offset, length)) return -1;
    if (!this.#derive(key, sealed, offset)) return -1;
    const opened = this.#suite.open(
      this.#key,
      NONCE,
      associated,
      sealed,
      offset + X25519_KEY_BYTES,
      length - X25519_KEY_BYTES,
      out,
      outOffset,
    );
    this.#wipe();
    return opened;
  }

  /** Key and view tag of the message at `sealed[offset]`, into `#material`; false for a low-order or missing ephemeral key. */
  #derive(key: AgreementKey, sealed: Uint8Array, offset: number): boolean {
    if (!this.#suite.agree(key, sealed, offset, this.#shared)) return false;
    for (let i = 0; i < X25519_KEY_BYTES; i++) this.#ephemeral[i] = sealed[offset + i]!;
    this.#suite.deriveKeys(this.#shared, this.#ephemeral, key.publicKey, this.#material);
    return true;
  }

  #takeViewTag(): void {
    for (let i = 0; i < VIEW_TAG_BYTES; i++) this.viewTag[i] = this.#material[AEAD_KEY_BYTES + i]!;
  }

  /** Keys live only as long as the call that needed them. */
  #wipe(): void {
    this.#secrets.fill(0);
  }
}
