/**
 * Estimated against paid, message by message: a dot each, coloured by whether the estimate's interval held what came, and the line on which they are the same. A mean error of nothing may hide
 * that half are far too high and half too low; here that is seen, and the caption says how many intervals held, of all messages and not of those that are drawn.
 */
import type { Chart } from '../../scenarios/model.ts';
import type { PairSummary } from '../../scenarios/summary.ts';
import type { Results } from '../results.ts';
import type { Row } from './row.ts';

export const HELD = 'within its interval';
export const MISSED = 'outside it';
/** Dots of a panel, over all runs; more would be one blot. */
const DOTS_MAX = 1_200;
/** The metric whose pairs a chart draws. */
export function pairedMetric({ x }: Chart): string {
  return x?.kind === 'term' && x.term.kind === 'statistic' ? x.term.of.metric : '';
}

export function scatterRows(
  runs: readonly PairSummary[],
  at: { panel: string; facet: string },
): Row[] {
  const dots = runs.reduce((sum, { x }) => sum + x.length, 0);
  const stride = Math.max(1, Math.ceil(dots / DOTS_MAX));
  return runs
    .flatMap(({ x, low, high, y }) =>
      x.map((estimate, i): Row => {
        const [xLow, xHigh] = [low[i]!, high[i]!];
        return {
          ...at,
          x: estimate,
          xText: '',
          xLow,
          xHigh,
          y: y[i]!,
          colour: xLow <= y[i]! && y[i]! <= xHigh ? HELD : MISSED,
          label: '',
          n: runs.length,
        };
      }),
    )
    .filter((_, i) => i % stride === 0);
}

/** How often intervals held, of all that were noted. */
export function coverageSentence(runs: readonly PairSummary[]): string {
  const count = runs.reduce((sum, run) => sum + run.count, 0);
  const held = runs.reduce((sum, run) => sum + run.held, 0);
  if (count === 0) return '';
  const percent = ((100 * held) / count).toFixed(1);
  return `Of ${count.toLocaleString('en')} intervals of 95% ${percent}% held what came. Line: both the same. Dots are a part of all, evenly taken.`;
}

/** What a scatter's caption says of all its runs. */
export function scatterSentence(chart: Chart, results: Results): string {
  return coverageSentence(
    results.runs.flatMap(({ summary }) => summary.pairs?.[pairedMetric(chart)] ?? []),
  );
}
