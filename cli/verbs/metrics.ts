/** `mainframe metrics list|show`: the glossary. */
import { LIVE_METRICS, liveMetric, prometheusName } from '../../scenarios/live-metrics.ts';
import { METRICS, metricDefinition } from '../../scenarios/metrics.ts';
import { closestDotted } from '../../scenarios/language/suggest.ts';
import { EXIT, UserError } from '../exit.ts';
import type { Output } from '../output.ts';

/** Names of all, of runs and of live nodes. */
const NAMES = [...new Set([...METRICS, ...LIVE_METRICS].map((m) => m.name))];
/** What only a live node measures. */
const LIVE_ONLY = LIVE_METRICS.filter((m) => metricDefinition(m.name) === undefined);

export function metricsListVerb(output: Output): number {
  const width = Math.max(...NAMES.map((name) => name.length));
  const line = (m: { name: string; unit: string; meaning: string }): string =>
    `${m.name.padEnd(width)}  ${m.unit.padEnd(8)} ${m.meaning}`;
  for (const m of METRICS) output.print(line(m));
  output.print('\nOf a live node, at /metrics');
  for (const m of LIVE_ONLY) output.print(line(m));
  output.object({ schema: 'metric-list/v1', metrics: METRICS, live: LIVE_METRICS.map(named) });
  return EXIT.ok;
}

function named<T extends Parameters<typeof prometheusName>[0]>(
  metric: T,
): T & { prometheus: string } {
  return { ...metric, prometheus: prometheusName(metric) };
}

export function metricsShowVerb(name: string, output: Output): number {
  const [run, live] = [metricDefinition(name), liveMetric(name)];
  const metric = run ?? live;
  if (metric === undefined) {
    const near = closestDotted(name, NAMES);
    throw new UserError(
      EXIT.usage,
      'MF-0007',
      `No metric is called "${name}".${near === undefined ? '' : ` Did you mean "${near}"?`}`,
    );
  }
  output.print(
    [
      metric.name,
      `  ${metric.meaning}.`,
      `  unit     ${metric.unit}`,
      ...(run === undefined ? [] : [`  one per  ${run.per}`, `  better   ${run.better}`]),
      ...(live === undefined ? [] : [`  at /metrics  ${prometheusName(live)}`]),
      ...(run?.needsObserver === true
        ? ['  exists only through an observer named in `watch`']
        : []),
    ].join('\n'),
  );
  output.object({
    schema: 'metric/v1',
    ...metric,
    ...(live === undefined ? {} : { prometheus: prometheusName(live) }),
  });
  return EXIT.ok;
}
