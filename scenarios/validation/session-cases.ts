/**
 * Validation of conversations (S1): what a text costs in packets, and when its sender knows of it, over a link that loses.
 *
 * Two people one link apart, and texts so far apart that each is over before the next. An attempt succeeds if neither the text nor its
 * acknowledgement is lost, with probability q² for q = 1 - p. So a text takes 1/q² attempts on average, each of which brings an acknowledgement with
 * probability q. Waits double from w = 5 s, so that with r = 1 - q² the sum of them is w q² (1/(1-2r) - 1/(1-r)) on average; its variance exists for r < 1/4.
 */
import { MICROS_PER_SECOND } from '../../protocols/host.ts';
import { loadScenario } from '../language/load.ts';
import type { ResolvedScenario } from '../model.ts';
import { buildWorld } from '../run/build.ts';
import type { ValidationCase, ValidationRow } from './case.ts';
import { meanOf, withinErrors } from './routing-statistics.ts';

const TEXTS = 150;
const SEEDS = 12;
const LATENCY_US = 50_000;
const FIRST_WAIT_US = 5_000_000;
/** An acknowledgement waits between half a second and a whole one. */
const ACKNOWLEDGE_MEAN_US = 750_000;

function twoPeople(lossRatio: number): ResolvedScenario {
  const text = [
    'scenario: two-people',
    `world: { nodes: 2, duration: ${TEXTS * 400} s, warmup: 1 s, latency: ${LATENCY_US} us, loss: ${lossRatio * 100}%, suite: modelled }`,
    'roles: { ann: { count: 1 }, bob: { count: 1 } }',
    'services: { overlay: { refresh: never }, routing: { policy: tree(1) } }',
    `traffic: [{ from: ann, to: bob, messages: ${TEXTS}, size: 100 B, luminosity: 1 bits, conversation: true }]`,
    '',
  ].join('\n');
  const result = loadScenario({ file: 'two-people.yaml', text });
  const resolved = result.ok ? result.loaded.resolve() : result;
  if (!resolved.ok) throw new Error(resolved.problems.map((p) => p.message).join('; '));
  return resolved.scenario;
}

interface Means {
  packets: number;
  acknowledgedUs: number;
}

function measure(scenario: ResolvedScenario, seed: number): Means {
  const { world, collector, settle } = buildWorld(scenario, { seed });
  while (world.run(scenario.world.durationUs, 1e9) === 'budget');
  settle();
  const mean = (metric: string): number => collector.samples.get(metric)!.summary()!.mean;
  if (mean('session.delivery') !== 1) throw new Error('a text was lost');
  return { packets: mean('session.packets'), acknowledgedUs: mean('session.acknowledged') };
}

function rows(lossRatio: number): ValidationRow[] {
  const scenario = twoPeople(lossRatio);
  const runs = Array.from({ length: SEEDS }, (_, i) => measure(scenario, i + 1));
  const arrives = 1 - lossRatio;
  const succeeds = arrives * arrives;
  const fails = 1 - succeeds;
  const head = { id: 'S1', params: { loss: lossRatio, texts: TEXTS, seeds: SEEDS } };
  const packets = withinErrors(
    {
      ...head,
      case: 'packets for one text: 1/q² attempts and 1/q acknowledgements',
      expected: 1 / succeeds + 1 / arrives,
    },
    meanOf(runs.map((run) => run.packets)),
  );
  // Beyond a quarter the waits have no variance, and their mean over runs would prove nothing.
  if (fails >= 0.25) return [packets];
  const waitsUs = FIRST_WAIT_US * succeeds * (1 / (1 - 2 * fails) - 1 / (1 - fails));
  return [
    packets,
    withinErrors(
      {
        ...head,
        case: 'time until the sender knows: waits, two links, the wait of the acknowledgement (s)',
        expected: (waitsUs + 2 * LATENCY_US + ACKNOWLEDGE_MEAN_US) / MICROS_PER_SECOND,
      },
      meanOf(runs.map((run) => run.acknowledgedUs / MICROS_PER_SECOND)),
    ),
  ];
}

export const sessionCases: readonly ValidationCase[] = [
  {
    id: 'S1',
    title: 'Texts of a conversation over a link that loses',
    source: 'geometric attempts with doubling waits, closed form',
    run: () => [0, 0.05, 0.1, 0.2].flatMap(rows),
  },
];
