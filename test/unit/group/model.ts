/**
 * A world of people with groups over a network that loses, repeats and reorders, beside a model of it that knows no cryptography: sets of names, a tree of
 * epochs and the written rule of which counts. Every step is checked against the model.
 *
 * A person may hold several seats in one group: whoever is added by two members at once, or again after the first addition turned out not to count,
 * cannot know which line will live.
 */
import { expect } from 'vitest';
import type { CryptoSuite } from '../../../protocols/crypto/port.ts';
import { decodeGroup, encodeGroup } from '../../../protocols/group/group-codec.ts';
import { Group } from '../../../protocols/group/group.ts';
import { makeKeyPackage, publicKeyOf } from '../../../protocols/group/leaf.ts';
import type { Wish } from '../../../protocols/group/state.ts';
import { isWithin } from '../../../protocols/group/tree-math.ts';
import { toHex } from '../crypto/support.ts';
import { bytesOfText, NOTHING, Person, textOf } from './people.ts';

interface ModelEpoch {
  id: string;
  parent: string;
  height: number;
  removes: boolean;
  members: Set<string>;
}

interface Seat {
  person: Person;
  group: Group;
  root: string;
  /** Epochs it has heard of. */
  known: Set<string>;
  /** Who has told it that they want to leave. */
  leavers: Set<string>;
  /** A wish that a commit which counts more has undone. */
  undone: Wish | undefined;
}

type Sent = { packet: Uint8Array; epoch: string; from: string } & (
  { kind: 'commit'; makes: string } | { kind: 'message'; text: string } | { kind: 'leave' }
);

type Flight =
  | { to: Person; sent: Sent }
  | { to: Person; welcome: Uint8Array; package: Uint8Array; epoch: string };

/** Commits between two moments at which everybody hears everything: fewer than the epochs a group keeps. */
const COMMITS_MAX = 5;

/** Refuses to seal twice with one key and nonce, and remembers signatures that were checked. */
export function watchful(suite: CryptoSuite): CryptoSuite {
  const used = new Set<string>();
  const recovered = new Map<string, Uint8Array | undefined>();
  return {
    ...suite,
    seal(key, nonce, ...rest) {
      const name = `${toHex(key)} ${toHex(nonce)}`;
      if (used.has(name)) throw new Error('a key was used twice');
      used.add(name);
      suite.seal(key, nonce, ...rest);
    },
    accountRecover(digest, signature) {
      const name = `${toHex(digest)} ${toHex(signature)}`;
      if (!recovered.has(name)) recovered.set(name, suite.accountRecover(digest, signature));
      return recovered.get(name);
    },
  };
}

export class World {
  readonly people: Person[];
  readonly seats: Seat[] = [];
  readonly epochs = new Map<string, ModelEpoch>();
  readonly heard = new Map<string, Set<string>>();
  readonly everything: Sent[] = [];
  readonly #suite: CryptoSuite;
  readonly #byPacket = new Map<string, Sent>();
  #flights: Flight[] = [];
  #commits = 0;
  #texts = 0;
  /** How often something of interest happened, to see that it did. */
  readonly counts = { commits: 0, forks: 0, heard: 0, unread: 0, joined: 0, undone: 0, removed: 0 };

  constructor(suite: CryptoSuite, people: number) {
    this.#suite = watchful(suite);
    this.people = Array.from({ length: people }, (_, i) => new Person(this.#suite, `p${i}`));
    const [first] = this.people;
    first!.create();
    const group = first!.group!;
    const { id } = group.state.head;
    this.epochs.set(id, {
      id,
      parent: '',
      height: 0,
      removes: false,
      members: new Set([first!.name]),
    });
    this.#sit(first!, group, id);
  }

  #sit(person: Person, group: Group, root: string): void {
    this.seats.push({
      person,
      group,
      root,
      known: new Set([root]),
      leavers: new Set(),
      undone: undefined,
    });
  }

  /** The written rule, worked out from all that `known` holds: removals first, then the smaller hash, from `root` on. */
  headOf(root: string, known: ReadonlySet<string>): ModelEpoch {
    const children = [...known]
      .map((id) => this.epochs.get(id)!)
      .filter((e) => e.parent === root && e.id !== root);
    if (children.length === 0) return this.epochs.get(root)!;
    const removals = children.filter(({ removes }) => removes);
    const best = (removals.length > 0 ? removals : children).reduce((a, b) =>
      b.id < a.id ? b : a,
    );
    return this.headOf(best.id, known);
  }

  #head(seat: Seat): ModelEpoch {
    return this.headOf(seat.root, seat.known);
  }

  #isIn(seat: Seat): boolean {
    return this.#head(seat).members.has(seat.person.name);
  }

  /** Seats whose holder is a member as far as they know. */
  active(): Seat[] {
    return this.seats.filter((seat) => this.#isIn(seat));
  }

  #nameOf(account: Uint8Array): string {
    return this.people.find(({ self }) => toHex(self.account) === toHex(account))!.name;
  }

  #send(sent: Sent, from: Seat): void {
    this.everything.push(sent);
    this.#byPacket.set(toHex(sent.packet), sent);
    for (const to of this.people) if (to !== from.person) this.#flights.push({ to, sent });
  }

  commit(seat: Seat, wish: Wish): void {
    if (this.#commits >= COMMITS_MAX) this.settle();
    if (!this.#isIn(seat)) return;
    const before = this.#head(seat);
    const made = seat.group.commit(wish, seat.person.fresh);
    if (typeof made === 'string') throw new Error(`${seat.person.name} may not commit: ${made}`);
    this.#commits++;
    this.counts.commits++;
    const { head } = seat.group.state;
    const members = new Set(seat.group.members.map(({ account }) => this.#nameOf(account)));
    const wanted = new Set(before.members);
    for (const account of wish.remove) wanted.delete(this.#nameOf(account));
    // Leavers go too, but nobody else, and nobody who has not said so.
    for (const name of [...wanted])
      if (!members.has(name)) {
        expect(seat.leavers).toContain(name);
        wanted.delete(name);
      }
    for (const { leaf } of wish.add) wanted.add(this.#nameOf(leaf.account));
    expect(members).toEqual(wanted);
    const removes =
      [...before.members].some((name) => !members.has(name)) || wish.remove.length > 0;
    if ([...this.epochs.values()].some((e) => e.parent === before.id && e.id !== before.id))
      this.counts.forks++;
    this.epochs.set(head.id, {
      id: head.id,
      parent: before.id,
      height: before.height + 1,
      removes,
      members,
    });
    seat.known.add(head.id);
    this.#check(seat);
    const packet = made.packet;
    this.#send(
      { kind: 'commit', packet, epoch: before.id, from: seat.person.name, makes: head.id },
      seat,
    );
    made.welcomes.forEach(({ to, bytes }, i) => {
      const person = this.people.find(({ self }) => toHex(self.account) === toHex(to.account))!;
      const { bytes: name } = wish.add[i]!;
      this.#flights.push({ to: person, welcome: bytes, package: name, epoch: head.id });
    });
  }

  add(seat: Seat, who: Person): void {
    if (!this.#isIn(seat) || this.#head(seat).members.has(who.name)) return;
    // Whoever was thrown out makes a new package; until then the old one stands.
    const out = this.seats.some((one) => one.person === who && !this.#isIn(one));
    if (out) who.package = makeKeyPackage(this.#suite, who.self, who.fresh);
    this.commit(seat, { add: [who.package.package], remove: [] });
  }

  remove(seat: Seat, who: Person): void {
    if (who === seat.person || !this.#head(seat).members.has(who.name)) return;
    this.counts.removed++;
    this.commit(seat, { add: [], remove: [who.self.account] });
  }

  say(seat: Seat): void {
    const text = `text ${this.#texts++}`;
    const epoch = this.#head(seat).id;
    const packet = seat.group.say(bytesOfText(text), seat.person.fresh);
    if (packet === undefined) throw new Error(`${seat.person.name} cannot speak`);
    this.#send({ kind: 'message', packet, epoch, from: seat.person.name, text }, seat);
  }

  leave(seat: Seat): void {
    const epoch = this.#head(seat).id;
    const packet = seat.group.leave(seat.person.fresh);
    if (packet === undefined) throw new Error(`${seat.person.name} cannot leave`);
    this.#send({ kind: 'leave', packet, epoch, from: seat.person.name }, seat);
  }

  restart(seat: Seat): void {
    const state = decodeGroup(encodeGroup(seat.group.state));
    if (state === undefined) throw new Error('the disk was lost');
    seat.group = new Group(this.#suite, seat.person.self, seat.person.policy, state);
    this.#check(seat);
  }

  /** Loses, repeats or delivers something that is on its way. */
  travel(which: number, how: 'lose' | 'repeat' | 'deliver'): void {
    if (this.#flights.length === 0) return;
    const at = which % this.#flights.length;
    const flight = this.#flights[at]!;
    // A welcome is sent by a conversation of two, which loses nothing.
    if (how === 'lose' && 'welcome' in flight) return;
    if (how !== 'repeat') this.#flights.splice(at, 1);
    if (how !== 'lose') this.#arrive(flight);
  }

  #arrive(flight: Flight): void {
    if ('welcome' in flight) return this.#welcome(flight);
    for (const seat of this.seats) if (seat.person === flight.to) this.#deliver(seat, flight.sent);
  }

  #welcome({ to, welcome, package: name, epoch }: Extract<Flight, { welcome: Uint8Array }>): void {
    const joined = Group.join(this.#suite, to.self, to.policy, to.package, welcome);
    if (toHex(name) !== toHex(to.package.package.bytes)) {
      expect(joined).toBe('not for us');
      return;
    }
    if (typeof joined === 'string') throw new Error(`${to.name} was refused: ${joined}`);
    // Twice the same: the second seat would hear everything again.
    if (this.seats.some((seat) => seat.person === to && seat.root === epoch)) return;
    this.counts.joined++;
    this.#sit(to, joined, epoch);
    this.#check(this.seats.at(-1)!);
  }

  #deliver(seat: Seat, sent: Sent): void {
    const { name } = seat.person;
    const canOpen = seat.known.has(sent.epoch) && this.epochs.get(sent.epoch)!.members.has(name);
    const own = sent.from === name;
    const received = seat.group.receive(sent.packet);
    if (!canOpen) {
      expect(received.kind).toBe('unknown');
      if (sent.kind === 'message') this.counts.unread++;
      return;
    }
    if (sent.kind === 'commit') {
      if (own || seat.known.has(sent.makes)) expect(received.kind).toBe('duplicate');
      else {
        const before = this.#head(seat).id;
        seat.known.add(sent.makes);
        expect(received).toMatchObject({ kind: 'commit', moved: this.#head(seat).id !== before });
        if (received.kind === 'commit' && received.superseded !== undefined) {
          seat.undone = received.superseded;
          this.counts.undone++;
        }
        this.#check(seat);
      }
    } else if (sent.kind === 'leave') {
      expect(['leave', 'duplicate']).toContain(received.kind);
      seat.leavers.add(sent.from);
    } else this.#heard(seat, sent, received);
  }

  #heard(
    seat: Seat,
    sent: Extract<Sent, { kind: 'message' }>,
    received: ReturnType<Group['receive']>,
  ): void {
    const { name } = seat.person;
    const before = this.heard.get(name) ?? new Set();
    this.heard.set(name, before);
    if (sent.from === name || before.has(sent.text)) {
      expect(received.kind).toBe('duplicate');
      return;
    }
    expect(received).toMatchObject({ kind: 'message', epoch: sent.epoch });
    if (received.kind !== 'message') return;
    expect(textOf(received.text)).toBe(sent.text);
    expect(this.#nameOf(received.from.account)).toBe(sent.from);
    before.add(sent.text);
    this.counts.heard++;
  }

  /** A seat is where the model says, with the members that the model says, and shares its keys with whoever is there. */
  #check(seat: Seat): void {
    const head = this.#head(seat);
    expect(seat.group.state.head.id).toBe(head.id);
    const isIn = head.members.has(seat.person.name);
    expect(seat.group.isMember).toBe(isIn);
    if (!isIn) return;
    // It knows the secrets of keys in the tree, all above its own leaf, and no others.
    const { tree, privates, ownLeaf } = seat.group.state.head.body!;
    for (const [node, secret] of privates) {
      expect(isWithin(2 * ownLeaf, node)).toBe(true);
      expect(toHex(publicKeyOf(this.#suite, secret))).toBe(toHex(tree.nodes[node]!.key));
    }
    const members = seat.group.members.map(({ account }) => this.#nameOf(account));
    expect(new Set(members)).toEqual(head.members);
    for (const other of this.seats)
      if (other.group.state.head.id === head.id && other.group.isMember)
        expect(toHex(other.group.authenticator!)).toBe(toHex(seat.group.authenticator!));
  }

  /** Everybody hears everything, and whoever's wish was undone makes it again, until nothing is left to do. */
  settle(): void {
    for (let round = 0; round < 12; round++) {
      for (let pass = 0; pass < 3; pass++) {
        for (const flight of this.#flights.splice(0)) this.#arrive(flight);
        for (const from of [...this.seats]) this.#repeatCommits(from);
      }
      const seat = this.seats.find(({ undone }) => undone !== undefined);
      if (seat === undefined) break;
      const { undone } = seat;
      seat.undone = undefined;
      if (!this.#isIn(seat)) continue;
      this.#commits = 0;
      const { members } = this.#head(seat);
      this.commit(seat, {
        add: undone!.add.filter(({ leaf }) => !members.has(this.#nameOf(leaf.account))),
        remove: undone!.remove.filter((account) => members.has(this.#nameOf(account))),
      });
    }
    this.#commits = 0;
    this.agree();
  }

  /** Whoever has missed a commit that counts gets it from those who have not. */
  #repeatCommits(from: Seat): void {
    for (const packet of from.group.commits()) {
      const sent = this.#byPacket.get(toHex(packet));
      if (sent?.kind !== 'commit') throw new Error('a packet that nobody has sent');
      for (const seat of this.seats) if (!seat.known.has(sent.makes)) this.#deliver(seat, sent);
    }
  }

  /** All members of the epoch that counts, whoever can know it, are in it. */
  agree(): void {
    const counts = this.headOf([...this.epochs.keys()][0]!, new Set(this.epochs.keys()));
    const there = this.seats.filter((seat) => seat.group.state.head.id === counts.id);
    expect(there.some(({ group }) => group.isMember)).toBe(true);
    for (const name of counts.members)
      expect(there.map(({ person }) => person.name)).toContain(name);
    for (const seat of this.seats) this.#check(seat);
  }

  /** Somebody's state is stolen now; whatever happens after their next commit is closed to the thief, who sees every packet. */
  rob(seat: Seat): void {
    const state = decodeGroup(encodeGroup(seat.group.state));
    const thief = new Group(this.#suite, seat.person.self, seat.person.policy, state!);
    const from = this.everything.length;
    this.settle();
    if (!this.#isIn(seat)) return;
    this.commit(seat, NOTHING);
    this.settle();
    const after = this.everything.length;
    // On a line that does not count there may still be people whom the commit has not reached.
    const healed = this.#head(seat).id;
    for (const one of this.active()) if (this.#head(one).id === healed) this.say(one);
    for (let pass = 0; pass < 2; pass++)
      this.everything.slice(from, after).forEach(({ packet }) => thief.receive(packet));
    for (const { packet } of this.everything.slice(after))
      expect(thief.receive(packet).kind).toBe('unknown');
  }
}
