/** A declared fault strikes, or the run fails. */
import { describe, expect, it } from 'vitest';
import { runScenario } from '../../../scenarios/run/run.ts';
import { scenarioOf } from '../../support/scenario.ts';

const run = (faults: string, roles = ''): ReturnType<typeof runScenario> =>
  runScenario(
    scenarioOf(`
scenario: struck
world: { nodes: 50, duration: 1 min, latency: 30 ms }
${roles}
faults: [${faults}]
`),
    { seed: 1 },
  );

describe('a fault', () => {
  it('counts whom it struck', async () => {
    const summary = await run('{ crash: 50%, at: 30 s }, { partition: 20%, at: 10 s, for: 5 s }');
    expect(summary.faults[0]!.fired).toBeGreaterThan(10);
    expect(summary.faults[0]!.fired).toBeLessThan(40);
    expect(summary.faults[1]!.fired).toBe(1);
    expect(summary.expectations).toEqual([]);
  });

  it('that strikes nobody breaks the run', async () => {
    const summary = await run('{ crash: 0.01%, at: 30 s }');
    expect(summary.faults).toEqual([{ kind: 'crash', fired: 0 }]);
    expect(summary.expectations).toMatchObject([
      { check: 'fault 1 (crash) fires', verdict: 'broken', value: 0 },
    ]);
  });

  it('with a share of zero is a control, not a failure', async () => {
    const summary = await run('{ crash: 0%, at: 30 s }');
    expect(summary.expectations).toEqual([]);
  });
});
