/**
 * Is a table as good as the network allows? A checker for tests, invariants and reports, never for a node's decisions:
 * it needs the whole truth, which no node has.
 *
 * The strict reading of Swarm's health: a node knows somebody in its neighbourhood, is connected to all whom the full
 * knowledge puts there, agrees on where the neighbourhood begins, and has no bin before it that could be fuller.
 */
import {
  expectedBinSize,
  neighbourhoodDepth,
  type BinSizes,
  type SaturationOptions,
} from './depth.ts';
import { BIN_COUNT } from './table.ts';

export interface Health {
  /** Every neighbour is connected, and there is one. */
  connected: boolean;
  /** Every bin before the neighbourhood has what it should, or all there is; the depth is the true one. */
  saturated: boolean;
}

/** Compares what is `connected` with `everyone` who exists, both as bin sizes seen from one node. */
export function health(
  connected: BinSizes,
  everyone: BinSizes,
  options: SaturationOptions,
): Health {
  const depth = neighbourhoodDepth(everyone, options.neighbourhood);
  let neighbours = 0;
  let missing = 0;
  for (let bin = depth; bin < BIN_COUNT; bin++) {
    neighbours += everyone.binSize(bin);
    missing += everyone.binSize(bin) - connected.binSize(bin);
  }
  let saturated = neighbourhoodDepth(connected, options.neighbourhood) === depth;
  for (let bin = 0; bin < depth; bin++) {
    const possible = Math.min(expectedBinSize(depth, bin, options), everyone.binSize(bin));
    if (connected.binSize(bin) < possible) saturated = false;
  }
  return { connected: neighbours > 0 && missing === 0, saturated };
}
