import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Dispersion } from '../../../scenarios/money/dispersion.ts';
import { PairSamples } from '../../../scenarios/run/pair-samples.ts';
import { runScenario } from '../../../scenarios/run/run.ts';
import { scenarioOf } from '../../support/scenario.ts';

describe('figures that are noted together', () => {
  it('are counted all, and kept evenly from the first to the last', () => {
    const samples = new PairSamples();
    const many = 10_000;
    for (let i = 0; i < many; i++) samples.add({ x: i, low: 0, high: i % 4, y: 2 });
    const { count, held, x, y, low, high } = samples.summary()!;
    expect([count, held]).toEqual([many, many / 2]);
    expect(x.length).toBeGreaterThan(500);
    expect(x.length).toBeLessThanOrEqual(1024);
    expect([y.length, low.length, high.length]).toEqual([x.length, x.length, x.length]);
    const gaps = new Set(x.slice(1).map((value, i) => value - x[i]!));
    expect(gaps.size).toBe(1);
    expect(x[0]).toBe(0);
    expect(x.at(-1)!).toBeGreaterThan(many * 0.95);
  });

  it('are none where nothing was noted', () => {
    expect(new PairSamples().summary()).toBeUndefined();
  });

  it('say of a run what its metrics say', async () => {
    const scenario = scenarioOf(`
scenario: paid
world: { nodes: 40, duration: 100 s, warmup: 60 s, suite: modelled }
roles: { all: { share: 100% } }
services: { overlay: { bucket: 4 } }
money: { price: 0.01 MFT per hop, pricing: flat, threshold: 1 MFT }
traffic:
  - { messages: 900, size: 200 B, luminosity: 256 bits }
charts:
  - { title: Dots, mark: scatter, x: cost.estimate, y: cost.per_message }
`);
    const { pairs, metrics, flows } = await runScenario(scenario, { seed: 1, observe: true });
    const noted = pairs!['cost.estimate']!;
    expect(noted.count).toBe(metrics['cost.estimate']!.count);
    expect(noted.count).toBeGreaterThan(50);
    expect(noted.held / noted.count).toBeCloseTo(metrics['cost.estimate_within']!.mean, 9);
    const mean = noted.x.reduce((sum, x) => sum + x, 0) / noted.count;
    expect(mean / metrics['cost.estimate']!.mean).toBeCloseTo(1, 9);
    // No chart asks where tokens went.
    expect(flows).toBeUndefined();
    // At one price a hop whatever follows, nothing differs.
    expect(metrics['price.asked']!.min).toBe(10_000_000);
    expect(metrics['price.dispersion']!.mean).toBe(0);
  });
});

describe('the variation of many values', () => {
  it('is that of two passes', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 1, max: 1e9 }), { minLength: 1 }), (values) => {
        const one = new Dispersion();
        for (const value of values) one.add(value);
        const mean = values.reduce((sum, v) => sum + v, 0) / values.length;
        const squares = values.reduce((sum, v) => sum + (v - mean) ** 2, 0) / values.length;
        expect(one.variation()).toBeCloseTo(Math.sqrt(squares) / mean, 9);
      }),
    );
    expect(new Dispersion().variation()).toBeUndefined();
  });
});
