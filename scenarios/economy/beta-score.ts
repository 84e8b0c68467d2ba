/**
 * Audit score with forgetting (beta reputation): two weights that decay with every audit and gain what it showed. The score is the good weight's share.
 *
 * Source: Storj's published audit scoring (A. Jøsang, R. Ismail, "The Beta Reputation System", 2002, with forgetting factor λ); settings with their history
 * in the network's forum: λ .95 and threshold .6, later λ .999 and threshold .96.
 */
export class BetaScore {
  readonly #forgetting: number;
  #good: number;
  #bad: number;

  /**
   * @param forgetting λ in (0, 1): what is left of a weight after one audit
   * @param good weight at the start; 1 / (1 - λ) is a steady perfect score
   */
  constructor(forgetting: number, good = 1 / (1 - forgetting), bad = 0) {
    this.#forgetting = forgetting;
    this.#good = good;
    this.#bad = bad;
  }

  /** Share of good weight, 0 to 1. */
  get score(): number {
    return this.#good / (this.#good + this.#bad);
  }

  /** Adds one audit of weight 1. */
  audit(passed: boolean): void {
    this.#good = this.#forgetting * this.#good + (passed ? 1 : 0);
    this.#bad = this.#forgetting * this.#bad + (passed ? 0 : 1);
  }
}
