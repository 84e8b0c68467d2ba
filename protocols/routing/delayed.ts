/**
 * Packets that a relay holds back for a while: a bounded store with reused slots. Only relays whose policy delays have one.
 */
import { DATAGRAM_BYTES_MAX } from '../host.ts';
import { DELAYED_PACKETS_MAX } from './params.ts';

export interface HeldPacket {
  bytes: Uint8Array;
  length: number;
  peers: Int32Array;
  /** Tree level of each copy; 0 leaves the packet's own. */
  levels: Uint16Array;
  count: number;
}

export class DelayedPackets {
  readonly #slots: (HeldPacket | undefined)[] = [];
  readonly #free: number[] = [];
  readonly #pool: HeldPacket[] = [];

  /** Holds copies for `peers[0..count)`. @returns a slot, or -1 when the store is full. */
  hold(
    bytes: Uint8Array,
    offset: number,
    length: number,
    peers: Int32Array,
    levels: Uint16Array | undefined,
    count: number,
  ): number {
    const slot =
      this.#free.pop() ?? (this.#slots.length < DELAYED_PACKETS_MAX ? this.#slots.length : -1);
    if (slot < 0) return -1;
    const held = this.#pool.pop() ?? {
      bytes: new Uint8Array(DATAGRAM_BYTES_MAX),
      length: 0,
      peers: new Int32Array(0),
      levels: new Uint16Array(0),
      count: 0,
    };
    if (held.peers.length < count) {
      held.peers = new Int32Array(count);
      held.levels = new Uint16Array(count);
    }
    held.bytes.set(bytes.subarray(offset, offset + length));
    held.length = length;
    held.count = count;
    for (let i = 0; i < count; i++) {
      held.peers[i] = peers[i]!;
      held.levels[i] = levels === undefined ? 0 : levels[i]!;
    }
    this.#slots[slot] = held;
    return slot;
  }

  /** What slot `slot` holds; undefined if it is free. */
  take(slot: number): HeldPacket | undefined {
    return this.#slots[slot];
  }

  /** Frees `slot`. */
  release(slot: number): void {
    const held = this.#slots[slot];
    if (held === undefined) return;
    this.#slots[slot] = undefined;
    this.#pool.push(held);
    this.#free.push(slot);
  }
}
