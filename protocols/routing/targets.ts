/**
 * How near contacts are to a routing target, without touching most of their addresses.
 *
 * Let p be our own proximity order to the target. Contacts of a bin b < p share exactly b bits with it; contacts of a
 * bin beyond p share exactly p; only those of bin p itself share more, and each has to be looked at. That holds for every bin but
 * the last, which collects everything from 63 bits on.
 */
import { proximity, ADDRESS_WORDS } from '../identity/proximity.ts';
import type { PeerBook } from '../identity/peer-book.ts';
import { BIN_COUNT, type RoutingTable } from '../overlay/table.ts';

/** Proximity order of the contact at `index` (of bin `bin`) to the target, given our own order `own`. */
export function contactProximity(
  table: RoutingTable,
  peers: PeerBook,
  target: Uint32Array,
  own: number,
  bin: number,
  index: number,
): number {
  if (bin < own && bin < BIN_COUNT - 1) return bin;
  if (bin > own && bin < BIN_COUNT - 1) return own;
  const difference = table.prefixes[index]! ^ target[0]!;
  if (difference !== 0) return Math.clz32(difference);
  return proximity(peers.words, table.handles[index]! * ADDRESS_WORDS, target, 0);
}

/** Our own proximity order to the target. */
export function ownProximity(table: RoutingTable, peers: PeerBook, target: Uint32Array): number {
  return proximity(peers.words, table.self * ADDRESS_WORDS, target, 0);
}
