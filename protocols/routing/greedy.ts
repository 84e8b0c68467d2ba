/**
 * One step towards a zone: a contact that shares more bits with the target than we do.
 *
 * All such contacts are in the bin of our own proximity order. What counts is the order capped at the luminosity, since every node of the
 * zone is as good as any other; among equally good ones the choice is drawn, so that a packet does not always enter a zone through the
 * node nearest to the padding.
 */
import type { PeerHandle } from '../host.ts';
import type { PeerBook } from '../identity/peer-book.ts';
import type { RandomStream } from '../random.ts';
import { BIN_COUNT, type RoutingTable } from '../overlay/table.ts';
import { contactProximity } from './targets.ts';
import { firstAllowed, type Allowed } from './toll.ts';

/**
 * The next peer towards the zone of `luminosity` bits around `target`, or -1 at a dead end. `own` is our proximity order (below
 * `luminosity`). `rank` 0 takes the best, 1 the second best, and so on (modulo how many there are), which sends several copies of one
 * message along different first links. `anyPeer` takes any contact of the bin instead of the best. Those not `allowed` are as if they were not there.
 */
export function nextTowardsZone(
  table: RoutingTable,
  peers: PeerBook,
  target: Uint32Array,
  own: number,
  luminosity: number,
  rank: number,
  anyPeer: boolean,
  random: RandomStream,
  allowed?: Allowed,
): PeerHandle {
  const bin = own < BIN_COUNT ? own : BIN_COUNT - 1;
  const start = table.start(bin);
  const width = table.end(bin) - start;
  if (width === 0) return -1;
  if (anyPeer) return firstAllowed(table, start, width, random.below(width), allowed);
  const skip = rank % width;
  // Scores order contacts by capped proximity, then by a value drawn once per call and spread over them.
  const salt = random.uint32();
  let previous = Infinity;
  let chosen = -1;
  for (let round = 0; round <= skip; round++) {
    let best = -1;
    let next = -1;
    for (let i = 0; i < width; i++) {
      const order = contactProximity(table, peers, target, own, bin, start + i);
      // Only in the last bin, which holds everything from 63 bits on: somebody who is no nearer than we are.
      if (order <= own) continue;
      if (allowed !== undefined && !allowed.allows(table.handles[start + i]!)) continue;
      const tie = Math.imul(salt ^ (i * 0x9e3779b1), 0x85ebca6b) >>> 9;
      const score = Math.min(order, luminosity) * 0x800000 + tie;
      if (score > best && score < previous) {
        best = score;
        next = table.handles[start + i]!;
      }
    }
    if (next < 0) {
      if (allowed === undefined) return -1;
      // Fewer are allowed than the rank asks for: the last one that is. None at all is a matter of credit, unless nobody is nearer anyway.
      if (round === 0) allowed.skipped++;
      return chosen;
    }
    chosen = next;
    previous = best;
  }
  return chosen;
}
