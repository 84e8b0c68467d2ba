/**
 * From finished runs to a sweep's summary: at each point the mean over seeds of each seed's statistic, with Student's interval, and the
 * verdicts. A pure function of the runs, so a sweep that was killed and resumed says the same as one that was not.
 */
import { evaluateSweep } from '../expect/sweep.ts';
import { summarySource } from '../expect/evaluate.ts';
import { intervalOf } from '../expect/student.ts';
import { METRICS } from '../metrics.ts';
import type { ResolvedScenario } from '../model.ts';
import type { RunSummary, SweepMetric, SweepPoint, SweepSummary } from '../summary.ts';
import { buildIdentity } from '../version.ts';

const CONFIDENCE = 0.95;

/** A point of the sweep with the runs that are finished. */
export interface PointRuns {
  params: { [name: string]: string };
  scenario: ResolvedScenario;
  runs: readonly { seed: number; summary: RunSummary }[];
}

function interval(values: readonly number[]): { mean: number; ci: [number, number] } {
  const { mean, halfWidth } = intervalOf(values, CONFIDENCE);
  // One seed has no interval; the two ends then say so by being the mean itself, and n is 1.
  const half = halfWidth ?? 0;
  return { mean, ci: [mean - half, mean + half] };
}

function metricOf(runs: readonly RunSummary[], name: string): SweepMetric | undefined {
  const found = runs.flatMap((run) => run.metrics[name] ?? []);
  const first = found[0];
  if (first === undefined) return undefined;
  const mean = interval(found.map((m) => m.mean));
  const median = interval(found.map((m) => m.median));
  const p95 = interval(found.map((m) => m.p95));
  const ginis = found.flatMap((m) => m.gini ?? []);
  const gini = ginis.length === found.length ? interval(ginis) : undefined;
  return {
    unit: first.unit,
    n: found.length,
    mean: mean.mean,
    ci95: mean.ci,
    median: median.mean,
    medianCi95: median.ci,
    p95: p95.mean,
    p95Ci95: p95.ci,
    ...(gini === undefined ? {} : { gini: gini.mean, giniCi95: gini.ci }),
  };
}

/** The summary of a sweep; points without any finished run are left out. */
export function summariseSweep(
  points: readonly PointRuns[],
  counts: {
    runs: number;
    reused: number;
    failed: number;
    wallSeconds: number;
    endedEarly?: string;
  },
): SweepSummary {
  const measured = points.filter((point) => point.runs.length > 0);
  const first = measured[0] ?? points[0];
  if (first === undefined) throw new Error('a sweep without points');
  const verdicts = evaluateSweep(
    measured.map((point) => ({
      params: point.params,
      expectations: point.scenario.expect,
      runs: point.runs.map(({ seed, summary }) => ({
        seed,
        source: summarySource(summary),
        results: summary.expectations,
      })),
    })),
  );
  const identity = buildIdentity();
  return {
    schema: 'sweep-summary/v1',
    scenario: first.scenario.scenario,
    version: identity.version,
    commit: identity.commit,
    suite: first.scenario.world.suite,
    nodes: first.scenario.world.nodes,
    parameters: Object.keys(first.params),
    points: measured.map((point, i): SweepPoint => {
      const summaries = point.runs.map((run) => run.summary);
      const metrics: { [name: string]: SweepMetric } = {};
      for (const { name } of METRICS) {
        const metric = metricOf(summaries, name);
        if (metric !== undefined) metrics[name] = metric;
      }
      return {
        params: point.params,
        seeds: point.runs.map((run) => run.seed),
        metrics,
        verdicts: verdicts.points[i]!,
      };
    }),
    expectations: verdicts.overall,
    runs: counts.runs,
    reused: counts.reused,
    failed: counts.failed,
    wallSeconds: counts.wallSeconds,
    ...(counts.endedEarly === undefined ? {} : { endedEarly: counts.endedEarly }),
    files: [],
    warnings: warningsOf(measured),
  };
}

/** What several runs warned of, each once with how often. */
function warningsOf(points: readonly PointRuns[]): string[] {
  const counted = new Map<string, number>();
  for (const point of points) {
    for (const { summary } of point.runs) {
      for (const warning of summary.warnings) {
        // "Only 3 messages" and "Only 4 messages" are one warning.
        const key = warning.replace(/\d+(\.\d+)?/g, 'n');
        counted.set(key, (counted.get(key) ?? 0) + 1);
      }
      if (summary.endedEarly !== undefined) {
        const key = `Ended early: ${summary.endedEarly}`;
        counted.set(key, (counted.get(key) ?? 0) + 1);
      }
    }
  }
  return [...counted].map(([text, times]) => `${text} (${times} runs)`);
}
