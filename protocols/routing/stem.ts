/**
 * The stem: random hops before routing begins, so that whoever routes a packet first is not its sender.
 *
 * The first hop is always taken, each further one with the same chance, as in Crowds (Reiter & Rubin 1998). A counter of hops left would
 * tell each relay how far it is from the sender; a coin tells nothing, and no field changes along the way. A stem makes no copies: it costs
 * latency only, and it removes the exposure of senders who are in or next to their own zone.
 */
import type { PeerHandle } from '../host.ts';
import type { RoutingTable } from '../overlay/table.ts';
import type { RandomStream } from '../random.ts';
import { firstAllowed, type Allowed } from './toll.ts';

/** Whether a relay on the stem takes one more hop; `stemHops` (>= 1) is the mean length of a stem. */
export function stemGoesOn(stemHops: number, random: RandomStream): boolean {
  // One hop is taken already: a mean of g needs a geometric tail of mean g - 1, which goes on with probability 1 - 1/g.
  return stemHops > 1 && random.below(stemHops) !== 0;
}

/** A uniformly random contact (of those allowed the next after the one drawn), or -1 without any. */
export function nextOnStem(
  table: RoutingTable,
  random: RandomStream,
  allowed?: Allowed,
): PeerHandle {
  const size = table.size;
  return size === 0 ? -1 : firstAllowed(table, 0, size, random.below(size), allowed);
}
