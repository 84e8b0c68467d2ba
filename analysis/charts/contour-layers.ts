/**
 * How a contour is drawn: a tile for each point of the sweep, coloured on both sides of zero and with its number written in; bold the line where the means are zero, thin
 * where the ends of their interval are, dashed what theory says. Tiles end midway to their neighbours as the axes are drawn, so none speaks for more than its share.
 */
import { axisName, type Frame, type Spec } from './axes.ts';
import { CELL, isLogarithmic, ZERO, ZERO_HIGH, ZERO_LOW, ZERO_THEORY } from './contour.ts';
import type { Row } from './row.ts';
import { axisScale, axisTitle, typicalSize, type AxisScale } from './scale.ts';

/** Below zero blue, above it orange, of the palette of all figures; light enough to be written on, and the sign is written too. */
const RANGE = ['#56B4E9', '#f7f7f7', '#E69F00'];
/** Height of a contour's plane in panels of other charts. */
const HEIGHT_PANELS = 1.3;

/** Width of a character in font sizes, about. */
const CHARACTER = 0.62;

interface Axis {
  scale: AxisScale;
  log: boolean;
  /** Values that were run, ascending, and the ends of their tiles. */
  values: number[];
  edges: number[];
}

export function contourPanel(frame: Frame, facet: string): Spec {
  const { chart, data } = frame;
  const rows = data.rows.filter((row) => row.facet === facet);
  const cells = rows.filter((row) => row.colour === CELL);
  const all = data.rows.filter((row) => row.colour === CELL);
  const x = axisOf(
    all.map((row) => row.x!),
    data.xUnit,
  );
  const y = axisOf(
    all.map((row) => row.y),
    data.panels[0]!.unit,
  );
  const values = all.map((row) => row.value!);
  const value = axisScale(data.value!.unit, typicalSize(values));
  const most = Math.max(...values.map(Math.abs)) / value.divisor || 1;
  const xChannel = (field: string): Spec => channel(field, axisName(chart.x!.text), x);
  const yChannel = (field: string): Spec => channel(field, axisName(chart.y[0]!.text), y);
  const tiles = cells.map((row) => ({ ...tile(row, x, y), value: row.value! / value.divisor }));
  const lines = (colour: string, mark: Spec): Spec => ({
    data: { values: spotsOf(rows, colour, x, y) },
    mark: { type: 'line', clip: true, ...mark },
    encoding: {
      x: xChannel('x'),
      y: yChannel('y'),
      order: { field: 'order', type: 'quantitative' },
      detail: { field: 'piece', type: 'nominal' },
    },
  });
  return {
    width: frame.plotWidthPx,
    height: frame.size.panelHeightPx * HEIGHT_PANELS,
    data: { values: tiles },
    layer: [
      {
        mark: { type: 'rect', stroke: '#ffffff', strokeWidth: 1 },
        encoding: {
          x: xChannel('x0'),
          x2: { field: 'x1' },
          y: yChannel('y0'),
          y2: { field: 'y1' },
          color: {
            field: 'value',
            type: 'quantitative',
            title: wrapped(
              `${data.value!.name}${value.unit === '' ? '' : ` (${value.unit})`}`,
              frame.plotWidthPx / (frame.size.fontPx * CHARACTER),
            ),
            scale: { domain: [-most, 0, most], range: RANGE },
            legend: { gradientLength: frame.plotWidthPx * 0.6, titleLimit: frame.plotWidthPx },
          },
        },
      },
      lines(ZERO_LOW, { color: '#000000', strokeWidth: 1 }),
      lines(ZERO_HIGH, { color: '#000000', strokeWidth: 1 }),
      lines(ZERO_THEORY, { color: '#000000', strokeWidth: 1.5, strokeDash: [5, 4] }),
      lines(ZERO, { color: '#000000', strokeWidth: 3 }),
      // Twice: a light edge keeps numbers apart from the lines.
      ...[{ stroke: '#ffffff', strokeWidth: 3, strokeOpacity: 0.8, strokeJoin: 'round' }, {}].map(
        (edge) => ({
          mark: { type: 'text', fontSize: frame.size.fontPx, color: '#000000', ...edge },
          encoding: {
            x: xChannel('x'),
            y: yChannel('y'),
            text: { field: 'text', type: 'nominal' },
          },
        }),
      ),
    ].filter(
      (layer) => !('data' in layer) || (layer.data as { values: unknown[] }).values.length > 0,
    ),
  };

  function tile(row: Row, across: Axis, up: Axis): Spec {
    const i = across.values.indexOf(row.x!);
    const j = up.values.indexOf(row.y);
    const shown = row.value! / value.divisor;
    return {
      x: row.x! / across.scale.divisor,
      y: row.y / up.scale.divisor,
      x0: across.edges[i]! / across.scale.divisor,
      x1: across.edges[i + 1]! / across.scale.divisor,
      y0: up.edges[j]! / up.scale.divisor,
      y1: up.edges[j + 1]! / up.scale.divisor,
      text: `${shown > 0 ? '+' : ''}${Number(shown.toPrecision(2))}`.replace('-', '−'),
    };
  }
}

function axisOf(written: readonly number[], unit: string): Axis {
  const values = [...new Set(written)].sort((a, b) => a - b);
  const log = isLogarithmic(values);
  const to = log ? Math.log : (value: number): number => value;
  const from = log ? Math.exp : (place: number): number => place;
  const places = values.map(to);
  const last = places.length - 1;
  const inner = places.slice(1).map((place, i) => (place + places[i]!) / 2);
  // The first and the last tile are as wide as they are on their inner side.
  const ends = [2 * places[0]! - inner[0]!, 2 * places[last]! - inner[last - 1]!];
  return {
    scale: axisScale(unit, typicalSize(values)),
    log,
    values,
    edges: [ends[0]!, ...inner, ends[1]!].map(from),
  };
}

function channel(field: string, name: string, axis: Axis): Spec {
  const of = (value: number): number => value / axis.scale.divisor;
  return {
    field,
    type: 'quantitative',
    title: axisTitle(name, axis.scale, axis.log),
    scale: {
      type: axis.log ? 'log' : 'linear',
      nice: false,
      zero: false,
      domain: [of(axis.edges[0]!), of(axis.edges.at(-1)!)],
    },
    axis: { values: axis.values.map(of), grid: false, format: '~r' },
  };
}

function spotsOf(rows: readonly Row[], colour: string, x: Axis, y: Axis): Spec[] {
  return rows
    .filter((row) => row.colour === colour)
    .map((row, order) => ({
      x: row.x! / x.scale.divisor,
      y: row.y / y.scale.divisor,
      piece: row.label,
      order,
    }));
}

/** Lines of at most so many characters, broken between words. */
function wrapped(text: string, most: number): string[] {
  const lines: string[] = [];
  for (const word of text.split(' ')) {
    const line = lines.at(-1);
    if (line === undefined || line.length + word.length >= most) lines.push(word);
    else lines[lines.length - 1] = `${line} ${word}`;
  }
  return lines;
}
