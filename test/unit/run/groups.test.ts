/** Groups in a scenario: what is measured agrees with what must be, and observing changes nothing. */
import { describe, expect, it } from 'vitest';
import { runScenario } from '../../../scenarios/run/run.ts';
import type { RunSummary } from '../../../scenarios/summary.ts';
import { scenarioOf } from '../../support/scenario.ts';

const run = (mode: string, observe = true, encrypt = false): Promise<RunSummary> =>
  runScenario(
    scenarioOf(`
scenario: groups
world: { nodes: 64, duration: 70 s, warmup: 20 s, latency: 50 ms, suite: modelled }
services:
  overlay: { refresh: never }
  link: { encrypt: ${encrypt} }
  routing: { lifetime: 10 s }
  groups: { count: 1, members: 6, mode: ${mode}, luminosity: 2 bits }
traffic:
  - { from: members, to: group, every: 10 s, size: 100 B }
  - { leave: exponential(60 s), join: 10 s }
watch: { wire: { controls: 20%, guesses: [membership, sender] } }
`),
    { seed: 1, observe },
  );

/** What is measured where nobody comes or goes, and colluders guess who speaks. */
async function speakers(
  nodes: number,
  seconds: number,
  groups: string,
  wire: string,
): Promise<RunSummary['metrics']> {
  const text = `
scenario: speakers
world: { nodes: ${nodes}, duration: ${seconds} s, warmup: 20 s, latency: 50 ms, suite: modelled }
services:
  overlay: { refresh: never }
  routing: { lifetime: 10 s }
  groups: { ${groups} }
traffic: [{ from: members, to: group, every: 15 s, size: 100 B }]
watch: { wire: { ${wire}, guesses: sender } }
`;
  return (await runScenario(scenarioOf(text), { seed: 1 })).metrics;
}

describe('groups in a scenario', () => {
  it('deliver everything without loss, save nothing by single packets, and hide members in the dark only', async () => {
    const [unicast, multicast, dark] = [
      await run('unicast'),
      await run('multicast'),
      await run('dark'),
    ];
    for (const { metrics } of [unicast, multicast, dark]) {
      expect(metrics['delivery.rate']!.count).toBeGreaterThan(50);
      expect(metrics['delivery.rate']!.mean).toBe(1);
      expect(metrics['group.read_after_leaving']!.count).toBeGreaterThan(0);
      expect(metrics['group.read_after_leaving']!.max).toBe(0);
      expect(metrics['group.key_time']!.count).toBeGreaterThan(0);
    }
    expect(unicast.metrics['bytes.saved_over_unicast']!.max).toBe(0);
    expect(multicast.metrics['bytes.saved_over_unicast']!.mean).toBeGreaterThan(0);
    expect(multicast.metrics['anonymity.members_exposed']!.mean).toBeGreaterThan(0);
    expect(dark.metrics['anonymity.members_exposed']!.mean).toBe(0);
    // Of 64 nodes and 6 members: nothing is left of whom colluders have read the address of, all six bits of the others.
    const bits = multicast.metrics['anonymity.membership']!;
    expect(bits.count).toBe(6);
    expect(bits.mean).toBeCloseTo(6 - multicast.metrics['anonymity.members_exposed']!.mean, 10);
    // In the dark a zone of some sixteen is left.
    expect(dark.metrics['anonymity.membership']!.min).toBeGreaterThan(3);
    expect(dark.metrics['anonymity.membership']!.mean).toBeLessThan(6);
    expect(dark.metrics['group.disclosed']!.mean).toBeLessThan(
      multicast.metrics['group.disclosed']!.mean,
    );
  });

  it('tell colluders who speaks, about as surely as these believe', async () => {
    const [open, dark] = await Promise.all(
      ['multicast', 'dark'].map((mode) =>
        speakers(
          200,
          260,
          `count: 3, members: 8, mode: ${mode}, luminosity: 3 bits`,
          'controls: 10%',
        ),
      ),
    );
    for (const metrics of [open!, dark!]) {
      const [entropy, loss] = [
        metrics['anonymity.sender_entropy']!,
        metrics['anonymity.sender_log_loss']!,
      ];
      expect(metrics['anonymity.seen']!.count).toBeGreaterThanOrEqual(entropy.count);
      expect(entropy.count).toBeGreaterThan(150);
      // Whoever believes what is true loses as many bits as they think are left. Losses spread by some 2 bits, so half a bit is three standard errors.
      expect(Math.abs(loss.mean - entropy.mean)).toBeLessThan(0.5);
      // Of the seven and a half bits of 200 nodes.
      expect(loss.mean).toBeLessThan(4);
      expect(metrics['anonymity.sender_best_guess']!.mean).toBeGreaterThan(0.5);
      expect(metrics['anonymity.sender_found']!.mean).toBeGreaterThan(0.5);
      expect(metrics['anonymity.membership']).toBeUndefined();
    }
  });

  it('tell less to colluders who note neither times nor who hands things on', async () => {
    const [all, clockless, blind] = await Promise.all(
      ['time, previous hop', 'previous hop', 'size'].map((sees) =>
        speakers(64, 110, 'count: 1, members: 6', `controls: 20%, sees: [${sees}]`),
      ),
    );
    expect(blind!['anonymity.sender_found']!.mean).toBe(0);
    expect(clockless!['anonymity.sender_found']!.mean).toBeGreaterThan(0.3);
    expect(clockless!['anonymity.sender_entropy']).toEqual(all!['anonymity.sender_entropy']);
    expect(blind!['anonymity.sender_log_loss']!.mean).toBeGreaterThan(
      all!['anonymity.sender_log_loss']!.mean,
    );
  });

  it('say the same to relays, and arrive as well, over encrypted links', async () => {
    const [clear, sealed] = [await run('multicast'), await run('multicast', true, true)];
    expect(sealed.digest).not.toBe(clear.digest);
    for (const metric of ['group.disclosed', 'anonymity.members_exposed'])
      expect(sealed.metrics[metric]).toEqual(clear.metrics[metric]);
    expect(sealed.metrics['delivery.rate']!.mean).toBe(1);
    expect(sealed.metrics['bytes.saved_over_unicast']!.mean).toBeGreaterThan(0);
  });

  it('are the same world whether or not somebody looks', async () => {
    expect((await run('multicast', false)).digest).toBe((await run('multicast')).digest);
  });
});
