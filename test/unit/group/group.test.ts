/** What a group does for its members, in each suite. */
import { describe, expect, it } from 'vitest';
import { decodeGroup, encodeGroup } from '../../../protocols/group/group-codec.ts';
import { Group } from '../../../protocols/group/group.ts';
import { makeKeyPackage } from '../../../protocols/group/leaf.ts';
import type { GroupPolicy } from '../../../protocols/group/policy.ts';
import type { CryptoSuite } from '../../../protocols/crypto/port.ts';
import { createSuite } from '../../../protocols/crypto/suites.ts';
import { suites, toHex } from '../crypto/support.ts';
import { watchful } from './model.ts';
import { addAll, groupOf, NOTHING, Person, spread } from './people.ts';

function agree(people: readonly Person[]): void {
  const [first, ...others] = people.map((person) => toHex(person.group!.authenticator!));
  for (const other of others) expect(other).toBe(first);
}

/** What somebody has on disk, taken by somebody else. */
function stolen(from: Person): Group {
  const state = decodeGroup(encodeGroup(from.group!.state));
  return new Group(from.suite, from.self, from.policy, state!);
}

describe('a group on its way to disk', () => {
  it('is whole, though the one before it could not be written to its end', () => {
    const [ann] = groupOf(createSuite('modelled'), ['ann', 'bob']);
    const { state } = ann!.group!;
    const before = encodeGroup(state);
    const broken = { ...state, leaves: [undefined] } as unknown as typeof state;
    expect(() => encodeGroup(broken)).toThrow(TypeError);
    expect(encodeGroup(state)).toEqual(before);
  });
});

describe.each(suites)('a group with the suite $name', ({ suite }) => {
  it('says everything to everybody once', () => {
    const people = groupOf(suite, ['ann', 'bob', 'cleo', 'dan', 'eve']);
    agree(people);
    for (const from of people) {
      const packet = from.say(`I am ${from.name}`);
      for (const to of people.filter((p) => p !== from)) {
        expect(to.hear(packet)).toBe(`I am ${from.name}`);
        expect(to.hear(packet)).toBe('duplicate');
      }
      expect(from.hear(packet)).toBe('duplicate');
    }
  });

  it('goes on after updates by everybody', () => {
    const people = groupOf(suite, ['ann', 'bob', 'cleo', 'dan', 'eve']);
    for (const from of people) {
      const { packet } = from.commit();
      spread(people, from, packet);
      expect(from.hear(packet)).toBe('duplicate');
      agree(people);
    }
    expect(people[4]!.hear(people[0]!.say('still here'))).toBe('still here');
  });

  it('shuts out whoever was removed, who knows it, and keeps the place for another', () => {
    const people = groupOf(suite, ['ann', 'bob', 'cleo', 'dan', 'eve']);
    const [ann, bob, cleo] = people as [Person, Person, Person];
    const { packet } = ann.commit({ add: [], remove: [bob.self.account] });
    spread(people, ann, packet);
    expect(bob.group!.isMember).toBe(false);
    expect(bob.group!.members).toEqual([]);
    expect(bob.group!.authenticator).toBeUndefined();
    expect(bob.group!.say(new Uint8Array(1), bob.fresh)).toBeUndefined();
    expect(bob.group!.leave(bob.fresh)).toBeUndefined();
    expect(bob.group!.commit(NOTHING, bob.fresh)).toBe('not a member');
    const others = people.filter((p) => p !== bob);
    agree(others);
    const secret = ann.say('without bob');
    expect(cleo.hear(secret)).toBe('without bob');
    expect(bob.hear(secret)).toBe('unknown');
    const fay = new Person(suite, 'fay');
    addAll(others, [fay]);
    expect(fay.group!.members.map(({ account }) => toHex(account))).toEqual(
      [ann, fay, cleo, people[3]!, people[4]!].map(({ self }) => toHex(self.account)),
    );
  });

  it('shows a newcomer nothing from before', () => {
    const people = groupOf(suite, ['ann', 'bob', 'cleo']);
    const before = people[0]!.say('before dan');
    const dan = new Person(suite, 'dan');
    addAll(people, [dan]);
    expect(dan.hear(before)).toBe('unknown');
    expect(people[1]!.hear(before)).toBe('before dan');
    expect(dan.hear(people[1]!.say('after'))).toBe('after');
  });

  it('lets people go who want to, by whoever commits next', () => {
    const people = groupOf(suite, ['ann', 'bob', 'cleo', 'dan']);
    const [ann, bob, cleo, dan] = people as [Person, Person, Person, Person];
    const leave = bob.group!.leave(bob.fresh)!;
    for (const other of [ann, cleo, dan]) expect(other.hear(leave)).toBe('leave');
    expect(cleo.hear(leave)).toBe('duplicate');
    spread(people, dan, dan.commit().packet);
    expect(bob.group!.isMember).toBe(false);
    agree([ann, cleo, dan]);
    expect(ann.group!.members).toHaveLength(3);
    // Back again, nobody holds the old wish against him.
    bob.package = makeKeyPackage(suite, bob.self, bob.fresh);
    const { packet, welcomes } = cleo.commit({ add: [bob.package.package], remove: [] });
    for (const other of [ann, dan]) other.take(packet);
    bob.join(welcomes[0]!.bytes);
    spread([ann, bob, cleo, dan], ann, ann.commit().packet);
    agree([ann, bob, cleo, dan]);
    expect(bob.group!.isMember).toBe(true);
  });

  it('survives a restart at any moment, and seals nothing twice', () => {
    const people = groupOf(suite, ['ann', 'bob', 'cleo']);
    const [ann, bob, cleo] = people as [Person, Person, Person];
    const late = ann.say('late');
    for (let round = 0; round < 4; round++) {
      for (const person of people) person.group = stolen(person);
      expect(bob.hear(ann.say(`round ${round}`))).toBe(`round ${round}`);
      spread(people, cleo, cleo.commit().packet);
      agree(people);
    }
    expect(bob.hear(late)).toBe('late');
    bob.group = stolen(bob);
    expect(bob.hear(late)).toBe('duplicate');
  });

  it('seals under another nonce even when a disk was set back', () => {
    const [ann] = groupOf(watchful(suite), ['ann', 'bob']) as [Person];
    // Both would seal their first words with the same key.
    const [one, two] = [stolen(ann), stolen(ann)];
    expect(one.say(new Uint8Array(9), ann.fresh)).toHaveLength(127);
    expect(two.say(new Uint8Array(8), ann.fresh)).toHaveLength(126);
  });

  it('heals whoever was robbed once they commit', () => {
    const people = groupOf(suite, ['ann', 'bob', 'cleo', 'dan']);
    const [ann, bob] = people as [Person, Person];
    const thief = stolen(bob);
    const readable = ann.say('the thief reads this');
    expect(thief.receive(readable)).toMatchObject({ kind: 'message' });
    const other = ann.commit().packet;
    spread(people, ann, other);
    expect(thief.receive(other)).toMatchObject({ kind: 'commit' });
    const { packet } = bob.commit();
    spread(people, bob, packet);
    expect(thief.receive(packet)).toEqual({ kind: 'refused', reason: 'own leaf' });
    expect(thief.receive(ann.say('and not this'))).toEqual({ kind: 'unknown' });
    const next = ann.commit().packet;
    spread(people, ann, next);
    expect(thief.receive(next)).toEqual({ kind: 'unknown' });
    agree(people);
  });
});

describe('who may do what', () => {
  const suite = createSuite('native');
  const founderOnly = (founder: Uint8Array): GroupPolicy => ({
    mayAdd: (by) => toHex(by.account) === toHex(founder),
    mayRemove: (by, removed, members) =>
      members.length > 2 && toHex(by.account) === toHex(founder) && by !== removed,
  });

  it('is for the policy to say, to the committer as to everybody else', () => {
    const { account } = new Person(suite, 'ann').self;
    const policy = founderOnly(account);
    const [ann, bob, cleo] = ['ann', 'bob', 'cleo'].map(
      (name) => new Person(suite, name, policy),
    ) as [Person, Person, Person];
    ann.create();
    const people = [ann];
    addAll(people, [bob, cleo]);
    const dan = new Person(suite, 'dan');
    const removal = { add: [], remove: [cleo.self.account] };
    const addition = { add: [dan.package.package], remove: [] };
    expect(bob.group!.commit(removal, bob.fresh)).toBe('not allowed');
    expect(bob.group!.commit(addition, bob.fresh)).toBe('not allowed');
    // A rebel whose own code allows everything is not followed, and changes nothing.
    const rebel = new Person(suite, 'bob');
    for (const wish of [removal, addition]) {
      rebel.group = new Group(suite, bob.self, rebel.policy, stolen(bob).state);
      const { packet } = rebel.commit(wish);
      const before = encodeGroup(ann.group!.state);
      expect(ann.hear(packet)).toBe('not allowed');
      expect(encodeGroup(ann.group!.state)).toEqual(before);
    }
    // Leaving needs nobody's permission.
    spread([ann, cleo], bob, bob.group!.leave(bob.fresh)!);
    spread([ann, bob, cleo], cleo, cleo.commit().packet);
    expect(bob.group!.isMember).toBe(false);
    expect(ann.group!.members).toHaveLength(2);
  });

  it('has limits that no policy lifts', () => {
    const people = groupOf(suite, ['ann', 'bob', 'cleo']);
    const [ann, bob] = people as [Person, Person];
    const refuse = (add: Person['package']['package'][], remove: Uint8Array[]): string => {
      const made = ann.group!.commit({ add, remove }, ann.fresh);
      return typeof made === 'string' ? made : 'made';
    };
    const dan = new Person(suite, 'dan');
    const one = dan.package.package;
    expect(refuse([], [ann.self.account])).toBe('own leaf');
    expect(refuse([], [dan.self.account])).toBe('unknown leaf');
    expect(refuse([], [bob.self.account, bob.self.account])).toBe('unknown leaf');
    expect(refuse([bob.package.package], [])).toBe('already a member');
    expect(refuse([one, one], [])).toBe('already a member');
    // Whoever has Bob's leaf secret, or only says so, cannot sit beside him with it.
    const draws = [new Uint8Array(32).fill(9), bob.package.leaf];
    const twin = makeKeyPackage(suite, new Person(suite, 'twin').self, (out) =>
      out.set(draws.shift()!),
    );
    expect(refuse([twin.package], [])).toBe('key in use');
    const forged = { ...one, bytes: one.bytes.slice() };
    forged.bytes[279]! ^= 1;
    expect(refuse([forged], [])).toBe('bad package');
    expect(refuse(new Array(256).fill(one), [])).toBe('too many proposals');
    // Nothing of all this has changed anything.
    expect(bob.hear(ann.say('as before'))).toBe('as before');
    expect(refuse([one], [bob.self.account])).toBe('made');
  });
});

describe('what a group lets go of', () => {
  const suite: CryptoSuite = createSuite('native');

  it('is everything before the epoch that counts, when it settles', () => {
    const people = groupOf(suite, ['ann', 'bob']);
    const [ann, bob] = people as [Person, Person];
    const before = ann.say('before');
    spread(people, bob, bob.commit().packet);
    expect(stolen(bob).receive(before)).toMatchObject({ kind: 'message' });
    bob.group!.settle();
    expect(stolen(bob).receive(before)).toEqual({ kind: 'unknown' });
    expect(bob.hear(ann.say('after'))).toBe('after');
    expect(bob.group!.commits()).toHaveLength(1);
  });

  it('is all of it, when whoever was removed settles', () => {
    const people = groupOf(suite, ['ann', 'bob']);
    const [ann, bob] = people as [Person, Person];
    const unread = ann.say('unread');
    const body = bob.group!.state.head.body!;
    bob.take(ann.commit({ add: [], remove: [bob.self.account] }).packet);
    expect(stolen(bob).receive(unread)).toMatchObject({ kind: 'message' });
    bob.group!.settle();
    expect(body.initSecret.every((byte) => byte === 0)).toBe(true);
    expect(bob.group!.receive(unread)).toEqual({ kind: 'unknown' });
    expect(bob.group!.isMember).toBe(false);
    expect(bob.group!.commits()).toHaveLength(1);
  });

  it('is every key, when it is forgotten', () => {
    const [ann] = groupOf(suite, ['ann', 'bob']) as [Person, Person];
    const body = ann.group!.state.head.body!;
    ann.group!.forget();
    for (const secret of [body.initSecret, body.tagSecret, ...body.privates.values()])
      expect(secret.every((byte) => byte === 0)).toBe(true);
    expect(ann.group!.isMember).toBe(false);
    expect(ann.group!.id).toHaveLength(32);
  });

  it('is the key of a message once it was read, and of the last epochs but eight', () => {
    const people = groupOf(suite, ['ann', 'bob']);
    const [ann, bob] = people as [Person, Person];
    const read = ann.say('read');
    const unread = ann.say('unread');
    bob.take(read);
    expect(stolen(bob).receive(read)).toEqual({ kind: 'duplicate' });
    expect(stolen(bob).receive(unread)).toMatchObject({ kind: 'message' });
    for (let i = 0; i < 8; i++) spread(people, ann, ann.commit().packet);
    expect(stolen(bob).receive(unread)).toMatchObject({ kind: 'message' });
    spread(people, ann, ann.commit().packet);
    expect(stolen(bob).receive(unread)).toEqual({ kind: 'unknown' });
    expect(bob.group!.state.epochs.size).toBe(9);
  });

  it('asks for an update after sixteen messages in one epoch', () => {
    const [ann] = groupOf(suite, ['ann', 'bob']) as [Person, Person];
    for (let i = 0; i < 16; i++) {
      expect(ann.group!.updateDue).toBe(false);
      ann.say('more');
    }
    expect(ann.group!.updateDue).toBe(true);
    ann.commit();
    expect(ann.group!.updateDue).toBe(false);
  });
});
