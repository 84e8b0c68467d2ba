/**
 * What a table's bin sizes say: how deep our neighbourhood begins, which bins are satisfied.
 *
 * Pure functions over bin sizes alone, so that recorded tables of other implementations can be fed to them directly.
 * The meaning is Swarm's (network/kademlia.go, 2019-2021): *radius* is the proximity order that encloses the nearest
 * `neighbourhood` peers, *depth* is the radius cut at the first empty bin. A node is responsible for, and connected to,
 * everyone at or beyond its depth. Bee's later variant stands beside it for comparison.
 */
import { BIN_COUNT } from './table.ts';

/** Sizes of the bins 0..BIN_COUNT-1 and their sum. A `RoutingTable` is one. */
export interface BinSizes {
  readonly size: number;
  binSize(bin: number): number;
}

/** How many connections each bin should have. */
export interface SaturationOptions {
  /** Peers that make a neighbourhood. */
  neighbourhood: number;
  /** Fewest contacts of a satisfied bin just outside the neighbourhood. */
  minimum: number;
  /** Most contacts that any bin asks for, however shallow. */
  maximum: number;
}

/**
 * The deepest proximity order at or beyond which there are at least `neighbourhood` contacts;
 * 0 when there are no more than that altogether.
 */
export function neighbourhoodRadius(bins: BinSizes, neighbourhood: number): number {
  if (bins.size <= neighbourhood) return 0;
  let enclosed = 0;
  for (let bin = BIN_COUNT - 1; bin > 0; bin--) {
    enclosed += bins.binSize(bin);
    if (enclosed >= neighbourhood) return bin;
  }
  return 0;
}

/** Neighbourhood depth: the radius, or the first empty bin when that is shallower. 0..BIN_COUNT-1. */
export function neighbourhoodDepth(bins: BinSizes, neighbourhood: number): number {
  const radius = neighbourhoodRadius(bins, neighbourhood);
  for (let bin = 0; bin < radius; bin++) if (bins.binSize(bin) === 0) return bin;
  return radius;
}

/**
 * Contacts that `bin` should have when the neighbourhood begins at `depth`: one more for each step away from it, because
 * a shallow bin stands for more of the network and carries more of its traffic.
 */
export function expectedBinSize(depth: number, bin: number, options: SaturationOptions): number {
  const wanted = options.minimum + depth - bin - 1;
  if (wanted < options.minimum) return options.minimum;
  return wanted > options.maximum ? options.maximum : wanted;
}

/** The shallowest bin that has fewer contacts than it should, at most the neighbourhood radius. */
export function saturationDepth(bins: BinSizes, options: SaturationOptions): number {
  const radius = neighbourhoodRadius(bins, options.neighbourhood);
  const depth = neighbourhoodDepth(bins, options.neighbourhood);
  for (let bin = 0; bin < radius; bin++) {
    if (bins.binSize(bin) < expectedBinSize(depth, bin, options)) return bin;
  }
  return radius;
}

/**
 * Bee's depth (pkg/topology/kademlia, recalcDepth): the shallowest bin with fewer than `saturation` reachable contacts,
 * cut at the first empty bin and at the bin of the `lowWater`-th nearest contact; 0 with `lowWater` contacts or fewer.
 */
export function beeDepth(bins: BinSizes, saturation: number, lowWater: number): number {
  if (bins.size <= lowWater) return 0;
  let shallowest = -1;
  let deepest = 0;
  let empty = -1;
  for (let bin = 0; bin < BIN_COUNT; bin++) {
    const size = bins.binSize(bin);
    if (size === 0) {
      if (empty < 0) empty = bin;
      continue;
    }
    deepest = bin;
    if (shallowest < 0 && size < saturation) shallowest = bin;
  }
  let depth = shallowest >= 0 ? shallowest : deepest;
  if (empty >= 0 && empty < depth) depth = empty;
  return Math.min(depth, neighbourhoodRadius(bins, lowWater));
}
