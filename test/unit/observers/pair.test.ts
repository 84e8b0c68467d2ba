/** What is left of the two ends of a conversation, by the prefixes that were seen of either. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { proximity, ADDRESS_WORDS } from '../../../protocols/identity/proximity.ts';
import { SeenPairs } from '../../../scenarios/run/pairs.ts';
import type { ActiveMessage } from '../../../scenarios/run/messages.ts';
import { evenWorld, observerOf, randomWorld } from './worlds.ts';

describe('the pair of ends', () => {
  // 32 nodes, 4 of which collude: 3 and 5 in the zone 0-7, 20 in 16-23, 30 in 24-31.
  const observer = observerOf(evenWorld(5, [3, 5, 20, 30]));

  it('is any two honest nodes while nothing was seen', () => {
    expect(observer.judgePair([0, 31], [-1, -1])).toBeCloseTo(Math.log2(28 * 27), 12);
    expect(observer.judgePair([0, 31], [0, 0])).toBeCloseTo(Math.log2(28 * 27), 12);
  });

  it('is an honest node of the zone and anybody else once packets to one end were seen', () => {
    expect(observer.judgePair([0, 31], [2, -1])).toBeCloseTo(Math.log2(6 * 27), 12);
    expect(observer.judgePair([31, 0], [-1, 2])).toBeCloseTo(Math.log2(6 * 27), 12);
  });

  it('is one honest node of either zone once the answer was seen too', () => {
    expect(observer.judgePair([0, 31], [2, 2])).toBeCloseTo(Math.log2(6 * 7), 12);
    // Two ends in one zone are two different nodes of it.
    expect(observer.judgePair([0, 7], [2, 2])).toBeCloseTo(Math.log2(6 * 5), 12);
    // One zone within the other: 0-3 without 3, and 0-7.
    expect(observer.judgePair([0, 7], [3, 2])).toBeCloseTo(Math.log2(3 * 6 - 3), 12);
  });

  it('is known where both prefixes are long enough', () => {
    expect(observer.judgePair([0, 31], [5, 256])).toBe(0);
  });

  it('is nothing to guess for a colluder who is one of them', () => {
    expect(observer.judgePair([0, 20], [2, 2])).toBeUndefined();
    expect(observer.judgePair([3, 31], [2, 2])).toBeUndefined();
  });

  it('agrees with counting all pairs, for any world', () => {
    const bits = fc.integer({ min: -1, max: 10 });
    fc.assert(
      fc.property(
        fc.integer({ min: 4, max: 60 }),
        bits,
        bits,
        fc.integer({ min: 0, max: 1_000_000 }),
        (nodes, shownA, shownB, seed) => {
          const world = randomWorld(nodes, 0.2, `pair/${seed}`);
          const { addresses, corrupt } = world;
          const honest = [...corrupt.keys()].filter((node) => corrupt[node] === 0);
          fc.pre(honest.length >= 2);
          const [a, b] = [honest[0]!, honest[1]!];
          const left = (end: number, shown: number): number[] =>
            honest.filter(
              (node) =>
                proximity(addresses, node * ADDRESS_WORDS, addresses, end * ADDRESS_WORDS) >= shown,
            );
          let pairs = 0;
          for (const x of left(a, shownA)) for (const y of left(b, shownB)) if (x !== y) pairs++;
          expect(observerOf(world).judgePair([a, b], [shownA, shownB])).toBeCloseTo(
            Math.log2(pairs),
            9,
          );
        },
      ),
      { numRuns: 200 },
    );
  });
});

describe('what was seen of a conversation', () => {
  const text = {} as NonNullable<ActiveMessage['text']>;
  const packet = (
    sender: number,
    recipient: number,
    luminosity: number,
    more: Partial<ActiveMessage> = {},
  ): ActiveMessage =>
    ({ sender, recipient, luminosity, text, sightings: [{}], ...more }) as ActiveMessage;

  function judged(pairs: SeenPairs): [number[], number[]][] {
    const asked: [number[], number[]][] = [];
    pairs.judge(
      (ends, shown) => {
        asked.push([[...ends], [...shown]]);
        return 1;
      },
      () => undefined,
    );
    return asked;
  }

  it('is the longest prefix of either end, whoever sent the packet', () => {
    const pairs = new SeenPairs();
    pairs.settled(packet(7, 4, 3), true);
    pairs.settled(packet(7, 4, 2), true);
    expect(judged(pairs)).toEqual([
      [
        [4, 7],
        [3, -1],
      ],
    ]);
    pairs.settled(packet(4, 7, 0), true);
    expect(judged(pairs)).toEqual([
      [
        [4, 7],
        [3, 0],
      ],
    ]);
  });

  it('is nothing of packets that nobody saw, or that belong to no conversation', () => {
    const pairs = new SeenPairs();
    pairs.settled(packet(7, 4, 3, { sightings: [] }), true);
    const { text: _, ...bare } = packet(7, 4, 3);
    pairs.settled(bare, true);
    expect(judged(pairs)).toEqual([]);
  });

  it('counts what was seen during the warm-up only where something was seen after it', () => {
    const pairs = new SeenPairs();
    pairs.settled(packet(7, 4, 3), false);
    expect(judged(pairs)).toEqual([]);
    pairs.settled(packet(4, 7, 1), true);
    expect(judged(pairs)).toEqual([
      [
        [4, 7],
        [3, 1],
      ],
    ]);
  });
});
