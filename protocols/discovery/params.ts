/** Numbers of discovery: value, unit, source, and what happens when they are turned. */
import { MICROS_PER_SECOND } from '../host.ts';
import type { DiscoveryOptions } from './options.ts';

export const DEFAULT_DISCOVERY_OPTIONS: Readonly<DiscoveryOptions> = {
  admission: 'tickets',
  /** Half of what discv5's design simulates (1,000), at 400 bytes each. Waiting keeps a table well below it. */
  capacity: 500,
  /** discv5's design: 15 minutes. Who is gone is still shown for half of it, on average. */
  adLifetimeUs: 900 * MICROS_PER_SECOND,
  /** Two, as many as the overlay takes into a bin of eight. Below it two neighbours behind one provider exclude each other. */
  adsPerNetwork: 2,
  /** discv5's design: 10 seconds. */
  windowUs: 10 * MICROS_PER_SECOND,
  /** Three places: a swarm must sit at all of them to hide a provider. */
  shelves: 3,
  /** Four of the eight nearest: room for half of them to be of one network, or away. */
  registrars: 4,
  /** More than the two networks of a small swarm can be of a shelf: with two, one liar is half of what is heard. */
  voices: 3,
  parallel: 2,
  /** As for the overlay's requests. */
  requestTimeoutUs: 1_500_000,
  /** A day: prices for a day. */
  manifestSeconds: 86_400,
  /** Time to look for somebody else. */
  noticeSeconds: 600,
  renegotiateSeconds: 60,
  retrySeconds: 600,
  reviewEveryUs: 60 * MICROS_PER_SECOND,
};

/**
 * Exponent of the free part of a table in the waiting time: at a quarter full an applicant waits 18 times as long as at an empty one. discv5's design
 * (Król and others 2024, DISC-NG) has 10; a smaller one fills tables further and lets bursts in.
 */
export const OCCUPANCY_POWER = 10;

/** Part of an advertisement's life that even the first one waits, thousandths of a thousandth: 10^-6 at 15 minutes is a millisecond. */
export const WAIT_FLOOR = 1e-6;

/** Peers with which an agreement is kept or sought at one time. */
export const PEERS_MAX = 1_024;

/** Times that an offer is sent again before its peer is left alone for a while. */
export const OFFERS_MAX = 3;

/** Searches that may run at one time. */
export const SEARCHES_MAX = 16;

/** Requests that may be unanswered at one time. */
export const CALLS_MAX = 128;

/** Unanswered requests in a row after which an advertiser looks for another registrar. */
export const FAILURES_MAX = 2;
