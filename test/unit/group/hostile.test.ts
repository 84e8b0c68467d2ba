/** What strangers, members and broken disks may try: nothing of it changes anything. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createSuite } from '../../../protocols/crypto/suites.ts';
import {
  decodeCommit,
  decodeLeave,
  encodeCommit,
  encodeProposal,
  type Proposal,
} from '../../../protocols/group/commit.ts';
import { decodeGroup, encodeGroup } from '../../../protocols/group/group-codec.ts';
import { Group } from '../../../protocols/group/group.ts';
import {
  encodeContext,
  epochSecrets,
  joinerSecret,
  NO_PRE_SHARED_KEY,
} from '../../../protocols/group/key-schedule.ts';
import {
  decodeKeyPackage,
  KEY_PACKAGE_BYTES,
  keyPackageIsGenuine,
  leafIsGenuine,
} from '../../../protocols/group/leaf.ts';
import { makeCommit, type MadeCommit } from '../../../protocols/group/epoch.ts';
import {
  contentDigest,
  KIND_APPLICATION,
  KIND_COMMIT,
  KIND_PROPOSAL,
  openContent,
  openSender,
  sealPacket,
  streamOf,
  type Content,
} from '../../../protocols/group/packet.ts';
import { openPath, type Privates } from '../../../protocols/group/path.ts';
import { EMPTY } from '../../../protocols/group/presentation.ts';
import { Reader } from '../../../protocols/group/reader.ts';
import { keyFor, SKIP_MAX } from '../../../protocols/group/secret-tree.ts';
import { groupTag } from '../../../protocols/group/tags.ts';
import { encodeTree, readTree } from '../../../protocols/group/tree-codec.ts';
import {
  leafAt,
  parentAt,
  treeHash,
  withNodes,
  type Tree,
} from '../../../protocols/group/ratchet-tree.ts';
import { acceptWelcome, makeWelcomes } from '../../../protocols/group/welcome.ts';
import { flipped, suites } from '../crypto/support.ts';
import { bytesOfText, groupOf, NOTHING, Person, spread } from './people.ts';

const disk = (person: Person): Uint8Array => encodeGroup(person.group!.state);

/** A packet of `from` sealed by somebody who has all the group's keys, `by`: any kind, any number, any signature. */
function sealedBy(
  by: Person,
  content: Content,
  signature: Uint8Array,
  confirmation: Uint8Array = EMPTY,
): Uint8Array {
  const { suite } = by;
  const body = by.group!.state.head.body!;
  const { leaf, kind, generation } = content;
  const step = keyFor(suite, body.secretTree, leaf, streamOf(kind), generation);
  if (typeof step === 'string') throw new Error(step);
  const tag = groupTag(suite, body.tagSecret, leaf, streamOf(kind), generation);
  const { key } = step;
  return sealPacket(
    suite,
    body.senderDataSecret,
    key,
    tag,
    content,
    signature,
    confirmation,
    by.fresh,
  );
}

function signedBy(by: Person, content: Content): Uint8Array {
  const context = encodeContext(by.group!.state.head.body!.context);
  return by.suite.accountSign(contentDigest(by.suite, content, context), by.self.accountSecret);
}

describe.each(suites)('with the suite $name', ({ suite }) => {
  it('a packet that was altered anywhere, cut or lengthened is refused and changes nothing', () => {
    const [ann, bob] = groupOf(suite, ['ann', 'bob', 'cleo']) as [Person, Person];
    const packets = [ann.say('hello'), ann.group!.leave(ann.fresh)!, ann.commit().packet];
    const before = disk(bob);
    for (const packet of packets) {
      for (let at = 0; at < packet.length; at += suite.name === 'noble' ? 7 : 1) {
        expect(['unknown', 'refused']).toContain(bob.take(flipped(packet, 8 * at + (at % 8))).kind);
        if (at % 5 === 0)
          expect(['unknown', 'refused']).toContain(bob.take(packet.slice(0, at)).kind);
      }
      const longer = new Uint8Array(packet.length + 1);
      longer.set(packet);
      expect(['unknown', 'refused']).toContain(bob.take(longer).kind);
    }
    expect(disk(bob)).toEqual(before);
    // Each of them is good as it was.
    expect(packets.map((packet) => bob.take(packet).kind)).toEqual(['message', 'leave', 'commit']);
  });

  it('parts of two packets do not make a third', () => {
    const [ann, bob] = groupOf(suite, ['ann', 'bob']) as [Person, Person];
    const [one, two] = [ann.say('pay ann ten'), ann.say('pay bob one')];
    const before = disk(bob);
    for (const cut of [8, 21, 37, 102, 110]) {
      const spliced = one.slice();
      spliced.set(two.subarray(cut), cut);
      expect(['unknown', 'refused']).toContain(bob.take(spliced).kind);
    }
    expect(disk(bob)).toEqual(before);
  });

  it('a member cannot speak for another, nor say their words again', () => {
    const people = groupOf(suite, ['ann', 'bob', 'cleo']);
    const [ann, bob, cleo] = people as [Person, Person, Person];
    const said = ann.say('I owe you');
    bob.take(said);
    const content = {
      leaf: 0,
      kind: KIND_APPLICATION,
      generation: 3,
      body: bytesOfText('I owe you'),
    } as const;
    const before = disk(cleo);
    // Bob signs as himself in Ann's place.
    expect(cleo.hear(sealedBy(bob, content, signedBy(bob, content)))).toBe('bad signature');
    // Bob opens what Ann has signed, and seals it anew under a later number of hers.
    const body = cleo.group!.state.head.body!;
    const sender = openSender(suite, body.senderDataSecret, said)!;
    const step = keyFor(suite, body.secretTree, 0, 'application', 0);
    if (typeof step === 'string') throw new Error(step);
    const { signature } = openContent(suite, step.key, sender, said)!;
    expect(cleo.hear(sealedBy(bob, content, signature))).toBe('bad signature');
    expect(disk(cleo)).toEqual(before);
    expect(cleo.hear(said)).toBe('I owe you');
  });

  it('a member’s wrong commit is refused with its reason, and the next right one is taken', () => {
    const people = groupOf(suite, ['ann', 'bob', 'cleo', 'dan']);
    const [ann, bob] = people as [Person, Person];
    const body = bob.group!.state.head.body!;
    const generation = 0;
    const made = makeCommit(suite, body, bob.self, [], generation, bob.policy, bob.fresh);
    if (typeof made === 'string') throw new Error(made);
    const commit = decodeCommit(made.content.body)!;
    const before = disk(ann);
    const tries = (change: Partial<typeof commit.update>, tag = made.confirmationTag): string => {
      const update = { ...commit.update, ...change };
      const content = { ...made.content, body: encodeCommit({ proposals: [], update }) };
      return ann.hear(sealedBy(bob, content, signedBy(bob, content), tag));
    };
    const { steps, leafSignature, leafKey } = commit.update;
    expect(tries({}, flipped(made.confirmationTag, 3))).toBe('not confirmed');
    expect(tries({ leafKey: flipped(leafKey, 9) })).toBe('path does not fit');
    expect(tries({ leafKey: new Uint8Array(32) })).toBe('path does not fit');
    expect(tries({ leafSignature: flipped(leafSignature, 77) })).toBe('path does not fit');
    expect(tries({ steps: steps.slice(1) })).toBe('path does not fit');
    expect(tries({ steps: [...steps, ...steps] })).toBe('path does not fit');
    const first = steps[0]!;
    expect(tries({ steps: [{ ...first, key: new Uint8Array(32) }, ...steps.slice(1)] })).toBe(
      'path does not fit',
    );
    expect(tries({ steps: [{ ...first, sealed: [] }, ...steps.slice(1)] })).toBe(
      'path does not fit',
    );
    const spoilt = first.sealed.map((sealed) => flipped(sealed, 300));
    expect(tries({ steps: [{ ...first, sealed: spoilt }, ...steps.slice(1)] })).toBe(
      'path does not open',
    );
    // Bytes that are no commit, and a commit's place for somebody who is not there.
    const nothing = { leaf: 1, kind: KIND_COMMIT, generation: 0, body: new Uint8Array(3) } as const;
    expect(ann.hear(sealedBy(bob, nothing, signedBy(bob, nothing), made.confirmationTag))).toBe(
      'malformed',
    );
    const other = { leaf: 1, kind: KIND_PROPOSAL, generation: 0, body: new Uint8Array(3) } as const;
    expect(ann.hear(sealedBy(bob, other, signedBy(bob, other)))).toBe('not a leave');
    expect(disk(ann)).toEqual(before);
    expect(ann.hear(sealedBy(bob, made.content, made.signature, made.confirmationTag))).toBe(
      'commit',
    );
  });

  it('a path key that nobody’s secret gives is refused', () => {
    const people = groupOf(suite, ['ann', 'bob']);
    const [ann, bob] = people as [Person, Person];
    const body = bob.group!.state.head.body!;
    // The tree is bound into the sealing, so a wrong key must be put in before it: Bob seals the right secret under another key.
    const lying = { ...suite, agreementKey: suite.agreementKey };
    let calls = 0;
    lying.agreementKey = (secret) =>
      suite.agreementKey(++calls === 1 ? Uint8Array.from(secret, (byte) => byte ^ 0x55) : secret);
    const made = makeCommit(lying, body, bob.self, [], 0, bob.policy, bob.fresh);
    if (typeof made === 'string') throw new Error(made);
    const before = disk(ann);
    expect(ann.hear(sealedBy(bob, made.content, made.signature, made.confirmationTag))).toBe(
      'path does not open',
    );
    expect(disk(ann)).toEqual(before);
  });

  it('a wish to leave that its owner has not signed removes nobody', () => {
    const people = groupOf(suite, ['ann', 'bob', 'cleo']);
    const [ann, bob, cleo] = people as [Person, Person, Person];
    const body = bob.group!.state.head.body!;
    // Bob's own code believes everything.
    const victim = suite.accountPublicKey(cleo.self.accountSecret);
    const credulous = { ...suite, accountRecover: () => victim };
    const leave = { kind: 'leave', leaf: 2, signature: new Uint8Array(65).fill(27) } as const;
    const made = makeCommit(credulous, body, bob.self, [leave], 0, bob.policy, bob.fresh);
    if (typeof made === 'string') throw new Error(made);
    const packet = sealedBy(bob, made.content, made.signature, made.confirmationTag);
    expect(ann.hear(packet)).toBe('bad signature');
    expect(cleo.hear(packet)).toBe('bad signature');
    expect(cleo.group!.isMember).toBe(true);
    // Nor does somebody else's wish, sent on as one's own.
    const wish = encodeProposal({ ...leave, signature: signedBy(bob, made.content) });
    const content = { leaf: 1, kind: KIND_PROPOSAL, generation: 0, body: wish } as const;
    expect(ann.hear(sealedBy(bob, content, signedBy(bob, content)))).toBe('not a leave');
  });

  it('a path key to which nobody can seal is refused also by those it does not concern', () => {
    const people = groupOf(suite, ['ann', 'bob', 'cleo', 'dan']);
    const [, bob, cleo] = people as [Person, Person, Person];
    let calls = 0;
    const lying = {
      ...suite,
      agreementKey: (secret: Uint8Array) => {
        const key = suite.agreementKey(secret);
        return ++calls === 1 ? { ...key, publicKey: new Uint8Array(32) } : key;
      },
    };
    const body = bob.group!.state.head.body!;
    const made = makeCommit(lying, body, bob.self, [], 0, bob.policy, bob.fresh);
    if (typeof made === 'string') throw new Error(made);
    const packet = sealedBy(bob, made.content, made.signature, made.confirmationTag);
    expect(cleo.hear(packet)).toBe('path does not fit');
  });

  it('more than so many missing messages are not skipped', () => {
    const [ann, bob] = groupOf(suite, ['ann', 'bob']) as [Person, Person];
    const content = (generation: number): Content => ({
      leaf: 0,
      kind: KIND_APPLICATION,
      generation,
      body: bytesOfText('far'),
    });
    const at = (generation: number): Uint8Array =>
      sealedBy(ann, content(generation), signedBy(ann, content(generation)));
    const far = at(SKIP_MAX);
    const before = disk(bob);
    // The sender's own limit is the same: what lies beyond is sealed by somebody who has gone on.
    for (let i = 0; i < 2; i++) ann.say('on');
    expect(bob.hear(at(SKIP_MAX + 1))).toBe('too far ahead');
    expect(disk(bob)).toEqual(before);
    expect(bob.hear(far)).toBe('far');
    const skipped = (): number =>
      bob.group!.state.head.body!.secretTree.ratchets.get(0)!.skipped.length;
    expect(skipped()).toBe(SKIP_MAX);
    for (let i = 0; i < 260; i++) ann.say('on');
    expect(bob.hear(at(SKIP_MAX + 9))).toBe('far');
    expect(skipped()).toBe(SKIP_MAX);
  });

  it('a welcome that was altered, or is another’s, leads nowhere', () => {
    const [ann, bob] = groupOf(suite, ['ann', 'bob']) as [Person, Person];
    const cleo = new Person(suite, 'cleo');
    const { welcomes } = ann.commit({ add: [cleo.package.package], remove: [] });
    const { bytes } = welcomes[0]!;
    expect(acceptWelcome(suite, bob.package, bytes)).toBe('not for us');
    for (let at = 0; at < bytes.length; at += 41) {
      expect(acceptWelcome(suite, cleo.package, flipped(bytes, 8 * at + 1))).toBe('not for us');
      expect(acceptWelcome(suite, cleo.package, bytes.slice(0, at))).toBe('not for us');
    }
    expect(typeof acceptWelcome(suite, cleo.package, bytes)).toBe('object');
  });
});

describe('a thief who has a whole state, and somebody who was removed', () => {
  const suite = createSuite('native');
  const people = groupOf(suite, ['ann', 'bob', 'cleo', 'dan', 'eve']);
  for (const from of people) spread(people, from, from.commit().packet);
  const [ann, bob] = people as [Person, Person];
  const removal: Proposal = { kind: 'remove', leaf: 1 };

  it.each([
    ['the update of the robbed', bob, []],
    ['the commit that removes', ann, [removal]],
  ] as const)('gets nothing from %s, by any way its secrets allow', (_, from, proposals) => {
    const stolen = bob.group!.state.head.body!;
    const before = from.group!.state.head.body!;
    const made = makeCommit(suite, before, from.self, proposals, 0, from.policy, from.fresh);
    if (typeof made === 'string') throw new Error(made);
    const { update } = decodeCommit(made.content.body)!;
    const { tree, context, authenticator, ownLeaf } = made.body;
    const between = { ...context, confirmedTranscriptHash: before.context.confirmedTranscriptHash };
    const tried = (privates: Privates, leaf: number): unknown =>
      openPath(suite, tree, ownLeaf, leaf, update, privates, [], encodeContext(between));
    // Every secret in the place of every member.
    const honest = people.findIndex((one, i) => one !== from && i !== 1);
    expect(tried(people[honest]!.group!.state.head.body!.privates, honest)).toBeDefined();
    for (const secret of stolen.privates.values()) {
      const everywhere = new Map(tree.nodes.map((_node, place) => [place, secret]));
      for (let leaf = 0; leaf < people.length; leaf++)
        if (leaf !== ownLeaf && leafAt(tree, leaf) !== undefined)
          expect(tried(everywhere, leaf)).toBeUndefined();
    }
    // The secret of the epoch before alone does not make the next.
    const encoded = encodeContext(context);
    const joiner = joinerSecret(suite, stolen.initSecret, new Uint8Array(32), encoded);
    const guess = epochSecrets(suite, joiner, NO_PRE_SHARED_KEY, encoded);
    expect(guess.epochAuthenticator).not.toEqual(authenticator);
  });
});

describe('a committer who lies to a newcomer', () => {
  const suite = createSuite('native');
  const people = groupOf(suite, ['ann', 'bob', 'cleo', 'dan']);
  for (const from of people) spread(people, from, from.commit().packet);
  const [ann] = people as [Person];
  const eve = new Person(suite, 'eve');
  const proposals = [{ kind: 'add', package: eve.package.package }] as const;
  const honest = makeCommit(
    suite,
    ann.group!.state.head.body!,
    ann.self,
    proposals,
    0,
    ann.policy,
    ann.fresh,
  );
  if (typeof honest === 'string') throw new Error(honest);
  const tries = (made: MadeCommit): unknown => {
    const [welcome] = makeWelcomes(suite, ann.self, made, [eve.package.package], ann.fresh);
    return acceptWelcome(suite, eve.package, welcome!);
  };
  /** The commit as if this were the tree. */
  const withTree = (tree: Tree): MadeCommit => {
    const context = { ...honest.body.context, treeHash: treeHash(suite, tree) };
    return { ...honest, body: { ...honest.body, tree, context } };
  };

  it('is believed as long as nothing is wrong', () => {
    expect(typeof tries(honest)).toBe('object');
  });

  it('cannot slip in a key above others, nor a member who has not signed', () => {
    const { tree } = honest.body;
    // Node 5 stands above Cleo and Dan, who have put it there.
    const other = { ...parentAt(tree, 5)!, key: ann.package.package.initKey };
    expect(tries(withTree(withNodes(tree, [[5, other]])))).toBe('bad tree');
    const ghost = { ...leafAt(tree, 2)!, key: ann.package.package.initKey };
    expect(tries(withTree(withNodes(tree, [[4, ghost]])))).toBe('bad tree');
    const moved = withNodes(tree, [
      [2, leafAt(tree, 2)],
      [4, leafAt(tree, 1)],
    ]);
    expect(tries(withTree(moved))).toBe('bad tree');
    const unmerged = { ...parentAt(tree, 5)!, unmerged: [2] };
    expect(tries(withTree(withNodes(tree, [[5, unmerged]])))).toBe('bad tree');
  });

  it('cannot hide that somebody does not know a key yet, nor replace them', () => {
    const members = groupOf(suite, ['p0', 'p1', 'p2', 'p3', 'p4']);
    const [p0, p1, , , p4] = members as [Person, Person, Person, Person, Person];
    // Place 1 is empty when p0 renews the keys above it, and taken again afterwards.
    spread(members, p4, p4.commit({ add: [], remove: [p1.self.account] }).packet);
    spread(members, p0, p0.commit().packet);
    p4.commit({ add: [new Person(suite, 'p5').package.package], remove: [] });
    const body = p4.group!.state.head.body!;
    expect(parentAt(body.tree, 3)!.unmerged).toEqual([1]);
    const merged = { ...parentAt(body.tree, 3)!, unmerged: [] };
    // Whoever is not merged in yet is bound by no parent hash: only by their own signature.
    const ghost = { ...leafAt(body.tree, 1)!, key: ann.package.package.initKey };
    const lies = [[3, merged] as const, [2, ghost] as const].map((change) => ({
      ...body,
      tree: withNodes(body.tree, [change]),
    }));
    const answers = [body, ...lies].map((from) => {
      const made = makeCommit(suite, from, p4.self, proposals, 0, p4.policy, p4.fresh);
      if (typeof made === 'string') throw new Error(made);
      const [welcome] = makeWelcomes(suite, p4.self, made, [eve.package.package], p4.fresh);
      const accepted = acceptWelcome(suite, eve.package, welcome!);
      return typeof accepted === 'string' ? accepted : 'accepted';
    });
    expect(answers).toEqual(['accepted', 'bad tree', 'bad tree']);
  });

  it('is believed where somebody came into the other half after its keys were set', () => {
    const members = groupOf(suite, ['p0', 'p1', 'p2', 'p3', 'p4']);
    const [p0, , p2, , p4] = members as [Person, Person, Person, Person, Person];
    spread(members, p4, p4.commit({ add: [], remove: [p2.self.account] }).packet);
    spread(members, p0, p0.commit().packet);
    p4.commit({ add: [new Person(suite, 'p5').package.package], remove: [] });
    expect(parentAt(p4.group!.state.head.body!.tree, 3)!.unmerged).toEqual([2]);
    const p6 = new Person(suite, 'p6');
    p6.join(p4.commit({ add: [p6.package.package], remove: [] }).welcomes[0]!.bytes);
    expect(p6.hear(p4.say('welcome'))).toBe('welcome');
  });

  it('cannot hand out wrong secrets, or sign for another', () => {
    const { path } = honest;
    const secrets = path.secrets.map((secret) => flipped(secret, 5));
    expect(tries({ ...honest, path: { ...path, secrets } })).toBe('path does not fit');
    expect(tries({ ...honest, joinerSecret: flipped(honest.joinerSecret, 5) })).toBe(
      'not confirmed',
    );
    expect(tries({ ...honest, body: { ...honest.body, ownLeaf: 1 } })).toBe('bad signature');
    const context = { ...honest.body.context, treeHash: new Uint8Array(32) };
    expect(tries({ ...honest, body: { ...honest.body, context } })).toBe('bad signature');
  });
});

describe('a leaf from a commit', () => {
  it('is signed for its group and its place, and for no other', () => {
    const suite = createSuite('native');
    const [ann] = groupOf(suite, ['ann', 'bob']) as [Person];
    const { tree, context } = ann.group!.state.head.body!;
    const leaf = leafAt(tree, 0)!;
    const { groupId } = context;
    expect(leafIsGenuine(suite, leaf, { groupId, leaf: 0 })).toBe(true);
    expect(leafIsGenuine(suite, leaf, { groupId, leaf: 1 })).toBe(false);
    expect(leafIsGenuine(suite, leaf, { groupId: flipped(groupId, 0), leaf: 0 })).toBe(false);
  });
});

describe('a key package', () => {
  it('is its owner’s, whole', () => {
    const suite = createSuite('native');
    const { bytes } = new Person(suite, 'ann').package.package;
    expect(bytes.length).toBe(KEY_PACKAGE_BYTES);
    expect(keyPackageIsGenuine(suite, decodeKeyPackage(bytes)!)).toBe(true);
    for (let at = 0; at < bytes.length; at += 3) {
      const read = decodeKeyPackage(flipped(bytes, 8 * at + 2));
      expect(read !== undefined && keyPackageIsGenuine(suite, read)).toBe(false);
      expect(decodeKeyPackage(bytes.slice(0, at))).toBeUndefined();
    }
  });
});

describe('every decoder', () => {
  const suite = createSuite('modelled');
  const [ann, bob] = groupOf(suite, ['ann', 'bob', 'cleo', 'dan', 'eve']) as [Person, Person];
  const body = bob.group!.state.head.body!;
  const made = makeCommit(suite, body, bob.self, [], 0, bob.policy, bob.fresh);
  if (typeof made === 'string') throw new Error(made);
  const samples = {
    commit: made.content.body,
    tree: encodeTree(made.body.tree),
    group: disk(ann),
    package: ann.package.package.bytes,
  };

  it('gives back what was written', () => {
    expect(encodeCommit(decodeCommit(samples.commit)!)).toEqual(samples.commit);
    expect(encodeTree(readTree(new Reader(samples.tree))!)).toEqual(samples.tree);
    expect(encodeGroup(decodeGroup(samples.group)!)).toEqual(samples.group);
    const restored = new Group(suite, ann.self, ann.policy, decodeGroup(samples.group)!);
    expect(restored.authenticator).toEqual(ann.group!.authenticator);
    expect(typeof restored.commit(NOTHING, ann.fresh)).toBe('object');
  });

  it('is total, over any bytes and over good ones with anything changed', () => {
    const decode = (bytes: Uint8Array): void => {
      decodeCommit(bytes);
      decodeLeave(bytes);
      decodeKeyPackage(bytes);
      readTree(new Reader(bytes));
      decodeGroup(bytes);
      ann.take(bytes);
      acceptWelcome(suite, ann.package, bytes);
    };
    const before = disk(ann);
    fc.assert(fc.property(fc.uint8Array({ maxLength: 400 }), decode), { numRuns: 300 });
    fc.assert(
      fc.property(
        fc.constantFrom(...Object.values(samples)),
        fc.array(fc.tuple(fc.nat(), fc.nat(255)), { maxLength: 4 }),
        fc.nat(),
        (sample, changes, length) => {
          const bytes = sample.slice(0, length % 4 === 0 ? length % sample.length : sample.length);
          for (const [at, value] of changes) if (bytes.length > 0) bytes[at % bytes.length] = value;
          decode(bytes);
        },
      ),
      { numRuns: 600 },
    );
    expect(disk(ann)).toEqual(before);
  });

  it('makes no more than the bytes announce', () => {
    // A tree of 4,096 places, a commit of 65,535 secrets, a group of four thousand million nodes: and nothing behind.
    expect(readTree(new Reader(Uint8Array.of(12, 1)))).toBeUndefined();
    expect(readTree(new Reader(Uint8Array.of(31, 1)))).toBeUndefined();
    const commit = new Uint8Array(1 + 97 + 1 + 34);
    commit[98] = 1;
    commit.fill(0xff, -2);
    expect(decodeCommit(commit)).toBeUndefined();
    const group = new Uint8Array(40).fill(0xff);
    group[0] = 1;
    expect(decodeGroup(group)).toBeUndefined();
  });
});
