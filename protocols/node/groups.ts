/**
 * A node whose user is in groups: the key trees of `protocols/group` on top of conversations, multicast and a disk.
 *
 * Words, wishes to leave and commits that fit are one packet, sealed once, for all members. What concerns one person only (a request to be let in, a
 * welcome, a commit that somebody has missed) goes through the conversation with them, in pieces where it is long. As in conversations, the state that
 * has sealed a packet is on disk before the packet leaves, and what has come is there before anybody is told.
 *
 * Nobody is in charge. Whoever is asked lets a newcomer in; those who leave are shut out by the member that sits after them, or by the next one
 * a turn later if nobody has. Commits get lost: members ask each other which epoch counts (`group-asking.ts`).
 *
 * A packet that opens is answered after a wait only, since a reaction at once would show who the recipient is.
 */
import { bytesToHex } from '@noble/hashes/utils.js';
import { GROUP_TAG_BYTES } from '../group/packet.ts';
import { decodeGroup } from '../group/group-codec.ts';
import { Group, type Outgoing, type Received } from '../group/group.ts';
import { Groups, type Arrival } from '../group/groups.ts';
import {
  makeKeyPackage,
  sameBytes,
  type Fresh,
  type GroupSelf,
  type Member,
} from '../group/leaf.ts';
import { ANY_MEMBER } from '../group/policy.ts';
import { leafAt, takenLeaves, type Tree } from '../group/ratchet-tree.ts';
import type { Host, HostedNode } from '../host.ts';
import { overlayAddress } from '../identity/address.ts';
import { OUTCOME_HANDLED } from '../outcomes.ts';
import type { RandomStream } from '../random.ts';
import { AT_TAG, HEADER_BYTES } from '../routing/packet.ts';
import type { Party } from '../session/opening.ts';
import { decodeFrame, isFrame, Pieces, type Frame } from './group-frames.ts';
import { GroupAsking, TIMER_ASK } from './group-asking.ts';
import { GroupCommits } from './group-commits.ts';
import { GroupJoining, TIMER_JOIN, TIMER_SPENT } from './group-joining.ts';
import type { GroupOptions } from './group-options.ts';
import { GroupPost, TIMER_FRAME } from './group-post.ts';
import type { GroupRecord, GroupVault } from './group-records.ts';
import { padGroupText, unpadGroupText } from './group-text.ts';
import { Seat } from './group-seat.ts';
import { MessagingNode, type Inbound, type Listener, type MessagingSettings } from './messaging.ts';

/** Timer kinds 0x600 to 0x6ff belong to groups. Arguments are numbers of seats. */
const TIMER_RANGE_GROUPS = 6;

/** Whom a node tells about its groups. */
export interface GroupListener extends Listener {
  /** Somebody's words, in an epoch. */
  groupText?(group: Group, from: Member, text: Uint8Array, epoch: string): void;
  /** Another epoch counts now, or we are no member any more. */
  groupMoved?(group: Group): void;
}

export interface GroupSettings extends MessagingSettings {
  groupSelf: GroupSelf;
  networkId: bigint;
  groupVault: GroupVault;
  groups: GroupOptions;
  listener: GroupListener;
  /** Address and key of a person, if their card is at hand. */
  card(address: Uint8Array): Party | undefined;
}

/** Keeps the frames of groups from the user. */
class Filter implements Listener {
  readonly #user: Listener;
  frame: ((inbound: Inbound) => void) | undefined;

  constructor(user: Listener) {
    this.#user = user;
  }

  received(inbound: Inbound): void {
    if (isFrame(inbound.text)) this.frame?.(inbound);
    else this.#user.received?.(inbound);
  }

  acknowledged(contact: Inbound['contact'], numbers: readonly number[]): void {
    this.#user.acknowledged?.(contact, numbers);
  }
}

export class GroupNode extends MessagingNode implements HostedNode {
  readonly #host: Host;
  readonly #settings: GroupSettings;
  readonly #options: GroupOptions;
  readonly #random: RandomStream;
  readonly #fresh: Fresh;
  #groups: Groups;
  readonly #seats = new Map<string, Seat>();
  readonly #pieces = new Map<string, Pieces>();
  readonly #joining: GroupJoining;
  readonly #post: GroupPost;
  readonly #asking: GroupAsking;
  readonly #commits: GroupCommits;
  #next = 0;

  constructor(host: Host, settings: GroupSettings) {
    const filter = new Filter(settings.listener);
    super(host, { ...settings, listener: filter });
    filter.frame = ({ contact, text }) => {
      const frame = decodeFrame(text);
      if (frame !== undefined) this.#frame(contact.party.address, frame);
    };
    this.#host = host;
    this.#settings = settings;
    this.#options = settings.groups;
    this.#random = host.random('groups');
    const secrets = host.random('groups/keys');
    this.#fresh = (out) => {
      secrets.fill(out, 0, out.length);
    };
    this.#groups = new Groups(host.crypto);
    this.#post = new GroupPost({
      host,
      options: this.#options,
      random: this.#random,
      multicast: this.multicast,
      card: (address) => settings.card(address),
      say: (to, frame) => {
        // Who was not heard from for so long has to ask to be let in again, and will.
        if (this.maySay(to, frame.length)) this.say(to, frame, this.#options.luminosityBits);
      },
      nextNumber: () => this.#nextNumber(),
    });
    this.#joining = new GroupJoining({
      host,
      groupSelf: settings.groupSelf,
      fresh: this.#fresh,
      random: this.#random,
      gatherUs: this.#options.gatherUs,
      tell: (to, frame) => {
        this.#post.tell(to, frame);
      },
      keep: (records, then) => {
        this.#keep(records, then);
      },
    });
    this.#asking = new GroupAsking({
      host,
      options: this.#options,
      random: this.#random,
      post: this.#post,
      others: (seat) => this.#others(seat),
      joinAgain: (seat) => {
        this.#joinAgain(seat);
      },
    });
    this.#commits = new GroupCommits({
      host,
      options: this.#options,
      random: this.#random,
      fresh: this.#fresh,
      others: (seat) => this.#others(seat),
      made: (seat, outgoing, to) => {
        this.#committed(seat, outgoing, to);
      },
    });
    this.router.claimed = (bytes, offset, length) => this.#claimed(bytes, offset, length);
  }

  override start(): void {
    super.start();
    this.#groups = new Groups(this.#host.crypto);
    this.#seats.clear();
    this.#pieces.clear();
    this.#joining.clear();
    this.#post.clear();
    for (const { name, record } of this.#settings.groupVault.groupRecords())
      this.#remember(name, record);
  }

  /** The groups that we are in, by id in hexadecimal. */
  group(id: string): Group | undefined {
    return this.#seats.get(id)?.group;
  }

  /** Begins a group of one. @returns its id in hexadecimal. */
  createGroup(): string {
    const own = makeKeyPackage(this.#host.crypto, this.#settings.groupSelf, this.#fresh);
    const { groupSelf } = this.#settings;
    const group = Group.create(this.#host.crypto, groupSelf, ANY_MEMBER, own, this.#fresh);
    const seat = this.#sit(group);
    this.#keep([seat.record()], () => this.#settings.listener.groupMoved?.(group));
    return seat.id;
  }

  /** Asks to be let into a group, one of `through` after the other, until somebody does. */
  joinGroup(id: string, through: readonly Uint8Array[]): void {
    if (!this.#seats.has(id)) this.#joining.begin(id, through);
  }

  /** Says something to all members. @returns the packet, or undefined where we are no member. */
  sayToGroup(id: string, text: Uint8Array): Uint8Array | undefined {
    const seat = this.#seats.get(id);
    const packet = seat?.group.say(padGroupText(text), this.#fresh);
    if (seat === undefined || packet === undefined) return undefined;
    this.#keep([seat.record()], () => {
      this.#spread(seat, packet);
    });
    if (seat.group.updateDue) this.#commits.within(seat, this.#random.below(this.#options.turnUs));
    return packet;
  }

  /** Leaves a group: the others are asked to shut us out, and our keys are gone. */
  leaveGroup(id: string): void {
    this.#joining.forget(id);
    const seat = this.#seats.get(id);
    const packet = seat?.group.leave(this.#fresh);
    if (seat === undefined || packet === undefined) return;
    const to = this.#others(seat);
    this.#stand(seat);
    this.#keep([{ name: `group/${id}`, record: undefined }], () => {
      this.#post.toAll(to, packet);
      this.#settings.listener.groupMoved?.(seat.group);
    });
  }

  override onTimer(kind: number, argument: number): number {
    if (kind >>> 8 !== TIMER_RANGE_GROUPS) return super.onTimer(kind, argument);
    if (kind === TIMER_FRAME) this.#post.due(argument);
    else if (kind === TIMER_JOIN) this.#joining.onTimer(argument);
    else if (kind === TIMER_SPENT) this.#joining.forgetUsed();
    else {
      const seat = [...this.#seats.values()].find((one) => one.number === argument);
      if (seat !== undefined && kind === TIMER_ASK) this.#asking.due(seat);
      else if (seat !== undefined) this.#commits.due(seat, kind);
    }
    return OUTCOME_HANDLED;
  }

  #remember(name: string, record: Uint8Array): void {
    const [kind, id] = name.split('/') as [string, string];
    if (kind === 'package') {
      this.#joining.remember(id, record);
      return;
    }
    const state = decodeGroup(record);
    if (state === undefined) throw new Error('a vault has changed a group');
    const { groupSelf } = this.#settings;
    const seat = this.#sit(new Group(this.#host.crypto, groupSelf, ANY_MEMBER, state));
    this.#commits.shutOutInTurn(seat);
  }

  /** Takes a seat in a group. Words that came before we did are lost with whatever told of them: nobody waits for an answer. */
  #sit(group: Group): Seat {
    const seat = new Seat(group, this.#nextNumber(), this.#host.now());
    this.#seats.set(seat.id, seat);
    this.#heard(this.#groups.watch(group));
    this.#asking.later(seat);
    return seat;
  }

  #stand(seat: Seat): void {
    this.#commits.cancel(seat);
    this.#host.cancelTimer(seat.askTimer);
    this.#seats.delete(seat.id);
    this.#groups.forget(seat.group);
    seat.group.forget();
  }

  /** The router asks about a packet in our zone: it may be one of ours. */
  #claimed(bytes: Uint8Array, offset: number, length: number): number {
    if (this.#seats.size === 0 && this.#joining.size === 0) return -1;
    const sealed = bytes.subarray(offset + HEADER_BYTES, offset + length);
    const packet = new Uint8Array(GROUP_TAG_BYTES + sealed.length);
    packet.set(bytes.subarray(offset + AT_TAG, offset + AT_TAG + GROUP_TAG_BYTES));
    packet.set(sealed, GROUP_TAG_BYTES);
    const arrivals = this.#groups.receive(packet);
    const [first] = arrivals;
    if (first === undefined) return -1;
    this.#heard(arrivals);
    const { kind } = first.received;
    return kind === 'duplicate' || kind === 'refused' ? 0 : packet.length;
  }

  /** What packets have brought: kept first, then told and acted upon. */
  #heard(arrivals: readonly Arrival[]): void {
    const fresh = arrivals.filter(
      ({ received: { kind } }) => kind !== 'duplicate' && kind !== 'refused',
    );
    if (fresh.length === 0) return;
    const seats = new Set(
      fresh.map(({ group }) => this.#seatOf(group)).filter((s) => s !== undefined),
    );
    this.#keep(
      [...seats].map((seat) => seat.record()),
      () => {
        for (const { group, received } of fresh) {
          const seat = this.#seatOf(group);
          if (seat !== undefined) this.#act(seat, received);
        }
      },
    );
  }

  #seatOf(group: Group): Seat | undefined {
    const seat = this.#seats.get(bytesToHex(group.id));
    return seat?.group === group ? seat : undefined;
  }

  #act(seat: Seat, received: Received): void {
    const { group } = seat;
    if (received.kind === 'message') {
      const text = unpadGroupText(received.text);
      if (text !== undefined)
        this.#settings.listener.groupText?.(group, received.from, text, received.epoch);
      this.#asking.help(seat, this.#addressOf(received.from), received.epoch);
      if (received.epoch === group.state.head.id) seat.inCompany = true;
    } else if (received.kind === 'leave') this.#commits.shutOutInTurn(seat);
    else if (received.kind === 'commit') {
      seat.strays = 0;
      if (received.moved) seat.inCompany = true;
      if (received.superseded !== undefined) {
        for (const one of received.superseded.add)
          seat.newcomers.set(bytesToHex(one.leaf.account), one);
        if (seat.newcomers.size > 0) this.#commits.within(seat, this.#options.gatherUs);
      }
      if (received.moved) this.#moved(seat);
    }
  }

  #moved(seat: Seat): void {
    this.#asking.afterChange(seat);
    this.#settings.listener.groupMoved?.(seat.group);
    if (seat.group.isMember) {
      this.#commits.shutOutInTurn(seat);
      return;
    }
    // Who leaves has stood up already. Somebody has taken our seat away to give us another, and if its welcome does not come we ask for one.
    const { epochs, head } = seat.group.state;
    const tree = epochs.get(head.parent)?.body?.tree;
    const through = tree === undefined ? [] : this.#addressesIn(tree);
    this.#stand(seat);
    this.joinGroup(seat.id, through);
    this.#keep([{ name: `group/${seat.id}`, record: undefined }], () => undefined);
  }

  #committed(seat: Seat, made: Outgoing, to: readonly Uint8Array[]): void {
    const { group } = seat;
    this.#asking.afterChange(seat);
    this.#groups.watch(group);
    this.#keep([seat.record()], () => {
      this.#post.toAll(to, made.packet);
      for (const { to: newcomer, bytes } of made.welcomes)
        this.#post.whole(this.#addressOf(newcomer), 'welcome', bytes);
      this.#settings.listener.groupMoved?.(group);
    });
  }

  #frame(from: Uint8Array, frame: Frame): void {
    if (frame.kind === 'piece') {
      const name = bytesToHex(from);
      const pieces = this.#pieces.get(name) ?? new Pieces(this.#host.crypto);
      this.#pieces.set(name, pieces);
      const bytes = pieces.take(frame);
      if (bytes !== undefined && frame.whole === 'commit') this.#heard(this.#groups.receive(bytes));
      if (bytes !== undefined && frame.whole === 'welcome') this.#welcomed(bytes);
      return;
    }
    const seat = this.#seats.get(bytesToHex(frame.groupId));
    if (seat === undefined) return;
    if (frame.kind === 'head') this.#asking.compare(seat, from, frame);
    else if (sameBytes(this.#addressOf(frame.package.leaf), from)) {
      seat.newcomers.set(bytesToHex(frame.package.leaf.account), frame.package);
      if (this.#options.commitOnJoin) this.#commits.within(seat, this.#options.gatherUs);
    }
  }

  #welcomed(welcome: Uint8Array): void {
    const joined = this.#joining.welcomed(welcome);
    if (joined === undefined) return;
    const { group, gone } = joined;
    const before = this.#seats.get(bytesToHex(group.id));
    if (before !== undefined) {
      // We are on a line that its own maker has left, be it the longer one; unless others are there, or this is the same again.
      const { head, epochs } = before.group.state;
      const { height, id } = group.state.head;
      if (epochs.has(id) || (before.inCompany && height < head.height)) return;
      this.#stand(before);
    }
    const seat = this.#sit(group);
    // The commits of these seconds did not go to us, or came when we could not open them.
    this.#asking.within(seat, 2 * this.#options.turnUs);
    this.#keep([seat.record(), gone], () => {
      this.#settings.listener.groupMoved?.(group);
    });
  }

  /** Nobody knows our epoch any more: we are out, and ask to be let in once more. */
  #joinAgain(seat: Seat): void {
    const others = this.#others(seat);
    this.#stand(seat);
    this.joinGroup(seat.id, others);
    this.#keep([{ name: `group/${seat.id}`, record: undefined }], () => {
      this.#settings.listener.groupMoved?.(seat.group);
    });
  }

  #others(seat: Seat): Uint8Array[] {
    const { body } = seat.group.state.head;
    return body === undefined ? [] : this.#addressesIn(body.tree);
  }

  /** Addresses of all but ourselves. */
  #addressesIn(tree: Tree): Uint8Array[] {
    const { account } = this.#settings.groupSelf;
    return takenLeaves(tree)
      .map((leaf) => leafAt(tree, leaf)!)
      .filter((member) => !sameBytes(member.account, account))
      .map((member) => this.#addressOf(member));
  }

  #addressOf({ account, nonce }: Member): Uint8Array {
    return overlayAddress(this.#host.crypto, account, this.#settings.networkId, nonce);
  }

  #spread(seat: Seat, packet: Uint8Array): void {
    this.#post.toAll(this.#others(seat), packet);
  }

  #nextNumber(): number {
    return this.#next++ & 0x7fffffff;
  }

  #keep(records: readonly GroupRecord[], then: () => void): void {
    this.#settings.groupVault.keepGroups(records, then);
  }
}
