/**
 * Dark routing of one node: makes packets, passes them on, tries whether they open.
 *
 * A packet goes through up to three phases. On its *stem* it takes some random hops, so that nobody can tell an originator from a
 * relay. Then each copy moves greedily towards the zone of nodes that match the disclosed bits. In the zone it is spread to everyone by
 * the dissemination policy. The rules are pure functions in files of their own; this class joins them with deduplication, expiry and the
 * node's relay policy.
 *
 * The recipient behaves as every other zone node: it forwards first, by the same rule, and only then tries to open; whether that
 * succeeds changes nothing that anyone could see. That is a test (paired worlds), not a hope.
 */
import { readUint32 } from '../codec/bytes.ts';
import type { AgreementKey } from '../crypto/port.ts';
import { SealedBox } from '../crypto/sealed-box.ts';
import type { Host, PeerHandle } from '../host.ts';
import {
  OUTCOME_DUPLICATE,
  OUTCOME_HANDLED,
  OUTCOME_MALFORMED,
  OUTCOME_OPENED,
  OUTCOME_REFUSED,
} from '../outcomes.ts';
import type { RoutingTable } from '../overlay/table.ts';
import type { RandomStream } from '../random.ts';
import { SeenPackets } from './dedup.ts';
import {
  DROPPED_DEAD_END,
  DROPPED_EXPIRED,
  DROPPED_FAR_EXPIRY,
  DROPPED_UNPAID,
  PACKET_OPENED,
  PACKET_ORIGINATED,
  PACKET_RECEIVED,
  PACKET_TAGGED,
  RECEIVED_DUPLICATE,
  RECEIVED_IN_ZONE,
  RECEIVED_LEVEL_SHIFT,
  RECEIVED_ON_STEM,
  RECEIVED_PROXIMITY_SHIFT,
  RECEIVED_TREE_SHIFT,
} from './events.ts';
import { lifeLeftUs, lifetimeMaxUs } from './expiry.ts';
import { Flood } from './flood.ts';
import { nextTowardsZone } from './greedy.ts';
import { tryOpen } from './opening.ts';
import type { RoutingOptions } from './options.ts';
import { PacketMaker, type SendProblem } from './originate.ts';
import { AT_STEM, AT_TAG, AT_TREE, LENGTH_BYTES, PACKET_OK } from './packet.ts';
import { SHORT_DEDUP_DIVISOR } from './params.ts';
import { Passing, TIMER_DELAYED } from './passing.ts';
import type { RelayPolicy } from './policy.ts';
import { RoutingScratch } from './scratch.ts';
import { nextOnStem, stemGoesOn } from './stem.ts';
import { ownProximity } from './targets.ts';
import { TollGate, type Toll } from './toll.ts';
import { treeBranches } from './tree.ts';

export class DarkRouter {
  /** Told of each text that opens, last of all; the bytes are borrowed. It must send nothing at once: that would name the recipient. */
  opened: ((text: Uint8Array, offset: number, length: number) => void) | undefined;
  /** Asked first, by topic tag: bytes of text that are news to a group of this node, 0 for a repetition, -1 for another's. Sends nothing at once either. */
  claimed: ((bytes: Uint8Array, offset: number, length: number) => number) | undefined;
  /** Whether a tag (8 bytes at `at`) is a topic that this node listens for, so that its packets are opened without regard to their view tag. */
  listensFor: ((bytes: Uint8Array, at: number) => boolean) | undefined;
  /** First 64 bits of the id of the packet sent last, unsigned. */
  lastIdHigh = 0;
  lastIdLow = 0;
  readonly #host: Host;
  readonly #table: RoutingTable;
  readonly #options: RoutingOptions;
  readonly #random: RandomStream;
  readonly #seen: SeenPackets;
  readonly #scratch: RoutingScratch;
  readonly #maker: PacketMaker;
  readonly #key: AgreementKey;
  readonly #box: SealedBox;
  /** For the policies that flood; trees do without. */
  readonly #flood: Flood | undefined;
  /** Where packets are paid for. */
  readonly #gate: TollGate | undefined;
  readonly #passing: Passing;

  constructor(
    host: Host,
    table: RoutingTable,
    depth: () => number,
    options: RoutingOptions,
    policy: RelayPolicy,
    key: AgreementKey,
    scratch = new RoutingScratch(),
    box = new SealedBox(host.crypto),
    toll?: Toll,
  ) {
    this.#host = host;
    this.#table = table;
    this.#options = options;
    this.#random = host.random('routing');
    const memoryUs = options.leaks.shortDedup
      ? Math.floor(options.lifetimeUs / SHORT_DEDUP_DIVISOR)
      : lifetimeMaxUs(options.lifetimeUs);
    this.#seen = new SeenPackets(memoryUs, this.#random.uint32());
    this.#scratch = scratch;
    this.#gate = toll && new TollGate(toll, scratch.header);
    this.#passing = new Passing(host, policy, scratch, this.#gate);
    this.#maker = new PacketMaker(host, options, this.#random, scratch, box);
    this.#key = key;
    this.#box = box;
    this.#flood =
      options.policy === 'tree'
        ? undefined
        : new Flood(table, host.peers, depth, options.policy === 'pss-v2', scratch);
  }

  /** Why the last `send` sent nothing (SEND_*). */
  get sendProblem(): SendProblem {
    return this.#maker.problem;
  }

  /**
   * Sends `text[textOffset..+textLength)` (at most TEXT_BYTES_MAX) to the holder of `recipientPublic`, whose address is
   * `address[addressOffset..+8)`, showing its first `luminosityBits` (0..256) bits, and in place of the view tag `topic` (8 bytes), if given.
   * @returns false if nothing was sent; `sendProblem` says why.
   */
  send(
    recipientPublic: Uint8Array,
    address: Uint32Array,
    addressOffset: number,
    luminosityBits: number,
    text: Uint8Array,
    textOffset: number,
    textLength: number,
    topic?: Uint8Array,
  ): boolean {
    const length = this.#maker.make(
      recipientPublic,
      address,
      addressOffset,
      luminosityBits,
      text,
      textOffset,
      textLength,
    );
    if (length < 0) return false;
    const { stemHops, trees, policy, leaks } = this.#options;
    const { packet, header } = this.#scratch;
    if (topic !== undefined && !leaks.clearTopic) packet.set(topic, AT_TAG);
    if (header.read(packet, 0, length) !== PACKET_OK) throw new Error('we made a malformed packet');
    this.lastIdHigh = header.idHigh;
    this.lastIdLow = header.idLow;
    this.#host.emit(PACKET_ORIGINATED, header.idHigh, header.idLow, header.luminosity, length);
    const [tagHigh, tagLow] = [readUint32(packet, AT_TAG), readUint32(packet, AT_TAG + 4)];
    this.#host.emit(PACKET_TAGGED, header.idHigh, header.idLow, tagHigh, tagLow);
    if (this.#gate !== undefined) this.#gate.bytes = length;
    const own = ownProximity(this.#table, this.#host.peers, header.target);
    const copies = policy === 'tree' ? trees : 1;
    for (let tree = 0; tree < copies; tree++) {
      packet[AT_TREE] = tree;
      header.tree = tree;
      if (stemHops > 0) {
        // Not remembered: when routing brings it back to us, we pass it on as anybody would.
        this.#passOnStem(packet, 0, length, -1);
      } else {
        this.#seen.seenInTree(this.#find(), tree);
        this.#spread(packet, 0, length, own, -1, -1);
      }
    }
    return true;
  }

  /** Begins a new life: packets held back by an earlier one are gone with its timers. */
  start(): void {
    this.#passing.start();
  }

  /** One dark packet from `from`. @returns an outcome code. */
  onDatagram(from: PeerHandle, bytes: Uint8Array, offset: number, length: number): number {
    const header = this.#scratch.header;
    if (header.read(bytes, offset, length) !== PACKET_OK) return OUTCOME_MALFORMED;
    const now = this.#host.now();
    const life = lifeLeftUs(header.flags, header.expiry, now);
    if (life < 0) return this.#dropped(from, DROPPED_EXPIRED);
    if (life > lifetimeMaxUs(this.#options.lifetimeUs)) {
      return this.#dropped(from, DROPPED_FAR_EXPIRY);
    }
    if (this.#gate !== undefined) {
      this.#gate.bytes = length;
      if (!this.#gate.taken(from)) return this.#dropped(from, DROPPED_UNPAID);
    }
    const own = ownProximity(this.#table, this.#host.peers, header.target);
    const inZone = own >= header.luminosity;
    let facts =
      (header.tree << RECEIVED_TREE_SHIFT) |
      (own << RECEIVED_PROXIMITY_SHIFT) |
      (header.level << RECEIVED_LEVEL_SHIFT) |
      (inZone ? RECEIVED_IN_ZONE : 0);
    const onStem = header.stem !== 0;
    if (onStem) {
      facts |= RECEIVED_ON_STEM;
      if (stemGoesOn(this.#options.stemHops, this.#random)) {
        this.#received(from, facts);
        return this.#passOnStem(bytes, offset, length, from);
      }
    }
    const place = this.#find();
    if (this.#seen.seenInTree(place, header.tree)) {
      this.#received(from, facts | RECEIVED_DUPLICATE);
      return OUTCOME_DUPLICATE;
    }
    this.#received(from, facts);
    const outcome = onStem
      ? this.#leaveStem(bytes, offset, length, own, from)
      : this.#spread(bytes, offset, length, own, from, from);
    if (!inZone) return outcome;
    const claimed = this.claimed?.(bytes, offset, length) ?? -1;
    if (claimed === 0) return outcome;
    const textBytes = claimed > 0 ? claimed : this.#tryOpen(place, bytes, offset, length);
    if (textBytes < 0) return outcome;
    this.#host.emit(PACKET_OPENED, header.idHigh, header.idLow, from, textBytes);
    if (claimed < 0) this.opened?.(this.#scratch.text, LENGTH_BYTES, textBytes);
    return OUTCOME_OPENED;
  }

  #tryOpen(place: number, bytes: Uint8Array, offset: number, length: number): number {
    const { leaks } = this.#options;
    const [scratch, box, seen] = [this.#scratch, this.#box, this.#seen];
    const isTopic = this.listensFor?.(bytes, offset + AT_TAG) === true;
    return tryOpen(this.#key, leaks, isTopic, seen, place, scratch, box, bytes, offset, length);
  }

  /** Timers TIMER_DELAYED: a packet that the policy held back is due. */
  onTimer(kind: number, argument: number): number {
    return kind === TIMER_DELAYED ? this.#passing.due(argument) : OUTCOME_REFUSED;
  }

  /**
   * Where deduplication has the packet of the current header. It goes by the inner id; with the 2018 leak also by the prefix, so that a
   * longer one makes a new packet.
   */
  #find(): number {
    const { idHigh, idLow, luminosity } = this.#scratch.header;
    const low = this.#options.leaks.extensionReplay
      ? (idLow ^ Math.imul(luminosity + 1, 0x9e3779b1)) >>> 0
      : idLow;
    return this.#seen.find(this.#host.now(), idHigh, low);
  }

  #passOnStem(bytes: Uint8Array, offset: number, length: number, from: PeerHandle): number {
    const peer = nextOnStem(this.#table, this.#random, this.#gate);
    if (this.#passing.noCredit(from) > 0) return OUTCOME_REFUSED;
    if (peer < 0) return this.#dropped(from, DROPPED_DEAD_END);
    this.#scratch.peers[0] = peer;
    return this.#passing.pass(bytes, offset, length, 1, false, from);
  }

  /**
   * The stem ends here: this copy is ours to route, as if we had made it. Whoever brought it has not routed it and
   * may be of the zone, so nobody is left out.
   */
  #leaveStem(
    bytes: Uint8Array,
    offset: number,
    length: number,
    own: number,
    from: PeerHandle,
  ): number {
    const packet = this.#scratch.packet;
    packet.set(bytes.subarray(offset, offset + length));
    packet[AT_STEM] = 0;
    return this.#spread(packet, 0, length, own, from, -1);
  }

  /** Sends on what this node owes; `exclude` is a peer that has routed this copy already, or -1. */
  #spread(
    bytes: Uint8Array,
    offset: number,
    length: number,
    own: number,
    from: PeerHandle,
    exclude: PeerHandle,
  ): number {
    const { header, peers, levels } = this.#scratch;
    const flood = this.#flood;
    if (own >= header.luminosity) {
      let owed: number;
      if (flood === undefined) {
        // A level below the luminosity would make us act for nodes outside the zone; nobody can be talked into that.
        const level = header.level > header.luminosity ? header.level : header.luminosity;
        owed = treeBranches(this.#table, level, this.#random, peers, levels, this.#gate);
      } else owed = this.#floodTo(flood, exclude);
      this.#passing.noCredit(from);
      // At a leaf of the tree, or the last node of a flood, there is simply nobody else.
      if (owed === 0) return OUTCOME_HANDLED;
      return this.#passing.pass(bytes, offset, length, owed, flood === undefined, from);
    }
    const owed =
      flood === undefined || this.#options.randomPeer
        ? this.#stepTowards(own, exclude)
        : this.#floodTo(flood, exclude);
    if (this.#passing.noCredit(from) > 0 && owed === 0) return OUTCOME_REFUSED;
    if (owed === 0) return this.#dropped(from, DROPPED_DEAD_END);
    return this.#passing.pass(bytes, offset, length, owed, false, from);
  }

  /** Everyone a flood goes to, into `peers`. */
  #floodTo(flood: Flood, exclude: PeerHandle): number {
    const count = flood.receivers(this.#scratch.header, exclude);
    return this.#gate?.keepAllowed(this.#scratch.peers, count) ?? count;
  }

  /** One peer nearer to the zone into `peers[0]`; 0 at a dead end. */
  #stepTowards(own: number, exclude: PeerHandle): number {
    const { header, peers } = this.#scratch;
    const peer = nextTowardsZone(
      this.#table,
      this.#host.peers,
      header.target,
      own,
      header.luminosity,
      // Only where a message begins are its trees spread over different first links; later hops differ anyway.
      exclude < 0 ? header.tree : 0,
      this.#options.randomPeer,
      this.#random,
      this.#gate,
    );
    if (peer < 0) return 0;
    peers[0] = peer;
    return 1;
  }

  #received(from: PeerHandle, facts: number): void {
    const header = this.#scratch.header;
    this.#host.emit(PACKET_RECEIVED, header.idHigh, header.idLow, from, facts);
  }

  #dropped(from: PeerHandle, reason: number): number {
    return this.#passing.dropped(from, reason);
  }
}
