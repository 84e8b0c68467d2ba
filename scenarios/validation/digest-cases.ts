/**
 * E8: the digest of a run is a function of scenario, seed and version, and of nothing else.
 *
 * One world with everything in it that could go astray (joins, sessions, crashes, a partition, loss, jitter, chats, look-ups) is run again and
 * again under changed circumstances; each row counts how many of the digests equal the first. Worlds run on one thread, so there is
 * nothing yet that a number of workers could change.
 */
import { loadScenario } from '../language/load.ts';
import type { ResolvedScenario } from '../model.ts';
import { buildWorld } from '../run/build.ts';
import type { ValidationCase, ValidationRow } from './case.ts';

function worldText(nodes: number, suite: string): string {
  return [
    'scenario: everything',
    'uses: [internet]',
    `world: { nodes: ${nodes}, duration: 2 min, warmup: 5 s, suite: ${suite} }`,
    'roles:',
    '  steady: { share: 60% }',
    '  moody: { share: 30%, online: exponential(40 s), offline: exponential(20 s) }',
    '  lazy: { share: rest, behaves: { drop: 50% } }',
    'services: { overlay: { start: join, lookups_every: 20 s } }',
    'traffic:',
    '  - { from: anyone, to: steady, every: exponential(20 s), size: 200 B, luminosity: 3 bits }',
    'faults:',
    '  - { every: 30 s, crash: 10%, of: steady, for: 15 s }',
    '  - { at: 70 s, partition: 30%, for: 20 s }',
    '  - { at: 100 s, loss: 20%, for: 10 s }',
    '',
  ].join('\n');
}

function resolve(nodes: number, suite: string): ResolvedScenario {
  const result = loadScenario({ file: 'everything.yaml', text: worldText(nodes, suite) });
  const resolved = result.ok ? result.loaded.resolve() : result;
  if (!resolved.ok) throw new Error(resolved.problems.map((p) => p.message).join('; '));
  return resolved.scenario;
}

interface Circumstance {
  seed?: number;
  observe?: boolean;
  /** Events handled at a time. */
  slice?: number;
  suite?: string;
  nodes?: number;
}

function digest({
  seed = 7,
  observe = true,
  slice = 1e9,
  suite = 'modelled',
  nodes = 64,
}: Circumstance): string {
  const scenario = resolve(nodes, suite);
  const { world } = buildWorld(scenario, { seed, observe });
  while (world.run(scenario.world.durationUs, slice) === 'budget');
  return world.digest();
}

function row(
  name: string,
  first: string,
  circumstances: readonly Circumstance[],
  equal: boolean,
): ValidationRow {
  const same = circumstances.filter((c) => digest(c) === first).length;
  const expected = equal ? circumstances.length : 0;
  return {
    id: 'E8',
    case: name,
    params: { runs: circumstances.length },
    expected,
    measured: same,
    ci95: [same, same],
    tolerance: 'exact',
    verdict: same === expected ? 'pass' : 'fail',
  };
}

export const digestCases: readonly ValidationCase[] = [
  {
    id: 'E8',
    title: 'Digests that equal the first run of the same world',
    source: 'the determinism contract (ARCHITECTURE.md)',
    run(): ValidationRow[] {
      const first = digest({});
      const another = { nodes: 65 };
      digest(another);
      return [
        row('the same again, after another world (A, B, A, A)', first, [{}, {}], true),
        row('nobody watches', first, [{ observe: false }], true),
        row('handled in slices', first, [{ slice: 1 }, { slice: 997 }], true),
        row('other crypto suites', first, [{ suite: 'native' }], true),
        row('another seed or world differs', first, [{ seed: 8 }, another], false),
      ];
    },
  },
];
