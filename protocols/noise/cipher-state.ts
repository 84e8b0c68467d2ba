/**
 * Noise's CipherState (revision 34, section 5.1) for ChaChaPoly: a key and a counter that is the nonce.
 *
 * Counters are JavaScript integers, so a key serves 2^53 messages, fewer than the 2^64 - 1 that the specification allows and more than anybody
 * will send. Then it is refused: adding one to 2^53 changes nothing, and a nonce used twice gives the texts away.
 */
import {
  AEAD_KEY_BYTES,
  AEAD_NONCE_BYTES,
  AEAD_TAG_BYTES,
  type CryptoSuite,
} from '../crypto/port.ts';

const NOTHING = new Uint8Array(0);
/** Counter of a key that serves no more, used up or forgotten. */
const COUNTER_END = Number.MAX_SAFE_INTEGER + 1;

/** Writes Noise's nonce for `counter` at `out[0..12)`: four zero bytes, then the counter as 64 bits, little-endian (section 12.2). */
export function writeNonce(counter: number, out: Uint8Array): void {
  let low = counter % 0x1_0000_0000;
  let high = Math.floor(counter / 0x1_0000_0000);
  for (let i = 0; i < 4; i++) {
    out[i] = 0;
    out[4 + i] = low & 0xff;
    out[8 + i] = high & 0xff;
    low >>>= 8;
    high >>>= 8;
  }
}

export class CipherState {
  /** 32 bytes; overwritten by `rekey` and `forget`. */
  readonly key: Uint8Array;
  /** Counter of the next message. */
  counter = 0;
  readonly #suite: CryptoSuite;
  readonly #nonce = new Uint8Array(AEAD_NONCE_BYTES);

  constructor(suite: CryptoSuite, key: Uint8Array) {
    this.#suite = suite;
    this.key = key.slice(0, AEAD_KEY_BYTES);
  }

  /** A state that goes on by itself. */
  copy(): CipherState {
    const copy = new CipherState(this.#suite, this.key);
    copy.counter = this.counter;
    return copy;
  }

  /** ENCRYPT: writes `length` + 16 bytes at `out[outOffset]`. @returns how many. @throws if the key is used up or forgotten. */
  seal(
    associated: Uint8Array,
    text: Uint8Array,
    offset: number,
    length: number,
    out: Uint8Array,
    outOffset: number,
  ): number {
    this.#assertUsable();
    writeNonce(this.counter, this.#nonce);
    this.#suite.seal(this.key, this.#nonce, associated, text, offset, length, out, outOffset);
    this.counter++;
    return length + AEAD_TAG_BYTES;
  }

  /** DECRYPT: the plaintext's length at `out[outOffset]`, or -1, which leaves the counter where it was. */
  open(
    associated: Uint8Array,
    sealed: Uint8Array,
    offset: number,
    length: number,
    out: Uint8Array,
    outOffset: number,
  ): number {
    if (length < AEAD_TAG_BYTES || this.counter >= COUNTER_END) return -1;
    writeNonce(this.counter, this.#nonce);
    const opened = this.#suite.open(
      this.key,
      this.#nonce,
      associated,
      sealed,
      offset,
      length,
      out,
      outOffset,
    );
    if (opened >= 0) this.counter++;
    return opened;
  }

  /**
   * REKEY (section 4.2): the first 32 bytes of zeros encrypted under the largest nonce. The counter goes on.
   * @throws if the key is used up or forgotten.
   */
  rekey(): void {
    this.#assertUsable();
    const sealed = new Uint8Array(AEAD_KEY_BYTES + AEAD_TAG_BYTES);
    this.#nonce.fill(0xff);
    this.#nonce.fill(0, 0, 4);
    const zeros = new Uint8Array(AEAD_KEY_BYTES);
    this.#suite.seal(this.key, this.#nonce, NOTHING, zeros, 0, AEAD_KEY_BYTES, sealed, 0);
    this.key.set(sealed.subarray(0, AEAD_KEY_BYTES));
  }

  /** Wipes the key. From then on nothing opens, and sealing throws: everybody knows a key of zeros. */
  forget(): void {
    this.key.fill(0);
    this.counter = COUNTER_END;
  }

  #assertUsable(): void {
    if (this.counter >= COUNTER_END) throw new Error('the key is used up or forgotten');
  }
}
