/**
 * Static worlds of dark routers: the real machine on the simulator, over tables that are laid out and never change, with perfect links of
 * one delay each. What a message did is read from the routers' own events, so every count below is one of datagrams really sent.
 */
import { createSuite } from '../../protocols/crypto/suites.ts';
import type { AgreementKey } from '../../protocols/crypto/port.ts';
import type { Host } from '../../protocols/host.ts';
import { ENDPOINT_BYTES } from '../../protocols/identity/peer-book.ts';
import { ADDRESS_BYTES, ADDRESS_WORDS, proximity } from '../../protocols/identity/proximity.ts';
import type { PeerBook } from '../../protocols/identity/peer-book.ts';
import { fillConverged } from '../../protocols/overlay/converged.ts';
import {
  expectedBinSize,
  neighbourhoodDepth,
  neighbourhoodRadius,
} from '../../protocols/overlay/depth.ts';
import type { OverlayOptions } from '../../protocols/overlay/options.ts';
import { BIN_COUNT, RoutingTable } from '../../protocols/overlay/table.ts';
import type { RandomStream } from '../../protocols/random.ts';
import {
  PACKET_OPENED,
  PACKET_RECEIVED,
  PACKET_SENT,
  RECEIVED_DUPLICATE,
  RECEIVED_IN_ZONE,
} from '../../protocols/routing/events.ts';
import { DarkRouter } from '../../protocols/routing/machine.ts';
import { MulticastRouter, MulticastScratch } from '../../protocols/routing/multicast/machine.ts';
import { MESSAGE_MULTICAST } from '../../protocols/routing/multicast/packet.ts';
import { RoutingScratch } from '../../protocols/routing/scratch.ts';
import type { RoutingOptions } from '../../protocols/routing/options.ts';
import { DEFAULT_ROUTING_OPTIONS } from '../../protocols/routing/params.ts';
import { HONEST_RELAY_POLICY, type RelayPolicy } from '../../protocols/routing/policy.ts';
import { SealedBox } from '../../protocols/crypto/sealed-box.ts';
import type { Recorder } from '../../sim/recorder.ts';
import { World } from '../../sim/world.ts';

/** Delay of every link, so that a time is a number of hops. */
export const HOP_US = 10_000;

/** What one message did. */
export interface MessageCount {
  /** Copies sent by anyone, and those from one zone node to another. */
  copies: number;
  zoneCopies: number;
  /** Zone nodes that have it, the sender included where it is one. */
  zoneReached: number;
  /** Sum over zone nodes other than the sender of the hops at which they first had it. */
  zoneHops: number;
  duplicates: number;
  opened: boolean;
}

export interface RoutingWorldSettings {
  nodes: number;
  seed: string;
  routing?: Partial<RoutingOptions>;
  /** Lays out the tables. */
  fill: (tables: RoutingTable[], peers: PeerBook, random: RandomStream) => void;
  /** Neighbourhood depth that a node reads from its table; by default that of the overlay. */
  depth?: (table: RoutingTable) => number;
  policy?: (host: Host) => RelayPolicy;
}

export class RoutingWorld implements Recorder {
  readonly world: World;
  readonly tables: RoutingTable[] = [];
  readonly routers: DarkRouter[] = [];
  readonly multicasts: MulticastRouter[] = [];
  readonly keys: AgreementKey[] = [];
  readonly random: RandomStream;
  #count: MessageCount | undefined;
  #recipient = -1;
  #luminosity = 0;
  #sentUs = 0;
  #reached: Uint8Array;

  constructor(settings: RoutingWorldSettings) {
    const { nodes, seed } = settings;
    const suite = createSuite('modelled');
    this.world = new World({
      seed,
      crypto: suite,
      network: {
        latency: { kind: 'constant', delayUs: HOP_US },
        duplicateRatio: 0,
        reorderRatio: 0,
        queue: { kind: 'drop-tail', limitBytes: 1 << 20 },
        mtuBytes: 1_500,
      },
    });
    this.world.recorder = this;
    this.random = this.world.streams.stream('validation');
    this.#reached = new Uint8Array(nodes);
    const routing: RoutingOptions = { ...DEFAULT_ROUTING_OPTIONS, ...settings.routing };
    const scratch = new RoutingScratch();
    const multicastScratch = new MulticastScratch();
    const box = new SealedBox(suite);
    const address = new Uint8Array(ADDRESS_BYTES);
    const endpoint = new Uint8Array(ENDPOINT_BYTES);
    const secret = new Uint8Array(32);
    const identities = this.world.streams.stream('identities');
    for (let node = 0; node < nodes; node++) {
      identities.fill(address, 0, ADDRESS_BYTES);
      identities.fill(endpoint, 0, ENDPOINT_BYTES);
      identities.fill(secret, 0, secret.length);
      this.keys.push(suite.agreementKey(secret));
      this.world.addNode(address, endpoint, (host) => {
        const table = new RoutingTable(host.peers, host.self);
        this.tables[host.self] = table;
        const policy = settings.policy?.(host) ?? HONEST_RELAY_POLICY;
        const router = new DarkRouter(
          host,
          table,
          settings.depth === undefined
            ? () => neighbourhoodDepth(table, 2)
            : () => settings.depth!(table),
          routing,
          policy,
          this.keys[host.self]!,
          scratch,
          box,
        );
        this.routers[host.self] = router;
        const multicast = new MulticastRouter(
          host,
          table,
          routing,
          policy,
          router,
          multicastScratch,
        );
        this.multicasts[host.self] = multicast;
        return {
          start: () => router.start(),
          stop: () => undefined,
          onDatagram: (from, bytes, offset, length) =>
            (bytes[offset] === MESSAGE_MULTICAST ? multicast : router).onDatagram(
              from,
              bytes,
              offset,
              length,
            ),
          onTimer: (kind, argument) => router.onTimer(kind, argument),
        };
      });
    }
    for (let node = 0; node < nodes; node++) this.world.start(node);
    settings.fill(this.tables, this.world.peers, this.random);
  }

  /** Sends one message at `luminosity` bits and runs until nothing moves any more. */
  send(sender: number, recipient: number, luminosity: number): MessageCount {
    const { world } = this;
    const count: MessageCount = {
      copies: 0,
      zoneCopies: 0,
      zoneReached: 0,
      zoneHops: 0,
      duplicates: 0,
      opened: false,
    };
    this.#count = count;
    this.#recipient = recipient;
    this.#luminosity = luminosity;
    this.#sentUs = world.nowUs;
    this.#reached.fill(0);
    if (this.inZone(sender, recipient, luminosity)) {
      this.#reached[sender] = 1;
      count.zoneReached = 1;
    }
    const text = new Uint8Array(100);
    const key = this.keys[recipient]!.publicKey;
    const words = world.peers.words;
    if (
      !this.routers[sender]!.send(key, words, recipient * ADDRESS_WORDS, luminosity, text, 0, 100)
    )
      throw new Error(`node ${sender} could not send to ${recipient}`);
    while (world.inFlight > 0) world.run(world.nowUs + HOP_US);
    return count;
  }

  inZone(node: number, recipient: number, luminosity: number): boolean {
    const words = this.world.peers.words;
    return proximity(words, node * ADDRESS_WORDS, words, recipient * ADDRESS_WORDS) >= luminosity;
  }

  /** Nodes that match the first `luminosity` bits of `recipient`: the truth, from all addresses. */
  zoneSize(recipient: number, luminosity: number): number {
    let size = 0;
    for (let node = 0; node < this.tables.length; node++) {
      if (this.inZone(node, recipient, luminosity)) size++;
    }
    return size;
  }

  event(
    timeUs: number,
    node: number,
    event: number,
    _high: number,
    _low: number,
    peer: number,
    facts: number,
  ): void {
    const count = this.#count;
    if (count === undefined) return;
    if (event === PACKET_SENT) {
      count.copies++;
      const inside =
        this.inZone(node, this.#recipient, this.#luminosity) &&
        this.inZone(peer, this.#recipient, this.#luminosity);
      if (inside) count.zoneCopies++;
    } else if (event === PACKET_OPENED && node === this.#recipient) {
      count.opened = true;
    } else if (event === PACKET_RECEIVED) {
      if ((facts & RECEIVED_DUPLICATE) !== 0) count.duplicates++;
      if ((facts & RECEIVED_IN_ZONE) === 0 || this.#reached[node] === 1) return;
      this.#reached[node] = 1;
      count.zoneReached++;
      count.zoneHops += Math.round((timeUs - this.#sentUs) / HOP_US);
    }
  }
}

/** Tables of `options`, everything drawn from one stream. */
export function convergedFill(options: OverlayOptions): RoutingWorldSettings['fill'] {
  return (tables, peers, random) => fillConverged(tables, peers, options, () => random);
}

/** Swarm's parameters (network/kademlia.go): neighbourhood, smallest and largest bin. */
const SWARM = { neighbourhood: 2, minimum: 2, maximum: 16 };

/** Depth of the overlay on which the reference of R3 was measured: the radius alone, without the rule of the first empty bin. */
export function swarmDepth(table: RoutingTable): number {
  return neighbourhoodRadius(table, SWARM.neighbourhood);
}

/**
 * The overlay of that reference: each node knows everyone at or beyond its depth and, in each shallower bin, as many random nodes as
 * Swarm expects there; then every link is made known to both ends.
 */
export function swarmFill(tables: RoutingTable[], _peers: PeerBook, random: RandomStream): void {
  const nodes = tables.length;
  const links = tables.map(() => new Set<number>());
  for (let node = 0; node < nodes; node++) {
    const bins: number[][] = Array.from({ length: BIN_COUNT }, () => []);
    for (let other = 0; other < nodes; other++) {
      if (other !== node) bins[tables[node]!.binOf(other)]!.push(other);
    }
    const sizes = { size: nodes - 1, binSize: (bin: number) => bins[bin]!.length };
    const depth = neighbourhoodRadius(sizes, SWARM.neighbourhood);
    bins.forEach((bin, order) => {
      const wanted = order < depth ? expectedBinSize(depth, order, SWARM) : bin.length;
      for (let i = 0; i < Math.min(wanted, bin.length); i++) {
        const j = i + random.below(bin.length - i);
        [bin[i], bin[j]] = [bin[j]!, bin[i]!];
        links[node]!.add(bin[i]!);
        links[bin[i]!]!.add(node);
      }
    });
  }
  links.forEach((others, node) => {
    for (const other of others) tables[node]!.insert(other, 0, nodes);
  });
}
