/** The frame of a figure: what its marks share, and the horizontal axis. */
import type { Chart } from '../../scenarios/model.ts';
import { METRICS } from '../../scenarios/metrics.ts';
import type { ChartData } from './chart-data.ts';
import { axisTitle, logFormat, lonelyDomain, type AxisScale } from './scale.ts';
import type { FigureSize } from './sizes.ts';

/** A Vega-Lite specification or a part of one. */
export type Spec = Record<string, unknown>;

/** What a statistic of a metric is called on an axis: the glossary's words where it is short, else the text. */
export function axisName(text: string): string {
  const inner = /^\w+\(([\w.]+)\)$/.exec(text)?.[1] ?? text;
  const known = METRICS.some((m) => m.name === inner);
  return known ? text : text.replace(/^\$/, '');
}

/** What x is, where it is not the metric itself. */
const X_NAMES: { readonly [mark in Chart['mark']]?: string } = {
  lorenz: 'share of all',
  roc: 'others called bad',
  vintage: 'age of the credit',
};

export interface Frame {
  chart: Chart;
  data: ChartData;
  size: FigureSize;
  x: AxisScale;
  xLog: boolean;
  /** Range of all x, so that facets share their axis. */
  xDomain: [number, number] | undefined;
  legend: boolean;
  plotWidthPx: number;
}

export function xEncoding(frame: Frame, last: boolean, field = 'x'): Spec {
  const { chart, data } = frame;
  if (data.xIsWord) {
    const order = [...new Set(data.rows.map((r) => r.xText))];
    return {
      field: 'xText',
      type: 'nominal',
      sort: order,
      title: last ? axisName(chart.x!.text) : null,
      axis: { labelAngle: wordAngle(order, frame.plotWidthPx), labels: last },
    };
  }
  const name =
    X_NAMES[chart.mark] ??
    chart.of?.metric ??
    (chart.x === undefined ? '' : axisName(chart.x.text));
  const parameter = chart.x?.kind === 'parameter';
  const spots = [
    ...new Set(data.rows.flatMap((r) => (r.x === undefined ? [] : [r.x / frame.x.divisor]))),
  ];
  const ticks = parameter ? spots : undefined;
  const lonely = chart.of === undefined && !frame.xLog ? lonelyDomain(spots) : undefined;
  return {
    field,
    type: 'quantitative',
    title: last ? axisTitle(name, frame.x, frame.xLog) : null,
    scale: {
      ...(frame.xLog ? { type: 'log', nice: false } : { zero: false, nice: !parameter }),
      ...(lonely === undefined ? {} : { domain: lonely }),
      ...(data.facets.length > 1 && frame.xDomain !== undefined ? { domain: frame.xDomain } : {}),
    },
    axis: {
      labels: last,
      tickCount: 6,
      ...(ticks !== undefined && ticks.length <= 12 ? { values: ticks } : {}),
      // By itself Vega rounds what is written at given places to the steps that it would have taken: 0.5 to 1.
      ...(frame.xLog
        ? { format: logFormat(spots) }
        : ticks === undefined
          ? {}
          : { format: ',.6~f' }),
    },
  };
}

/** Degrees at which words side by side stand along an axis: long ones would cover each other. */
export function wordAngle(words: readonly string[], widthPx: number): number {
  const longest = Math.max(0, ...words.map((word) => word.length));
  return longest * words.length > widthPx / 8 ? -35 : 0;
}
