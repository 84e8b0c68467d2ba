/**
 * Ten million spoilt datagrams through everything that reads the wire: does anything throw, or grow?
 * Not part of the tests, since it takes its time: `npx tsx test/soak/decoders.ts [millions]`. Exit 0 if nothing threw and the heap is no larger than at first.
 *
 * A small encrypted world runs for a minute and what its nodes receive, sealed and opened, is kept; then one of its nodes gets copies of it with bits
 * turned, bytes replaced, ends cut off, parts of others put in, and noise. The world goes on meanwhile, so what the node answers is answered.
 * So do a node of the rendezvous, among neighbours, and a member of a group; what no running node reads yet goes through its decoder alone.
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
import { decodeCommit, decodeLeave } from '../../protocols/group/commit.ts';
import { decodeGroup, encodeGroup } from '../../protocols/group/group-codec.ts';
import { Group } from '../../protocols/group/group.ts';
import { decodeKeyPackage } from '../../protocols/group/leaf.ts';
import {
  decodeKnock,
  decodeRendezvous,
  encodeKnock,
  encodeRendezvous,
  MESSAGE_RELAY,
  writeRelayHeader,
} from '../../protocols/rendezvous/messages.ts';
import {
  CHEQUE_BYTES,
  CONFIRM_BYTES,
  decodeSwapMessage,
  INVOICE_BYTES,
  MESSAGE_INVOICE,
  STATEMENT_BYTES,
} from '../../protocols/swap/messages.ts';
import {
  cut,
  decodeFrame,
  encodeCard,
  encodeHead,
  encodeInvite,
  encodeWho,
  Pieces,
} from '../../protocols/node/group-frames.ts';
import { decodeRatchet } from '../../protocols/session/ratchet-state.ts';
import { drawIdentity, SIMULATED_NETWORK_ID } from '../../scenarios/run/population.ts';
import { NatWorld } from '../../scenarios/validation/nat-worlds.ts';
import { plainNetwork } from '../../scenarios/validation/link-world.ts';
import { SimLinkHost } from '../../sim/link-host.ts';
import { StreamFactory } from '../../sim/random/streams.ts';
import { World } from '../../sim/world.ts';
import { groupOf, Person } from '../unit/group/people.ts';

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

/** What members of groups tell one another in conversations. */
const groupId = new Uint8Array(32).fill(1);
const frames = [
  encodeHead({
    groupId,
    height: 7,
    epoch: groupId,
    answers: false,
    heard: [[{ leaf: 1, next: 9, missing: [3] }]],
  }),
  encodeCard(new Uint8Array(162).fill(1)),
  encodeWho(groupId, groupId),
  encodeInvite(groupId, 'friends'),
  ...cut(suite, 'commit', new Uint8Array(2_000).fill(5), 900),
];
const pieces = new Pieces(suite);
function frameRead(bytes: Uint8Array): string | undefined {
  const frame = decodeFrame(bytes);
  if (frame?.kind === 'piece') pieces.take(frame);
  return frame?.kind;
}

/** Every message of the rendezvous, and a hub that gets them from a neighbour over its link. */
const numbers = { number: 7, nonce: new Uint8Array(8), channel: 9, relay: true, reason: 1 };
const places = { endpoint: new Uint8Array(18), address: new Uint8Array(32) };
const meetings = Array.from({ length: 13 }, (_, i) => 0x60 + i)
  .filter((type) => type !== MESSAGE_RELAY)
  .map((type) =>
    encodeRendezvous({ ...numbers, ...places, type } as Parameters<typeof encodeRendezvous>[0]),
  );
const relayed = new Uint8Array(200);
writeRelayHeader(9, 0, relayed);
meetings.push(relayed, encodeKnock(new Uint8Array(8)));
const neighbourhood = new NatWorld('decoders', [{}, {}, { nat: 'symmetric' }], 2, 'native');
const [hub, neighbour] = neighbourhood.members;

/** A group, and what its members have sent. */
const members = groupOf(suite, ['ann', 'bob', 'cy', 'dee']);
const [ann, bob, cy] = members;
const grouped: Uint8Array[] = [cy!.package.package.bytes, encodeGroup(ann!.group!.state)];
grouped.push(bob!.say('a text'), ...bob!.group!.commits());
{
  const newcomer = new Person(suite, 'eve');
  const { packet, welcomes } = bob!.commit({ add: [newcomer.package.package], remove: [] });
  grouped.push(packet, ...welcomes.map(({ bytes }) => bytes), newcomer.package.package.bytes);
  grouped.push(cy!.group!.leave(cy!.fresh)!);
}

const money = [INVOICE_BYTES, CHEQUE_BYTES, CONFIRM_BYTES, STATEMENT_BYTES].map((length, i) => {
  const bytes = new Uint8Array(length);
  bytes[0] = MESSAGE_INVOICE + i;
  return bytes;
});

interface Reader {
  name: string;
  /** Of all datagrams. Most go to whole nodes; where a signature is checked for each, few. */
  share: number;
  from: readonly Uint8Array[];
  read: (bytes: Uint8Array) => unknown;
}
const READERS: readonly Reader[] = [
  {
    name: 'link',
    share: 0.3,
    from: sealed,
    read: (bytes) => links[VICTIM]!.onDatagram(random.below(NODES), bytes, 0, bytes.length),
  },
  {
    name: 'node',
    share: 0.3,
    from: opened,
    read: (bytes) => nodes[VICTIM]!.onDatagram(random.below(NODES), bytes, 0, bytes.length),
  },
  { name: 'frames', share: 0.05, from: opened, read: (b) => void readFrames(b, 0, b.length) },
  { name: 'multicast', share: 0.05, from: opened, read: (b) => void readMulticast(b, 0, b.length) },
  { name: 'ratchet', share: 0.05, from: opened, read: (bytes) => void decodeRatchet(bytes) },
  {
    name: 'record',
    share: 0.001,
    from: opened,
    read: (bytes) => void new RecordVerifier(suite, 4).verify(bytes, 0),
  },
  {
    name: 'rendezvous',
    share: 0.08,
    from: meetings,
    read: (bytes) =>
      decodeRendezvous(bytes, 0, bytes.length)?.type ?? decodeKnock(bytes, 0, bytes.length)?.length,
  },
  {
    name: 'hub',
    share: 0.01,
    from: meetings,
    read(bytes) {
      if (bytes.length > 0 && bytes.length <= 1_200) neighbour!.send(hub!, bytes);
      neighbourhood.run(1_000);
    },
  },
  {
    name: 'swap',
    share: 0.05,
    from: money,
    read: (b) => void decodeSwapMessage(b, 0, b.length),
  },
  { name: 'key package', share: 0.001, from: grouped, read: (b) => void decodeKeyPackage(b) },
  { name: 'commit', share: 0.05, from: grouped, read: (bytes) => void decodeCommit(bytes) },
  { name: 'frame', share: 0.05, from: frames, read: frameRead },
  { name: 'leave', share: 0.02, from: grouped, read: (bytes) => void decodeLeave(bytes) },
  { name: 'group state', share: 0.008, from: grouped, read: (b) => void decodeGroup(b) },
  { name: 'group', share: 0.02, from: grouped, read: (b) => ann!.take(b).kind },
  {
    name: 'welcome',
    share: 0.001,
    from: grouped,
    read: (b) => typeof Group.join(suite, cy!.self, cy!.policy, cy!.package, b),
  },
];
const SHARES = READERS.reduce((sum, { share }) => sum + share, 0);

/** A reader by its share. */
function draw(): Reader {
  let left = (random.uint32() / 2 ** 32) * SHARES;
  return READERS.find(({ share }) => (left -= share) < 0) ?? READERS[0]!;
}

const outcomes = new Map<string, number>();
let threw = 0;
let heapAt = 0;
const started = performance.now();
for (let i = 0; i < TOTAL; i++) {
  const { name, from, read } = draw();
  const bytes = damaged(from);
  try {
    const outcome = read(bytes);
    const what = outcome === undefined ? name : `${name} ${String(outcome)}`;
    outcomes.set(what, (outcomes.get(what) ?? 0) + 1);
  } catch (error) {
    if (threw++ < 5) console.error(name, Buffer.from(bytes).toString('hex'), error);
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
  `heap after the first quarter to the end: ${grown.toFixed(1)} MiB more; peers known ${world.peers.size}, to the hub ${hub!.peers.size}`,
);
process.exitCode = threw === 0 && grown < 50 ? 0 : 1;
