/**
 * All groups of one person: finds the group a packet is for, and keeps those that come before the commit they build on.
 *
 * The network reorders: words of a new epoch may overtake the commit that makes it, and until then nobody can tell them from a stranger's packet. So the
 * last `EARLY_MAX` packets without an owner wait, and are looked up again whenever a group has a new epoch. They are not on disk: to lose
 * them is no worse than to lose them on the way.
 */
import type { CryptoSuite } from '../crypto/port.ts';
import type { EpochBody } from './epoch.ts';
import type { Group, Received } from './group.ts';
import { PACKET_BYTES_MAX } from './packet.ts';
import { takenLeaves } from './ratchet-tree.ts';
import { nextGeneration, ratchetName, type SecretTree, type Stream } from './secret-tree.ts';
import type { Epoch } from './state.ts';
import { GroupTagTable } from './tags.ts';

/** Packets kept that nobody owns yet, and the bytes they may have together. */
const EARLY_MAX = 64;
const EARLY_BYTES_MAX = PACKET_BYTES_MAX;

interface Owner {
  group: Group;
  epoch: Epoch;
}

/** A packet that has found its group. */
export interface Arrival {
  group: Group;
  received: Received;
  packet: Uint8Array;
}

export class Groups {
  readonly #suite: CryptoSuite;
  readonly #tags: GroupTagTable<Owner>;
  readonly #owners = new Map<Group, Map<string, Owner>>();
  #early: Uint8Array[] = [];

  constructor(suite: CryptoSuite) {
    this.#suite = suite;
    this.#tags = new GroupTagTable(this.#suite);
  }

  all(): Group[] {
    return [...this.#owners.keys()];
  }

  /** Packets that wait for their epoch. */
  get waiting(): number {
    return this.#early.length;
  }

  /**
   * Expects the packets of a group. To be called with a new group, and again after each `commit` and `settle`, which change what may come.
   * @returns what packets that had come too early have brought.
   */
  watch(group: Group): Arrival[] {
    return this.#refresh(group) ? this.#retry() : [];
  }

  /** Expects nothing of a group any more. */
  forget(group: Group): void {
    for (const owner of this.#owners.get(group)?.values() ?? []) this.#tags.forget(owner);
    this.#owners.delete(group);
  }

  /** Takes a packet in. Costs one look-up if it is for no group. @returns what it, and early ones after it, have brought; it first. */
  receive(packet: Uint8Array): Arrival[] {
    const arrival = this.#deliver(packet);
    if (arrival === undefined) {
      this.#hold(packet);
      return [];
    }
    const moved = arrival.received.kind === 'commit' && this.#refresh(arrival.group);
    return moved ? [arrival, ...this.#retry()] : [arrival];
  }

  #deliver(packet: Uint8Array): Arrival | undefined {
    for (const owner of this.#tags.find(packet)) {
      const { group, epoch } = owner;
      const before = epoch.body?.secretTree;
      const received = group.receive(packet, epoch.id);
      if (received.kind === 'unknown') continue;
      if (before !== undefined) this.#moved(owner, before);
      return { group, received, packet };
    }
    return undefined;
  }

  /** Moves the tags of whoever has sent on. */
  #moved(owner: Owner, before: SecretTree): void {
    const after = owner.epoch.body?.secretTree;
    if (after === undefined || after === before) return;
    for (const [name, ratchet] of after.ratchets)
      if (before.ratchets.get(name) !== ratchet)
        this.#tags.moved(owner, name >>> 1, (name & 1) === 1 ? 'handshake' : 'application');
  }

  #hold(packet: Uint8Array): void {
    this.#early.push(packet.slice());
    let bytes = this.#early.reduce((sum, { length }) => sum + length, 0);
    while (this.#early.length > EARLY_MAX || bytes > EARLY_BYTES_MAX)
      bytes -= this.#early.shift()!.length;
  }

  /** Tries all that wait until nothing new comes of it. */
  #retry(): Arrival[] {
    const arrivals: Arrival[] = [];
    for (let again = true; again;) {
      again = false;
      const early = this.#early;
      this.#early = [];
      for (const packet of early) {
        const arrival = this.#deliver(packet);
        if (arrival === undefined) this.#early.push(packet);
        else {
          arrivals.push(arrival);
          if (arrival.received.kind === 'commit' && this.#refresh(arrival.group)) again = true;
        }
      }
    }
    return arrivals;
  }

  /** Brings the table in line with a group's epochs. @returns whether there are new ones. */
  #refresh(group: Group): boolean {
    const owners = this.#owners.get(group) ?? new Map<string, Owner>();
    this.#owners.set(group, owners);
    const { epochs } = group.state;
    for (const [id, owner] of owners) {
      if (epochs.get(id)?.body !== undefined) continue;
      this.#tags.forget(owner);
      owners.delete(id);
    }
    let fresh = false;
    for (const epoch of epochs.values()) {
      if (epoch.body === undefined || owners.has(epoch.id)) continue;
      const owner = { group, epoch };
      owners.set(epoch.id, owner);
      this.#tags.watch(owner, watchedOf(epoch, epoch.body));
      fresh = true;
    }
    return fresh;
  }
}

function watchedOf(epoch: Epoch, body: EpochBody): Parameters<GroupTagTable<Owner>['watch']>[1] {
  const treeNow = (): SecretTree => epoch.body!.secretTree;
  return {
    tagSecret: body.tagSecret,
    leaves: takenLeaves(body.tree).filter((leaf) => leaf !== body.ownLeaf),
    next: (leaf: number, stream: Stream) => nextGeneration(treeNow(), leaf, stream),
    missing: (leaf: number, stream: Stream) =>
      treeNow()
        .ratchets.get(ratchetName(leaf, stream))
        ?.skipped.map(({ generation }) => generation) ?? [],
  };
}
