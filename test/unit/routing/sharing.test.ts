/** Which destinations travel together: no hop is worse than it may be, fewer hops than one by one, copies of one message part at once. */
import { describe, expect, it } from 'vitest';
import { ADDRESS_WORDS } from '../../../protocols/identity/proximity.ts';
import { nextTowardsZone } from '../../../protocols/routing/greedy.ts';
import { shareHops, type Bound } from '../../../protocols/routing/multicast/sharing.ts';
import { contactProximity, ownProximity } from '../../../protocols/routing/targets.ts';
import { BIN_COUNT } from '../../../protocols/overlay/table.ts';
import { PathModel } from '../../../scenarios/observers/path-model.ts';
import { Population } from '../../../scenarios/observers/population.ts';
import { StreamFactory } from '../../../sim/random/streams.ts';
import { textbookOptions } from '../../../scenarios/validation/overlay-worlds.ts';
import { convergedFill, RoutingWorld } from '../../../scenarios/validation/routing-worlds.ts';

const BITS = 64;
const NODES = 1_000;
const world = new RoutingWorld({
  nodes: NODES,
  seed: 'sharing',
  routing: { policy: 'tree', trees: 1 },
  fill: convergedFill(textbookOptions(8)),
});
const { peers } = world.world;
const random = new StreamFactory('sharing').stream('test');
const wordsOf = (node: number): Uint32Array =>
  peers.words.slice(node * ADDRESS_WORDS, (node + 1) * ADDRESS_WORDS);

/** Destinations of node `from`, not itself. */
function boundFor(from: number, count: number): Bound[] {
  return Array.from({ length: count }, (_, index) => {
    const target = wordsOf((from + 1 + index * 17) % NODES);
    return { index, target, own: ownProximity(world.tables[from]!, peers, target) };
  });
}

/** Proximity orders of all contacts of `from` that are nearer to a destination, by contact. */
function nearer(from: number, { target, own }: Bound): Map<number, number> {
  const table = world.tables[from]!;
  const bin = Math.min(own, BIN_COUNT - 1);
  const found = new Map<number, number>();
  for (let at = table.start(bin); at < table.end(bin); at++) {
    const order = contactProximity(table, peers, target, own, bin, at);
    if (order > own) found.set(table.handles[at]!, Math.min(order, BITS));
  }
  return found;
}

function hopsOf(from: number, bound: Bound[], detourBits: number, rank = 0, luminosity = BITS) {
  const rules = { luminosity, detourBits, rank, tie: 7 * from };
  return shareHops(world.tables[from]!, peers, bound, rules);
}

describe('next hops of a packet for many', () => {
  it.each([0, 1, 2, 5])(
    'are at most %i bits short of the best, and direct where they can be',
    (detour) => {
      for (let from = 0; from < 100; from++) {
        const bound = boundFor(from, 20);
        const hops = hopsOf(from, bound, detour);
        for (const [i, destination] of bound.entries()) {
          const orders = nearer(from, destination);
          const best = Math.max(-1, ...orders.values());
          if (best < 0) expect(hops[i]).toBe(-1);
          else if (best >= BITS) expect(orders.get(hops[i]!)).toBe(BITS);
          else expect(orders.get(hops[i]!)).toBeGreaterThanOrEqual(best - detour);
        }
      }
    },
  );

  it.each([0, 2])(
    'gain as many bits as an observer reckons with, at a detour of %i',
    (detourBits) => {
      const population = new Population({
        nodes: NODES,
        addresses: peers.words,
        corrupt: new Uint8Array(NODES),
        bucket: 8,
      });
      const gained = new Float64Array(BITS + 1);
      const expected = new Float64Array(BITS + 1);
      let hopsCounted = 0;
      for (let from = 0; from < 200; from++) {
        const bound = boundFor(from, 20);
        const hops = hopsOf(from, bound, detourBits);
        for (const [i, destination] of bound.entries()) {
          if (destination.own > 0 || hops[i]! < 0) continue;
          hopsCounted++;
          gained[nearer(from, destination).get(hops[i]!)!]!++;
          const profile = population.profile((from + 1 + i * 17) % NODES, BITS);
          const model = new PathModel(population, profile, BITS, {
            bucket: 8,
            symmetric: false,
            randomPeer: false,
            detourBits,
          });
          const steps = model.steps(0, 0);
          for (let bits = 1; bits <= BITS; bits++)
            if (model.classOf(bits) >= 0) expected[bits]! += steps[model.classOf(bits)]!;
        }
      }
      expect(hopsCounted).toBeGreaterThan(1_500);
      let apart = 0;
      for (let bits = 1; bits <= 10; bits++) {
        apart += Math.abs(gained[bits]! - expected[bits]!) / hopsCounted / 2;
      }
      expect(apart).toBeLessThan(0.1);
    },
  );

  it('are the best one for who is alone', () => {
    for (let from = 0; from < 100; from++) {
      const [alone] = boundFor(from, 1);
      const { target, own } = alone!;
      const table = world.tables[from]!;
      const greedy = nextTowardsZone(table, peers, target, own, BITS, 0, false, random);
      const orders = nearer(from, alone!);
      expect(orders.get(hopsOf(from, [alone!], 2)[0]!)).toBe(orders.get(greedy));
    }
  });

  it('are fewer the more of a detour is allowed', () => {
    const counts = [0, 1, 2, 5].map((detour) => {
      let count = 0;
      for (let from = 0; from < 100; from++)
        count += new Set(hopsOf(from, boundFor(from, 20), detour)).size;
      return count;
    });
    const oneByOne = Array.from({ length: 100 }, (_, from) => {
      const hops = boundFor(from, 20).map(({ target, own }) =>
        nextTowardsZone(world.tables[from]!, peers, target, own, BITS, 0, false, random),
      );
      return new Set(hops).size;
    }).reduce((sum, n) => sum + n, 0);
    expect(counts[0]).toBeLessThanOrEqual(oneByOne);
    expect(counts[1]).toBeLessThan(0.9 * counts[0]!);
    expect(counts[2]).toBeLessThan(counts[1]!);
    expect(counts[3]).toBeLessThan(counts[2]!);
  });

  it('differ from copy to copy of a message, as long as there are others', () => {
    for (let from = 0; from < 100; from++) {
      const bound = boundFor(from, 20);
      const copies = [0, 1, 2].map((rank) => hopsOf(from, bound, 2, rank));
      for (const [i, destination] of bound.entries()) {
        const choices = nearer(from, destination).size;
        expect(new Set(copies.map((hops) => hops[i])).size).toBe(Math.max(1, Math.min(3, choices)));
      }
    }
  });

  it('stay inside a zone that a contact is in', () => {
    const luminosity = 4;
    for (let from = 0; from < 100; from++) {
      const bound = boundFor(from, 20).filter(({ own }) => own < luminosity);
      const hops = hopsOf(from, bound, 3, 0, luminosity);
      for (const [i, destination] of bound.entries()) {
        const orders = nearer(from, destination);
        const inside = [...orders.values()].some((order) => order >= luminosity);
        if (inside) expect(orders.get(hops[i]!)).toBeGreaterThanOrEqual(luminosity);
      }
    }
  });
});
