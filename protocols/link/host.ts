/**
 * What the link asks of the world below it: datagrams to *endpoints*, where `Host` offers datagrams to *peers*.
 *
 * An endpoint is a place in the network that anybody may claim to be; a peer is a key that has proved itself. The link turns the one into the
 * other, so it needs a host that knows nothing of peers. In the simulator every endpoint belongs to one node and both have the same number; on
 * the live node endpoints are addresses of a UDP socket, of which there may be more than peers, fewer, or other ones tomorrow.
 */
import type { Host } from '../host.ts';
import type { PeerHandle } from '../identity/peer-book.ts';

export { WIRE_BYTES_MAX } from '../host.ts';

/**
 * A place that datagrams come from and go to, as a small integer. The host may give the number of an endpoint that nobody holds
 * (`holdEndpoint`) to another one.
 */
export type EndpointHandle = number;

/**
 * Where the keys of links go when the owner of a machine has asked to read the recordings of its own traffic. It ends the secrecy of the link, so
 * hosts have none unless asked; what a node does never depends on it.
 */
export interface KeyLog {
  /** Keys of one conversation, borrowed: `sendKey` is for DATA that carries `remoteIndex`, `receiveKey` for DATA that carries `localIndex`. */
  opened(
    localIndex: number,
    remoteIndex: number,
    sendKey: Uint8Array,
    receiveKey: Uint8Array,
  ): void;
}

export interface LinkHost extends Omit<Host, 'send' | 'sendToMany'> {
  /** Stated by every host, also by those that stand between two others: left out, it would hide the keys silently. */
  readonly keyLog: KeyLog | undefined;
  /** Sends one datagram of at most WIRE_BYTES_MAX bytes; as `Host.send` otherwise. */
  sendTo(endpoint: EndpointHandle, bytes: Uint8Array, offset: number, length: number): void;
  /** The endpoint under which `peers` introduces a peer, or -1 if nothing can be sent there (port 0, an unspecified address). */
  endpointOf(peer: PeerHandle): EndpointHandle;
  /** Writes the 18 bytes of an endpoint (IPv6 address, port; see `ENDPOINT_BYTES`) at `out[offset]`. */
  writeEndpoint(endpoint: EndpointHandle, out: Uint8Array, offset: number): void;
  /** Keeps the number of an endpoint from being given to another, once more for each call. */
  holdEndpoint(endpoint: EndpointHandle): void;
  /** Undoes one `holdEndpoint`. */
  releaseEndpoint(endpoint: EndpointHandle): void;
}

/** What such a host drives. As `HostedNode`, but a datagram comes from an endpoint. */
export interface LinkedNode {
  start(): void;
  stop(): void;
  /** The bytes are borrowed until the call returns. @returns an outcome code. */
  onDatagram(endpoint: EndpointHandle, bytes: Uint8Array, offset: number, length: number): number;
  onTimer(kind: number, argument: number): number;
}
