/** What makes two runs the same run. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { loadScenario } from '../../../scenarios/language/load.ts';
import type { ResolvedScenario } from '../../../scenarios/model.ts';
import { runHash, scenarioHash } from '../../../scenarios/results/identity.ts';

function scenario(text: string, file = 'a.yaml'): ResolvedScenario {
  const result = loadScenario({ file, text });
  if (!result.ok) throw new Error(result.problems.map((p) => p.message).join('; '));
  const resolved = result.loaded.resolve();
  if (!resolved.ok) throw new Error('does not resolve');
  return resolved.scenario;
}

const PLAIN = 'scenario: a\nworld: { nodes: 16, duration: 2 min }\ntraffic: [{ every: 5 s }]\n';

describe('the hash of a scenario', () => {
  it('does not depend on words for people, on order or on notation', () => {
    const other =
      'scenario: a\nabout: Something\nnotes: None\ntraffic: [{ every: 5000 ms }]\nworld: { duration: 120 s, nodes: 16 }\n';
    expect(scenarioHash(scenario(other))).toBe(scenarioHash(scenario(PLAIN)));
  });

  it.each([
    ['nodes', PLAIN.replace('16', '17')],
    ['traffic', PLAIN.replace('5 s', '6 s')],
    ['expectations', `${PLAIN}expect: [delivery.rate >= 1%]\n`],
    ['charts', `${PLAIN}charts: [{ title: T, mark: cdf, of: delivery.latency }]\n`],
  ])('depends on %s', (_what, text) => {
    expect(scenarioHash(scenario(text))).not.toBe(scenarioHash(scenario(PLAIN)));
  });

  it('depends on the content of a file it names, not on its place', () => {
    const folder = mkdtempSync(join(tmpdir(), 'mainframe-identity-'));
    try {
      const withFile = (name: string, content: string): string => {
        writeFileSync(join(folder, name), content);
        const base = scenario(PLAIN);
        // The file's own format is the language's business; here only its bytes matter.
        const role = { ...base.roles[0]!, sessionsFile: join(folder, name) };
        return scenarioHash({ ...base, roles: [role] });
      };
      const first = withFile('one.csv', 'a');
      expect(withFile('two.csv', 'a')).toBe(first);
      expect(withFile('one.csv', 'b')).not.toBe(first);
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  });
});

describe('the hash of a run', () => {
  it('is 64 hex digits and another one for each seed', () => {
    const hashes = [1, 2, 3].map((seed) => runHash(scenario(PLAIN), seed));
    for (const hash of hashes) expect(hash).toMatch(/^[0-9a-f]{64}$/);
    expect(new Set(hashes).size).toBe(3);
    expect(runHash(scenario(PLAIN), 1)).toBe(hashes[0]);
  });
});
