/** From results to the rows of charts that are no curve: planes over two parameters, where something goes, figures that are noted together. */
import type { Chart, Channel, Mark, Term } from '../../scenarios/model.ts';
import type { ResultRun } from '../results.ts';
import { ceilingOf, contourRows, type PlanePoint } from './contour.ts';
import type { Row } from './row.ts';

const PICTURES: readonly Mark[] = ['contour'];

export function isPicture(mark: Mark): boolean {
  return PICTURES.includes(mark);
}

/** Runs that a chart cannot tell apart. */
interface Group {
  params: { [name: string]: string };
  runs: readonly ResultRun[];
  facet: string;
}

/** Mean over the runs of a group, with its interval. */
type Over = (
  channel: Channel,
  runs: readonly ResultRun[],
) => { mean: number; low: number; high: number; n: number } | undefined;

export function pictureRows(chart: Chart, groups: readonly Group[], over: Over): Row[] {
  return contourRows(planeOf(chart, groups, over), chart.value!.text);
}

function planeOf(chart: Chart, groups: readonly Group[], over: Over): PlanePoint[] {
  const ceiling = ceilingOf(chart);
  return groups.flatMap((group): PlanePoint[] => {
    const found = over(chart.value!, group.runs);
    if (found === undefined) return [];
    return [
      {
        x: textOf(chart.x, group),
        y: textOf(chart.y[0], group),
        facet: group.facet,
        ...found,
        ceiling: ceiling === undefined ? undefined : over(asChannel(ceiling), group.runs)?.mean,
      },
    ];
  });
}

function asChannel(term: Term): Channel {
  return { kind: 'term', text: '', term };
}

function textOf(channel: Channel | undefined, { params }: Group): string {
  return channel?.kind === 'parameter' ? (params[channel.name] ?? '') : '';
}
