/**
 * Runs one scenario with one seed: builds the world, lets time pass, collects what happened.
 *
 * Four steps, each in a file of its own: population and tables (`build.ts`), what users do (`workload.ts`), what goes wrong
 * (`faults.ts`), what is seen and measured (`collector.ts`, `messages.ts`, `census.ts`). This file only joins them and keeps
 * an eye on the limits. Between slices of events it asks whether to go on, so that an interruption or a limit ends a run
 * with everything measured so far.
 */
import { performance } from 'node:perf_hooks';
import type { StopReason } from '../../sim/engine.ts';
import { ExpectationMonitor } from '../expect/monitor.ts';
import { evaluate } from '../expect/evaluate.ts';
import type { Mark, ResolvedScenario } from '../model.ts';
import { DISTRIBUTION_STEPS, type RunSummary } from '../summary.ts';
import { buildIdentity } from '../version.ts';
import { creditCurves } from './credit-curves.ts';
import type { RunOptions } from './options.ts';
import { makeRunnable, type Runnable } from './runnable.ts';
import { quantile } from './samples.ts';
import { CollectorSource } from './source.ts';

/** Events between two looks at the clock, the memory and the user. */
const SLICE_EVENTS = 100_000;
/** Times during a run at which always / never / eventually / sometimes are checked. */
const CHECKS = 100;

export type { RunOptions, RunProgress } from './options.ts';

/** Runs `scenario`. Synchronous inside; the promise is for the sink and for letting signals in. */
export async function runScenario(
  scenario: ResolvedScenario,
  options: RunOptions,
): Promise<RunSummary> {
  const startedMs = performance.now();
  options.onProgress?.({ phase: 'building', networkTimeUs: 0, events: 0 });
  const built = makeRunnable(scenario, options);
  try {
    return await follow(scenario, options, built, startedMs);
  } finally {
    built.close();
  }
}

/** Lets time pass to the end, or to a limit. */
async function follow(
  scenario: ResolvedScenario,
  options: RunOptions,
  built: Runnable,
  startedMs: number,
): Promise<RunSummary> {
  const { collector } = built;
  const monitor = new ExpectationMonitor(scenario.expect);
  const source = new CollectorSource(collector, scenario);
  let nextCheckUs = scenario.world.warmupUs;
  const checkEveryUs = Math.max(1, Math.floor((scenario.world.durationUs - nextCheckUs) / CHECKS));
  let peakRssBytes = process.memoryUsage.rss();
  let endedEarly: string | undefined;

  while (endedEarly === undefined) {
    const untilUs = Math.min(nextCheckUs, scenario.world.durationUs);
    const reason: StopReason = await built.run(untilUs, SLICE_EVENTS);
    const rss = process.memoryUsage.rss();
    if (rss > peakRssBytes) peakRssBytes = rss;
    if (reason !== 'budget') {
      if (built.nowUs >= scenario.world.durationUs) break;
      built.look();
      monitor.observe(built.nowUs, source);
      nextCheckUs += checkEveryUs;
    }
    if (built.events >= scenario.world.eventsMax) {
      endedEarly = `events limit: ${scenario.world.eventsMax} events were handled (world.events_max)`;
    } else if (rss > scenario.world.memoryMaxBytes) {
      endedEarly = `memory limit: the process holds more than ${scenario.world.memoryMaxBytes} bytes (world.memory_max)`;
    } else if (
      options.onProgress?.({
        phase: 'running',
        networkTimeUs: built.nowUs,
        events: built.events,
      }) === false
    ) {
      endedEarly = 'interrupted';
    }
    // Lets signals and the sink's writes happen between slices; nothing in the world depends on it.
    await new Promise((resolve) => setImmediate(resolve));
  }

  if (options.observe !== false) await built.finish();
  monitor.observe(built.nowUs, source);
  const wallSeconds = (performance.now() - startedMs) / 1000;
  const identity = buildIdentity();
  return {
    schema: 'run-summary/v1',
    scenario: scenario.scenario,
    version: identity.version,
    commit: identity.commit,
    seed: options.seed,
    digest: built.digest(),
    suite: scenario.world.suite,
    nodes: scenario.world.nodes,
    networkTimeUs: built.nowUs,
    wallSeconds,
    events: built.events,
    eventsPerSecond: built.events / wallSeconds,
    peakRssBytes,
    ...(endedEarly === undefined ? {} : { endedEarly }),
    params: Object.fromEntries(
      Object.entries(scenario.params).map(([name, value]) => [name, value.text]),
    ),
    expectations: [
      ...scenario.expect.map((expectation, i) => evaluate(expectation, source, monitor.history(i))),
      ...(endedEarly === undefined ? built.unfiredFaults() : []),
    ],
    metrics: collector.summaries(),
    distributions: distributionsOf(scenario, built),
    ...distributionsByRole(scenario, built),
    ...seriesOf(scenario, built),
    ...creditCurves(scenario, collector, built.nowUs),
    ...picturesOf(scenario, built),
    byRole: Object.fromEntries(
      scenario.roles.map((role, index) => [role.name, collector.summariesOfRole(index)]),
    ),
    faults: built.faults(),
    files: [],
    warnings: built.warnings(),
  };
}

/** Quantiles of every metric that a chart draws the distribution of. */
function distributionsOf(
  scenario: ResolvedScenario,
  built: Runnable,
): { [metric: string]: number[] } {
  const result: { [metric: string]: number[] } = {};
  for (const { of } of scenario.charts) {
    if (of === undefined) continue;
    const role =
      of.where === undefined
        ? undefined
        : scenario.roles.findIndex((r) => r.name === of.where!.value);
    const found = quantilesOf(built, of.metric, role);
    if (found !== undefined) result[of.metric] = found;
  }
  return result;
}

/** What charts against time draw and shade. */
function seriesOf(
  scenario: ResolvedScenario,
  { collector }: Runnable,
): Pick<RunSummary, 'series' | 'spans'> {
  const against = scenario.charts.filter(({ x }) => x?.kind === 'column' && x.name === 'time');
  if (against.length === 0) return {};
  const series = Object.fromEntries(
    against
      .flatMap(({ y }) => y)
      .flatMap((channel) => {
        if (channel.kind !== 'term' || channel.term.kind !== 'statistic') return [];
        const { metric } = channel.term.of;
        const found = collector.seriesOf(metric);
        return found === undefined ? [] : [[metric, found] as const];
      }),
  );
  return { series, spans: collector.spans };
}

/** What charts of flows and of pairs draw. */
function picturesOf(
  scenario: ResolvedScenario,
  { collector }: Runnable,
): Pick<RunSummary, 'flows' | 'pairs'> {
  const has = (mark: Mark): boolean => scenario.charts.some((chart) => chart.mark === mark);
  const { tokenFlows } = collector;
  const pairs = [...collector.pairs].flatMap(([metric, samples]) => {
    const summary = samples.summary();
    return summary === undefined ? [] : [[metric, summary] as const];
  });
  return {
    ...(has('sankey') && tokenFlows !== undefined ? { flows: { 'tokens.moved': tokenFlows } } : {}),
    ...(has('scatter') ? { pairs: Object.fromEntries(pairs) } : {}),
  };
}

/** The same for each role, where a chart is coloured by role. */
function distributionsByRole(
  scenario: ResolvedScenario,
  built: Runnable,
): Pick<RunSummary, 'distributionsByRole'> {
  const metrics = scenario.charts.flatMap(({ of, colour }) =>
    of !== undefined && colour?.kind === 'column' && colour.name === 'role' ? [of.metric] : [],
  );
  if (metrics.length === 0) return {};
  const byRole = scenario.roles.map(({ name }, role) => [
    name,
    Object.fromEntries(
      metrics.flatMap((metric) => {
        const found = quantilesOf(built, metric, role);
        return found === undefined ? [] : [[metric, found]];
      }),
    ),
  ]);
  return { distributionsByRole: Object.fromEntries(byRole) };
}

function quantilesOf(built: Runnable, metric: string, role?: number): number[] | undefined {
  const sorted = built.collector.samples.get(metric)?.sorted(role);
  if (sorted === undefined || sorted.length === 0) return undefined;
  return Array.from({ length: DISTRIBUTION_STEPS + 1 }, (_, i) =>
    quantile(sorted, i / DISTRIBUTION_STEPS),
  );
}
