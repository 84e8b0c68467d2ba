import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';

import { DEFAULTS } from '../../../scenarios/language/defaults.ts';
import { allPaths, explain, jsonSchema } from '../../../scenarios/language/explain.ts';
import { loadScenario } from '../../../scenarios/language/load.ts';
import { moduleSource } from '../../../scenarios/language/module.ts';
import { renderProblems } from '../../../scenarios/language/problems.ts';
import { problemsOf, resolved } from './support.ts';

const WRONG = `scenario: my
about: What the screen of a wrong scenario looks like

traffic:
  - from: anyone
    every: exponential(5 s)
    size: 1 KiB
    luminousity: 8 bits

expect:
  - p95(delivery.latency) < 3
  - delivery.ratio >= 99%
`;

describe('the screen of a wrong scenario', () => {
  it('has the shape of the documents', () => {
    const result = loadScenario({ file: 'my.yaml', text: WRONG });
    expect(result.ok ? '' : renderProblems(result.problems, { colour: false })).toBe(
      `my.yaml has 3 problems. Nothing was run.

my.yaml:8:5  MF-0101  unknown key "luminousity" in traffic[0]
    7 |     size: 1 KiB
    8 |     luminousity: 8 bits
      |     ^^^^^^^^^^^ did you mean "luminosity"?

my.yaml:11:29  MF-0114  "3" needs a unit of time
   11 |   - p95(delivery.latency) < 3
      |                             ^ write 3 s or 3 ms

my.yaml:12:5  MF-0120  no metric is called "delivery.ratio"
   12 |   - delivery.ratio >= 99%
      |     ^^^^^^^^^^^^^^ closest: delivery.rate (share of messages that the recipient (of a group: each member) opened before they expired)

mainframe scenarios explain traffic`,
    );
  });

  it('is coloured only when asked', () => {
    const problems = problemsOf('wrold: 3');
    const escape = '\u001b[';
    expect(renderProblems(problems, { colour: false })).not.toContain(escape);
    expect(renderProblems(problems, { colour: true })).toContain(escape);
  });

  it('counts one problem as one', () => {
    expect(renderProblems(problemsOf('wrold: 3'), { colour: false })).toMatch(
      /^test\.yaml has 1 problem\. /,
    );
  });

  it('shows both lines of a repeated key', () => {
    const [problem] = problemsOf('about: a\nabout: b');
    expect(problem).toMatchObject({
      code: 'MF-0103',
      line: 3,
      message: '"about" stands twice, here and in line 2',
    });
  });
});

describe('explain', () => {
  it('says what a key means, takes, defaults to, and gives an example', () => {
    expect(explain('world.nodes')).toBe(
      [
        'world.nodes   whole number',
        '  How many nodes the world has.',
        '  default   1000   (our choice)',
        '  example   nodes: 4096',
      ].join('\n'),
    );
  });

  it('finds keys of lists and of named things as people type them', () => {
    for (const path of [
      'traffic.size',
      'traffic[0].size',
      'roles.behaves',
      'roles.people.behaves',
      'watch.guesses',
      'expect.when',
    ])
      expect(explain(path), path).toMatch(/\n {2}example/);
    expect(explain('traffic')).toContain('luminosity');
  });

  it('knows nothing of keys that do not exist', () => {
    for (const path of ['wrold', 'world.nods', 'world.nodes.x', 'toString', 'world.constructor'])
      expect(explain(path), path).toBeUndefined();
  });

  it('has a sentence and an example for every key of the language', () => {
    for (const path of allPaths()) {
      const text = explain(path.replaceAll('[]', '[0]').replaceAll('*', 'name'));
      expect(text, path).toMatch(/^.+\n {2}[A-Za-z1-9].+\.$/m);
      expect(text, path).toMatch(/example {3}/);
    }
  });

  it('shows every default of the table at some key', () => {
    const shown = allPaths()
      .map((path) => explain(path.replaceAll('[]', '[0]').replaceAll('*', 'name')) ?? '')
      .join('\n');
    for (const { text, source } of Object.values(DEFAULTS))
      expect(shown).toContain(`${text}   (${source})`);
  });
});

interface SchemaNode {
  [key: string]: unknown;
  properties?: { [name: string]: SchemaNode };
}

describe('the JSON Schema', () => {
  const schema = jsonSchema() as SchemaNode;

  it('has the seventeen top-level keys of this version and asks for the name only', () => {
    expect(Object.keys(schema.properties ?? {}).toSorted()).toEqual([
      'about',
      'charts',
      'expect',
      'faults',
      'money',
      'notes',
      'params',
      'record',
      'roles',
      'scenario',
      'services',
      'small',
      'sweep',
      'traffic',
      'uses',
      'watch',
      'world',
    ]);
    expect(schema['required']).toEqual(['scenario']);
    expect(schema['additionalProperties']).toBe(false);
  });

  it('lets a bare number stand where YAML would make one', () => {
    const nodes = schema.properties?.['world']?.properties?.['nodes'];
    expect(nodes).toMatchObject({ type: ['string', 'number'], default: '1000' });
  });

  it('can be written as JSON', () => {
    expect(JSON.parse(JSON.stringify(schema))).toEqual(schema);
  });
});

describe('the resolved file', () => {
  const folder = 'scenarios/gallery';

  it.each(readdirSync(folder))(
    'of %s reads as the same scenario, at every point and when small',
    (name) => {
      const file = join(folder, name);
      for (const small of [false, true]) {
        const result = loadScenario({ file, text: readFileSync(file, 'utf8') }, { small });
        if (!result.ok) throw new Error(renderProblems(result.problems, { colour: false }));
        expect(result.loaded.warnings).toEqual([]);
        for (const { params } of result.loaded.points()) {
          const one = result.loaded.resolve(params);
          if (!one.ok) throw new Error(renderProblems(one.problems, { colour: false }));
          const text = result.loaded.toYaml(one.scenario);
          const again = loadScenario({ file: 'scenario.resolved.yaml', text });
          if (!again.ok) throw new Error(renderProblems(again.problems, { colour: false }));
          const two = again.loaded.resolve();
          expect(two.ok && two.scenario).toEqual(one.scenario);
        }
      }
    },
  );

  it('has every kind of value in it and still reads the same', () => {
    const scenario = resolved(`
notes: "quotes: and 'colons'"
world:
  nodes: 101
  warmup: 12.3%
  latency: lognormal(median 60 ms p99 350 ms)
  loss: { good_to_bad: 0.7%, bad_to_good: 29%, in_good: 0.0001%, in_bad: 33.3% }
  duplicate: 0.01%
  reorder: { share: 1%, delay: exponential(3 ms) }
  bandwidth: { up: 10 Mbit/s, down: 51.2 kbit/s }
  memory_max: 123456789 B
roles:
  a: { share: rest, behaves: { delay: normal(1 s sd 100 ms) }, online: weibull(scale 4 h shape 0.68), offline: 1 h }
  b: { share: 7%, behaves: { drop: 12.5% } }
  c: { count: 3, behaves: pretend }
traffic: [{ from: a, to: b, every: 3 s }, { messages: 5 }]
faults:
  - { at: 1 min, crash: 1%, for: ever }
  - { every: 2 min, leave: 2%, of: b, for: 10 s }
  - { at: 3 min, partition: 30%, for: 1 s }
  - { at: 4 min, loss: 3%, for: 1 s }
watch: { w: { controls: 12.5%, sees: time, guesses: sender }, g: { controls: everything } }
expect:
  - always mean(relay.traffic where role == a) < 100 KiB/s
  - { check: eventually zone.reached > 50% within 90 s, why: "it: must", confidence: 99.9% }
charts:
  - { title: "A: b", mark: line, x: time, y: role, of: relay.traffic where role == a }
  - { title: Box, mark: box, of: delivery.latency, by: role }
  - { title: Line, mark: line, x: role, y: p95(delivery.latency) - 3 s }

record: [summary, all]`);
    const result = loadScenario({ file: 'a.yaml', text: 'scenario: a' });
    if (!result.ok) throw new Error('not loaded');
    const again = loadScenario({ file: 'r.yaml', text: result.loaded.toYaml(scenario) });
    if (!again.ok) throw new Error(renderProblems(again.problems, { colour: false }));
    const two = again.loaded.resolve();
    expect(two.ok && two.scenario).toEqual(scenario);
  });

  it('keeps parameters as facts that cannot be changed', () => {
    const text =
      'params: { bits: { fixed: 8 bits } }\nexpect: [anonymity.entropy falls as $bits rises]\nwatch: { w: { controls: 10% } }';
    expect(resolved(text).params['bits']).toEqual({ text: '8 bits', number: 8, unit: 'bits' });
    expect(problemsOf(text, { set: { bits: '9 bits' } }).map((p) => p.code)).toEqual(['MF-0125']);
  });
});

describe('a scenario in TypeScript', () => {
  it('is the same as its YAML', async () => {
    const result = await moduleSource('test/fixtures/good.scenario.ts');
    if (!result.ok) throw new Error(result.problems[0]?.message);
    const loaded = loadScenario(result.source);
    if (!loaded.ok) throw new Error(renderProblems(loaded.problems, { colour: false }));
    const scenario = loaded.loaded.resolve();
    expect(scenario.ok && scenario.scenario).toMatchObject({
      scenario: 'written-in-typescript',
      world: { nodes: 64, durationUs: 120_000_000 },
      traffic: [4, 6, 8].map((luminosityBits) => ({ luminosityBits, sizeBytes: 1024 })),
    });
  });
});
