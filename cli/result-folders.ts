/** Finds result folders by what people type: a folder, `@last`, `@last-1`, or the beginning of an id. */
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { join, relative } from 'node:path';
import { isResultName } from '../scenarios/results/names.ts';
import type { RunSummary } from '../scenarios/summary.ts';
import { EXIT, UserError } from './exit.ts';

/** Finished results below `out`, newest first. */
function resultsBelow(out: string): string[] {
  if (!existsSync(out)) return [];
  return readdirSync(out)
    .filter(isResultName)
    .map((name) => join(out, name))
    .filter((path) => existsSync(join(path, 'summary.json')))
    .map((path) => ({ path, ms: statSync(join(path, 'summary.json')).mtimeMs }))
    .sort((a, b) => b.ms - a.ms || (a.path < b.path ? -1 : 1))
    .map(({ path }) => path);
}

/** @throws UserError (exit 2) when nothing, or more than one result, is meant. */
export function resultFolder(reference: string, out: string): string {
  if (existsSync(join(reference, 'summary.json'))) return reference;
  const all = resultsBelow(out);
  const last = /^@last(?:-(\d+))?$/.exec(reference);
  const found =
    last === null
      ? all.filter((path) => relative(out, path).startsWith(reference))
      : all.slice(Number(last[1] ?? 0)).slice(0, 1);
  if (found.length === 1) return found[0]!;
  const names = found.map((path) => relative(out, path));
  throw new UserError(
    EXIT.usage,
    'MF-0008',
    found.length > 1
      ? `"${reference}" may mean ${names.slice(0, 4).join(', ')}${names.length > 4 ? ', …' : ''}.`
      : `No result "${reference}" in ${out}/. ${all.length === 0 ? 'There are none yet: mainframe run …' : `The newest is ${relative(out, all[0]!)}.`}`,
  );
}

/** The summary of one run that a reference names. @throws UserError (exit 2) for a sweep. */
export function runSummaryOf(reference: string, out: string): RunSummary {
  const folder = resultFolder(reference, out);
  const summary = JSON.parse(readFileSync(join(folder, 'summary.json'), 'utf8')) as RunSummary;
  if (summary.schema === 'run-summary/v1') return summary;
  throw new UserError(
    EXIT.usage,
    'MF-0010',
    `${relative(out, folder)} is a sweep; compare takes two runs.`,
  );
}
