/**
 * Token buckets, alone and by peer. A peer's bucket is forgotten when too many others were used since; it then begins full again, so beside each
 * set of buckets there stands one for all peers together, which nobody can make forget.
 */
import type { Micros } from '../host.ts';

/** `burst` at once after a silence, `perSecond` in the long run: of datagrams, bytes or whatever is counted. */
export interface Rate {
  perSecond: number;
  burst: number;
}

const US_PER_S = 1_000_000;

export class Bucket {
  readonly #rate: Rate;
  #tokens: number;
  #usedUs: Micros = 0;

  constructor(rate: Rate) {
    this.#rate = rate;
    this.#tokens = rate.burst;
  }

  /** Takes `amount` tokens if there are so many. `nowUs` never falls. */
  take(amount: number, nowUs: Micros): boolean {
    const { perSecond, burst } = this.#rate;
    const gained = ((nowUs - this.#usedUs) / US_PER_S) * perSecond;
    this.#tokens = Math.min(burst, this.#tokens + gained);
    this.#usedUs = nowUs;
    if (this.#tokens < amount) return false;
    this.#tokens -= amount;
    return true;
  }
}

export class PeerBuckets {
  readonly #rate: Rate;
  readonly #capacity: number;
  readonly #all: Bucket;
  readonly #buckets = new Map<number, Bucket>();

  /** @param capacity peers remembered, the one unused for longest is forgotten first. */
  constructor(each: Rate, all: Rate, capacity: number) {
    this.#rate = each;
    this.#all = new Bucket(all);
    this.#capacity = capacity;
  }

  get size(): number {
    return this.#buckets.size;
  }

  eachPeer(visit: (peer: number) => void): void {
    for (const peer of this.#buckets.keys()) visit(peer);
  }

  /** Takes `amount` of the peer's own tokens, and of those of all. */
  take(peer: number, amount: number, nowUs: Micros): boolean {
    const bucket = this.#buckets.get(peer) ?? new Bucket(this.#rate);
    this.#buckets.delete(peer);
    this.#buckets.set(peer, bucket);
    if (this.#buckets.size > this.#capacity) {
      for (const oldest of this.#buckets.keys()) {
        this.#buckets.delete(oldest);
        break;
      }
    }
    // The peer's own first: who has used up its share must not use up everybody's.
    return bucket.take(amount, nowUs) && this.#all.take(amount, nowUs);
  }
}
