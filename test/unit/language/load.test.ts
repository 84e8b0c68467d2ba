import fc from 'fast-check';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';

import { LIFETIME_US } from '../../../protocols/routing/params.ts';
import { DEFAULT_OVERLAY_OPTIONS } from '../../../protocols/overlay/params.ts';
import { internet } from '../../../scenarios/presets/networks.ts';
import { loadScenario } from '../../../scenarios/language/load.ts';
import { codesOf, load, problemsOf, resolved } from './support.ts';

describe('a scenario with nothing but a name', () => {
  const scenario = resolved('');

  it('has the defaults of the documents', () => {
    expect(scenario.world).toMatchObject({
      nodes: 1000,
      durationUs: 600_000_000,
      warmupUs: 60_000_000,
    });
    expect(scenario.roles).toEqual([{ name: 'node', count: 1000, behaves: { kind: 'honest' } }]);
    expect(scenario.services.routing).toMatchObject({ policy: 'tree', trees: 3, stemHops: 0 });
    expect(scenario.record).toEqual({ what: ['summary'], sampleRatio: 1 });
  });

  it('has the lifetime of the routing protocol itself', () => {
    expect(scenario.services.routing.lifetimeUs).toBe(LIFETIME_US);
  });

  it('has the defaults of the overlay itself', () => {
    expect(scenario.services.overlay).toEqual(DEFAULT_OVERLAY_OPTIONS);
  });
});

describe('values', () => {
  it('come out in base units', () => {
    const scenario = resolved(`
world: { nodes: 50, duration: 2 h, warmup: 1 min, suite: modelled, loss: 1%, jitter: exponential(5 ms), queue: { limit: 64 KiB, drop: codel } }
services:
  overlay: { start: join, refresh: never, lookups_every: 30 s }
  routing: { policy: pss + stem(2), leaks: [no-padding] }
traffic: [{ every: uniform(1 s to 3 s), size: 500 B, luminosity: 4 bits }]
faults:
  - { at: 10 min, crash: 10%, for: 5 min }
  - { every: 5 min, leave: 1% }
  - { at: 1 h, partition: 30%, for: 1 min }
record: { what: [summary, messages], sample: 1% }`);
    expect(scenario.world.network).toMatchObject({
      loss: { kind: 'independent', ratio: 0.01 },
      jitter: { law: 'exponential', meanUs: 5000 },
      queue: { kind: 'codel', limitBytes: 65536, targetUs: 5000, intervalUs: 100_000 },
    });
    expect(scenario.services.overlay).toMatchObject({
      start: 'join',
      refreshUs: 0,
      lookupEveryUs: 30_000_000,
    });
    expect(scenario.services.routing).toMatchObject({ policy: 'pss', stemHops: 2 });
    expect(scenario.services.routing.leaks).toMatchObject({ noPadding: true, clearTopic: false });
    expect(scenario.traffic).toEqual([
      {
        from: 'anyone',
        to: 'anyone',
        every: { law: 'uniform', lowUs: 1e6, highUs: 3e6 },
        sizeBytes: 500,
        luminosityBits: 4,
      },
    ]);
    expect(scenario.faults).toEqual([
      { kind: 'crash', ratio: 0.1, of: 'anyone', atUs: 6e8, forUs: 3e8 },
      { kind: 'leave', ratio: 0.01, of: 'anyone', everyUs: 3e8 },
      { kind: 'partition', atUs: 3.6e9, ratio: 0.3, forUs: 6e7 },
    ]);
    expect(scenario.record).toEqual({ what: ['summary', 'messages'], sampleRatio: 0.01 });
  });

  it('of an observer can be a role, a share or everything', () => {
    const scenario = resolved(`
roles: { people: { share: rest }, spies: { share: 10% } }
watch:
  a: { controls: spies, guesses: [receiver, sender] }
  b: { controls: 20% }
  c: { controls: everything, sees: [time, size] }`);
    expect(scenario.watch).toMatchObject([
      { name: 'a', kind: 'colluders', role: 'spies', guesses: ['receiver', 'sender'] },
      { name: 'b', kind: 'colluders', shareRatio: 0.2, guesses: ['receiver'] },
      { name: 'c', kind: 'global', sees: ['time', 'size'] },
    ]);
  });

  it('of a table of regions hold both ways when given once', () => {
    const { latency } = resolved(`
world:
  latency:
    regions: { eu: { share: 60%, up: 10 Mbit/s }, us: { share: 40% } }
    delay: { eu: { eu: 10 ms, us: 45 ms }, us: { us: 15 ms } }`).world.network;
    expect(latency).toMatchObject({
      kind: 'regions',
      regions: [
        { name: 'eu', shareRatio: 0.6, uploadBitsPerSecond: 1e7, downloadBitsPerSecond: Infinity },
        { name: 'us', shareRatio: 0.4 },
      ],
      delayUs: [
        [10_000, 45_000],
        [45_000, 15_000],
      ],
    });
  });
});

describe('roles', () => {
  it('are counted so that they make exactly the world', () => {
    fc.assert(
      fc.property(
        fc.array(fc.integer({ min: 1, max: 40 }), { minLength: 1, maxLength: 6 }),
        fc.integer({ min: 2, max: 5000 }),
        (weights, nodes) => {
          const total = weights.reduce((a, b) => a + b, 0);
          fc.pre(total < 100);
          const roles = weights.map((w, i) => `  r${i}: { share: ${w}% }`).join('\n');
          const result = loadScenario({
            file: 'test.yaml',
            text: `scenario: t\nworld: { nodes: ${nodes} }\nroles:\n${roles}\n  others: { share: rest }\n`,
          });
          if (!result.ok) throw new Error(result.problems[0]?.message);
          const resolution = result.loaded.resolve();
          if (!resolution.ok) throw new Error('not resolved');
          const counts = resolution.scenario.roles.map((role) => role.count);
          expect(counts.reduce((a, b) => a + b, 0)).toBe(nodes);
          weights.forEach((w, i) => {
            expect(Math.abs((counts[i] ?? 0) - (w * nodes) / 100)).toBeLessThan(1);
          });
        },
      ),
      { numRuns: 60 },
    );
  });

  it('may mix counts, shares and the rest', () => {
    const roles =
      'world: { nodes: 100 }\nroles: { a: { count: 7 }, b: { share: 33.4% }, c: { share: rest } }';
    expect(resolved(roles).roles.map((role) => role.count)).toEqual([7, 33, 60]);
  });

  it('that make a whole of thirds are settled by largest remainder', () => {
    const roles =
      'world: { nodes: 10 }\nroles: { a: { share: 33% }, b: { share: 33% }, c: { share: 34% } }';
    expect(resolved(roles).roles.map((role) => role.count)).toEqual([3, 3, 4]);
  });
});

describe('parameters', () => {
  const text = `
params:
  gap: { default: 5 s, range: 1 s..1 min }
  policy: { default: tree(3), one_of: [pss, tree(3), tree(3) + stem(3)] }
services: { routing: { policy: $policy } }
traffic: [{ every: exponential($gap) }]`;

  it('stand for values and for parts of values', () => {
    const scenario = resolved(text, { gap: '10 s', policy: 'tree(3) + stem(3)' });
    expect(scenario.traffic[0]?.every).toEqual({ law: 'exponential', meanUs: 10_000_000 });
    expect(scenario.services.routing).toMatchObject({ trees: 3, stemHops: 3 });
    expect(scenario.params['gap']).toEqual({ text: '10 s', number: 10_000_000, unit: 'us' });
    expect(scenario.params['policy']).toEqual({ text: 'tree(3) + stem(3)' });
  });

  it('set from outside are checked against their declaration, in a place of their own', () => {
    const result = load(text).resolve({ gap: '2 min' });
    expect(result.ok ? [] : result.problems).toMatchObject([
      { code: 'MF-0125', file: '--set gap', line: 1, column: 1 },
    ]);
  });

  it('are told apart from keys by the dot', () => {
    expect(resolved(text, { 'world.nodes': '64' }).world.nodes).toBe(64);
    expect(resolved(text, { 'traffic[0].size': '100 B' }).traffic[0]?.sizeBytes).toBe(100);
    expect(codesOf(text, { set: { gapp: '3 s' } })).toEqual(['MF-0129']);
    expect(codesOf(text, { set: { 'world.node': '3' } })).toEqual(['MF-0129']);
    expect(codesOf(text, { set: { 'traffic[7].size': '3 B' } })).toEqual(['MF-0129']);
  });

  it('can be set to a whole list or map', () => {
    const scenario = resolved(text, { 'services.routing.leaks': '[no-padding, clear-topic]' });
    expect(scenario.services.routing.leaks).toMatchObject({ noPadding: true, clearTopic: true });
  });
});

describe('presets and used files', () => {
  it('lie below the file', () => {
    const scenario = resolved('uses: [internet]\nworld: { loss: 3% }');
    expect(scenario.world.network).toEqual({
      ...internet,
      loss: { kind: 'independent', ratio: 0.03 },
    });
  });

  it('win over earlier ones', () => {
    expect(resolved('uses: [internet, lan]').world.network.latency.kind).toBe('constant');
  });

  it('may add a role that the file changes', () => {
    const scenario = resolved(
      'uses: phones\nroles: { phone: { share: 40% }, server: { share: rest } }',
    );
    expect(scenario.roles).toMatchObject([
      { name: 'phone', count: 400, online: { law: 'lognormal' } },
      { name: 'server', count: 600 },
    ]);
  });
});

describe('a sweep', () => {
  const text = `
params: { bits: { default: 8 bits, range: 0..16 bits } }
traffic: [{ every: 1 s, luminosity: $bits }]
sweep:
  over: { bits: 0..4 bits step 2, world.nodes: [100, 200] }
  where: $bits < 4 bits or $world.nodes == 200
  repeat: 3`;

  it('lists its points in the order of a table, without those that where excludes', () => {
    const loaded = load(text);
    expect(loaded.sweep.repeat).toBe(3);
    expect(loaded.points().map((p) => `${p.params['bits']} ${p.params['world.nodes']}`)).toEqual([
      '0 bits 100',
      '0 bits 200',
      '2 bits 100',
      '2 bits 200',
      '4 bits 200',
    ]);
  });

  it('has points that all resolve', () => {
    const loaded = load(text);
    for (const point of loaded.points()) {
      const result = loaded.resolve(point.params);
      expect(result.ok && result.scenario.world.nodes).toBe(Number(point.params['world.nodes']));
    }
  });

  it('pairs the lists of zip', () => {
    const loaded = load(`
params: { bits: { default: 8 bits } }
traffic: [{ every: 1 s, luminosity: $bits }]
sweep: { zip: { bits: [1 bit, 2 bits], world.nodes: [100, 200] } }`);
    expect(loaded.points()).toEqual([
      { params: { bits: '1 bit', 'world.nodes': '100' } },
      { params: { bits: '2 bits', 'world.nodes': '200' } },
    ]);
  });

  it('of nothing is one point', () => {
    expect(load('').points()).toEqual([{ params: {} }]);
  });
});

describe('expectations', () => {
  it('that do not apply at the parameters are kept and marked', () => {
    const scenario = resolved(`
params: { policy: { default: tree(3), one_of: [pss, tree(3)] } }
services: { routing: { policy: $policy } }
expect:
  - { check: delivery.rate >= 99%, when: $policy == pss, why: because }
  - delivery.rate >= 98%`);
    expect(scenario.expect).toMatchObject([
      {
        check: 'delivery.rate >= 99%',
        applies: false,
        when: '$policy == pss',
        why: 'because',
        confidence: 0.95,
      },
      { check: 'delivery.rate >= 98%', applies: true },
    ]);
  });
});

describe('text of any kind', () => {
  it('gives problems or a scenario, and never an exception', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme', maxLength: 80 }), (text) => {
        loadScenario({ file: 'test.yaml', text });
      }),
      { numRuns: 300 },
    );
  });

  it('made from a good file by one slip gives problems inside the file, or a scenario', () => {
    const folder = 'scenarios/gallery';
    const files = readdirSync(folder).map((name) => readFileSync(join(folder, name), 'utf8'));
    fc.assert(
      fc.property(
        fc.constantFrom(...files),
        fc.nat(),
        fc.constantFrom(
          '',
          ',',
          ':',
          ' ',
          '\t',
          '(',
          ')',
          '$',
          '{',
          ']',
          '"',
          "'",
          '%',
          '0',
          'x',
          '\n',
          '&',
          '-',
        ),
        fc.integer({ min: 0, max: 3 }),
        (text, at, insert, remove) => {
          const cut = at % text.length;
          const changed = text.slice(0, cut) + insert + text.slice(cut + remove);
          const result = loadScenario({ file: 'test.yaml', text: changed });
          if (result.ok) return;
          expect(result.problems.length).toBeGreaterThan(0);
          const lines = changed.split('\n').length;
          for (const problem of result.problems) {
            expect(problem.line).toBeLessThanOrEqual(lines);
            expect(problem.column).toBeGreaterThan(0);
            expect(problem.message).not.toMatch(/undefined|\[object|NaN/);
          }
        },
      ),
      { numRuns: 150 },
    );
  });

  it('nested without end is refused, not run out of stack', () => {
    expect(codesOf(`traffic: ${'['.repeat(20_000)}`)).toContain('MF-0102');
  });

  it('with keys that objects have anyway is only an unknown key', () => {
    expect(codesOf('constructor: 3\ntoString: 4')).toEqual(['MF-0101', 'MF-0101']);
    expect(problemsOf('__proto__: 3').map((p) => p.code)).toEqual(['MF-0101']);
  });
});
