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
  const alike = new Map<string, string[]>();
  for (const { runs } of points)
    for (const { summary } of runs) {
      const { warnings, endedEarly } = summary;
      const texts =
        endedEarly === undefined ? warnings : [...warnings, `Ended early: ${endedEarly}`];
      for (const text of texts) {
        const key = text.replace(NUMBER, '#');
        alike.set(key, [...(alike.get(key) ?? []), text]);
      }
    }
  return [...alike.values()].map(
    (texts) => `${together(texts)} (${texts.length} ${texts.length === 1 ? 'run' : 'runs'})`,
  );
}

const NUMBER = /\d[\d,]*(?:\.\d+)?/g;

/** "Only 3 messages" and "Only 4 messages" are one warning: "Only 3 to 4 messages". */
function together(texts: readonly string[]): string {
  const numbers = texts.map((text) => text.match(NUMBER) ?? []);
  const valueOf = (number: string): number => Number(number.replaceAll(',', ''));
  let place = 0;
  return texts[0]!.replace(NUMBER, () => {
    const all = numbers.map((one) => one[place]!).sort((a, b) => valueOf(a) - valueOf(b));
    place++;
    const [least, most] = [all[0]!, all.at(-1)!];
    return least === most ? least : `${least} to ${most}`;
  });
}
