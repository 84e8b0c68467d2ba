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
 * Scratch space is kept per instance, so nothing is allocated per packet beyond what a suite itself allocates.
 */
import { equalConstantTime } from './bytes.ts';
import type { AgreementKey, CryptoSuite } from './port.ts';
import { AEAD_KEY_BYTES, AEAD_NONCE_BYTES, AEAD_TAG_BYTES, X25519_KEY_BYTES } from './port.ts';

export const SEALED_OVERHEAD_BYTES = X25519_KEY_BYTES + AEAD_TAG_BYTES;
export const VIEW_TAG_BYTES = 8;

const NONCE = new Uint8Array(AEAD_NONCE_BYTES);

export class SealedBox {
  /** View tag of the message sealed last; overwritten by the next call of any method. */
  readonly viewTag = new Uint8Array(VIEW_TAG_BYTES);
  readonly #suite: CryptoSuite;
  readonly #shared = new Uint8Array(X25519_KEY_BYTES);
  readonly #ephemeral = new Uint8Array(X25519_KEY_BYTES);
  readonly #material = new Uint8Array(AEAD_KEY_BYTES + VIEW_TAG_BYTES);
  readonly #key = this.#material.subarray(0, AEAD_KEY_BYTES);

  constructor(suite: CryptoSuite) {
    this.#suite = suite;
  }

  /**
   * Seals `text[textOffset..+textLength)` to `recipientPublic` and writes textLength + 48 bytes at `out[outOffset]`; the message's
   * view tag is then in `viewTag`. `ephemeralSecret` (32 bytes) must never be used twice. `associated` is authenticated,
   * not sent. @returns false when the recipient's key is of low order (nothing is written).
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
    if (!this.#suite.agree(ephemeral, recipientPublic, 0, this.#shared)) return false;
    this.#suite.deriveKeys(this.#shared, ephemeral.publicKey, recipientPublic, this.#material);
    const at = outOffset + X25519_KEY_BYTES;
    this.#suite.seal(this.#key, NONCE, associated, text, textOffset, textLength, out, at);
    out.set(ephemeral.publicKey, outOffset);
    this.#takeViewTag();
    this.#forget();
    return true;
  }

  /** Whether the message at `sealed[offset]` carries the view tag `tag[tagOffset..+8)` for `key`. Costs one agreement. */
  viewTagMatches(
    key: AgreementKey,
    sealed: Uint8Array,
    offset: number,
    tag: Uint8Array,
    tagOffset: number,
  ): boolean {
    if (!this.#derive(key, sealed, offset)) return false;
    this.#takeViewTag();
    this.#forget();
    return equalConstantTime(this.viewTag, 0, tag, tagOffset, VIEW_TAG_BYTES);
  }

  /**
   * Opens the `length` bytes at `sealed[offset]` (overhead included).
   * @returns length of the text written at `out[outOffset]`, or -1 if it is not for `key`, was altered, or is too short.
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
    if (length < SEALED_OVERHEAD_BYTES || offset < 0 || offset + length > sealed.length) return -1;
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
    this.#forget();
    return opened;
  }

  #derive(key: AgreementKey, sealed: Uint8Array, offset: number): boolean {
    if (offset < 0 || offset + X25519_KEY_BYTES > sealed.length) return false;
    if (!this.#suite.agree(key, sealed, offset, this.#shared)) return false;
    for (let i = 0; i < X25519_KEY_BYTES; i++) this.#ephemeral[i] = sealed[offset + i]!;
    this.#suite.deriveKeys(this.#shared, this.#ephemeral, key.publicKey, this.#material);
    return true;
  }

  #takeViewTag(): void {
    for (let i = 0; i < VIEW_TAG_BYTES; i++) this.viewTag[i] = this.#material[AEAD_KEY_BYTES + i]!;
  }

  /** Keys live only as long as the call that needed them. */
  #forget(): void {
    this.#shared.fill(0);
    this.#material.fill(0);
  }
}
