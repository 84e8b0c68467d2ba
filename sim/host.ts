/**
 * The simulator's side of the host interface: one small object per node that knows its index and forwards to the world.
 */
import type { CryptoSuite } from '../protocols/crypto/port.ts';
import { WIRE_BYTES_MAX, type Host, type Micros, type TimerId } from '../protocols/host.ts';
import type { PeerBook } from '../protocols/identity/peer-book.ts';
import type { RandomStream } from '../protocols/random.ts';

/** What a host needs of the world that it stands in; `World` is it. */
export interface HostWorld {
  readonly peers: PeerBook;
  readonly crypto: CryptoSuite;
  readonly engine: { readonly nowUs: Micros };
  readonly recorder:
    | {
        event(
          timeUs: Micros,
          node: number,
          event: number,
          a: number,
          b: number,
          c: number,
          d: number,
        ): void;
      }
    | undefined;
  streamOf(node: number, purpose: string): RandomStream;
  send(from: number, to: number, bytes: Uint8Array, offset: number, length: number): void;
  sendToMany(
    from: number,
    peers: Int32Array,
    count: number,
    bytes: Uint8Array,
    offset: number,
    length: number,
  ): void;
  setTimer(node: number, delayUs: Micros, kind: number, argument: number): TimerId;
  cancelTimer(timer: TimerId): void;
}

export class SimHost implements Host {
  readonly self: number;
  readonly peers: PeerBook;
  readonly crypto: CryptoSuite;
  readonly #world: HostWorld;
  readonly #streams = new Map<string, RandomStream>();

  constructor(world: HostWorld, index: number) {
    this.#world = world;
    this.self = index;
    this.peers = world.peers;
    this.crypto = world.crypto;
  }

  now(): Micros {
    return this.#world.engine.nowUs;
  }

  random(purpose: string): RandomStream {
    let stream = this.#streams.get(purpose);
    if (stream === undefined) {
      stream = this.#world.streamOf(this.self, purpose);
      this.#streams.set(purpose, stream);
    }
    return stream;
  }

  send(peer: number, bytes: Uint8Array, offset: number, length: number): void {
    if (length > WIRE_BYTES_MAX) throw tooLong(length);
    this.#world.send(this.self, peer, bytes, offset, length);
  }

  sendToMany(
    peers: Int32Array,
    count: number,
    bytes: Uint8Array,
    offset: number,
    length: number,
  ): void {
    if (length > WIRE_BYTES_MAX) throw tooLong(length);
    this.#world.sendToMany(this.self, peers, count, bytes, offset, length);
  }

  setTimer(delayUs: Micros, kind: number, argument: number): TimerId {
    return this.#world.setTimer(this.self, delayUs, kind, argument);
  }

  cancelTimer(timer: TimerId): void {
    this.#world.cancelTimer(timer);
  }

  emit(event: number, a: number, b: number, c: number, d: number): void {
    const recorder = this.#world.recorder;
    if (recorder !== undefined)
      recorder.event(this.#world.engine.nowUs, this.self, event, a, b, c, d);
  }
}

function tooLong(length: number): Error {
  return new Error(`a datagram of ${length} bytes was sent; the most is ${WIRE_BYTES_MAX}`);
}
