/** Observers within a run: who watches decides what is known, and what they do not note they do not know. */
import { describe, expect, it } from 'vitest';
import type { MetricSummary } from '../../../scenarios/summary.ts';
import { runScenario } from '../../../scenarios/run/run.ts';
import { scenarioOf } from '../../support/scenario.ts';

/** Two hundred nodes, forty messages so far apart that no two are on their way at once. */
const scenario = (watch: string, every = '40'): string => `
scenario: watched
world: { nodes: 200, duration: 20 min, latency: 30 ms, suite: modelled }
services: { overlay: { refresh: never }, routing: { policy: tree(1) } }
traffic:
  - { from: anyone, to: anyone, messages: ${every}, size: 100 B, luminosity: 3 bits }
watch:
  eyes: { guesses: [receiver, sender], ${watch} }
`;

async function metricsOf(text: string): Promise<{ [name: string]: MetricSummary }> {
  return (await runScenario(scenarioOf(text), { seed: 1 })).metrics;
}

describe('an observer of all links', () => {
  it('knows the sender of every message that travels alone, and a zone of candidates', async () => {
    const metrics = await metricsOf(scenario('controls: everything'));
    expect(metrics['anonymity.seen']!.mean).toBe(1);
    expect(metrics['anonymity.sender_entropy']!.max).toBe(0);
    expect(metrics['anonymity.sender_found']!.mean).toBe(1);
    const reached = Math.log2(200 / 8);
    expect(metrics['anonymity.entropy']!.mean).toBeGreaterThan(reached - 1);
    expect(metrics['anonymity.entropy']!.mean).toBeLessThan(reached + 1);
    expect(metrics['anonymity.log_loss']!.mean).toBeCloseTo(metrics['anonymity.entropy']!.mean, 9);
  });

  it('knows less when messages travel together', async () => {
    const metrics = await metricsOf(scenario('controls: everything', '4000'));
    expect(metrics['anonymity.sender_entropy']!.mean).toBeGreaterThan(1);
    expect(metrics['anonymity.entropy']!.mean).toBeGreaterThan(Math.log2(200 / 8) + 1);
  });

  it('knows nothing without times', async () => {
    const metrics = await metricsOf(scenario('controls: everything, sees: [size, next hop]'));
    expect(metrics['anonymity.seen']!.mean).toBe(0);
  });
});

describe('colluders', () => {
  it('need previous hops to say anything about the sender, but not about the recipient', async () => {
    const all = await metricsOf(scenario('controls: 30%'));
    const blind = await metricsOf(scenario('controls: 30%, sees: [time, size]'));
    expect(blind['anonymity.seen']!.mean).toBe(all['anonymity.seen']!.mean);
    expect(blind['anonymity.entropy']!.mean).toBe(all['anonymity.entropy']!.mean);
    expect(all['anonymity.sender_entropy']!.mean).toBeLessThan(6);
    // The prior: all honest nodes alike.
    expect(blind['anonymity.sender_entropy']!.min).toBe(blind['anonymity.sender_entropy']!.max);
    expect(blind['anonymity.sender_entropy']!.mean).toBeGreaterThan(6.5);
    expect(blind['anonymity.sender_found']!.mean).toBe(0);
  });

  it('need no clocks where hops are ordered by nearness', async () => {
    const all = await metricsOf(scenario('controls: 30%'));
    const timeless = await metricsOf(scenario('controls: 30%, sees: previous hop'));
    expect(timeless['anonymity.sender_log_loss']!.mean).toBeCloseTo(
      all['anonymity.sender_log_loss']!.mean,
      9,
    );
  });
});
