/** Buffers of dark routing that all nodes of one thread may share: nothing in them survives a call. About 12 kB. */
import { X25519_KEY_BYTES } from '../crypto/port.ts';
import { DATAGRAM_BYTES_MAX } from '../host.ts';
import { BIN_COUNT } from '../overlay/table.ts';
import { ASSOCIATED_BYTES, DarkHeader } from './packet.ts';
import { TargetWalk } from './walk.ts';

export class RoutingScratch {
  /** A packet being made or changed before it is passed on. */
  readonly packet = new Uint8Array(DATAGRAM_BYTES_MAX);
  /** Text before sealing or after opening, with its length in front. */
  readonly text = new Uint8Array(DATAGRAM_BYTES_MAX);
  readonly associated = new Uint8Array(ASSOCIATED_BYTES);
  readonly secret = new Uint8Array(X25519_KEY_BYTES);
  /** Header of the packet being handled. */
  readonly header = new DarkHeader();
  readonly walk = new TargetWalk();
  /** Whom the packet is owed to, and the tree level of each copy. */
  peers = new Int32Array(256);
  readonly levels = new Uint16Array(BIN_COUNT);

  /** Makes room for `count` receivers. */
  reserve(count: number): void {
    if (this.peers.length < count) this.peers = new Int32Array(count * 2);
  }
}
