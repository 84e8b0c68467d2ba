/**
 * Does a score say who will default? At equal times everybody who is still served is looked at, and what they do until the next look is held against the score
 * that they had then.
 *
 * A default is here what the score is meant to foretell: an invoice that is not paid by its deadline, or a cheque that bounces, whoever's. Only what comes after
 * the moment of the look counts, so that a score which has just heard of a default is not praised for having known it. Looks do not overlap: no default
 * is counted twice. Whoever is shut out already is left out; the score has done its work there, and with them every score would look good.
 */

/** Between two looks; in a short run a quarter of what is measured, where that is less. */
const HORIZON_US = 86_400_000_000;
const LOOKS_MIN = 4;

/** For how long after a look defaults are counted. */
export function horizonUs(measuredUs: number): number {
  return Math.max(1, Math.min(HORIZON_US, Math.floor(measuredUs / LOOKS_MIN)));
}

export class ScoreTrial {
  /** One row for each name at each look: the score that it had, and whether it defaulted before the next. */
  readonly scores: number[] = [];
  readonly defaulted: boolean[] = [];
  readonly #horizonUs: number;
  #nextUs: number;
  #sinceUs = 0;
  #held: ReadonlyMap<number, number> = new Map();
  readonly #fallen = new Set<number>();

  /** @param firstUs time of the first look. */
  constructor(firstUs: number, horizon: number) {
    this.#nextUs = firstUs;
    this.#horizonUs = horizon;
  }

  isDue(nowUs: number): boolean {
    return nowUs >= this.#nextUs;
  }

  /** Ends the span before and begins one with `held`, the scores by name. To be called when a look is due. */
  look(nowUs: number, held: ReadonlyMap<number, number>): void {
    for (const [name, score] of this.#held) {
      this.scores.push(score);
      this.defaulted.push(this.#fallen.has(name));
    }
    this.#fallen.clear();
    this.#held = held;
    this.#sinceUs = nowUs;
    while (this.#nextUs <= nowUs) this.#nextUs += this.#horizonUs;
  }

  /** Somebody has defaulted. */
  fell(name: number, nowUs: number): void {
    if (nowUs > this.#sinceUs) this.#fallen.add(name);
  }

  /** The observation ends: a span that is not whole does not count. */
  finish(nowUs: number): void {
    if (this.isDue(nowUs)) this.look(nowUs, new Map());
  }
}
