/**
 * What a packet of its own to one member would send: the yardstick for packets to many.
 *
 * A packet for many may take longer ways so that its destinations stay together, so its own ways are no yardstick. The ways that a single packet would take are
 * followed through the tables of all nodes instead, which the simulator may look at. Where several contacts are equally near, the real packet might
 * take another, so a run with single packets comes out near zero and not at it. That holds for trees without a stem, whose way is decided by tables; a
 * flood or a random walk has none that could be followed.
 */
import type { PeerBook } from '../../../protocols/identity/peer-book.ts';
import { ADDRESS_WORDS } from '../../../protocols/identity/proximity.ts';
import type { RoutingTable } from '../../../protocols/overlay/table.ts';
import type { RandomStream } from '../../../protocols/random.ts';
import { nextTowardsZone } from '../../../protocols/routing/greedy.ts';
import type { RoutingOptions } from '../../../protocols/routing/options.ts';
import { ownProximity } from '../../../protocols/routing/targets.ts';

export interface Ways {
  tableOf: (node: number) => RoutingTable;
  isUp: (node: number) => boolean;
  peers: () => PeerBook;
  routing: RoutingOptions;
  /** A stream that nobody else draws from. */
  random: RandomStream;
}

/** Whether the ways of single packets can be followed. */
export function canFollow({ policy, stemHops, randomPeer }: RoutingOptions): boolean {
  return policy === 'tree' && stemHops === 0 && !randomPeer;
}

/** Datagrams of one packet from node `from` to the exact address of node `to`, over all its trees. */
export function datagramsAlone(ways: Ways, from: number, to: number, bits: number): number {
  const peers = ways.peers();
  const target = peers.words.subarray(to * ADDRESS_WORDS, (to + 1) * ADDRESS_WORDS);
  let datagrams = 0;
  for (let tree = 0; tree < ways.routing.trees; tree++) {
    let rank = tree;
    for (let at = from; at >= 0 && ways.isUp(at); rank = 0) {
      const table = ways.tableOf(at);
      const own = ownProximity(table, peers, target);
      if (own >= bits) break;
      at = nextTowardsZone(table, peers, target, own, bits, rank, false, ways.random);
      if (at >= 0) datagrams++;
    }
  }
  return datagrams;
}
