/** Commits that cross: everybody ends up in the same epoch, whatever came first. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createSuite } from '../../../protocols/crypto/suites.ts';
import {
  compareSiblings,
  countingLine,
  FORK_EPOCHS_MAX,
  kept,
  SIDE_EPOCHS_MAX,
  type Branch,
} from '../../../protocols/group/fork.ts';
import { decodeGroup, encodeGroup } from '../../../protocols/group/group-codec.ts';
import { Group } from '../../../protocols/group/group.ts';
import { suites, toHex } from '../crypto/support.ts';
import { groupOf, NOTHING, Person, spread } from './people.ts';

const authenticator = (person: Person): string => toHex(person.group!.authenticator!);

describe.each(suites)('two commits of one epoch with the suite $name', ({ suite }) => {
  it('leave everybody in the same epoch in whatever order they come, and the loser asks again', () => {
    const people = groupOf(suite, ['ann', 'bob', 'cleo', 'dan', 'eve']);
    const [ann, bob, cleo, dan, eve] = people as [Person, Person, Person, Person, Person];
    const fay = new Person(suite, 'fay');
    const crossing = [
      { from: ann, packet: ann.commit().packet },
      { from: bob, packet: bob.commit({ add: [fay.package.package], remove: [] }).packet },
    ];
    const ids = crossing.map(({ from }) => from.group!.state.head.id);
    const [winner, loser] = ids[0]! < ids[1]! ? [ann, bob] : [bob, ann];
    // Words that were said before their speaker knew better.
    const lost = loser.say('on the line that does not count');
    cleo.take(crossing[0]!.packet);
    cleo.take(crossing[1]!.packet);
    dan.take(crossing[1]!.packet);
    dan.take(crossing[0]!.packet);
    // Whoever has not heard of the line cannot read what was said there, but can later.
    const [first, second] = winner === ann ? [0, 1] : [1, 0];
    expect(eve.take(crossing[first]!.packet)).toMatchObject({ kind: 'commit', moved: true });
    expect(eve.hear(lost)).toBe('unknown');
    expect(eve.take(crossing[second]!.packet)).toMatchObject({ kind: 'commit', moved: false });
    for (const other of [cleo, dan, eve])
      expect(other.hear(lost)).toBe('on the line that does not count');
    expect(winner.take(crossing[second]!.packet)).toMatchObject({
      moved: false,
      superseded: undefined,
    });
    const received = loser.take(crossing[first]!.packet);
    const wish = loser === bob ? { add: [fay.package.package], remove: [] } : NOTHING;
    expect(received).toMatchObject({ kind: 'commit', moved: true, superseded: wish });
    for (const one of people) expect(authenticator(one)).toBe(authenticator(winner));
    const again = loser.commit(wish);
    spread(people, loser, again.packet);
    for (const one of people) expect(authenticator(one)).toBe(authenticator(loser));
    for (const { bytes } of again.welcomes) fay.join(bytes);
    if (fay.group !== undefined) expect(authenticator(fay)).toBe(authenticator(loser));
  });
});

describe('a removal', () => {
  it('counts before any other commit, so nobody can hold their seat by committing', () => {
    const suite = createSuite('native');
    const people = groupOf(suite, ['ann', 'bob', 'cleo']);
    const [ann, bob, cleo] = people as [Person, Person, Person];
    const { packet } = ann.commit({ add: [], remove: [bob.self.account] });
    // Bob tries until his commit has a smaller hash.
    const disk = encodeGroup(bob.group!.state);
    let rival: Uint8Array;
    do {
      bob.group = new Group(suite, bob.self, bob.policy, decodeGroup(disk)!);
      rival = bob.commit().packet;
    } while (bob.group.state.head.id > ann.group!.state.head.id);
    cleo.take(rival);
    ann.take(rival);
    cleo.take(packet);
    bob.take(packet);
    expect(bob.group.isMember).toBe(false);
    expect(authenticator(cleo)).toBe(authenticator(ann));
    expect(ann.group!.members).toHaveLength(2);
    expect(bob.hear(cleo.say('without bob'))).toBe('unknown');
  });
});

describe('a newcomer on a line that does not count', () => {
  it('is welcomed again with the same package', () => {
    const suite = createSuite('native');
    const people = groupOf(suite, ['ann', 'bob', 'cleo']);
    const [ann, bob, cleo] = people as [Person, Person, Person];
    const dan = new Person(suite, 'dan');
    const { packet, welcomes } = ann.commit({ add: [dan.package.package], remove: [] });
    dan.join(welcomes[0]!.bytes);
    const removal = bob.commit({ add: [], remove: [cleo.self.account] }).packet;
    bob.take(packet);
    expect(dan.hear(removal)).toBe('unknown');
    const received = ann.take(removal);
    const { superseded } = received as { superseded: typeof NOTHING };
    expect(superseded.add).toEqual([dan.package.package]);
    const again = ann.commit(superseded);
    bob.take(again.packet);
    dan.join(again.welcomes[0]!.bytes);
    for (const one of [bob, dan]) expect(authenticator(one)).toBe(authenticator(ann));
  });

  it('is not asked for again if somebody else has added them', () => {
    const suite = createSuite('native');
    const people = groupOf(suite, ['ann', 'bob', 'cleo']);
    const [ann, bob, cleo] = people as [Person, Person, Person];
    const dan = new Person(suite, 'dan');
    ann.commit({ add: [dan.package.package], remove: [] });
    const both = bob.commit({ add: [dan.package.package], remove: [cleo.self.account] }).packet;
    expect(ann.take(both)).toMatchObject({ superseded: NOTHING });
  });
});

describe('what was missed', () => {
  it('is made up for with the packets of the last commits, in any order of lines', () => {
    const suite = createSuite('native');
    const people = groupOf(suite, ['ann', 'bob', 'cleo']);
    const [ann, bob, cleo] = people as [Person, Person, Person];
    for (const from of [ann, bob, ann, ann, bob]) spread([ann, bob], from, from.commit().packet);
    const said = bob.say('far ahead');
    expect(cleo.hear(said)).toBe('unknown');
    const kinds = ann.group!.commits().map((packet) => cleo.take(packet).kind);
    expect(kinds.filter((kind) => kind === 'commit')).toHaveLength(5);
    expect(authenticator(cleo)).toBe(authenticator(ann));
    expect(cleo.hear(said)).toBe('far ahead');
  });
});

describe('the line that counts', () => {
  /** A tree of epochs: each hangs below one before it. */
  const trees = fc
    .array(
      fc.record({
        parent: fc.nat(30),
        removes: fc.boolean(),
        name: fc.integer({ min: 0x1000, max: 0xffff }),
      }),
      { minLength: 1, maxLength: 30 },
    )
    .map((rows) => {
      const epochs: Branch[] = [{ id: 'root', parent: '', height: 0, removes: false }];
      rows.forEach(({ parent, removes, name }, i) => {
        const below = epochs[parent % epochs.length]!;
        epochs.push({
          id: `${name.toString(16)}${i}`,
          parent: below.id,
          height: below.height + 1,
          removes,
        });
      });
      return epochs;
    });

  const mapOf = (epochs: readonly Branch[]): Map<string, Branch> =>
    new Map(epochs.map((epoch) => [epoch.id, epoch]));

  it('does not depend on the order in which commits came', () => {
    fc.assert(
      fc.property(trees, fc.array(fc.nat(), { minLength: 31, maxLength: 31 }), (epochs, keys) => {
        const shuffled = epochs
          .map((epoch, i) => ({ epoch, key: keys[i]! }))
          .sort((a, b) => a.key - b.key)
          .map(({ epoch }) => epoch);
        const line = countingLine(mapOf(epochs), epochs[0]!);
        expect(countingLine(mapOf(shuffled), epochs[0]!)).toEqual(line);
        // At every fork no child is better than the one that was taken.
        line.slice(1).forEach((taken) => {
          for (const other of epochs.filter((e) => e !== taken && e.parent === taken.parent))
            expect(compareSiblings(taken, other)).toBeLessThan(0);
        });
        expect(epochs.some((e) => e.parent === line.at(-1)!.id)).toBe(false);
      }),
    );
  });

  it('keeps its last epochs and what hangs on them, and the same head', () => {
    fc.assert(
      fc.property(trees, (epochs) => {
        const line = countingLine(mapOf(epochs), epochs[0]!);
        const left = kept(mapOf(epochs), line);
        expect(left.root).toBe(line[Math.max(0, line.length - 1 - FORK_EPOCHS_MAX)]);
        expect(countingLine(left.epochs, left.root).at(-1)).toBe(line.at(-1));
        expect(left.epochs.size).toBeLessThanOrEqual(1 + FORK_EPOCHS_MAX + SIDE_EPOCHS_MAX);
        for (const epoch of left.epochs.values())
          if (epoch !== left.root) expect(left.epochs.has(epoch.parent)).toBe(true);
      }),
    );
  });
});
