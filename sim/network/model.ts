/**
 * What a simulated network is, as plain data: the stages in `sim/network/` are built from it.
 * Rates are bits per second, sizes bytes, delays integer microseconds, ratios numbers in [0, 1].
 */
import type { DurationLaw } from '../random/law.ts';

export type LossModel =
  | { kind: 'independent'; ratio: number }
  | {
      kind: 'gilbert-elliott';
      /** Per-packet transition probabilities and the loss ratio inside each state. */
      goodToBadRatio: number;
      badToGoodRatio: number;
      lossInGoodRatio: number;
      lossInBadRatio: number;
    };

export interface Region {
  name: string;
  /** Part of all nodes that live here; the shares of a table sum to 1. */
  shareRatio: number;
  uploadBitsPerSecond: number;
  downloadBitsPerSecond: number;
}

export type LatencyModel =
  | { kind: 'constant'; delayUs: number }
  | { kind: 'law'; law: DurationLaw }
  /** One-way delay between regions: `delayUs[from][to]`. */
  | { kind: 'regions'; regions: Region[]; delayUs: number[][] }
  /** Measured delays between `rows` places, one way, row-major; nodes draw their place. See latency-file.ts. */
  | { kind: 'matrix'; source: string; rows: number; oneWayUs: Float64Array };

export interface NetworkModel {
  latency: LatencyModel;
  /** Extra delay per packet; undefined for none. */
  jitter?: DurationLaw;
  loss?: LossModel;
  duplicateRatio: number;
  /** Share of packets held back by `reorderDelay` so that later ones overtake them. */
  reorderRatio: number;
  reorderDelay?: DurationLaw;
  /** Access link rates of all nodes, in place of their regions' own; undefined: the region's, or unlimited without regions. */
  uploadBitsPerSecond?: number;
  downloadBitsPerSecond?: number;
  /** Finite queue in front of each access link. */
  queue:
    | { kind: 'drop-tail'; limitBytes: number }
    | { kind: 'codel'; limitBytes: number; targetUs: number; intervalUs: number };
  mtuBytes: number;
}
