/**
 * Groups as they are after everybody has committed at least once: no node is blank and no leaf unmerged. To grow one honestly takes n/2 commits, each
 * taken in by everybody; here all keys are drawn at once, and any member's view of the same epoch can be had.
 */
import { Group } from '../protocols/group/group.ts';
import { bodyOf, type EpochBody } from '../protocols/group/epoch.ts';
import { secretsOf } from '../protocols/group/key-schedule.ts';
import {
  makeKeyPackage,
  publicKeyOf,
  type Fresh,
  type GroupSelf,
} from '../protocols/group/leaf.ts';
import { ANY_MEMBER } from '../protocols/group/policy.ts';
import { treeHash, treeOf, type Parent } from '../protocols/group/ratchet-tree.ts';
import { stateOf } from '../protocols/group/state.ts';
import { directPath, nodeCount } from '../protocols/group/tree-math.ts';
import { accountFromPublicKey } from '../protocols/identity/address.ts';
import type { CryptoSuite } from '../protocols/crypto/port.ts';

/** Secrets that differ from call to call; not random. */
export function counterFresh(): Fresh {
  let counter = 1;
  return (out) => {
    for (let i = 0; i < out.length; i++)
      out[i] = (counter * 31 + i * 17 + (counter >>> (i % 24))) & 0xff;
    counter++;
  };
}

export function somebody(suite: CryptoSuite, fresh: Fresh): GroupSelf {
  const [accountSecret, nonce] = [new Uint8Array(32), new Uint8Array(32)];
  fresh(accountSecret);
  fresh(nonce);
  const account = accountFromPublicKey(suite, suite.accountPublicKey(accountSecret));
  return { account, accountSecret, nonce };
}

/** A full group of `members`, a power of two; `seat` gives the view of the member at a leaf. */
export function fullGroup(
  suite: CryptoSuite,
  members: number,
  fresh: Fresh,
): { seat(leaf: number): Group } {
  const people = Array.from({ length: members }, () => somebody(suite, fresh));
  const packages = people.map((self) => makeKeyPackage(suite, self, fresh));
  const secrets = Array.from({ length: nodeCount(members) }, (_, node) => {
    const secret = new Uint8Array(32);
    fresh(secret);
    return node % 2 === 0 ? packages[node / 2]!.leaf : secret;
  });
  const nodes = secrets.map((secret, node) =>
    node % 2 === 0
      ? packages[node / 2]!.package.leaf
      : ({
          key: publicKeyOf(suite, secret),
          parentHash: new Uint8Array(32).fill(1),
          unmerged: [],
        } satisfies Parent),
  );
  const tree = treeOf(members, nodes);
  const context = {
    groupId: new Uint8Array(32).fill(7),
    epoch: 1,
    treeHash: treeHash(suite, tree),
    confirmedTranscriptHash: new Uint8Array(32).fill(9),
  };
  const bodyAt = (ownLeaf: number): EpochBody => {
    const known = [2 * ownLeaf, ...directPath(2 * ownLeaf, members)];
    const privates = new Map(known.map((node) => [node, secrets[node]!.slice()]));
    // Changes share what they do not change, hashes included.
    const own = { context, tree: { ...tree, hashes: [...tree.hashes] }, ownLeaf, privates };
    return bodyOf(suite, own, secretsOf(suite, new Uint8Array(32).fill(3)), new Uint8Array(32));
  };
  return {
    seat: (leaf) => new Group(suite, people[leaf]!, ANY_MEMBER, stateOf(bodyAt(leaf))),
  };
}
