/**
 * Somebody who is in a group: comes in, talks, leaves, comes back. What they do is drawn from a stream of their node; what they know of the group
 * from outside the network is the invitation and who its people are.
 *
 * The first four bytes of what they say are a number that no other message of the run has, by which it is followed.
 */
import { readUint32, writeUint32 } from '../../../protocols/codec/bytes.ts';
import { encodeGroup } from '../../../protocols/group/group-codec.ts';
import type { Group } from '../../../protocols/group/group.ts';
import type { Member } from '../../../protocols/group/leaf.ts';
import type { Host } from '../../../protocols/host.ts';
import { ADDRESS_BYTES } from '../../../protocols/identity/proximity.ts';
import type { GroupNode } from '../../../protocols/node/groups.ts';
import { OUTCOME_HANDLED, OUTCOME_REFUSED } from '../../../protocols/outcomes.ts';
import type { RandomStream } from '../../../protocols/random.ts';
import { sampleUs } from '../../../sim/random/laws.ts';
import type { GroupsSpec } from '../../model.ts';
import type { Cast } from './cast.ts';
import { accountsIn, type GroupLedger } from './follower.ts';

/** Timer kinds of people in groups: from here to 0x10ff. The argument of ACT_SAY is the index of the traffic. */
export const GROUP_ACTS_FROM = 0x1080;
const ACT_ENTER = 0x1080;
const ACT_SAY = 0x1081;
const ACT_LEAVE = 0x1082;
/** Everybody comes in within so long of their node's start. */
const ENTER_US = 5_000_000;

export interface GroupUserParts {
  spec: GroupsSpec;
  cast: Cast;
  /** Nodes of the world. */
  nodes: number;
  /** Whoever follows, if anybody does: people do the same either way. */
  ledger(): GroupLedger | undefined;
  /** Hands on the invitation to a group that has been begun. */
  invite(id: string): void;
}

export class GroupUser {
  readonly #host: Host;
  readonly #spec: GroupsSpec;
  readonly #cast: Cast;
  readonly #parts: GroupUserParts;
  readonly #random: RandomStream;
  #node: GroupNode | undefined;
  #said = 0;
  #wantsIn = true;
  #hasBeenIn = false;
  /** When they mean to leave: their own matter, so that a crash does not change it. */
  #leaveAtUs = -1;

  constructor(host: Host, parts: GroupUserParts) {
    this.#host = host;
    this.#parts = parts;
    this.#spec = parts.spec;
    this.#cast = parts.cast;
    this.#random = host.random('workload/groups');
  }

  attach(node: GroupNode): void {
    this.#node = node;
  }

  /** The node has come up. */
  begin(): void {
    if (this.#cast.people[0] === this.#host.self && this.#cast.id === undefined)
      this.#parts.invite(this.#node!.createGroup());
    this.#host.setTimer(1 + this.#random.below(ENTER_US), ACT_ENTER, 0);
    this.#spec.words.forEach((_, entry) => {
      this.#talkLater(entry);
    });
    if (this.#leaveAtUs >= 0)
      this.#host.setTimer(Math.max(1, this.#leaveAtUs - this.#host.now()), ACT_LEAVE, 0);
  }

  act(kind: number, argument: number): number {
    if (kind === ACT_ENTER) return this.#enter();
    if (kind === ACT_SAY) return this.#say(argument);
    if (kind === ACT_LEAVE) return this.#leave();
    throw new Error(`timer of kind ${kind} is no act of somebody in a group`);
  }

  groupText(_group: Group, _from: Member, text: Uint8Array): void {
    this.#parts.ledger()?.heard(this.#host.self, readUint32(text, 0));
  }

  groupMoved(group: Group): void {
    this.#parts.ledger()?.moved(this.#host.self, accountsIn(group));
    this.#hasBeenIn ||= group.isMember;
    if (!group.isMember || this.#leaveAtUs >= 0 || this.#spec.stay === undefined) return;
    const stayUs = Math.max(1, sampleUs(this.#spec.stay, this.#random));
    this.#leaveAtUs = this.#host.now() + stayUs;
    this.#host.setTimer(stayUs, ACT_LEAVE, 0);
  }

  #enter(): number {
    const { id, people } = this.#cast;
    this.#wantsIn = true;
    if (id === undefined) {
      // The first has not been up yet.
      this.#host.setTimer(ENTER_US, ACT_ENTER, 0);
      return OUTCOME_REFUSED;
    }
    if (this.#node!.group(id) !== undefined) return OUTCOME_HANDLED;
    this.#parts.ledger()?.entering(this.#host.self);
    // At first everybody asks whoever has begun the group; who comes back asks anybody, since that one may have left.
    const from = this.#hasBeenIn ? this.#random.below(people.length) : 0;
    const others = [...people.slice(from), ...people.slice(0, from)].filter(
      (node) => node !== this.#host.self,
    );
    this.#node!.joinGroup(
      id,
      others.map((node) => {
        const address = new Uint8Array(ADDRESS_BYTES);
        this.#host.peers.writeAddress(node, address, 0);
        return address;
      }),
    );
    return OUTCOME_HANDLED;
  }

  #talkLater(entry: number): void {
    const gapUs = sampleUs(this.#spec.words[entry]!.every, this.#random);
    this.#host.setTimer(Math.max(1, gapUs), ACT_SAY, entry);
  }

  #say(entry: number): number {
    this.#talkLater(entry);
    const group = this.#group();
    if (group?.isMember !== true || group.members.length < 2) return OUTCOME_REFUSED;
    const text = new Uint8Array(this.#spec.words[entry]!.sizeBytes);
    const { self } = this.#host;
    const number = this.#said++ * this.#parts.nodes + self;
    writeUint32(text, 0, number);
    this.#parts.ledger()?.saying(self, number, text.length);
    const packet = this.#node!.sayToGroup(this.#cast.id!, text);
    if (packet !== undefined)
      this.#parts.ledger()?.said(self, number, packet, {
        accounts: accountsIn(group),
        commits: () => group.commits(),
      });
    return OUTCOME_HANDLED;
  }

  #leave(): number {
    const group = this.#group();
    const { away } = this.#spec;
    if (!this.#wantsIn || group === undefined || this.#host.now() < this.#leaveAtUs)
      return OUTCOME_REFUSED;
    this.#leaveAtUs = -1;
    this.#wantsIn = false;
    this.#parts.ledger()?.leaving(this.#host.self, encodeGroup(group.state));
    this.#node!.leaveGroup(this.#cast.id!);
    if (away !== undefined)
      this.#host.setTimer(Math.max(1, sampleUs(away, this.#random)), ACT_ENTER, 0);
    return OUTCOME_HANDLED;
  }

  #group(): Group | undefined {
    return this.#cast.id === undefined ? undefined : this.#node!.group(this.#cast.id);
  }
}
