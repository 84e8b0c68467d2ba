/** One packet, many destinations: everybody is reached once, ways part where they must, nothing on the wire can upset it. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { SEALED_OVERHEAD_BYTES } from '../../../protocols/crypto/sealed-box.ts';
import { DATAGRAM_BYTES_MAX } from '../../../protocols/host.ts';
import { ADDRESS_WORDS, writeAddress } from '../../../protocols/identity/proximity.ts';
import { OUTCOME_DUPLICATE, OUTCOME_MALFORMED } from '../../../protocols/outcomes.ts';
import {
  MULTICAST_BRANCHED,
  MULTICAST_SENT,
  PACKET_OPENED,
  PACKET_SENT,
} from '../../../protocols/routing/events.ts';
import { groupDisclosure } from '../../../scenarios/observers/group-disclosure.ts';
import {
  DESTINATIONS_MAX,
  destinationsIn,
  prefixBytes,
  readMulticast,
  writeBranch,
  writeMulticast,
  writeSubset,
} from '../../../protocols/routing/multicast/packet.ts';
import { DarkHeader, PACKET_OK } from '../../../protocols/routing/packet.ts';
import { textbookOptions } from '../../../scenarios/validation/overlay-worlds.ts';
import { convergedFill, RoutingWorld } from '../../../scenarios/validation/routing-worlds.ts';

const SEALED = new Uint8Array(250 + SEALED_OVERHEAD_BYTES).fill(7);
const TAG = Uint8Array.of(1, 2, 3, 4, 5, 6, 7, 8);

/** The first `bits` bits of a node's address, as a multicast packet carries them. */
function prefixOf(world: RoutingWorld, node: number, bits: number): Uint8Array {
  const bytes = new Uint8Array(32);
  const words = world.world.peers.words.slice(node * ADDRESS_WORDS, (node + 1) * ADDRESS_WORDS);
  writeAddress(words, 0, bytes, 0);
  const prefix = bytes.slice(0, prefixBytes(bits));
  const spare = prefix.length * 8 - bits;
  if (spare > 0) prefix[prefix.length - 1]! &= 0xff << spare;
  return prefix;
}

interface Watched {
  /** How often each node was asked whether it knows the tag, and what it saw. */
  claims: number[];
  multicastCopies: number;
  darkCopies: number;
  branches: number;
  opened: number;
  ids: Set<string>;
}

/** Sends to the zones of some nodes and counts what happens; each node claims the packet the first time. */
function multicast(
  world: RoutingWorld,
  sender: number,
  members: readonly number[],
  bits: number,
): Watched {
  const watched: Watched = {
    claims: world.routers.map(() => 0),
    multicastCopies: 0,
    darkCopies: 0,
    branches: 0,
    opened: 0,
    ids: new Set(),
  };
  world.world.recorder = {
    event: (_time, _node, event, a, b, c, d) => {
      if (event === MULTICAST_SENT) watched.multicastCopies++;
      else if (event === PACKET_SENT) watched.darkCopies++;
      else if (event === PACKET_OPENED) watched.opened++;
      else if (event === MULTICAST_BRANCHED) {
        watched.branches++;
        watched.ids.add(`${c}/${d}`);
        expect([a, b]).not.toEqual([c, d]);
      }
    },
  };
  world.routers.forEach((router, node) => {
    router.claimed = (bytes, offset, length) => {
      expect(bytes.slice(offset + 64, offset + 72)).toEqual(TAG);
      expect(bytes.slice(offset + 72, offset + length)).toEqual(SEALED);
      return watched.claims[node]!++ === 0 ? 100 : 0;
    };
  });
  const prefixes = members.map((node) => prefixOf(world, node, bits));
  expect(world.multicasts[sender]!.send(prefixes, bits, TAG, SEALED)).toBeGreaterThan(0);
  while (world.world.inFlight > 0) world.world.run(world.world.nowUs + 10_000);
  return watched;
}

function worldOf(nodes: number, seed: string, bucket = nodes): RoutingWorld {
  return new RoutingWorld({
    nodes,
    seed: `multicast/${seed}`,
    routing: { policy: 'tree', trees: 1 },
    fill: convergedFill(textbookOptions(bucket)),
  });
}

describe('a multicast packet', () => {
  it('reads back, and as any part of its destinations', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 256 }),
        fc.uniqueArray(fc.nat(250), { minLength: 2, maxLength: 20 }),
        fc.nat(4),
        (luminosity, values, tree) => {
          const each = prefixBytes(luminosity);
          const spare = each * 8 - luminosity;
          const made = values.map((value) => {
            const prefix = new Uint8Array(each).fill(value);
            prefix[each - 1]! &= 0xff << spare;
            return prefix;
          });
          const texts = new Set(made.map((p) => Buffer.from(p).toString('hex')));
          const prefixes = [...texts]
            .sort(byText)
            .map((p) => new Uint8Array(Buffer.from(p, 'hex')));
          fc.pre(
            prefixes.length >= 2 && prefixes.length <= destinationsIn(luminosity, SEALED.length),
          );
          const id = new Uint8Array(16).map((_, i) => i + 1);
          const out = new Uint8Array(DATAGRAM_BYTES_MAX);
          const length = writeMulticast(out, {
            tree,
            luminosity,
            expiry: 99,
            id,
            tag: TAG,
            prefixes,
            sealed: SEALED,
          });
          const header = readMulticast(out, 0, length)!;
          expect(header).toMatchObject({ tree, luminosity, expiry: 99, count: prefixes.length });
          expect(header.idHigh).toBe(0x01020304);
          expect(out.slice(header.sealedAt, length)).toEqual(SEALED);
          const part = new Uint8Array(DATAGRAM_BYTES_MAX);
          const partLength = writeSubset(part, out, 0, length, header, [0, prefixes.length - 1]);
          const partHeader = readMulticast(part, 0, partLength)!;
          expect(partHeader.count).toBe(2);
          const at = partHeader.prefixesAt;
          expect(part.slice(at, at + each)).toEqual(prefixes[0]);
          expect(part.slice(at + each, at + 2 * each)).toEqual(prefixes.at(-1));
          expect(part.slice(partHeader.sealedAt, partLength)).toEqual(SEALED);
          // A branch is a well-formed dark packet of that zone, and the same from whatever part it is made.
          const branch = new Uint8Array(DATAGRAM_BYTES_MAX);
          const branchLength = writeBranch(branch, out, 0, length, header, prefixes.length - 1);
          const dark = new DarkHeader();
          expect(dark.read(branch, 0, branchLength)).toBe(PACKET_OK);
          expect(dark.luminosity).toBe(luminosity);
          const again = new Uint8Array(DATAGRAM_BYTES_MAX);
          expect(writeBranch(again, part, 0, partLength, partHeader, 1)).toBe(branchLength);
          expect(again).toEqual(branch);
        },
      ),
      { numRuns: 200 },
    );
  });

  it('is refused unless it is well-formed in every field, whatever the bytes', () => {
    const out = new Uint8Array(DATAGRAM_BYTES_MAX);
    const length = writeMulticast(out, {
      tree: 1,
      luminosity: 12,
      expiry: 99,
      id: new Uint8Array(16),
      tag: TAG,
      prefixes: [Uint8Array.of(1, 0x10), Uint8Array.of(1, 0x20), Uint8Array.of(9, 0)],
      sealed: SEALED,
    });
    expect(readMulticast(out, 0, length)).toBeDefined();
    const spoilt = (change: (bytes: Uint8Array) => void): unknown => {
      const bytes = out.slice();
      change(bytes);
      return readMulticast(bytes, 0, length);
    };
    expect(spoilt((b) => (b[0] = 0x10))).toBeUndefined();
    expect(spoilt((b) => (b[1] = 2))).toBeUndefined();
    expect(spoilt((b) => (b[2] = 5))).toBeUndefined();
    expect(spoilt((b) => (b[3] = 1))).toBeUndefined();
    expect(spoilt((b) => (b[3] = DESTINATIONS_MAX + 1))).toBeUndefined();
    expect(spoilt((b) => (b[4] = 2))).toBeUndefined();
    expect(spoilt((b) => (b[6] = 1))).toBeUndefined();
    // Bits beyond the luminosity, a destination twice, the wrong order.
    expect(spoilt((b) => (b[37] = 0x11))).toBeUndefined();
    expect(spoilt((b) => (b[39] = 0x10))).toBeUndefined();
    expect(spoilt((b) => (b[38] = 0))).toBeUndefined();
    expect(readMulticast(out, 0, 36 + 6 + SEALED_OVERHEAD_BYTES - 1)).toBeUndefined();
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), (noise) => {
        const bytes = Uint8Array.of(0x11, 1, ...noise);
        const header = readMulticast(bytes, 0, bytes.length);
        if (header !== undefined) expect(header.sealedAt).toBeLessThanOrEqual(bytes.length);
      }),
      { numRuns: 2_000 },
    );
  });
});

describe('multicast', () => {
  it('reaches every node of every zone once, and nobody else', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 3, max: 60 }),
        fc.integer({ min: 1, max: 8 }),
        fc.array(fc.nat(), { minLength: 1, maxLength: 12 }),
        fc.integer(),
        (nodes, bits, picks, seed) => {
          const world = worldOf(nodes, `${seed}`);
          const sender = world.random.below(nodes);
          const members = picks.map((pick) => pick % nodes);
          const { claims, branches, ids, opened } = multicast(world, sender, members, bits);
          const wanted = claims.map((_, node) =>
            members.some((member) => world.inZone(node, member, bits)) ? 1 : 0,
          );
          expect(claims).toEqual(wanted);
          expect(opened).toBe(wanted.filter((w) => w === 1).length);
          const zones = new Set(members.map((m) => `${prefixOf(world, m, bits)}`));
          expect(branches).toBe(zones.size);
          expect(ids.size).toBe(zones.size);
        },
      ),
      { numRuns: 60 },
    );
  });

  it('sends one datagram for each way as long as ways are common: the trie of all ways, link by link', () => {
    // With one contact in each bin there is one way to every zone, which can be followed through the tables.
    for (const seed of ['a', 'b', 'c']) {
      const world = worldOf(200, seed, 1);
      // Enough that every zone holds one node.
      const bits = 64;
      const members = Array.from({ length: 30 }, (_, i) => 6 * i + 1);
      const sender = 2;
      const ways = new Set<string>();
      let unicast = 0;
      for (const member of members) {
        let node = sender;
        let way = '';
        while (node !== member) {
          const order = world.tables[node]!.binOf(member);
          const next = world.tables[node]!.handles[world.tables[node]!.start(order)]!;
          way += `/${next}`;
          ways.add(way);
          unicast++;
          node = next;
          expect(way.length).toBeLessThan(200);
        }
      }
      const { multicastCopies, darkCopies, claims } = multicast(world, sender, members, bits);
      // All in one packet.
      expect(members.length).toBeLessThanOrEqual(destinationsIn(bits, SEALED.length));
      expect(multicastCopies + darkCopies).toBe(ways.size);
      expect(ways.size).toBeLessThan(0.6 * unicast);
      for (const member of members) expect(claims[member]).toBe(1);
    }
  });

  it('passes the same branch on once, however often it comes', () => {
    const world = worldOf(40, 'again');
    const out = new Uint8Array(DATAGRAM_BYTES_MAX);
    const prefixes = [prefixOf(world, 5, 16), prefixOf(world, 9, 16)].sort((a, b) =>
      byText(Buffer.from(a).toString('hex'), Buffer.from(b).toString('hex')),
    );
    const length = writeMulticast(out, {
      tree: 0,
      luminosity: 16,
      expiry: 0,
      id: new Uint8Array(16).fill(3),
      tag: TAG,
      prefixes,
      sealed: SEALED,
    });
    const router = world.multicasts[1]!;
    expect(router.onDatagram(2, out, 0, length)).not.toBe(OUTCOME_DUPLICATE);
    expect(router.onDatagram(2, out, 0, length)).toBe(OUTCOME_DUPLICATE);
    expect(router.onDatagram(2, out, 0, length - 400)).toBe(OUTCOME_MALFORMED);
  });

  it('goes to one zone as a dark packet', () => {
    const world = worldOf(40, 'one');
    const { multicastCopies, darkCopies, claims } = multicast(world, 0, [5, 5], 32);
    expect(multicastCopies).toBe(0);
    expect(darkCopies).toBeGreaterThan(0);
    expect(claims[5]).toBe(1);
  });
});

describe('what a list of zones discloses about a group', () => {
  it('is counted exactly', () => {
    // Every set of 3 of 10 nodes, against zones of 2, 3 and 1 nodes that must all be hit.
    const zones = [[0, 1], [2, 3, 4], [5]];
    let fits = 0;
    let all = 0;
    for (let a = 0; a < 10; a++)
      for (let b = a + 1; b < 10; b++)
        for (let c = b + 1; c < 10; c++) {
          all++;
          const set = [a, b, c];
          const inside = set.every((n) => zones.flat().includes(n));
          if (inside && zones.every((zone) => zone.some((n) => set.includes(n)))) fits++;
        }
    const { bits, priorBits } = groupDisclosure(10, 3, [2, 3, 1]);
    expect(priorBits).toBeCloseTo(Math.log2(all), 9);
    expect(bits).toBeCloseTo(Math.log2(all / fits), 9);
  });

  it('is nothing for one zone of everybody and all for zones of one', () => {
    expect(groupDisclosure(100, 5, [100]).bits).toBeCloseTo(0, 9);
    const exact = groupDisclosure(100, 5, [1, 1, 1, 1, 1]);
    expect(exact.bits).toBeCloseTo(exact.priorBits, 9);
  });
});

function byText(x: string, y: string): number {
  return x < y ? -1 : x > y ? 1 : 0;
}
