/**
 * The host of a node with money: what concerns money is held until it is on disk, everything else passes.
 *
 * Messages of SWAP and of discovery are signed promises; `held-messages.ts` says why they wait. Packets, routing and the link do not.
 */
import { isDiscovery } from '../../protocols/discovery/messages.ts';
import type { Host, Micros, PeerHandle, TimerId } from '../../protocols/host.ts';
import type { RandomStream } from '../../protocols/random.ts';
import { isSwap } from '../../protocols/swap/messages.ts';
import type { HeldMessages } from './held-messages.ts';

export class HoldingHost implements Host {
  readonly self: PeerHandle;
  readonly peers: Host['peers'];
  readonly crypto: Host['crypto'];
  readonly #below: Host;
  readonly #held: Pick<HeldMessages, 'hold'>;
  readonly #heard: (event: number, a: number, b: number) => void;

  /** @param heard told of every event, before it is passed on. */
  constructor(
    below: Host,
    held: Pick<HeldMessages, 'hold'>,
    heard: (event: number, a: number, b: number) => void,
  ) {
    this.self = below.self;
    this.peers = below.peers;
    this.crypto = below.crypto;
    this.#below = below;
    this.#held = held;
    this.#heard = heard;
  }

  now(): Micros {
    return this.#below.now();
  }
  random(purpose: string): RandomStream {
    return this.#below.random(purpose);
  }
  send(peer: PeerHandle, bytes: Uint8Array, offset: number, length: number): void {
    const type = length > 0 ? bytes[offset]! : 0;
    if (isSwap(type) || isDiscovery(type)) this.#held.hold(peer, bytes, offset, length);
    else this.#below.send(peer, bytes, offset, length);
  }
  sendToMany(
    peers: Int32Array,
    count: number,
    bytes: Uint8Array,
    offset: number,
    length: number,
  ): void {
    this.#below.sendToMany(peers, count, bytes, offset, length);
  }
  setTimer(delayUs: Micros, kind: number, argument: number): TimerId {
    return this.#below.setTimer(delayUs, kind, argument);
  }
  cancelTimer(timer: TimerId): void {
    this.#below.cancelTimer(timer);
  }
  emit(event: number, a: number, b: number, c: number, d: number): void {
    this.#heard(event, a, b);
    this.#below.emit(event, a, b, c, d);
  }
}
