/** Groups over whole simulated networks: who comes in reads, who leaves does not, and what was lost or forgotten is made good. */
import { describe, expect, it } from 'vitest';
import { createSuite } from '../../../protocols/crypto/suites.ts';
import { decodeGroup } from '../../../protocols/group/group-codec.ts';
import { Group } from '../../../protocols/group/group.ts';
import { ANY_MEMBER } from '../../../protocols/group/policy.ts';
import { EXACT_BITS } from '../../../protocols/node/group-options.ts';
import { PACKET_ORIGINATED } from '../../../protocols/routing/events.ts';
import { STREAM_TEXT_BYTES_MAX } from '../../../protocols/session/streams.ts';
import { CONTROL_CRASH, CONTROL_START, type World } from '../../../sim/world.ts';
import { assemble, groupWorld, keysOf, pass, S, sayTo, type Person } from './group-world.ts';

const MODES = [
  ['one packet for each', { together: false, luminosityBits: EXACT_BITS }],
  ['one packet for all', { together: true, luminosityBits: EXACT_BITS }],
  ['one dark packet for all', { together: true, luminosityBits: 2 }],
] as const;

describe('a group of nodes', () => {
  it.each(MODES)('comes together, and everybody hears everybody once (%s)', (_name, options) => {
    const { world, people } = groupWorld(24, options);
    const members = people.slice(0, 9);
    const id = assemble(world, people, 9);
    expect(keysOf(members, id).size).toBe(1);
    expect(members[3]!.node().group(id)!.members).toHaveLength(9);
    for (const [i, member] of members.entries()) sayTo(member, id, `from ${i}`);
    pass(world, 5 * S);
    const all = members.map((_, i) => `from ${i}`);
    for (const [i, { got }] of members.entries())
      expect(got.toSorted()).toEqual(all.filter((_, j) => j !== i));
    for (const { got } of people.slice(9)) expect(got).toEqual([]);
  });

  it('shuts out whoever leaves, who cannot read on with all that was on their disk', () => {
    const { world, people } = groupWorld(24);
    const id = assemble(world, people, 8);
    const leaver = people[5]!;
    const { record } = leaver.vault.groupRecords().find(({ name }) => name === `group/${id}`)!;
    const height = people[0]!.node().group(id)!.state.head.height;
    leaver.node().leaveGroup(id);
    pass(world, 30 * S);
    const staying = people.slice(0, 8).filter((p) => p !== leaver);
    expect(keysOf(staying, id).size).toBe(1);
    expect(staying[0]!.node().group(id)!.members).toHaveLength(7);
    expect(leaver.vault.groupRecords()).toEqual([]);
    // One commit did it: the others saw that it was done.
    expect(staying[0]!.node().group(id)!.state.head.height).toBe(height + 1);

    const suite = createSuite('modelled');
    const self = {
      account: new Uint8Array(20),
      nonce: new Uint8Array(32),
      accountSecret: new Uint8Array(32),
    };
    const old = (): Group => new Group(suite, self, ANY_MEMBER, decodeGroup(record)!);
    const commits = staying[0]!.node().group(id)!.commits();
    const packet = sayTo(staying[1]!, id, 'without them')!;
    const ex = old();
    for (const commit of commits) ex.receive(commit);
    expect(ex.isMember).toBe(false);
    expect(ex.receive(packet).kind).toBe('unknown');
    // The control: somebody who has not left reads it with just as much.
    pass(world, 3 * S);
    for (const p of staying) if (p !== staying[1]) expect(p.got).toEqual(['without them']);
  });

  it('lets in a newcomer, who reads what comes after and nothing before', () => {
    const { world, people } = groupWorld(24);
    const id = assemble(world, people, 6);
    sayTo(people[0]!, id, 'before');
    pass(world, 3 * S);
    people[9]!.node().joinGroup(id, [people[3]!.party.address]);
    pass(world, 8 * S);
    sayTo(people[0]!, id, 'after');
    pass(world, 3 * S);
    expect(people[9]!.got).toEqual(['after']);
    expect(people[4]!.got).toEqual(['before', 'after']);
  });

  it('agrees again after commits at the same moment', () => {
    const { world, people } = groupWorld(24);
    const id = assemble(world, people, 6);
    people[9]!.node().joinGroup(id, [people[3]!.party.address]);
    people[10]!.node().joinGroup(id, [people[4]!.party.address]);
    people[2]!.node().leaveGroup(id);
    pass(world, 40 * S);
    const now = [0, 1, 3, 4, 5, 9, 10].map((i) => people[i]!);
    expect(keysOf(now, id).size).toBe(1);
    expect(keysOf(now, id)).not.toContain(undefined);
    expect(people[0]!.node().group(id)!.members).toHaveLength(7);
  });

  it('takes newcomers along whose first commit has lost, by their second welcome', () => {
    // Nobody asks anybody within this time.
    const { world, people } = groupWorld(24, { askEveryUs: 3_600 * S, turnUs: 600 * S });
    const id = assemble(world, people, 6);
    const newcomers = [9, 10, 11, 12].map((i) => people[i]!);
    newcomers.forEach((one, i) => {
      one.node().joinGroup(id, [people[1 + i]!.party.address]);
    });
    pass(world, 30 * S);
    const all = [...people.slice(0, 6), ...newcomers];
    expect(keysOf(all, id).size).toBe(1);
    expect(keysOf(all, id)).not.toContain(undefined);
    expect(people[0]!.node().group(id)!.members).toHaveLength(10);
    // Some were welcomed to a line that did not come to count, and moved over.
    expect(Math.max(...newcomers.map(({ epochs }) => epochs.length))).toBeGreaterThan(1);
    sayTo(newcomers[3]!, id, 'here');
    pass(world, 3 * S);
    for (const one of all.slice(0, -1)) expect(one.got).toEqual(['here']);
  });

  describe('takes a newcomer along to a line that counts though it is the shorter one', () => {
    /** Somebody who has missed two commits makes one in the epoch before them, which wins, a moment after a newcomer was welcomed. */
    function overtaken(askEveryUs: number, meanwhile: (world: World) => void) {
      const { world, people } = groupWorld(24, { askEveryUs, turnUs: 100 * S });
      const id = assemble(world, people, 8);
      const [maker, away, newcomer] = [people[0]!, people[4]!, people[10]!];
      world.controlAt(world.nowUs + 1, 4, CONTROL_CRASH);
      pass(world, S);
      for (const i of [5, 3]) {
        people[i]!.node().leaveGroup(id);
        pass(world, 120 * S);
      }
      const heightOf = (person: Person): number => person.node().group(id)!.state.head.height;
      const before = heightOf(maker);
      world.controlAt(world.nowUs + 1, 4, CONTROL_START);
      newcomer.node().joinGroup(id, [maker.party.address]);
      pass(world, 1.5 * S);
      expect(heightOf(newcomer)).toBe(before + 1);
      meanwhile(world);
      people[5]!.node().joinGroup(id, [away.party.address]);
      pass(world, 10 * S);
      expect(heightOf(maker)).toBeLessThan(before + 1);
      const all = [0, 1, 2, 4, 5, 6, 7, 10].map((i) => people[i]!);
      return { world, id, all, newcomer, away };
    }

    it('by their second welcome', () => {
      // Nobody asks anybody within this time.
      const { world, id, all, newcomer, away } = overtaken(3_600 * S, () => undefined);
      expect(keysOf(all, id).size).toBe(1);
      sayTo(newcomer, id, 'here');
      pass(world, 3 * S);
      expect(away.got).toEqual(['here']);
    });

    it('by asking, where the second welcome opens nothing any more', () => {
      const { world, id, all } = overtaken(10 * S, (w) => {
        w.controlAt(w.nowUs + 1, 10, CONTROL_CRASH);
        w.controlAt(w.nowUs + S, 10, CONTROL_START);
      });
      expect(keysOf(all, id).size).toBe(2);
      // These two have never heard of the line that the newcomer is on. All others know it, and that it leads nowhere.
      for (const i of [4, 5]) world.controlAt(world.nowUs + 1, i, CONTROL_CRASH);
      // Two who say so, a turn apart: then another package.
      pass(world, 600 * S);
      const staying = all.filter((_, i) => i !== 3 && i !== 4);
      expect(staying.every((one) => one.node().group(id)!.isMember)).toBe(true);
      expect(keysOf(staying, id).size).toBe(1);
    });
  });

  it('shuts out several who leave one after the other with one commit each', () => {
    const { world, people } = groupWorld(24);
    const id = assemble(world, people, 10);
    for (const leaver of [2, 3, 4, 5]) {
      people[leaver]!.node().leaveGroup(id);
      // A turn and a half: when the next one leaves, it would be somebody's turn to shut out the one before.
      pass(world, 4 * S);
    }
    const heights = [...people[0]!.node().group(id)!.state.epochs.values()].map((e) => e.height);
    expect(new Set(heights).size).toBe(heights.length);
    expect(people[0]!.node().group(id)!.members).toHaveLength(6);
  });

  it('sends nobody again what is on its way to them', () => {
    const { world, people } = groupWorld(24);
    const id = assemble(world, people, 8);
    let packets = 0;
    world.recorder = {
      event: (_timeUs, _node, event) => {
        if (event === PACKET_ORIGINATED) packets++;
      },
    };
    people[5]!.node().leaveGroup(id);
    const staying = [0, 1, 2, 3, 4, 6, 7].map((i) => people[i]!);
    // The commit is made between a quarter and half a second from now.
    pass(world, S / 4);
    for (let i = 0; i < 14; i++) {
      for (const one of staying) sayTo(one, id, `${i}`);
      pass(world, S / 50);
    }
    pass(world, 2 * S);
    expect(keysOf(staying, id).size).toBe(1);
    expect(staying[0]!.node().group(id)!.members).toHaveLength(7);
    expect(packets).toBe(0);
  });

  it('goes on after a crash, with what is on disk, and never seals twice with one key', () => {
    const { world, people } = groupWorld(24);
    const id = assemble(world, people, 6);
    const before = sayTo(people[2]!, id, 'one')!;
    world.controlAt(world.nowUs + 1, 2, CONTROL_CRASH);
    world.controlAt(world.nowUs + 2 * S, 2, CONTROL_START);
    pass(world, 4 * S);
    const after = sayTo(people[2]!, id, 'two')!;
    // The tag moves on with the ratchet: the same one would mean the same key.
    expect(after.slice(0, 8)).not.toEqual(before.slice(0, 8));
    pass(world, 3 * S);
    expect(people[0]!.got).toEqual(['one', 'two']);
    sayTo(people[0]!, id, 'welcome back');
    pass(world, 3 * S);
    expect(people[2]!.got).toEqual(['welcome back']);
  });

  it.each([
    ['speaks', true],
    ['is silent', false],
  ])('brings back a member who has missed a commit and %s', (_name, speaks) => {
    const { world, people } = groupWorld(24, { askEveryUs: 30 * S });
    const id = assemble(world, people, 6);
    const away = people[4]!;
    world.controlAt(world.nowUs + 1, 4, CONTROL_CRASH);
    pass(world, S);
    people[1]!.node().leaveGroup(id);
    // Longer than packets live.
    pass(world, 60 * S);
    world.controlAt(world.nowUs + 1, 4, CONTROL_START);
    pass(world, S);
    const staying = [0, 2, 3, 5].map((i) => people[i]!);
    expect(keysOf([...staying, away], id).size).toBe(2);
    if (speaks) sayTo(away, id, 'I am back');
    pass(world, speaks ? 8 * S : 120 * S);
    expect(keysOf([...staying, away], id).size).toBe(1);
    if (speaks) expect(people[0]!.got).toEqual(['I am back']);
  });

  it('lets in again a member who has missed more than can be made good', () => {
    const { world, people } = groupWorld(24, { askEveryUs: 10 * S });
    const id = assemble(world, people, 4);
    const away = people[2]!;
    world.controlAt(world.nowUs + 1, 2, CONTROL_CRASH);
    pass(world, S);
    for (let i = 6; i < 17; i++) {
      people[i]!.node().joinGroup(id, [people[0]!.party.address]);
      pass(world, 8 * S);
    }
    world.controlAt(world.nowUs + 1, 2, CONTROL_START);
    pass(world, 120 * S);
    expect(keysOf([people[0]!, people[6]!, people[16]!, away], id).size).toBe(1);
    expect(away.node().group(id)!.members).toHaveLength(15);
  });

  it('comes together again after it was split for longer than commits are kept', () => {
    const { world, people } = groupWorld(24);
    const id = assemble(world, people, 10);
    const away = [6, 7, 8, 9];
    const inReach = new Uint8Array(24).map((_, node) => (away.includes(node) ? 1 : 0));
    world.network.setPartition(inReach);
    // Ten newcomers on one side; on the other somebody says so much that a new key is due.
    for (let i = 10; i < 20; i++) {
      people[i]!.node().joinGroup(id, [people[i % 6]!.party.address]);
      for (let j = 0; j < 3; j++) sayTo(people[7]!, id, 'is anybody there');
      pass(world, 8 * S);
    }
    pass(world, 60 * S);
    const heights = [0, 7].map((i) => people[i]!.node().group(id)!.state.head.height);
    expect(heights[0]! - heights[1]!).toBeGreaterThan(8);
    world.network.setPartition(undefined);
    // Most have not asked twice by then.
    pass(world, 90 * S);
    const all = people.slice(0, 20);
    expect(keysOf(all, id).size).toBe(1);
    expect(people[0]!.node().group(id)!.members).toHaveLength(20);
  });

  it('goes on when too much waits for a member who is away', () => {
    const { world, people } = groupWorld(24, { askEveryUs: S });
    const id = assemble(world, people, 4);
    world.controlAt(world.nowUs + 1, 2, CONTROL_CRASH);
    pass(world, S);
    const contact = people[0]!.node().messenger.contact(people[2]!.party.address)!;
    const long = new Uint8Array(STREAM_TEXT_BYTES_MAX);
    while (contact.hasRoom(long.length)) contact.add(long, Infinity);
    while (contact.hasRoom(1)) contact.add(long.subarray(0, 1), Infinity);
    // It asks one of three others every second.
    pass(world, 30 * S);
    sayTo(people[0]!, id, 'still here');
    pass(world, 3 * S);
    expect(people[1]!.got).toEqual(['still here']);
  });

  it('holds together on a network that loses a twentieth of all datagrams', () => {
    const { world, people } = groupWorld(24, { askEveryUs: 20 * S }, 0.05);
    const id = assemble(world, people, 10);
    for (let round = 0; round < 4; round++) {
      people[1 + round]!.node().leaveGroup(id);
      people[12 + round]!.node().joinGroup(id, [people[7]!.party.address]);
      pass(world, 20 * S);
    }
    pass(world, 90 * S);
    const now = [0, 5, 6, 7, 8, 9, 12, 13, 14, 15].map((i) => people[i]!);
    expect(keysOf(now, id).size).toBe(1);
    expect(keysOf(now, id)).not.toContain(undefined);
  });
});
