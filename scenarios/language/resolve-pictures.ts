/**
 * What the marks need that are no curve or cloud of statistics. A contour lies over two parameters that are numbers, since between their values it is interpolated; a
 * scatter draws two figures that are noted of the same message; a Sankey draws where something goes. A wrong chart is found here, not after an hour's sweep.
 */
import { FLOWS, PAIRS } from '../metrics.ts';
import type { Channel, Mark, MetricReference, Term } from '../model.ts';
import { hasMarket } from './resolve-chain.ts';
import { parameterValue } from './parameters.ts';
import { alternatives } from './suggest.ts';
import { isWritten, report, reportKey, type Path, type Work } from './work.ts';

export interface WrittenPicture {
  mark: Mark;
  x: Channel | undefined;
  y: readonly Channel[];
  of: MetricReference | undefined;
  value: Channel | undefined;
  colour: Channel | undefined;
}

export function checkPicture(work: Work, path: Path, picture: WrittenPicture): void {
  const { mark } = picture;
  if (mark === 'contour') checkContour(work, path, picture);
  else if (isWritten(work, [...path, 'value']))
    reportKey(work, [...path, 'value'], {
      code: 'MF-0150',
      message: `a ${mark} chart has no plane for "value"; it goes with contour`,
    });
  if (mark === 'scatter') checkScatter(work, path, picture);
  const { of } = picture;
  if (mark === 'sankey' && of !== undefined && !FLOWS.includes(of.metric))
    report(work, [...path, 'of'], {
      code: 'MF-0150',
      message: `where "${of.metric}" goes is not noted`,
      hint: `write ${alternatives(FLOWS)}`,
    });
  if (mark === 'sankey' && hasMarket(work))
    report(work, [...path, 'mark'], {
      code: 'MF-0150',
      message: 'a sankey needs a ledger that is the same for all; here is a chain with a market',
    });
}

function checkContour(work: Work, path: Path, { x, y, value, colour }: WrittenPicture): void {
  const axes: [Path, Channel | undefined][] = [
    [[...path, 'x'], x],
    [[...path, 'y'], y[0]],
  ];
  for (const [place, channel] of axes) {
    if (channel === undefined) continue;
    const number =
      channel.kind === 'parameter' &&
      parameterValue(work.values.get(channel.name)?.text ?? '').number !== undefined;
    if (!number)
      report(work, place, {
        code: 'MF-0150',
        message: `a contour is drawn over two parameters that are numbers; "${channel.text}" is none`,
        hint: 'write for example $threshold',
      });
  }
  if (y.length > 1)
    report(work, [...path, 'y'], {
      code: 'MF-0150',
      message: 'a contour has one vertical axis',
    });
  if (value !== undefined && value.kind !== 'term')
    report(work, [...path, 'value'], {
      code: 'MF-0150',
      message: `the value of a contour is measured; "${value.text}" is not`,
      hint: 'write for example mean(profit where role == lazy)',
    });
  if (colour !== undefined) reportColour(work, path, 'contour is coloured by its value');
  if (
    isWritten(work, [...path, 'bound']) &&
    value?.kind === 'term' &&
    cheatOf(value.term) === undefined
  )
    reportKey(work, [...path, 'bound'], {
      code: 'MF-0150',
      message: 'theory speaks of the default.gain of a role only, and "value" has none',
    });
}

function checkScatter(work: Work, path: Path, { x, y, colour }: WrittenPicture): void {
  const bare = (channel: Channel | undefined): string | undefined =>
    channel?.kind === 'term' &&
    channel.term.kind === 'statistic' &&
    channel.term.statistic === 'value' &&
    channel.term.of.where === undefined
      ? channel.term.of.metric
      : undefined;
  if (x === undefined || y[0] === undefined) return;
  const known = PAIRS.some((pair) => pair.x === bare(x) && pair.y === bare(y[0]) && y.length === 1);
  if (!known)
    report(work, [...path, 'x'], {
      code: 'MF-0150',
      message: `"${x.text}" and "${y.map((channel) => channel.text).join(', ')}" are not noted together`,
      hint: PAIRS.map((pair) => `write x: ${pair.x}, y: ${pair.y}`).join(' or '),
    });
  if (colour !== undefined)
    reportColour(work, path, 'scatter is coloured by whether its interval held');
}

function reportColour(work: Work, path: Path, why: string): void {
  const key = isWritten(work, [...path, 'colour']) ? 'colour' : 'by';
  reportKey(work, [...path, key], {
    code: 'MF-0150',
    message: `a ${why}; use "facet"`,
  });
}

/** The role whose gain stands in a term without a minus before it. */
export function cheatOf(term: Term): string | undefined {
  if (term.kind === 'statistic')
    return term.of.metric === 'default.gain' ? term.of.where?.value : undefined;
  return term.kind === 'arithmetic' ? cheatOf(term.left) : undefined;
}
