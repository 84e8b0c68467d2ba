/**
 * Cookies: proof that whoever speaks from an endpoint also hears what is sent there, without keeping anything about it.
 *
 * A cookie is a keyed hash of the endpoint under a secret that changes every two minutes; the one before is accepted too. It is sent in
 * answer to an INITIATE when handshakes come in faster than they may, and costs two hashes where a handshake costs three agreements.
 */
import { equalConstantTime } from '../crypto/bytes.ts';
import type { CryptoSuite } from '../crypto/port.ts';
import type { Micros } from '../host.ts';
import { ENDPOINT_BYTES } from '../identity/peer-book.ts';
import type { RandomStream } from '../random.ts';
import { COOKIE_BYTES } from './wire.ts';

const SECRET_BYTES = 32;
/** A cookie is good for one to two of these. */
export const COOKIE_EPOCH_US = 120_000_000;

export class CookieJar {
  readonly #suite: CryptoSuite;
  readonly #random: RandomStream;
  readonly #secrets = [new Uint8Array(SECRET_BYTES), new Uint8Array(SECRET_BYTES)];
  #epoch = -1;

  constructor(suite: CryptoSuite, random: RandomStream) {
    this.#suite = suite;
    this.#random = random;
  }

  /** The cookie of an endpoint (18 bytes) at `nowUs`, 16 bytes. */
  bake(nowUs: Micros, endpoint: Uint8Array): Uint8Array {
    this.#turn(nowUs);
    return this.#cookie(this.#secrets[0]!, endpoint);
  }

  /** Whether `bytes[offset..+16)` is a cookie that this node gave to the endpoint lately. */
  accepts(nowUs: Micros, endpoint: Uint8Array, bytes: Uint8Array, offset: number): boolean {
    this.#turn(nowUs);
    return this.#secrets.some((secret) =>
      equalConstantTime(this.#cookie(secret, endpoint), 0, bytes, offset, COOKIE_BYTES),
    );
  }

  #turn(nowUs: Micros): void {
    const epoch = Math.floor(nowUs / COOKIE_EPOCH_US);
    if (epoch === this.#epoch) return;
    const first = this.#epoch < 0;
    const fresh = this.#secrets.pop()!;
    this.#random.fill(fresh, 0, SECRET_BYTES);
    this.#secrets.unshift(fresh);
    // More than one epoch of silence: the cookie of then is as old as one can be.
    if (first || epoch > this.#epoch + 1) this.#random.fill(this.#secrets[1]!, 0, SECRET_BYTES);
    this.#epoch = epoch;
  }

  #cookie(secret: Uint8Array, endpoint: Uint8Array): Uint8Array {
    const input = new Uint8Array(SECRET_BYTES + ENDPOINT_BYTES);
    input.set(secret);
    input.set(endpoint, SECRET_BYTES);
    return this.#suite.sha256(this.#suite.sha256(input)).slice(0, COOKIE_BYTES);
  }
}
