/**
 * Beneath the link: endpoints that are no place in the network, and limits on what goes to places that only others have named.
 *
 * The link speaks to endpoints and never learns what they are. Two kinds are made here. A *relayed path* (neighbour, channel) carries the link's
 * datagrams inside messages to that neighbour; what it carries is sealed, so the neighbour is one more network and no more. *Nowhere* stands for a
 * peer of whom no endpoint is known: what the link sends there vanishes while a common neighbour is asked, and the link then calls where
 * the peer turns out to be.
 *
 * An endpoint that an introducer has named may be a victim's. Until the peer has proved to be there, a few datagrams go to it and one more for each that
 * comes back, whatever the link would like to send.
 */
import type { KeyLog } from '../link/host.ts';
import type { Micros, PeerHandle, TimerId } from '../host.ts';
import { ENDPOINT_BYTES, type PeerBook } from '../identity/peer-book.ts';
import type { CryptoSuite } from '../crypto/port.ts';
import { TYPE_DATA } from '../link/wire.ts';
import type { EndpointHandle } from '../link/host.ts';
import { WIRE_BYTES_MAX, DATAGRAM_BYTES_MAX } from '../host.ts';
import type { RandomStream } from '../random.ts';
import { hostKey } from './endpoints.ts';
import type { RendezvousHost } from './host.ts';
import {
  PART_FIRST,
  PART_SECOND,
  PART_WHOLE,
  RELAY_HEADER_BYTES,
  writeRelayHeader,
} from './messages.ts';

const NOWHERE = 0x4000_0000;
const RELAYED = 0x8000_0000;
const WHOLE_BYTES_MAX = DATAGRAM_BYTES_MAX - RELAY_HEADER_BYTES;
/** Endpoints with a limit, and hosts remembered as sent to. */
const AIMS_MAX = 256;
const HOSTS_MAX = 1_024;
/** A limit stands for so long. */
const AIM_US = 20_000_000;

export interface RelayedPath {
  readonly handle: EndpointHandle;
  /** Who is said to be at the other end. */
  readonly peer: PeerHandle;
  readonly via: PeerHandle;
  readonly channel: number;
  holds: number;
  /** The neighbour has said that it relays nothing there any more. */
  gone: boolean;
  half: Uint8Array | undefined;
}

interface Aim {
  left: number;
  atUs: Micros;
}

/** What paths need of the rendezvous above them. */
export interface PathOwner {
  /** The link is about to call `peer`. @returns whether somebody could be asked where it is. */
  calling(peer: PeerHandle): boolean;
  /** Sends a RELAY over the link. The bytes are borrowed. */
  frame(via: PeerHandle, bytes: Uint8Array, length: number): void;
}

export class Paths implements RendezvousHost {
  readonly self: PeerHandle;
  readonly peers: PeerBook;
  readonly crypto: CryptoSuite;
  owner: PathOwner | undefined;
  readonly #below: RendezvousHost;
  readonly #pathsMax: number;
  readonly #paths = new Map<EndpointHandle, RelayedPath>();
  #nextPath = 0;
  readonly #aims = new Map<EndpointHandle, Aim>();
  readonly #hosts = new Map<string, true>();
  readonly #endpoint = new Uint8Array(ENDPOINT_BYTES);
  readonly #frame = new Uint8Array(DATAGRAM_BYTES_MAX);

  constructor(below: RendezvousHost, pathsMax: number) {
    this.#below = below;
    this.#pathsMax = pathsMax;
    this.self = below.self;
    this.peers = below.peers;
    this.crypto = below.crypto;
  }

  /** Whether this is no place in the network. */
  isVirtual(endpoint: EndpointHandle): boolean {
    return endpoint >= NOWHERE;
  }

  path(endpoint: EndpointHandle): RelayedPath | undefined {
    return this.#paths.get(endpoint);
  }

  /** Relayed paths and limits in memory. */
  get usage(): { paths: number; aims: number } {
    return { paths: this.#paths.size, aims: this.#aims.size };
  }

  eachPeer(visit: (peer: PeerHandle) => void): void {
    for (const { peer, via } of this.#paths.values()) [peer, via].forEach(visit);
  }

  // ---- relayed paths ----

  /** The path over (via, channel), made if there is room; -1 if there is none. */
  open(peer: PeerHandle, via: PeerHandle, channel: number): EndpointHandle {
    const known = this.find(via, channel);
    if (known !== undefined) return known.peer === peer ? known.handle : -1;
    if (this.#paths.size >= this.#pathsMax) {
      for (const path of this.#paths.values()) {
        if (path.holds > 0) continue;
        this.#paths.delete(path.handle);
        break;
      }
      if (this.#paths.size >= this.#pathsMax) return -1;
    }
    const handle = RELAYED + this.#nextPath++;
    const path = { handle, peer, via, channel, holds: 0, gone: false, half: undefined };
    this.#paths.set(handle, path);
    return handle;
  }

  find(via: PeerHandle, channel: number): RelayedPath | undefined {
    for (const path of this.#paths.values())
      if (path.via === via && path.channel === channel) return path;
    return undefined;
  }

  /** The datagram that a frame completes, a copy; undefined for a first half and for a second without one. */
  assemble(
    path: RelayedPath,
    part: number,
    bytes: Uint8Array,
    offset: number,
    length: number,
  ): Uint8Array | undefined {
    const piece = bytes.slice(offset, offset + length);
    if (part === PART_WHOLE) return piece;
    const { half } = path;
    path.half = part === PART_FIRST ? piece : undefined;
    if (part === PART_FIRST || half === undefined) return undefined;
    if (half.length + piece.length > WIRE_BYTES_MAX) return undefined;
    const whole = new Uint8Array(half.length + piece.length);
    whole.set(half);
    whole.set(piece, half.length);
    return whole;
  }

  #relay(path: RelayedPath, bytes: Uint8Array, offset: number, length: number): void {
    if (path.gone) return;
    if (length <= WHOLE_BYTES_MAX) this.#put(path, PART_WHOLE, bytes, offset, length);
    else {
      // A copy: what the link hands down lies where it seals the next datagram, and the first frame is one.
      const copy = bytes.slice(offset, offset + length);
      const half = length >>> 1;
      this.#put(path, PART_FIRST, copy, 0, half);
      this.#put(path, PART_SECOND, copy, half, length - half);
    }
  }

  #put(path: RelayedPath, part: number, bytes: Uint8Array, offset: number, length: number): void {
    writeRelayHeader(path.channel, part, this.#frame);
    this.#frame.set(bytes.subarray(offset, offset + length), RELAY_HEADER_BYTES);
    this.owner?.frame(path.via, this.#frame, RELAY_HEADER_BYTES + length);
  }

  // ---- places that others have named ----

  /** Lets at most `datagrams` go to an endpoint that nobody has proved to be at, beyond those that come from there. */
  aim(endpoint: EndpointHandle, datagrams: number): void {
    this.#sentTo(endpoint);
    const nowUs = this.now();
    for (const [known, { atUs }] of this.#aims) {
      if (nowUs - atUs < AIM_US && this.#aims.size < AIMS_MAX) break;
      this.proven(known);
    }
    if (this.#aims.has(endpoint)) return;
    this.#below.holdEndpoint(endpoint);
    this.#aims.set(endpoint, { left: datagrams, atUs: nowUs });
  }

  /** A peer has proved to be at `endpoint`: nothing limits what it is sent. */
  proven(endpoint: EndpointHandle): void {
    if (this.#aims.delete(endpoint)) this.#below.releaseEndpoint(endpoint);
  }

  /** A datagram has come from `endpoint`. @returns whether nothing had been sent to its host before. */
  heard(endpoint: EndpointHandle): boolean {
    const aim = this.#aims.get(endpoint);
    if (aim !== undefined) aim.left++;
    this.#below.writeEndpoint(endpoint, this.#endpoint, 0);
    return !this.#hosts.has(hostKey(this.#endpoint));
  }

  /** Remembers that the host of `endpoint` was sent to, so that its answers prove nothing about a translator's filter. */
  #sentTo(endpoint: EndpointHandle): void {
    this.#below.writeEndpoint(endpoint, this.#endpoint, 0);
    const key = hostKey(this.#endpoint);
    this.#hosts.delete(key);
    this.#hosts.set(key, true);
    if (this.#hosts.size > HOSTS_MAX) {
      for (const oldest of this.#hosts.keys()) {
        this.#hosts.delete(oldest);
        break;
      }
    }
  }

  // ---- LinkHost ----

  sendTo(endpoint: EndpointHandle, bytes: Uint8Array, offset: number, length: number): void {
    if (endpoint >= NOWHERE) {
      const path = this.#paths.get(endpoint);
      if (path !== undefined) this.#relay(path, bytes, offset, length);
      return;
    }
    const aim = this.#aims.get(endpoint);
    if (aim !== undefined && aim.left-- <= 0) {
      aim.left = 0;
      return;
    }
    // Conversations begin with handshakes, so it is enough to look at these.
    if (bytes[offset] !== TYPE_DATA) this.#sentTo(endpoint);
    this.#below.sendTo(endpoint, bytes, offset, length);
  }

  endpointOf(peer: PeerHandle): EndpointHandle {
    const endpoint = this.#below.endpointOf(peer);
    const sought = this.owner?.calling(peer) === true;
    return endpoint < 0 && sought ? NOWHERE + peer : endpoint;
  }

  endpointAt(bytes: Uint8Array, offset: number): EndpointHandle {
    return this.#below.endpointAt(bytes, offset);
  }

  writeEndpoint(endpoint: EndpointHandle, out: Uint8Array, offset: number): void {
    if (endpoint >= NOWHERE) out.fill(0, offset, offset + ENDPOINT_BYTES);
    else this.#below.writeEndpoint(endpoint, out, offset);
  }

  holdEndpoint(endpoint: EndpointHandle): void {
    if (endpoint < NOWHERE) this.#below.holdEndpoint(endpoint);
    else {
      const path = this.#paths.get(endpoint);
      if (path !== undefined) path.holds++;
    }
  }

  releaseEndpoint(endpoint: EndpointHandle): void {
    if (endpoint < NOWHERE) this.#below.releaseEndpoint(endpoint);
    else {
      const path = this.#paths.get(endpoint);
      if (path !== undefined) path.holds--;
    }
  }

  /** The key log of the host beneath: what is said over a relay is opened with the same keys. */
  get keyLog(): KeyLog | undefined {
    return this.#below.keyLog;
  }

  now(): Micros {
    return this.#below.now();
  }

  random(purpose: string): RandomStream {
    return this.#below.random(purpose);
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
