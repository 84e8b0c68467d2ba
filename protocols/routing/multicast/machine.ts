/**
 * Multicast routing of one node: a packet for several zones travels once as long as its destinations share the next hop, and is split only where their
 * ways part. A branch with one destination left is a dark packet from there on, so everything about zones (trees, deduplication, who tries to open) is dark
 * routing's business.
 *
 * Next hops are chosen for all destinations at once (`sharing.ts`): nearly the greedy ones, but such that many travel together. Ways only get nearer to
 * their zones, so nothing goes round in circles; a copy of the same branch that comes again is dropped all the same, since an attacker may send it again.
 */
import type { Host, PeerHandle } from '../../host.ts';
import { DATAGRAM_BYTES_MAX } from '../../host.ts';
import { ADDRESS_BYTES, ADDRESS_WORDS } from '../../identity/proximity.ts';
import {
  OUTCOME_DUPLICATE,
  OUTCOME_EXPIRED,
  OUTCOME_FORWARDED,
  OUTCOME_HANDLED,
  OUTCOME_MALFORMED,
  OUTCOME_REFUSED,
} from '../../outcomes.ts';
import type { RoutingTable } from '../../overlay/table.ts';
import type { RandomStream } from '../../random.ts';
import { readUint32 } from '../../codec/bytes.ts';
import { SeenPackets } from '../dedup.ts';
import { MULTICAST_BRANCHED, MULTICAST_ORIGINATED, MULTICAST_SENT } from '../events.ts';
import { expiryField, lifeLeftUs, lifetimeMaxUs } from '../expiry.ts';
import { nextTowardsZone } from '../greedy.ts';
import type { DarkRouter } from '../machine.ts';
import type { RoutingOptions } from '../options.ts';
import { AT_ID, ID_BYTES } from '../packet.ts';
import type { RelayPolicy } from '../policy.ts';
import { ownProximity } from '../targets.ts';
import {
  comparePrefixes,
  destinationsIn,
  prefixBytes,
  readBranchTarget,
  readMulticast,
  writeBranch,
  writeMulticast,
  writeSubset,
  type MulticastHeader,
} from './packet.ts';
import { shareHops, type Bound } from './sharing.ts';

/** Buffers that all nodes of one thread may share: nothing in them survives a call. */
export class MulticastScratch {
  /** A message of a node's own, before it is split. */
  readonly own = new Uint8Array(DATAGRAM_BYTES_MAX);
  readonly out = new Uint8Array(DATAGRAM_BYTES_MAX);
  readonly targetBytes = new Uint8Array(ADDRESS_BYTES);
}

export class MulticastRouter {
  readonly #host: Host;
  readonly #table: RoutingTable;
  readonly #options: RoutingOptions;
  readonly #policy: RelayPolicy;
  readonly #router: DarkRouter;
  /** Both made when first needed: most nodes of a large world never are. */
  #madeRandom: RandomStream | undefined;
  #madeSeen: SeenPackets | undefined;
  readonly #scratch: MulticastScratch;

  constructor(
    host: Host,
    table: RoutingTable,
    options: RoutingOptions,
    policy: RelayPolicy,
    router: DarkRouter,
    scratch: MulticastScratch,
  ) {
    this.#scratch = scratch;
    this.#host = host;
    this.#table = table;
    this.#options = options;
    this.#policy = policy;
    this.#router = router;
  }

  get #random(): RandomStream {
    return (this.#madeRandom ??= this.#host.random('routing/multicast'));
  }

  get #seen(): SeenPackets {
    return (this.#madeSeen ??= new SeenPackets(
      lifetimeMaxUs(this.#options.lifetimeUs),
      this.#random.uint32(),
    ));
  }

  /**
   * Sends `sealed` once to all zones of `prefixes` (at least one; each prefixBytes(luminosityBits) long, doubles are left out), in as many packets as their list
   * needs.
   * @returns packets made; 0 if the payload is too long for one destination.
   */
  send(
    prefixes: readonly Uint8Array[],
    luminosityBits: number,
    tag: Uint8Array,
    sealed: Uint8Array,
  ): number {
    const most = destinationsIn(luminosityBits, sealed.length);
    if (most < 1 || prefixes.length === 0) return 0;
    const zones = distinct(prefixes, prefixBytes(luminosityBits));
    const id = new Uint8Array(ID_BYTES);
    const expiry = expiryField(this.#host.now(), this.#options.lifetimeUs, false);
    const trees = this.#options.policy === 'tree' ? this.#options.trees : 1;
    let made = 0;
    for (let from = 0; from < zones.length; from += most) {
      const part = zones.slice(from, from + most);
      this.#random.fill(id, 0, ID_BYTES);
      const message = [readUint32(id, 0), readUint32(id, 4)] as const;
      this.#host.emit(MULTICAST_ORIGINATED, ...message, luminosityBits, part.length);
      for (let tree = 0; tree < trees; tree++) {
        const length = writeMulticast(this.#scratch.own, {
          tree,
          luminosity: luminosityBits,
          expiry,
          id,
          tag,
          prefixes: part,
          sealed,
        });
        this.#split(
          this.#scratch.own,
          0,
          length,
          readMulticast(this.#scratch.own, 0, length, 1)!,
          -1,
        );
      }
      made++;
    }
    return made;
  }

  /** One multicast packet from `from`. @returns an outcome code. */
  onDatagram(from: PeerHandle, bytes: Uint8Array, offset: number, length: number): number {
    const header = readMulticast(bytes, offset, length);
    if (header === undefined) return OUTCOME_MALFORMED;
    const life = lifeLeftUs(0, header.expiry, this.#host.now());
    if (life < 0) return OUTCOME_EXPIRED;
    if (life > lifetimeMaxUs(this.#options.lifetimeUs)) return OUTCOME_REFUSED;
    const list = listOf(bytes, offset, header);
    const place = this.#seen.find(this.#host.now(), (header.idHigh ^ list) >>> 0, header.idLow);
    if (this.#seen.seenInTree(place, header.tree)) return OUTCOME_DUPLICATE;
    return this.#split(bytes, offset, length, header, from);
  }

  /** Sends each destination on its way; those that share the next hop share a datagram. */
  #split(
    bytes: Uint8Array,
    offset: number,
    length: number,
    header: MulticastHeader,
    from: PeerHandle,
  ): number {
    const hops = this.#nextHops(bytes, offset, header, from);
    const shared = new Map<PeerHandle, number[]>();
    const branches: number[] = [];
    for (let index = 0; index < header.count; index++) {
      const peer = hops[index]!;
      const together = shared.get(peer);
      if (peer < 0) branches.push(index);
      else if (together === undefined) shared.set(peer, [index]);
      else together.push(index);
    }
    for (const [peer, together] of shared) {
      if (together.length > 1) continue;
      branches.push(together[0]!);
      shared.delete(peer);
    }
    const owed = shared.size;
    let copies = from < 0 || owed === 0 ? owed : this.#policy.copies(owed);
    for (const [peer, together] of shared) {
      if (copies-- <= 0) break;
      const size = writeSubset(this.#scratch.out, bytes, offset, length, header, together);
      this.#host.emit(MULTICAST_SENT, header.idHigh, header.idLow, peer, size);
      this.#host.send(peer, this.#scratch.out, 0, size);
    }
    // Last, since what opens may answer, and dark routing has buffers of its own.
    for (const index of branches) this.#branch(bytes, offset, length, header, index, from);
    return owed > 0 ? OUTCOME_FORWARDED : OUTCOME_HANDLED;
  }

  /** Whom each destination goes to next; -1 where it ends its common way here: this node is in its zone, knows nobody nearer, or it is alone. */
  #nextHops(
    bytes: Uint8Array,
    offset: number,
    header: MulticastHeader,
    from: PeerHandle,
  ): PeerHandle[] {
    const { peers } = this.#host;
    const hops = Array.from({ length: header.count }, () => -1);
    if (header.count === 1) return hops;
    const bound: Bound[] = [];
    for (let index = 0; index < header.count; index++) {
      const target = new Uint32Array(ADDRESS_WORDS);
      readBranchTarget(bytes, offset, header, index, this.#scratch.targetBytes, target);
      const own = ownProximity(this.#table, peers, target);
      if (own < header.luminosity) bound.push({ index, target, own });
    }
    const rank = from < 0 ? header.tree : 0;
    const { luminosity } = header;
    const { randomPeer, detourBits } = this.#options;
    const next = randomPeer
      ? bound.map(({ target, own }) =>
          nextTowardsZone(this.#table, peers, target, own, luminosity, rank, true, this.#random),
        )
      : shareHops(this.#table, peers, bound, { luminosity, detourBits, rank, tie: header.idLow });
    for (let i = 0; i < bound.length; i++) hops[bound[i]!.index] = next[i]!;
    return hops;
  }

  #branch(
    bytes: Uint8Array,
    offset: number,
    length: number,
    header: MulticastHeader,
    index: number,
    from: PeerHandle,
  ): void {
    const size = writeBranch(this.#scratch.out, bytes, offset, length, header, index);
    const [high, low] = [
      readUint32(this.#scratch.out, AT_ID),
      readUint32(this.#scratch.out, AT_ID + 4),
    ];
    this.#host.emit(MULTICAST_BRANCHED, header.idHigh, header.idLow, high, low);
    this.#router.onDatagram(from, this.#scratch.out, 0, size);
  }
}

/** The prefixes in ascending order, each once. */
function distinct(prefixes: readonly Uint8Array[], length: number): Uint8Array[] {
  const sorted = [...prefixes].sort((a, b) => comparePrefixes(a, 0, b, 0, length));
  return sorted.filter((p, i) => i === 0 || comparePrefixes(sorted[i - 1]!, 0, p, 0, length) !== 0);
}

/** 32 bits that follow from the list of destinations. */
function listOf(bytes: Uint8Array, offset: number, header: MulticastHeader): number {
  let state = header.count;
  for (let i = offset + header.prefixesAt; i < offset + header.sealedAt; i++)
    state = Math.imul(state ^ bytes[i]!, 0x01000193) ^ (state >>> 13);
  return state >>> 0;
}
