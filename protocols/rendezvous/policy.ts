/** What a node may decide for itself about helping others to meet, and about being met. */
import type { PeerHandle } from '../host.ts';

export interface RendezvousPolicy {
  /** Whether to tell two neighbours of each other's endpoints. Limits and proofs come on top. */
  introduce(asker: PeerHandle, other: PeerHandle): boolean;
  /** Whether to carry datagrams between two neighbours that cannot reach each other. Limits come on top. */
  relay(a: PeerHandle, b: PeerHandle): boolean;
  /** Whether to be called by `other`, and call it, because neighbour `via` says that it wants to. */
  meet(other: PeerHandle, via: PeerHandle): boolean;
}

export const HONEST_RENDEZVOUS_POLICY: RendezvousPolicy = {
  introduce: () => true,
  relay: () => true,
  meet: () => true,
};
