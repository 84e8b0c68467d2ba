/** Settings of the overlay; defaults with unit and source are in `params.ts`. */

export interface OverlayOptions {
  start: 'join' | 'converged';
  /** Contacts a bin (k). */
  bucket: number;
  alpha: number;
  /** Peers that make a neighbourhood (Swarm: 2). */
  neighbourhood: number;
  /** `converged` only: fill tables so that every link is known to both ends. */
  symmetric: boolean;
  refreshUs: number;
  requestTimeoutUs: number;
  /** At most this share of one bin from one endpoint network (/24); 1 switches the limit off. */
  networkShareRatio: number;
  /** Look-ups of random addresses by each node's user, as a measured workload; 0 for none. */
  lookupEveryUs: number;
}
