/**
 * A simulated host whose datagrams carry where they come from, so that a translator can stand between it and the network.
 *
 * In the plain simulator an endpoint *is* a node. Here an endpoint is a host (the node's number) and a port, and each datagram ends with the two
 * ports that a real one has in its UDP header. The sender's translator puts the source port in and the receiver's looks it up again, each
 * at its own node: nothing is shared between nodes but what travels. Every node has a peer book of its own, since where a peer is seen depends on
 * who looks.
 */
import { readUint16, writeUint16 } from '../../protocols/codec/bytes.ts';
import type { CryptoSuite } from '../../protocols/crypto/port.ts';
import {
  WIRE_BYTES_MAX,
  type Host,
  type HostedNode,
  type Micros,
  type PeerHandle,
  type TimerId,
} from '../../protocols/host.ts';
import { ENDPOINT_BYTES, type PeerBook } from '../../protocols/identity/peer-book.ts';
import type { EndpointHandle, LinkedNode } from '../../protocols/link/host.ts';
import { OUTCOME_IGNORED } from '../../protocols/outcomes.ts';
import type { RandomStream } from '../../protocols/random.ts';
import type { RendezvousHost } from '../../protocols/rendezvous/host.ts';
import { PORTS, type Nat } from './nat.ts';

/** Port that every node's own socket has. */
const LOCAL_PORT = 4_242;
/** Hosts that have an address: 11.x.y.1, so that each is a network of its own. They are found at 10.x.y.1 too, as on a site's own network. */
export const NAT_HOSTS_MAX = 1 << 14;
const FIRST_BYTE = 11;
const FIRST_BYTE_OF_SITE = 10;
const PORT_BYTES = 4;

/** The 18 bytes of an endpoint of a simulated host. */
export function simulatedEndpoint(host: number, port = LOCAL_PORT): Uint8Array {
  const bytes = new Uint8Array(ENDPOINT_BYTES);
  bytes.set([0xff, 0xff, FIRST_BYTE, host >>> 8, host & 0xff, 1, port >>> 8, port & 0xff], 10);
  return bytes;
}

/** Hands a datagram to the simulated network. */
export type Carry = (to: number, bytes: Uint8Array, offset: number, length: number) => void;

export class NatHost implements RendezvousHost, HostedNode {
  readonly self: PeerHandle;
  readonly peers: PeerBook;
  readonly crypto: CryptoSuite;
  /** Nobody has asked to read what is sent here. */
  readonly keyLog = undefined;
  readonly #host: Host;
  readonly #carry: Carry;
  readonly #nat: Nat | undefined;
  readonly #out = new Uint8Array(WIRE_BYTES_MAX + PORT_BYTES);
  readonly #scratch = new Uint8Array(ENDPOINT_BYTES);
  #node: LinkedNode | undefined;

  /**
   * @param peers the node's own book, in which it is `self`
   * @param nat what stands between it and the network; undefined for nothing
   */
  constructor(host: Host, carry: Carry, peers: PeerBook, self: PeerHandle, nat: Nat | undefined) {
    if (host.self >= NAT_HOSTS_MAX) throw new Error(`host ${host.self} has no address`);
    this.#host = host;
    this.#carry = carry;
    this.peers = peers;
    this.self = self;
    this.crypto = host.crypto;
    this.#nat = nat;
  }

  attach(node: LinkedNode): void {
    this.#node = node;
  }

  // ---- HostedNode ----

  start(): void {
    this.#node?.start();
  }

  stop(): void {
    this.#node?.stop();
  }

  onDatagram(from: number, bytes: Uint8Array, offset: number, length: number): number {
    const end = offset + length - PORT_BYTES;
    if (length < PORT_BYTES) return OUTCOME_IGNORED;
    const source = from * PORTS + readUint16(bytes, end);
    const port = readUint16(bytes, end + 2);
    const open =
      this.#nat === undefined
        ? port === LOCAL_PORT
        : this.#nat.inbound(this.now(), port, source) === this.#inside();
    if (!open) return OUTCOME_IGNORED;
    return this.#node?.onDatagram(source, bytes, offset, length - PORT_BYTES) ?? OUTCOME_IGNORED;
  }

  onTimer(kind: number, argument: number): number {
    return this.#node?.onTimer(kind, argument) ?? OUTCOME_IGNORED;
  }

  // ---- LinkHost ----

  sendTo(endpoint: EndpointHandle, bytes: Uint8Array, offset: number, length: number): void {
    const to = Math.floor(endpoint / PORTS);
    // No hairpin.
    if (to === this.#host.self) return;
    const port = this.#nat?.outbound(this.now(), this.#inside(), endpoint) ?? LOCAL_PORT;
    this.#out.set(bytes.subarray(offset, offset + length));
    writeUint16(this.#out, length, port);
    writeUint16(this.#out, length + 2, endpoint % PORTS);
    this.#carry(to, this.#out, 0, length + PORT_BYTES);
  }

  endpointOf(peer: PeerHandle): EndpointHandle {
    this.peers.writeEndpoint(peer, this.#scratch, 0);
    return this.endpointAt(this.#scratch, 0);
  }

  endpointAt(bytes: Uint8Array, offset: number): EndpointHandle {
    const at = offset + 12;
    const port = readUint16(bytes, at + 4);
    const host = readUint16(bytes, at + 1);
    const first = bytes[at];
    const simulated = (first === FIRST_BYTE || first === FIRST_BYTE_OF_SITE) && bytes[at + 3] === 1;
    return simulated && port > 0 && host < NAT_HOSTS_MAX ? host * PORTS + port : -1;
  }

  writeEndpoint(endpoint: EndpointHandle, out: Uint8Array, offset: number): void {
    out.set(simulatedEndpoint(Math.floor(endpoint / PORTS), endpoint % PORTS), offset);
  }

  // Numbers of simulated endpoints are for ever.
  holdEndpoint(): void {}
  releaseEndpoint(): void {}

  now(): Micros {
    return this.#host.now();
  }

  random(purpose: string): RandomStream {
    return this.#host.random(purpose);
  }

  setTimer(delayUs: Micros, kind: number, argument: number): TimerId {
    return this.#host.setTimer(delayUs, kind, argument);
  }

  cancelTimer(timer: TimerId): void {
    this.#host.cancelTimer(timer);
  }

  emit(event: number, a: number, b: number, c: number, d: number): void {
    this.#host.emit(event, a, b, c, d);
  }

  #inside(): number {
    return this.#host.self * PORTS + LOCAL_PORT;
  }
}
