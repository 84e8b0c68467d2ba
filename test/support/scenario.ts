/** Scenario texts made ready to run, for tests that want a whole world rather than a file. */
import { loadScenario } from '../../scenarios/language/load.ts';
import type { ResolvedScenario } from '../../scenarios/model.ts';

/** The resolved scenario of a text; a mistake in it fails the test with the mistake's words. */
export function scenarioOf(
  text: string,
  options: { file?: string; small?: boolean; set?: { [path: string]: string } } = {},
): ResolvedScenario {
  const { file = 'test.yaml', ...more } = options;
  const result = loadScenario({ file, text }, more);
  if (!result.ok) throw new Error(result.problems.map((p) => p.message).join('\n'));
  const resolved = result.loaded.resolve();
  if (!resolved.ok) throw new Error(resolved.problems.map((p) => p.message).join('\n'));
  return resolved.scenario;
}
