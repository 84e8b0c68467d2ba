/** Samples of every metric of a run, with the role of the node that each belongs to. */
import { METRICS } from '../metrics.ts';
import type { MetricSummary } from '../summary.ts';
import { NO_ROLE, Samples } from './samples.ts';

export class MetricBook {
  readonly samples = new Map<string, Samples>();
  readonly #roles: Uint8Array;

  /** @param roleOf role of each node. */
  constructor(roleOf: Uint8Array) {
    this.#roles = roleOf;
    for (const metric of METRICS) this.samples.set(metric.name, new Samples(metric.unit));
  }

  /** Adds one value; a `node` below 0 belongs to no role. */
  add(metric: string, value: number, node = -1): void {
    const samples = this.samples.get(metric);
    if (samples === undefined) throw new Error(`no metric is called "${metric}"`);
    samples.add(value, node < 0 ? NO_ROLE : this.#roles[node]!);
  }

  summaries(): { [name: string]: MetricSummary } {
    return this.#summaries(undefined);
  }

  summariesOfRole(role: number): { [name: string]: MetricSummary } {
    return this.#summaries(role);
  }

  #summaries(role: number | undefined): { [name: string]: MetricSummary } {
    const result: { [name: string]: MetricSummary } = {};
    for (const [name, samples] of this.samples) {
      const summary = samples.summary(role);
      if (summary !== undefined) result[name] = summary;
    }
    return result;
  }
}
