/**
 * The host of a node that lives in another process: it keeps a node's place, so that its table can be laid out with all the others, and does nothing.
 * Such a node is never started.
 */
import type { CryptoSuite } from '../../protocols/crypto/port.ts';
import { NO_TIMER, type Host, type Micros } from '../../protocols/host.ts';
import type { PeerBook, PeerHandle } from '../../protocols/identity/peer-book.ts';
import type { RandomStream } from '../../protocols/random.ts';

export class StillHost implements Host {
  readonly self: PeerHandle;
  readonly peers: PeerBook;
  readonly crypto: CryptoSuite;
  readonly random: (purpose: string) => RandomStream;

  constructor(
    self: PeerHandle,
    world: { peers: PeerBook; crypto: CryptoSuite },
    random: (purpose: string) => RandomStream,
  ) {
    this.self = self;
    this.peers = world.peers;
    this.crypto = world.crypto;
    this.random = random;
  }

  now(): Micros {
    return 0;
  }

  send(): void {}

  sendToMany(): void {}

  setTimer(): number {
    return NO_TIMER;
  }

  cancelTimer(): void {}

  emit(): void {}
}
