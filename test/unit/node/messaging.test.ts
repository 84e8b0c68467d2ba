/** Conversations over whole simulated networks: link, overlay, dark routing and sessions together, the modules that the live node runs. */
import { describe, expect, it } from 'vitest';
import { writeUint32 } from '../../../protocols/codec/bytes.ts';
import { createSuite } from '../../../protocols/crypto/suites.ts';
import type { SuiteName } from '../../../protocols/crypto/port.ts';
import { accountFromPublicKey, overlayAddress } from '../../../protocols/identity/address.ts';
import { signRecord } from '../../../protocols/identity/record.ts';
import { LinkLayer } from '../../../protocols/link/machine.ts';
import { DEFAULT_LINK_OPTIONS } from '../../../protocols/link/options.ts';
import { LinkScratch } from '../../../protocols/link/session.ts';
import { MessagingNode, type Vault } from '../../../protocols/node/messaging.ts';
import { NodeScratch } from '../../../protocols/node/node.ts';
import { DEFAULT_OVERLAY_OPTIONS } from '../../../protocols/overlay/params.ts';
import { HONEST_OVERLAY_POLICY } from '../../../protocols/overlay/policy.ts';
import { DEFAULT_ROUTING_OPTIONS } from '../../../protocols/routing/params.ts';
import { HONEST_RELAY_POLICY } from '../../../protocols/routing/policy.ts';
import { ADDRESS_WORDS, readAddress } from '../../../protocols/identity/proximity.ts';
import type { Party } from '../../../protocols/session/opening.ts';
import {
  PACKET_OPENED,
  PACKET_ORIGINATED,
  PACKET_TAGGED,
} from '../../../protocols/routing/events.ts';
import type { Recorder } from '../../../sim/recorder.ts';
import { STREAM_TEXT_BYTES_MAX } from '../../../protocols/session/streams.ts';
import type { TagKind } from '../../../protocols/session/topic-tags.ts';
import { SimLinkHost } from '../../../sim/link-host.ts';
import { StreamFactory } from '../../../sim/random/streams.ts';
import { CONTROL_CRASH, CONTROL_START, World } from '../../../sim/world.ts';

const S = 1_000_000;
const NETWORK = 5n;

interface Somebody {
  party: Party;
  node: () => MessagingNode;
  got: string[];
  acknowledged: number[];
}

/** `count` nodes that join through the first, with messaging on top. */
function network(
  count: number,
  suiteName: SuiteName,
  lossRatio: number,
  recorder?: Recorder,
  tagsOf: (node: number) => TagKind = () => 'rotating',
): { world: World; people: Somebody[] } {
  const suite = createSuite(suiteName);
  const world = new World({
    seed: 1,
    ...(recorder === undefined ? {} : { recorder }),
    crypto: suite,
    network: {
      latency: { kind: 'constant', delayUs: 20_000 },
      ...(lossRatio > 0 ? { loss: { kind: 'independent', ratio: lossRatio } } : {}),
      duplicateRatio: 0,
      reorderRatio: 0,
      queue: { kind: 'drop-tail', limitBytes: 1e9 },
      mtuBytes: 1_500,
    },
  });
  const scratch = new NodeScratch(suite);
  const linkScratch = new LinkScratch(suite, count);
  const random = new StreamFactory('people').stream('identities');
  const people: Somebody[] = [];
  for (let i = 0; i < count; i++) {
    const [accountSecret, nonce, secret] = [0, 1, 2].map(() => {
      const bytes = new Uint8Array(32);
      random.fill(bytes, 0, 32);
      return bytes;
    }) as [Uint8Array, Uint8Array, Uint8Array];
    const key = suite.agreementKey(secret);
    const address = overlayAddress(
      suite,
      accountFromPublicKey(suite, suite.accountPublicKey(accountSecret)),
      NETWORK,
      nonce,
    );
    const endpoint = new Uint8Array(18);
    endpoint.set([0xff, 0xff, 10, i >>> 8, i & 0xff, 1, 16, 146], 10);
    const record = signRecord(suite, accountSecret, {
      networkId: NETWORK,
      nonce,
      publicKey: key.publicKey,
      endpoint,
      sequence: 1,
    });
    const got: string[] = [];
    const acknowledged: number[] = [];
    // A disk that answers at once, and from which every start begins.
    const disk = new Map<string, Uint8Array>();
    const vault: Vault = {
      keep: (contacts, _inbound, then) => {
        for (const { contact, record } of contacts) disk.set(contact.party.address.join(), record);
        then();
      },
      records: () => [...disk.values()],
    };
    let node: MessagingNode | undefined;
    const index = i;
    world.addNode(address, endpoint, (host) => {
      const layer = new LinkLayer(
        new SimLinkHost(host),
        { key, record, networkId: NETWORK },
        DEFAULT_LINK_OPTIONS,
        linkScratch,
      );
      node = new MessagingNode(layer.host, {
        overlay: { ...DEFAULT_OVERLAY_OPTIONS, start: 'join', networkShareRatio: 1 },
        routing: DEFAULT_ROUTING_OPTIONS,
        overlayPolicy: HONEST_OVERLAY_POLICY,
        relayPolicy: HONEST_RELAY_POLICY,
        key,
        bootstrap: i === 0 ? [] : [0],
        scratch,
        self: { address, key, secret },
        vault,
        listener: {
          received: ({ text }) => got.push(new TextDecoder().decode(text)),
          acknowledged: (_contact, numbers) => acknowledged.push(...numbers),
        },
        luminosityBits: 2,
        tags: tagsOf(index),
      });
      layer.attach(node);
      return layer;
    });
    people.push({
      party: { address, publicKey: key.publicKey },
      node: () => {
        world.node(index);
        return node!;
      },
      got,
      acknowledged,
    });
  }
  for (let i = 0; i < count; i++) world.controlAt(1 + i * 100_000, i, CONTROL_START);
  world.run(30 * S, Infinity);
  return { world, people };
}

const say = (from: Somebody, to: Somebody, text: string): void => {
  from.node().say(to.party, new TextEncoder().encode(text));
};

describe('people on a simulated network', () => {
  it.each(['native', 'modelled'] as const)(
    'write to each other, and every text is acknowledged (%s)',
    (suite) => {
      const { world, people } = network(24, suite, 0);
      const [a, b] = [people[3]!, people[17]!];
      say(a, b, 'hello');
      world.run(world.nowUs + 5 * S, Infinity);
      say(b, a, 'hello yourself');
      for (let i = 0; i < 5; i++) say(a, b, `m${i}`);
      world.run(world.nowUs + 5 * S, Infinity);
      expect(b.got.toSorted()).toEqual(['hello', 'm0', 'm1', 'm2', 'm3', 'm4']);
      expect(a.got).toEqual(['hello yourself']);
      expect(a.acknowledged.toSorted()).toEqual([0, 1, 2, 3, 4, 5]);
      expect(b.acknowledged).toEqual([0]);
      for (const other of people) if (other !== a && other !== b) expect(other.got).toEqual([]);
    },
  );

  it('get everything once over a network that loses a fifth of all datagrams', () => {
    const { world, people } = network(20, 'modelled', 0.2);
    const sent: string[] = [];
    for (let i = 0; i < 30; i++) {
      say(people[2]!, people[11]!, `text ${i}`);
      sent.push(`text ${i}`);
      world.run(world.nowUs + S, Infinity);
    }
    world.run(world.nowUs + 300 * S, Infinity);
    expect(people[11]!.got.toSorted()).toEqual(sent.toSorted());
    expect(people[2]!.acknowledged.length).toBe(30);
  });

  it('get what was sent while they were away', () => {
    const { world, people } = network(20, 'modelled', 0);
    const [a, b] = [people[4]!, people[9]!];
    say(a, b, 'before');
    world.run(world.nowUs + 5 * S, Infinity);
    world.controlAt(world.nowUs + 1, 9, CONTROL_CRASH);
    world.run(world.nowUs + S, Infinity);
    say(a, b, 'meanwhile');
    world.run(world.nowUs + 60 * S, Infinity);
    expect(b.got).toEqual(['before']);
    world.controlAt(world.nowUs + 1, 9, CONTROL_START);
    world.run(world.nowUs + 300 * S, Infinity);
    expect(b.got).toEqual(['before', 'meanwhile']);
    expect(a.acknowledged).toEqual([0, 1]);
  });

  it('are refused another text when too much waits for somebody, and nothing of it is kept', () => {
    const { people } = network(4, 'modelled', 0);
    const [a, b] = [people[0]!, people[1]!];
    say(a, b, 'first');
    const contact = a.node().messenger.contact(b.party.address)!;
    const long = new Uint8Array(STREAM_TEXT_BYTES_MAX);
    let texts = 0;
    for (; contact.hasRoom(long.length); texts++) contact.add(long, Infinity);
    // 64 KiB are 86 packets, and 16,384 may wait.
    expect(texts).toBeGreaterThan(180);
    const before = [contact.waiting.size, contact.nextNumber];
    expect(() => a.node().say(b.party, long)).toThrow('too much waits for this person');
    expect([contact.waiting.size, contact.nextNumber]).toEqual(before);
    // There is room for a short one still, and for everybody else.
    say(a, b, 'short');
    expect(contact.waiting.size).toBe(before[0]! + 1);
    a.node().say(people[2]!.party, long);
  });

  it('show no more of an address to somebody than they have shown before', () => {
    const { people } = network(4, 'modelled', 0);
    const node = people[0]!.node();
    const bits = (wish: number): number =>
      node.say(people[1]!.party, Uint8Array.of(65), wish).luminosityBits;
    expect([bits(6), bits(200), bits(3), bits(6)]).toEqual([6, 6, 3, 3]);
  });

  it('show no more after a restart either, in new texts, in old ones sent again, in acknowledgements', () => {
    const shown = new Map<number, number[]>();
    const { world, people } = network(12, 'modelled', 0, {
      event(_timeUs, node, event, _a, _b, bits) {
        if (event === PACKET_ORIGINATED) shown.set(node, [...(shown.get(node) ?? []), bits]);
      },
    });
    const [a, b] = [3, 8];
    const wish = (from: number, to: number, bits?: number): number =>
      people[from]!.node().say(people[to]!.party, Uint8Array.of(65), bits).luminosityBits;
    const pass = (seconds: number): void => {
      world.run(world.nowUs + seconds * S, Infinity);
    };
    const restart = (node: number): void => {
      world.controlAt(world.nowUs + 1, node, CONTROL_CRASH);
      world.controlAt(world.nowUs + S, node, CONTROL_START);
      pass(2);
    };
    wish(a, b, 1);
    wish(b, a, 0);
    pass(10);
    // One is sent while nobody is there to acknowledge it, and again by the life that follows.
    world.controlAt(world.nowUs + 1, b, CONTROL_CRASH);
    pass(1);
    wish(a, b, 5);
    pass(10);
    restart(a);
    expect([wish(a, b), wish(a, b, 9)]).toEqual([1, 1]);
    world.controlAt(world.nowUs + 1, b, CONTROL_START);
    pass(30);
    restart(b);
    expect(wish(b, a, 9)).toBe(0);
    pass(30);
    expect(people[b]!.got).toHaveLength(4);
    expect(people[a]!.acknowledged.toSorted()).toEqual([0, 1, 2, 3]);
    expect(shown.get(a)!.length).toBeGreaterThan(6);
    expect(new Set(shown.get(a))).toEqual(new Set([1]));
    expect(new Set(shown.get(b))).toEqual(new Set([0]));
  });

  it('show no more of an address whose owner comes with another key', () => {
    const { people } = network(4, 'modelled', 0);
    const node = people[0]!.node();
    const { address } = people[1]!.party;
    node.say(people[1]!.party, Uint8Array.of(65), 3);
    const { publicKey } = people[2]!.party;
    expect(node.say({ address, publicKey }, Uint8Array.of(65), 9).luminosityBits).toBe(3);
  });
});

describe('the tags that everybody on the way reads', () => {
  /** Two who talk, and the tags of their packets in the order of sending. */
  function talk(tagsOf: (node: number) => TagKind) {
    const tags: { node: number; tag: string }[] = [];
    const opened = { packets: 0 };
    const net = network(
      12,
      'modelled',
      0,
      {
        event(_timeUs, node, event, _a, _b, high, low) {
          if (event === PACKET_TAGGED) tags.push({ node, tag: `${high}/${low}` });
          if (event === PACKET_OPENED) opened.packets++;
        },
      },
      tagsOf,
    );
    const pass = (seconds: number): void => {
      net.world.run(net.world.nowUs + seconds * S, Infinity);
    };
    const [a, b] = [net.people[3]!, net.people[8]!];
    // The first has the opening with it; from the acknowledgement on they are known to each other.
    say(a, b, 'first');
    pass(3);
    for (let i = 0; i < 4; i++) {
      say(i % 2 === 0 ? a : b, i % 2 === 0 ? b : a, `text ${i}`);
      pass(3);
    }
    return { ...net, a, b, tags, opened, pass };
  }
  const sizes = (tags: readonly { tag: string }[]): number[] => {
    const counts = new Map<string, number>();
    for (const { tag } of tags) counts.set(tag, (counts.get(tag) ?? 0) + 1);
    return [...counts.values()].sort((x, y) => y - x);
  };

  it('are new with each packet where they rotate', () => {
    const { a, b, tags } = talk(() => 'rotating');
    expect([a.got, b.got]).toEqual([
      ['text 1', 'text 3'],
      ['first', 'text 0', 'text 2'],
    ]);
    expect(tags).toHaveLength(10);
    expect(new Set(sizes(tags))).toEqual(new Set([1]));
  });

  it('are the same for all packets of a session, both ways, where they are fixed: all but the first, with the opening', () => {
    const { a, b, tags } = talk(() => 'fixed');
    expect([a.got, b.got]).toEqual([
      ['text 1', 'text 3'],
      ['first', 'text 0', 'text 2'],
    ]);
    expect(sizes(tags)).toEqual([9, 1]);
    expect(sizes(tags.slice(1))).toEqual([9]);
  });

  it('are each sender’s own choice: the other side listens for both', () => {
    const { a, b, tags } = talk((node) => (node === 3 ? 'fixed' : 'rotating'));
    expect([a.got.length, b.got.length]).toEqual([2, 3]);
    expect(sizes(tags.filter(({ node }) => node === 3))).toEqual([4, 1]);
    expect(sizes(tags.filter(({ node }) => node === 8))).toEqual([1, 1, 1, 1, 1]);
  });

  it('are found again after both have been started anew', () => {
    const { world, people, a, b, tags, pass } = talk(() => 'fixed');
    for (const node of [3, 8]) {
      world.controlAt(world.nowUs + 1, node, CONTROL_CRASH);
      world.controlAt(world.nowUs + S, node, CONTROL_START);
    }
    pass(5);
    say(people[3]!, people[8]!, 'again');
    pass(5);
    expect(b.got).toEqual(['first', 'text 0', 'text 2', 'again']);
    expect(a.acknowledged.toSorted()).toEqual([0, 1, 2, 3]);
    expect(sizes(tags)).toEqual([11, 1]);
  });

  it('do no harm where somebody else has the same', () => {
    const { people, a, b, tags, opened, pass } = talk(() => 'fixed');
    const [high, low] = tags.at(-1)!.tag.split('/').map(Number) as [number, number];
    const topic = new Uint8Array(8);
    writeUint32(topic, 0, high);
    writeUint32(topic, 4, low);
    const words = new Uint32Array(ADDRESS_WORDS);
    readAddress(people[6]!.party.address, 0, words, 0);
    const before = opened.packets;
    // To everybody, and for somebody who listens for no such topic: nobody takes it for a message, not even those who do.
    const { router } = people[5]!.node();
    router.send(people[6]!.party.publicKey, words, 0, 0, Uint8Array.of(1, 2), 0, 2, topic);
    pass(3);
    expect(opened.packets).toBe(before);
    say(a, b, 'still here');
    pass(3);
    expect(b.got.at(-1)).toBe('still here');
    expect(a.acknowledged.toSorted()).toEqual([0, 1, 2, 3]);
  });
});
