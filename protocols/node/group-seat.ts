/** A node's place in one group: what it remembers besides the group itself. All but the group is lost in a crash, and none of it is missed. */
import { bytesToHex } from '@noble/hashes/utils.js';
import { encodeGroup } from '../group/group-codec.ts';
import type { Group } from '../group/group.ts';
import type { Fresh, KeyPackage } from '../group/leaf.ts';
import { nextGeneration, ratchetName } from '../group/secret-tree.ts';
import { stands, type Wish } from '../group/state.ts';
import { NO_TIMER, type Micros, type TimerId } from '../host.ts';
import type { GroupRecord } from './group-records.ts';
import { KeptWords, type Word } from './group-words.ts';

/** Something that is due at a time, or not at all (no timer). */
export interface Appointment {
  timer: TimerId;
  atUs: Micros;
}

export class Seat {
  readonly group: Group;
  /** The group's, in hexadecimal. */
  readonly id: string;
  /** By which timers know it. */
  readonly number: number;
  /** Packages of those who ask to be let in, by account: the last one of each. */
  readonly newcomers = new Map<string, KeyPackage>();
  /** Accounts of those whom we want out, in hexadecimal. */
  readonly removals = new Set<string>();
  /** For whom commits were sent again, by address, and the epoch that counted then. */
  readonly helped = new Map<string, string>();
  /** Packets of words, for those who have missed them. */
  readonly words = new KeptWords();
  /** When words were sent to each member last, by address. */
  readonly servedUs = new Map<string, Micros>();
  /** Who is to be asked next, since they have more. */
  askNext: Uint8Array | undefined;
  /** Members in a row who did not know our epoch, nor we theirs. */
  strays = 0;
  /** Somebody else has spoken or committed on the line that we are on. */
  inCompany = false;
  /** When the epoch that counts began to count here. */
  movedAtUs: Micros;
  /** When what we want of the group is committed, and when it is our turn to shut out those who leave. */
  readonly commit: Appointment = { timer: NO_TIMER, atUs: 0 };
  readonly turn: Appointment = { timer: NO_TIMER, atUs: 0 };
  askTimer: TimerId = NO_TIMER;
  askAtUs: Micros = Infinity;

  constructor(group: Group, number: number, nowUs: Micros) {
    this.movedAtUs = nowUs;
    this.group = group;
    this.id = bytesToHex(group.id);
    this.number = number;
  }

  /** Seals words, and keeps the packet for those who will miss it; undefined if we are no member. */
  say(text: Uint8Array, fresh: Fresh, atUs: Micros): Uint8Array | undefined {
    const { id: epoch, body } = this.group.state.head;
    const packet = this.group.say(text, fresh);
    if (packet === undefined || body === undefined) return undefined;
    const { ownLeaf: leaf, secretTree } = body;
    const generation = nextGeneration(secretTree, leaf, 'application');
    this.words.keep({ epoch, leaf, generation, packet, atUs });
    return packet;
  }

  /** Words have come in a packet. @returns whether others of their sender, said before them, have not */
  heard({ epoch, leaf, generation, packet, atUs }: Word): boolean {
    this.words.keep({ epoch, leaf, generation, packet, atUs });
    const tree = this.group.state.epochs.get(epoch)?.body?.secretTree;
    return (tree?.ratchets.get(ratchetName(leaf, 'application'))?.skipped.length ?? 0) > 0;
  }

  /** Whether somebody is to be let in, or removed, by a commit of ours. */
  get wishes(): boolean {
    return this.newcomers.size > 0 || this.removals.size > 0;
  }

  /** Wants again what a commit of ours has failed to bring. */
  wish({ add, remove }: Wish): void {
    for (const one of add) this.newcomers.set(bytesToHex(one.leaf.account), one);
    for (const account of remove) this.removals.add(bytesToHex(account));
  }

  /** Leaves of those who want to leave and still sit there. Older epochs that are kept may hold some who are gone from this one. */
  leaving(): number[] {
    const { head, leaves } = this.group.state;
    const { body } = head;
    return body === undefined
      ? []
      : leaves.filter((one) => stands(body, one)).map(({ leave }) => leave.leaf);
  }

  record(): GroupRecord {
    return { name: `group/${this.id}`, record: encodeGroup(this.group.state) };
  }
}
