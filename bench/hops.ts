/**
 * Packet hops: how many copies of dark packets one core moves per second through whole nodes (queue, network, node dispatch, decoding,
 * deduplication, routing, sealing and opening by the modelled suite), and the memory per node that such a world takes.
 *
 * A hop is one datagram handed to the network and handled by its receiver. Messages overlap in time, as they would in a scenario, so that
 * tables and packets of thousands of nodes compete for the caches.
 */
import { liveBytes } from './memory.ts';
import { createSuite } from '../protocols/crypto/suites.ts';
import { ADDRESS_WORDS } from '../protocols/identity/proximity.ts';
import { MainframeNode, NodeScratch } from '../protocols/node/node.ts';
import { fillConverged } from '../protocols/overlay/converged.ts';
import { DEFAULT_OVERLAY_OPTIONS } from '../protocols/overlay/params.ts';
import { HONEST_OVERLAY_POLICY } from '../protocols/overlay/policy.ts';
import type { RoutingOptions } from '../protocols/routing/options.ts';
import { DEFAULT_ROUTING_OPTIONS } from '../protocols/routing/params.ts';
import { HONEST_RELAY_POLICY } from '../protocols/routing/policy.ts';
import { drawIdentity, KeyRing } from '../scenarios/run/population.ts';
import { World } from '../sim/world.ts';
import type { BenchCase, BenchRow } from './harness.ts';
import { median, slices } from './harness.ts';

const GOAL_HOPS = 400_000;
/** 20 kB of protocol state per node at 10,000 nodes. */
const GOAL_BYTES = 20_000;
const GOAL_NODES = 10_000;
const TEXT_BYTES = 200;
/** One message a millisecond: every one of 10,000 nodes writes once in ten seconds. */
const GAP_US = 1_000;

interface Setting {
  name: string;
  nodes: number;
  routing: Partial<RoutingOptions>;
  luminosity: number;
  messages: number;
}

/**
 * The largest world first, since memory that a smaller one has freed would hide its growth. A smaller world makes the same hops with its state
 * in the cache. At 14 bits a packet goes to one or two nodes, so that row is mostly the cost of making, sealing and opening messages.
 */
const SETTINGS: readonly Setting[] = [
  { name: 'tree(3), l = 4', nodes: 10_000, routing: {}, luminosity: 4, messages: 500 },
  { name: 'tree(3), l = 4', nodes: 1_000, routing: {}, luminosity: 4, messages: 5_000 },
  { name: 'pss, l = 6', nodes: 10_000, routing: { policy: 'pss' }, luminosity: 6, messages: 50 },
  {
    name: 'pss-v2, l = 6',
    nodes: 10_000,
    routing: { policy: 'pss-v2' },
    luminosity: 6,
    messages: 50,
  },
  {
    name: 'tree(1), l = 14',
    nodes: 10_000,
    routing: { trees: 1 },
    luminosity: 14,
    messages: 30_000,
  },
];

interface HopsWorld {
  world: World;
  nodes: MainframeNode[];
  keys: KeyRing;
}

function buildWorld(count: number, routing: RoutingOptions): HopsWorld {
  const suite = createSuite('modelled');
  const world = new World({
    seed: 'bench',
    crypto: suite,
    network: {
      latency: { kind: 'constant', delayUs: 50_000 },
      duplicateRatio: 0,
      reorderRatio: 0,
      queue: { kind: 'drop-tail', limitBytes: 1 << 20 },
      mtuBytes: 1_500,
    },
  });
  const overlay = { ...DEFAULT_OVERLAY_OPTIONS, refreshUs: 0 };
  const keys = new KeyRing(suite);
  const scratch = new NodeScratch(suite);
  for (let node = 0; node < count; node++) {
    const identity = drawIdentity(suite, world.streams, node, false);
    keys.add(identity.secret);
    world.addNode(
      identity.address,
      identity.endpoint,
      (host) =>
        new MainframeNode(host, {
          overlay,
          routing,
          overlayPolicy: HONEST_OVERLAY_POLICY,
          relayPolicy: HONEST_RELAY_POLICY,
          key: keys.key(node),
          bootstrap: [],
          scratch,
        }),
    );
  }
  const nodes = Array.from({ length: count }, (_, node) => world.node(node) as MainframeNode);
  fillConverged(
    nodes.map((node) => node.overlay.table),
    world.peers,
    overlay,
    (node) => world.streamOf(node, 'overlay/converged'),
  );
  for (let node = 0; node < count; node++) world.start(node);
  return { world, nodes, keys };
}

/** Sends `messages` messages, one every GAP_US, and runs until all copies have arrived. @returns hops made. */
function drive({ world, nodes, keys }: HopsWorld, luminosity: number, messages: number): number {
  const random = world.streams.stream('bench/hops');
  const text = new Uint8Array(TEXT_BYTES);
  const before = world.datagramsSent.reduce((sum, sent) => sum + sent, 0);
  for (let i = 0; i < messages; i++) {
    const recipient = random.below(nodes.length);
    const key = keys.key(recipient).publicKey;
    const at = recipient * ADDRESS_WORDS;
    nodes[random.below(nodes.length)]!.router.send(
      key,
      world.peers.words,
      at,
      luminosity,
      text,
      0,
      TEXT_BYTES,
    );
    world.run(world.nowUs + GAP_US);
  }
  while (world.inFlight > 0) world.run(world.nowUs + 50_000);
  return world.datagramsSent.reduce((sum, sent) => sum + sent, 0) - before;
}

function secondsOf(run: () => void): number {
  const start = process.hrtime.bigint();
  run();
  return Number(process.hrtime.bigint() - start) / 1e9;
}

function measure(setting: Setting, quick: boolean, memory: boolean): BenchRow[] {
  const { name, nodes, luminosity } = setting;
  const before = liveBytes();
  const built = buildWorld(nodes, { ...DEFAULT_ROUTING_OPTIONS, ...setting.routing });
  const bytes = (liveBytes() - before) / nodes;
  const messages = Math.ceil(setting.messages / (quick ? 10 : 1));
  drive(built, luminosity, messages);
  const rates: number[] = [];
  for (let i = 0; i < slices(quick); i++) {
    let hops = 0;
    const seconds = secondsOf(() => {
      hops = drive(built, luminosity, messages);
    });
    rates.push(hops / seconds);
  }
  const rows: BenchRow[] = [
    {
      bench: 'hops',
      case: `${nodes} nodes, ${name}`,
      unit: 'hops/s',
      median: median(rates),
      low: Math.min(...rates),
      high: Math.max(...rates),
      ...(nodes === GOAL_NODES && luminosity < 14
        ? { goal: `>= ${GOAL_HOPS} hops/s`, met: median(rates) >= GOAL_HOPS }
        : {}),
    },
  ];
  if (memory) {
    rows.push({
      bench: 'hops',
      case: `${nodes} whole nodes, before traffic`,
      unit: 'bytes/node',
      median: bytes,
      low: bytes,
      high: bytes,
      goal: `<= ${GOAL_BYTES} bytes/node`,
      met: bytes <= GOAL_BYTES,
    });
  }
  return rows;
}

export const hopsBench: BenchCase = {
  name: 'hops',
  run: ({ quick }) => SETTINGS.flatMap((setting, at) => measure(setting, quick, at === 0)),
};
