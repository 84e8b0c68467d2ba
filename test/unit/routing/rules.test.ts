/** The parts from which routing is made: steps towards a zone, trees, stems, expiry. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ADDRESS_WORDS, proximity, readAddress } from '../../../protocols/identity/proximity.ts';
import { RoutingTable } from '../../../protocols/overlay/table.ts';
import { expiryField, lifeLeftUs, lifetimeMaxUs } from '../../../protocols/routing/expiry.ts';
import { nextTowardsZone } from '../../../protocols/routing/greedy.ts';
import { nextOnStem, stemGoesOn } from '../../../protocols/routing/stem.ts';
import { treeBranches } from '../../../protocols/routing/tree.ts';
import { StreamFactory } from '../../../sim/random/streams.ts';
import { staticNetwork, textbookOptions } from '../../../scenarios/validation/overlay-worlds.ts';
import { addressOf, tableOf } from './support.ts';

const STREAMS = new StreamFactory('test/routing/rules');

function target(bits: string, fill = 0): Uint32Array {
  const words = new Uint32Array(ADDRESS_WORDS);
  readAddress(addressOf(bits, fill), 0, words, 0);
  return words;
}

/** Standard normal deviate of `count` successes in `trials` of probability `p`. */
function deviate(count: number, trials: number, p: number): number {
  return (count - trials * p) / Math.sqrt(trials * p * (1 - p));
}

describe('one step towards a zone', () => {
  // We are 0…; everyone in bin 0 is a candidate for a target that begins with 1.
  const contacts = ['100', '101', '1100', '1101', '111', '01'].map((bits) => addressOf(bits));
  const { peers, table } = tableOf(addressOf('000'), contacts);

  const step = (words: Uint32Array, luminosity: number, rank: number, any = false): number =>
    nextTowardsZone(table, peers, words, 0, luminosity, rank, any, STREAMS.stream('step'));

  it('takes the contact that shares most bits with the target', () => {
    for (let i = 0; i < 20; i++) expect(step(target('1101'), 4, 0)).toBe(4);
  });

  it('draws evenly among contacts that are equally good, since bits beyond the luminosity do not count', () => {
    const random = STREAMS.stream('even');
    const trials = 6_000;
    const counts = new Map<number, number>();
    for (let i = 0; i < trials; i++) {
      // All five of bin 0 are in the zone of one bit.
      const peer = nextTowardsZone(table, peers, target('1', 0xff), 0, 1, 0, false, random);
      counts.set(peer, (counts.get(peer) ?? 0) + 1);
    }
    expect([...counts.keys()].sort((a, b) => a - b)).toEqual([1, 2, 3, 4, 5]);
    // Five counts, each within 4 standard errors: fails for even draws with probability 3e-4.
    for (const count of counts.values())
      expect(Math.abs(deviate(count, trials, 0.2))).toBeLessThan(4);
  });

  it('different ranks give different contacts, best first', () => {
    const random = STREAMS.stream('ranks');
    const seen = [0, 1, 2, 3, 4].map((rank) =>
      nextTowardsZone(table, peers, target('1101'), 0, 4, rank, false, random),
    );
    expect(seen[0]).toBe(4);
    expect(seen[1]).toBe(3);
    expect(seen[2]).toBe(5);
    for (const peer of seen) expect(peer).toBeGreaterThan(0);
    expect(step(target('1101'), 4, 5)).toBe(4);
  });

  it('with any peer allowed, every contact of the right bin is drawn and none of another', () => {
    const random = STREAMS.stream('any');
    const trials = 5_000;
    const counts = new Array<number>(7).fill(0);
    for (let i = 0; i < trials; i++) {
      counts[nextTowardsZone(table, peers, target('1101'), 0, 4, 0, true, random)]!++;
    }
    expect(counts[6]).toBe(0);
    for (let peer = 1; peer <= 5; peer++) {
      expect(Math.abs(deviate(counts[peer]!, trials, 0.2))).toBeLessThan(4);
    }
  });

  it('is a dead end where the bin is empty', () => {
    const { peers: few, table: lonely } = tableOf(addressOf('000'), [addressOf('01')]);
    expect(nextTowardsZone(lonely, few, target('1'), 0, 1, 0, false, STREAMS.stream('x'))).toBe(-1);
  });

  it('never steps to somebody who is no nearer, even in the last bin, which holds all orders from 63 on', () => {
    const self = addressOf('0'.repeat(70));
    const further = addressOf('0'.repeat(63) + '1');
    const { peers: two, table: deep } = tableOf(self, [further]);
    const words = target('0'.repeat(65) + '1');
    const own = proximity(two.words, 0, words, 0);
    expect(own).toBe(65);
    expect(nextTowardsZone(deep, two, words, own, 80, 0, false, STREAMS.stream('x'))).toBe(-1);
  });
});

describe('branches of a prefix tree', () => {
  it('one contact of each non-empty bin from the level on, responsible for one bit more than its bin', () => {
    const contacts = ['1', '11', '01', '0001', '00001'].map((bits) => addressOf(bits, 0));
    const { table } = tableOf(addressOf('0000000'), contacts);
    const peers = new Int32Array(64);
    const levels = new Uint16Array(64);
    const branch = (level: number): [number, number][] => {
      const count = treeBranches(table, level, STREAMS.stream('tree'), peers, levels);
      return Array.from({ length: count }, (_, i) => [peers[i]!, levels[i]!]);
    };
    const all = branch(0);
    expect([1, 2]).toContain(all[0]![0]);
    expect(all.map(([, level]) => level)).toEqual([1, 2, 4, 5]);
    expect(branch(1)).toEqual([
      [3, 2],
      [4, 4],
      [5, 5],
    ]);
    expect(branch(5)).toEqual([]);
    expect(branch(256)).toEqual([]);
  });

  it('walked from any node of any random zone, reaches each of its nodes exactly once and nobody else', () => {
    const peers = new Int32Array(64);
    const levels = new Uint16Array(64);
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 300 }),
        fc.integer({ min: 0, max: 8 }),
        fc.integer({ min: 1, max: 4 }),
        fc.string(),
        (nodes, luminosity, bucket, seed) => {
          const random = STREAMS.stream(`zone/${seed}/${nodes}`);
          const net = staticNetwork(nodes, textbookOptions(bucket), random);
          const root = random.below(nodes);
          const zone = (node: number): boolean =>
            proximity(net.peers.words, root * 8, net.peers.words, node * 8) >= luminosity;
          const received = new Array<number>(nodes).fill(0);
          const queue: [number, number][] = [[root, luminosity]];
          for (let at = 0; at < queue.length; at++) {
            const [node, level] = queue[at]!;
            received[node]!++;
            const count = treeBranches(net.tables[node]!, level, random, peers, levels);
            for (let i = 0; i < count; i++) queue.push([peers[i]!, levels[i]!]);
          }
          received.forEach((count, node) => expect(count).toBe(zone(node) ? 1 : 0));
        },
      ),
      { numRuns: 60 },
    );
  });
});

describe('the stem', () => {
  it('has the mean length that is asked for, and at least one hop', () => {
    const random = STREAMS.stream('stem');
    for (const mean of [1, 2, 3, 8]) {
      const trials = 20_000;
      let hops = 0;
      for (let i = 0; i < trials; i++) {
        hops++;
        while (stemGoesOn(mean, random)) hops++;
      }
      // Lengths are geometric: variance mean * (mean - 1).
      const error = Math.sqrt((mean * (mean - 1)) / trials);
      expect(Math.abs(hops / trials - mean)).toBeLessThanOrEqual(4 * error);
    }
  });

  it('takes every contact equally often, whatever its bin', () => {
    const contacts = ['1', '10', '11', '01'].map((bits, i) => addressOf(bits, i + 1));
    const { table } = tableOf(addressOf('000'), contacts);
    const random = STREAMS.stream('contact');
    const trials = 8_000;
    const counts = new Array<number>(5).fill(0);
    for (let i = 0; i < trials; i++) counts[nextOnStem(table, random)]!++;
    for (let peer = 1; peer <= 4; peer++) {
      expect(Math.abs(deviate(counts[peer]!, trials, 0.25))).toBeLessThan(4);
    }
  });

  it('has nowhere to go from a node without contacts', () => {
    const { peers } = tableOf(addressOf('0'), []);
    expect(nextOnStem(new RoutingTable(peers, 0), STREAMS.stream('x'))).toBe(-1);
  });
});

describe('expiry', () => {
  const lifetimeUs = 30_000_000;

  it('leaves every packet at least its lifetime and never more than the longest one', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 1e13 }), fc.boolean(), (nowUs, exact) => {
        const left = lifeLeftUs(exact ? 1 : 0, expiryField(nowUs, lifetimeUs, exact), nowUs);
        expect(left).toBeGreaterThanOrEqual(lifetimeUs);
        expect(left).toBeLessThanOrEqual(lifetimeMaxUs(lifetimeUs));
      }),
    );
  });

  it('is the same number for all packets of an epoch, unless it is exact', () => {
    const fields = (exact: boolean): number =>
      new Set(
        Array.from({ length: 60 }, (_, second) =>
          expiryField(64_000_000 * 5 - lifetimeUs + second * 1_000_000, lifetimeUs, exact),
        ),
      ).size;
    expect(fields(false)).toBe(1);
    expect(fields(true)).toBe(60);
  });
});
