import { describe, expect, it } from 'vitest';
import { toYaml } from '../../../scenarios/language/yaml.ts';
import { loadScenario } from '../../../scenarios/language/load.ts';
import { ADDRESS_WORDS, proximity } from '../../../protocols/identity/proximity.ts';
import { buildWorld } from '../../../scenarios/run/build.ts';
import { assignRoles } from '../../../scenarios/run/population.ts';
import { runScenario } from '../../../scenarios/run/run.ts';
import type { RunSummary } from '../../../scenarios/summary.ts';
import { SUITE_NAMES } from '../../../protocols/crypto/suites.ts';
import { scenarioOf } from '../../support/scenario.ts';

function text(more: { discovery?: string; roles?: string[]; world?: string } = {}): string {
  return [
    'scenario: market',
    `world: { nodes: 64, duration: 4 min, warmup: 1 min${more.world ?? ''} }`,
    'roles:',
    '  holders: { count: 6, sells: { holding: 20 mMFT } }',
    ...(more.roles ?? []),
    '  people: { share: rest }',
    'services:',
    `  discovery: { admission: tickets, searches_every: 30 s, ad_life: 1 min${more.discovery ?? ''} }`,
    '',
  ].join('\n');
}

const run = (source: string, set = {}, observe = true): Promise<RunSummary> =>
  runScenario(scenarioOf(source, { set }), { seed: 1, observe });

const mean = (summary: RunSummary, metric: string): number | undefined =>
  summary.metrics[metric]?.mean;

describe('a world with discovery', () => {
  it('finds sellers, and everybody has agreed with everybody', async () => {
    const summary = await run(text());
    expect(mean(summary, 'discovery.found')).toBe(1);
    // 58 people, three minutes, two searches a minute.
    expect(summary.metrics['discovery.found']!.count).toBeGreaterThan(300);
    expect(mean(summary, 'peering.agreed')).toBe(1);
    expect(mean(summary, 'discovery.spam_share')).toBe(0);
    expect(mean(summary, 'discovery.spam_results')).toBe(0);
    expect(mean(summary, 'discovery.staleness')).toBe(0);
    expect(summary.metrics['discovery.time_to_be_found']!.count).toBe(6);
    expect(summary.byRole['holders']!['discovery.messages']).toBeUndefined();
  });

  it('finds nobody who is too dear', async () => {
    const dear = await run(text({ discovery: ', price_max: 23 mMFT' }));
    expect(mean(dear, 'discovery.found')).toBe(0);
    // A newcomer pays 1.2 times the list.
    const enough = await run(text({ discovery: ', price_max: 24 mMFT' }));
    expect(mean(enough, 'discovery.found')).toBe(1);
    const good = await run(text({ discovery: ', score_min: 0.51' }));
    expect(mean(good, 'discovery.found')).toBe(0);
  });

  it('finds only those who are near, and everybody who is', async () => {
    const source = text({ discovery: ', near: 2 bits, wanted: 6' });
    const summary = await run(source);
    const scenario = scenarioOf(source);
    const { world } = buildWorld(scenario, { seed: 1 });
    const roleOf = assignRoles(scenario.roles, world.size, world.streams);
    const { words } = world.peers;
    const nodes = [...roleOf.keys()];
    const holders = nodes.filter((node) => scenario.roles[roleOf[node]!]!.name === 'holders');
    const people = nodes.filter((node) => !holders.includes(node));
    const nearOf = (node: number): number =>
      holders.filter((h) => proximity(words, h * ADDRESS_WORDS, words, node * ADDRESS_WORDS) >= 2)
        .length;
    // Some have nobody near: with six holders and four quarters, that must be a seed where it is so.
    const lucky = people.filter((node) => nearOf(node) > 0);
    expect(lucky.length).toBeGreaterThan(10);
    expect(lucky.length).toBeLessThan(people.length);
    // Each searches as often as the others, but for where their periods begin.
    expect(mean(summary, 'discovery.found')).toBeCloseTo(lucky.length / people.length, 2);
    const everywhere = await run(text({ discovery: ', wanted: 6' }));
    expect(mean(everywhere, 'discovery.found')).toBe(1);
  });

  it('sees a spammer by its names without tickets, by its networks with them', async () => {
    const roles = [
      '  spammers: { count: 16, behaves: spam, networks: 1, sells: { holding: 1 mMFT } }',
    ];
    const tickets = await run(text({ roles }));
    const free = await run(text({ roles }), { 'services.discovery.admission': 'free' });
    expect(mean(tickets, 'discovery.spam_networks')).toBeCloseTo(1 / 7, 5);
    expect(mean(free, 'discovery.spam_share')).toBeGreaterThan(0.6);
    // Two places of eight where all six holders are listed.
    expect(mean(tickets, 'discovery.spam_share')).toBeLessThan(0.5);
    expect(mean(tickets, 'discovery.spam_results')).toBeLessThan(
      mean(free, 'discovery.spam_results')!,
    );
    expect(mean(tickets, 'discovery.waiting')).toBeGreaterThan(mean(free, 'discovery.waiting')!);
  });

  it('needs more messages among registrars that hide what they have, and finds sellers all the same', async () => {
    const honest = await run(text());
    const liars = await run(text({ roles: ['  liars: { count: 50, behaves: hide ads }'] }));
    expect(mean(liars, 'discovery.found')).toBeGreaterThan(0.9);
    expect(mean(liars, 'discovery.messages')).toBeGreaterThan(
      mean(honest, 'discovery.messages')! + 2,
    );
    expect(mean(liars, 'peering.agreed')).toBe(1);
  });

  it('knows who is gone', async () => {
    const source = text().replace(
      'count: 6,',
      'count: 6, online: exponential(40 s), offline: exponential(40 s),',
    );
    const summary = await run(source);
    expect(mean(summary, 'discovery.staleness')).toBeGreaterThan(0.05);
    expect(mean(summary, 'discovery.found')).toBeLessThan(1);
  });

  it('has one digest, whoever watches, under every suite', async () => {
    const digests = new Set<string>();
    for (const suite of SUITE_NAMES) {
      const summary = await run(text(), { 'world.suite': suite }, suite !== 'noble');
      digests.add(summary.digest);
    }
    expect(digests.size).toBe(1);
  });

  it('is written out as it was read', () => {
    const source = text({
      discovery:
        ', table: 9, ads_per_network: 3, shelves: 2, registrars: 5, voices: 4, price_max: 1 MFT, wanted: 2',
      roles: ['  spammers: { count: 16, behaves: spam, networks: 3, sells: { data: 1 mMFT } }'],
    });
    const scenario = scenarioOf(source);
    expect(scenarioOf(toYaml(scenario))).toEqual(scenario);
    expect(scenario.services.discovery!.options).toMatchObject({
      capacity: 9,
      adsPerNetwork: 3,
      shelves: 2,
      registrars: 5,
      voices: 4,
      adLifetimeUs: 60_000_000,
    });
    const off = scenarioOf('scenario: off\nworld: { nodes: 64 }\n');
    expect(off.services.discovery).toBeUndefined();
    expect(toYaml(off)).not.toContain('discovery');
  });
});

describe('settings of discovery that cannot be', () => {
  const problemsOf = (source: string): string[] => {
    const result = loadScenario({ file: 'x.yaml', text: source });
    const shown = (all: readonly { code: string; message: string; severity?: string }[]) =>
      all.map(({ code, message }) => `${code} ${message}`);
    if (!result.ok) return shown(result.problems);
    const resolved = result.loaded.resolve();
    return shown(resolved.ok ? result.loaded.warnings : resolved.problems);
  };

  it('are named with their place', () => {
    expect(problemsOf(text({ discovery: ', voices: 13' }))[0]).toMatch(/^MF-0110 13 voices/);
    expect(problemsOf(text({ discovery: ', table: 4, ads_per_network: 5' }))[0]).toMatch(
      /^MF-0110 5 advertisements of one network/,
    );
    expect(problemsOf(text({ discovery: ', search: hosting' }))[0]).toMatch(/^MF-0106/);
    expect(problemsOf(text({ discovery: ', price_max: 3' }))[0]).toMatch(/^MF-01/);
    expect(problemsOf(text({ world: ', detail: flows' }))[0]).toMatch(
      /^MF-0111 service discovery in a world of flows/,
    );
  });

  it('are warned of where they do nothing', () => {
    const off = text().replace('admission: tickets, ', '');
    expect(problemsOf(off).filter((p) => p.startsWith('MF-0194')).length).toBe(3);
    const silent = text({ discovery: ', wanted: 2' }).replace('searches_every: 30 s, ', '');
    expect(problemsOf(silent)).toEqual([
      expect.stringMatching(/^MF-0194 "wanted" does nothing where nobody searches/),
    ]);
  });
});
