/** Who may be in a group: invitations, removals, and how members who have never met come to know one another's keys. */
import { describe, expect, it } from 'vitest';
import { encodeCard, encodeHead } from '../../../protocols/node/group-frames.ts';
import { verifyRecord } from '../../../protocols/identity/record.ts';
import { createSuite } from '../../../protocols/crypto/suites.ts';
import { CONTROL_CRASH, CONTROL_START } from '../../../sim/world.ts';
import { assemble, groupWorld, keysOf, pass, S, sayTo, type Person } from './group-world.ts';

const name = (person: Person): string => person.party.address.join();
const members = (person: Person, id: string): number =>
  person.node().group(id)?.members.length ?? 0;

describe('a group whose people are invited', () => {
  /** Everybody lets in whom they have invited, and nobody else. */
  const invited = (people: readonly Person[]): void => {
    for (const person of people) person.admitted = new Set();
  };

  it('lets in whom a member has invited, who hears what it is called', () => {
    const { world, people } = groupWorld(16);
    invited(people);
    const [ann, bob] = [people[0]!, people[1]!];
    const id = ann.node().createGroup();
    ann.admitted!.add(name(bob));
    ann.node().invite(bob.party, id, 'friends of Łódź');
    pass(world, 5 * S);
    expect(bob.invitations).toEqual([{ from: name(ann), id, name: 'friends of Łódź' }]);
    bob.node().joinGroup(bob.invitations[0]!.id, [ann.party.address]);
    pass(world, 8 * S);
    expect([members(ann, id), members(bob, id)]).toEqual([2, 2]);
  });

  it('lets in nobody who only knows its id, and asks of them no more than now and then', () => {
    const { world, people } = groupWorld(16);
    const id = assemble(world, people, 4);
    invited(people);
    const stranger = people[9]!;
    stranger.node().joinGroup(id, [people[2]!.party.address]);
    pass(world, 600 * S);
    expect(members(people[0]!, id)).toBe(4);
    expect(stranger.node().group(id)).toBeUndefined();
    expect(stranger.node().joining).toEqual([id]);
    // Waits double: 600 s are asked in at most nine times, not two hundred.
    const asked = stranger.node().messenger.contact(people[2]!.party.address)!;
    expect(asked.waiting.size).toBe(0);
    people[2]!.admitted!.add(name(stranger));
    stranger.node().joinGroup(id, [people[2]!.party.address]);
    pass(world, 8 * S);
    expect(members(stranger, id)).toBe(5);
  });

  it('lets in again who has a seat and has lost the line, but not who has left', () => {
    const { world, people } = groupWorld(16, { turnUs: 1 * S });
    const id = assemble(world, people, 6);
    invited(people);
    const [lost, left] = [people[4]!, people[5]!];
    left.node().leaveGroup(id);
    pass(world, 10 * S);
    expect(members(people[0]!, id)).toBe(5);
    left.node().joinGroup(id, [people[0]!.party.address]);
    world.controlAt(world.nowUs + 1, 4, CONTROL_CRASH);
    pass(world, 2 * S);
    // More commits than are kept, by those who come and go.
    for (let round = 0; round < 10; round++) {
      for (const one of people.slice(0, 4)) one.admitted!.add(name(people[8]!));
      people[8]!.node().joinGroup(id, [people[0]!.party.address]);
      pass(world, 6 * S);
      people[8]!.node().leaveGroup(id);
      pass(world, 6 * S);
    }
    world.controlAt(world.nowUs + 1, 4, CONTROL_START);
    pass(world, 300 * S);
    expect(members(lost, id)).toBe(5);
    expect(keysOf([...people.slice(0, 4), lost], id).size).toBe(1);
    expect(left.node().group(id)).toBeUndefined();
  });
});

describe('a newcomer on a line that nobody else has heard of', () => {
  it('finds out that it is alone, and is let in by others', () => {
    const { world, people } = groupWorld(16, { askEveryUs: 10 * S });
    const id = assemble(world, people, 6);
    const [maker, newcomer] = [people[0]!, people[9]!];
    // The commit reaches nobody, the welcome does, and its maker is gone.
    maker.node().multicast.send = () => 0;
    const say = maker.node().say.bind(maker.node());
    maker.node().say = (to, ...what) =>
      name({ ...maker, party: to }) === name(newcomer)
        ? say(to, ...what)
        : { number: 0, luminosityBits: 0 };
    newcomer.node().joinGroup(id, [maker.party.address]);
    pass(world, 4 * S);
    expect(members(newcomer, id)).toBe(7);
    world.controlAt(world.nowUs + 1, 0, CONTROL_CRASH);
    expect(members(people[1]!, id)).toBe(6);
    pass(world, 200 * S);
    const others = people.slice(1, 6);
    expect(keysOf([...others, newcomer], id).size).toBe(1);
    expect(members(newcomer, id)).toBe(7);
  });
});

describe('a member that is removed', () => {
  it('is told, reads no more, does not come back by itself, and may be invited again', () => {
    const { world, people } = groupWorld(16);
    const id = assemble(world, people, 6);
    const [ann, out] = [people[0]!, people[5]!];
    expect(ann.node().removeFromGroup(id, out.party.address)).toBe(true);
    expect(ann.node().removeFromGroup(id, people[12]!.party.address)).toBe(false);
    pass(world, 10 * S);
    expect(out.epochs.at(-1)).toBe('');
    expect(out.node().group(id)).toBeUndefined();
    expect(out.node().joining).toEqual([]);
    expect(out.vault.groupRecords()).toEqual([]);
    expect(members(ann, id)).toBe(5);
    sayTo(people[2]!, id, 'without them');
    pass(world, 120 * S);
    expect([ann.got, out.got]).toEqual([['without them'], []]);
    expect(members(ann, id)).toBe(5);
    out.node().joinGroup(id, [people[3]!.party.address]);
    pass(world, 8 * S);
    expect(members(out, id)).toBe(6);
  });

  it('cannot talk others out of the line that they are on', () => {
    const { world, people } = groupWorld(16);
    const id = assemble(world, people, 6);
    const [ann, out] = [people[0]!, people[5]!];
    for (const one of people) one.admitted = new Set();
    ann.node().removeFromGroup(id, out.party.address);
    pass(world, 10 * S);
    const { groupId, head } = ann.node().group(id)!.state;
    const lie = { groupId, height: head.height + 5, epoch: new Uint8Array(32).fill(9), heard: [] };
    const moves = people[1]!.epochs.length;
    // It answers what nobody has asked, again and again: the group goes somewhere without you.
    for (let i = 0; i < 10; i++) {
      for (const victim of people.slice(0, 5))
        out.node().say(victim.party, encodeHead({ ...lie, answers: i % 2 === 0 }), 2);
      pass(world, 5 * S);
    }
    expect(people[1]!.epochs.length).toBe(moves);
    expect(keysOf(people.slice(0, 5), id).size).toBe(1);
    for (const one of people.slice(0, 5)) expect(members(one, id)).toBe(5);
  });

  it('is out even where the commit that removes it loses against another', () => {
    const { world, people } = groupWorld(16);
    const id = assemble(world, people, 6);
    // Two removals and a newcomer in the same moment: one commit counts at first.
    people[0]!.node().removeFromGroup(id, people[5]!.party.address);
    people[1]!.node().removeFromGroup(id, people[4]!.party.address);
    people[9]!.node().joinGroup(id, [people[2]!.party.address]);
    pass(world, 60 * S);
    const now = [0, 1, 2, 3, 9].map((i) => people[i]!);
    expect(keysOf(now, id).size).toBe(1);
    expect(members(people[0]!, id)).toBe(5);
    for (const out of [people[4]!, people[5]!]) expect(out.node().group(id)).toBeUndefined();
  });
});

describe('members who have never met', () => {
  /** Ann knows everybody, everybody knows Ann. */
  const strangers = (people: readonly Person[]): void => {
    const all = new Map(people.map((person) => [name(person), person.party]));
    for (const person of people.slice(1))
      person.cards = new Map([[name(people[0]!), people[0]!.party]]);
    people[0]!.cards = all;
  };

  it('learn the cards of those who come and, with the welcome, of those who were there before', () => {
    const { world, people } = groupWorld(16, { askEveryUs: 10 * S }, 0, true);
    strangers(people);
    const group = people.slice(0, 6);
    const id = people[0]!.node().createGroup();
    for (const newcomer of group.slice(1)) {
      newcomer.node().joinGroup(id, [people[0]!.party.address]);
      pass(world, 8 * S);
    }
    expect(keysOf(group, id).size).toBe(1);
    const knows = (a: Person, b: Person): boolean => a.records.has(name(b));
    for (const a of group) for (const b of group) expect(knows(a, b)).toBe(true);
    for (const outsider of people.slice(6)) expect(outsider.records.size).toBe(0);
    for (const { got } of group) expect(got).toEqual([]);
  });

  it('ask another member for a card that they lack', () => {
    // Nobody asks anybody before this is over.
    const { world, people } = groupWorld(16, { askEveryUs: 1_000 * S, turnUs: 500 * S }, 0, true);
    strangers(people);
    const id = assemble(world, people, 5);
    const forgetful = people[4]!;
    const others = people.slice(1, 4);
    // Only Ann, who has everybody's card, is there to be asked; nobody else has written.
    for (const i of [1, 2, 3, 4]) world.controlAt(world.nowUs + 1, i, CONTROL_CRASH);
    pass(world, S);
    for (const one of others) {
      expect(forgetful.node().messenger.contact(one.party.address)).toBeUndefined();
      expect(forgetful.records.delete(name(one))).toBe(true);
    }
    world.controlAt(world.nowUs + 1, 4, CONTROL_START);
    pass(world, 30_000 * S);
    for (const one of others) expect(forgetful.records.has(name(one))).toBe(true);
    expect(members(forgetful, id)).toBe(5);
  });

  it('are told of a new key when its owner starts again', () => {
    const { world, people } = groupWorld(16, {}, 0, true);
    strangers(people);
    assemble(world, people, 4);
    const sequence = (who: Person): number =>
      verifyRecord(createSuite('modelled'), who.records.get(name(people[2]!))!, 0)!.sequence;
    const restart = (): void => {
      world.controlAt(world.nowUs + 1, 2, CONTROL_CRASH);
      world.controlAt(world.nowUs + S, 2, CONTROL_START);
      pass(world, 10 * S);
    };
    restart();
    expect(people.slice(0, 4).map(sequence)).toEqual([1, 1, 1, 1]);
    people[2]!.renew();
    restart();
    expect(people.slice(0, 4).map(sequence)).toEqual([2, 2, 2, 2]);
  });

  it('take no card of somebody who is not in the group, and none that nobody signed', () => {
    const { world, people } = groupWorld(16, {}, 0, true);
    strangers(people);
    const id = people[0]!.node().createGroup();
    for (const newcomer of people.slice(1, 4))
      newcomer.node().joinGroup(id, [people[0]!.party.address]);
    pass(world, 15 * S);
    const before = people[1]!.records.size;
    const record = people[0]!.records.get(name(people[2]!))!;
    const forged = record.slice();
    forged[50]! ^= 1;
    for (const one of [forged, record.slice(0, -1)])
      people[0]!.node().say(people[1]!.party, encodeCard(one), 2);
    pass(world, 10 * S);
    expect(people[1]!.records.size).toBe(before);
    expect(members(people[1]!, id)).toBe(4);
    for (const one of people[1]!.records.values())
      expect(verifyRecord(createSuite('modelled'), one, 0)).toBeDefined();
  });
});
