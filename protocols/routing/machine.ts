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
import { writeUint16, writeUint32 } from '../codec/bytes.ts';
import type { AgreementKey } from '../crypto/port.ts';
import { SEALED_OVERHEAD_BYTES, SealedBox } from '../crypto/sealed-box.ts';
import { DATAGRAM_BYTES_MAX, MICROS_PER_SECOND, type Host, type PeerHandle } from '../host.ts';
import { ADDRESS_BYTES, ADDRESS_WORDS, writeAddress } from '../identity/proximity.ts';
import {
  OUTCOME_DEAD_END,
  OUTCOME_DUPLICATE,
  OUTCOME_EXPIRED,
  OUTCOME_FORWARDED,
  OUTCOME_HANDLED,
  OUTCOME_MALFORMED,
  OUTCOME_OPENED,
  OUTCOME_REFUSED,
} from '../outcomes.ts';
import type { RoutingTable } from '../overlay/table.ts';
import type { RandomStream } from '../random.ts';
import { DelayedPackets } from './delayed.ts';
import { SeenPackets } from './dedup.ts';
import {
  DROPPED_BY_POLICY,
  DROPPED_DEAD_END,
  DROPPED_EXPIRED,
  DROPPED_STORE_FULL,
  PACKET_DROPPED,
  PACKET_OPENED,
  PACKET_ORIGINATED,
  PACKET_RECEIVED,
  PACKET_SENT,
  RECEIVED_DUPLICATE,
  RECEIVED_IN_ZONE,
  RECEIVED_ON_STEM,
  RECEIVED_LEVEL_SHIFT,
  RECEIVED_PROXIMITY_SHIFT,
  RECEIVED_TREE_SHIFT,
} from './events.ts';
import { nextTowardsZone } from './greedy.ts';
import type { RoutingOptions } from './options.ts';
import {
  ASSOCIATED_BYTES,
  AT_ID,
  AT_LEVEL,
  AT_STEM,
  AT_TAG,
  AT_TARGET,
  AT_TREE,
  DarkHeader,
  FLAG_EXACT_EXPIRY,
  HEADER_BYTES,
  ID_BYTES,
  PACKET_OK,
  writeAssociated,
  writeHeader,
} from './packet.ts';
import {
  EXPIRY_EPOCH_US,
  SHORT_DEDUP_DIVISOR,
  SIZE_CLASSES_BYTES,
  TEXT_BYTES_MAX,
} from './params.ts';
import type { RelayPolicy } from './policy.ts';
import { PssV2Rule } from './pss-v2.ts';
import { pssReceivers, whitepaperDepth } from './pss.ts';
import { ownProximity } from './targets.ts';
import { treeBranches } from './tree.ts';
import { TargetWalk } from './walk.ts';

export const TIMER_DELAYED = 0x200;

/** Lane of `SeenPackets` that remembers which packets were tried; the trees use 0..4. */
const LANE_TRIED = 255;
const SECRET_BYTES = 32;
const LENGTH_BYTES = 2;
const BRANCHES_MAX = 64;

const acceptsAll = (): boolean => true;

/** Buffers that all routers of one thread may share: nothing in them survives a call. */
export class RoutingScratch {
  readonly packet = new Uint8Array(DATAGRAM_BYTES_MAX);
  readonly text = new Uint8Array(DATAGRAM_BYTES_MAX);
  readonly associated = new Uint8Array(ASSOCIATED_BYTES);
  readonly secret = new Uint8Array(SECRET_BYTES);
  readonly header = new DarkHeader();
  readonly walk = new TargetWalk();
  readonly levels = new Uint16Array(BRANCHES_MAX);
  peers = new Int32Array(1024);
}

export class DarkRouter {
  /** First 64 bits of the id of the packet sent last, unsigned. */
  lastIdHigh = 0;
  lastIdLow = 0;
  readonly #host: Host;
  readonly #table: RoutingTable;
  readonly #depth: () => number;
  readonly #options: RoutingOptions;
  readonly #policy: RelayPolicy;
  readonly #key: AgreementKey;
  readonly #random: RandomStream;
  readonly #seen: SeenPackets;
  readonly #scratch: RoutingScratch;
  readonly #box: SealedBox;
  readonly #pssV2: PssV2Rule | undefined;
  #delayed: DelayedPackets | undefined;

  constructor(
    host: Host,
    table: RoutingTable,
    depth: () => number,
    options: RoutingOptions,
    policy: RelayPolicy,
    key: AgreementKey,
    scratch = new RoutingScratch(),
    box = new SealedBox(host.crypto),
  ) {
    this.#host = host;
    this.#table = table;
    this.#depth = depth;
    this.#options = options;
    this.#policy = policy;
    this.#key = key;
    this.#random = host.random('routing');
    const lifetimeMaxUs = options.lifetimeUs + EXPIRY_EPOCH_US;
    const memoryUs = options.leaks.shortDedup
      ? Math.floor(options.lifetimeUs / SHORT_DEDUP_DIVISOR)
      : lifetimeMaxUs;
    this.#seen = new SeenPackets(memoryUs);
    this.#scratch = scratch;
    this.#box = box;
    this.#pssV2 = options.policy === 'pss-v2' ? new PssV2Rule() : undefined;
  }

  /**
   * Sends `text[textOffset..+textLength)` (at most TEXT_BYTES_MAX) to the holder of `recipientPublic`, whose address is
   * `address[addressOffset..+8)`, showing its first `luminosityBits` (0..256) bits.
   * @returns false if the text is too long or the recipient's key is of low order: nothing was sent.
   */
  send(
    recipientPublic: Uint8Array,
    address: Uint32Array,
    addressOffset: number,
    luminosityBits: number,
    text: Uint8Array,
    textOffset: number,
    textLength: number,
  ): boolean {
    if (textLength > TEXT_BYTES_MAX) return false;
    const { leaks, stemHops, trees, policy } = this.#options;
    const luminosity = leaks.wholeByteLuminosity ? luminosityBits & ~7 : luminosityBits;
    const scratch = this.#scratch;
    const packet = scratch.packet;
    const now = this.#host.now();
    const flags = leaks.exactExpiry ? FLAG_EXACT_EXPIRY : 0;
    writeHeader(packet, flags, luminosity, stemHops > 0 ? 1 : 0, this.#expiryOf(now));
    this.#writeTarget(packet, address, addressOffset, luminosity);
    this.#random.fill(packet, AT_ID, ID_BYTES);
    const sealedBytes = this.#seal(
      packet,
      recipientPublic,
      luminosity,
      text,
      textOffset,
      textLength,
    );
    if (sealedBytes < 0) return false;
    if (leaks.clearTopic) this.#writeClearTopic(packet, address, addressOffset);
    const length = HEADER_BYTES + sealedBytes;

    const header = scratch.header;
    if (header.read(packet, 0, length) !== PACKET_OK) throw new Error('we made a malformed packet');
    this.lastIdHigh = header.idHigh;
    this.lastIdLow = header.idLow;
    this.#host.emit(PACKET_ORIGINATED, header.idHigh, header.idLow, luminosity, length);
    const own = ownProximity(this.#table, this.#host.peers, header.target);
    const copies = policy === 'tree' ? trees : 1;
    for (let tree = 0; tree < copies; tree++) {
      packet[AT_TREE] = tree;
      header.tree = tree;
      this.#seen.seenBefore(now, header.idHigh, this.#dedupLow(header), tree);
      // Our own copy travels by the same rules as everybody's, but no policy of ours may drop it.
      if (stemHops > 0) this.#sendOnStem(packet, 0, length);
      else this.#spread(packet, 0, length, own, -1, false);
    }
    return true;
  }

  /** Begins a new life: packets held back by an earlier one are gone with its timers. */
  start(): void {
    this.#delayed = undefined;
  }

  /** One dark packet from `from`. @returns an outcome code. */
  onDatagram(from: PeerHandle, bytes: Uint8Array, offset: number, length: number): number {
    const header = this.#scratch.header;
    if (header.read(bytes, offset, length) !== PACKET_OK) return OUTCOME_MALFORMED;
    const now = this.#host.now();
    const life = this.#lifeLeft(header, now);
    if (life < 0) {
      this.#host.emit(PACKET_DROPPED, header.idHigh, header.idLow, from, DROPPED_EXPIRED);
      return OUTCOME_EXPIRED;
    }
    // A packet that claims to live longer than any may would outlive our memory of it.
    if (life > this.#options.lifetimeUs + EXPIRY_EPOCH_US) return OUTCOME_REFUSED;
    const own = ownProximity(this.#table, this.#host.peers, header.target);
    const nearness =
      (header.tree << RECEIVED_TREE_SHIFT) |
      (own << RECEIVED_PROXIMITY_SHIFT) |
      (header.level << RECEIVED_LEVEL_SHIFT);
    if (header.stem > 0) {
      this.#received(header, from, nearness | RECEIVED_ON_STEM);
      return this.#continueStem(bytes, offset, length, own, from);
    }
    const inZone = own >= header.luminosity;
    const zone = inZone ? RECEIVED_IN_ZONE : 0;
    if (this.#seen.seenBefore(now, header.idHigh, this.#dedupLow(header), header.tree)) {
      this.#received(header, from, nearness | zone | RECEIVED_DUPLICATE);
      return OUTCOME_DUPLICATE;
    }
    this.#received(header, from, nearness | zone);
    const outcome = this.#spread(bytes, offset, length, own, from, true);
    if (!inZone) return outcome;
    return this.#tryOpen(header, from, bytes, offset, length, now) ? OUTCOME_OPENED : outcome;
  }

  /** Timers TIMER_DELAYED: a packet that the policy held back is due. */
  onTimer(kind: number, argument: number): number {
    if (kind !== TIMER_DELAYED || this.#delayed === undefined) return OUTCOME_REFUSED;
    const held = this.#delayed.take(argument);
    if (held === undefined) return OUTCOME_REFUSED;
    const header = this.#scratch.header;
    if (header.read(held.bytes, 0, held.length) !== PACKET_OK) return OUTCOME_REFUSED;
    for (let i = 0; i < held.count; i++) {
      if (held.levels[i] !== 0) writeUint16(held.bytes, AT_LEVEL, held.levels[i]!);
      this.#sendCopy(held.peers[i]!, held.bytes, 0, held.length);
    }
    this.#delayed.release(argument);
    return OUTCOME_HANDLED;
  }

  // ---- making a packet ----

  /** Writes the sealed box and the topic tag; bytes of the box, or -1 for a recipient key of low order. */
  #seal(
    packet: Uint8Array,
    recipientPublic: Uint8Array,
    luminosity: number,
    text: Uint8Array,
    textOffset: number,
    textLength: number,
  ): number {
    const { text: plain, associated, secret } = this.#scratch;
    const used = LENGTH_BYTES + textLength;
    const padded = this.#options.leaks.noPadding
      ? used
      : SIZE_CLASSES_BYTES.find((size) => size >= used)!;
    writeUint16(plain, 0, textLength);
    for (let i = 0; i < textLength; i++) plain[LENGTH_BYTES + i] = text[textOffset + i]!;
    plain.fill(0, used, padded);
    this.#random.fill(secret, 0, SECRET_BYTES);
    writeAssociated(packet, 0, luminosity, !this.#options.leaks.extensionReplay, associated);
    const sealed = this.#box.sealTo(
      recipientPublic,
      secret,
      associated,
      plain,
      0,
      padded,
      packet,
      HEADER_BYTES,
    );
    secret.fill(0);
    if (!sealed) return -1;
    packet.set(this.#box.viewTag, AT_TAG);
    return padded + SEALED_OVERHEAD_BYTES;
  }

  /** The destination's first l bits, then random ones (or zeros, as the 2018 code had it). */
  #writeTarget(
    packet: Uint8Array,
    address: Uint32Array,
    addressOffset: number,
    luminosity: number,
  ): void {
    if (this.#options.leaks.zeroPaddedTarget) packet.fill(0, AT_TARGET, AT_TARGET + ADDRESS_BYTES);
    else this.#random.fill(packet, AT_TARGET, ADDRESS_BYTES);
    const random = this.#scratch.header.target;
    for (let i = 0; i < ADDRESS_WORDS; i++) {
      const left = luminosity - 32 * i;
      const mask = left >= 32 ? 0xffffffff : left <= 0 ? 0 : ~(0xffffffff >>> left);
      const at = AT_TARGET + 4 * i;
      const padding =
        (packet[at]! << 24) | (packet[at + 1]! << 16) | (packet[at + 2]! << 8) | packet[at + 3]!;
      random[i] = (address[addressOffset + i]! & mask) | (padding & ~mask);
    }
    writeAddress(random, 0, packet, AT_TARGET);
  }

  /** The leak: a tag that is the same for all messages between two addresses. */
  #writeClearTopic(packet: Uint8Array, address: Uint32Array, addressOffset: number): void {
    const words = this.#host.peers.words;
    const self = this.#host.self * ADDRESS_WORDS;
    writeUint32(packet, AT_TAG, words[self]! ^ address[addressOffset]!);
    writeUint32(packet, AT_TAG + 4, words[self + 1]! ^ address[addressOffset + 1]!);
  }

  #expiryOf(nowUs: number): number {
    const endUs = nowUs + this.#options.lifetimeUs;
    return this.#options.leaks.exactExpiry
      ? Math.ceil(endUs / MICROS_PER_SECOND)
      : Math.floor(endUs / EXPIRY_EPOCH_US);
  }

  /** Time until a packet expires, microseconds; negative when it has. */
  #lifeLeft(header: DarkHeader, nowUs: number): number {
    return (header.flags & FLAG_EXACT_EXPIRY) !== 0
      ? header.expiry * MICROS_PER_SECOND - nowUs
      : (header.expiry + 1) * EXPIRY_EPOCH_US - nowUs;
  }

  /** What deduplication goes by: the inner id; with the 2018 leak also the prefix, so that a longer one is a new packet. */
  #dedupLow(header: DarkHeader): number {
    return this.#options.leaks.extensionReplay
      ? (header.idLow ^ Math.imul(header.luminosity + 1, 0x9e3779b1)) >>> 0
      : header.idLow;
  }

  // ---- passing packets on ----

  #continueStem(
    bytes: Uint8Array,
    offset: number,
    length: number,
    own: number,
    from: PeerHandle,
  ): number {
    const header = this.#scratch.header;
    const copies = this.#policy.copies(1);
    if (copies === 0) return this.#dropped(header, from, DROPPED_BY_POLICY);
    // Each hop goes on with the same chance, so that the packet does not tell how far it is from its sender.
    const { stemHops } = this.#options;
    if (stemHops > 1 && this.#random.below(stemHops) !== 0) {
      return this.#sendOnStem(bytes, offset, length);
    }
    const packet = this.#copyToScratch(bytes, offset, length);
    packet[AT_STEM] = 0;
    header.stem = 0;
    // The stem ends here: from now on this copy is ours to route, as if it had reached us by routing.
    this.#seen.seenBefore(this.#host.now(), header.idHigh, this.#dedupLow(header), header.tree);
    const outcome = this.#spread(packet, 0, length, own, from, false);
    if (own < header.luminosity) return outcome;
    return this.#tryOpen(header, from, packet, 0, length, this.#host.now())
      ? OUTCOME_OPENED
      : outcome;
  }

  #sendOnStem(packet: Uint8Array, offset: number, length: number): number {
    const size = this.#table.size;
    const header = this.#scratch.header;
    if (size === 0) return this.#dropped(header, -1, DROPPED_DEAD_END);
    this.#sendCopy(this.#table.handles[this.#random.below(size)]!, packet, offset, length);
    return OUTCOME_FORWARDED;
  }

  /** Sends the copies that this node owes, as the policy decides (unless the packet is its own). */
  #spread(
    bytes: Uint8Array,
    offset: number,
    length: number,
    own: number,
    from: PeerHandle,
    ask: boolean,
  ): number {
    const header = this.#scratch.header;
    const policy = this.#options.policy;
    if (policy === 'tree' && own >= header.luminosity) {
      return this.#spreadTree(bytes, offset, length, from, ask);
    }
    const owed = policy === 'tree' ? this.#stepOutside(own, from) : this.#flood(from);
    if (owed === 0) {
      // In a zone of one, or at the last node of a flood, there is simply nobody else.
      return own >= header.luminosity
        ? OUTCOME_HANDLED
        : this.#dropped(header, from, DROPPED_DEAD_END);
    }
    const peers = this.#scratch.peers;
    const copies = ask ? this.#policy.copies(owed) : owed;
    if (copies === 0) return this.#dropped(header, from, DROPPED_BY_POLICY);
    if (ask && this.#policy.delayUs > 0)
      return this.#hold(bytes, offset, length, copies, false, from);
    for (let i = 0; i < copies; i++) {
      this.#host.emit(PACKET_SENT, header.idHigh, header.idLow, peers[i]!, length);
    }
    this.#host.sendToMany(peers, copies, bytes, offset, length);
    return OUTCOME_FORWARDED;
  }

  #spreadTree(
    bytes: Uint8Array,
    offset: number,
    length: number,
    from: PeerHandle,
    ask: boolean,
  ): number {
    const header = this.#scratch.header;
    const { peers, levels } = this.#scratch;
    // A level below the luminosity would make us act for nodes outside the zone; a relay cannot be talked into that.
    const level = Math.max(header.level, header.luminosity);
    const owed = treeBranches(this.#table, level, this.#random, peers, levels);
    if (owed === 0) return OUTCOME_HANDLED;
    const copies = ask ? this.#policy.copies(owed) : owed;
    if (copies === 0) return this.#dropped(header, from, DROPPED_BY_POLICY);
    if (ask && this.#policy.delayUs > 0)
      return this.#hold(bytes, offset, length, copies, true, from);
    const packet = this.#copyToScratch(bytes, offset, length);
    for (let i = 0; i < copies; i++) {
      writeUint16(packet, AT_LEVEL, levels[i]!);
      this.#sendCopy(peers[i]!, packet, 0, length);
    }
    // The caller may send the same buffer again as another tree.
    writeUint16(packet, AT_LEVEL, header.level);
    return OUTCOME_FORWARDED;
  }

  /** One peer nearer to the zone into `peers[0]`; 0 at a dead end. */
  #stepOutside(own: number, from: PeerHandle): number {
    const header = this.#scratch.header;
    const peer = nextTowardsZone(
      this.#table,
      this.#host.peers,
      header.target,
      own,
      header.luminosity,
      // Only the originator spreads its trees over different first links; later hops differ anyway.
      from < 0 ? header.tree : 0,
      this.#options.randomPeer,
      this.#random,
    );
    if (peer < 0) return 0;
    this.#scratch.peers[0] = peer;
    return 1;
  }

  #flood(from: PeerHandle): number {
    const scratch = this.#scratch;
    const header = scratch.header;
    scratch.walk.prepare(this.#table, this.#host.peers, header.target);
    if (scratch.peers.length < scratch.walk.count) {
      scratch.peers = new Int32Array(scratch.walk.count * 2);
    }
    return this.#pssV2 === undefined
      ? pssReceivers(
          scratch.walk,
          header.luminosity,
          whitepaperDepth(this.#table),
          from,
          scratch.peers,
        )
      : this.#pssV2.receivers(
          scratch.walk,
          header.luminosity,
          this.#depth(),
          acceptsAll,
          scratch.peers,
        );
  }

  #sendCopy(peer: PeerHandle, bytes: Uint8Array, offset: number, length: number): void {
    const header = this.#scratch.header;
    this.#host.emit(PACKET_SENT, header.idHigh, header.idLow, peer, length);
    this.#host.send(peer, bytes, offset, length);
  }

  /** Keeps a packet until the policy's delay has passed. */
  #hold(
    bytes: Uint8Array,
    offset: number,
    length: number,
    copies: number,
    inTree: boolean,
    from: PeerHandle,
  ): number {
    this.#delayed ??= new DelayedPackets();
    const { peers, levels, header } = this.#scratch;
    const slot = this.#delayed.hold(
      bytes,
      offset,
      length,
      peers,
      inTree ? levels : undefined,
      copies,
    );
    if (slot < 0) return this.#dropped(header, from, DROPPED_STORE_FULL);
    this.#host.setTimer(Math.max(1, this.#policy.delayUs), TIMER_DELAYED, slot);
    return OUTCOME_HANDLED;
  }

  #copyToScratch(bytes: Uint8Array, offset: number, length: number): Uint8Array {
    const packet = this.#scratch.packet;
    if (bytes !== packet) packet.set(bytes.subarray(offset, offset + length));
    return packet;
  }

  // ---- opening ----

  #tryOpen(
    header: DarkHeader,
    from: PeerHandle,
    bytes: Uint8Array,
    offset: number,
    length: number,
    nowUs: number,
  ): boolean {
    // Each tree brings a copy; one try per packet is enough, and costs an agreement.
    if (this.#seen.seenBefore(nowUs, header.idHigh, this.#dedupLow(header), LANE_TRIED))
      return false;
    const sealed = offset + HEADER_BYTES;
    const { leaks } = this.#options;
    if (!leaks.clearTopic) {
      const tag = offset + AT_TAG;
      if (!this.#box.viewTagMatches(this.#key, bytes, sealed, bytes, tag)) return false;
    }
    const { associated, text } = this.#scratch;
    writeAssociated(bytes, offset, header.luminosity, !leaks.extensionReplay, associated);
    const opened = this.#box.open(
      this.#key,
      bytes,
      sealed,
      length - HEADER_BYTES,
      associated,
      text,
      0,
    );
    if (opened < LENGTH_BYTES) return false;
    const textBytes = (text[0]! << 8) | text[1]!;
    if (textBytes > opened - LENGTH_BYTES) return false;
    this.#host.emit(PACKET_OPENED, header.idHigh, header.idLow, from, textBytes);
    return true;
  }

  #received(header: DarkHeader, from: PeerHandle, flags: number): void {
    this.#host.emit(PACKET_RECEIVED, header.idHigh, header.idLow, from, flags);
  }

  #dropped(header: DarkHeader, from: PeerHandle, reason: number): number {
    this.#host.emit(PACKET_DROPPED, header.idHigh, header.idLow, from, reason);
    return reason === DROPPED_DEAD_END ? OUTCOME_DEAD_END : OUTCOME_REFUSED;
  }
}
