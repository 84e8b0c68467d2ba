/**
 * Sentences about one role: what a chart draws of `... where role == somebody`. The summary of a sweep has no such numbers, the rows of charts have.
 *
 * A line goes from its first to its last point, if their intervals are apart. A contour is about where something changes its sign, so for each value of the
 * horizontal parameter it is said on which side of zero all intervals lie; an interval that has zero in it cannot be told, and is not.
 */
import type { Chart } from '../../scenarios/model.ts';
import type { ChartData } from '../charts/chart-data.ts';
import { CELL } from '../charts/contour.ts';
import type { Row } from '../charts/row.ts';
import { axisScale } from '../charts/scale.ts';
import { withInterval } from './answer.ts';

const ABOUT_A_ROLE = ' where ';

export function roleSentences(chart: Chart, data: ChartData): string[] {
  if (chart.mark === 'contour' && data.value?.name.includes(ABOUT_A_ROLE) === true)
    return contourSentences(chart, data, data.value);
  if (chart.of !== undefined || data.xIsWord || chart.x?.kind !== 'parameter') return [];
  const parameter = chart.x.name;
  return data.panels
    .filter(({ name }) => name.includes(ABOUT_A_ROLE))
    .flatMap(({ name, unit }) =>
      lines(data.rows.filter(({ panel }) => panel === name)).flatMap((line) =>
        lineSentence(line, parameter, name, unit),
      ),
    );
}

/** Rows of one line each, from left to right. */
function lines(rows: readonly Row[]): Row[][] {
  const named = (row: Row): string => `${row.facet} ${row.colour}`;
  return [...new Set(rows.map(named))].map((name) =>
    rows.filter((row) => named(row) === name).sort((a, b) => (a.x ?? 0) - (b.x ?? 0)),
  );
}

function lineSentence(line: readonly Row[], parameter: string, name: string, unit: string) {
  const [first, last] = [line[0], line.at(-1)];
  if (first === undefined || last === undefined || first === last) return [];
  const said = (row: Row): string =>
    withInterval({ unit, n: row.n, mean: row.y, ci95: [row.low ?? row.y, row.high ?? row.y] });
  const apart =
    (first.high ?? first.y) < (last.low ?? last.y) ||
    (last.high ?? last.y) < (first.low ?? first.y);
  const among = [first.facet, first.colour].filter((word) => word !== '').join(', ');
  const what = apart
    ? `goes from ${said(first)} to ${said(last)}`
    : `does not change beyond its interval (${said(last)})`;
  return [
    `${among === '' ? 'As' : `With ${among}: as`} ${parameter} rises from ${first.xText} to ${last.xText}, ${name} ${what}.`,
  ];
}

function contourSentences(
  chart: Chart,
  { rows, facets }: ChartData,
  { name, unit }: { name: string; unit: string },
): string[] {
  const scale = axisScale(unit, Math.max(...rows.map(({ value }) => Math.abs(value ?? 0))));
  const tail = scale.unit === '' ? '' : ` ${scale.unit}`;
  return facets.flatMap((facet) => {
    const cells = rows.filter((row) => row.colour === CELL && row.facet === facet);
    const columns = [...new Set(cells.map(({ xText }) => xText))].map((text) => {
      const column = cells.filter(({ xText }) => xText === text);
      const side = column.every(({ valueHigh }) => (valueHigh ?? 0) < 0)
        ? 'below'
        : column.every(({ valueLow }) => (valueLow ?? 0) > 0)
          ? 'above'
          : undefined;
      const values = column.map(({ value }) => (value ?? 0) / scale.divisor);
      const ends = [Math.min(...values), Math.max(...values)].map((v) => v.toPrecision(3));
      return { text, side, range: `${ends[0]!} to ${ends[1]!}${tail}` };
    });
    const ofSide = (side: string): string[] =>
      columns.filter((c) => c.side === side).map((c) => `${c.text} (${c.range})`);
    const parts = (['below', 'above'] as const).flatMap((side) => {
      const found = ofSide(side);
      return found.length === 0 ? [] : [`${side} zero at ${found.join(', ')}`];
    });
    if (parts.length === 0) return [];
    const x = chart.x?.text.replace(/^\$/, '') ?? '';
    const y = chart.y[0]?.text.replace(/^\$/, '') ?? '';
    return [
      `${facet === '' ? '' : `With ${facet}: `}Whatever ${y}, with ${x} rising, ${name} is ${parts.join('; ')}.`,
    ];
  });
}
