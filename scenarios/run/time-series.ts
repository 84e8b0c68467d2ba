/** How a metric went over network time: means in equal spans, few enough to keep for every run of a sweep. */
import type { SeriesSummary } from '../summary.ts';

/** Spans of the measured time. */
export const SERIES_SPANS = 240;

export class TimeSeries {
  readonly #fromUs: number;
  readonly #spanUs: number;
  readonly #sums = new Float64Array(SERIES_SPANS);
  readonly #counts = new Uint32Array(SERIES_SPANS);

  constructor(fromUs: number, toUs: number) {
    this.#fromUs = fromUs;
    this.#spanUs = Math.max(1, (toUs - fromUs) / SERIES_SPANS);
  }

  /** Adds a value at a time; what lies outside of the measured time is left out. */
  add(timeUs: number, value: number): void {
    const span = Math.floor((timeUs - this.#fromUs) / this.#spanUs);
    const last = timeUs <= this.#fromUs + SERIES_SPANS * this.#spanUs;
    if (span < 0 || (span >= SERIES_SPANS && !last)) return;
    const at = Math.min(span, SERIES_SPANS - 1);
    this.#sums[at]! += value;
    this.#counts[at]!++;
  }

  /** Spans in which something was measured, by their middle. */
  summary(): SeriesSummary {
    const timesUs: number[] = [];
    const means: number[] = [];
    for (let i = 0; i < SERIES_SPANS; i++) {
      if (this.#counts[i] === 0) continue;
      timesUs.push(Math.round(this.#fromUs + (i + 0.5) * this.#spanUs));
      means.push(this.#sums[i]! / this.#counts[i]!);
    }
    return { timesUs, means };
  }
}
