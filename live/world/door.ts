/**
 * The door between a node of a live world and its host: tells the world of each datagram that goes out and that has been handled, for whoever records.
 * It outlives the host, which a crash ends; its random streams do too, or a node would draw the same keys again in its next life.
 */
import type { PeerHandle } from '../../protocols/host.ts';
import type { EndpointHandle, LinkHost } from '../../protocols/link/host.ts';
import type { RandomStream } from '../../protocols/random.ts';
import { PeerHost } from '../host/peer-host.ts';

export interface DoorWatch {
  /** Before a datagram goes to a peer; `sent` follows at once. */
  sending(to: PeerHandle, bytes: Uint8Array, offset: number, length: number): void;
  sent(): void;
  /** Network time. */
  nowUs(): number;
  /** A datagram that arrived at `timeUs` has been handled. */
  handled(
    timeUs: number,
    from: EndpointHandle,
    bytes: Uint8Array,
    offset: number,
    length: number,
    outcome: number,
  ): void;
}

export class WatchedDoor extends PeerHost {
  readonly #watch: DoorWatch;
  readonly #streams = new Map<string, RandomStream>();

  constructor(below: LinkHost, watch: DoorWatch) {
    super(below);
    this.#watch = watch;
  }

  override random(purpose: string): RandomStream {
    const known = this.#streams.get(purpose);
    if (known !== undefined) return known;
    const stream = super.random(purpose);
    this.#streams.set(purpose, stream);
    return stream;
  }

  override send(peer: PeerHandle, bytes: Uint8Array, offset: number, length: number): void {
    this.#watch.sending(peer, bytes, offset, length);
    super.send(peer, bytes, offset, length);
    this.#watch.sent();
  }

  override onDatagram(
    endpoint: EndpointHandle,
    bytes: Uint8Array,
    offset: number,
    length: number,
  ): number {
    const timeUs = this.#watch.nowUs();
    const outcome = super.onDatagram(endpoint, bytes, offset, length);
    this.#watch.handled(timeUs, endpoint, bytes, offset, length, outcome);
    return outcome;
  }
}
