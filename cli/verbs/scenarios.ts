/** `mainframe scenarios list|show|validate|explain`, `new`, `schema`. */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { allPaths, explain } from '../../scenarios/language/explain.ts';
import { closest } from '../../scenarios/language/suggest.ts';
import { EXIT, UserError } from '../exit.ts';
import type { Output } from '../output.ts';
import {
  galleryFolder,
  galleryNames,
  load,
  resolveAt,
  scenarioPath,
  type LoadFlags,
  tellWarnings,
} from '../scenario-files.ts';

export async function listVerb(output: Output): Promise<number> {
  const list = await Promise.all(
    galleryNames().map(async (name) => {
      const { loaded } = await load(name, { set: [], small: false });
      return { name, about: loaded.about, parameters: Object.keys(loaded.params) };
    }),
  );
  const width = Math.max(...list.map((s) => s.name.length));
  for (const s of list) output.print(`${s.name.padEnd(width)}   ${s.about}`);
  output.object({ schema: 'scenario-list/v1', scenarios: list });
  return EXIT.ok;
}

/** Prints a scenario: the file as it is, or with --resolved every default filled in. */
export async function showVerb(
  flags: LoadFlags & { scenario: string; resolved: boolean },
  output: Output,
): Promise<number> {
  const word = flags.scenario;
  const { loaded, file } = await load(word, flags);
  const scenario = resolveAt(loaded, file);
  const settled =
    flags.resolved || flags.small || flags.set.length > 0 || /\.[cm]?[jt]s$/.test(file);
  output.print(
    (settled ? loaded.toYaml(scenario) : readFileSync(scenarioPath(word), 'utf8')).trimEnd(),
  );
  output.object(scenario);
  return EXIT.ok;
}

export async function validateScenarioVerb(
  flags: LoadFlags & { scenario: string },
  output: Output,
): Promise<number> {
  const { loaded, file } = await load(flags.scenario, flags);
  const points = loaded.points();
  for (const point of points) resolveAt(loaded, file, point.params);
  tellWarnings(loaded, output);
  output.verdict(
    `${file} is valid: ${points.length} point${points.length === 1 ? '' : 's'} × ${loaded.sweep.repeat} seed${loaded.sweep.repeat === 1 ? '' : 's'}`,
  );
  output.object({
    schema: 'scenario-check/v1',
    valid: true,
    points: points.length,
    repeat: loaded.sweep.repeat,
  });
  return EXIT.ok;
}

export function explainVerb(path: string, output: Output): number {
  const text = explain(path);
  if (text === undefined) {
    const near = closest(path, allPaths());
    throw new UserError(
      EXIT.usage,
      'MF-0005',
      `There is no key "${path}".${near === undefined ? '' : ` Did you mean "${near}"?`}`,
    );
  }
  output.print(text);
  output.object({ schema: 'explanation/v1', path, text });
  return EXIT.ok;
}

/** Copies a gallery scenario here, to be changed. Never overwrites. */
export function newVerb(name: string, output: Output): number {
  const names = galleryNames();
  if (!names.includes(name)) {
    const near = closest(name, names);
    throw new UserError(
      EXIT.usage,
      'MF-0006',
      `No gallery scenario "${name}". ${near === undefined ? `There are ${names.join(', ')}.` : `Did you mean "${near}"?`}`,
    );
  }
  const target = `${name}.yaml`;
  if (existsSync(target))
    throw new UserError(
      EXIT.environment,
      'MF-0801',
      `${target} is there already; nothing was written.`,
    );
  const head = [
    `# Your copy of the gallery scenario "${name}". Change anything; then`,
    `#   mainframe scenarios validate ${target}     finds mistakes`,
    `#   mainframe run ${target}                    one world, one seed`,
    `#   mainframe sweep ${target}                  every point, with intervals`,
    `#   mainframe scenarios explain world.latency${' '.repeat(Math.max(1, target.length - 11))}says what a key means`,
    '',
  ].join('\n');
  writeFileSync(target, `${head}${readFileSync(join(galleryFolder(), target), 'utf8')}`, {
    flag: 'wx',
  });
  output.print(`Wrote ${target}. Next: mainframe run ${target} --small`);
  output.object({ schema: 'new/v1', file: target });
  return EXIT.ok;
}
