import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { RandomStream } from '../../../protocols/random.ts';
import { connect, drawIds, generateTopology } from '../../../scenarios/economy/generators.ts';
import { proximityOf } from '../../../scenarios/economy/rules.ts';
import {
  parseTopology,
  topologyOf,
  type TokenTopology,
} from '../../../scenarios/economy/topology.ts';
import { StreamFactory } from '../../../sim/random/streams.ts';

const streams = new StreamFactory('test/topology');

/** Neighbour sets by bucket. */
function buckets(topology: TokenTopology): number[][][] {
  return Array.from(topology.ids, (_, node) =>
    Array.from({ length: topology.bits }, (__, bucket) => {
      const at = node * topology.bits + bucket;
      return [...topology.to.subarray(topology.first[at], topology.first[at + 1])];
    }),
  );
}

/** The authors' generator as it is written down: every later node, shuffled, offered in turn. */
function literal(
  ids: Int32Array,
  k: number,
  bits: number,
  symmetric: boolean,
  random: RandomStream,
) {
  const lists: number[][] = Array.from(ids, () => []);
  const filled = new Int32Array(ids.length * bits);
  for (let i = 0; i < ids.length; i++) {
    const later = Array.from({ length: ids.length - i - 1 }, (_, at) => i + 1 + at);
    for (let at = later.length - 1; at > 0; at--) {
      const other = random.below(at + 1);
      [later[at], later[other]] = [later[other]!, later[at]!];
    }
    for (const j of later) {
      const bucket = proximityOf(ids[i]! ^ ids[j]!, bits);
      const mine = i * bits + bucket;
      const theirs = j * bits + bucket;
      if (filled[mine]! >= k || (symmetric && filled[theirs]! >= k)) continue;
      filled[mine]!++;
      lists[i]!.push(j);
      if (filled[theirs]! >= k) continue;
      filled[theirs]!++;
      lists[j]!.push(i);
    }
  }
  return topologyOf(ids, bits, lists);
}

describe('generated topologies', () => {
  it.each([true, false])('keep the rules of the generator, symmetric %s', (symmetric) => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 120 }),
        fc.integer({ min: 1, max: 6 }),
        fc.integer({ min: 7, max: 12 }),
        fc.nat(),
        (nodes, bucketSize, bits, seed) => {
          const topology = generateTopology(
            { nodes, bits, bucketSize, symmetric },
            streams.stream(`rules/${seed}`),
          );
          const table = buckets(topology);
          table.forEach((own, node) =>
            own.forEach((members, bucket) => {
              expect(members.length).toBeLessThanOrEqual(bucketSize);
              expect(new Set(members).size).toBe(members.length);
              for (const other of members) {
                const xor = topology.ids[node]! ^ topology.ids[other]!;
                expect(proximityOf(xor, bits)).toBe(bucket);
                const mutual = table[other]![bucket]!.includes(node);
                // Who is not known back had no room, and came later.
                if (symmetric) expect(mutual).toBe(true);
                else if (!mutual) {
                  expect(table[other]![bucket]!.length).toBe(bucketSize);
                  expect(other).toBeGreaterThan(node);
                }
              }
              // Room is left only where nobody is left to fill it (one-way), or all who are have none (symmetric).
              if (members.length === bucketSize) return;
              for (let other = node + 1; other < nodes; other++) {
                const xor = topology.ids[node]! ^ topology.ids[other]!;
                if (proximityOf(xor, bits) !== bucket || members.includes(other)) continue;
                expect(symmetric).toBe(true);
                expect(table[other]![bucket]!.length).toBe(bucketSize);
              }
            }),
          );
        },
      ),
      { numRuns: 60 },
    );
  });

  it.each([true, false])('have the law of the literal generator, symmetric %s', (symmetric) => {
    const nodes = 60;
    const bits = 8;
    const bucketSize = 3;
    const networks = 400;
    const ids = drawIds(nodes, bits, streams.stream('ids'));
    /** How often each edge is there. */
    const count = (make: (random: RandomStream) => TokenTopology, path: string): Int32Array => {
      const edges = new Int32Array(nodes * nodes);
      for (let i = 0; i < networks; i++) {
        const topology = make(streams.stream(`${path}/${i}`));
        buckets(topology).forEach((own, node) =>
          own.flat().forEach((other) => edges[node * nodes + other]!++),
        );
      }
      return edges;
    };
    const options = { nodes, bits, bucketSize, symmetric };
    const fast = count((random) => connect(ids, options, random), `fast/${symmetric}`);
    const slow = count(
      (random) => literal(ids, bucketSize, bits, symmetric, random),
      `slow/${symmetric}`,
    );
    // Two samples of the same binomial, edge by edge: the sum of squared z is a chi-square about its number of terms.
    let squares = 0;
    let terms = 0;
    fast.forEach((a, edge) => {
      const b = slow[edge]!;
      const p = (a + b) / (2 * networks);
      if (p === 0 || p === 1) {
        expect(a).toBe(b);
        return;
      }
      squares += (a - b) ** 2 / (2 * networks * p * (1 - p));
      terms++;
    });
    expect(terms).toBeGreaterThan(1_000);
    expect(squares / terms).toBeGreaterThan(0.85);
    expect(squares / terms).toBeLessThan(1.15);
  });

  it('draw ids from 1 to 2^bits - 2, all of them if need be', () => {
    const ids = drawIds(14, 4, streams.stream('all'));
    expect([...ids].sort((a, b) => a - b)).toEqual(Array.from({ length: 14 }, (_, i) => i + 1));
    expect(() => drawIds(15, 4, streams.stream('all'))).toThrow(/do not fit/);
  });

  it('are the same for the same stream', () => {
    const options = { nodes: 300, bits: 12, bucketSize: 4, symmetric: false };
    const one = generateTopology(options, streams.stream('same'));
    expect(generateTopology(options, streams.stream('same'))).toEqual(one);
    expect(generateTopology(options, streams.stream('other'))).not.toEqual(one);
  });
});

describe('a topology', () => {
  it('knows the edge back, or that there is none', () => {
    const topology = topologyOf(Int32Array.of(0b00, 0b10, 0b11), 2, [[1], [0, 2], [0]]);
    expect([...topology.to]).toEqual([1, 0, 2, 0]);
    expect([...topology.reverse]).toEqual([1, 0, -1, -1]);
  });

  it('is read from text', () => {
    const topology = parseTopology('5,6 1\n6,5\n1,\n', 3);
    expect([...topology.ids]).toEqual([5, 6, 1]);
    expect([...topology.toId]).toEqual([1, 6, 5]);
  });

  it.each([
    ['5 6\n', /line 1/],
    ['5,6\n', /no node 6/],
    ['5,\n5,\n', /twice/],
    ['9,\n', /does not fit/],
    ['5,5\n', /its own neighbour/],
    ['5,x\n', /line 1/],
  ])('is refused: %j', (text, message) => {
    expect(() => parseTopology(text, 3)).toThrow(message);
  });
});
