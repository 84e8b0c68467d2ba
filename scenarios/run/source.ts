/**
 * What expectations may ask of a run: statistics of the samples collected so far, of everybody or of one role.
 */
import { gini } from '../economy/metrics/inequality.ts';
import type { MetricSource } from '../expect/evaluate.ts';
import type { MetricReference, ResolvedScenario, Statistic } from '../model.ts';
import type { MetricBook } from './metric-book.ts';

export class CollectorSource implements MetricSource {
  readonly #collector: MetricBook;
  readonly #roles: readonly string[];

  constructor(collector: MetricBook, scenario: ResolvedScenario) {
    this.#collector = collector;
    this.#roles = scenario.roles.map((role) => role.name);
  }

  value(statistic: Statistic, reference: MetricReference): number | undefined {
    const samples = this.#collector.samples.get(reference.metric);
    if (samples === undefined) return undefined;
    const role =
      reference.where === undefined ? undefined : this.#roles.indexOf(reference.where.value);
    if (role === -1) return undefined;
    const summary = samples.summary(role);
    if (summary === undefined) return statistic === 'count' || statistic === 'sum' ? 0 : undefined;
    switch (statistic) {
      case 'value':
      case 'mean':
      case 'share':
        return summary.mean;
      case 'median':
        return summary.median;
      case 'p95':
        return summary.p95;
      case 'p99':
        return summary.p99;
      case 'min':
        return summary.min;
      case 'max':
        return summary.max;
      case 'count':
        return summary.count;
      case 'sum':
        return summary.mean * summary.count;
      case 'gini':
        return summary.min >= 0 && summary.max > 0 ? gini(samples.sorted(role)) : undefined;
      case 'slope':
        // A slope needs something to be plotted against; within one run there is nothing. Sweeps have it.
        return undefined;
    }
  }
}
