/**
 * The bound of a live node's book of peers. Every answer of a neighbour may name sixteen addresses that nobody has heard of, and a liar's answers do; most are
 * asked once or never. Past the bound the book keeps those whose handles somebody holds: contacts, links, what is pending, whoever has a budget of ours.
 * All of these are bounded themselves, so the book is.
 */
import type { PeerBook, PeerHandle } from '../../protocols/identity/peer-book.ts';

/** Peers beyond which strangers are forgotten; the book then holds about 5 MB. */
export const PEERS_MAX = 65_536;

/** Whoever keeps handles between inputs. */
export interface PeerKeeper {
  eachPeer(visit: (peer: PeerHandle) => void): void;
}

/**
 * Forgets strangers if there are more than `most` peers. Between two inputs only: within one a handle may be kept where nobody sees it.
 *
 * @returns how many were forgotten
 */
export function forgetStrangers(
  peers: PeerBook,
  keepers: readonly PeerKeeper[],
  most = PEERS_MAX,
): number {
  const before = peers.known;
  if (before <= most) return 0;
  const kept = new Set<PeerHandle>();
  for (const keeper of keepers) keeper.eachPeer((peer) => kept.add(peer));
  peers.retain(kept);
  return before - peers.known;
}
