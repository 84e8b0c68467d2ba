/**
 * Numbers of the overlay: value, unit, source, and what happens when they are turned.
 */
import { MICROS_PER_SECOND } from '../host.ts';
import type { OverlayOptions } from './options.ts';

/** The overlay as a node runs it when nobody says otherwise. */
export const DEFAULT_OVERLAY_OPTIONS: Readonly<OverlayOptions> = {
  start: 'converged',
  /** Contacts a bin. Our choice: hops fall with log2(n) / b, and b grows from 4.4 at 8 to only 5.7 at 20. */
  bucket: 8,
  /** Requests in flight of one look-up (Maymounkov & Mazières 2002 §2.3). */
  alpha: 3,
  /** Peers that make a neighbourhood (Swarm, network/kademlia.go NeighbourhoodSize). */
  neighbourhood: 2,
  /** Links are conversations between two neighbours, so both ends know them. */
  symmetric: true,
  /** Ten minutes: short enough that a table outlives the median session of measured networks (hours) many times. */
  refreshUs: 600 * MICROS_PER_SECOND,
  /** A request unanswered for this long has failed (OverSim, Swarm: 1.5 s; the slowest Internet round trip is below 1 s). */
  requestTimeoutUs: 1_500_000,
  /** A quarter of a bin: two contacts of eight (go-ethereum: two of sixteen). Below two the limit would forbid pairs. */
  networkShareRatio: 0.25,
  lookupEveryUs: 0,
};

/**
 * Most contacts in one bin of the neighbourhood, where bins have no other limit. An honest neighbourhood holds a handful;
 * the bound is what a swarm of Sybils ground into our zone can cost us in memory.
 */
export const NEIGHBOURHOOD_BIN_MAX = 64;

/** Peers known but not connected that a node remembers, over all bins (32-bit handles). */
export const CANDIDATES_MAX = 16;

/** Pings to strangers that may be unanswered at one time; beyond it strangers wait among the candidates. */
export const VERIFICATIONS_MAX = 16;

/** Requests of all kinds that may be unanswered at one time. */
export const REQUESTS_MAX = 256;

/** Look-ups that may run at one time. */
export const LOOKUPS_MAX = 16;

/** A full bin's stalest contact is challenged for a newcomer only when silent for this many seconds. */
export const CHALLENGE_AGE_SECONDS = 30;

/** Narrow look-ups in a row that may find nobody new for a bin before a refresh closes the bin with one wide look-up. */
export const FILL_MISSES_MAX = 2;

/** Wait before healing after a loss, and before another attempt to join, in microseconds (jittered from half to full). */
export const HEAL_DELAY_US = MICROS_PER_SECOND;
export const JOIN_RETRY_US = 5 * MICROS_PER_SECOND;

/** Results of a look-up that samples the network's density: relative error 1/sqrt(k - 2) = 0.24 each (anonymity V36). */
export const SAMPLE_WIDTH = 20;

/** Samples remembered, and the fewest from which an estimate of the network's size is given (anonymity §5.2: 8). */
export const SAMPLES_KEPT = 16;
export const SAMPLES_MIN = 8;
