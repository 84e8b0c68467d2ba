/** Samples of every metric of a run, with the role of the node that each belongs to. */
import type { RocPoint } from '../economy/metrics/scoring.ts';
import { METRICS, OVER_TIME, PAIRS } from '../metrics.ts';
import type { Line } from '../money/credit/arrears.ts';
import type { MetricSummary, SeriesSummary, TokenFlow } from '../summary.ts';
import { Lives } from './lives.ts';
import { PairSamples } from './pair-samples.ts';
import { NO_ROLE, Samples } from './samples.ts';
import { TimeSeries } from './time-series.ts';

export class MetricBook {
  readonly samples = new Map<string, Samples>();
  readonly #roles: Uint8Array;
  /** How metrics went over time, of those that are followed. */
  readonly #series = new Map<string, TimeSeries>();
  /** Times until an event, of the metrics that are such. */
  readonly lives = new Map<string, Lives>();
  /** How well scores told who would default, where there were both kinds. */
  roc: readonly RocPoint[] | undefined;
  /** Lines of credit, where there is credit. */
  lines: readonly Line[] = [];
  /** Figures that are noted together, by the metric of the first. */
  readonly pairs = new Map(PAIRS.map(({ x }) => [x, new PairSamples()]));
  /** Where tokens went, at the end. */
  tokenFlows: TokenFlow[] | undefined;
  /** When somebody attacked. */
  readonly spans: { fromUs: number; toUs: number }[] = [];

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

  /** Adds a time until an event, or, if that has not happened, until the end of the observation. */
  addLife(metric: string, durationUs: number, happened: boolean, node: number): void {
    let lives = this.lives.get(metric);
    if (lives === undefined) this.lives.set(metric, (lives = new Lives()));
    lives.add(durationUs, happened, this.#roles[node]!);
  }

  /** From now on keeps how each metric of OVER_TIME goes from one time to another. */
  follow(fromUs: number, toUs: number): void {
    for (const metric of OVER_TIME) this.#series.set(metric, new TimeSeries(fromUs, toUs));
  }

  /** Adds one value of the run to a metric of OVER_TIME. */
  addAt(metric: string, value: number, timeUs: number): void {
    this.add(metric, value);
    this.#series.get(metric)?.add(timeUs, value);
  }

  /** How a metric went over time; undefined if it is not followed. */
  seriesOf(metric: string): SeriesSummary | undefined {
    return this.#series.get(metric)?.summary();
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
