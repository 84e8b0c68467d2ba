/** What a group does for its members, in each suite. */
import { describe, expect, it } from 'vitest';
import { suites, toHex } from '../crypto/support.ts';
import { groupOf, Person, spread } from './people.ts';

const agree = (people: readonly Person[]): void => {
  const [first, ...others] = people.map((person) => toHex(person.group!.authenticator!));
  for (const other of others) expect(other).toBe(first);
};

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
      spread(people, from, from.commit().packet);
      agree(people);
    }
    expect(people[4]!.hear(people[0]!.say('still here'))).toBe('still here');
  });

  it('shuts out whoever was removed, who knows it', () => {
    const people = groupOf(suite, ['ann', 'bob', 'cleo', 'dan', 'eve']);
    const [ann, bob, cleo] = people as [Person, Person, Person];
    const { packet } = ann.commit({ add: [], remove: [bob.self.account] });
    spread(people, ann, packet);
    expect(bob.group!.isMember).toBe(false);
    expect(bob.group!.say(new Uint8Array(1), bob.fresh)).toBeUndefined();
    const others = people.filter((p) => p !== bob);
    agree(others);
    const secret = ann.say('without bob');
    expect(cleo.hear(secret)).toBe('without bob');
    expect(bob.hear(secret)).toBe('unknown');
  });
});
