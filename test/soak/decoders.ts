/**
 * Ten million spoilt datagrams through everything that reads the wire: does anything throw, or grow?
 * Not part of the tests, since it takes its time: `npx tsx test/soak/decoders.ts [millions]`. Exit 0 if nothing threw and the heap is no larger than at first.
 *
 * A small encrypted world runs for a minute and what its nodes receive, sealed and opened, is kept; then one of its nodes gets copies of it with bits
 * turned, bytes replaced, ends cut off, parts of others put in, and noise. The world goes on meanwhile, so what the node answers is answered.
 */
import { createSuite } from '../../protocols/crypto/suites.ts';
import { signRecord, RecordVerifier } from '../../protocols/identity/record.ts';
import { readFrames } from '../../protocols/link/flow/frames.ts';
import { LinkLayer } from '../../protocols/link/machine.ts';
import { DEFAULT_LINK_OPTIONS } from '../../protocols/link/options.ts';
import { LinkScratch } from '../../protocols/link/session.ts';
import { MainframeNode, NodeScratch } from '../../protocols/node/node.ts';
import { DEFAULT_OVERLAY_OPTIONS } from '../../protocols/overlay/params.ts';
import { HONEST_OVERLAY_POLICY } from '../../protocols/overlay/policy.ts';
import { MESSAGE_DARK } from '../../protocols/routing/packet.ts';
import { readMulticast } from '../../protocols/routing/multicast/packet.ts';
import { DEFAULT_ROUTING_OPTIONS } from '../../protocols/routing/params.ts';
import { HONEST_RELAY_POLICY } from '../../protocols/routing/policy.ts';
import { decodeRatchet } from '../../protocols/session/ratchet-state.ts';
import { drawIdentity, SIMULATED_NETWORK_ID } from '../../scenarios/run/population.ts';
import { plainNetwork } from '../../scenarios/validation/link-world.ts';
import { SimLinkHost } from '../../sim/link-host.ts';
import { StreamFactory } from '../../sim/random/streams.ts';
import { World } from '../../sim/world.ts';

const TOTAL = Number(process.argv[2] ?? 10) * 1_000_000;
const NODES = 12;
const KEPT = 2_000;
const S = 1_000_000;
const VICTIM = 0;

const suite = createSuite('native');
const world = new World({ seed: 'decoders', network: plainNetwork(20_000), crypto: suite });
const scratch = new LinkScratch(suite);
const nodeScratch = new NodeScratch(suite);
const sealed: Uint8Array[] = [];
const opened: Uint8Array[] = [];
const links: LinkLayer[] = [];
let collecting = true;
const nodes: MainframeNode[] = [];
const keep = (list: Uint8Array[], bytes: Uint8Array, offset: number, length: number): void => {
  if (collecting && list.length < KEPT) list.push(bytes.slice(offset, offset + length));
};

for (let node = 0; node < NODES; node++) {
  const identity = drawIdentity(suite, world.streams, node, true);
  const key = suite.agreementKey(identity.secret);
  world.addNode(identity.address, identity.endpoint, (host) => {
    const link = new LinkLayer(
      new SimLinkHost(host),
      {
        key,
        record: signRecord(suite, identity.accountSecret!, {
          networkId: SIMULATED_NETWORK_ID,
          nonce: identity.nonce,
          publicKey: key.publicKey,
          endpoint: identity.endpoint,
          sequence: 1,
        }),
        networkId: SIMULATED_NETWORK_ID,
      },
      { ...DEFAULT_LINK_OPTIONS, retransmitTypes: node % 2 === 0 ? [MESSAGE_DARK] : [] },
      scratch,
    );
    const user = new MainframeNode(link.host, {
      overlay: { ...DEFAULT_OVERLAY_OPTIONS, start: 'join', networkShareRatio: 1 },
      routing: DEFAULT_ROUTING_OPTIONS,
      overlayPolicy: HONEST_OVERLAY_POLICY,
      relayPolicy: HONEST_RELAY_POLICY,
      key,
      bootstrap: node === 0 ? [] : [0],
      scratch: nodeScratch,
    });
    links[node] = link;
    nodes[node] = user;
    const { onDatagram } = user;
    user.onDatagram = (from, bytes, offset, length) => {
      keep(opened, bytes, offset, length);
      return onDatagram.call(user, from, bytes, offset, length);
    };
    link.attach(user);
    return {
      start: () => link.start(),
      stop: () => link.stop(),
      onTimer: (kind, argument) => link.onTimer(kind, argument),
      onDatagram: (from, bytes, offset, length) => {
        keep(sealed, bytes, offset, length);
        return link.onDatagram(from, bytes, offset, length);
      },
    };
  });
}
for (let node = 0; node < NODES; node++) world.start(node);

const random = new StreamFactory('decoders').stream('damage');
const say = (): void => {
  const to = 1 + random.below(NODES - 1);
  const { words } = world.peers;
  nodes[VICTIM]!.router.send(nodes[to]!.key.publicKey, words, to * 8, 3, new Uint8Array(99), 0, 99);
  const prefixes = [Uint8Array.of(random.below(256)), Uint8Array.of(random.below(256))];
  nodes[to]!.multicast.send(prefixes, 8, new Uint8Array(8), new Uint8Array(300));
};
for (let i = 0; i < 60; i++) {
  world.run(world.nowUs + S);
  say();
}

collecting = false;

function damaged(list: readonly Uint8Array[]): Uint8Array {
  const one = list[random.below(list.length)]!;
  switch (random.below(6)) {
    case 0: {
      const bytes = one.slice();
      for (let i = 1 + random.below(4); i > 0; i--)
        bytes[random.below(bytes.length)]! ^= 1 << random.below(8);
      return bytes;
    }
    case 1: {
      const bytes = one.slice();
      bytes[random.below(Math.min(80, bytes.length))] = random.below(256);
      return bytes;
    }
    case 2:
      return one.slice(0, random.below(one.length + 1));
    case 3: {
      const other = list[random.below(list.length)]!;
      const bytes = one.slice();
      const at = random.below(bytes.length);
      bytes.set(other.subarray(at, Math.min(other.length, bytes.length)), at);
      return bytes;
    }
    case 4: {
      const bytes = new Uint8Array(random.below(1_233));
      random.fill(bytes, 0, bytes.length);
      if (bytes.length > 0) bytes[0] = one[0]!;
      return bytes;
    }
    default:
      // A repetition.
      return one;
  }
}

const readers: ((bytes: Uint8Array) => unknown)[] = [
  (bytes) => links[VICTIM]!.onDatagram(random.below(NODES), bytes, 0, bytes.length),
  (bytes) => nodes[VICTIM]!.onDatagram(random.below(NODES), bytes, 0, bytes.length),
  (bytes) => readFrames(bytes, 0, bytes.length),
  (bytes) => readMulticast(bytes, 0, bytes.length),
  (bytes) => decodeRatchet(bytes),
  (bytes) => new RecordVerifier(suite, 4).verify(bytes, 0),
];

const outcomes = new Map<string, number>();
let threw = 0;
let heapAt = 0;
const started = performance.now();
for (let i = 0; i < TOTAL; i++) {
  // Most of them at whole nodes; a signature costs too much to check for each.
  const dice = random.below(1_000);
  const which =
    dice < 400
      ? 0
      : dice < 800
        ? 1
        : dice < 860
          ? 2
          : dice < 920
            ? 3
            : dice < 960
              ? 4
              : dice < 999
                ? 4
                : 5;
  const bytes = damaged(which === 0 ? sealed : opened);
  try {
    const outcome = readers[which]!(bytes);
    if (which < 2) {
      const name = `${which === 0 ? 'link' : 'node'} ${String(outcome)}`;
      outcomes.set(name, (outcomes.get(name) ?? 0) + 1);
    }
  } catch (error) {
    if (threw++ < 5) console.error(which, Buffer.from(bytes).toString('hex'), error);
  }
  if (i % 500 === 0) world.run(world.nowUs + 50_000);
  if (i % 20_000 === 0) say();
  if (i === Math.floor(TOTAL / 4)) {
    globalThis.gc?.();
    heapAt = process.memoryUsage().heapUsed;
  }
}
globalThis.gc?.();
const grown = (process.memoryUsage().heapUsed - heapAt) / 2 ** 20;
console.log(
  `${TOTAL.toLocaleString('en')} datagrams in ${Math.round((performance.now() - started) / 1000)} s`,
);
console.log(`from ${sealed.length} sealed and ${opened.length} opened ones; ${threw} exceptions`);
console.log(`outcomes ${JSON.stringify(Object.fromEntries(outcomes))}`);
console.log(
  `heap after the first quarter to the end: ${grown.toFixed(1)} MiB more; peers known ${world.peers.size}`,
);
process.exitCode = threw === 0 && grown < 50 ? 0 : 1;
