/**
 * The rows of a contour: what was measured at each point of a sweep over two parameters, and where it is zero.
 *
 * Between points the surface is interpolated along the axes as they are drawn, so that on a logarithmic axis halves lie where the eye has them. Besides the line of the means
 * there are those of the two ends of the interval: between them it cannot be told on which side zero is. With `bound`, theory's own surface is drawn by its zero line:
 * the most that a cheat could take at all, below which names cost more than they bring.
 */
import { cheatOf } from '../../scenarios/language/resolve-pictures.ts';
import { parameterValue } from '../../scenarios/language/parameters.ts';
import type { Chart, Term } from '../../scenarios/model.ts';
import { zeroLines } from './isoline.ts';
import type { Row } from './row.ts';

/** Series of a contour's rows. */
export const CELL = 'measured';
export const ZERO = 'zero';
export const ZERO_LOW = 'zero of the lower end of the interval';
export const ZERO_HIGH = 'zero of the upper end of the interval';
export const ZERO_THEORY = 'zero of the ceiling';

/** One point of the sweep. */
export interface PlanePoint {
  x: string;
  y: string;
  facet: string;
  n: number;
  mean: number;
  low: number;
  high: number;
  /** Theory's surface there. */
  ceiling: number | undefined;
}

/** An axis whose values span more than this is logarithmic. */
const LINEAR_SPAN = 8;

/** Seeds from which on the interval's ends are drawn. */
const SEEDS_MIN = 3;

export function isLogarithmic(values: readonly number[]): boolean {
  return Math.min(...values) > 0 && Math.max(...values) / Math.min(...values) > LINEAR_SPAN;
}

export function contourRows(points: readonly PlanePoint[], panel: string): Row[] {
  return [...new Set(points.map(({ facet }) => facet))].flatMap((facet) =>
    planeRows(
      points.filter((point) => point.facet === facet),
      { panel, facet },
    ),
  );
}

function planeRows(points: readonly PlanePoint[], at: { panel: string; facet: string }): Row[] {
  const placed = points.map((point) => ({
    ...point,
    x: parameterValue(point.x).number ?? 0,
    y: parameterValue(point.y).number ?? 0,
    xText: point.x,
    label: point.y,
  }));
  const xs = ascending(placed.map(({ x }) => x));
  const ys = ascending(placed.map(({ y }) => y));
  if (xs.length < 2 || ys.length < 2) return [];
  const cells = placed.map(({ x, y, xText, label, mean, low, high, n }): Row => ({
    ...at,
    x,
    xText,
    y,
    label,
    value: mean,
    valueLow: low,
    valueHigh: high,
    colour: CELL,
    n,
  }));
  const line = (
    colour: string,
    valueOf: (point: (typeof placed)[number]) => number | undefined,
  ): Row[] => {
    const grid = ys.map((y) =>
      xs.map((x) => {
        const found = placed.find((point) => point.x === x && point.y === y);
        return found === undefined ? undefined : valueOf(found);
      }),
    );
    const [toX, fromX] = axis(xs);
    const [toY, fromY] = axis(ys);
    const lines = zeroLines({ xs: xs.map(toX), ys: ys.map(toY), values: grid });
    return lines.flatMap((spots, piece) =>
      spots.map(({ x, y }) => ({
        ...at,
        x: fromX(x),
        xText: '',
        y: fromY(y),
        label: String(piece + 1),
        colour,
        n: placed[0]!.n,
      })),
    );
  };
  // Of two seeds an interval is so wide that its ends say nothing.
  const several = placed.every(({ n }) => n >= SEEDS_MIN);
  return [
    ...cells,
    ...line(ZERO, ({ mean }) => mean),
    ...(several
      ? [...line(ZERO_LOW, ({ low }) => low), ...line(ZERO_HIGH, ({ high }) => high)]
      : []),
    ...line(ZERO_THEORY, ({ ceiling }) => ceiling),
  ];
}

function ascending(values: readonly number[]): number[] {
  return [...new Set(values)].sort((a, b) => a - b);
}

/** From values to places on the axis and back. */
function axis(values: readonly number[]): [(value: number) => number, (place: number) => number] {
  return isLogarithmic(values) ? [Math.log, Math.exp] : [(value) => value, (place) => place];
}

/** Theory's surface of a contour that asks for it: the ceiling of the role whose gain it shows. */
export function ceilingOf(chart: Chart): Term | undefined {
  if (chart.bound !== true || chart.value?.kind !== 'term') return undefined;
  const role = cheatOf(chart.value.term);
  if (role === undefined) return undefined;
  return {
    kind: 'statistic',
    statistic: 'mean',
    of: { metric: 'default.ceiling', where: { field: 'role', value: role } },
  };
}

/** What the lines of a contour are, for its caption; of one that is not there, on which side of zero everything lies. */
export function contourSentence(chart: Chart, { rows }: { rows: readonly Row[] }): string {
  const drawn = (colour: string): boolean => rows.some((row) => row.colour === colour);
  const values = rows.flatMap(({ value }) => value ?? []);
  const zero = drawn(ZERO)
    ? 'Bold: where it is zero, interpolated between the points.'
    : `It is ${values.every((value) => value < 0) ? 'below' : 'above'} zero at every point.`;
  const band = drawn(ZERO_LOW) || drawn(ZERO_HIGH);
  const ends = band ? "Thin: where an end of its 95% interval is (Student's t over seeds)." : '';
  if (ceilingOf(chart) === undefined) return [zero, ends].filter(Boolean).join(' ');
  const theory = drawn(ZERO_THEORY)
    ? 'Dashed: the same of the most that never paying could bring, neighbours × the largest debt less the cost of names (economics, CF7).'
    : 'The most that never paying could bring, neighbours × the largest debt less the cost of names (economics, CF7), is on one side of zero everywhere.';
  return [zero, ends, theory].filter(Boolean).join(' ');
}
