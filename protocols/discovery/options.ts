/** Settings of discovery; defaults with unit and source are in `params.ts`. */
import type { Micros } from '../host.ts';

/** Of a registrar's table. */
export interface RegistrarOptions {
  /**
   * `tickets`: whoever comes back after the waiting time is admitted, and no network gets more than its share. `free`: everybody at once; a full
   * table drops its oldest advertisement. The second is what most address books do, and is here to be compared.
   */
  admission: 'tickets' | 'free';
  /** Advertisements that a table holds. */
  capacity: number;
  adLifetimeUs: Micros;
  /** A table holds at most so many advertisements from one endpoint network (/24, or /48 of IPv6). */
  adsPerNetwork: number;
  /** A ticket is good for so long after the waiting time is over. */
  windowUs: Micros;
}

export interface DiscoveryOptions extends RegistrarOptions {
  /** Independent places of each service in the address space, 1..8. */
  shelves: number;
  /** Registrars of a shelf that an advertiser uses and a searcher may ask, each from another endpoint network. */
  registrars: number;
  /** Registrars that must have answered before a search is content, however much the first one knew. */
  voices: number;
  /** Queries that a search has under way at once. */
  parallel: number;
  requestTimeoutUs: Micros;

  /** How long a manifest of ours holds, seconds. */
  manifestSeconds: number;
  /** New terms begin no sooner than this after they are told, seconds. */
  noticeSeconds: number;
  /** A peer may come with new terms this often at most, seconds. */
  renegotiateSeconds: number;
  /** How long a peer that declined, or was declined, is left alone, seconds. */
  retrySeconds: number;
  /** Scores of peers are looked at this often. */
  reviewEveryUs: Micros;
}

/** Why nobody can run with these settings; undefined if one can. */
export function optionsFault(options: DiscoveryOptions): string | undefined {
  const half = Math.floor(options.manifestSeconds / 2);
  const counts = [
    ['capacity of the table', options.capacity, 1, 65_535],
    ['advertisements per network', options.adsPerNetwork, 1, options.capacity],
    ['shelves', options.shelves, 1, 8],
    ['registrars of a shelf', options.registrars, 1, 16],
    ['voices', options.voices, 1, options.shelves * options.registrars],
    ['queries at once', options.parallel, 1, options.registrars],
    // Times on the wire are 32 bits of milliseconds.
    ['life of an advertisement', options.adLifetimeUs, 1_000_000, 30 * 86_400_000_000],
    // A ticket that outlives an advertisement could be used twice.
    ['window of a ticket', options.windowUs, 1_000, options.adLifetimeUs - 1],
    ['request timeout', options.requestTimeoutUs, 1, Number.MAX_SAFE_INTEGER],
    ['life of a manifest', options.manifestSeconds, 2, 30 * 86_400],
    // What comes next is told when half of a manifest's life is over.
    ['notice', options.noticeSeconds, 0, half - options.renegotiateSeconds],
    ['time between renegotiations', options.renegotiateSeconds, 0, half],
    ['time between attempts', options.retrySeconds, 1, 0xffff_ffff],
    ['time between reviews', options.reviewEveryUs, 1, Number.MAX_SAFE_INTEGER],
  ] as const;
  for (const [name, value, least, most] of counts)
    if (!Number.isSafeInteger(value) || value < least || value > most)
      return `${name}: expected ${least}..${most}, got ${value}`;
  return undefined;
}
