/**
 * Loads a scenario written in TypeScript. tsx compiles the one file when it is imported, in a production build too;
 * what the file exports is printed as YAML and goes the way of every scenario.
 */
import { pathToFileURL } from 'node:url';
import { resolve } from 'node:path';

import { stringify } from 'yaml';

import type { Problem, Source } from './problems.ts';
import { problemAt } from './problems.ts';

export type ModuleResult = { ok: true; source: Source } | { ok: false; problems: Problem[] };

/** True for files that `moduleSource` reads. */
export function isModuleFile(file: string): boolean {
  return /\.[cm]?[jt]s$/.test(file);
}

/** The YAML text of a `.ts` or `.js` scenario, as a source for `loadScenario`. */
export async function moduleSource(file: string): Promise<ModuleResult> {
  const wrong = (message: string, hint?: string): ModuleResult => ({
    ok: false,
    problems: [
      problemAt(
        { code: 'MF-0146', message, ...(hint === undefined ? {} : { hint }) },
        { source: { file, text: '' }, start: 0, end: 0 },
      ),
    ],
  });
  let value: unknown;
  try {
    const { tsImport } = await import('tsx/esm/api');
    const module: unknown = await tsImport(pathToFileURL(resolve(file)).href, import.meta.url);
    value = defaultExport(module);
  } catch (error) {
    const message = error instanceof Error ? firstLine(error.message) : String(error);
    return wrong(
      `cannot be imported: ${message}`,
      'the helpers are in "mainframe-testbed/define"; a plain object needs none',
    );
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    return wrong('exports no scenario', 'write export default scenario({ ... })');
  return { ok: true, source: { file, text: stringify(value, { lineWidth: 0 }) } };
}

/** `export default`; a file compiled to CommonJS wraps it once more. */
function defaultExport(module: unknown): unknown {
  const has = (value: unknown): value is { default: unknown } =>
    typeof value === 'object' && value !== null && 'default' in value;
  if (!has(module)) return undefined;
  return has(module.default) ? module.default.default : module.default;
}

function firstLine(text: string): string {
  return text.split('\n')[0] ?? '';
}
