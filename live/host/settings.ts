/** What a host is given. Everything but the first three may be left out. */
import type { CryptoSuite } from '../../protocols/crypto/port.ts';
import type { Micros } from '../../protocols/host.ts';
import type { PeerBook, PeerHandle } from '../../protocols/identity/peer-book.ts';
import type { KeyLog } from '../../protocols/link/host.ts';
import type { ClockJump, Machine } from './clock.ts';
import type { RateLimit } from './limits.ts';
import type { Shim } from './shim.ts';

/** In which input, or in whose listener, something threw. */
export type ExceptionPlace = 'start' | 'stop' | 'datagram' | 'timer' | 'act' | 'listener';

export interface LiveHostSettings {
  peers: PeerBook;
  self: PeerHandle;
  crypto: CryptoSuite;
  /** The machine to run on; tests bring a manual one. */
  machine?: Machine;
  /** Makes all draws repeatable: for tests only, since whoever knows the seed knows the keys. */
  seed?: number | string;
  /** Most endpoints remembered at once (default: ENDPOINTS_MAX). */
  endpointsMax?: number;
  /** Datagrams taken from one source and from all (defaults: SOURCE_LIMIT, TOTAL_LIMIT). */
  sourceLimit?: RateLimit;
  totalLimit?: RateLimit;
  shim?: Shim;
  /** Where the keys of links go: it ends the secrecy of the link. */
  keyLog?: KeyLog | undefined;
  /** A protocol's event (`Host.emit`). Called inside an input: it may look, not act. */
  onEvent?: (timeUs: Micros, event: number, a: number, b: number, c: number, d: number) => void;
  onException?: (error: unknown, place: ExceptionPlace) => void;
  onClockJump?: (jump: ClockJump) => void;
  onSocketError?: (error: Error) => void;
}
