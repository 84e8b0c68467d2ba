/** How a scatter is drawn: both axes are one, so that the line of equals is the diagonal; dots outside their interval have another shape and colour. */
import { axisName, type Frame, type Spec } from './axes.ts';
import { COLOURS } from './palette.ts';
import { axisScale, axisTitle, typicalSize } from './scale.ts';
import { HELD, MISSED } from './scatter.ts';

/** An axis whose middle nine tenths span more than this is logarithmic. */
const LINEAR_SPAN = 8;
/** A scatter is about as high as it is wide. */
const HEIGHT_PANELS = 1.8;

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
