/**
 * Networks for the overlay's validation: static ones, whose tables are laid out and walked by the real next-hop function,
 * and simulated ones, whose nodes join by messages.
 */
import { createSuite } from '../../protocols/crypto/suites.ts';
import { ADDRESS_WORDS, proximity } from '../../protocols/identity/proximity.ts';
import { ENDPOINT_BYTES, PeerBook } from '../../protocols/identity/peer-book.ts';
import { fillConverged } from '../../protocols/overlay/converged.ts';
import { Overlay } from '../../protocols/overlay/machine.ts';
import { nextHop } from '../../protocols/overlay/nearest.ts';
import type { OverlayOptions } from '../../protocols/overlay/options.ts';
import { DEFAULT_OVERLAY_OPTIONS } from '../../protocols/overlay/params.ts';
import { HONEST_OVERLAY_POLICY } from '../../protocols/overlay/policy.ts';
import { RoutingTable } from '../../protocols/overlay/table.ts';
import type { RandomStream } from '../../protocols/random.ts';
import { StreamFactory } from '../../sim/random/streams.ts';
import { World } from '../../sim/world.ts';

export interface StaticNetwork {
  peers: PeerBook;
  tables: RoutingTable[];
}

/** Only bins, no neighbourhood, no limits: the textbook's Kademlia. */
export function textbookOptions(bucket: number): OverlayOptions {
  return {
    ...DEFAULT_OVERLAY_OPTIONS,
    bucket,
    neighbourhood: 0,
    symmetric: false,
    networkShareRatio: 1,
  };
}

/** `nodes` nodes at random addresses with converged tables; everything is drawn from `random`. */
export function staticNetwork(
  nodes: number,
  options: OverlayOptions,
  random: RandomStream,
): StaticNetwork {
  const peers = new PeerBook(nodes);
  const address = new Uint8Array(ADDRESS_WORDS * 4);
  const endpoint = new Uint8Array(ENDPOINT_BYTES);
  const tables: RoutingTable[] = [];
  for (let node = 0; node < nodes; node++) {
    random.fill(address, 0, address.length);
    random.fill(endpoint, 0, endpoint.length);
    tables.push(new RoutingTable(peers, peers.intern(address, 0, endpoint, 0)));
  }
  fillConverged(tables, peers, options, () => random);
  return { peers, tables };
}

/** Greedy hops from `from` until `bits` bits of the target match, or until nobody is nearer. */
export function walk(
  network: StaticNetwork,
  from: number,
  target: Uint32Array,
  targetOffset: number,
  bits: number,
): number {
  const { peers, tables } = network;
  let hops = 0;
  let at = from;
  while (proximity(peers.words, at * ADDRESS_WORDS, target, targetOffset) < bits) {
    const next = nextHop(tables[at]!, peers, target, targetOffset);
    if (next < 0) break;
    at = next;
    hops++;
  }
  return hops;
}

/** Hops of `count` walks between random nodes, by number of hops. */
export function hopCounts(network: StaticNetwork, count: number, random: RandomStream): number[] {
  const nodes = network.tables.length;
  const counts: number[] = [];
  for (let i = 0; i < count; i++) {
    const from = random.below(nodes);
    const to = random.below(nodes);
    const hops = walk(network, from, network.peers.words, to * ADDRESS_WORDS, 256);
    while (counts.length <= hops) counts.push(0);
    counts[hops]!++;
  }
  return counts;
}

/**
 * A simulated world of `nodes` nodes that join through the first one, one every 50 ms, and then live for `settleUs`.
 * Returns their tables as a static network.
 */
export function joinedNetwork(
  nodes: number,
  options: OverlayOptions,
  seed: string,
  settleUs: number,
): StaticNetwork {
  const world = new World({
    seed,
    crypto: createSuite('modelled'),
    network: {
      latency: { kind: 'constant', delayUs: 20_000 },
      duplicateRatio: 0,
      reorderRatio: 0,
      queue: { kind: 'drop-tail', limitBytes: 1 << 20 },
      mtuBytes: 1_500,
    },
  });
  const identities = new StreamFactory(seed).stream('identities');
  const overlays: Overlay[] = [];
  for (let node = 0; node < nodes; node++) {
    const address = new Uint8Array(ADDRESS_WORDS * 4);
    const endpoint = new Uint8Array(ENDPOINT_BYTES);
    identities.fill(address, 0, address.length);
    identities.fill(endpoint, 0, endpoint.length);
    world.addNode(address, endpoint, (host) => {
      const overlay = new Overlay(host, options, HONEST_OVERLAY_POLICY);
      overlays[host.self] = overlay;
      return {
        start: () => overlay.start(host.self === 0 ? [] : [0]),
        stop: () => overlay.stop(),
        onDatagram: (from, bytes, offset, length) =>
          overlay.onDatagram(from, bytes, offset, length),
        onTimer: (kind, argument) => overlay.onTimer(kind, argument),
      };
    });
  }
  for (let node = 0; node < nodes; node++) {
    world.start(node);
    world.run(world.nowUs + 50_000);
  }
  world.run(world.nowUs + settleUs);
  return { peers: world.peers, tables: overlays.map((overlay) => overlay.table) };
}

/** The tables that `fillConverged` lays out for the nodes of `joined`. */
export function convergedTwin(
  joined: StaticNetwork,
  options: OverlayOptions,
  random: RandomStream,
): StaticNetwork {
  const { peers } = joined;
  const tables = joined.tables.map((table) => new RoutingTable(peers, table.self));
  fillConverged(tables, peers, options, () => random);
  return { peers, tables };
}
