/** `mainframe chart` and `mainframe report`: figures and pages of finished runs and sweeps. */
import { existsSync, readdirSync, statSync } from 'node:fs';
import { join, relative } from 'node:path';
import { buildReport, chartOne, chartTitles } from '../../analysis/report.ts';
import { EXIT, UserError } from '../exit.ts';
import type { Output } from '../output.ts';

/** The folder that a run reference means: a folder, `@last`, `@last-1`, or the beginning of an id. */
export function resultFolder(reference: string, out: string): string {
  if (existsSync(join(reference, 'summary.json'))) return reference;
  const folders = existsSync(out)
    ? readdirSync(out)
        .map((name) => join(out, name))
        .filter((path) => existsSync(join(path, 'summary.json')))
        .sort((a, b) => statSync(b).mtimeMs - statSync(a).mtimeMs)
    : [];
  const last = /^@last(?:-(\d+))?$/.exec(reference);
  const found =
    last !== null
      ? folders[Number(last[1] ?? 0)]
      : folders.find((path) => relative(out, path).startsWith(reference));
  if (found === undefined) {
    throw new UserError(
      EXIT.usage,
      'MF-0008',
      `No result "${reference}" below ${out}/. ${folders.length === 0 ? 'There are none yet: mainframe run …' : `The newest is ${relative(out, folders[0]!)}.`}`,
    );
  }
  return found;
}

export interface ChartArguments {
  run: string;
  chart: string | undefined;
  for: string;
  output: string | undefined;
  out: string;
}

export async function chartVerb(args: ChartArguments, output: Output): Promise<number> {
  const folder = resultFolder(args.run, args.out);
  if (args.chart === undefined) {
    const titles = chartTitles(folder);
    for (const { slug, title } of titles) output.print(`${slug.padEnd(32)} ${title}`);
    output.object({ schema: 'chart-list/v1', charts: titles });
    return EXIT.ok;
  }
  const made = await chartOne(folder, args.chart, {
    for: args.for,
    ...(args.output === undefined ? {} : { out: args.output }),
  });
  for (const file of made) output.print(`wrote ${file}`);
  output.object({ schema: 'chart/v1', files: made });
  return EXIT.ok;
}

export async function reportVerb(run: string, out: string, output: Output): Promise<number> {
  const path = await buildReport(resultFolder(run, out));
  output.print(`wrote ${path}`);
  output.object({ schema: 'report/v1', file: path });
  return EXIT.ok;
}
