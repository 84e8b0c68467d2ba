/** People in groups on a simulated network: whole nodes, real dark routing, a disk that outlives crashes. */
import { bytesToHex } from '@noble/hashes/utils.js';
import { createSuite } from '../../../protocols/crypto/suites.ts';
import type { GroupSelf } from '../../../protocols/group/leaf.ts';
import type { Group } from '../../../protocols/group/group.ts';
import { accountFromPublicKey, overlayAddress } from '../../../protocols/identity/address.ts';
import { signRecord, verifyRecord } from '../../../protocols/identity/record.ts';
import { DEFAULT_GROUP_OPTIONS, type GroupOptions } from '../../../protocols/node/group-options.ts';
import { GroupNode } from '../../../protocols/node/groups.ts';
import { NodeScratch } from '../../../protocols/node/node.ts';
import { fillConverged } from '../../../protocols/overlay/converged.ts';
import { DEFAULT_OVERLAY_OPTIONS } from '../../../protocols/overlay/params.ts';
import { HONEST_OVERLAY_POLICY } from '../../../protocols/overlay/policy.ts';
import { DEFAULT_ROUTING_OPTIONS } from '../../../protocols/routing/params.ts';
import { HONEST_RELAY_POLICY } from '../../../protocols/routing/policy.ts';
import type { Party } from '../../../protocols/session/opening.ts';
import { StreamFactory } from '../../../sim/random/streams.ts';
import { MemoryVault } from '../../../sim/vault.ts';
import { World } from '../../../sim/world.ts';

export const S = 1_000_000;
const NETWORK = 5n;

export interface Person {
  party: Party;
  vault: MemoryVault;
  node(): GroupNode;
  got: string[];
  /** Epochs that have counted for them, one after the other. */
  epochs: string[];
  /** Whom they have been invited by, to what. */
  invitations: { from: string; id: string; name: string }[];
  /** Whom they let into groups besides members; everybody if undefined. */
  admitted: Set<string> | undefined;
  /** Whose cards they have, by address; everybody's if undefined. */
  cards: Map<string, Party> | undefined;
  /** Signed records that they have learned, by address. */
  records: Map<string, Uint8Array>;
  /** Gives them another card, with a key that nobody knows yet; told from the next start on. */
  renew(): void;
}

export function groupWorld(
  count: number,
  options: Partial<GroupOptions> = {},
  lossRatio = 0,
  /** Whether people tell one another their cards; otherwise everybody has everybody's. */
  introductions = false,
): { world: World; people: Person[] } {
  const suite = createSuite('modelled');
  const world = new World({
    seed: 1,
    crypto: suite,
    network: {
      latency: { kind: 'constant', delayUs: 20_000 },
      ...(lossRatio > 0 ? { loss: { kind: 'independent', ratio: lossRatio } } : {}),
      duplicateRatio: 0.01,
      reorderRatio: 0,
      queue: { kind: 'drop-tail', limitBytes: 1e9 },
      mtuBytes: 1_500,
    },
  });
  const scratch = new NodeScratch(suite);
  const random = new StreamFactory('people').stream('identities');
  const draw = (): Uint8Array => {
    const bytes = new Uint8Array(32);
    random.fill(bytes, 0, 32);
    return bytes;
  };
  const cards = new Map<string, Party>();
  const people: Person[] = [];
  const overlay = { ...DEFAULT_OVERLAY_OPTIONS, networkShareRatio: 1 };
  for (let i = 0; i < count; i++) {
    const [accountSecret, nonce, secret] = [draw(), draw(), draw()];
    const key = suite.agreementKey(secret);
    const account = accountFromPublicKey(suite, suite.accountPublicKey(accountSecret)).slice();
    const address = overlayAddress(suite, account, NETWORK, nonce);
    const groupSelf: GroupSelf = { account, nonce, accountSecret };
    const endpoint = new Uint8Array(18);
    endpoint.set([0xff, 0xff, 10, i >>> 8, i & 0xff, 1, 16, 146], 10);
    const vault = new MemoryVault();
    const [got, epochs]: string[][] = [[], []];
    const party = { address, publicKey: key.publicKey };
    cards.set(address.join(), party);
    const cardOf = (publicKey: Uint8Array, sequence: number): Uint8Array =>
      signRecord(suite, accountSecret, {
        networkId: NETWORK,
        nonce,
        publicKey,
        endpoint,
        sequence,
      });
    let record = cardOf(key.publicKey, 1);
    const records = new Map<string, Uint8Array>();
    const invitations: Person['invitations'] = [];
    const learned = (one: Uint8Array): Party => verifyRecord(suite, one, 0)!;
    const index = i;
    let node: GroupNode | undefined;
    world.addNode(address, endpoint, (host) => {
      node = new GroupNode(host, {
        overlay,
        routing: DEFAULT_ROUTING_OPTIONS,
        overlayPolicy: HONEST_OVERLAY_POLICY,
        relayPolicy: HONEST_RELAY_POLICY,
        key,
        bootstrap: [],
        scratch,
        self: { address, key, secret },
        vault,
        listener: {
          groupText: (_group: Group, _from, text) => got!.push(new TextDecoder().decode(text)),
          groupMoved: (group: Group) => epochs!.push(group.isMember ? group.state.head.id : ''),
          invited: (from, id, name) =>
            invitations.push({ from: from.join(), id: bytesToHex(id), name }),
        },
        luminosityBits: 2,
        tags: 'rotating',
        groupSelf,
        networkId: NETWORK,
        groupVault: vault,
        groups: { ...DEFAULT_GROUP_OPTIONS, ...options },
        card(wanted) {
          const name = wanted.join();
          const own = people[index]!.cards;
          if (own === undefined) return cards.get(name);
          const known = records.get(name);
          return (
            own.get(name) ?? node!.messenger.contact(wanted)?.party ?? (known && learned(known))
          );
        },
        ...(introductions
          ? {
              cards: {
                own: () => record,
                record: (wanted) => records.get(wanted.join()),
                learn: (wanted, one) => records.set(wanted.join(), one),
              },
            }
          : {}),
        admits(_id, wanted) {
          const { admitted } = people[index]!;
          return admitted === undefined || admitted.has(wanted.join());
        },
      });
      return node;
    });
    const nodeOf = (): GroupNode => {
      world.node(index);
      return node!;
    };
    people.push({
      party,
      vault,
      got: got!,
      epochs: epochs!,
      node: nodeOf,
      invitations,
      admitted: undefined,
      cards: undefined,
      records,
      renew: () => {
        record = cardOf(suite.agreementKey(draw()).publicKey, 2);
      },
    });
  }
  fillConverged(
    people.map((p) => p.node().overlay.table),
    world.peers,
    overlay,
    (node) => world.streamOf(node, 'overlay/converged'),
  );
  for (let i = 0; i < count; i++) world.start(i);
  return { world, people };
}

export function pass(world: World, us: number): void {
  world.run(world.nowUs + us, Infinity);
}

/** A group of the first `members` people, everybody in. */
export function assemble(world: World, people: readonly Person[], members: number): string {
  const id = people[0]!.node().createGroup();
  for (const person of people.slice(1, members))
    person.node().joinGroup(id, [people[0]!.party.address]);
  pass(world, 15 * S);
  return id;
}

/** Keys that everybody of these has now; one, where they agree. */
export function keysOf(people: readonly Person[], id: string): Set<string | undefined> {
  return new Set(people.map((p) => p.node().group(id)?.authenticator?.join()));
}

export const sayTo = (person: Person, id: string, text: string): Uint8Array | undefined =>
  person.node().sayToGroup(id, new TextEncoder().encode(text));
