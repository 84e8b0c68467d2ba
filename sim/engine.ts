/**
 * The clock and the loop: takes events in the total order (time, source, source sequence) and hands each to one handler.
 *
 * The engine numbers the events of each source itself, so the key of an event says who caused it and which of its acts it
 * was. Two runs that schedule the same things get the same order, whoever inserted first and on however many workers;
 * that is the foundation of every digest.
 *
 * It is deliberately small: what events mean (datagrams, timers, faults) is the world's affair.
 */
import { WheelQueue } from './queue/wheel.ts';

export interface EventHandler {
  /** One event. `source` caused it, `target` is whom it concerns; `kind`, `a`, `b` are the handler's own integers. */
  onEvent(kind: number, target: number, source: number, a: number, b: number): void;
}

export type StopReason = 'time' | 'empty' | 'budget' | 'stopped';

/** Network time may not stand still longer than this many events: something schedules itself without delay. */
const STUCK_EVENTS = 20_000_000;
const STUCK_WINDOW_US = 1_000;

export class Engine {
  /** Network time in integer microseconds. */
  nowUs = 0;
  /** Events handled since the start. */
  events = 0;
  readonly #queue = new WheelQueue();
  #sequences: Uint32Array;
  #stopped = false;
  #windowStartUs = 0;
  #windowEvents = 0;

  /** @param sources how many sources (0 .. sources-1) may schedule; grows on demand. */
  constructor(sources = 64) {
    this.#sequences = new Uint32Array(sources);
  }

  get pending(): number {
    return this.#queue.size;
  }

  /** Schedules an event `delayUs` (integer >= 1) from now. */
  schedule(
    delayUs: number,
    source: number,
    target: number,
    kind: number,
    a: number,
    b: number,
  ): void {
    if (!(delayUs >= 1))
      throw new Error(`delay of ${delayUs} us: every delay must be at least 1 us`);
    if (source >= this.#sequences.length) this.#growSources(source);
    const sequence = this.#sequences[source]!;
    if (sequence === 0xffffffff) throw new Error(`source ${source} has scheduled 2^32 events`);
    this.#sequences[source] = sequence + 1;
    this.#queue.push(this.nowUs + delayUs, source, sequence, target, kind, a, b);
  }

  /**
   * Handles events up to and including `untilUs`, at most `budget` of them.
   * @returns why it stopped; after 'time' or 'empty' the clock stands at `untilUs`.
   */
  run(untilUs: number, handler: EventHandler, budget = Number.MAX_SAFE_INTEGER): StopReason {
    const queue = this.#queue;
    this.#stopped = false;
    let left = budget;
    while (left > 0) {
      if (!queue.pop(untilUs)) {
        const reason = queue.size === 0 ? 'empty' : 'time';
        if (untilUs > this.nowUs) this.nowUs = untilUs;
        return reason;
      }
      left--;
      this.nowUs = queue.timeUs;
      this.events++;
      if (this.nowUs - this.#windowStartUs > STUCK_WINDOW_US) {
        this.#windowStartUs = this.nowUs;
        this.#windowEvents = 0;
      } else if (++this.#windowEvents > STUCK_EVENTS) this.#stuck(queue.source);
      handler.onEvent(queue.kind, queue.target, queue.source, queue.a, queue.b);
      if (this.#stopped) return 'stopped';
    }
    return 'budget';
  }

  /** Makes `run` return after the event being handled. */
  stop(): void {
    this.#stopped = true;
  }

  #growSources(source: number): void {
    const grown = new Uint32Array(Math.max(source + 1, this.#sequences.length * 2));
    grown.set(this.#sequences);
    this.#sequences = grown;
  }

  #stuck(source: number): never {
    throw new Error(
      `network time is stuck: ${STUCK_EVENTS} events within ${STUCK_WINDOW_US} us at ${this.nowUs} us, ` +
        `the last one from source ${source}. Something schedules itself with almost no delay.`,
    );
  }
}
