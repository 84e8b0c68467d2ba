/** Packets find their groups by tags, early ones wait, and no look-up grows with the number of groups. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createSuite } from '../../../protocols/crypto/suites.ts';
import { decodeGroup, encodeGroup } from '../../../protocols/group/group-codec.ts';
import { Group } from '../../../protocols/group/group.ts';
import { Groups } from '../../../protocols/group/groups.ts';
import { AHEAD, groupTag, GroupTagTable } from '../../../protocols/group/tags.ts';
import { toHex } from '../crypto/support.ts';
import { addAll, groupOf, Person, textOf } from './people.ts';

const suite = createSuite('native');

/** What comes of a packet, in words. */
function heard(groups: Groups, packet: Uint8Array): string[] {
  return groups
    .receive(packet)
    .map(({ received }) => (received.kind === 'message' ? textOf(received.text) : received.kind));
}

describe('tags', () => {
  it('never repeat, whatever sender, stream or number', () => {
    const seen = new Set<string>();
    for (const secret of [1, 2])
      for (const leaf of [0, 1, 4095])
        for (const stream of ['application', 'handshake'] as const)
          for (let number = 0; number < 50; number++)
            seen.add(toHex(groupTag(suite, new Uint8Array(32).fill(secret), leaf, stream, number)));
    expect(seen.size).toBe(2 * 3 * 2 * 50);
  });

  it('stand at the head of every packet, and nothing else in it repeats', () => {
    const [ann] = groupOf(suite, ['ann', 'bob']) as [Person];
    const windows = new Map<string, number>();
    for (let i = 0; i < 20; i++) {
      const packet = i % 5 === 4 ? ann.commit().packet : ann.say('the same words');
      for (let at = 0; at + 6 <= packet.length; at++) {
        const window = toHex(packet.subarray(at, at + 6));
        expect(windows.get(window) ?? i).toBe(i);
        windows.set(window, i);
      }
    }
  });
});

describe('the table of tags', () => {
  it('holds twenty tags for each member, moves on with what comes, and empties', () => {
    const table = new GroupTagTable<string>(suite);
    const came = new Map([[3, 0]]);
    const missing: number[] = [];
    const tagSecret = new Uint8Array(32).fill(5);
    table.watch('ours', {
      tagSecret,
      leaves: [0, 3, 9],
      next: (leaf, stream) => (stream === 'application' ? (came.get(leaf) ?? 0) : 0),
      missing: (leaf) => (leaf === 3 ? missing : []),
    });
    const tag = (number: number): Uint8Array =>
      groupTag(suite, tagSecret, 3, 'application', number);
    expect(table.size).toBe(3 * (AHEAD.application + AHEAD.handshake));
    expect(table.find(tag(15))).toEqual(['ours']);
    expect(table.find(tag(16))).toEqual([]);
    // Number 10 comes first: of those before it, seven are still expected.
    came.set(3, 11);
    missing.push(1, 2, 3, 4, 5, 6, 7);
    table.moved('ours', 3, 'application');
    expect([0, 1, 7, 8, 10].map((number) => table.find(tag(number)).length)).toEqual([
      0, 1, 1, 0, 0,
    ]);
    expect(table.find(tag(11 + AHEAD.application - 1))).toEqual(['ours']);
    expect(table.find(tag(5).slice(0, 7))).toEqual([]);
    table.forget('ours');
    expect(table.size).toBe(0);
  });

  it('names every owner of a tag that two have', () => {
    const table = new GroupTagTable<string>(suite);
    const watched = {
      tagSecret: new Uint8Array(32),
      leaves: [0],
      next: () => 0,
      missing: () => [],
    };
    table.watch('one', watched);
    table.watch('two', watched);
    const tag = groupTag(suite, watched.tagSecret, 0, 'handshake', 2);
    expect(table.find(tag)).toEqual(['one', 'two']);
    table.forget('one');
    expect(table.find(tag)).toEqual(['two']);
  });
});

describe('the groups of one person', () => {
  it('each get their own packets, and nobody else’s', () => {
    const bob = new Person(suite, 'bob');
    const groups = new Groups(suite);
    const others = ['ann', 'cleo', 'dan'].map((name) => {
      const founder = new Person(suite, name);
      founder.create();
      addAll([founder], [bob]);
      groups.watch(bob.group!);
      return { founder, group: bob.group! };
    });
    for (const { founder, group } of others) {
      const arrivals = groups.receive(founder.say(`from ${founder.name}`));
      expect(arrivals).toHaveLength(1);
      expect(arrivals[0]!.group).toBe(group);
    }
    expect(groups.all()).toHaveLength(3);
    const [stranger] = groupOf(suite, ['eve', 'fay']) as [Person];
    expect(heard(groups, stranger.say('to fay'))).toEqual([]);
    groups.forget(others[0]!.group);
    expect(heard(groups, others[0]!.founder.say('gone'))).toEqual([]);
    expect(heard(groups, others[1]!.founder.say('here'))).toEqual(['here']);
  });

  it('are asked about no epoch but the one that the tag names', () => {
    const [ann, bob] = groupOf(suite, ['ann', 'bob']) as [Person, Person];
    const packet = ann.say('here');
    const { id } = bob.group!.state.head;
    expect(bob.group!.receive(packet, `${id}0`)).toEqual({ kind: 'unknown' });
    expect(bob.group!.receive(packet, id)).toMatchObject({ kind: 'message' });
  });

  it('find packets in any order, as far as tags reach, once', () => {
    fc.assert(
      fc.property(
        fc.array(fc.nat(AHEAD.application - 1), { minLength: 1, maxLength: 40 }),
        (gaps) => {
          const [ann, bob] = groupOf(suite, ['ann', 'bob']) as [Person, Person];
          const groups = new Groups(suite);
          groups.watch(bob.group!);
          const late: [Uint8Array, string][] = [];
          gaps.forEach((gap, i) => {
            for (let j = 0; j < gap; j++) late.push([ann.say(`late ${i} ${j}`), `late ${i} ${j}`]);
            expect(heard(groups, ann.say(`now ${i}`))).toEqual([`now ${i}`]);
            if (gap % 3 !== 0) return;
            for (const [packet, text] of late.splice(0)) {
              // After a restart the table is made anew, with what is missing.
              if (gap === 9) {
                groups.forget(bob.group!);
                const state = decodeGroup(encodeGroup(bob.group!.state))!;
                bob.group = new Group(suite, bob.self, bob.policy, state);
                groups.watch(bob.group);
              }
              expect(heard(groups, packet)).toEqual([text]);
              expect(heard(groups, packet)).toEqual([]);
            }
          });
        },
      ),
      { numRuns: 8 },
    );
  });

  it('keep what comes before its commit, whatever the order', () => {
    fc.assert(
      fc.property(fc.array(fc.nat(), { minLength: 12, maxLength: 12 }), (keys) => {
        const [ann, bob, cleo] = groupOf(suite, ['ann', 'bob', 'cleo']) as [Person, Person, Person];
        const groups = new Groups(suite);
        groups.watch(cleo.group!);
        const packets: Uint8Array[] = [];
        for (let epoch = 0; epoch < 4; epoch++) {
          const [from, to] = epoch % 2 === 0 ? [ann, bob] : [bob, ann];
          const { packet } = from.commit();
          to.take(packet);
          packets.push(packet, ann.say(`a${epoch}`), bob.say(`b${epoch}`));
        }
        const order = packets.map((packet, i) => ({ packet, key: keys[i]! }));
        order.sort((a, b) => a.key - b.key);
        const all = order.flatMap(({ packet }) => heard(groups, packet));
        expect(all.toSorted((a, b) => (a < b ? -1 : 1))).toEqual([
          'a0',
          'a1',
          'a2',
          'a3',
          'b0',
          'b1',
          'b2',
          'b3',
          'commit',
          'commit',
          'commit',
          'commit',
        ]);
        expect(groups.waiting).toBe(0);
        expect(toHex(cleo.group!.authenticator!)).toBe(toHex(ann.group!.authenticator!));
      }),
      { numRuns: 15 },
    );
  });

  it('hear early words once they are welcomed', () => {
    const people = groupOf(suite, ['ann', 'bob']);
    const [ann] = people as [Person];
    const cleo = new Person(suite, 'cleo');
    const groups = new Groups(suite);
    const { welcomes } = ann.commit({ add: [cleo.package.package], remove: [] });
    expect(heard(groups, ann.say('welcome'))).toEqual([]);
    cleo.join(welcomes[0]!.bytes);
    const arrivals = groups.watch(cleo.group!);
    expect(arrivals.map(({ received }) => received.kind)).toEqual(['message']);
    expect(groups.watch(cleo.group!)).toEqual([]);
  });

  it('keep no more than sixty-four strangers’ packets', () => {
    const groups = new Groups(suite);
    for (let i = 0; i < 100; i++) groups.receive(new Uint8Array(200).fill(i));
    expect(groups.waiting).toBe(64);
    for (let i = 0; i < 3; i++) groups.receive(new Uint8Array(500_000).fill(i));
    expect(groups.waiting).toBe(2);
  });
});
