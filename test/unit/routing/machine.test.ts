import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createSuite } from '../../../protocols/crypto/suites.ts';
import { MainframeNode, NodeScratch } from '../../../protocols/node/node.ts';
import {
  OUTCOME_DUPLICATE,
  OUTCOME_EXPIRED,
  OUTCOME_FORWARDED,
  OUTCOME_MALFORMED,
  OUTCOME_NAMES,
  OUTCOME_OPENED,
  OUTCOME_REFUSED,
} from '../../../protocols/outcomes.ts';
import { DEFAULT_OVERLAY_OPTIONS } from '../../../protocols/overlay/params.ts';
import { HONEST_OVERLAY_POLICY } from '../../../protocols/overlay/policy.ts';
import { INSERT_ADDED } from '../../../protocols/overlay/table.ts';
import {
  DROPPED_DEAD_END,
  DROPPED_FAR_EXPIRY,
  PACKET_DROPPED,
  PACKET_ORIGINATED,
  PACKET_RECEIVED,
  PACKET_SENT,
  RECEIVED_DUPLICATE,
  RECEIVED_IN_ZONE,
  RECEIVED_PROXIMITY_SHIFT,
} from '../../../protocols/routing/events.ts';
import {
  SEND_KEY_WEAK,
  SEND_OK,
  SEND_TEXT_TOO_LONG,
} from '../../../protocols/routing/originate.ts';
import {
  AT_EXPIRY,
  AT_LEVEL,
  AT_LUMINOSITY,
  AT_STEM,
  AT_TREE,
  HEADER_BYTES,
} from '../../../protocols/routing/packet.ts';
import { DEFAULT_ROUTING_OPTIONS, TEXT_BYTES_MAX } from '../../../protocols/routing/params.ts';
import { HONEST_RELAY_POLICY } from '../../../protocols/routing/policy.ts';
import { textbookOptions } from '../../../scenarios/validation/overlay-worlds.ts';
import { convergedFill, RoutingWorld } from '../../../scenarios/validation/routing-worlds.ts';
import {
  addressOf,
  loneRouter,
  packetFor,
  receive,
  RecordingHost,
  sendText,
  tableOf,
  TEXT,
} from './support.ts';

const POLICIES = ['tree', 'pss', 'pss-v2'] as const;

describe('in a static network where everybody knows everybody', () => {
  it('every policy, with or without a stem, reaches every zone node and the recipient opens', () => {
    fc.assert(
      fc.property(
        fc.constantFrom(...POLICIES),
        fc.integer({ min: 2, max: 60 }),
        fc.integer({ min: 0, max: 7 }),
        fc.integer({ min: 0, max: 3 }),
        fc.boolean(),
        fc.integer(),
        (policy, nodes, luminosity, stemHops, randomPeer, seed) => {
          const world = new RoutingWorld({
            nodes,
            seed: `coverage/${seed}`,
            routing: { policy, trees: 1, stemHops, randomPeer },
            fill: convergedFill(textbookOptions(nodes)),
          });
          for (let i = 0; i < 3; i++) {
            const sender = world.random.below(nodes);
            const recipient = (sender + 1 + world.random.below(nodes - 1)) % nodes;
            const count = world.send(sender, recipient, luminosity);
            expect(count.zoneReached).toBe(world.zoneSize(recipient, luminosity));
            expect(count.opened).toBe(true);
          }
        },
      ),
      { numRuns: 60 },
    );
  });

  it('each tree makes exactly S - 1 copies in the zone, whoever sends, stem or not', () => {
    for (const trees of [1, 3, 5]) {
      for (const stemHops of [0, 2]) {
        const world = new RoutingWorld({
          nodes: 128,
          seed: `copies/${trees}/${stemHops}`,
          routing: { policy: 'tree', trees, stemHops },
          fill: convergedFill(textbookOptions(8)),
        });
        for (const luminosity of [0, 2, 5]) {
          for (let i = 0; i < 20; i++) {
            const sender = world.random.below(128);
            const recipient = (sender + 1 + i) % 128;
            const count = world.send(sender, recipient, luminosity);
            const size = world.zoneSize(recipient, luminosity);
            expect(count.zoneReached).toBe(size);
            // A stem may wander from one zone node to another before the trees begin.
            if (stemHops === 0) expect(count.zoneCopies).toBe(trees * (size - 1));
            else {
              expect(count.zoneCopies).toBeGreaterThanOrEqual(trees * (size - 1));
              expect(count.duplicates).toBeLessThanOrEqual((trees - 1) * size + trees);
            }
            expect(count.duplicates).toBe(0);
          }
        }
      }
    }
  });
});

describe('a relay', () => {
  it('passes a packet on once per tree and never back to whom it came from', () => {
    for (const policy of ['tree', 'pss'] as const) {
      const self = addressOf('01', 0x0f);
      const contacts = ['011', '0101', '0100', '1', '00'].map((bits) => addressOf(bits));
      const lone = loneRouter({ self, contacts, options: { policy } });
      const packet = packetFor(loneRouter({ contacts: [], secret: 9 }), self, 2);
      expect(receive(lone, 3, packet)).toBe(OUTCOME_FORWARDED);
      const first = lone.host.sent.length;
      if (policy === 'pss') expect(lone.host.sent.map((s) => s.to)).not.toContain(3);
      expect(receive(lone, 2, packet)).toBe(OUTCOME_DUPLICATE);
      expect(receive(lone, 3, packet)).toBe(OUTCOME_DUPLICATE);
      expect(lone.host.sent).toHaveLength(first);
      expect(lone.host.eventsOf(PACKET_SENT)).toHaveLength(first);
      packet[AT_TREE] = 1;
      expect(receive(lone, 3, packet)).toBe(OUTCOME_FORWARDED);
    }
  });

  it("sends back to whom it came from where Swarm's later rule says so", () => {
    const self = addressOf('01');
    const lone = loneRouter({
      self,
      contacts: ['011', '0101', '1'].map((bits) => addressOf(bits)),
      options: { policy: 'pss-v2' },
    });
    receive(lone, 1, packetFor(loneRouter({ contacts: [], secret: 9 }), self, 1));
    expect(lone.host.sent.map((s) => s.to)).toContain(1);
  });

  it('reports its proximity, its place and duplicates', () => {
    const lone = loneRouter({ self: addressOf('0101'), contacts: [addressOf('1')] });
    const packet = packetFor(lone, addressOf('0100'), 3);
    receive(lone, 1, packet);
    receive(lone, 1, packet);
    const facts = lone.host.eventsOf(PACKET_RECEIVED).map((e) => e.values[3]);
    expect(facts.map((f) => f & (RECEIVED_DUPLICATE | RECEIVED_IN_ZONE))).toEqual([
      RECEIVED_IN_ZONE,
      RECEIVED_IN_ZONE | RECEIVED_DUPLICATE,
    ]);
    expect((facts[0]! >>> RECEIVED_PROXIMITY_SHIFT) & 0x1ff).toBeGreaterThanOrEqual(3);
  });

  it('cannot be talked into acting outside the zone by any level', () => {
    const self = addressOf('0101');
    const contacts = ['1', '00', '011', '0100', '01011', '010101'].map((bits) => addressOf(bits));
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 256 }), fc.integer({ min: 0, max: 6 }), (level, l) => {
        const lone = loneRouter({ self, contacts });
        const packet = packetFor(loneRouter({ contacts: [], secret: 9 }), self, l);
        packet[AT_LEVEL] = level >>> 8;
        packet[AT_LEVEL + 1] = level;
        receive(lone, 1, packet);
        for (const { to, bytes } of lone.host.sent) {
          expect(lone.table.binOf(to)).toBeGreaterThanOrEqual(Math.max(level, l));
          const carried = (bytes[AT_LEVEL]! << 8) | bytes[AT_LEVEL + 1]!;
          expect(carried).toBe(lone.table.binOf(to) + 1);
        }
      }),
    );
  });

  it('drops what has expired, and what claims to live longer than anything may', () => {
    const lone = loneRouter({ contacts: [addressOf('1')] });
    const packet = packetFor(lone, new Uint8Array(32), 4);
    lone.host.nowUs = 94_000_001;
    expect(receive(lone, 1, packet)).toBe(OUTCOME_EXPIRED);
    lone.host.nowUs = 0;
    const far = packet.slice();
    far[AT_EXPIRY + 3]! += 1;
    expect(receive(lone, 1, far)).toBe(OUTCOME_REFUSED);
    expect(lone.host.eventsOf(PACKET_DROPPED).at(-1)!.values[3]).toBe(DROPPED_FAR_EXPIRY);
    expect(receive(lone, 1, packet)).toBe(OUTCOME_OPENED);
  });

  it('remembers a packet for as long as the packet may live', () => {
    const lone = loneRouter({ contacts: [addressOf('1')] });
    const packet = packetFor(lone, new Uint8Array(32), 4);
    receive(lone, 1, packet);
    for (let second = 1; ; second++) {
      lone.host.nowUs = second * 1_000_000;
      const outcome = receive(lone, 1, packet);
      if (outcome === OUTCOME_EXPIRED) break;
      expect(outcome).toBe(OUTCOME_DUPLICATE);
    }
    expect(lone.host.nowUs).toBeGreaterThan(30_000_000);
  });

  it('without a nearer contact, reports a dead end', () => {
    const lone = loneRouter({ contacts: [addressOf('01')] });
    const packet = packetFor(lone, addressOf('1'), 1);
    receive(lone, 1, packet);
    expect(lone.host.eventsOf(PACKET_DROPPED)[0]!.values[3]).toBe(DROPPED_DEAD_END);
    expect(lone.host.sent).toEqual([]);
  });
});

describe('on the stem', () => {
  const contacts = ['1', '01', '001', '0001'].map((bits) => addressOf(bits));

  it('the sender shows a packet to one random contact, marked as on the stem, and forgets that it made it', () => {
    const lone = loneRouter({ contacts, options: { stemHops: 2 } });
    sendText(lone, lone.key, addressOf('1'), 0, TEXT);
    expect(lone.host.sent).toHaveLength(1);
    const packet = lone.host.sent[0]!.bytes;
    expect(packet[AT_STEM]).toBe(1);
    // Routing brings it back to its sender, who passes it on like anybody else.
    packet[AT_STEM] = 0;
    expect(receive(lone, 2, packet)).toBe(OUTCOME_OPENED);
    expect(lone.host.sent).toHaveLength(1 + 4);
  });

  it('changes nothing along the way, and ends by routing to everyone, even to whom it came from', () => {
    const packet = packetFor(loneRouter({ contacts: [], secret: 9 }), addressOf('0000'), 0, {
      options: { stemHops: 3 },
    });
    let onwards = 0;
    let ended = 0;
    for (let i = 0; i < 60; i++) {
      const lone = loneRouter({
        contacts,
        options: { stemHops: 3, policy: 'pss' },
        seed: `stem/${i}`,
      });
      expect(receive(lone, 1, packet)).toBe(OUTCOME_FORWARDED);
      if (lone.host.sent[0]!.bytes[AT_STEM] === 1) {
        onwards++;
        expect(lone.host.sent).toHaveLength(1);
        expect(lone.host.sent[0]!.bytes).toEqual(packet);
        // Another copy of the stem is treated the same: nothing has been remembered.
        expect(receive(lone, 1, packet)).toBe(OUTCOME_FORWARDED);
      } else {
        ended++;
        expect(lone.host.sent.map((s) => s.to).sort()).toEqual([1, 2, 3, 4]);
        const routed = lone.host.sent[0]!.bytes;
        expect(receive(lone, 2, routed)).toBe(OUTCOME_DUPLICATE);
      }
    }
    expect(onwards).toBeGreaterThan(20);
    expect(ended).toBeGreaterThan(5);
  });

  it('each tree has a stem of its own', () => {
    const lone = loneRouter({ contacts, options: { stemHops: 2, trees: 5 } });
    sendText(lone, lone.key, addressOf('1'), 0, TEXT);
    expect(lone.host.sent.map((s) => s.bytes[AT_TREE])).toEqual([0, 1, 2, 3, 4]);
    expect(new Set(lone.host.sent.map((s) => s.to)).size).toBeGreaterThan(1);
  });
});

describe('sending', () => {
  it('gives each tree another first link while there are enough', () => {
    const contacts = ['100', '101', '110', '111'].map((bits) => addressOf(bits));
    const lone = loneRouter({ contacts, options: { trees: 4 } });
    sendText(lone, lone.key, addressOf('1000'), 4, TEXT);
    expect(new Set(lone.host.sent.map((s) => s.to)).size).toBe(4);
  });

  it('reports the message, its id and its size', () => {
    const lone = loneRouter({ contacts: [addressOf('1')] });
    expect(sendText(lone, lone.key, addressOf('1'), 9, TEXT)).toBe(true);
    const { lastIdHigh, lastIdLow } = lone.router;
    expect(lone.host.eventsOf(PACKET_ORIGINATED)).toEqual([
      { event: PACKET_ORIGINATED, values: [lastIdHigh, lastIdLow, 9, HEADER_BYTES + 250 + 48] },
    ]);
    expect(lone.router.sendProblem).toBe(SEND_OK);
  });

  it('refuses what does not fit one datagram, and a key that everybody could open, saying why', () => {
    const lone = loneRouter({ contacts: [addressOf('1')] });
    expect(sendText(lone, lone.key, addressOf('1'), 9, new Uint8Array(TEXT_BYTES_MAX + 1))).toBe(
      false,
    );
    expect(lone.router.sendProblem).toBe(SEND_TEXT_TOO_LONG);
    expect(sendText(lone, { publicKey: new Uint8Array(32) }, addressOf('1'), 9, TEXT)).toBe(false);
    expect(lone.router.sendProblem).toBe(SEND_KEY_WEAK);
    expect(lone.host.sent).toEqual([]);
    expect(lone.host.events).toEqual([]);
    expect(sendText(lone, lone.key, addressOf('1'), 9, new Uint8Array(TEXT_BYTES_MAX))).toBe(true);
    expect(lone.host.sent[0]!.bytes.length).toBeLessThanOrEqual(1_200);
  });

  it.each([-1, 257, NaN])('a luminosity of %s is a mistake of the caller', (luminosity) => {
    const lone = loneRouter({ contacts: [addressOf('1')] });
    expect(() => sendText(lone, lone.key, addressOf('1'), luminosity, TEXT)).toThrow(
      `luminosity of ${luminosity} bits: expected 0..256`,
    );
  });

  it.each([0, 1, 8, 31, 32, 33, 64, 255, 256])(
    'shows exactly the first %i bits of the address, and random ones after them',
    (luminosity) => {
      const address = addressOf('', 0xa5);
      const targets = Array.from({ length: 12 }, (_, i) => {
        const lone = loneRouter({ contacts: [addressOf('1')], seed: `bits/${i}` });
        sendText(lone, lone.key, address, luminosity, TEXT);
        return lone.host.sent.map((s) => s.bytes.slice(16, 48))[0] ?? new Uint8Array(0);
      }).filter((target) => target.length > 0);
      expect(targets.length).toBeGreaterThan(0);
      for (let bit = 0; bit < 256; bit++) {
        const values = targets.map((t) => (t[bit >>> 3]! >>> (7 - (bit & 7))) & 1);
        const own = (address[bit >>> 3]! >>> (7 - (bit & 7))) & 1;
        if (bit < luminosity) expect(values).toEqual(values.map(() => own));
      }
      const tails = new Set(targets.map((t) => Buffer.from(t).toString('hex')));
      expect(tails.size).toBe(luminosity < 255 ? targets.length : 2 ** (256 - luminosity));
    },
  );
});

describe('hostile bytes', () => {
  it('mutated packets through a whole node never throw and never open', () => {
    const suite = createSuite('modelled');
    const { peers, table } = tableOf(
      addressOf('0101'),
      ['1', '00', '011', '0100', '01011'].map((bits) => addressOf(bits)),
    );
    const host = new RecordingHost(peers, table.self, suite, 'whole');
    const key = suite.agreementKey(new Uint8Array(32).fill(7));
    const node = new MainframeNode(host, {
      overlay: { ...DEFAULT_OVERLAY_OPTIONS, refreshUs: 0 },
      routing: DEFAULT_ROUTING_OPTIONS,
      overlayPolicy: HONEST_OVERLAY_POLICY,
      relayPolicy: HONEST_RELAY_POLICY,
      key,
      bootstrap: [],
      scratch: new NodeScratch(suite),
    });
    for (let peer = 1; peer < 6; peer++) {
      expect(node.overlay.table.insert(peer, 0, 8)).toBe(INSERT_ADDED);
    }
    const valid = packetFor(loneRouter({ contacts: [], secret: 7 }), addressOf('0101'), 2);
    const edit = fc.record({
      at: fc.nat({ max: valid.length - 1 }),
      value: fc.integer({ min: 1, max: 255 }),
    });
    const length = fc.oneof(
      fc.constant(valid.length),
      fc.nat({ max: valid.length }),
      fc.integer({ min: valid.length, max: 3_000 }),
    );
    let accepted = 0;
    fc.assert(
      fc.property(fc.array(edit, { maxLength: 6 }), length, fc.nat(40), (edits, size, offset) => {
        const bytes = new Uint8Array(offset + size + 8);
        bytes.set(valid.subarray(0, size), offset);
        for (const { at, value } of edits) if (at < size) bytes[offset + at]! ^= value;
        const outcome = node.onDatagram(1, bytes, offset, size);
        expect(outcome).toBeLessThan(OUTCOME_NAMES.length);
        if (outcome !== OUTCOME_MALFORMED) accepted++;
        const untouched = Buffer.compare(
          bytes.subarray(offset + AT_LUMINOSITY, offset + size),
          valid.subarray(AT_LUMINOSITY),
        );
        if (outcome === OUTCOME_OPENED && size === valid.length && untouched !== 0) {
          // Fields that relays change, and bits beyond the luminosity, may differ.
          for (const at of [...Array(valid.length).keys()].slice(48)) {
            expect(bytes[offset + at]).toBe(valid[at]);
          }
        }
      }),
      { numRuns: 3_000 },
    );
    expect(accepted).toBeGreaterThan(300);
  });
});
