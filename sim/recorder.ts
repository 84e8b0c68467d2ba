/**
 * Whoever watches a world. Watching never changes a run: a recorder has no way to reach into the world, and every method returns nothing.
 *
 * Bytes are borrowed: valid until the call returns, never to be written to. A world without them at hand (a real socket lost the datagram
 * before anybody had it) says undefined.
 */
import type { Micros } from '../protocols/host.ts';
import type { DropReason } from './network/transit.ts';

export interface Recorder {
  /** A protocol's own event (`Host.emit`). */
  event(
    timeUs: Micros,
    node: number,
    event: number,
    a: number,
    b: number,
    c: number,
    d: number,
  ): void;
  /** One datagram handed to the network (before any loss). */
  sent?(
    timeUs: Micros,
    from: number,
    to: number,
    bytes: Uint8Array,
    offset: number,
    length: number,
  ): void;
  /** One datagram lost on the way, and why. */
  dropped?(
    timeUs: Micros,
    from: number,
    to: number,
    bytes: Uint8Array | undefined,
    offset: number,
    length: number,
    reason: DropReason,
  ): void;
  /** One datagram handled by its receiver; the last is an outcome of `protocols/outcomes.ts`. */
  delivered?(
    timeUs: Micros,
    from: number,
    to: number,
    bytes: Uint8Array,
    offset: number,
    length: number,
    outcome: number,
  ): void;
}
