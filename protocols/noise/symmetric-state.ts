/** Noise's SymmetricState (revision 34, section 5.2) for SHA-256: the chaining key, the transcript hash, and the cipher of the moment. */
import { utf8ToBytes } from '@noble/hashes/utils.js';
import { HASH_BYTES, type CryptoSuite } from '../crypto/port.ts';
import { CipherState } from './cipher-state.ts';

const NOTHING = new Uint8Array(0);

export class SymmetricState {
  /** h: what both sides have said so far. 32 bytes. */
  hash: Uint8Array;
  #chainingKey: Uint8Array;
  #cipher: CipherState | undefined;
  readonly #suite: CryptoSuite;

  constructor(suite: CryptoSuite, protocolName: string) {
    this.#suite = suite;
    const name = utf8ToBytes(protocolName);
    // InitializeSymmetric: a short name is padded, a long one hashed.
    this.hash = new Uint8Array(HASH_BYTES);
    if (name.length <= HASH_BYTES) this.hash.set(name);
    else this.hash.set(suite.sha256(name));
    this.#chainingKey = this.hash;
  }

  copy(): SymmetricState {
    const copy = new SymmetricState(this.#suite, '');
    // Hashes are replaced, never written into, so they may be shared.
    copy.hash = this.hash;
    copy.#chainingKey = this.#chainingKey;
    copy.#cipher = this.#cipher?.copy();
    return copy;
  }

  get hasKey(): boolean {
    return this.#cipher !== undefined;
  }

  mixHash(bytes: Uint8Array): void {
    const input = new Uint8Array(HASH_BYTES + bytes.length);
    input.set(this.hash);
    input.set(bytes, HASH_BYTES);
    this.hash = this.#suite.sha256(input);
  }

  mixKey(secret: Uint8Array): void {
    const out = this.#derive(secret);
    this.#chainingKey = out.slice(0, HASH_BYTES);
    this.#cipher = new CipherState(this.#suite, out.subarray(HASH_BYTES));
    out.fill(0);
  }

  /** EncryptAndHash. @returns bytes written at `out[outOffset]`: `length`, and 16 more once there is a key. */
  seal(
    text: Uint8Array,
    offset: number,
    length: number,
    out: Uint8Array,
    outOffset: number,
  ): number {
    let written = length;
    if (this.#cipher === undefined) out.set(text.subarray(offset, offset + length), outOffset);
    else written = this.#cipher.seal(this.hash, text, offset, length, out, outOffset);
    this.mixHash(out.subarray(outOffset, outOffset + written));
    return written;
  }

  /** DecryptAndHash. @returns bytes at `out[outOffset]`, or -1. */
  open(
    bytes: Uint8Array,
    offset: number,
    length: number,
    out: Uint8Array,
    outOffset: number,
  ): number {
    const sealed = bytes.slice(offset, offset + length);
    let opened = length;
    if (this.#cipher === undefined) out.set(sealed, outOffset);
    else opened = this.#cipher.open(this.hash, sealed, 0, length, out, outOffset);
    if (opened >= 0) this.mixHash(sealed);
    return opened;
  }

  /** Split: the two transport keys, the initiator's first. The chaining key is gone afterwards. */
  split(): [CipherState, CipherState] {
    const out = this.#derive(NOTHING);
    const first = new CipherState(this.#suite, out.subarray(0, HASH_BYTES));
    const second = new CipherState(this.#suite, out.subarray(HASH_BYTES));
    out.fill(0);
    this.#chainingKey = new Uint8Array(HASH_BYTES);
    this.#cipher?.forget();
    return [first, second];
  }

  #derive(secret: Uint8Array): Uint8Array {
    const out = new Uint8Array(2 * HASH_BYTES);
    this.#suite.hkdf(secret, this.#chainingKey, NOTHING, out);
    return out;
  }
}
