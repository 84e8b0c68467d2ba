/** Finds scenarios by gallery name or path, and loads them with what the command line sets. */
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { loadScenario, type LoadedScenario } from '../scenarios/language/load.ts';
import { isModuleFile, moduleSource } from '../scenarios/language/module.ts';
import type { Source } from '../scenarios/language/problems.ts';
import { closest } from '../scenarios/language/suggest.ts';
import type { ResolvedScenario } from '../scenarios/model.ts';
import { EXIT, UserError } from './exit.ts';
import { pairs } from './options.ts';
import type { Output } from './output.ts';

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
  const isFolder = statSync(word, { throwIfNoEntry: false })?.isDirectory();
  if (isFolder === false) return word;
  const inGallery = join(galleryFolder(), `${word}.yaml`);
  if (/^[\w-]+$/.test(word) && existsSync(inGallery)) return inGallery;
  if (isFolder === true) {
    throw new UserError(EXIT.scenario, 'MF-0140', `${word} is a folder, not a scenario file.`);
  }
  const names = galleryNames();
  const near = closest(word, names);
  const hint =
    near === undefined
      ? `The gallery has ${names.join(', ')}; anything else is taken as a path.`
      : `Did you mean "${near}"?`;
  throw new UserError(EXIT.scenario, 'MF-0140', `No scenario "${word}". ${hint}`);
}

/** Flags of everything that loads a scenario, as the command line gives them. */
export interface LoadFlags {
  set: readonly string[];
  small: boolean;
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
  } else source = { file: path, text: readText(path) };
  const set = Object.fromEntries(pairs('set', flags.set));
  const result = loadScenario(source, { set, small: flags.small });
  if (!result.ok) throw wrong(file, result.problems);
  return { loaded: result.loaded, file };
}

/** What a file says that has no effect: an idle key is a mistake more often than not, and the result does not show it. */
export function tellWarnings({ warnings }: LoadedScenario, output: Output): void {
  for (const { file, line, column, message } of warnings)
    output.talk(`${file}:${line}:${column}  ${message}`);
}

function readText(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    const reason = error instanceof Error && 'code' in error ? String(error.code) : String(error);
    const words: { [code: string]: string } = {
      EACCES: 'you may not read it',
    };
    throw new UserError(
      EXIT.scenario,
      'MF-0140',
      `${path} cannot be read: ${words[reason] ?? reason}.`,
    );
  }
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
    problems[0]?.code ?? 'MF-0100',
    `${file} has ${errors} problem${errors === 1 ? '' : 's'}. Nothing was run.`,
    problems,
  );
}
