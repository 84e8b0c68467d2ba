/**
 * A simulated host as the link sees it: every endpoint belongs to one node, so endpoints and peers have the same numbers, and nothing is ever
 * recycled. Who sent a datagram is what the network says; the link proves it all the same, as it must on real sockets.
 */
import type { CryptoSuite } from '../protocols/crypto/port.ts';
import type { Host, Micros, PeerHandle, TimerId } from '../protocols/host.ts';
import type { PeerBook } from '../protocols/identity/peer-book.ts';
import type { EndpointHandle, KeyLog, LinkHost } from '../protocols/link/host.ts';
import type { RandomStream } from '../protocols/random.ts';

export class SimLinkHost implements LinkHost {
  readonly self: PeerHandle;
  readonly peers: PeerBook;
  readonly crypto: CryptoSuite;
  readonly keyLog: KeyLog | undefined;
  readonly #host: Host;

  constructor(host: Host, keyLog?: KeyLog) {
    this.keyLog = keyLog;
    this.#host = host;
    this.self = host.self;
    this.peers = host.peers;
    this.crypto = host.crypto;
  }

  now(): Micros {
    return this.#host.now();
  }

  random(purpose: string): RandomStream {
    return this.#host.random(purpose);
  }

  sendTo(endpoint: EndpointHandle, bytes: Uint8Array, offset: number, length: number): void {
    this.#host.send(endpoint, bytes, offset, length);
  }

  endpointOf(peer: PeerHandle): EndpointHandle {
    return peer;
  }

  writeEndpoint(endpoint: EndpointHandle, out: Uint8Array, offset: number): void {
    this.peers.writeEndpoint(endpoint, out, offset);
  }

  // Numbers of simulated endpoints are for ever.
  holdEndpoint(): void {}
  releaseEndpoint(): void {}

  setTimer(delayUs: Micros, kind: number, argument: number): TimerId {
    return this.#host.setTimer(delayUs, kind, argument);
  }

  cancelTimer(timer: TimerId): void {
    this.#host.cancelTimer(timer);
  }

  emit(event: number, a: number, b: number, c: number, d: number): void {
    this.#host.emit(event, a, b, c, d);
  }
}
