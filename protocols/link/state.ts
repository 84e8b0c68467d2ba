/** What a node remembers of one peer's link, and of handshakes that are not finished. */
import { NO_TIMER, type Micros, type TimerId } from '../host.ts';
import type { PeerHandle } from '../identity/peer-book.ts';
import type { Handshake } from '../noise/handshake.ts';
import type { EndpointHandle } from './host.ts';
import type { Session } from './session.ts';

export interface Link {
  readonly peer: PeerHandle;
  /** Names it to its timer. */
  readonly slot: number;
  endpoint: EndpointHandle;
  /** X25519 key of the peer, once it has introduced itself. */
  publicKey: Uint8Array | undefined;
  /** Sequence number of its record: a lower one is an old identity. */
  sequence: number;
  /** When it last called us, by its own clock: an older call is a repetition. */
  calledUs: Micros;
  /** Keys that we send with. */
  current: Session | undefined;
  /** Keys of a call by the peer that it has not used yet. */
  next: Session | undefined;
  /** Keys before the current ones, for datagrams that are still on their way. */
  previous: Session | undefined;
  call: Call | undefined;
  /** Content that waits for keys. */
  queue: Uint8Array[];
  /** When the protocols above last sent or got something. */
  lastUsedUs: Micros;
  lastReceivedUs: Micros;
  lastSentUs: Micros;
  timer: TimerId;
  /** Smoothed round-trip time, 0 if unknown. */
  roundTripUs: number;
  /** DATA under its keys that came from elsewhere and did not open, in the second that began at `straysUs`. */
  strays: number;
  straysUs: Micros;
  ping: { token: number; sentUs: Micros; endpoint: EndpointHandle } | undefined;
}

/** What others may see of a link; `current` is undefined while there are no keys. */
export type LinkView = Readonly<Pick<Link, 'endpoint' | 'roundTripUs' | 'publicKey' | 'current'>>;

/** A link without keys. */
export function newLink(
  peer: PeerHandle,
  endpoint: EndpointHandle,
  slot: number,
  nowUs: Micros,
): Link {
  return {
    peer,
    slot,
    endpoint,
    publicKey: undefined,
    sequence: -1,
    strays: 0,
    straysUs: 0,
    calledUs: -1,
    current: undefined,
    next: undefined,
    previous: undefined,
    call: undefined,
    queue: [],
    lastUsedUs: nowUs,
    lastReceivedUs: nowUs,
    lastSentUs: nowUs,
    timer: NO_TIMER,
    roundTripUs: 0,
    ping: undefined,
  };
}

/** A handshake that we began. */
export interface Call {
  readonly link: Link;
  readonly endpoint: EndpointHandle;
  readonly pattern: number;
  readonly localIndex: number;
  readonly handshake: Handshake;
  /** The datagram to send again: INITIATE until answered, then FINISH until the peer uses its keys. */
  datagram: Uint8Array;
  answered: boolean;
  attempts: number;
  timer: TimerId;
}

/** A handshake that somebody began (pattern XX), to be finished by them. */
export interface HalfOpen {
  readonly endpoint: EndpointHandle;
  readonly localIndex: number;
  readonly remoteIndex: number;
  readonly handshake: Handshake;
  /** Noise message 1 as it came, by which its repetition is known. */
  readonly ephemeral: Uint8Array;
  readonly respond: Uint8Array;
  readonly startedUs: Micros;
  /** DATA that has overtaken FINISH. */
  readonly early: Uint8Array[];
}
