/** Charts against network time: means over the seeds of what each run measured in a span, and the spans in which somebody attacked. */
import { intervalOf } from '../../scenarios/expect/student.ts';
import type { Channel, Chart } from '../../scenarios/model.ts';
import type { ResultRun } from '../results.ts';
import type { Row } from './row.ts';

const CONFIDENCE = 0.95;

/** A span of time that a chart shades. */
export interface Shade {
  fromUs: number;
  toUs: number;
}

export function isAgainstTime(chart: Chart): boolean {
  return chart.x?.kind === 'column' && chart.x.name === 'time';
}

/** Rows of one line: one for each span that any run has measured. */
export function seriesRows(
  channel: Channel,
  runs: readonly ResultRun[],
  at: Pick<Row, 'colour' | 'facet' | 'label'>,
): Row[] {
  if (channel.kind !== 'term' || channel.term.kind !== 'statistic') return [];
  const { metric } = channel.term.of;
  const values = new Map<number, number[]>();
  for (const { summary } of runs) {
    const series = summary.series?.[metric];
    series?.timesUs.forEach((timeUs, i) => {
      values.set(timeUs, [...(values.get(timeUs) ?? []), series.means[i]!]);
    });
  }
  return [...values]
    .sort(([a], [b]) => a - b)
    .map(([x, means]) => {
      const { mean, halfWidth, n } = intervalOf(means, CONFIDENCE);
      const half = halfWidth ?? 0;
      return {
        panel: channel.text,
        x,
        xText: '',
        y: mean,
        low: mean - half,
        high: mean + half,
        n,
        ...at,
      };
    });
}

/** From the first beginning to the last end of what the runs say happened: seeds differ by moments. */
export function shadesOf(chart: Chart, runs: readonly ResultRun[]): Shade[] {
  if (!isAgainstTime(chart)) return [];
  const spans = runs.flatMap(({ summary }) => summary.spans ?? []);
  if (spans.length === 0) return [];
  return [
    {
      fromUs: Math.min(...spans.map((span) => span.fromUs)),
      toUs: Math.max(...spans.map((span) => span.toUs)),
    },
  ];
}
