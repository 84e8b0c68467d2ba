/** What colluders conclude of who speaks in a group: by hand, against the observer of single packets, and against what truly happened. */
import { describe, expect, it } from 'vitest';
import {
  GroupSenderObserver,
  type GroupSenderOptions,
  type Handed,
  type WordsRead,
} from '../../../scenarios/observers/group-sender.ts';
import { Population, type ColludersWorld } from '../../../scenarios/observers/population.ts';
import { evenWorld, observerOf, randomWorld, sighting } from './worlds.ts';

const observe = (
  world: ColludersWorld,
  options: Partial<GroupSenderOptions> = {},
): GroupSenderObserver =>
  new GroupSenderObserver(new Population(world), {
    luminosityBits: 32,
    bucket: world.bucket,
    symmetric: world.symmetric ?? false,
    randomPeer: false,
    followsWays: true,
    ...options,
  });

/** Words of which nothing is known but who has handed them on. */
function words(
  sender: number,
  ...links: readonly (readonly [number, number, number, number?])[]
): WordsRead {
  return {
    sender,
    zones: new Set(),
    first: links[0]?.[0],
    handed: links.map(([from, to, towards, level = 0]): Handed => ({
      from,
      to,
      towards,
      level,
      tree: 0,
    })),
    links: new Map(links.map(([from]) => [from, 1])),
  };
}

describe('the lists of what somebody has said', () => {
  // 64 nodes; 1 and 2 collude. A group of 5, all of whose addresses have come past in its life.
  const world = evenWorld(6, [1, 2]);
  const zones = new Set([8, 16, 24, 32, 40]);
  const listed = (sender: number, ...on: number[]): WordsRead => ({
    ...words(sender),
    zones: new Set(on),
  });

  it('leave out who has said it', () => {
    const guess = observe(world).judge({ members: 5, zones }, listed(40, 8, 16, 24, 32))!;
    expect(guess.crowd).toBe(1);
    expect(guess.bestGuess).toBe(1);
    expect(guess.logLossBits).toBeCloseTo(0, 10);
    expect(guess.found).toBe(false);
  });

  it('leave out all of whom no colluder has read, and one of them has said it', () => {
    const guess = observe(world).judge({ members: 5, zones }, listed(40, 8, 16))!;
    expect(guess.crowd).toBe(3);
    expect(guess.entropyBits).toBeCloseTo(Math.log2(3), 10);
    expect(guess.logLossBits).toBeCloseTo(Math.log2(3), 10);
  });

  it('leave room for members whose addresses never came past', () => {
    const guess = observe(world).judge({ members: 6, zones }, listed(50, 8, 16, 24, 32))!;
    // Everybody honest but the four, who are on the list.
    expect(guess.crowd).toBe(64 - 2 - 4);
    expect(guess.entropyBits).toBeGreaterThan(0);
    expect(guess.logLossBits).toBeGreaterThan(guess.entropyBits);
  });

  it('of zones leave a zone, in which another may be on them', () => {
    // Three bits: zones of eight.
    const dark = observe(world, { luminosityBits: 3 });
    const group = { members: 5, zones };
    const alone = dark.judge(group, listed(41, 8, 16, 24, 32))!;
    expect(alone.crowd).toBe(5 * 8);
    expect(alone.entropyBits).toBeGreaterThan(3);
    const shared = dark.judge(group, listed(41, ...zones))!;
    expect(shared.entropyBits).toBeCloseTo(Math.log2(5 * 8), 10);
  });
});

describe('the way of what somebody has said', () => {
  const world = evenWorld(6, [1, 2]);
  const nobody = { members: 64, zones: new Set<number>() };
  const all = Math.log2(62);

  it('begins with who hands it on when it is as far off as can be', () => {
    // 60 shares no bit with 8: nobody can have handed it to 60.
    const guess = observe(world).judge(nobody, words(60, [60, 1, 8]))!;
    expect(guess).toMatchObject({ crowd: 1, bestGuess: 1, found: true });
  });

  it('says what a single packet on the same way says, before its zone and in it', () => {
    const wide = { ...randomWorld(200, 0.1, 'way'), bucket: 4 };
    const population = new Population(wide);
    const honest = Array.from({ length: 200 }, (_, i) => i).filter((i) => wide.corrupt[i] === 0);
    const spy = wide.corrupt.indexOf(1);
    const single = observerOf(wide);
    const group = observe(wide, { luminosityBits: 4 });
    const everybody = { members: 200, zones: new Set<number>() };
    const compared = [0, 0];
    for (let i = 0; i + 1 < honest.length; i++) {
      const [from, sender, recipient] = [
        honest[i]!,
        honest[(i * 7) % honest.length]!,
        honest[i + 1]!,
      ];
      const isWithin = population.profile(recipient, 4).sharedBits(population.rank[from]!) >= 4;
      const level = isWithin ? 5 + (i % 3) : 0;
      const link = sighting(spy, from, { level });
      const one = single.judge({ luminosity: 4, sender, recipient, sightings: [link] })!.sender!;
      const other = group.judge(everybody, words(sender, [from, spy, recipient, level]))!;
      for (const key of [
        'entropyBits',
        'logLossBits',
        'minEntropyBits',
        'bestGuess',
        'crowd',
      ] as const)
        expect(other[key]).toBeCloseTo(one[key], 8);
      compared[isWithin ? 1 : 0]!++;
    }
    expect(compared[0]).toBeGreaterThan(100);
    expect(compared[1]).toBeGreaterThan(5);
  });

  it('says nothing where ways cannot be followed', () => {
    const read = words(60, [60, 1, 8]);
    const blind = observe(world, { followsWays: false }).judge(nobody, read)!;
    expect(blind.entropyBits).toBeCloseTo(all, 10);
  });

  it('is forgotten where it contradicts itself', () => {
    // 60 and 61 both as far off as can be: one of them must have had it from elsewhere, against the rules.
    const guess = observe(world).judge(nobody, words(60, [60, 1, 8], [61, 1, 8]))!;
    expect(guess.entropyBits).toBeCloseTo(all, 10);
  });

  it('leads less to somebody of whom no colluder has had anything, if speakers are known to hand it to many', () => {
    const plain = observe(world);
    const taught = observe(world);
    // 60 is known to have spoken, twice; of either words a second colluder had another copy. 2 of 64 collude.
    const certain = { ...words(60, [60, 1, 8]), links: new Map([[60, 2]]) };
    taught.learn([certain, certain]);
    // 12 shares 3 bits with 8: it may be a relay.
    const relayed = words(12, [12, 1, 8]);
    const [before, after] = [plain.judge(nobody, relayed)!, taught.judge(nobody, relayed)!];
    expect(after.logLossBits).toBeLessThan(before.logLossBits);
    // 33 links of a speaker, one of them seen: 32 that were not, against 33 of everybody else.
    const [one, other] = [2 ** -before.logLossBits, 2 ** -after.logLossBits];
    const odds = (p: number): number => p / (1 - p);
    expect(odds(other) / odds(one)).toBeCloseTo(1 / (1 - 2 / 64), 6);
  });

  it('is nothing to guess for colluders who have said it themselves', () => {
    expect(observe(world).judge(nobody, words(1))).toBeUndefined();
  });
});
