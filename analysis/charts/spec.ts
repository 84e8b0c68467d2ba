/**
 * From rows to a Vega-Lite specification. The marks draw what `rows.ts` computed; nothing is aggregated here.
 *
 * House rules: one palette that survives colour blindness and greyscale, every colour doubled by a dash or a shape; units in axis
 * titles; zero in bar charts; several y's are stacked panels on a shared x, never two axes in one; bands are 95% intervals over seeds;
 * the physical limit is a dashed black line, drawn like nothing else.
 */
import type { Chart } from '../../scenarios/model.ts';
import { axisName, type Frame, type Spec } from './axes.ts';
import { contourPanel } from './contour-layers.ts';
import { boundLayers, markLayers, shadeLayers } from './marks.ts';
import type { Row } from './row.ts';
import { sankeyPanel } from './sankey-layers.ts';
import { scatterPanel } from './scatter-layers.ts';
import { isBound } from './bounds.ts';
import type { ChartData } from './chart-data.ts';
import {
  axisScale,
  axisTitle,
  logFormat,
  lonelyDomain,
  typicalSize,
  type AxisScale,
} from './scale.ts';
import type { FigureSize } from './sizes.ts';

/** The specification of a whole chart. */
export function chartSpec(chart: Chart, data: ChartData, size: FigureSize): Spec {
  const xs = data.rows.flatMap((r) => r.x ?? []);
  const facets = data.facets.length;
  // In a narrow column panels side by side would be slivers.
  const columns = facets > 1 && size.widthPx >= 500 ? (facets === 4 ? 2 : Math.min(3, facets)) : 1;
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
  if (frame.chart.mark === 'contour') return contourPanel(frame, facet);
  if (frame.chart.mark === 'scatter') return scatterPanel(frame, facet);
  if (frame.chart.mark === 'sankey') return sankeyPanel(frame, facet);
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
  // An interval that reaches below zero has no place on a logarithmic axis.
  const yLog =
    chart.of === undefined && all.every((r) => (r.low ?? r.y) > 0) && useLog(chart, data, ys, 'y');
  const yUnit = chart.mark === 'box' ? data.xUnit : panel.unit;
  const y = axisScale(yUnit, typicalSize(ys));
  // Facets share their y, so that they can be compared.
  const yDomain =
    data.facets.length > 1 && !yLog && ys.length > 0
      ? [
          needsZero(chart, panel.unit) ? 0 : Math.min(...all.map((r) => r.low ?? r.y)) / y.divisor,
          Math.max(...all.map((r) => r.high ?? r.y)) / y.divisor,
        ]
      : // Of marks over all samples the rows are ends of steps, bins or curves.
        chart.of === undefined && !yLog && !needsZero(chart, panel.unit)
        ? lonelyDomain(all.flatMap((r) => [r.low ?? r.y, r.high ?? r.y]).map((v) => v / y.divisor))
        : undefined;
  const last = panel === data.panels.at(-1);
  const scaled = rows.map((r) => scaleRow(r, frame.x, y));
  const colour = data.colours.filter((c) => c !== '' && !isBound(c));
  const base = {
    data: { values: scaled.filter((r) => !isBound(String(r['colour']))) },
    width: frame.plotWidthPx,
    height: frame.size.panelHeightPx,
  };
  const yTitle = axisTitle(chart.mark === 'box' ? chart.of!.metric : axisName(panel.name), y, yLog);
  const yEncoding = (field: string): Spec => ({
    field,
    type: 'quantitative',
    // Name and unit on two lines: one line would be longer than the panel is high.
    title: splitTitle(yTitle),
    scale: {
      ...(yLog ? { type: 'log' } : { zero: needsZero(chart, panel.unit), nice: true }),
      ...(yDomain === undefined ? {} : { domain: yDomain }),
    },
    axis: { tickCount: 5, ...(yLog ? { format: logFormat(ys.map((v) => v / y.divisor)) } : {}) },
  });
  const layers = [...shadeLayers(frame), ...markLayers(frame, colour, yEncoding, last)];
  const bound = scaled
    .filter((r) => isBound(String(r['colour'])))
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

/** A sentence for those who cannot see the figure. */
export function altText(chart: Chart, data: ChartData): string {
  const what =
    chart.of !== undefined
      ? `the distribution of ${chart.of.metric}`
      : data.panels.map((p) => p.name).join(', ');
  const against = chart.x === undefined ? '' : ` against ${axisName(chart.x.text)}`;
  if (data.value !== undefined)
    return `${chart.title}: ${data.value.name} over ${axisName(chart.x!.text)} and ${what.replace(/^\$/, '')}, with the line where it is zero.`;
  const split = data.colours.filter((c) => c !== '' && !isBound(c));
  const by = split.length > 1 ? `, one series for each of ${split.join(', ')}` : '';
  return `${chart.title}: ${what}${against}${by}.`;
}
