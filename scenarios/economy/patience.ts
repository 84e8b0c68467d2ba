/**
 * What an originator does about a chunk that it did not get: wait for its debts to be forgiven and ask again in a later epoch, or ask at once and keep clear of
 * the first hop that led nowhere. Without either it forgets the chunk.
 *
 * Every further attempt is a request like any other and takes the originator's turn, as in the authors' program (which counts attempts, not chunks). A chunk is
 * given up after as many attempts as a bucket has places.
 */
import { CACHED, NO_ACCESS, OVER_THRESHOLD } from './counters.ts';

export interface PatienceRules {
  /** Ask again in a later epoch after a threshold was in the way. */
  waiting: boolean;
  /** Ask again at once, through another first hop, after a failure further on. */
  retry: boolean;
  /** Attempts after which a chunk is given up; the authors take the size of a bucket. */
  attemptsMax: number;
}

interface WaitingChunk {
  chunk: number;
  attempts: number;
  lastEpoch: number;
}

/** The unfinished business of one originator. */
export class Patience {
  readonly #rules: PatienceRules;
  /** Newest first; the turn goes round from the oldest. */
  readonly #queue: WaitingChunk[] = [];
  #turn = 0;
  /** Chunk that is being retried, or -1, and first hops to keep clear of meanwhile. */
  #retried = -1;
  readonly #avoided = new Set<number>();

  constructor(rules: PatienceRules) {
    this.#rules = rules;
  }

  /** Chunks that are waited for. */
  get waiting(): number {
    return this.#queue.length;
  }

  /** Nodes that the next request must not go through; undefined: any will do. Borrowed, valid until `after`. */
  get avoided(): ReadonlySet<number> | undefined {
    return this.#retried < 0 ? undefined : this.#avoided;
  }

  /** The chunk to ask for again in this turn, or -1 for a new one. A retry goes before a wait. */
  next(epoch: number): number {
    if (this.#retried >= 0) return this.#retried;
    for (let tried = 0; tried < this.#queue.length; tried++) {
      this.#turn = this.#turn <= 0 ? this.#queue.length - 1 : this.#turn - 1;
      const waiting = this.#queue[this.#turn];
      if (waiting === undefined || waiting.lastEpoch >= epoch) continue;
      waiting.lastEpoch = epoch;
      return waiting.chunk;
    }
    return -1;
  }

  /**
   * Takes note of how a request ended.
   * @param outcome as in counters.ts
   * @param firstHop node that the request went to, -1 if it went nowhere
   */
  after(chunk: number, outcome: number, firstHop: number, epoch: number): void {
    if (this.#rules.retry) this.#noteRetry(chunk, outcome, firstHop);
    if (!this.#rules.waiting) return;
    // With retries, a chunk that nobody could reach may be reachable another way later.
    const again = outcome === OVER_THRESHOLD || (this.#rules.retry && outcome === NO_ACCESS);
    const at = this.#queue.findIndex((waiting) => waiting.chunk === chunk);
    if (!again) {
      if (at >= 0) this.#drop(at);
    } else if (at < 0) {
      this.#queue.unshift({ chunk, attempts: 0, lastEpoch: epoch });
    } else if (++this.#queue[at]!.attempts > this.#rules.attemptsMax) {
      this.#drop(at);
    }
  }

  #noteRetry(chunk: number, outcome: number, firstHop: number): void {
    const mine = this.#retried < 0 || this.#retried === chunk;
    if (!mine) return;
    // A request that found nobody to go to leaves nothing to keep clear of.
    if (outcome > CACHED && firstHop >= 0 && this.#avoided.size < this.#rules.attemptsMax) {
      this.#retried = chunk;
      this.#avoided.add(firstHop);
      return;
    }
    this.#retried = -1;
    this.#avoided.clear();
  }

  #drop(at: number): void {
    this.#queue.splice(at, 1);
  }
}
