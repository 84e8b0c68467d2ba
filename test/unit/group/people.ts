/** People who hold a group together, and the means to pass packets between them, to count what it costs, and to break in. */
import type { CryptoSuite } from '../../../protocols/crypto/port.ts';
import { Group, type Outgoing, type Received } from '../../../protocols/group/group.ts';
import {
  makeKeyPackage,
  type Fresh,
  type GroupSelf,
  type KeyPackageSecrets,
} from '../../../protocols/group/leaf.ts';
import { ANY_MEMBER, type GroupPolicy } from '../../../protocols/group/policy.ts';
import type { Wish } from '../../../protocols/group/state.ts';
import { accountFromPublicKey } from '../../../protocols/identity/address.ts';
import { StreamFactory } from '../../../sim/random/streams.ts';

export const NOTHING: Wish = { add: [], remove: [] };

export function textOf(bytes: Uint8Array): string {
  return new TextDecoder().decode(bytes);
}

export function bytesOfText(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}

export class Person {
  readonly name: string;
  readonly suite: CryptoSuite;
  readonly self: GroupSelf;
  readonly fresh: Fresh;
  readonly policy: GroupPolicy;
  package: KeyPackageSecrets;
  group: Group | undefined;

  constructor(suite: CryptoSuite, name: string, policy: GroupPolicy = ANY_MEMBER) {
    this.suite = suite;
    this.name = name;
    this.policy = policy;
    const random = new StreamFactory(`group/${name}`).stream('person');
    this.fresh = (out) => {
      random.fill(out, 0, out.length);
    };
    const accountSecret = new Uint8Array(32);
    const nonce = new Uint8Array(32);
    this.fresh(accountSecret);
    this.fresh(nonce);
    const account = accountFromPublicKey(suite, suite.accountPublicKey(accountSecret));
    this.self = { account, accountSecret, nonce };
    this.package = makeKeyPackage(suite, this.self, this.fresh);
  }

  create(): void {
    this.group = Group.create(this.suite, this.self, this.policy, this.package, this.fresh);
  }

  join(welcome: Uint8Array): void {
    const group = Group.join(this.suite, this.self, this.policy, this.package, welcome);
    if (typeof group === 'string') throw new Error(`${this.name} was refused: ${group}`);
    this.group = group;
  }

  commit(wish: Wish = NOTHING): Outgoing {
    const made = this.group!.commit(wish, this.fresh);
    if (typeof made === 'string') throw new Error(`${this.name} may not commit: ${made}`);
    return made;
  }

  say(text: string): Uint8Array {
    const packet = this.group!.say(bytesOfText(text), this.fresh);
    if (packet === undefined) throw new Error(`${this.name} is no member`);
    return packet;
  }

  take(packet: Uint8Array): Received {
    return this.group!.receive(packet);
  }

  /** The words a packet brings, or why it brings none. */
  hear(packet: Uint8Array): string {
    const received = this.take(packet);
    if (received.kind === 'message') return textOf(received.text);
    return received.kind === 'refused' ? received.reason : received.kind;
  }
}

/** Adds people one commit at a time, everybody hearing of it. */
export function addAll(members: Person[], newcomers: readonly Person[]): void {
  for (const newcomer of newcomers) {
    const { packet, welcomes } = members[0]!.commit({
      add: [newcomer.package.package],
      remove: [],
    });
    for (const member of members.slice(1)) member.take(packet);
    newcomer.join(welcomes[0]!.bytes);
    members.push(newcomer);
  }
}

/** A group of people with these names, the first of whom has made it. */
export function groupOf(suite: CryptoSuite, names: readonly string[]): Person[] {
  const people = names.map((name) => new Person(suite, name));
  people[0]!.create();
  const members = [people[0]!];
  addAll(members, people.slice(1));
  return people;
}

/** Everybody but its maker takes a commit in. */
export function spread(members: readonly Person[], from: Person, packet: Uint8Array): void {
  for (const member of members) if (member !== from) member.take(packet);
}
