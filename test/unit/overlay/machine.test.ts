import { DISCOVERY_EVENTS } from '../../../protocols/discovery/events.ts';
import { LINK_EVENTS } from '../../../protocols/link/events.ts';
import { CONVERSATION_EVENTS } from '../../../protocols/node/events.ts';
import { ROUTING_EVENTS } from '../../../protocols/routing/events.ts';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  ADDRESS_WORDS,
  compareDistance,
  readAddress,
} from '../../../protocols/identity/proximity.ts';
import {
  EVENT_CONTACT_REMOVED,
  EVENT_JOIN_FAILED,
  EVENT_LOOKUP_FINISHED,
  EVENT_LOOKUP_FOUND,
  OVERLAY_EVENTS,
  REMOVED_LEFT,
  REMOVED_SILENT,
} from '../../../protocols/overlay/events.ts';
import {
  decodeOverlayMessage,
  encodeFindNode,
  encodeNodes,
  encodePing,
  FIND_NODE_BYTES,
  MESSAGE_FIND_NODE,
  MESSAGE_PING,
  MESSAGE_PONG,
  OVERLAY_BYTES_MAX,
  OverlayMessage,
} from '../../../protocols/overlay/messages.ts';
import { LOOKUPS_MAX, NEIGHBOURHOOD_BIN_MAX } from '../../../protocols/overlay/params.ts';
import {
  OUTCOME_HANDLED,
  OUTCOME_IGNORED,
  OUTCOME_MALFORMED,
  OUTCOME_REFUSED,
} from '../../../protocols/outcomes.ts';
import { PairNet } from '../../support/pair.ts';
import { readVector } from '../../support/vectors.ts';
import { addressOf, joinAll, optionsWith, OverlayNode } from './support.ts';

const SECOND = 1_000_000;

function decode(bytes: Uint8Array): OverlayMessage {
  const message = new OverlayMessage();
  decodeOverlayMessage(bytes, 0, bytes.length, message);
  return message;
}

/** A peer without an overlay: records what it gets and answers as it is told. */
class Puppet {
  readonly received: { from: number; message: OverlayMessage }[] = [];
  answers = true;
  readonly #net: PairNet;
  readonly #self: number;

  constructor(net: PairNet, self: number) {
    this.#net = net;
    this.#self = self;
    net.attach(self, this);
  }

  start(): void {}
  stop(): void {}

  onDatagram(from: number, bytes: Uint8Array, offset: number, length: number): number {
    const message = decode(bytes.slice(offset, offset + length));
    this.received.push({ from, message });
    if (this.answers && message.type === MESSAGE_PING) this.pong(from, message.transaction);
    return OUTCOME_HANDLED;
  }

  onTimer(): number {
    return OUTCOME_IGNORED;
  }

  pong(to: number, transaction: number): void {
    const out = new Uint8Array(OVERLAY_BYTES_MAX);
    this.#net.hosts[this.#self]!.send(to, out, 0, encodePing(MESSAGE_PONG, transaction, out));
  }

  ping(to: number): void {
    const out = new Uint8Array(OVERLAY_BYTES_MAX);
    this.#net.hosts[this.#self]!.send(to, out, 0, encodePing(MESSAGE_PING, 1, out));
  }

  nodes(to: number, transaction: number, contacts: number[]): void {
    const out = new Uint8Array(OVERLAY_BYTES_MAX);
    const length = encodeNodes(
      transaction,
      Int32Array.from(contacts),
      contacts.length,
      this.#net.peers,
      out,
    );
    this.#net.hosts[this.#self]!.send(to, out, 0, length);
  }
}

/** One real node with an address of zeros, started alone; puppets are added by the test. */
function alone(changes: Parameters<typeof optionsWith>[0] = {}): {
  net: PairNet;
  node: OverlayNode;
} {
  const net = new PairNet('alone');
  net.add(addressOf('0'));
  const node = new OverlayNode(net, 0, optionsWith({ refreshUs: 0, ...changes }));
  node.start();
  net.run(SECOND);
  return { net, node };
}

describe('a contact', () => {
  it('is made of two strangers by one request: both end in each other’s table', () => {
    const net = new PairNet('two');
    const nodes = joinAll(net, 2, optionsWith({}));
    net.run(3 * SECOND);
    expect(nodes[0]!.overlay.table.has(1)).toBe(true);
    expect(nodes[1]!.overlay.table.has(0)).toBe(true);
    expect(net.outcomes.every((outcome) => outcome === OUTCOME_HANDLED)).toBe(true);
  });

  it('is nobody who has not answered us, however often it speaks', () => {
    const { net, node } = alone();
    const puppet = new Puppet(net, net.add(addressOf('1')));
    puppet.answers = false;
    for (let i = 0; i < 20; i++) {
      puppet.ping(0);
      net.run(net.nowUs + SECOND);
    }
    expect(node.overlay.table.size).toBe(0);
    puppet.answers = true;
    puppet.ping(0);
    net.run(net.nowUs + SECOND);
    expect(node.overlay.table.size).toBe(1);
  });

  it('is not admitted by an answer from another peer or with another transaction', () => {
    const { net, node } = alone();
    const asked = new Puppet(net, net.add(addressOf('1')));
    const forger = new Puppet(net, net.add(addressOf('11')));
    asked.answers = false;
    forger.answers = false;
    asked.ping(0);
    net.run(net.nowUs + 50_000);
    const ping = asked.received.find((r) => r.message.type === MESSAGE_PING)!.message;
    net.outcomes.length = 0;
    forger.pong(0, ping.transaction);
    asked.pong(0, (ping.transaction + 1) >>> 0);
    forger.nodes(0, ping.transaction, []);
    asked.nodes(0, ping.transaction, []);
    net.run(net.nowUs + 50_000);
    expect(net.outcomes).toEqual([
      OUTCOME_IGNORED,
      OUTCOME_IGNORED,
      OUTCOME_IGNORED,
      OUTCOME_IGNORED,
    ]);
    expect(node.overlay.table.size).toBe(0);
    asked.pong(0, ping.transaction);
    net.run(net.nowUs + 50_000);
    expect(node.overlay.table.size).toBe(1);
    // The same answer once more is an answer to nothing.
    net.outcomes.length = 0;
    asked.pong(0, ping.transaction);
    net.run(net.nowUs + 50_000);
    expect(net.outcomes).toEqual([OUTCOME_IGNORED]);
  });

  it('that says LEAVE is removed at once', () => {
    const net = new PairNet('leave');
    const nodes = joinAll(net, 3, optionsWith({}));
    net.run(5 * SECOND);
    expect(nodes[0]!.overlay.table.has(2)).toBe(true);
    nodes[2]!.stop();
    net.run(net.nowUs + 20_000);
    expect(nodes[0]!.overlay.table.has(2)).toBe(false);
    expect(nodes[1]!.overlay.table.has(2)).toBe(false);
    const removed = net.events.filter((e) => e.event === EVENT_CONTACT_REMOVED);
    expect(removed.map((e) => e.values[2])).toEqual([REMOVED_LEFT, REMOVED_LEFT]);
  });
});

describe('a full bin', () => {
  /** A node whose bin 0 is full of puppets; two more contacts far inside make the neighbourhood. */
  function fullBin(): { net: PairNet; node: OverlayNode; old: Puppet[]; first: number } {
    const { net, node } = alone({ bucket: 3, networkShareRatio: 1 });
    const inside = ['01', '001', '0001', '00001'].map(
      (bits) => new Puppet(net, net.add(addressOf(bits, 1))),
    );
    const first = net.hosts.length;
    const old = ['1000', '1001', '1010'].map(
      (bits) => new Puppet(net, net.add(addressOf(bits, 2))),
    );
    for (const puppet of [...old, ...inside]) {
      puppet.ping(0);
      net.run(net.nowUs + SECOND);
    }
    expect(node.overlay.depth()).toBeGreaterThan(0);
    expect(node.overlay.table.binSize(0)).toBe(3);
    return { net, node, old, first };
  }

  it('keeps its old contacts while they answer', () => {
    const { net, node, first } = fullBin();
    net.run(net.nowUs + 60 * SECOND);
    const newcomer = new Puppet(net, net.add(addressOf('1111')));
    for (let i = 0; i < 5; i++) {
      newcomer.ping(0);
      net.run(net.nowUs + 5 * SECOND);
    }
    const { table } = node.overlay;
    expect(Array.from(table.handles.subarray(table.start(0), table.end(0)))).toEqual([
      first,
      first + 1,
      first + 2,
    ]);
  });

  it('replaces the one that stays silent, by the candidate that waits', () => {
    const { net, node, old, first } = fullBin();
    const newcomer = net.add(addressOf('1111'));
    const puppet = new Puppet(net, newcomer);
    puppet.ping(0);
    net.run(net.nowUs + SECOND);
    expect(node.overlay.table.has(newcomer)).toBe(false);
    old[1]!.answers = false;
    // A refresh-less node notices when it needs the contact: a look-up asks it, and it does not answer.
    const target = new Uint32Array(ADDRESS_WORDS);
    readAddress(addressOf('1001', 2), 0, target, 0);
    node.overlay.lookup(target, 16);
    net.run(net.nowUs + 10 * SECOND);
    expect(node.overlay.table.has(first + 1)).toBe(false);
    expect(node.overlay.table.has(newcomer)).toBe(true);
    const removed = net.events.filter(
      (e) => e.event === EVENT_CONTACT_REMOVED && e.values[0] === first + 1,
    );
    expect(removed.map((e) => e.values[2])).toEqual([REMOVED_SILENT]);
  });

  it('does not lose a contact for one lost datagram', () => {
    const { net, node, first } = fullBin();
    let dropped = 0;
    net.filter = (_from, to, bytes) => {
      if (to !== first || decode(bytes).type !== MESSAGE_FIND_NODE || dropped > 0) return true;
      dropped++;
      return false;
    };
    const target = new Uint32Array(ADDRESS_WORDS);
    readAddress(addressOf('1000', 2), 0, target, 0);
    node.overlay.lookup(target, 16);
    net.run(net.nowUs + 10 * SECOND);
    expect(dropped).toBe(1);
    expect(node.overlay.table.has(first)).toBe(true);
  });

  it('takes no more than its share from one endpoint network', () => {
    const { net, node } = alone({ bucket: 8, networkShareRatio: 0.25 });
    const endpoint = (host: number) => {
      const bytes = new Uint8Array(18);
      bytes.set([0xff, 0xff, 10, 1, 2, host, 0, 1], 10);
      return bytes;
    };
    for (let i = 0; i < 6; i++) {
      const bits = `1${i.toString(2).padStart(3, '0')}`;
      new Puppet(net, net.add(addressOf(bits), endpoint(i))).ping(0);
      net.run(net.nowUs + SECOND);
    }
    expect(node.overlay.table.binSize(0)).toBe(2);
    new Puppet(net, net.add(addressOf('1110'))).ping(0);
    net.run(net.nowUs + SECOND);
    expect(node.overlay.table.binSize(0)).toBe(3);
  });
});

describe('a look-up', () => {
  it('finds the true k nearest of a joined network; with loss, the nearest as often as it can answer', () => {
    const net = new PairNet('true-k');
    const count = 40;
    const nodes = joinAll(net, count, optionsWith({ bucket: 6, refreshUs: 60 * SECOND }));
    net.run(20 * SECOND);
    const random = net.hosts[0]!.random('test');
    const trials = 30;
    /** Look-ups that found all six, and that found the first. */
    const run = (): [number, number] => {
      let all = 0;
      let first = 0;
      for (let i = 0; i < trials; i++) {
        const target = Uint32Array.from({ length: ADDRESS_WORDS }, () => random.uint32());
        const { words } = net.peers;
        const asker = random.below(count);
        const truth = nodes
          .map((_, index) => index)
          .filter((index) => index !== asker)
          .sort((a, b) => compareDistance(target, 0, words, a * 8, words, b * 8))
          .slice(0, 6);
        let found: number[] = [];
        nodes[asker]!.overlay.onLookupFinished = (_id, purpose, handles, size) => {
          if (purpose === 99) found = Array.from(handles.subarray(0, size));
        };
        nodes[asker]!.overlay.lookup(target, 99);
        net.run(net.nowUs + 15 * SECOND);
        if (found.join() === truth.join()) all++;
        if (found[0] === truth[0]) first++;
      }
      return [all, first];
    };
    expect(run()).toEqual([trials, trials]);
    net.filter = () => random.below(10) > 0;
    // Request and answer both arrive in 81% of cases; three standard errors of 30 trials below that.
    const bound = trials * (0.81 - 3 * Math.sqrt((0.81 * 0.19) / trials));
    expect(run()[1]).toBeGreaterThan(bound);
  });

  it('reports requests, time, hops and whom it found', () => {
    const net = new PairNet('report');
    const nodes = joinAll(net, 20, optionsWith({ bucket: 4 }));
    net.run(30 * SECOND);
    net.events.length = 0;
    const target = net.peers.words.slice(13 * 8, 14 * 8);
    const id = nodes[4]!.overlay.lookup(target, 20);
    expect(id).toBeGreaterThan(0);
    net.run(net.nowUs + 5 * SECOND);
    const finished = net.events.find(
      (e) => e.event === EVENT_LOOKUP_FINISHED && e.values[0] === 20,
    )!;
    const found = net.events.find((e) => e.event === EVENT_LOOKUP_FOUND && e.values[0] === id)!;
    const [, requests, latencyUs, hops] = finished.values;
    expect(requests).toBeGreaterThanOrEqual(4);
    // Every step is a round trip of 20 ms.
    expect(latencyUs! % 20_000).toBe(0);
    expect(latencyUs).toBeGreaterThanOrEqual(20_000);
    expect(hops).toBeGreaterThanOrEqual(1);
    expect(found.values).toEqual([id, 13, 4, 1]);
  });

  it('keeps to alpha requests at a time', () => {
    const { net, node } = alone({ bucket: 8, alpha: 3 });
    const puppets = Array.from({ length: 8 }, (_, i) => {
      const puppet = new Puppet(net, net.add(addressOf(`1${i.toString(2).padStart(3, '0')}`)));
      puppet.ping(0);
      return puppet;
    });
    net.run(net.nowUs + SECOND);
    expect(node.overlay.table.size).toBe(8);
    const asked = () =>
      puppets.reduce(
        (sum, p) => sum + p.received.filter((r) => r.message.target[7] === 5).length,
        0,
      );
    node.overlay.lookup(new Uint32Array(8).fill(5), 16);
    net.run(net.nowUs + SECOND);
    expect(asked()).toBe(3);
    // Nobody answers: after the timeout the next three are asked.
    net.run(net.nowUs + SECOND);
    expect(asked()).toBe(6);
  });

  it('ends at once when there is nobody to ask, and is refused when too many run', () => {
    const { net, node } = alone();
    const ends: number[] = [];
    node.overlay.onLookupFinished = (id, _purpose, _found, count) => ends.push(id, count);
    const id = node.overlay.lookup(new Uint32Array(8), 16);
    expect(ends).toEqual([id, 0]);
    const mute = new Puppet(net, net.add(addressOf('1')));
    mute.ping(0);
    net.run(net.nowUs + SECOND);
    const ids = Array.from({ length: LOOKUPS_MAX + 1 }, () =>
      node.overlay.lookup(new Uint32Array(8), 16),
    );
    expect(ids.filter((i) => i > 0).length).toBe(LOOKUPS_MAX);
    expect(ids[LOOKUPS_MAX]).toBe(-1);
  });

  // go-ethereum p2p/discover/v4_lookup_test.go: 40 fixed nodes, seeded with one, must give these 16 in order.
  const testnet = readVector('kademlia_lookup_testnet.json') as
    | {
        targetId: string;
        nodes: { id: string; logDistance: number; index: number }[];
        closest16: string[];
      }
    | undefined;
  const bytesOf = (hex: string) => Uint8Array.from(Buffer.from(hex, 'hex'));
  if (testnet === undefined)
    it.skip('of the recorded test network (the folder of known answers is absent)', () => {});
  else
    it('of the recorded test network finds exactly the 16 closest', () => {
      const net = new PairNet('testnet');
      net.add(addressOf('0110'));
      const handles = new Map<string, number>();
      for (const row of testnet.nodes) handles.set(row.id, net.add(bytesOf(row.id)));
      const listed = (distance: number) =>
        testnet.nodes
          .filter((row) => row.logDistance === distance)
          .sort((a, b) => a.index - b.index)
          .map((row) => handles.get(row.id)!);
      for (const row of testnet.nodes) {
        const self = handles.get(row.id)!;
        const puppet = new Puppet(net, self);
        const receive = puppet.onDatagram.bind(puppet);
        puppet.onDatagram = (from, bytes, offset, length) => {
          const { type, transaction } = decode(bytes.slice(offset, offset + length));
          if (type === MESSAGE_FIND_NODE)
            puppet.nodes(from, transaction, listed(row.logDistance - 1));
          return receive(from, bytes, offset, length);
        };
      }
      const node = new OverlayNode(
        net,
        0,
        optionsWith({ start: 'converged', bucket: 16, refreshUs: 0, networkShareRatio: 1 }),
      );
      node.overlay.table.insert(listed(256)[0]!, 0, 16);
      node.start();
      let found: string[] = [];
      node.overlay.onLookupFinished = (_id, _purpose, array, count) => {
        found = Array.from(array.subarray(0, count), (handle) => {
          const bytes = new Uint8Array(32);
          net.peers.writeAddress(handle, bytes, 0);
          return Buffer.from(bytes).toString('hex');
        });
      };
      const target = new Uint32Array(8);
      readAddress(bytesOf(testnet.targetId), 0, target, 0);
      node.overlay.lookup(target, 16);
      net.run(20 * SECOND);
      expect(found).toEqual(testnet.closest16);
    });
});

describe('a network', () => {
  it('joins, knows its neighbourhoods, and estimates its size', () => {
    const net = new PairNet('join');
    const nodes = joinAll(net, 80, optionsWith({ bucket: 6, refreshUs: 30 * SECOND }));
    net.run(120 * SECOND);
    const { words } = net.peers;
    let inside = 0;
    for (const { overlay } of nodes) {
      // Sizes of all bins if everybody were known; the neighbourhood of that truth must be in the table.
      const truth = new Array<number>(64).fill(0);
      for (const other of nodes) truth[overlay.table.binOf(other.overlay.table.self)]!++;
      const estimate = overlay.estimateSize()!;
      if (estimate.low <= 80 && 80 <= estimate.high) inside++;
      for (let bin = overlay.depth(); bin < 63; bin++)
        expect(overlay.table.binSize(bin)).toBe(truth[bin]);
    }
    // 95% intervals, but all nodes sample one network: allow for the dependence.
    expect(inside).toBeGreaterThan(60);
    expect(words.length).toBeGreaterThan(0);
  });

  it('heals after a fifth of it has crashed', () => {
    const net = new PairNet('heal');
    const nodes = joinAll(net, 60, optionsWith({ bucket: 5, refreshUs: 20 * SECOND }));
    net.run(60 * SECOND);
    for (let i = 1; i < 60; i += 5) net.crash(i);
    net.run(net.nowUs + 120 * SECOND);
    const alive = nodes.filter((_, i) => net.nodes[i] !== undefined);
    expect(alive.length).toBe(48);
    let stale = 0;
    let contacts = 0;
    for (const { overlay } of alive) {
      for (const peer of overlay.table.handles.subarray(0, overlay.table.size)) {
        contacts++;
        if (net.nodes[peer] === undefined) stale++;
      }
      const truth = new Array<number>(64).fill(0);
      for (const other of alive) truth[overlay.table.binOf(other.overlay.table.self)]!++;
      for (let bin = overlay.depth(); bin < 63; bin++)
        expect(overlay.table.binSize(bin)).toBe(truth[bin]);
    }
    expect(contacts).toBeGreaterThan(48 * 15);
    expect(stale).toBe(0);
  });

  it('takes a node back that was away', () => {
    const net = new PairNet('return');
    const nodes = joinAll(net, 30, optionsWith({ bucket: 5, refreshUs: 20 * SECOND }));
    net.run(40 * SECOND);
    nodes[7]!.stop();
    net.run(net.nowUs + 30 * SECOND);
    const knowing = () => nodes.filter((n) => n.overlay.table.has(7)).length;
    expect(knowing()).toBe(0);
    nodes[7]!.start();
    net.run(net.nowUs + 10 * SECOND);
    expect(knowing()).toBeGreaterThan(3);
  });

  it('is tried again by a node whose bootstrap peer is not there yet', () => {
    const net = new PairNet('late');
    net.add();
    net.add();
    const first = new OverlayNode(net, 1, optionsWith({}));
    first.bootstrap = [0];
    first.start();
    net.run(10 * SECOND);
    expect(net.events.filter((e) => e.event === EVENT_JOIN_FAILED).length).toBeGreaterThan(0);
    new OverlayNode(net, 0, optionsWith({})).start();
    net.run(net.nowUs + 20 * SECOND);
    expect(first.overlay.table.has(0)).toBe(true);
  });

  it('is the same twice', () => {
    const run = () => {
      const net = new PairNet('twice');
      joinAll(net, 25, optionsWith({ refreshUs: 10 * SECOND }));
      net.run(40 * SECOND);
      return JSON.stringify([net.events, net.sent]);
    };
    expect(run()).toBe(run());
  });

  it('finds its way around a node that stays silent by policy', () => {
    const net = new PairNet('silent');
    for (let i = 0; i < 3; i++) net.add();
    const silent = new OverlayNode(net, 0, optionsWith({}), { answerFindNode: () => -1 });
    silent.start();
    const node = new OverlayNode(net, 1, optionsWith({}));
    node.bootstrap = [0];
    node.start();
    net.run(10 * SECOND);
    expect(net.outcomes).toContain(OUTCOME_REFUSED);
    // It answers PINGs, so it is a contact; the look-up simply learns nothing from it.
    expect(silent.overlay.table.has(1)).toBe(true);
    expect(node.overlay.table.size).toBeLessThanOrEqual(1);
  });
});

describe('hostile input', () => {
  it('of any bytes is survived: nothing thrown, the table bounded, at most three bytes sent for one', () => {
    fc.assert(
      fc.property(
        fc.array(
          fc.tuple(
            fc.integer({ min: 0, max: 6 }),
            fc.uint8Array({ maxLength: 120 }),
            fc.integer({ min: 0, max: 0xffffffff }),
          ),
          { minLength: 1, maxLength: 30 },
        ),
        (inputs) => {
          const { net, node } = alone({ bucket: 3 });
          const stranger = net.add(addressOf('1'));
          let received = 0;
          let sent = 0;
          net.filter = (from, to, bytes) => {
            if (from === 0 && to === stranger) sent += bytes.length;
            return true;
          };
          for (const [type, rest, transaction] of inputs) {
            const out = new Uint8Array(OVERLAY_BYTES_MAX);
            let length = Math.min(1 + rest.length, OVERLAY_BYTES_MAX);
            out[0] = type;
            out.set(rest.subarray(0, length - 1), 1);
            if (type === 6) {
              const target = Uint32Array.from(
                { length: 8 },
                (_, i) => (transaction * (i + 1)) >>> 0,
              );
              length = encodeFindNode(transaction, 1 + (transaction % 16), target, 0, out);
            }
            received += length;
            const outcome = node.onDatagram(stranger, out, 0, length);
            expect([OUTCOME_HANDLED, OUTCOME_IGNORED, OUTCOME_MALFORMED]).toContain(outcome);
          }
          net.run(net.nowUs + 10 * SECOND);
          expect(node.overlay.table.size).toBe(0);
          expect(sent).toBeLessThanOrEqual(3 * received);
          expect(FIND_NODE_BYTES).toBe(272);
        },
      ),
      { numRuns: 300 },
    );
  });

  it('of invented contacts fills no bin and only a shortlist of the book', () => {
    const { net, node } = alone({ bucket: 4 });
    const liar = net.add(addressOf('1'));
    const puppet = new Puppet(net, liar);
    const receive = puppet.onDatagram.bind(puppet);
    const invented = new PairNet('invented');
    for (let i = 0; i < 16; i++) invented.add();
    let round = 0;
    puppet.onDatagram = (from, bytes, offset, length) => {
      const { type, transaction } = decode(bytes.slice(offset, offset + length));
      if (type !== MESSAGE_FIND_NODE) return receive(from, bytes, offset, length);
      const out = new Uint8Array(OVERLAY_BYTES_MAX);
      const all = Int32Array.from({ length: 16 }, (_, i) => i);
      const size = encodeNodes(transaction, all, 16, invented.peers, out);
      // Different addresses each time.
      for (let i = 0; i < 16; i++) out[6 + 50 * i + 20] = round++;
      net.hosts[liar]!.send(from, out, 0, size);
      return OUTCOME_HANDLED;
    };
    puppet.ping(0);
    net.run(net.nowUs + SECOND);
    const before = net.peers.size;
    node.overlay.lookup(new Uint32Array(8), 16);
    net.run(net.nowUs + 60 * SECOND);
    expect(node.overlay.table.size).toBe(1);
    expect(net.peers.size - before).toBeLessThanOrEqual(60);
  });

  it('of a swarm in our neighbourhood cannot outgrow the bound of its bins', () => {
    const { net, node } = alone({ bucket: 4, networkShareRatio: 1 });
    for (let i = 0; i < NEIGHBOURHOOD_BIN_MAX + 30; i++) {
      const bits = `${'0'.repeat(20)}1${i.toString(2).padStart(10, '0')}`;
      new Puppet(net, net.add(addressOf(bits))).ping(0);
      net.run(net.nowUs + 100_000);
    }
    expect(node.overlay.table.binSize(20)).toBe(NEIGHBOURHOOD_BIN_MAX);
  });
});

it('every event is in the table, once', () => {
  const codes = [
    ...OVERLAY_EVENTS,
    ...ROUTING_EVENTS,
    ...LINK_EVENTS,
    ...CONVERSATION_EVENTS,
    ...DISCOVERY_EVENTS,
  ].map((e) => e.code);
  expect(DISCOVERY_EVENTS.every(({ code }) => code >= 0xa00 && code < 0xb00)).toBe(true);
  expect(new Set(codes).size).toBe(codes.length);
  expect(OVERLAY_EVENTS.every(({ code }) => code >= 0x100 && code < 0x200)).toBe(true);
  expect(LINK_EVENTS.every(({ code }) => code >= 0x300 && code < 0x400)).toBe(true);
  expect(CONVERSATION_EVENTS.every(({ code }) => code >= 0x400 && code < 0x500)).toBe(true);
  expect(ROUTING_EVENTS.every(({ code }) => code >= 0x200 && code < 0x300)).toBe(true);
});
