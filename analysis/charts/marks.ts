/**
 * The layers of each mark. They draw the middle, low and high of rows that are ready; colours are doubled by dashes or shapes, so that a figure
 * reads without colour.
 */
import type { Mark } from '../../scenarios/model.ts';
import { axisName, wordAngle, xEncoding, type Frame, type Spec } from './axes.ts';
import { boundOf } from './bounds.ts';
import { creditLayers } from './credit-layers.ts';
import { COLOURS } from './palette.ts';
import { isAgainstTime } from './series.ts';
import type { FigureSize } from './sizes.ts';

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
const LINES: readonly Mark[] = ['line', 'cdf', 'hist', 'survival', 'lorenz', 'roc', 'vintage'];
const BOUND_COLOUR = '#000000';

/** Entries of a legend side by side: at most four, and no more than the figure is wide; symbol and gaps take about seven letters' height. */
function legendColumns({ widthPx, fontPx }: FigureSize, words: readonly string[]): number {
  const longest = Math.max(...words.map((word) => word.length));
  const entryPx = fontPx * (0.6 * longest + 7);
  return Math.max(1, Math.min(4, Math.floor(widthPx / entryPx)));
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
  const lines = LINES.includes(frame.chart.mark);
  const legend = {
    symbolOpacity: 1,
    columns: legendColumns(frame.size, colours),
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

export function markLayers(
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
        // Against time there are so many points that they would hide the line.
        ...(isAgainstTime(chart)
          ? []
          : [
              {
                mark: { type: 'point', filled: true, size: 26, opacity: 1 },
                encoding: { x, y: y('y'), ...fill },
              },
            ]),
      ];
    }
    case 'survival':
    case 'roc':
    case 'vintage':
      return creditLayers(chart.mark, x, y, {
        dashed: series(frame, colours, 'strokeDash'),
        plain: fill,
      });
    case 'cdf':
    case 'lorenz':
      return [
        {
          mark: { type: 'line', interpolate: chart.mark === 'lorenz' ? 'linear' : 'step-after' },
          encoding: {
            x,
            y: y('y'),
            order: { field: chart.mark === 'cdf' ? 'y' : 'x', type: 'quantitative' },
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
    case 'point':
    case 'pareto':
      return pointLayers(frame, colours, y, x);
    default:
      throw new Error(`${chart.mark} draws panels of its own`);
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
    axis: { labelAngle: wordAngle(colours, frame.plotWidthPx) },
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

/** Grey behind the spans in which somebody attacked. */
export function shadeLayers(frame: Frame): Spec[] {
  const { divisor } = frame.x;
  const values = frame.data.shades.map(({ fromUs, toUs }) => ({
    from: fromUs / divisor,
    to: toUs / divisor,
  }));
  if (values.length === 0) return [];
  return [
    {
      data: { values },
      mark: { type: 'rect', color: '#bbbbbb', opacity: 0.5 },
      encoding: {
        x: { field: 'from', type: 'quantitative' },
        x2: { field: 'to' },
      },
    },
  ];
}

export function boundLayers(
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
        dy: 34,
        color: BOUND_COLOUR,
        fontSize: frame.size.fontPx,
      },
      encoding: { x, y: y('y'), text: { value: boundOf(frame.chart).name } },
    },
  ];
}
