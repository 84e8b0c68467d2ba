/**
 * What a look at every node shows at the end of a run: routing tables, depths, size estimates, traffic.
 */
import { BIN_COUNT } from '../../protocols/overlay/table.ts';
import type { OverlayView, ScenarioWorld } from './world-port.ts';
import type { Collector } from './collector.ts';
import type { ZoneIndex } from './zones.ts';

export interface CensusSetting {
  world: ScenarioWorld;
  overlayOf: (index: number) => OverlayView;
  zones: ZoneIndex;
  bucket: number;
  /** Bytes that each node had sent at the end of the warm-up. */
  bytesAtWarmup: Float64Array;
}

/** Adds one sample per online node for each metric of kind `per: 'node'`, and the network's own ratios. */
export function takeCensus(setting: CensusSetting, collector: Collector): void {
  const { world } = setting;
  let onlineNodes = 0;
  for (let node = 0; node < world.size; node++) onlineNodes += world.online[node]!;
  for (let node = 0; node < world.size; node++) {
    const seconds = world.upTimeUs(node) / 1e6;
    if (seconds > 0) {
      const bytes = world.bytesSent[node]! - setting.bytesAtWarmup[node]!;
      collector.add('relay.traffic', bytes / seconds, node);
    }
    if (world.online[node] === 0) continue;
    const overlay = setting.overlayOf(node);
    const table = overlay.table;
    collector.add('overlay.contacts', table.size, node);
    collector.add('overlay.depth', overlay.depth(), node);
    collector.add('overlay.table_fill', tableFill(setting, node), node);
    if (table.size > 0) {
      let stale = 0;
      for (let i = 0; i < table.size; i++) {
        const peer = table.handles[i]!;
        if (peer >= world.size || world.online[peer] === 0) stale++;
      }
      collector.add('overlay.stale', stale / table.size, node);
    }
    const estimate = overlay.estimateSize();
    if (estimate !== undefined) {
      collector.add('overlay.size_estimate', estimate.nodes / onlineNodes, node);
    }
  }
  let sent = 0;
  for (let node = 0; node < world.size; node++) sent += world.datagramsSent[node]!;
  if (sent > 0) {
    const queue = world.drops[2]!;
    collector.add('network.queue_drops', queue / sent);
    collector.add('network.lost', world.drops[1]! / sent);
  }
}

/** Contacts held, of min(k, nodes that exist) summed over the bins. */
function tableFill(setting: CensusSetting, node: number): number {
  const table = setting.overlayOf(node).table;
  let held = 0;
  let possible = 0;
  for (let bin = 0; bin < BIN_COUNT; bin++) {
    const exist = setting.zones.binCount(node, bin);
    possible += Math.min(setting.bucket, exist);
    held += Math.min(setting.bucket, table.binSize(bin));
    if (exist === 0 && bin > 32) break;
  }
  return possible === 0 ? 1 : held / possible;
}
