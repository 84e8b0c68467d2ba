/** What colluders conclude about the sender, against closed forms and against Bayes' rule by enumeration. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { PathModel, textbookPredecessorRatio } from '../../../scenarios/observers/path-model.ts';
import { Population } from '../../../scenarios/observers/population.ts';
import { evenWorld, observerOf, randomWorld, sighting } from './worlds.ts';

/** One node in `every` colludes, spread evenly, node 0 and its neighbours aside. */
function spread(nodes: number, every: number): number[] {
  return Array.from({ length: nodes / every }, (_, i) => i * every + every - 1);
}

describe('the predecessor of the first colluder on the way', () => {
  // One contact a bin and large, evenly filled bins: the textbook's setting (Roos, Salah & Strufe 2013).
  const world = evenWorld(14, spread(2 ** 14, 8), 1);
  const f = 1 / 8;

  it.each([0, 1, 2, 3, 4])('is the sender with probability (2 - f)^-%i at that proximity', (j) => {
    const recipient = 0;
    // Shares exactly j bits with the recipient: a 1 at bit j. An even number, which never colludes here.
    const predecessor = 2 ** (13 - j);
    const judged = observerOf(world).judge({
      luminosity: 12,
      recipient,
      sender: predecessor,
      sightings: [sighting(2 ** (12 - j) + 7, predecessor)],
    })!;
    expect(judged.sender!.found).toBe(true);
    expect(2 ** -judged.sender!.logLossBits).toBeCloseTo((2 - f) ** -j, 2);
    expect(textbookPredecessorRatio(1, f, j)).toBeCloseTo((2 - f) ** -j, 12);
  });

  it('can be preceded by more the more contacts a bin has', () => {
    for (const j of [1, 2, 3]) {
      expect(textbookPredecessorRatio(8, f, j)).toBeGreaterThan(textbookPredecessorRatio(1, f, j));
    }
  });

  it('is one of the sender itself and the nodes farther away, never of nearer ones', () => {
    const judged = observerOf(world).judge({
      luminosity: 12,
      recipient: 0,
      // Nearer to the target than the predecessor: its copy could not have come back.
      sender: 2 ** 9,
      sightings: [sighting(2 ** 10 + 7, 2 ** 11)],
    })!;
    expect(judged.sender!.logLossBits).toBe(40);
    expect(judged.sender!.bestGuess).toBe(0);
    expect(judged.sender!.found).toBe(false);
  });
});

describe('the law of a path', () => {
  it('sends each step somewhere, whatever the world, the bucket and the rank', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 8, max: 300 }),
        fc.integer({ min: 1, max: 8 }),
        fc.boolean(),
        fc.integer({ min: 0, max: 2 }),
        fc.integer({ min: 0, max: 3 }),
        fc.integer({ min: 0, max: 1000 }),
        (nodes, luminosity, symmetric, rank, detourBits, seed) => {
          const world = randomWorld(nodes, 0.1, `path/${seed}`);
          const population = new Population(world);
          const model = new PathModel(population, population.profile(0, luminosity), luminosity, {
            bucket: 4,
            symmetric,
            randomPeer: false,
            detourBits,
          });
          for (let c = 0; c < model.zone; c++) {
            const steps = model.steps(c, rank);
            const sum = steps.reduce((total, p) => total + p, 0);
            expect(sum).toBeGreaterThan(1 - 1e-6);
            expect(sum).toBeLessThan(1 + 1e-6);
          }
        },
      ),
      { numRuns: 100 },
    );
  });
});

describe('a tree in its zone', () => {
  it('is rooted anywhere but among those that a relay answers for, the relay aside', () => {
    // The zone of 3 bits is 0-3. Relay 2 hands node 3, which colludes, a copy of level 5: it answers for the 4 bits of {2, 3} itself.
    const world = evenWorld(5, [3, 20]);
    const judge = (sender: number): ReturnType<ReturnType<typeof observerOf>['judge']> =>
      observerOf(world).judge({
        luminosity: 3,
        recipient: 0,
        sender,
        sightings: [sighting(3, 2, { level: 5 })],
      });
    const relay = judge(2)!.sender!;
    const other = judge(1)!.sender!;
    // A root in {2, 3} answers for it itself; a root in {0, 1} hands it to either of the two. So node 2 is twice as likely as 0 or 1.
    expect(relay.logLossBits).toBeLessThan(other.logLossBits - 0.99);
    expect(relay.bestGuess).toBe(1);
  });
});

describe('crowds', () => {
  it('give the predecessor on a stem the probability of Crowds where every contact is as likely', () => {
    // Reiter & Rubin 1998: with N members, C of them corrupt, forwarding probability p, the predecessor is the sender with
    // probability 1 - p (N - C - 1) / N. A stem of g mean hops forwards with p = 1 - 1/g. Nodes of an even world with unlimited
    // buckets know everybody, each once, which is the setting of Crowds (but for never choosing oneself).
    const corrupt = spread(64, 8);
    const world = evenWorld(6, corrupt, 64);
    const observer = observerOf(world, { stemHops: 4 });
    const judged = observer.judge({
      luminosity: 2,
      recipient: 0,
      sender: 40,
      sightings: [sighting(7, 40, { onStem: true })],
    })!;
    const onward = 3 / 4;
    const members = 64;
    // Without choosing oneself: N - 1 others, of whom N - C - 1 are honest.
    const crowds = 1 - (onward * (members - corrupt.length - 1)) / (members - 1);
    expect(2 ** -judged.sender!.logLossBits).toBeCloseTo(crowds, 1);
    expect(judged.sender!.found).toBe(true);
  });
});

describe('every posterior', () => {
  it('has min-entropy <= entropy <= log2 crowd, and finds only who is there', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 16, max: 120 }),
        fc.integer({ min: 0, max: 10 }),
        fc.constantFrom('pss' as const, 'pss-v2' as const, 'tree' as const),
        fc.integer({ min: 1, max: 4 }),
        fc.constantFrom(0, 3),
        fc.array(
          fc.record({
            observer: fc.nat(),
            previous: fc.nat(),
            tree: fc.nat({ max: 3 }),
            level: fc.integer({ min: 0, max: 20 }),
            timeUs: fc.nat({ max: 100_000 }),
            onStem: fc.boolean(),
          }),
          { maxLength: 12 },
        ),
        fc.nat({ max: 10_000 }),
        (nodes, luminosity, policy, trees, stemHops, seen, seed) => {
          const world = randomWorld(nodes, 0.25, `posterior/${seed}`);
          const { corrupt } = world;
          const spies = [...corrupt.keys()].filter((node) => corrupt[node] === 1);
          const honest = [...corrupt.keys()].filter((node) => corrupt[node] === 0);
          fc.pre(spies.length > 0 && honest.length > 2);
          const sightings = seen.map((s) =>
            sighting(spies[s.observer % spies.length]!, s.previous % nodes, {
              tree: s.tree,
              level: s.level,
              timeUs: s.timeUs,
              onStem: s.onStem && stemHops > 0,
            }),
          );
          const observer = observerOf(world, { policy, trees, stemHops });
          const judged = observer.judge({
            luminosity,
            recipient: honest[0]!,
            sender: honest[1]!,
            sightings,
          })!;
          for (const guess of [judged.receiver!, judged.sender!]) {
            for (const value of Object.values(guess)) expect(value).not.toBeNaN();
            expect(guess.crowd).toBeGreaterThanOrEqual(1);
            expect(guess.entropyBits).toBeLessThanOrEqual(Math.log2(guess.crowd) + 1e-6);
            expect(guess.minEntropyBits).toBeLessThanOrEqual(guess.entropyBits + 1e-6);
            expect(guess.bestGuess).toBeLessThanOrEqual(1);
            expect(guess.logLossBits).toBeGreaterThanOrEqual(0);
            expect(guess.logLossBits).toBeLessThanOrEqual(40);
          }
        },
      ),
      { numRuns: 300 },
    );
  });
});
