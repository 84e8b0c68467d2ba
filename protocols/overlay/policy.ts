/**
 * What a node decides in the overlay where the protocol leaves it a choice. Mechanism (framing, transactions, the table)
 * is the same for all; a node that lies in its answers or stays silent is another policy.
 */
import type { PeerHandle } from '../host.ts';
import type { PeerBook } from '../identity/peer-book.ts';
import { nearest } from './nearest.ts';
import type { RoutingTable } from './table.ts';

export interface OverlayPolicy {
  /**
   * Answers `from`, who asks for `count` (1..16) contacts near `target[0..8)`: writes handles to `out` (room for 17).
   * @returns how many of them to send, at most `count`; -1 to stay silent.
   */
  answerFindNode(
    table: RoutingTable,
    peers: PeerBook,
    from: PeerHandle,
    target: Uint32Array,
    count: number,
    out: Int32Array,
  ): number;
}

/** Tells the truth: the nearest contacts, without the asker. */
export const HONEST_OVERLAY_POLICY: OverlayPolicy = {
  answerFindNode(table, peers, from, target, count, out) {
    const found = nearest(table, peers, target, 0, count + 1, out);
    let kept = 0;
    for (let i = 0; i < found && kept < count; i++) {
      if (out[i] !== from) out[kept++] = out[i]!;
    }
    return kept;
  },
};
