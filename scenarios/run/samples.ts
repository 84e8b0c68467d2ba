/**
 * Samples of one metric, with the role each belongs to.
 *
 * Count, mean, minimum and maximum are exact whatever the run's length. Quantiles are exact up to SAMPLES_MAX values; beyond
 * it every second kept value is dropped and from then on only every second (fourth, ...) new one is kept. That bounds memory,
 * needs no randomness (so observing cannot shift a run), and leaves a systematic sample of at least SAMPLES_MAX / 2 values:
 * the standard error of a quantile is then below 0.002 in rank.
 */
import { gini } from '../economy/metrics/inequality.ts';
import type { MetricSummary } from '../summary.ts';

export const SAMPLES_MAX = 1 << 17;

/** Role index of a sample that belongs to no role. */
export const NO_ROLE = 255;

class Tally {
  count = 0;
  sum = 0;
  min = Infinity;
  max = -Infinity;

  add(value: number): void {
    this.count++;
    this.sum += value;
    if (value < this.min) this.min = value;
    if (value > this.max) this.max = value;
  }
}

export class Samples {
  readonly unit: string;
  #values = new Float64Array(256);
  #roles = new Uint8Array(256);
  #kept = 0;
  #stride = 1;
  #skip = 0;
  readonly #all = new Tally();
  readonly #byRole: (Tally | undefined)[] = [];

  constructor(unit: string) {
    this.unit = unit;
  }

  get count(): number {
    return this.#all.count;
  }

  /** Adds one value; `role` is an index below NO_ROLE, or NO_ROLE. */
  add(value: number, role: number = NO_ROLE): void {
    if (!Number.isFinite(value)) throw new Error(`a sample must be finite, got ${value}`);
    this.#all.add(value);
    if (role !== NO_ROLE) (this.#byRole[role] ??= new Tally()).add(value);
    if (this.#skip > 0) {
      this.#skip--;
      return;
    }
    this.#skip = this.#stride - 1;
    if (this.#kept === SAMPLES_MAX) this.#thin();
    if (this.#kept === this.#values.length) this.#grow();
    this.#values[this.#kept] = value;
    this.#roles[this.#kept++] = role;
  }

  /** Kept values of one role (or all), ascending. */
  sorted(role?: number): Float64Array {
    if (role === undefined) return this.#values.slice(0, this.#kept).sort((a, b) => a - b);
    const chosen: number[] = [];
    for (let i = 0; i < this.#kept; i++) if (this.#roles[i] === role) chosen.push(this.#values[i]!);
    return Float64Array.from(chosen).sort((a, b) => a - b);
  }

  /** Summary of all samples, or of one role's; undefined when there are none. */
  summary(role?: number): MetricSummary | undefined {
    const tally = role === undefined ? this.#all : this.#byRole[role];
    if (tally === undefined || tally.count === 0) return undefined;
    const sorted = this.sorted(role);
    return {
      unit: this.unit,
      count: tally.count,
      mean: tally.sum / tally.count,
      median: quantile(sorted, 0.5),
      p95: quantile(sorted, 0.95),
      p99: quantile(sorted, 0.99),
      min: tally.min,
      max: tally.max,
      ...(this.unit === 'MFT' && tally.min >= 0 && tally.sum > 0 ? { gini: gini(sorted) } : {}),
    };
  }

  #thin(): void {
    let to = 0;
    for (let i = 0; i < this.#kept; i += 2) {
      this.#values[to] = this.#values[i]!;
      this.#roles[to++] = this.#roles[i]!;
    }
    this.#kept = to;
    this.#stride *= 2;
    this.#skip = this.#stride - 1;
  }

  #grow(): void {
    const room = this.#values.length * 2;
    const values = new Float64Array(room);
    values.set(this.#values);
    this.#values = values;
    const roles = new Uint8Array(room);
    roles.set(this.#roles);
    this.#roles = roles;
  }
}

/** Quantile by linear interpolation between order statistics (type 7 of Hyndman & Fan 1996). `sorted` is not empty. */
export function quantile(sorted: ArrayLike<number>, p: number): number {
  const at = (sorted.length - 1) * p;
  const low = Math.floor(at);
  const high = Math.min(low + 1, sorted.length - 1);
  const a = sorted[low]!;
  return a + (sorted[high]! - a) * (at - low);
}
