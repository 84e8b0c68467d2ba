/** `mainframe chart` and `mainframe report`: figures and pages of finished runs and sweeps. */
import { extname } from 'node:path';
import { buildReport, chartOne, chartTitles, slugOf } from '../../analysis/report.ts';
import { closest } from '../../scenarios/language/suggest.ts';
import { EXIT, UserError } from '../exit.ts';
import { shownPath, type Output } from '../output.ts';
import { resultFolder } from '../result-folders.ts';

export interface ChartArguments {
  run: string;
  chart: string | undefined;
  for: string;
  output: string | undefined;
  out: string;
}

const KINDS = ['.svg', '.png', '.csv', '.json'];

export async function chartVerb(args: ChartArguments, output: Output): Promise<number> {
  const folder = resultFolder(args.run, args.out);
  const charts = chartTitles(folder);
  if (args.chart === undefined) {
    for (const { slug, title } of charts) output.print(`${slug.padEnd(32)} ${title}`);
    output.object({ schema: 'chart-list/v1', charts });
    return EXIT.ok;
  }
  const path = args.output;
  if (path !== undefined && !KINDS.includes(extname(path))) {
    throw new UserError(
      EXIT.usage,
      'MF-0009',
      `${path}: charts are written as ${KINDS.join(', ')}.`,
    );
  }
  const title = chosen(charts, args.chart);
  const files = await drawn(folder, title, args);
  for (const file of files) output.print(`wrote ${file}`);
  output.object({ schema: 'chart/v1', files });
  return EXIT.ok;
}

/** Title of the chart that a word means: its title, or the beginning of its short name. */
function chosen(charts: readonly { slug: string; title: string }[], word: string): string {
  const found = charts.find((c) => c.title === word || c.slug.startsWith(slugOf(word)));
  if (found !== undefined) return found.title;
  const slugs = charts.map((c) => c.slug);
  const near = closest(slugOf(word), slugs);
  const hint =
    slugs.length === 0
      ? 'The scenario declares none.'
      : near === undefined
        ? `There are ${slugs.join(', ')}.`
        : `Did you mean "${near}"?`;
  throw new UserError(EXIT.usage, 'MF-0009', `No chart "${word}". ${hint}`);
}

async function drawn(folder: string, title: string, args: ChartArguments): Promise<string[]> {
  try {
    return await chartOne(folder, title, {
      for: args.for,
      ...(args.output === undefined ? {} : { out: args.output }),
    });
  } catch (error) {
    // A chart may ask for a metric that this result does not have (a trend over a sweep, in a single run).
    if (!(error instanceof Error) || !error.message.includes('nothing to draw')) throw error;
    throw new UserError(EXIT.usage, 'MF-0009', `${error.message}.`);
  }
}

export async function reportVerb(
  { run, out }: { run: string; out: string },
  output: Output,
): Promise<number> {
  const path = await buildReport(resultFolder(run, out));
  output.print(`wrote ${shownPath(path)}`);
  output.object({ schema: 'report/v1', file: path });
  return EXIT.ok;
}
