/**
 * The promise: same scenario, seed and version, same digest; whoever watches, whatever ran before, whichever crypto suite.
 */
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { SUITE_NAMES } from '../../../protocols/crypto/suites.ts';
import type { ResolvedScenario } from '../../../scenarios/model.ts';
import { runScenario } from '../../../scenarios/run/run.ts';
import { scenarioOf } from '../../support/scenario.ts';

const GALLERY = ['first-contact', 'luminosity-vs-anonymity', 'overlay-health', 'routing-policies'];

function small(name: string, set: { [path: string]: string } = {}): ResolvedScenario {
  const file = `scenarios/gallery/${name}.yaml`;
  return scenarioOf(readFileSync(file, 'utf8'), { file, small: true, set });
}

const digestOf = async (scenario: ResolvedScenario, seed = 1, observe = true): Promise<string> =>
  (await runScenario(scenario, { seed, observe })).digest;

describe('the digest of a run', () => {
  for (const name of GALLERY) {
    it(`of ${name} does not depend on who watches, on what ran before, or on the order of runs`, async () => {
      const scenario = small(name);
      const first = await digestOf(scenario);
      const other = await digestOf(small(GALLERY[(GALLERY.indexOf(name) + 1) % GALLERY.length]!));
      const unwatched = await digestOf(scenario, 1, false);
      expect(unwatched).toBe(first);
      expect(other).not.toBe(first);
    });

    it(`of ${name} is the same under all three crypto suites`, { timeout: 180_000 }, async () => {
      const digests = [];
      for (const suite of SUITE_NAMES)
        digests.push(await digestOf(small(name, { 'world.suite': suite })));
      expect(new Set(digests).size).toBe(1);
    });
  }

  it(
    'with the encrypted link under everything is the same under all three suites',
    { timeout: 180_000 },
    async () => {
      const text = [
        'scenario: linked',
        'uses: [internet]',
        'world: { nodes: 24, duration: 1 min, warmup: 10 s }',
        'services: { overlay: { start: join }, link: { encrypt: true, keepalive: 5 s, rekey_after: 20 s } }',
        'traffic:',
        '  - { from: anyone, to: anyone, every: exponential(10 s), size: 200 B, luminosity: 1 bits }',
        'faults: [{ crash: 30%, at: 20 s, for: 5 s }]',
        '',
      ].join('\n');
      const digests = new Set<string>();
      for (const suite of SUITE_NAMES) {
        const scenario = scenarioOf(text, { set: { 'world.suite': suite } });
        const { digest, metrics } = await runScenario(scenario, {
          seed: 1,
          observe: suite !== 'noble',
        });
        digests.add(digest);
        if (suite !== 'noble') expect(metrics['delivery.rate']!.mean).toBeGreaterThan(0.8);
      }
      expect(digests.size).toBe(1);
    },
  );

  it(
    'of conversations over a lossy, crashing world is the same under all three suites, whoever watches',
    { timeout: 180_000 },
    async () => {
      const text = [
        'scenario: talking',
        'uses: [internet]',
        'world: { nodes: 24, duration: 2 min, warmup: 10 s, loss: 20% }',
        'roles: { people: { share: 80% }, spies: { share: rest, behaves: honest but curious } }',
        'services: { overlay: { start: join }, routing: { policy: tree(2) } }',
        'traffic:',
        '  - { from: people, to: people, every: exponential(20 s), size: 200 B, luminosity: 2 bits, conversation: true, reply: exponential(5 s) }',
        'faults: [{ crash: 30%, at: 50 s, for: 10 s }]',
        'watch: { spies: { controls: spies, guesses: [receiver, sender] } }',
        '',
      ].join('\n');
      const digests = new Set<string>();
      for (const suite of SUITE_NAMES) {
        const scenario = scenarioOf(text, { set: { 'world.suite': suite } });
        const observe = suite !== 'noble';
        const { digest, metrics } = await runScenario(scenario, { seed: 1, observe });
        digests.add(digest);
        if (!observe) continue;
        expect(metrics['session.delivery']!.mean).toBeGreaterThan(0.95);
        expect(metrics['session.duplicates']!.max).toBe(0);
        expect(metrics['session.reply']!.count).toBeGreaterThan(30);
        expect(metrics['session.packets']!.mean).toBeGreaterThan(2);
      }
      expect(digests.size).toBe(1);
    },
  );

  it('depends on the seed and on what the scenario says', async () => {
    const scenario = small('routing-policies');
    const first = await digestOf(scenario);
    expect(await digestOf(scenario, 2)).not.toBe(first);
    expect(await digestOf(small('routing-policies', { 'world.nodes': '129' }))).not.toBe(first);
  });

  it('is the same for a world that crashes, partitions and loses, and every fault is counted', async () => {
    const text = [
      'scenario: faults',
      'world: { nodes: 96, duration: 3 min, warmup: 10 s, suite: modelled, latency: 30 ms }',
      'roles: { steady: { share: 60% }, moody: { share: rest, online: exponential(40 s), offline: exponential(20 s) } }',
      'services: { overlay: { start: join, lookups_every: 20 s } }',
      'traffic:',
      '  - { from: anyone, to: steady, every: exponential(30 s), size: 200 B, luminosity: 3 bits }',
      'faults:',
      '  - { every: 30 s, crash: 10%, of: steady, for: 15 s }',
      '  - { at: 70 s, partition: 30%, for: 20 s }',
      '  - { at: 100 s, loss: 20%, for: 20 s }',
      '',
    ].join('\n');
    const scenario = scenarioOf(text);
    const first = await runScenario(scenario, { seed: 5 });
    const again = await runScenario(scenario, { seed: 5, observe: false });
    expect(again.digest).toBe(first.digest);
    expect(first.faults.map((f) => f.fired > 0)).toEqual([true, true, true]);
    expect(first.metrics['delivery.rate']!.mean).toBeGreaterThan(0.5);
    expect(first.metrics['overlay.lookup_success']!.count).toBeGreaterThan(100);
  });
});
