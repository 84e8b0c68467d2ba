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
import { bytesToHex, hexToBytes } from '@noble/hashes/utils.js';
import { GROUP_TAG_BYTES } from '../group/packet.ts';
import { decodeGroup } from '../group/group-codec.ts';
import { Group, type Outgoing, type Received } from '../group/group.ts';
import { Groups, type Arrival } from '../group/groups.ts';
import { makeKeyPackage, sameBytes, type Fresh, type KeyPackage } from '../group/leaf.ts';
import { ANY_MEMBER } from '../group/policy.ts';
import type { Host, HostedNode } from '../host.ts';
import { OUTCOME_HANDLED } from '../outcomes.ts';
import type { RandomStream } from '../random.ts';
import { AT_TAG, HEADER_BYTES } from '../routing/packet.ts';
import type { Party } from '../session/opening.ts';
import { GroupCards } from './group-cards.ts';
import { decodeFrame, encodeInvite, isFrame } from './group-frames.ts';
import { GroupAsking, TIMER_ASK } from './group-asking.ts';
import { GroupCommits } from './group-commits.ts';
import { GroupJoining, TIMER_JOIN, TIMER_SPENT } from './group-joining.ts';
import type { GroupOptions } from './group-options.ts';
import { GroupMail } from './group-mail.ts';
import { GroupPost, TIMER_FRAME } from './group-post.ts';
import type { GroupRecord } from './group-records.ts';
import { FrameFilter, type GroupSettings } from './group-settings.ts';
import { padGroupText, unpadGroupText } from './group-text.ts';
import { Seat } from './group-seat.ts';
import { GroupSeats } from './group-seats.ts';
import { MessagingNode } from './messaging.ts';

/** Timer kinds 0x600 to 0x6ff belong to groups. Arguments are numbers of seats. */
const TIMER_RANGE_GROUPS = 6;

export class GroupNode extends MessagingNode implements HostedNode {
  readonly #host: Host;
  readonly #settings: GroupSettings;
  readonly #options: GroupOptions;
  readonly #random: RandomStream;
  readonly #fresh: Fresh;
  #groups: Groups;
  readonly #seats: GroupSeats;
  readonly #joining: GroupJoining;
  readonly #post: GroupPost;
  readonly #asking: GroupAsking;
  readonly #commits: GroupCommits;
  readonly #cards: GroupCards;
  readonly #mail: GroupMail;
  #next = 0;

  constructor(host: Host, settings: GroupSettings) {
    const filter = new FrameFilter(settings.listener);
    super(host, { ...settings, listener: filter });
    filter.frame = ({ contact, text }) => {
      const frame = decodeFrame(text);
      if (frame !== undefined) this.#mail.take(contact.party.address, frame);
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
    const { groupSelf, networkId } = settings;
    const seats = new GroupSeats(host.crypto, groupSelf.account, networkId);
    this.#seats = seats;
    const common = {
      host,
      options: this.#options,
      random: this.#random,
      fresh: this.#fresh,
      seats,
    };
    this.#post = new GroupPost({
      ...common,
      multicast: this.multicast,
      card: (address) => settings.card(address),
      missing: (address) => {
        this.#cards.missing(address);
      },
      say: (to, frame) => {
        // Who was not heard from for so long has to ask to be let in again, and will.
        if (this.maySay(to, frame.length)) this.say(to, frame, this.#options.luminosityBits);
      },
      nextNumber: () => this.#nextNumber(),
    });
    const post = this.#post;
    this.#joining = new GroupJoining({
      ...common,
      groupSelf,
      post,
      keep: this.#keep,
    });
    this.#asking = new GroupAsking({
      ...common,
      post,
      joinAgain: this.#joinAgain,
    });
    this.#commits = new GroupCommits({
      ...common,
      made: this.#committed,
    });
    this.#cards = new GroupCards({
      ...common,
      networkId,
      book: settings.cards,
      hasAsked: (address) => this.#joining.hasAsked(address),
      post,
      card: (address) => settings.card(address),
      sayToAll: this.#say,
    });
    this.#mail = new GroupMail({
      ...common,
      asking: this.#asking,
      cards: this.#cards,
      expects: (whole, from) =>
        (whole !== 'commit' && this.#joining.hasAsked(from)) ||
        (whole !== 'welcome' && [...seats].some((seat) => seats.isMember(seat, from))),
      commit: this.#came,
      words: this.#came,
      welcome: this.#welcomed,
      asks: this.#asked,
      invited: (from, groupId, name) => settings.listener.invited?.(from, groupId, name),
    });
    this.router.claimed = (bytes, offset, length) => this.#claimed(bytes, offset, length);
  }

  override start(): void {
    super.start();
    this.#groups = new Groups(this.#host.crypto);
    this.#seats.clear();
    this.#mail.clear();
    this.#joining.clear();
    this.#post.clear();
    this.#cards.clear();
    for (const { name, record } of this.#settings.groupVault.groupRecords())
      this.#remember(name, record);
    this.#cards.refresh();
  }

  /** The groups that we are in, by id in hexadecimal. */
  group(id: string): Group | undefined {
    return this.#seats.get(id)?.group;
  }

  get groups(): Group[] {
    return [...this.#seats].map(({ group }) => group);
  }

  /** Groups that we wait to be let into: ids in hexadecimal. */
  get joining(): string[] {
    return this.#joining.ids();
  }

  /** Overlay addresses of the members of a group, ourselves included; none of one that we are not in. */
  membersOf(id: string): Uint8Array[] {
    const members = this.#seats.get(id)?.group.members ?? [];
    return members.map((member) => this.#seats.addressOf(member));
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

  /** Tells somebody of a group that they may ask to be let into, and what it is called. */
  invite(to: Party, id: string, name: string): void {
    this.say(to, encodeInvite(hexToBytes(id), name), this.#options.luminosityBits);
  }

  /** Has a member removed by our next commit, which is made at once. @returns false where nobody of that address sits */
  removeFromGroup(id: string, address: Uint8Array): boolean {
    const seat = this.#seats.get(id);
    const member = seat?.group.members.find((one) =>
      sameBytes(this.#seats.addressOf(one), address),
    );
    if (seat === undefined || member === undefined) return false;
    seat.removals.add(bytesToHex(member.account));
    this.#commits.within(seat, 1);
    return true;
  }

  /** Asks to be let into a group, one of `through` after the other, until somebody does. */
  joinGroup(id: string, through: readonly Uint8Array[]): void {
    if (this.#seats.get(id) === undefined) this.#joining.begin(id, through);
  }

  /** Says something to all members. @returns the packet, or undefined where we are no member. */
  sayToGroup(id: string, text: Uint8Array): Uint8Array | undefined {
    const seat = this.#seats.get(id);
    return seat && this.#say(seat, text);
  }

  /** Leaves a group: the others are asked to shut us out, and our keys are gone. */
  leaveGroup(id: string): void {
    if (this.#joining.forget(id))
      this.#keep([{ name: `package/${id}`, record: undefined }], () => undefined);
    const seat = this.#seats.get(id);
    const packet = seat?.group.leave(this.#fresh);
    if (seat === undefined || packet === undefined) return;
    const to = this.#seats.others(seat);
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
      const seat = this.#seats.numbered(argument);
      if (seat !== undefined && kind === TIMER_ASK) this.#asking.due(seat);
      else if (seat !== undefined) this.#commits.due(seat, kind);
    }
    return OUTCOME_HANDLED;
  }

  readonly #say = (seat: Seat, text: Uint8Array): Uint8Array | undefined => {
    const packet = seat.say(padGroupText(text), this.#fresh, this.#host.now());
    if (packet === undefined) return undefined;
    this.#keep([seat.record()], () => {
      this.#post.toAll(this.#seats.others(seat), packet);
    });
    if (seat.group.updateDue) this.#commits.within(seat, this.#random.below(this.#options.turnUs));
    return packet;
  };

  #remember(name: string, record: Uint8Array): void {
    const [kind, id] = name.split('/') as [string, string];
    if (kind === 'package') {
      this.#joining.remember(id, record);
      return;
    }
    const state = decodeGroup(record);
    if (state === undefined) throw new Error('a vault has changed a group');
    const group = new Group(this.#host.crypto, this.#settings.groupSelf, ANY_MEMBER, state);
    const seat = this.#sit(group);
    this.#commits.shutOutInTurn(seat);
    this.#asking.soon(seat);
  }

  /** Takes a seat in a group. Words that came before we did are lost with whatever told of them: nobody waits for an answer. */
  #sit(group: Group): Seat {
    const seat = new Seat(group, this.#nextNumber(), this.#host.now());
    this.#seats.add(seat);
    this.#heard(this.#groups.watch(group));
    this.#asking.later(seat);
    return seat;
  }

  #stand(seat: Seat): void {
    this.#commits.cancel(seat);
    this.#host.cancelTimer(seat.askTimer);
    this.#seats.delete(seat);
    this.#groups.forget(seat.group);
    seat.group.forget();
  }

  /** A packet has come in a conversation. */
  readonly #came = (packet: Uint8Array): void => {
    this.#heard(this.#groups.receive(packet));
  };

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
      fresh.map(({ group }) => this.#seats.of(group)).filter((s) => s !== undefined),
    );
    this.#settings.groupVault.keepGroups(
      [...seats].map((seat) => seat.record()),
      fresh.flatMap((arrival) => this.#seats.wordsOf(arrival)),
      () => {
        for (const { group, received, packet } of fresh) {
          const seat = this.#seats.of(group);
          if (seat !== undefined) this.#act(seat, received, packet);
        }
      },
    );
  }

  #act(seat: Seat, received: Received, packet: Uint8Array): void {
    const { group } = seat;
    if (received.kind === 'message') {
      const from = this.#seats.addressOf(received.from);
      const text = unpadGroupText(received.text);
      const frame = text && decodeFrame(text);
      if (frame?.kind === 'card') this.#cards.learn(from, frame.record);
      if (text !== undefined && !isFrame(text))
        this.#settings.listener.groupText?.(group, received.from, text, received.epoch);
      if (seat.heard({ ...received, packet, atUs: this.#host.now() })) this.#asking.soon(seat);
      this.#asking.help(seat, from, received.epoch);
      if (received.epoch === group.state.head.id) seat.inCompany = true;
    } else if (received.kind === 'leave') this.#commits.shutOutInTurn(seat);
    else if (received.kind === 'commit') {
      seat.strays = 0;
      if (received.moved) seat.inCompany = true;
      if (received.superseded !== undefined) {
        seat.wish(received.superseded);
        if (seat.wishes) this.#commits.within(seat, this.#options.gatherUs);
      }
      if (received.moved) this.#moved(seat, received.shutOut);
    }
  }

  #moved(seat: Seat, shutOut: boolean): void {
    this.#asking.afterChange(seat);
    this.#settings.listener.groupMoved?.(seat.group);
    if (seat.group.isMember) {
      this.#commits.shutOutInTurn(seat);
      return;
    }
    const { epochs, head } = seat.group.state;
    const tree = epochs.get(head.parent)?.body?.tree;
    const through = tree === undefined ? [] : this.#seats.addressesIn(tree);
    this.#stand(seat);
    // Who leaves has stood up already. Where nobody meant to remove us, our seat was taken away to give us another; if its welcome does not come, we ask for one.
    if (!shutOut) this.joinGroup(seat.id, through);
    this.#keep([{ name: `group/${seat.id}`, record: undefined }], () => undefined);
  }

  readonly #committed = (seat: Seat, made: Outgoing, to: readonly Uint8Array[]): void => {
    const { group } = seat;
    this.#asking.afterChange(seat);
    this.#groups.watch(group);
    this.#keep([seat.record()], () => {
      this.#post.toAll(to, made.packet);
      for (const { to: newcomer, bytes } of made.welcomes) {
        this.#post.whole(this.#seats.addressOf(newcomer), 'welcome', bytes);
        this.#cards.introduceTo(seat, this.#seats.addressOf(newcomer));
      }
      this.#settings.listener.groupMoved?.(group);
    });
  };

  /** Somebody asks to be let in. */
  readonly #asked = (seat: Seat, from: Uint8Array, one: KeyPackage): void => {
    if (!sameBytes(this.#seats.addressOf(one.leaf), from) || !this.#admits(seat, from)) return;
    seat.newcomers.set(bytesToHex(one.leaf.account), one);
    if (this.#options.commitOnJoin) this.#commits.within(seat, this.#options.gatherUs);
  };

  /** Whether somebody may be given a seat: whoever has one already, and whom the user lets in. */
  #admits(seat: Seat, address: Uint8Array): boolean {
    const { admits } = this.#settings;
    if (admits === undefined || admits(seat.id, address)) return true;
    return this.#seats.isMember(seat, address);
  }

  readonly #welcomed = (welcome: Uint8Array): void => {
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
      this.#cards.introduce(seat);
    });
  };

  /** Nobody knows our epoch any more: we are out, and ask to be let in once more. */
  readonly #joinAgain = (seat: Seat): void => {
    const others = this.#seats.others(seat);
    this.#stand(seat);
    this.joinGroup(seat.id, others);
    this.#keep([{ name: `group/${seat.id}`, record: undefined }], () => {
      this.#settings.listener.groupMoved?.(seat.group);
    });
  };

  #nextNumber(): number {
    return this.#next++ & 0x7fffffff;
  }

  readonly #keep = (records: readonly GroupRecord[], then: () => void): void => {
    this.#settings.groupVault.keepGroups(records, [], then);
  };
}
