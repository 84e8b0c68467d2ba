/** The words below a figure: everything a reader needs to trust it and to make it again. */
import type { Chart } from '../../scenarios/model.ts';
import { boundOf } from './bounds.ts';
import type { Results } from '../results.ts';
import { scatterSentence } from './scatter.ts';
import { balanceSentence } from './sankey.ts';
import { contourSentence } from './contour.ts';
import type { ChartData } from './chart-data.ts';
import { pooledOver } from './rows.ts';

/** How the curves of the marks were made that are no averages of quantiles. */
const CURVES: { readonly [mark in Chart['mark']]?: string } = {
  survival:
    "Kaplan-Meier over the names of all seeds; band: Greenwood's 95% interval, as if names were independent; ticks: seen no longer.",
  roc: 'Shares called bad, from the lowest score up: score before, defaults within the next day (or a quarter of what is measured); mean over seeds at equal shares of the others, band: 95%.',
  vintage:
    'Lines of credit of all seeds by when they began, each curve as far as its youngest line was seen.',
};

export function captionOf(chart: Chart, data: ChartData, results: Results): string {
  const { scenario, runs, sweep } = results;
  const identity = sweep ?? runs[0]!.summary;
  const n = [...new Set(data.rows.map((r) => r.n))].sort((a, b) => a - b);
  const seeds =
    n.length === 0 ? 'no data' : n[0] === n.at(-1) ? `n = ${n[0]}` : `n = ${n[0]} to ${n.at(-1)}`;
  const parameters = Object.entries(scenario.params)
    .filter(([name]) => !results.parameters.includes(name))
    .map(([name, value]) => `${name} = ${value.text}`);
  const spread =
    chart.bandRatio !== undefined || chart.mark === 'pareto' || chart.mark === 'point'
      ? "Bands and bars: 95% intervals, Student's t over seeds."
      : chart.mark === 'scatter'
        ? scatterSentence(chart, results)
        : chart.mark === 'sankey'
          ? `Mean over runs, from the first transfer to the end, warm-up included; what never moved is left out. ${balanceSentence(data)}`
          : chart.of !== undefined
            ? (CURVES[chart.mark] ?? 'Quantile functions averaged over seeds.')
            : '';
  const pooled = chart.x?.kind === 'term' ? [] : pooledOver(chart, results);
  const pooling = pooled.length === 0 ? '' : `Pooled over ${pooled.join(' and ')}.`;
  const bound =
    chart.value !== undefined
      ? contourSentence(chart, data)
      : chart.bound === true
        ? boundOf(chart).sentence
        : '';
  const shaded = data.shades.length > 0 ? 'Grey: while somebody fills blocks.' : '';
  const command = `mainframe ${sweep === undefined ? 'run' : 'sweep'} ${scenario.scenario}`;
  return [
    /[.?!]$/.test(chart.title) ? chart.title : `${chart.title}.`,
    `Scenario ${scenario.scenario}, ${scenario.world.nodes.toLocaleString('en')} nodes${parameters.length > 0 ? `, ${parameters.join(', ')}` : ''}; ${seeds} runs a point, warm-up left out.`,
    pooling,
    spread,
    bound,
    shaded,
    `mainframe ${identity.version} (${identity.commit}), ${identity.suite} crypto${sweep === undefined ? `, digest ${runs[0]!.summary.digest.slice(0, 20)}…` : ''}. Made by: ${command}`,
  ]
    .filter((part) => part !== '')
    .join(' ');
}
