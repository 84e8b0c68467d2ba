/** What a colluding node tells its friends of one copy that it received. Only what it really saw. */
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
