/**
 * The one door between a protocol and the world.
 *
 * A protocol never reads a clock, opens a socket, sleeps or draws global randomness: it is handed a `Host`
 * and everything it does is input -> state change -> calls on that host. The simulator and the live node are
 * two implementations of this interface, which is why the same bytes of protocol code run in both.
 *
 * The interface speaks in small integers (peer handles, timer kinds, event codes) and in borrowed byte ranges,
 * because it sits on the packet path: no object is made for a datagram, a timer or an event.
 */
import type { CryptoSuite } from './crypto/port.ts';
import type { PeerBook, PeerHandle } from './identity/peer-book.ts';
import type { RandomStream } from './random.ts';

/** Network time: an integer number of microseconds since the start of the world (a safe integer: 285 years). */
export type Micros = number;

export type { PeerHandle };

/** A pending timer. Valid until it fires or is cancelled; `NO_TIMER` is never a pending one. */
export type TimerId = number;
export const NO_TIMER: TimerId = -1;

export const MICROS_PER_SECOND = 1_000_000;

/** Largest UDP payload any protocol may hand to `Host.send`, in bytes (fits every path MTU in practice). */
export const DATAGRAM_BYTES_MAX = 1_200;

/** Largest UDP payload that a host takes, bytes: an IPv6 packet of the smallest MTU every path has (1,280) less its headers. The link needs the rest. */
export const WIRE_BYTES_MAX = 1_232;

export interface Host {
  /** This node's own handle in `peers`. */
  readonly self: PeerHandle;
  /** Addresses and endpoints by handle. A handle keeps its address as long as somebody whom `eachPeer` visits keeps the handle. */
  readonly peers: PeerBook;
  readonly crypto: CryptoSuite;

  /** Network time in microseconds. Constant while one input is being handled. */
  now(): Micros;

  /**
   * The node's own stream for `purpose` (a short constant such as 'overlay/refresh'). Asking twice for one
   * purpose gives the same stream, so draws made for one purpose never shift those of another.
   */
  random(purpose: string): RandomStream;

  /**
   * Sends `bytes[offset .. offset+length)` to `peer` as one datagram. The bytes are copied before the call
   * returns. Never fails visibly: the network may lose it, as UDP does. `length` <= DATAGRAM_BYTES_MAX.
   */
  send(peer: PeerHandle, bytes: Uint8Array, offset: number, length: number): void;

  /**
   * `send` of the same bytes to `peers[0..count)`, in that order. The host may store the bytes once; passing on exactly
   * the range that `onDatagram` was given costs no copy at all.
   */
  sendToMany(
    peers: Int32Array,
    count: number,
    bytes: Uint8Array,
    offset: number,
    length: number,
  ): void;

  /**
   * Arranges one call of `HostedNode.onTimer(kind, argument)` after `delayUs` (an integer >= 1).
   * `kind` and `argument` are the protocol's own 32-bit integers.
   */
  setTimer(delayUs: Micros, kind: number, argument: number): TimerId;
  /** Cancels a pending timer; harmless if it has fired or is NO_TIMER. */
  cancelTimer(timer: TimerId): void;

  /**
   * Reports a fact to whoever observes this node. Never changes what the node or the world does next.
   * `event` is a code from a protocol's `events.ts`, whose table says what the four integers mean.
   */
  emit(event: number, a: number, b: number, c: number, d: number): void;
}

/** A host with a link under it: besides datagrams, which may be lost, it carries messages that arrive. */
export interface MessageHost extends Host {
  /**
   * Sends a message of 1 to 65,536 bytes, cut, acknowledged and repeated as needed. Streams below 0x8000 deliver in order, those from there to
   * 0xfffe as messages come; at most 64 streams per peer. Delivered once, but again if the peer loses its memory before it has acknowledged.
   * @returns false if too much waits for this peer already: `HostedNode.onWritable` says when there is room.
   */
  sendMessage(peer: PeerHandle, stream: number, message: Uint8Array): boolean;
}

/** What a host drives: the composed protocols of one node. All methods are synchronous and never throw on remote data. */
export interface HostedNode {
  /** Called once when the node comes up (first start, or return after being offline). */
  start(): void;
  /** Called once on a graceful leave, before the host stops delivering. A crash does not call it. */
  stop(): void;
  /**
   * One datagram from `from`. The bytes are borrowed: valid only until this call returns, and
   * never to be written to (others may be about to receive the same copy).
   * @returns an outcome code (see `outcomes.ts`), which goes into the node's digest.
   */
  onDatagram(from: PeerHandle, bytes: Uint8Array, offset: number, length: number): number;
  /** One timer set by this node. @returns an outcome code. */
  onTimer(kind: number, argument: number): number;
  /** A peer has just proved to be there (hosts with a link under them say so). */
  onPeer?(peer: PeerHandle): void;
  /** A message from `from` (see `MessageHost`). The bytes are the node's to keep. */
  onMessage?(from: PeerHandle, stream: number, bytes: Uint8Array): void;
  /** Messages to `peer` are taken again after one was refused. */
  onWritable?(peer: PeerHandle): void;
  /** So many messages to `peer` were taken and will not arrive. */
  onDropped?(peer: PeerHandle, messages: number): void;
}
