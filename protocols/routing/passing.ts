/**
 * The last step of every packet at a node: copies go out to those they are owed to, now or after the policy's delay, or are dropped with a reason.
 *
 * Works on the packet whose header is in the scratch, as the router does; whom a copy is owed to has been decided before.
 */
import { writeUint16 } from '../codec/bytes.ts';
import type { Host, PeerHandle } from '../host.ts';
import {
  OUTCOME_DEAD_END,
  OUTCOME_EXPIRED,
  OUTCOME_FORWARDED,
  OUTCOME_HANDLED,
  OUTCOME_REFUSED,
} from '../outcomes.ts';
import { DelayedPackets } from './delayed.ts';
import {
  DROPPED_BY_POLICY,
  DROPPED_DEAD_END,
  DROPPED_EXPIRED,
  DROPPED_NO_CREDIT,
  DROPPED_STORE_FULL,
  PACKET_DROPPED,
  PACKET_SENT,
} from './events.ts';
import { AT_LEVEL, PACKET_OK } from './packet.ts';
import type { RelayPolicy } from './policy.ts';
import type { RoutingScratch } from './scratch.ts';
import type { TollGate } from './toll.ts';

/** Timer: a packet that the policy held back is due; the argument is its slot. */
export const TIMER_DELAYED = 0x200;

export class Passing {
  readonly #host: Host;
  readonly #policy: RelayPolicy;
  readonly #scratch: RoutingScratch;
  readonly #gate: TollGate | undefined;
  #delayed: DelayedPackets | undefined;

  constructor(
    host: Host,
    policy: RelayPolicy,
    scratch: RoutingScratch,
    gate: TollGate | undefined,
  ) {
    this.#host = host;
    this.#policy = policy;
    this.#scratch = scratch;
    this.#gate = gate;
  }

  /** Begins a new life: packets held back by an earlier one are gone with its timers. */
  start(): void {
    this.#delayed = undefined;
  }

  /**
   * Sends the copies owed to `peers[0..owed)` as the policy decides, now or later; with `inTree` each at its level. Our own packet
   * (`from` -1) goes by the same rules as everybody's, but no policy of ours holds it back.
   */
  pass(
    bytes: Uint8Array,
    offset: number,
    length: number,
    owed: number,
    inTree: boolean,
    from: PeerHandle,
  ): number {
    const policy = this.#policy;
    let copies = owed;
    if (from >= 0) {
      copies = policy.copies(owed);
      if (copies === 0) return this.dropped(from, DROPPED_BY_POLICY);
      if (policy.delayUs > 0) return this.#hold(bytes, offset, length, copies, inTree, from);
    }
    const { header, peers, levels, packet } = this.#scratch;
    if (!inTree) {
      for (let i = 0; i < copies; i++) {
        this.#host.emit(PACKET_SENT, header.idHigh, header.idLow, peers[i]!, length);
        this.#gate?.passed(peers[i]!);
      }
      this.#host.sendToMany(peers, copies, bytes, offset, length);
      return OUTCOME_FORWARDED;
    }
    if (bytes !== packet) packet.set(bytes.subarray(offset, offset + length));
    for (let i = 0; i < copies; i++) {
      writeUint16(packet, AT_LEVEL, levels[i]!);
      this.#sendCopy(peers[i]!, packet, 0, length);
    }
    // The caller may send the same buffer again as another tree.
    writeUint16(packet, AT_LEVEL, header.level);
    return OUTCOME_FORWARDED;
  }

  /** A packet that the policy held back is due. @param slot argument of its timer. */
  due(slot: number): number {
    const held = this.#delayed?.take(slot);
    if (held === undefined) return OUTCOME_REFUSED;
    const header = this.#scratch.header;
    if (header.read(held.bytes, 0, held.length) !== PACKET_OK) return OUTCOME_REFUSED;
    const gate = this.#gate;
    if (gate !== undefined) gate.bytes = held.length;
    for (let i = 0; i < held.count; i++) {
      const peer = held.peers[i]!;
      if (gate?.allows(peer) === false) {
        this.dropped(peer, DROPPED_NO_CREDIT);
        continue;
      }
      if (held.levels[i] !== 0) writeUint16(held.bytes, AT_LEVEL, held.levels[i]!);
      this.#sendCopy(peer, held.bytes, 0, held.length);
    }
    this.#delayed!.release(slot);
    return OUTCOME_HANDLED;
  }

  /** Reports the copies that nobody would take on credit. @returns how many. */
  noCredit(from: PeerHandle): number {
    const gate = this.#gate;
    if (gate === undefined) return 0;
    const { skipped } = gate;
    for (let i = 0; i < skipped; i++) this.dropped(from, DROPPED_NO_CREDIT);
    gate.skipped = 0;
    return skipped;
  }

  /** The packet in hand goes no further, or not to one of those it should. */
  dropped(from: PeerHandle, reason: number): number {
    const header = this.#scratch.header;
    this.#host.emit(PACKET_DROPPED, header.idHigh, header.idLow, from, reason);
    if (reason === DROPPED_EXPIRED) return OUTCOME_EXPIRED;
    return reason === DROPPED_DEAD_END ? OUTCOME_DEAD_END : OUTCOME_REFUSED;
  }

  #sendCopy(peer: PeerHandle, bytes: Uint8Array, offset: number, length: number): void {
    const header = this.#scratch.header;
    this.#host.emit(PACKET_SENT, header.idHigh, header.idLow, peer, length);
    this.#gate?.passed(peer);
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
    const { peers, levels } = this.#scratch;
    const slot = this.#delayed.hold(
      bytes,
      offset,
      length,
      peers,
      inTree ? levels : undefined,
      copies,
    );
    if (slot < 0) return this.dropped(from, DROPPED_STORE_FULL);
    this.#host.setTimer(this.#policy.delayUs, TIMER_DELAYED, slot);
    return OUTCOME_HANDLED;
  }
}
