/**
 * How likely a greedy path is to pass where, as seen by colluders: the exact recursion for random tables with b contacts a bin.
 *
 * A path's proximity order to the target rises by random steps. With the best of b contacts, P(step <= s) = (1 - 2^-s)^b. Relays are
 * honest with probability 1 - f each. `reach(m)` is the probability that an unseen path from a node at order i visits some node
 * at order i + m; for b = 1 everything has closed forms, e.g. P(predecessor at order j is the sender) = (2 - f)^-j.
 * Source: research on Kademlia path anonymity (Roos, Salah, Strufe 2013 for the path model); checked by validation A3.
 */
export class PathModel {
  readonly corruptRatio: number;
  readonly #steps: Float64Array;
  readonly #reach: Float64Array;

  /**
   * @param choices contacts among which the best is taken: the bucket size, or 1 when any contact of the bin is taken.
   * @param corruptRatio share of corrupt relays, in [0, 1).
   * @param ordersMax largest proximity order asked about.
   */
  constructor(choices: number, corruptRatio: number, ordersMax = 64) {
    this.corruptRatio = corruptRatio;
    const within = (s: number): number => (1 - 2 ** -s) ** choices;
    this.#steps = Float64Array.from({ length: ordersMax + 1 }, (_, s) =>
      s === 0 ? 0 : within(s) - within(s - 1),
    );
    this.#reach = new Float64Array(ordersMax + 1);
    this.#reach[0] = 1;
    for (let m = 1; m <= ordersMax; m++) {
      let sum = 0;
      for (let s = 1; s <= m; s++)
        sum += (1 - corruptRatio) * this.#steps[s]! * this.#reach[m - s]!;
      this.#reach[m] = sum;
    }
  }

  /** Probability that an unseen path visits a node exactly `orders` beyond where it is. */
  reach(orders: number): number {
    return orders < 0 ? 0 : this.#reach[Math.min(orders, this.#reach.length - 1)]!;
  }

  /** Probability that a path from `orders` before the zone enters it unseen (its first zone node honest). */
  enter(orders: number): number {
    let sum = 0;
    let beyond = 1;
    // Steps from every visited order i lead into the zone with P(step >= orders - i).
    for (let i = 0; i < orders; i++) {
      beyond = 1;
      for (let s = 1; s < orders - i; s++) beyond -= this.#steps[s]!;
      sum += this.reach(i) * beyond * (1 - this.corruptRatio);
    }
    return orders <= 0 ? 1 : sum;
  }

  /** P(predecessor is the sender | it is at order j and the next relay is the first corrupt one). */
  predecessorIsSender(j: number): number {
    let visited = 0;
    for (let i = 0; i <= j; i++) visited += 2 ** -(i + 1) * this.reach(j - i);
    return 2 ** -(j + 1) / visited;
  }
}
