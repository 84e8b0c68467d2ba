/**
 * Duplicate-free dissemination: binary prefix trees over the address space.
 *
 * Whoever is responsible for a prefix of d bits (its own first d) hands, for every bin i >= d, the sub-prefix of bin i to one contact of
 * that bin, which becomes responsible for i + 1 bits. The sub-prefixes are disjoint and cover the rest, so with tables that know
 * every non-empty bin each node of the zone receives exactly one copy: S - 1 copies for a zone of S nodes, which is the least possible.
 * Several trees of one message choose their contacts independently and so fail independently.
 */
import type { RandomStream } from '../random.ts';
import { BIN_COUNT, type RoutingTable } from '../overlay/table.ts';
import { firstAllowed, type Allowed } from './toll.ts';

/**
 * Writes to `peers` the contact chosen for each non-empty bin from `level` on, and to `levels` what each becomes responsible for.
 * Whoever handed us the packet is in a shallower bin than our
 * level, so no copy goes back. Draws one value per bin of more than one contact. Where only some are allowed, the next one after the one drawn is
 * taken. @returns how many were written (at most BIN_COUNT).
 */
export function treeBranches(
  table: RoutingTable,
  level: number,
  random: RandomStream,
  peers: Int32Array,
  levels: Uint16Array,
  allowed?: Allowed,
): number {
  let count = 0;
  const size = table.size;
  for (let bin = level; bin < BIN_COUNT; bin++) {
    const start = table.start(bin);
    if (start === size) break;
    const width = table.end(bin) - start;
    if (width === 0) continue;
    const drawn = width === 1 ? 0 : random.below(width);
    const peer = firstAllowed(table, start, width, drawn, allowed);
    if (peer < 0) continue;
    peers[count] = peer;
    levels[count++] = bin + 1;
  }
  return count;
}
