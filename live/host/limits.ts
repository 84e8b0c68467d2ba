/**
 * How much of the network a host listens to: token buckets, one for each source and one for all together.
 *
 * A source is an IPv4 address or the first 64 bits of an IPv6 one, not an endpoint: whoever has an address has all its ports, and whoever has
 * an IPv6 host has 2^64 addresses. The buckets live in a table of fixed size, four places to each hash; a source without a place takes that of
 * the one heard least recently and begins with a full bucket. So forgetting never hurts an honest source, a flood from one source keeps its
 * own bucket in place, and a flood from invented sources costs no memory and meets the bucket of all.
 *
 * From that one, strangers may take only the upper half. What is below is kept for endpoints that the node holds, its conversations: invented
 * sources then drown other strangers but no neighbour.
 */
import { isIpv4 } from './endpoint-text.ts';

export interface RateLimit {
  /** Datagrams a second in the long run. */
  perSecond: number;
  /** Datagrams at once after a silence. */
  burst: number;
}

/** One neighbour that relays at full rate sends hundreds of datagrams a second; many may stand behind one address. Our choice. */
export const SOURCE_LIMIT: Readonly<RateLimit> = { perSecond: 2_000, burst: 4_000 };
/** More than one core can decrypt, so that it only binds in a flood. Our choice. */
export const TOTAL_LIMIT: Readonly<RateLimit> = { perSecond: 50_000, burst: 50_000 };

const US_PER_S = 1_000_000;
/** Places for each hash. */
const WAYS = 4;
/** Places in all; 24 bytes each. */
const PLACES = 16_384;
/** Share of the common bucket that strangers leave alone. */
const RESERVED_RATIO = 0.5;

function checked(limit: RateLimit): RateLimit {
  const { perSecond, burst } = limit;
  if (!(perSecond > 0 && perSecond < Infinity && burst >= 1 && burst < Infinity))
    throw new Error(
      `a limit of ${perSecond} datagrams a second and ${burst} at once: expected numbers above 0, at least 1 at once`,
    );
  return { perSecond, burst };
}

/** The buckets of all sources. */
export class SourceLimiter {
  readonly #perUs: number;
  readonly #burst: number;
  readonly #secret: number;
  readonly #high = new Uint32Array(PLACES);
  readonly #low = new Uint32Array(PLACES);
  readonly #tokens = new Float64Array(PLACES);
  /** When the place was last used, steady microseconds; -1 for an empty one. */
  readonly #usedUs = new Float64Array(PLACES).fill(-1);

  /** @param secret 32 bits that nobody else knows, so that nobody can choose sources which share places. */
  constructor(limit: RateLimit, secret: number) {
    const { perSecond, burst } = checked(limit);
    this.#perUs = perSecond / US_PER_S;
    this.#burst = burst;
    this.#secret = secret;
  }

  /** Takes one token of the source of the endpoint at `bytes[at..+18)`. @returns false if it has none. `nowUs` >= 0 never falls. */
  take(bytes: Uint8Array, at: number, nowUs: number): boolean {
    // The 64-bit prefixes below ::/32 that an IPv4 address is written as belong to nobody on the IPv6 Internet.
    const mapped = isIpv4(bytes, at);
    const high = mapped ? 0 : word(bytes, at);
    const low = mapped ? word(bytes, at + 12) : word(bytes, at + 4);
    const place = this.#placeOf(high, low);
    const waitedUs = nowUs - this.#usedUs[place]!;
    const tokens = Math.min(this.#burst, this.#tokens[place]! + waitedUs * this.#perUs);
    this.#usedUs[place] = nowUs;
    this.#tokens[place] = tokens >= 1 ? tokens - 1 : tokens;
    return tokens >= 1;
  }

  #placeOf(high: number, low: number): number {
    const first = (this.#hash(high, low) & (PLACES / WAYS - 1)) * WAYS;
    let oldest = first;
    for (let place = first; place < first + WAYS; place++) {
      if (this.#usedUs[place]! >= 0 && this.#high[place] === high && this.#low[place] === low)
        return place;
      if (this.#usedUs[place]! < this.#usedUs[oldest]!) oldest = place;
    }
    this.#high[oldest] = high;
    this.#low[oldest] = low;
    this.#tokens[oldest] = this.#burst;
    return oldest;
  }

  /** As in `EndpointBook`. */
  #hash(high: number, low: number): number {
    let hash = this.#secret;
    for (let i = 0; i < 2; i++) {
      hash ^= i === 0 ? high : low;
      hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
      hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
      hash ^= hash >>> 16;
    }
    return hash;
  }
}

/** The bucket of all sources together. */
export class TotalLimiter {
  readonly #perUs: number;
  readonly #burst: number;
  readonly #reserved: number;
  #tokens: number;
  #usedUs = 0;

  constructor(limit: RateLimit) {
    const { perSecond, burst } = checked(limit);
    this.#perUs = perSecond / US_PER_S;
    this.#burst = burst;
    this.#reserved = Math.floor(burst * RESERVED_RATIO);
    this.#tokens = burst;
  }

  /** Takes one token, from the reserve too for an endpoint that is held. @returns false if there is none. */
  take(held: boolean, nowUs: number): boolean {
    this.#tokens = Math.min(this.#burst, this.#tokens + (nowUs - this.#usedUs) * this.#perUs);
    this.#usedUs = nowUs;
    if (this.#tokens < (held ? 1 : this.#reserved + 1)) return false;
    this.#tokens--;
    return true;
  }
}

function word(bytes: Uint8Array, at: number): number {
  return (
    ((bytes[at]! << 24) | (bytes[at + 1]! << 16) | (bytes[at + 2]! << 8) | bytes[at + 3]!) >>> 0
  );
}
