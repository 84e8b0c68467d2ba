/** Settings of dark routing; defaults with unit and source are in `params.ts`. */

/** Leaks of the 2018 code, each a switch; all false by default (research: the 2018 implementation, pss.go). */
export interface LeakSwitches {
  /** Only whole bytes of luminosity: l is rounded down to a multiple of 8. */
  wholeByteLuminosity: boolean;
  /** The topic stands in clear and is the same for every message of a conversation. */
  clearTopic: boolean;
  /** The expiry is the send time plus a fixed lifetime, to the second. */
  exactExpiry: boolean;
  /** Deduplication by digest over (target, topic, payload): a longer prefix makes a new packet. */
  extensionReplay: boolean;
  /** The undisclosed rest of the routing target is zero instead of random. */
  zeroPaddedTarget: boolean;
  /** No padding to size classes. */
  noPadding: boolean;
  /** Packet identifiers are forgotten before the packet expires. */
  shortDedup: boolean;
}

export interface RoutingOptions {
  policy: 'pss' | 'pss-v2' | 'tree';
  /** `tree`: independent prefix trees per message, 1..5. */
  trees: number;
  /**
   * Mean number of random hops before routing starts, 0 for none; composes with every policy. The first hop is always taken,
   * each further one with probability 1 - 1/stemHops, so that no counter on the wire tells the distance to the sender.
   */
  stemHops: number;
  /** Choose a random peer of the right bin instead of the best one. */
  randomPeer: boolean;
  /** Bits by which a hop of a packet for many may fall short of the best one, so that more of its destinations travel together. */
  detourBits: number;
  lifetimeUs: number;
  leaks: LeakSwitches;
}
