/** What a new key costs: public-key operations and bytes, counted exactly. */
import { describe, expect, it } from 'vitest';
import { counterFresh, fullGroup } from '../../../bench/group-world.ts';
import type { CryptoSuite } from '../../../protocols/crypto/port.ts';
import { createSuite } from '../../../protocols/crypto/suites.ts';
import type { Group } from '../../../protocols/group/group.ts';
import { KEY_PACKAGE_BYTES } from '../../../protocols/group/leaf.ts';
import type { Parent } from '../../../protocols/group/ratchet-tree.ts';
import { commonAncestor, levelOf } from '../../../protocols/group/tree-math.ts';
import { groupOf, NOTHING, Person, spread } from './people.ts';

interface Count {
  keys: number;
  agreements: number;
  signed: number;
  recovered: number;
}

/** A suite that counts what is dear. */
function counting(suite: CryptoSuite): { suite: CryptoSuite; take(): Count } {
  let count: Count = { keys: 0, agreements: 0, signed: 0, recovered: 0 };
  return {
    suite: {
      ...suite,
      agreementKey: (secret) => (count.keys++, suite.agreementKey(secret)),
      agree: (...args) => (count.agreements++, suite.agree(...args)),
      accountSign: (...args) => (count.signed++, suite.accountSign(...args)),
      accountRecover: (...args) => (count.recovered++, suite.accountRecover(...args)),
    },
    take: () => {
      const taken = count;
      count = { keys: 0, agreements: 0, signed: 0, recovered: 0 };
      return taken;
    },
  };
}

function update(group: Group, fresh: (out: Uint8Array) => void): Uint8Array {
  const made = group.commit(NOTHING, fresh);
  if (typeof made === 'string') throw new Error(made);
  return made.packet;
}

const HEIGHTS = [1, 2, 3, 4, 5, 6, 7, 8];

describe('an update in a full group', () => {
  it.each(HEIGHTS)('of 2^%i costs in proportion to the height of the tree', (height) => {
    const members = 1 << height;
    const { suite, take } = counting(createSuite('modelled'));
    const fresh = counterFresh();
    const world = fullGroup(suite, members, fresh);
    const committer = world.seat(0);
    const receivers = [1, members >>> 1, members - 1].map((leaf) => ({
      leaf,
      group: world.seat(leaf),
    }));
    take();
    const packet = update(committer, fresh);
    // A key for the leaf, for each parent, and a fresh one for each secret sealed; two signatures: the leaf's, the commit's.
    expect(take()).toEqual({ keys: 1 + 2 * height, agreements: height, signed: 2, recovered: 0 });
    expect(packet.length).toBe(249 + 114 * height);
    for (const { leaf, group } of receivers) {
      expect(group.receive(packet).kind).toBe('commit');
      // Our key, and the parents' keys from where the ways meet up; one secret opened.
      const meet = levelOf(commonAncestor(0, 2 * leaf, members));
      const keys = 1 + height - meet + 1;
      expect(take()).toEqual({ keys, agreements: 1, signed: 0, recovered: 2 });
      expect(group.authenticator).toEqual(committer.authenticator);
    }
  });
});

describe('an update in a group that has grown by itself', () => {
  it('costs the same once everybody has committed', () => {
    const { suite, take } = counting(createSuite('modelled'));
    const people = groupOf(
      suite,
      Array.from({ length: 16 }, (_, i) => `p${i}`),
    );
    for (const from of people) spread(people, from, from.commit().packet);
    take();
    for (const from of [people[0]!, people[6]!, people[15]!]) {
      const { packet } = from.commit();
      expect(take()).toEqual({ keys: 9, agreements: 4, signed: 2, recovered: 0 });
      expect(packet.length).toBe(249 + 114 * 4);
      spread(people, from, packet);
      take();
    }
  });

  it('costs one secret for each blank or unmerged place, and so one per other member at the most', () => {
    const { suite, take } = counting(createSuite('modelled'));
    const [first, ...others] = Array.from({ length: 16 }, (_, i) => new Person(suite, `p${i}`));
    first!.create();
    const { welcomes } = first!.commit({ add: others.map((p) => p.package.package), remove: [] });
    const last = others.at(-1)!;
    last.join(welcomes.at(-1)!.bytes);
    const before = last.group!.state;
    take();
    // Beside the last leaf nobody has committed: 1 + 2 + 4 leaves. Only the first one's half has a key.
    expect(last.commit().packet.length).toBe(249 + 34 * 4 + 80 * 8);
    expect(take().agreements).toBe(8);
    // Whoever is removed takes all their keys away.
    last.group!.state.head = before.root;
    const { packet } = last.commit({ add: [], remove: [first!.self.account] });
    expect(packet.length).toBe(249 + 3 + 34 * 4 + 80 * 14);
    expect(take().agreements).toBe(14);
  });

  it('costs a key package more for each newcomer', () => {
    const suite = createSuite('modelled');
    const people = groupOf(suite, ['ann', 'bob']);
    const before = people[0]!.commit().packet.length;
    const add = ['cleo', 'dan'].map((name) => new Person(suite, name).package.package);
    // Their leaves make the tree one level higher, on which no secret is sealed to them: the welcome brings it.
    const { packet } = people[0]!.commit({ add, remove: [] });
    expect(packet.length).toBe(before + 2 * (1 + KEY_PACKAGE_BYTES) + 34);
  });
});

describe('a welcome', () => {
  it('has 216 bytes and 250 for each place, less what is blank, and two for each unmerged leaf', () => {
    const suite = createSuite('modelled');
    const people = groupOf(suite, ['p0', 'p1', 'p2', 'p3', 'p4', 'p5', 'p6']);
    for (const from of people) spread(people, from, from.commit().packet);
    for (const last of [people[6]!, people[0]!]) {
      const newcomer = new Person(suite, `after ${last.name}`);
      const { welcomes } = last.commit({ add: [newcomer.package.package], remove: [] });
      const { nodes, leaves } = last.group!.state.head.body!.tree;
      const parents = nodes.flatMap((node, i) =>
        i % 2 === 1 && node !== undefined ? [node as Parent] : [],
      );
      const unmerged = parents.reduce((sum, parent) => sum + parent.unmerged.length, 0);
      const blank = leaves - 1 - parents.length;
      expect(leaves).toBe(8);
      expect(unmerged).toBe(last.name === 'p6' ? 0 : 1);
      expect(welcomes[0]!.bytes.length).toBe(216 + 250 * 8 + 2 * unmerged - 66 * blank);
      newcomer.join(welcomes[0]!.bytes);
    }
  });
});
