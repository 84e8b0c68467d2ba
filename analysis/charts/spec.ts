/**
 * From rows to a Vega-Lite specification. The marks draw what `rows.ts` computed; nothing is aggregated here.
 *
 * House rules: one palette that survives colour blindness and greyscale, every colour doubled by a dash or a shape; units in axis
 * titles; zero in bar charts; several y's are stacked panels on a shared x, never two axes in one; bands are 95% intervals over seeds;
 * the physical limit is a dashed black line, drawn like nothing else.
 */
import { METRICS } from '../../scenarios/metrics.ts';
import type { Chart } from '../../scenarios/model.ts';
import { BOUND, type ChartData, type Row } from './rows.ts';
import { axisScale, axisTitle, typicalSize, type AxisScale } from './scale.ts';

export type Spec = Record<string, unknown>;

/** Okabe and Ito (2008), in an order whose luminances differ, so that it also reads in grey. */
const COLOURS = [
  '#0072B2',
  '#E69F00',
  '#009E73',
  '#CC79A7',
  '#56B4E9',
  '#D55E00',
  '#7F7F7F',
  '#000000',
  '#B2A100',
];
const DASHES = [
  [1, 0],
  [6, 3],
  [2, 2],
  [8, 2, 2, 2],
  [4, 4],
  [10, 4],
  [1, 2],
  [6, 2, 1, 2],
  [3, 1],
];
const SHAPES = [
  'circle',
  'square',
  'triangle-up',
  'diamond',
  'cross',
  'triangle-down',
  'triangle-right',
  'triangle-left',
  'stroke',
];
const BOUND_COLOUR = '#000000';

export interface FigureSize {
  /** Width of the whole figure in CSS pixels (1/96 inch). */
  widthPx: number;
  /** Height of one panel. */
  panelHeightPx: number;
  fontPx: number;
}

const MM = 96 / 25.4;
const POINT = 96 / 72;

/** Widths of the columns that figures go into, and text no smaller than 7 pt in them. */
export const SIZES: { readonly [name: string]: FigureSize } = {
  screen: { widthPx: 720, panelHeightPx: 220, fontPx: 12 },
  slide: { widthPx: 1200, panelHeightPx: 420, fontPx: 22 },
  'acm-column': { widthPx: 84 * MM, panelHeightPx: 40 * MM, fontPx: 7.5 * POINT },
  'usenix-column': { widthPx: 84 * MM, panelHeightPx: 40 * MM, fontPx: 7.5 * POINT },
  'ieee-column': { widthPx: 88.9 * MM, panelHeightPx: 42 * MM, fontPx: 7.5 * POINT },
};

/** What a statistic of a metric is called on an axis: the glossary's words where it is short, else the text. */
function axisName(text: string): string {
  const inner = /^\w+\(([\w.]+)\)$/.exec(text)?.[1] ?? text;
  const known = METRICS.some((m) => m.name === inner);
  return known ? text : text.replace(/^\$/, '');
}

interface Frame {
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

/** The specification of a whole chart. */
export function chartSpec(chart: Chart, data: ChartData, size: FigureSize): Spec {
  const xs = data.rows.flatMap((r) => r.x ?? []);
  const facets = data.facets.length;
  // In a narrow column panels side by side would be slivers.
  const columns = facets > 1 && size.widthPx >= 500 ? Math.min(3, facets) : 1;
  const legend = data.colours.some((c) => c !== '');
  const frame: Frame = {
    chart,
    data,
    size,
    x: axisScale(data.xUnit, typicalSize(xs)),
    xLog: useLog(chart, data, xs, 'x'),
    xDomain: undefined,
    legend,
    plotWidthPx: (size.widthPx - size.fontPx * 6 * columns) / columns,
  };
  if (xs.length > 0) {
    frame.xDomain = [Math.min(...xs) / frame.x.divisor, Math.max(...xs) / frame.x.divisor];
  }
  const body =
    facets > 1
      ? {
          concat: data.facets.map((facet) => ({
            ...panelStack(frame, facet),
            title: { text: facet, anchor: 'start', fontWeight: 'normal', fontSize: size.fontPx },
          })),
          columns,
          spacing: size.fontPx * 2,
        }
      : panelStack(frame, data.facets[0] ?? '');
  return {
    $schema: 'https://vega.github.io/schema/vega-lite/v6.json',
    description: altText(chart, data),
    title: {
      text: chart.title,
      anchor: 'start',
      fontSize: size.fontPx * 1.2,
      offset: size.fontPx * 0.5,
    },
    config: config(size),
    ...body,
  };
}

function config(size: FigureSize): Spec {
  return {
    background: '#ffffff',
    font: 'DejaVu Sans, Helvetica, Arial, sans-serif',
    axis: {
      labelFontSize: size.fontPx,
      titleFontSize: size.fontPx,
      titleFontWeight: 'normal',
      gridColor: '#e4e4e4',
      domainColor: '#444444',
      tickColor: '#444444',
      labelColor: '#222222',
      titleColor: '#222222',
    },
    legend: {
      labelFontSize: size.fontPx,
      titleFontSize: size.fontPx,
      titleFontWeight: 'normal',
      symbolSize: 80,
      symbolStrokeWidth: 2,
      orient: 'bottom',
      direction: 'horizontal',
      columns: 4,
      labelLimit: 260,
    },
    view: { stroke: null },
    line: { strokeWidth: 1.8 },
  };
}

/** Copies, bytes and the like span decades, so a chart may ask for logarithms; only positive values can have them. */
function useLog(
  chart: Chart,
  data: ChartData,
  values: readonly number[],
  axis: 'x' | 'y',
): boolean {
  if (values.length === 0 || values.some((v) => v <= 0)) return false;
  const spread = Math.max(...values) / Math.min(...values);
  if (axis === 'x') {
    if (chart.of !== undefined) return data.xUnit === 'us' && spread > 20 && chart.mark === 'cdf';
    return (
      chart.scales === 'log' && chart.x?.kind === 'term' && data.xUnit !== 'bits' && spread > 10
    );
  }
  return spread > 30 && chart.mark !== 'bar' && chart.mark !== 'hist';
}

function panelStack(frame: Frame, facet: string): Spec {
  const panels = frame.data.panels.map((panel) => onePanel(frame, panel, facet));
  return panels.length === 1 ? panels[0]! : { vconcat: panels, spacing: frame.size.fontPx };
}

function onePanel(frame: Frame, panel: { name: string; unit: string }, facet: string): Spec {
  const { chart, data } = frame;
  const rows = data.rows.filter(
    (r) => r.facet === facet && (chart.of !== undefined || r.panel === panel.name),
  );
  const all = chart.of !== undefined ? data.rows : data.rows.filter((r) => r.panel === panel.name);
  const ys = all.map((r) => r.y);
  const yLog = chart.of === undefined && useLog(chart, data, ys, 'y');
  const yUnit = chart.mark === 'box' ? data.xUnit : panel.unit;
  const y = axisScale(yUnit, typicalSize(ys));
  const last = panel === data.panels.at(-1);
  const scaled = rows.map((r) => scaleRow(r, frame.x, y));
  const colour = data.colours.filter((c) => c !== '' && c !== BOUND);
  const base = {
    data: { values: scaled.filter((r) => r['colour'] !== BOUND) },
    width: frame.plotWidthPx,
    height: frame.size.panelHeightPx,
  };
  const yTitle = axisTitle(chart.mark === 'box' ? chart.of!.metric : axisName(panel.name), y, yLog);
  const yEncoding = (field: string): Spec => ({
    field,
    type: 'quantitative',
    // Name and unit on two lines: one line would be longer than the panel is high.
    title: splitTitle(yTitle),
    scale: yLog ? { type: 'log' } : { zero: needsZero(chart, panel.unit), nice: true },
    axis: { tickCount: 5, ...(yLog ? { format: '~s' } : {}) },
  });
  const layers = markLayers(frame, colour, yEncoding, last);
  const bound = scaled
    .filter((r) => r['colour'] === BOUND)
    .sort((a, b) => Number(a['x']) - Number(b['x']));
  if (bound.length > 0) layers.push(...boundLayers(bound, frame, yEncoding, last));
  return { ...base, layer: layers };
}

function splitTitle(title: string): string[] {
  const at = title.lastIndexOf(' (');
  return at < 0 ? [title] : [title.slice(0, at), title.slice(at + 1)];
}

function needsZero(chart: Chart, unit: string): boolean {
  return (
    chart.mark === 'bar' ||
    chart.mark === 'hist' ||
    chart.mark === 'area' ||
    (unit === 'bits' && chart.mark === 'line')
  );
}

function scaleRow(row: Row, x: AxisScale, y: AxisScale): Spec {
  const scaled: Spec = {
    colour: row.colour,
    label: row.label,
    xText: row.xText,
    n: row.n,
    y: row.y / y.divisor,
  };
  if (row.x !== undefined) scaled['x'] = row.x / x.divisor;
  if (row.xLow !== undefined) scaled['xLow'] = row.xLow / x.divisor;
  if (row.xHigh !== undefined) scaled['xHigh'] = row.xHigh / x.divisor;
  if (row.low !== undefined) scaled['low'] = row.low / y.divisor;
  if (row.high !== undefined) scaled['high'] = row.high / y.divisor;
  return scaled;
}

function xEncoding(frame: Frame, last: boolean, field = 'x'): Spec {
  const { chart, data } = frame;
  if (data.xIsWord) {
    const order = [...new Set(data.rows.map((r) => r.xText))];
    return {
      field: 'xText',
      type: 'nominal',
      sort: order,
      title: last ? axisName(chart.x!.text) : null,
      axis: { labelAngle: 0, labels: last },
    };
  }
  const name = chart.of?.metric ?? (chart.x === undefined ? '' : axisName(chart.x.text));
  const parameter = chart.x?.kind === 'parameter';
  const ticks = parameter
    ? [...new Set(data.rows.flatMap((r) => (r.x === undefined ? [] : [r.x / frame.x.divisor])))]
    : undefined;
  return {
    field,
    type: 'quantitative',
    title: last ? axisTitle(name, frame.x, frame.xLog) : null,
    scale: {
      ...(frame.xLog ? { type: 'log', nice: false } : { zero: false, nice: !parameter }),
      ...(data.facets.length > 1 && frame.xDomain !== undefined ? { domain: frame.xDomain } : {}),
    },
    axis: {
      labels: last,
      tickCount: 6,
      ...(ticks !== undefined && ticks.length <= 12 ? { values: ticks } : {}),
      ...(frame.xLog ? { format: '~s' } : {}),
    },
  };
}

/** Colour and its double. A chart without a colour channel is drawn in the first colour. */
function series(
  frame: Frame,
  colours: readonly string[],
  double: 'strokeDash' | 'shape' | undefined,
): Spec {
  if (colours.length === 0) return { color: { value: COLOURS[0] } };
  const title = frame.chart.colour === undefined ? null : axisName(frame.chart.colour.text);
  const scale = (range: readonly unknown[]): Spec => ({
    domain: colours,
    range: colours.map((_, i) => range[i % range.length]),
  });
  // Lines are explained by lines, everything else by its own symbol, opaque where the mark is not.
  const lines = ['line', 'cdf', 'hist'].includes(frame.chart.mark);
  const legend = {
    symbolOpacity: 1,
    ...(lines ? { symbolType: 'stroke', symbolStrokeWidth: 2.5, symbolSize: 320 } : {}),
  };
  const channel = (range: readonly unknown[]): Spec => ({
    field: 'colour',
    type: 'nominal',
    title,
    sort: colours,
    scale: scale(range),
    legend,
  });
  return {
    color: channel(COLOURS),
    ...(double === 'strokeDash' ? { strokeDash: channel(DASHES) } : {}),
    ...(double === 'shape' ? { shape: channel(SHAPES) } : {}),
  };
}

function markLayers(
  frame: Frame,
  colours: readonly string[],
  y: (field: string) => Spec,
  last: boolean,
): Spec[] {
  const { chart } = frame;
  const x = xEncoding(frame, last);
  const fill = series(frame, colours, undefined);
  switch (chart.mark) {
    case 'line': {
      const band =
        chart.bandRatio === undefined
          ? []
          : [
              {
                mark: { type: 'area', opacity: 0.18 },
                encoding: { x, y: y('low'), y2: { field: 'high' }, ...fill },
              },
            ];
      return [
        ...band,
        {
          mark: { type: 'line' },
          encoding: { x, y: y('y'), ...series(frame, colours, 'strokeDash') },
        },
        {
          mark: { type: 'point', filled: true, size: 26, opacity: 1 },
          encoding: { x, y: y('y'), ...fill },
        },
      ];
    }
    case 'cdf':
      return [
        {
          mark: { type: 'line', interpolate: 'step-after' },
          encoding: {
            x,
            y: y('y'),
            order: { field: 'y', type: 'quantitative' },
            ...series(frame, colours, 'strokeDash'),
          },
        },
      ];
    case 'area':
      return [{ mark: { type: 'area', opacity: 0.7 }, encoding: { x, y: y('y'), ...fill } }];
    case 'bar': {
      const bars = [
        {
          mark: { type: 'bar', width: { band: 0.7 } },
          encoding: { x: { ...x, type: 'nominal' }, y: y('y'), ...fill },
        },
      ];
      const whiskers =
        chart.bandRatio === undefined
          ? []
          : [
              {
                mark: { type: 'rule', strokeWidth: 1.5, color: '#222222' },
                encoding: { x: { ...x, type: 'nominal' }, y: y('low'), y2: { field: 'high' } },
              },
            ];
      return [...bars, ...whiskers];
    }
    case 'hist':
      return [
        {
          mark: { type: 'line', interpolate: 'step' },
          encoding: { x, y: y('y'), ...series(frame, colours, 'strokeDash') },
        },
      ];
    case 'box':
      return boxLayers(frame, colours, y);
    case 'heat':
      return [
        {
          mark: { type: 'rect' },
          encoding: {
            x: { ...x, type: 'ordinal' },
            y: {
              field: 'colour',
              type: 'ordinal',
              title: chart.colour === undefined ? null : axisName(chart.colour.text),
            },
            color: {
              field: 'y',
              type: 'quantitative',
              title: axisName(chart.y[0]!.text),
              scale: { scheme: 'viridis' },
            },
          },
        },
      ];
    case 'point':
    case 'pareto':
      return pointLayers(frame, colours, y, x);
  }
}

function pointLayers(
  frame: Frame,
  colours: readonly string[],
  y: (field: string) => Spec,
  x: Spec,
): Spec[] {
  const { chart, size } = frame;
  const layers: Spec[] = [
    {
      mark: { type: 'line', opacity: 0.5 },
      encoding: {
        x,
        y: y('y'),
        order: { field: 'x', type: 'quantitative' },
        ...series(frame, colours, undefined),
      },
    },
    {
      mark: { type: 'rule', opacity: 0.6 },
      encoding: {
        x,
        y: y('low'),
        y2: { field: 'high' },
        ...series(frame, colours, undefined),
      },
    },
    {
      mark: { type: 'point', filled: true, size: 60, opacity: 1 },
      encoding: { x, y: y('y'), ...series(frame, colours, 'shape') },
    },
  ];
  if (chart.label !== undefined) {
    layers.push({
      mark: {
        type: 'text',
        align: 'left',
        dx: 6,
        dy: -6,
        fontSize: size.fontPx * 0.85,
        color: '#444444',
      },
      encoding: { x, y: y('y'), text: { field: 'label', type: 'nominal' } },
    });
  }
  return layers;
}

/** Middle half as a bar, 5% to 95% as a whisker, the median as a tick. */
function boxLayers(frame: Frame, colours: readonly string[], y: (field: string) => Spec): Spec[] {
  const pivot = { pivot: 'label', value: 'y', groupby: ['colour'] };
  const x = {
    field: 'colour',
    type: 'nominal',
    title: frame.chart.colour === undefined ? null : axisName(frame.chart.colour.text),
    sort: colours,
    axis: { labelAngle: 0 },
  };
  const fill = series(frame, colours, undefined);
  return [
    {
      transform: [pivot],
      mark: { type: 'rule' },
      encoding: { x, y: y('min'), y2: { field: 'max' }, ...fill },
    },
    {
      transform: [pivot],
      mark: { type: 'bar', width: { band: 0.5 }, opacity: 0.75 },
      encoding: { x, y: y('q1'), y2: { field: 'q3' }, ...fill },
    },
    {
      transform: [pivot],
      mark: { type: 'tick', color: '#000000', thickness: 2, bandSize: 30 },
      encoding: { x, y: y('median') },
    },
  ];
}

function boundLayers(
  values: readonly Spec[],
  frame: Frame,
  y: (field: string) => Spec,
  last: boolean,
): Spec[] {
  const x = xEncoding(frame, last);
  return [
    {
      data: { values },
      mark: { type: 'line', strokeDash: [5, 4], color: BOUND_COLOUR, strokeWidth: 1.5 },
      encoding: { x, y: y('y'), order: { field: 'x', type: 'quantitative' } },
    },
    {
      data: { values: values.slice(-1) },
      mark: {
        type: 'text',
        align: 'right',
        dx: -6,
        dy: 22,
        color: BOUND_COLOUR,
        fontSize: frame.size.fontPx,
      },
      encoding: { x, y: y('y'), text: { value: BOUND } },
    },
  ];
}

/** A sentence for those who cannot see the figure. */
export function altText(chart: Chart, data: ChartData): string {
  const what =
    chart.of !== undefined
      ? `the distribution of ${chart.of.metric}`
      : data.panels.map((p) => p.name).join(', ');
  const against = chart.x === undefined ? '' : ` against ${axisName(chart.x.text)}`;
  const split = data.colours.filter((c) => c !== '' && c !== BOUND);
  const by = split.length > 1 ? `, one series for each of ${split.join(', ')}` : '';
  return `${chart.title}: ${what}${against}${by}.`;
}
