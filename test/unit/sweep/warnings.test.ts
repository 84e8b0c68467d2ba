/** What the runs of a sweep warn of, told once. */
import { describe, expect, it } from 'vitest';
import { runScenario } from '../../../scenarios/run/run.ts';
import { summariseSweep } from '../../../scenarios/sweep/summarise.ts';
import { scenarioOf } from '../../support/scenario.ts';

describe('warnings of a sweep', () => {
  it('say how often and, of numbers that differ, between which', async () => {
    const scenario = scenarioOf('scenario: few\nworld: { nodes: 16, duration: 5 s }\n');
    const summary = await runScenario(scenario, { seed: 1 });
    const warnings = [
      ['Only 12 messages, and 1,050 wanted.', 'A word.'],
      ['Only 9 messages, and 1,050 wanted.'],
      ['Only 1,000 messages, and 1,050 wanted.'],
    ];
    const runs = warnings.map((texts, i) => ({
      seed: i + 1,
      summary: { ...summary, warnings: texts },
    }));
    const counts = { runs: 3, reused: 0, failed: 0, wallSeconds: 1 };
    expect(summariseSweep([{ params: {}, scenario, runs }], counts).warnings).toEqual([
      'Only 9 to 1,000 messages, and 1,050 wanted. (3 runs)',
      'A word. (1 run)',
    ]);
  });
});
