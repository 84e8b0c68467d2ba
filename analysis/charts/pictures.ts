/** From results to the rows of charts that are no curve: planes over two parameters, where something goes, figures that are noted together. */
import type { Chart, Channel, Mark, Term } from '../../scenarios/model.ts';
import type { ResultRun } from '../results.ts';
import { ceilingOf, contourRows, type PlanePoint } from './contour.ts';
import { pairedMetric, scatterRows } from './scatter.ts';
import { flowRows } from './sankey.ts';
import type { Row } from './row.ts';

const PICTURES: readonly Mark[] = ['contour', 'sankey', 'scatter'];

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

/** @param roles of the scenario, in its order. */
export function pictureRows(
  chart: Chart,
  groups: readonly Group[],
  over: Over,
  roles: readonly string[],
): Row[] {
  if (chart.mark === 'sankey')
    return groups.flatMap(({ runs, facet }) => {
      const flows = runs.flatMap(({ summary }) => {
        const found = summary.flows?.[chart.of!.metric];
        return found === undefined ? [] : [found];
      });
      return flows.length === 0 ? [] : flowRows(flows, roles, { panel: chart.of!.metric, facet });
    });
  if (chart.mark === 'scatter')
    return groups.flatMap(({ runs, facet }) => {
      const pairs = runs.flatMap(({ summary }) => summary.pairs?.[pairedMetric(chart)] ?? []);
      return scatterRows(pairs, { panel: chart.y[0]!.text, facet });
    });
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
