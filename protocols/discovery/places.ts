/** Who is who, and who is asked: handles and addresses of registrars and advertisers. */
import type { PeerHandle } from '../host.ts';
import type { PeerBook } from '../identity/peer-book.ts';
import { ADDRESS_WORDS, compareDistance, readAddress } from '../identity/proximity.ts';

/** Whether `peer` has this address (32 bytes). */
export function isAt(peers: PeerBook, peer: PeerHandle, address: Uint8Array): boolean {
  const words = new Uint32Array(ADDRESS_WORDS);
  readAddress(address, 0, words, 0);
  return compareDistance(words, 0, peers.words, peer * ADDRESS_WORDS, words, 0) === 0;
}

/**
 * The first `most` of `found[0..count)`, nearest first, that are each in another endpoint network: whoever has a thousand addresses in one network
 * is one registrar of a shelf, not all of them.
 */
export function chooseRegistrars(
  peers: PeerBook,
  found: Int32Array,
  count: number,
  most: number,
): PeerHandle[] {
  const chosen: PeerHandle[] = [];
  const networks = new Set<number>();
  for (let i = 0; i < count && chosen.length < most; i++) {
    const network = peers.endpointNetwork(found[i]!);
    if (networks.has(network)) continue;
    networks.add(network);
    chosen.push(found[i]!);
  }
  return chosen;
}
