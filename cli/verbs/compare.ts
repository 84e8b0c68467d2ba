/** `mainframe compare`: two runs side by side. */
import { metricDefinition } from '../../scenarios/metrics.ts';
import type { MetricSummary } from '../../scenarios/summary.ts';
import { EXIT, UserError } from '../exit.ts';
import type { Output } from '../output.ts';
import { runSummaryOf } from '../result-folders.ts';
import { human } from '../screen/units.ts';

interface Compared {
  metric: string;
  unit: string;
  /** Medians, and means with the half-width of their 95% interval over samples. */
  median: [number, number];
  mean: [number, number];
  meanHalfWidth: [number, number];
  /** Of the second median from the first, relative. */
  medianErrorRatio: number;
  count: [number, number];
}

export function compareVerb(
  args: {
    run: string;
    other: string;
    within?: number | undefined;
    metrics?: string | undefined;
    out: string;
  },
  output: Output,
): number {
  const [first, second] = [runSummaryOf(args.run, args.out), runSummaryOf(args.other, args.out)];
  const wanted = args.metrics?.split(',').map((name) => name.trim());
  for (const name of wanted ?? [])
    if (metricDefinition(name) === undefined)
      throw new UserError(EXIT.usage, 'MF-0007', `No metric is called "${name}".`);
  const rows: Compared[] = Object.keys(first.metrics).flatMap((metric) => {
    const [a, b] = [first.metrics[metric]!, second.metrics[metric]];
    if (b === undefined || (wanted !== undefined && !wanted.includes(metric))) return [];
    return [
      {
        metric,
        unit: a.unit,
        median: [a.median, b.median],
        mean: [a.mean, b.mean],
        meanHalfWidth: [halfWidth(a), halfWidth(b)],
        medianErrorRatio: a.median === b.median ? 0 : (b.median - a.median) / Math.abs(a.median),
        count: [a.count, b.count],
      },
    ];
  });
  if (rows.length === 0)
    throw new UserError(EXIT.usage, 'MF-0009', 'The two results share no metric.');
  const width = Math.max(...rows.map(({ metric }) => metric.length));
  output.print(
    `${''.padEnd(width)}  ${first.scenario.slice(0, 24).padStart(24)}  ${second.scenario.slice(0, 24).padStart(24)}   median differs by`,
  );
  for (const { metric, unit, mean, median, meanHalfWidth, medianErrorRatio } of rows) {
    const side = (i: 0 | 1): string =>
      `${human(median[i], unit)} (${human(mean[i], unit)} ± ${human(meanHalfWidth[i], unit)})`;
    output.print(
      `${metric.padEnd(width)}  ${side(0).padStart(24)}  ${side(1).padStart(24)}   ${percent(medianErrorRatio)}`,
    );
  }
  const limit = args.within === undefined ? Infinity : args.within / 100;
  const far = rows.filter(({ medianErrorRatio }) => !(Math.abs(medianErrorRatio) <= limit));
  output.print('');
  output.verdict(
    args.within === undefined
      ? `${rows.length} metrics, medians with means and their 95% intervals over samples (normal approximation).`
      : far.length === 0
        ? `All ${rows.length} medians agree within ${args.within}%.`
        : `${far.length} of ${rows.length} medians differ by more than ${args.within}%: ${far.map(({ metric }) => metric).join(', ')}.`,
  );
  output.object({
    schema: 'comparison/v1',
    first: args.run,
    second: args.other,
    withinPercent: args.within,
    metrics: rows,
  });
  return far.length === 0 ? EXIT.ok : EXIT.expectation;
}

/** Half of the mean's 95% interval, from the spread that the quantiles show: samples of one run, taken as independent. */
function halfWidth({ median, p95, count }: MetricSummary): number {
  if (count < 2) return 0;
  // The 95th percentile of a normal law lies 1.645 standard deviations above the median.
  return (1.96 * Math.abs(p95 - median)) / 1.645 / Math.sqrt(count);
}

function percent(ratio: number): string {
  return Number.isFinite(ratio) ? `${ratio >= 0 ? '+' : ''}${(100 * ratio).toFixed(1)}%` : '—';
}
