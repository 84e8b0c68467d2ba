/**
 * What a relay decides where the protocol leaves it a choice: whether to pass a packet on, to how many of those it owes it to, and
 * when. Mechanism (headers, deduplication, whom it is owed to) is the same for all nodes; a free-rider is another policy.
 */
export interface RelayPolicy {
  /** Delay before the copies of the last decision are sent, microseconds; read after `copies`. */
  readonly delayUs: number;
  /** How many of the `owed` (>= 1) copies of this packet to send, 0..owed, first ones first. Called once per packet. */
  copies(owed: number): number;
}

/** Passes on everything, at once. */
export const HONEST_RELAY_POLICY: RelayPolicy = {
  delayUs: 0,
  copies: (owed) => owed,
};
