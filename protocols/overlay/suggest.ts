/**
 * Whom to connect to next: Swarm's suggested peer (network/kademlia.go, SuggestPeer).
 *
 * A bin is *wanted* while it has fewer connections than it should, and always from the neighbourhood's edge inwards,
 * since there a node wants everyone. Wanted bins are served from the emptiest up and, among equals, from shallow to deep;
 * the first bin with somebody to call gives the suggestion. Beyond our deepest connection bins count as empty: a peer
 * nearer than all others matters more than a third contact far away.
 */
import type { PeerHandle } from '../host.ts';
import {
  expectedBinSize,
  neighbourhoodDepth,
  neighbourhoodRadius,
  type BinSizes,
  type SaturationOptions,
} from './depth.ts';
import { BIN_COUNT } from './table.ts';

/** Peers that are known but not connected. */
export interface Candidates {
  /** Somebody of `bin` who may be called now, or -1. */
  pick(bin: number): PeerHandle;
  /** The deepest bin that anybody, callable or not, is known in; -1 when there is nobody. */
  deepest(): number;
}

/** The peer to connect to next, or -1 when no wanted bin has a candidate. Asks `candidates.pick` in order of urgency. */
export function suggestPeer(
  connected: BinSizes,
  candidates: Candidates,
  options: SaturationOptions,
): PeerHandle {
  const radius = neighbourhoodRadius(connected, options.neighbourhood);
  const depth = neighbourhoodDepth(connected, options.neighbourhood);
  let last = candidates.deepest();
  for (let bin = BIN_COUNT - 1; bin > last; bin--) if (connected.binSize(bin) > 0) last = bin;
  for (let size = 0; size < options.maximum; size++) {
    let inside = false;
    for (let bin = 0; bin <= last; bin++) {
      const connections = connected.binSize(bin);
      if (connections === 0 || bin >= radius) inside = true;
      const expected = expectedBinSize(depth, bin, options);
      const counted = inside && connections >= expected ? expected - 1 : connections;
      if (counted !== size || counted >= expected) continue;
      const peer = candidates.pick(bin);
      if (peer >= 0) return peer;
    }
  }
  return -1;
}

/** When a peer that did not answer may be called again: the wait grows by `factor` with each attempt. */
export interface RetrySchedule {
  intervalUs: number;
  factor: number;
  attemptsMax: number;
}

/**
 * Whether a peer last seen `silentUs` ago that was called `attempts` times since may be called again (Swarm, callable):
 * as many calls are allowed as `silentUs` has powers of `factor` above the interval.
 */
export function mayRetry(silentUs: number, attempts: number, schedule: RetrySchedule): boolean {
  if (attempts > schedule.attemptsMax) return false;
  let allowed = 0;
  for (let left = silentUs; left > schedule.intervalUs; left = Math.floor(left / schedule.factor))
    allowed++;
  return allowed >= attempts;
}
