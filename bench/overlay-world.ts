/** A converged world of whole nodes for the overlay's benches: every part is the one a scenario uses. */
import { createSuite } from '../protocols/crypto/suites.ts';
import { ENDPOINT_BYTES } from '../protocols/identity/peer-book.ts';
import { ADDRESS_BYTES } from '../protocols/identity/proximity.ts';
import { fillConverged } from '../protocols/overlay/converged.ts';
import { Overlay } from '../protocols/overlay/machine.ts';
import type { OverlayOptions } from '../protocols/overlay/options.ts';
import { DEFAULT_OVERLAY_OPTIONS } from '../protocols/overlay/params.ts';
import { HONEST_OVERLAY_POLICY } from '../protocols/overlay/policy.ts';
import { OverlayScratch } from '../protocols/overlay/requests.ts';
import type { Recorder } from '../sim/recorder.ts';
import { World } from '../sim/world.ts';

export interface OverlayWorld {
  world: World;
  overlays: Overlay[];
}

/** Overlay settings of the benches: the defaults, without refreshes that would blur what is measured. */
export const BENCH_OPTIONS: OverlayOptions = { ...DEFAULT_OVERLAY_OPTIONS, refreshUs: 0 };

/** `nodes` nodes at random addresses, 50 ms apart, with converged tables; not started. */
export function buildOverlayWorld(nodes: number, recorder?: Recorder): OverlayWorld {
  const world = new World({
    seed: 'bench',
    crypto: createSuite('modelled'),
    ...(recorder === undefined ? {} : { recorder }),
    network: {
      latency: { kind: 'constant', delayUs: 50_000 },
      duplicateRatio: 0,
      reorderRatio: 0,
      queue: { kind: 'drop-tail', limitBytes: 1 << 20 },
      mtuBytes: 1_500,
    },
  });
  const random = world.streams.stream('identities');
  const scratch = new OverlayScratch();
  const overlays: Overlay[] = [];
  const address = new Uint8Array(ADDRESS_BYTES);
  const endpoint = new Uint8Array(ENDPOINT_BYTES);
  for (let node = 0; node < nodes; node++) {
    random.fill(address, 0, address.length);
    random.fill(endpoint, 0, endpoint.length);
    world.addNode(address, endpoint, (host) => {
      const overlay = new Overlay(host, BENCH_OPTIONS, HONEST_OVERLAY_POLICY, scratch);
      overlays.push(overlay);
      return {
        start: () => overlay.start([]),
        stop: () => overlay.stop(),
        onDatagram: (from, bytes, offset, length) =>
          overlay.onDatagram(from, bytes, offset, length),
        onTimer: (kind, argument) => overlay.onTimer(kind, argument),
      };
    });
  }
  for (let node = 0; node < nodes; node++) world.node(node);
  const tables = overlays.map((overlay) => overlay.table);
  fillConverged(tables, world.peers, BENCH_OPTIONS, (node) =>
    world.streamOf(node, 'overlay/converged'),
  );
  return { world, overlays };
}
