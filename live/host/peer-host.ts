/**
 * A `Host` straight on a `LinkHost`, without a link between them: datagrams go as they are to the endpoint under which the peer book has the peer,
 * and a datagram counts as coming from the peer whose endpoint it names.
 *
 * Nothing is proved and nothing is hidden, so this is for runs in which everybody is known and nobody lies: comparing a live node with
 * its simulated twin, measuring what encryption costs. Of two peers of one endpoint the first is believed; a datagram from
 * an endpoint that no peer has is ignored.
 */
import type { CryptoSuite } from '../../protocols/crypto/port.ts';
import {
  WIRE_BYTES_MAX,
  type Host,
  type HostedNode,
  type Micros,
  type TimerId,
} from '../../protocols/host.ts';
import type { PeerBook, PeerHandle } from '../../protocols/identity/peer-book.ts';
import type { EndpointHandle, LinkedNode, LinkHost } from '../../protocols/link/host.ts';
import { OUTCOME_IGNORED } from '../../protocols/outcomes.ts';
import type { RandomStream } from '../../protocols/random.ts';

export class PeerHost implements Host, LinkedNode {
  readonly self: PeerHandle;
  readonly peers: PeerBook;
  readonly crypto: CryptoSuite;
  #below: LinkHost;
  /** Endpoint of each peer, held; -1 for none. */
  readonly #endpoints: EndpointHandle[] = [];
  readonly #peerAt = new Map<EndpointHandle, PeerHandle>();
  #above: HostedNode | undefined;

  constructor(below: LinkHost) {
    this.#below = below;
    this.self = below.self;
    this.peers = below.peers;
    this.crypto = below.crypto;
  }

  /** Sets the node to drive; once, before the host runs this. */
  attach(above: HostedNode): void {
    this.#above = above;
  }

  /** Goes on upon another host with the same `self` and peers: the node is started again, and its sockets are new. */
  move(below: LinkHost): void {
    this.#below = below;
    this.#endpoints.length = 0;
    this.#peerAt.clear();
  }

  now(): Micros {
    return this.#below.now();
  }

  random(purpose: string): RandomStream {
    return this.#below.random(purpose);
  }

  send(peer: PeerHandle, bytes: Uint8Array, offset: number, length: number): void {
    if (length > WIRE_BYTES_MAX)
      throw new Error(`a datagram of ${length} bytes was sent; the most is ${WIRE_BYTES_MAX}`);
    this.#learn();
    const endpoint = this.#endpoints[peer] ?? -1;
    if (endpoint >= 0) this.#below.sendTo(endpoint, bytes, offset, length);
  }

  sendToMany(
    peers: Int32Array,
    count: number,
    bytes: Uint8Array,
    offset: number,
    length: number,
  ): void {
    for (let i = 0; i < count; i++) this.send(peers[i]!, bytes, offset, length);
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

  start(): void {
    this.#above?.start();
  }

  stop(): void {
    this.#above?.stop();
  }

  onDatagram(endpoint: EndpointHandle, bytes: Uint8Array, offset: number, length: number): number {
    this.#learn();
    const peer = this.#peerAt.get(endpoint);
    if (peer === undefined) return OUTCOME_IGNORED;
    return this.#above?.onDatagram(peer, bytes, offset, length) ?? OUTCOME_IGNORED;
  }

  onTimer(kind: number, argument: number): number {
    return this.#above?.onTimer(kind, argument) ?? OUTCOME_IGNORED;
  }

  /** Takes in the peers that the book has got since. */
  #learn(): void {
    for (let peer = this.#endpoints.length; peer < this.peers.size; peer++) {
      const endpoint = peer === this.self ? -1 : this.#below.endpointOf(peer);
      this.#endpoints.push(endpoint);
      if (endpoint < 0) continue;
      this.#below.holdEndpoint(endpoint);
      if (!this.#peerAt.has(endpoint)) this.#peerAt.set(endpoint, peer);
    }
  }
}
