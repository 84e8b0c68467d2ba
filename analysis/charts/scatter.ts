/**
 * Estimated against paid, message by message: a dot each, coloured by whether the estimate's interval held what came, and the line on which they are the same. A mean error of nothing may hide
 * that half are far too high and half too low; here that is seen, and the caption says how many intervals held, of all messages and not of those that are drawn.
 */
import type { Chart } from '../../scenarios/model.ts';
import type { PairSummary } from '../../scenarios/summary.ts';
import type { Results } from '../results.ts';
import type { Row } from './row.ts';
import { axisName, type Frame, type Spec } from './axes.ts';
import { COLOURS } from './palette.ts';
import { axisScale, axisTitle, typicalSize } from './scale.ts';

const HELD = 'within its interval';
const MISSED = 'outside it';
/** Dots of a panel, over all runs; more would be one blot. */
const DOTS_MAX = 1_200;
/** An axis whose middle nine tenths span more than this is logarithmic. */
const LINEAR_SPAN = 8;
/** A scatter is about as high as it is wide. */
const HEIGHT_PANELS = 1.8;

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

export function scatterPanel(frame: Frame, facet: string): Spec {
  const { chart, data, size } = frame;
  const rows = data.rows.filter((row) => row.facet === facet);
  const unit = data.xUnit;
  const amounts = data.rows.flatMap((row) => [row.x!, row.y]);
  const scale = axisScale(unit, typicalSize(amounts));
  const [least, most] = [
    Math.min(...amounts) / scale.divisor,
    Math.max(...amounts) / scale.divisor,
  ];
  const log = isSpread(amounts);
  // Both axes are one, so that the line of equals is the diagonal.
  const domain = log ? [least / 1.2, most * 1.2] : [0, most * 1.05];
  const axis = (field: string, name: string): Spec => ({
    field,
    type: 'quantitative',
    title: axisTitle(name, scale, log),
    scale: { type: log ? 'log' : 'linear', domain, nice: false },
    axis: { tickCount: 5, ...(log ? { format: '~g' } : {}) },
  });
  const x = axis('x', axisName(chart.x!.text));
  const y = axis('y', axisName(chart.y[0]!.text));
  return {
    width: Math.min(frame.plotWidthPx, size.panelHeightPx * HEIGHT_PANELS * 1.4),
    height: size.panelHeightPx * HEIGHT_PANELS,
    layer: [
      {
        data: {
          values: rows.map((row) => ({
            x: row.x! / scale.divisor,
            y: row.y / scale.divisor,
            colour: row.colour,
          })),
        },
        mark: { type: 'point', filled: true, size: 22, opacity: 0.45 },
        encoding: {
          x,
          y,
          color: channel([COLOURS[0]!, COLOURS[5]!]),
          shape: channel(['circle', 'triangle-up']),
        },
      },
      {
        data: { values: domain.map((at) => ({ x: at, y: at })) },
        mark: { type: 'line', color: '#000000', strokeWidth: 1.5 },
        encoding: { x, y },
      },
    ],
  };
}

function channel(range: readonly string[]): Spec {
  return {
    field: 'colour',
    type: 'nominal',
    title: null,
    scale: { domain: [HELD, MISSED], range },
    legend: { symbolOpacity: 1 },
  };
}

function isSpread(amounts: readonly number[]): boolean {
  const sorted = [...amounts].sort((a, b) => a - b);
  const at = (part: number): number => sorted[Math.floor(part * (sorted.length - 1))]!;
  return sorted[0]! > 0 && at(0.95) / at(0.05) > LINEAR_SPAN;
}

/** What a scatter's caption says of all its runs. */
export function scatterSentence(chart: Chart, results: Results): string {
  return coverageSentence(
    results.runs.flatMap(({ summary }) => summary.pairs?.[pairedMetric(chart)] ?? []),
  );
}
