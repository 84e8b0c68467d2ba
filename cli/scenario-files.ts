/** Finds scenarios by gallery name or path, and loads them with what the command line sets. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { loadScenario, type LoadedScenario } from '../scenarios/language/load.ts';
import { isModuleFile, moduleSource } from '../scenarios/language/module.ts';
import type { Source } from '../scenarios/language/problems.ts';
import { closest } from '../scenarios/language/suggest.ts';
import type { ResolvedScenario } from '../scenarios/model.ts';
import { EXIT, UserError } from './exit.ts';

/** Folder of the gallery: beside the code, in a clone and in a build alike. */
export function galleryFolder(): string {
  return join(dirname(fileURLToPath(import.meta.url)), '..', 'scenarios', 'gallery');
}

/** Names of the gallery's scenarios, sorted. */
export function galleryNames(): string[] {
  return readdirSync(galleryFolder())
    .filter((file) => file.endsWith('.yaml'))
    .map((file) => file.slice(0, -'.yaml'.length))
    .sort();
}

/** Path of a scenario given by gallery name or path. */
export function scenarioPath(word: string): string {
  if (existsSync(word)) return word;
  const inGallery = join(galleryFolder(), `${word}.yaml`);
  if (/^[\w-]+$/.test(word) && existsSync(inGallery)) return inGallery;
  const names = galleryNames();
  const near = closest(word, names);
  const hint =
    near === undefined
      ? `The gallery has ${names.join(', ')}; anything else is taken as a path.`
      : `Did you mean "${near}"?`;
  throw new UserError(EXIT.scenario, 'MF-0100', `No scenario "${word}". ${hint}`);
}

export interface LoadFlags {
  set: { [path: string]: string };
  small: boolean;
}

/** `key=value` words of --set as a map. */
export function parseSettings(words: readonly string[]): { [path: string]: string } {
  return Object.fromEntries(
    words.map((word) => {
      const at = word.indexOf('=');
      if (at <= 0) {
        throw new UserError(
          EXIT.usage,
          'MF-0002',
          `--set takes key=value, for example --set world.nodes=500; got "${word}"`,
        );
      }
      return [word.slice(0, at), word.slice(at + 1)];
    }),
  );
}

/** Loads a scenario; problems become one UserError that the top level prints in their frames. */
export async function load(
  word: string,
  flags: LoadFlags,
): Promise<{ loaded: LoadedScenario; file: string }> {
  const path = scenarioPath(word);
  const shown = relative(process.cwd(), resolve(path));
  const file = shown.startsWith('..') ? path : shown;
  let source: Source = { file, text: '' };
  if (isModuleFile(path)) {
    const read = await moduleSource(path);
    if (!read.ok) throw wrong(file, read.problems);
    source = read.source;
  } else source = { file: path, text: readFileSync(path, 'utf8') };
  const result = loadScenario(source, { set: flags.set, small: flags.small });
  if (!result.ok) throw wrong(file, result.problems);
  return { loaded: result.loaded, file };
}

/** The scenario at given values; problems as in `load`. */
export function resolveAt(
  loaded: LoadedScenario,
  file: string,
  overrides: { [path: string]: string } = {},
): ResolvedScenario {
  const result = loaded.resolve(overrides);
  if (!result.ok) throw wrong(file, result.problems);
  return result.scenario;
}

function wrong(file: string, problems: UserError['problems']): UserError {
  const errors = problems.filter((p) => p.severity === 'error').length;
  return new UserError(
    EXIT.scenario,
    'scenario',
    `${file} has ${errors} problem${errors === 1 ? '' : 's'}. Nothing was run.`,
    problems,
  );
}
