/** Loads a scenario from text, with the parts that no test cares about filled in. */
import {
  loadScenario,
  type LoadedScenario,
  type LoadOptions,
} from '../../../scenarios/language/load.ts';
import type { Problem } from '../../../scenarios/language/problems.ts';
import type { ResolvedScenario } from '../../../scenarios/model.ts';

export function load(text: string, options: LoadOptions = {}): LoadedScenario {
  const result = loadScenario({ file: 'test.yaml', text: `scenario: test\n${text}` }, options);
  if (!result.ok) throw new Error(result.problems.map((p) => `${p.code} ${p.message}`).join('; '));
  return result.loaded;
}

export function resolved(
  text: string,
  overrides: { [path: string]: string } = {},
): ResolvedScenario {
  const result = load(text).resolve(overrides);
  if (!result.ok) throw new Error(result.problems.map((p) => `${p.code} ${p.message}`).join('; '));
  return result.scenario;
}

export function problemsOf(text: string, options: LoadOptions = {}): Problem[] {
  const result = loadScenario({ file: 'test.yaml', text: `scenario: test\n${text}` }, options);
  return result.ok ? [] : result.problems;
}

export function codesOf(text: string, options: LoadOptions = {}): string[] {
  return problemsOf(text, options).map((problem) => problem.code);
}
