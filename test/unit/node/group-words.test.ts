/** Words that were missed: whoever has been away, or has lost a packet, gets them from others, once. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { MESSAGE_TEXT_BYTES_MAX } from '../../../protocols/session/contact.ts';
import { encodeHead, joinWords, splitWords } from '../../../protocols/node/group-frames.ts';
import {
  decodeHeard,
  encodeHeard,
  heardIn,
  lacksOf,
  WORDS_AT_ONCE,
  type Heard,
} from '../../../protocols/node/group-words.ts';
import { hexToBytes } from '@noble/hashes/utils.js';
import { CONTROL_CRASH, CONTROL_START } from '../../../sim/world.ts';
import { assemble, groupWorld, pass, S, sayTo } from './group-world.ts';

describe('a member who was away', () => {
  it('gets what was said meanwhile, in the order of each speaker, and once', () => {
    const { world, people } = groupWorld(24);
    const id = assemble(world, people, 6);
    const [ann, bob, away] = [people[0]!, people[1]!, people[4]!];
    world.controlAt(world.nowUs + 1, 4, CONTROL_CRASH);
    pass(world, S);
    const said = { ann: [] as string[], bob: [] as string[] };
    // More than are sent at once, and more than an epoch lasts.
    for (let i = 0; i < 2 * WORDS_AT_ONCE + 4; i++) {
      said.ann.push(`ann ${i}`);
      sayTo(ann, id, `ann ${i}`);
      if (i % 3 === 0) {
        said.bob.push(`bob ${i}`);
        sayTo(bob, id, `bob ${i}`);
      }
      pass(world, 3 * S);
    }
    expect(ann.node().group(id)!.state.head.height).toBeGreaterThan(
      away.node().group(id)!.state.head.height,
    );
    // Those who have spoken are gone: others have kept their words.
    for (const i of [0, 1]) world.controlAt(world.nowUs + 1, i, CONTROL_CRASH);
    pass(world, S);
    expect(away.got).toEqual([]);
    world.controlAt(world.nowUs + 1, 4, CONTROL_START);
    pass(world, 240 * S);
    const from = (who: string): string[] => away.got.filter((text) => text.startsWith(who));
    expect(from('ann')).toEqual(said.ann);
    expect(from('bob')).toEqual(said.bob);
    expect(people[3]!.got.toSorted()).toEqual([...said.ann, ...said.bob].toSorted());
  });

  it('gets nothing from before it came in', () => {
    const { world, people } = groupWorld(24);
    const id = assemble(world, people, 5);
    sayTo(people[0]!, id, 'before');
    pass(world, 3 * S);
    people[9]!.node().joinGroup(id, [people[0]!.party.address]);
    pass(world, 10 * S);
    sayTo(people[1]!, id, 'after');
    pass(world, 200 * S);
    expect(people[9]!.got).toEqual(['after']);
  });
});

describe('a network that loses packets', () => {
  it('brings everybody everything in the end', () => {
    const { world, people } = groupWorld(24, { askEveryUs: 20 * S }, 0.25);
    const id = assemble(world, people, 6);
    pass(world, 240 * S);
    const members = people.slice(0, 6);
    for (const { node } of members) expect(node().group(id)?.members).toHaveLength(6);
    const all: string[] = [];
    for (let i = 0; i < 40; i++) {
      const speaker = i % members.length;
      all.push(`${speaker}: ${i}`);
      sayTo(members[speaker]!, id, `${speaker}: ${i}`);
      pass(world, 500_000);
    }
    pass(world, S);
    const of = (who: number): string[] => all.filter((text) => !text.startsWith(`${who}:`));
    const missing = (): number =>
      members.reduce((sum, { got }, who) => sum + of(who).length - got.length, 0);
    // The control: some were lost at first.
    expect(missing()).toBeGreaterThan(0);
    pass(world, 300 * S);
    for (const [who, { got }] of members.entries())
      expect(got.toSorted()).toEqual(of(who).toSorted());
  });
});

describe('words', () => {
  it('are sent to members only, and not faster than they can be asked for', () => {
    const { world, people } = groupWorld(24, { askEveryUs: 3_600 * S });
    const id = assemble(world, people, 4);
    const [ann, member, stranger] = [people[0]!, people[2]!, people[9]!];
    for (let i = 0; i < 3; i++) sayTo(ann, id, `word ${i}`);
    pass(world, 5 * S);
    const { head, groupId } = ann.node().group(id)!.state;
    const epoch = hexToBytes(head.id);
    const frame = encodeHead({ groupId, height: head.height, epoch, answers: true, heard: [[]] });
    const waiting = (): number =>
      [member, stranger].reduce(
        (sum, { party }) => sum + (ann.node().messenger.contact(party.address)?.waiting.size ?? 0),
        0,
      );
    stranger.node().say(ann.party, frame, 2);
    pass(world, 1.2 * S);
    expect(waiting()).toBe(0);
    let sent = 0;
    const say = ann.node().say.bind(ann.node());
    ann.node().say = (...words) => {
      sent++;
      return say(...words);
    };
    for (let i = 0; i < 10; i++) member.node().say(ann.party, frame, 2);
    pass(world, 5 * S);
    // Three words in four pieces, once or, a turn's quarter later, once more.
    expect(sent).toBeGreaterThan(0);
    expect(sent).toBeLessThanOrEqual(8);
    expect(member.got).toHaveLength(3);
  });

  it('travel as one whole', () => {
    const groupId = new Uint8Array(32).fill(1);
    const packets = [Uint8Array.of(1, 2, 3), new Uint8Array(1_000).fill(9), new Uint8Array(0)];
    const whole = joinWords(groupId, packets);
    expect(splitWords(whole)).toEqual({ groupId, packets });
    expect(splitWords(whole.slice(0, -1))).toBeUndefined();
    expect(splitWords(groupId.slice(1))).toBeUndefined();
    expect(splitWords(groupId)).toEqual({ groupId, packets: [] });
  });
});

const sender = fc
  .record({
    leaf: fc.integer({ min: 0, max: 0xffff }),
    next: fc.integer({ min: 1, max: 0xffff_ffff }),
    distances: fc.uniqueArray(fc.integer({ min: 1, max: 255 }), { maxLength: 20 }),
  })
  .map(({ leaf, next, distances }) => ({
    leaf,
    next,
    missing: distances.filter((one) => one <= next).map((one) => next - one),
  }));
const anyHeard: fc.Arbitrary<Heard> = fc.array(fc.array(sender, { maxLength: 12 }), {
  maxLength: 9,
});

describe('what has been heard', () => {
  it('is read as it was written, as far as it fits', () => {
    fc.assert(
      fc.property(anyHeard, fc.integer({ min: 1, max: MESSAGE_TEXT_BYTES_MAX }), (heard, most) => {
        const bytes = encodeHeard(heard, most);
        expect(bytes.length).toBeLessThanOrEqual(most);
        const read = decodeHeard(bytes)!;
        expect(read).toEqual(heard.slice(0, read.length));
        if (most === MESSAGE_TEXT_BYTES_MAX && bytes.length < most - 400)
          expect(read.length).toBe(heard.length);
      }),
      { seed: 1, numRuns: 300 },
    );
  });

  it('is read from nothing else', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
        const read = decodeHeard(bytes);
        if (read === undefined) return;
        // Whatever is read is written back to the same bytes.
        expect(encodeHeard(read, 4_096)).toEqual(bytes);
      }),
      { seed: 1, numRuns: 2_000 },
    );
    expect(decodeHeard(Uint8Array.of(1, 1, 0, 0, 0, 0, 0, 3, 1, 4))).toBeUndefined();
    expect(decodeHeard(Uint8Array.of(1, 1, 0, 0, 0, 0, 0, 3, 1, 0))).toBeUndefined();
  });

  it('says whether somebody else has more', () => {
    const own: Heard = [[{ leaf: 1, next: 5, missing: [2] }]];
    expect(lacksOf(own, own)).toBe(false);
    expect(lacksOf(own, [[{ leaf: 1, next: 4, missing: [2] }]])).toBe(false);
    expect(lacksOf(own, [[{ leaf: 1, next: 4, missing: [] }]])).toBe(true);
    expect(lacksOf(own, [[{ leaf: 1, next: 6, missing: [2, 5] }]])).toBe(true);
    expect(lacksOf(own, [[{ leaf: 2, next: 1, missing: [] }]])).toBe(true);
    // An epoch that we do not keep: nothing could be opened.
    expect(lacksOf(own, [[], [{ leaf: 2, next: 1, missing: [] }]])).toBe(false);
  });

  it('counts our own words', () => {
    const { world, people } = groupWorld(16);
    const id = assemble(world, people, 3);
    sayTo(people[0]!, id, 'one');
    pass(world, 3 * S);
    const [a, b] = [people[0]!, people[1]!].map((one) => heardIn(one.node().group(id)!.state));
    expect(lacksOf(a!, b!) || lacksOf(b!, a!)).toBe(false);
    expect(a!.flat().length).toBeGreaterThan(0);
  });
});
