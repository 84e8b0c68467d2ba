/** How a Sankey is drawn: ribbons in the colour of whoever paid, nodes as bars with their name and amount, a heading over each column. */
import type { Frame, Spec } from './axes.ts';
import { COLOURS } from './palette.ts';
import { axisScale, typicalSize } from './scale.ts';
import { HEADINGS, layOutSankey, type Ribbon } from './sankey.ts';

/** Height in panels of other charts. */
const HEIGHT_PANELS = 1.5;
/** Width of a node in columns. */
const NODE = 0.03;
/** Steps of a ribbon's curve. */
const STEPS = 24;

export function sankeyPanel(frame: Frame, facet: string): Spec {
  const { data, size } = frame;
  const rows = data.rows.filter((row) => row.facet === facet);
  const roles = data.colours;
  const height = size.panelHeightPx * HEIGHT_PANELS;
  const { boxes, ribbons } = layOutSankey(rows, roles, (size.fontPx * 1.7) / height);
  const { divisor, unit } = axisScale(data.panels[0]!.unit, typicalSize(rows.map((row) => row.y)));
  const last = HEADINGS.length - 1;
  const x = { type: 'quantitative', scale: { domain: [0, last + NODE], nice: false }, axis: null };
  // From the top; the headings stand above.
  const y = { type: 'quantitative', scale: { domain: [1, 0], nice: false }, axis: null };
  const text = (layer: Spec, values: Spec[], align: 'left' | 'right'): Spec => ({
    data: { values },
    mark: {
      type: 'text',
      align,
      dx: align === 'left' ? 3 : -3,
      fontSize: size.fontPx,
      ...layer,
    },
    encoding: {
      x: { field: 'x', ...x },
      y: { field: 'y', ...y },
      text: { field: 'text', type: 'nominal' },
    },
  });
  const labels = (ofLast: boolean): Spec[] =>
    boxes
      .filter(({ column }) => (column === last) === ofLast)
      .map(({ column, top, bottom, label, amount }) => ({
        x: ofLast ? column : column + NODE,
        // The last stand high in their nodes: in a narrow column they would meet those before them.
        y: ofLast ? Math.min((top + bottom) / 2, top + size.fontPx / height) : (top + bottom) / 2,
        text: `${label}  ${amountText(amount / divisor)}`,
      }));
  const halo = { stroke: '#ffffff', strokeWidth: 3, strokeOpacity: 0.8, strokeJoin: 'round' };
  const headings = (ofLast: boolean): Spec[] =>
    HEADINGS.flatMap((heading, column) =>
      (column === last) === ofLast
        ? [{ x: ofLast ? column + NODE : column, y: 0, text: heading }]
        : [],
    );
  const heading = { dy: -size.fontPx, dx: 0, fontWeight: 'bold', fontSize: size.fontPx };
  return {
    // Without axes beside it.
    width: data.facets.length > 1 ? frame.plotWidthPx : size.widthPx - size.fontPx,
    height,
    layer: [
      {
        data: { values: ribbons.flatMap(curve) },
        mark: { type: 'area', opacity: 0.55 },
        encoding: {
          x: { field: 'x', ...x },
          y: { field: 'top', ...y },
          y2: { field: 'bottom' },
          detail: { field: 'ribbon', type: 'nominal' },
          color: {
            field: 'colour',
            type: 'nominal',
            title: `paid by${unit === '' ? '' : ` (amounts in ${unit})`}`,
            sort: roles,
            legend: { titleLimit: frame.plotWidthPx, symbolOpacity: 1 },
            scale: { domain: roles, range: roles.map((_, i) => COLOURS[i % COLOURS.length]) },
          },
        },
      },
      {
        data: {
          values: boxes.map(({ column, top, bottom }) => ({
            x: column,
            x2: column + NODE,
            top,
            bottom,
          })),
        },
        mark: { type: 'rect', color: '#333333' },
        encoding: {
          x: { field: 'x', ...x },
          x2: { field: 'x2' },
          y: { field: 'top', ...y },
          y2: { field: 'bottom' },
        },
      },
      text(halo, labels(false), 'left'),
      text({}, labels(false), 'left'),
      text(halo, labels(true), 'right'),
      text({}, labels(true), 'right'),
      text(heading, headings(false), 'left'),
      text(heading, headings(true), 'right'),
    ],
  };
}

/** A ribbon's two edges, level at both ends. */
function curve({ colour, from, to, width }: Ribbon, ribbon: number): Spec[] {
  const start = from.column + NODE;
  return Array.from({ length: STEPS + 1 }, (_, i) => {
    const part = i / STEPS;
    const risen = part * part * (3 - 2 * part);
    const top = from.top + (to.top - from.top) * risen;
    return { ribbon, colour, x: start + (to.column - start) * part, top, bottom: top + width };
  });
}

function amountText(amount: number): string {
  return amount.toLocaleString('en', { maximumSignificantDigits: 3 });
}
