/** What colluders conclude about the recipient: the prefix, and nothing but the prefix. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { proximity, ADDRESS_WORDS } from '../../../protocols/identity/proximity.ts';
import { evenWorld, observerOf, randomWorld, sighting } from './worlds.ts';

describe('the recipient', () => {
  it('is one of the honest nodes of the zone once a copy was seen', () => {
    // Recipient 0b00000: at 2 bits its zone is the nodes 0-7, of which 3 and 5 collude.
    const observer = observerOf(evenWorld(5, [3, 5, 20]));
    const judged = observer.judge({
      luminosity: 2,
      recipient: 0,
      sender: 31,
      sightings: [sighting(20, 31)],
    })!;
    expect(judged.seen).toBe(true);
    expect(judged.receiver!.crowd).toBe(6);
    expect(judged.receiver!.entropyBits).toBeCloseTo(Math.log2(6), 12);
    expect(judged.receiver!.bestGuess).toBeCloseTo(1 / 6, 12);
    expect(judged.receiver!.logLossBits).toBeCloseTo(Math.log2(6), 12);
  });

  it('stays one of all honest nodes if nobody saw a copy', () => {
    const observer = observerOf(evenWorld(5, [3, 5, 20]));
    const judged = observer.judge({ luminosity: 2, recipient: 0, sender: 31, sightings: [] })!;
    expect(judged.seen).toBe(false);
    expect(judged.receiver!.entropyBits).toBeCloseTo(Math.log2(29), 12);
    expect(judged.sender!.entropyBits).toBeCloseTo(Math.log2(29), 12);
    expect(judged.sender!.found).toBe(false);
  });

  it('is hidden among all at 0 bits, and known at 256', () => {
    const observer = observerOf(evenWorld(5, [20]));
    const at = (luminosity: number): number =>
      observer.judge({ luminosity, recipient: 0, sender: 31, sightings: [sighting(20, 31)] })!
        .receiver!.entropyBits;
    expect(at(0)).toBeCloseTo(Math.log2(31), 12);
    expect(at(256)).toBe(0);
  });

  it('is known as soon as it is alone in its zone, whatever the bits beyond', () => {
    const observer = observerOf(evenWorld(5, [1, 20]));
    // At 4 bits the zone is {0, 1}, and 1 colludes.
    const judged = observer.judge({
      luminosity: 4,
      recipient: 0,
      sender: 31,
      sightings: [sighting(20, 31)],
    })!;
    expect(judged.receiver!.entropyBits).toBe(0);
    expect(judged.receiver!.bestGuess).toBe(1);
    expect(judged.receiver!.logLossBits).toBe(0);
  });

  it('follows the prior where nodes are not alike', () => {
    const world = { ...evenWorld(3, [7]), weights: Float64Array.of(1, 3, 0, 4, 1, 1, 1, 1) };
    const judged = observerOf(world).judge({
      luminosity: 1,
      recipient: 1,
      sender: 6,
      sightings: [sighting(7, 6)],
    })!;
    // Zone {0, 1, 2, 3} with weights 1, 3, 0, 4: probabilities 1/8, 3/8, 0, 1/2.
    expect(judged.receiver!.crowd).toBe(3);
    expect(judged.receiver!.entropyBits).toBeCloseTo(
      3 / 8 + (3 / 8) * Math.log2(8 / 3) + 1 / 2,
      12,
    );
    expect(judged.receiver!.minEntropyBits).toBeCloseTo(1, 12);
    expect(judged.receiver!.logLossBits).toBeCloseTo(Math.log2(8 / 3), 12);
    // The likeliest is node 3, so one guess at node 1 fails.
    expect(judged.receiver!.bestGuess).toBe(0);
  });

  it('agrees with counting the zone, for any world and any luminosity', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 4, max: 200 }),
        fc.integer({ min: 0, max: 12 }),
        fc.integer({ min: 0, max: 1_000_000 }),
        (nodes, luminosity, seed) => {
          const world = randomWorld(nodes, 0.2, `recipient/${seed}`);
          const { addresses, corrupt } = world;
          const honest = [...corrupt.keys()].filter((node) => corrupt[node] === 0);
          const spy = corrupt.indexOf(1);
          fc.pre(honest.length >= 2 && spy >= 0);
          const [recipient, sender] = [honest[0]!, honest[1]!];
          const zone = honest.filter(
            (node) =>
              proximity(addresses, node * ADDRESS_WORDS, addresses, recipient * ADDRESS_WORDS) >=
              luminosity,
          );
          const judged = observerOf(world).judge({
            luminosity,
            recipient,
            sender,
            sightings: [sighting(spy, sender)],
          })!;
          expect(judged.receiver!.crowd).toBe(zone.length);
          expect(judged.receiver!.entropyBits).toBeCloseTo(Math.log2(zone.length), 9);
        },
      ),
      { numRuns: 200 },
    );
  });

  it('is nothing to guess for colluders who wrote or received the message themselves', () => {
    const observer = observerOf(evenWorld(5, [3, 20]));
    const sightings = [sighting(20, 31)];
    expect(observer.judge({ luminosity: 2, recipient: 3, sender: 31, sightings })).toBeUndefined();
    expect(observer.judge({ luminosity: 2, recipient: 0, sender: 3, sightings })).toBeUndefined();
    const everybody = observerOf(evenWorld(2, [0, 1, 2, 3]));
    expect(everybody.judge({ luminosity: 0, recipient: 0, sender: 1, sightings })).toBeUndefined();
  });
});
