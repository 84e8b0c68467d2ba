/** What the link's options do to a whole world: hop-by-hop repetition against loss, cover against the observer of all links. */
import { describe, expect, it } from 'vitest';
import type { RunSummary } from '../../../scenarios/summary.ts';
import { runScenario } from '../../../scenarios/run/run.ts';
import { scenarioOf } from '../../support/scenario.ts';

const run = async (
  link: string,
  more: readonly string[],
  suite = 'modelled',
): Promise<RunSummary> =>
  runScenario(
    scenarioOf(
      [
        'scenario: link-options',
        `services: { overlay: { refresh: never }, routing: { policy: tree(1) }, link: { encrypt: true, ${link} } }`,
        ...more,
        '',
      ].join('\n'),
      { set: { 'world.suite': suite } },
    ),
    { seed: 3, observe: true },
  );

const mean = (result: RunSummary, metric: string): number => result.metrics[metric]!.mean;

describe('retransmission from hop to hop', () => {
  const world = [
    'world: { nodes: 200, duration: 90 s, warmup: 10 s, loss: 10% }',
    'traffic: [{ from: anyone, to: anyone, every: exponential(40 s), size: 200 B, luminosity: 6 bits }]',
  ];

  it('delivers what a lossy network would lose, under every suite alike', async () => {
    const without = await run('retransmit: false', world);
    const repeated = await run('retransmit: true', world);
    // Without: a path of h hops arrives with probability 0.9^h, h about 3.5 here.
    expect(mean(without, 'delivery.rate')).toBeLessThan(0.85);
    expect(mean(repeated, 'delivery.rate')).toBeGreaterThan(0.99);
    const native = await run('retransmit: true', world, 'native');
    expect(native.digest).toBe(repeated.digest);
  });
});

describe('cover', () => {
  const world = [
    'world: { nodes: 32, duration: 60 s, warmup: 20 s }',
    'traffic: [{ from: anyone, to: anyone, every: exponential(15 s), size: 200 B, luminosity: 2 bits }]',
    'watch: { wiretap: { controls: everything, guesses: [sender, receiver] } }',
  ];

  it('takes from the observer of all links what it knew of senders, for a constant rate on every link', async () => {
    const bare = await run('keepalive: 5 s', world);
    const covered = await run('keepalive: 5 s, cover: 100 ms', world);
    expect(mean(bare, 'delivery.rate')).toBe(1);
    expect(mean(covered, 'delivery.rate')).toBe(1);
    const priorBits = Math.log2(31);
    expect(mean(bare, 'anonymity.sender_log_loss')).toBeLessThan(priorBits - 1.5);
    expect(mean(covered, 'anonymity.sender_log_loss')).toBeGreaterThan(priorBits - 0.1);
    // Half a slot per hop and more.
    expect(mean(covered, 'delivery.latency')).toBeGreaterThan(
      mean(bare, 'delivery.latency') + 50_000,
    );
    expect(mean(covered, 'relay.traffic')).toBeGreaterThan(10 * mean(bare, 'relay.traffic'));
  });
});
