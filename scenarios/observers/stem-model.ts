/**
 * Where a stem's random walk goes, by how many bits its start shares with a node of interest.
 *
 * A stem hops to a random contact, and contacts are not uniform nodes: each bin of a table is as likely as any other, so a node's few nearest
 * neighbours are visited far more often than strangers. Colluders know that. Seen from a node P, a hop from a start that shares b bits with
 * P lands on P's side of that split with the probability of one bin; among the bins the walk is the same for every start. Such a
 * walk is diagonal in the splits of the address tree: the difference between the two halves of a b-bit subtree shrinks by
 * l(b) = (mass of bins beyond b) - (mass of bin b) at each hop, which makes any series over hops a series over numbers.
 * Exact for an evenly filled address space; here bins have the sizes they have around P, and relays are honest with the mean share.
 */
import type { Population, Profile } from './population.ts';

/** Numbers of a stem: how it goes on, and how often a colluder ends it. */
export interface StemLaw {
  /** Mean hops of a stem, >= 1. */
  stemHops: number;
  corruptRatio: number;
}

/**
 * Sums over the hops m >= 1 that a stem may take unseen, as a function of one hop's eigenvalue l: how often it visits a node and goes on from
 * there.
 */
export function visitsOnStem(law: StemLaw): (eigenvalue: number) => number {
  const onward = (1 - 1 / law.stemHops) * (1 - law.corruptRatio);
  return (l) => (onward * l) / (1 - onward * l);
}

/** The same for where a stem ends unseen, at an honest node that begins to route. */
export function endOfStem(law: StemLaw): (eigenvalue: number) => number {
  const onward = (1 - 1 / law.stemHops) * (1 - law.corruptRatio);
  const ends = (1 - law.corruptRatio) / law.stemHops;
  return (l) => (ends * l) / (1 - onward * l);
}

/** Expected contacts that a node has in a bin of `size` nodes when `ownSide` nodes see it in theirs. */
export function expectedContacts(
  size: number,
  ownSide: number,
  bucket: number,
  symmetric: boolean,
): number {
  const mine = Math.min(1, bucket / Math.max(1, size));
  const theirs = symmetric ? Math.min(1, bucket / Math.max(1, ownSide)) : 0;
  return size * (1 - (1 - mine) * (1 - theirs));
}

export class StemWalk {
  /** Mass within at least b shared bits of the start; entry 0 is the whole. */
  readonly within: number[] = [];
  /** Mass per honest node on the other side of the split after b bits. */
  readonly #density: number[] = [];

  /**
   * @param centre profile of the node of interest, to where it is alone.
   * @param series one of `visitsOnStem`, `endOfStem`.
   */
  constructor(
    population: Population,
    centre: Profile,
    bucket: number,
    symmetric: boolean,
    series: (eigenvalue: number) => number,
  ) {
    const bins: number[] = [];
    let contacts = 0;
    for (let b = 0; b < centre.depth; b++) {
      const near = centre.count(b + 1);
      const far = centre.count(b) - near;
      // A start on the far side has the near side as its bin.
      bins.push(far === 0 ? 0 : expectedContacts(near, far, bucket, symmetric));
      contacts += bins[b]!;
    }
    let beyond = 1;
    let within = series(1);
    this.within.push(within);
    for (let b = 0; b < centre.depth; b++) {
      const bin = contacts === 0 ? 0 : bins[b]! / contacts;
      beyond -= bin;
      const nearer = bin === 0 ? within : (within + series(beyond - bin)) / 2;
      const honest = population.honest(centre.low(b + 1), centre.high(b + 1));
      this.#density.push(honest === 0 ? 0 : (within - nearer) / honest);
      within = nearer;
      this.within.push(within);
    }
  }

  /** Mass that a walk from a start which shares exactly `bits` bits with the node of interest puts on that node. */
  density(bits: number): number {
    return bits < this.#density.length
      ? this.#density[bits]!
      : this.within[this.within.length - 1]!;
  }
}
