/**
 * What a colluding node tells its friends of one copy that it received. Only what it really saw. How near to the target observer
 * and previous hop are is not part of it: everybody's address is public, so whoever has the header can work both out.
 */
export interface Sighting {
  timeUs: number;
  observerNode: number;
  /** Who sent it the copy. */
  previousHop: number;
  /** Which of the message's trees (or 0) the copy belongs to. */
  tree: number;
  /** The copy was still taking random hops. */
  onStem: boolean;
  /** Bits of the address that the copy made its holder responsible for (trees), 0 before. */
  level: number;
  /** Datagram bytes. */
  bytes: number;
}

/** The earliest of some sightings, if any; of equal times the one reported first. */
export function earliest(sightings: readonly Sighting[]): Sighting | undefined {
  let first: Sighting | undefined;
  for (const sighting of sightings)
    if (first === undefined || sighting.timeUs < first.timeUs) first = sighting;
  return first;
}
