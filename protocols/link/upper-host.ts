/** The link as the protocols above see it: a `Host` whose datagrams and messages go to peers, encrypted. */
import type { CryptoSuite } from '../crypto/port.ts';
import type { MessageHost, Micros, PeerHandle, TimerId } from '../host.ts';
import type { PeerBook } from '../identity/peer-book.ts';
import type { RandomStream } from '../random.ts';
import type { LinkHost } from './host.ts';

/** What sends for it. */
export interface PeerSender {
  send(peer: PeerHandle, bytes: Uint8Array, offset: number, length: number): void;
  sendMessage(peer: PeerHandle, stream: number, message: Uint8Array): boolean;
}

export class UpperHost implements MessageHost {
  readonly self: PeerHandle;
  readonly peers: PeerBook;
  readonly crypto: CryptoSuite;
  readonly #below: LinkHost;
  readonly #link: PeerSender;

  constructor(below: LinkHost, link: PeerSender) {
    this.self = below.self;
    this.peers = below.peers;
    this.crypto = below.crypto;
    this.#below = below;
    this.#link = link;
  }

  now(): Micros {
    return this.#below.now();
  }

  random(purpose: string): RandomStream {
    return this.#below.random(purpose);
  }

  send(peer: PeerHandle, bytes: Uint8Array, offset: number, length: number): void {
    this.#link.send(peer, bytes, offset, length);
  }

  sendMessage(peer: PeerHandle, stream: number, message: Uint8Array): boolean {
    return this.#link.sendMessage(peer, stream, message);
  }

  sendToMany(
    peers: Int32Array,
    count: number,
    bytes: Uint8Array,
    offset: number,
    length: number,
  ): void {
    for (let i = 0; i < count; i++) this.#link.send(peers[i]!, bytes, offset, length);
  }

  setTimer(delayUs: Micros, kind: number, argument: number): TimerId {
    return this.#below.setTimer(delayUs, kind, argument);
  }

  cancelTimer(timer: TimerId): void {
    this.#below.cancelTimer(timer);
  }

  emit(event: number, a: number, b: number, c: number, d: number): void {
    this.#below.emit(event, a, b, c, d);
  }
}
