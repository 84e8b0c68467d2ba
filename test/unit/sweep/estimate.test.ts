/** The estimate of time and memory, against runs that were measured. */
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { loadScenario } from '../../../scenarios/language/load.ts';
import type { ResolvedScenario } from '../../../scenarios/model.ts';
import { MESSAGE_TEXT_BYTES_MAX } from '../../../protocols/session/contact.ts';
import { segmentsOf } from '../../../protocols/session/streams.ts';
import { estimateRun } from '../../../scenarios/sweep/estimate.ts';
import { scenarioOf } from '../../support/scenario.ts';

function world(nodes: number, bits: number, policy: string, suite = 'native'): ResolvedScenario {
  const text = [
    'scenario: estimate',
    `world: { nodes: ${nodes}, duration: 5 min, suite: ${suite} }`,
    `services: { routing: { policy: ${policy} }, overlay: { refresh: 10 min, bucket: 8 } }`,
    `traffic: [{ messages: 24, luminosity: ${bits} bits }]`,
  ].join('\n');
  const result = loadScenario({ file: 'estimate.yaml', text });
  if (!result.ok) throw new Error(result.problems.map((p) => p.message).join('; '));
  const resolved = result.loaded.resolve();
  if (!resolved.ok) throw new Error('does not resolve');
  return resolved.scenario;
}

/** Wall seconds of `run` with Node 20 on a 2-core server: nodes, bits shown, policy, seconds. */
const MEASURED: [number, number, string, number][] = [
  [256, 0, 'tree(3)', 1.95],
  [256, 4, 'tree(3)', 0.7],
  [1024, 0, 'tree(3)', 6.35],
  [1024, 4, 'tree(3)', 2.61],
  [4096, 0, 'tree(3)', 29.04],
  [4096, 4, 'tree(3)', 13.9],
  [4096, 8, 'tree(3)', 16.43],
  [256, 0, 'pss', 1.73],
  [1024, 0, 'pss', 11.85],
  [1024, 4, 'pss', 3.81],
];

/** Group-chat with seed 1: members, mode, wall seconds, peak memory in bytes. */
const MEASURED_GROUPS: [number, string, number, number][] = [
  [5, 'multicast', 1.9, 0.24e9],
  [5, 'dark', 1.7, 0.28e9],
  [10, 'multicast', 3.5, 0.34e9],
  [10, 'dark', 3.9, 0.38e9],
  [20, 'unicast', 12.6, 0.48e9],
  [20, 'multicast', 16.3, 0.53e9],
  [20, 'dark', 23.5, 0.54e9],
  [50, 'unicast', 190, 1.05e9],
  [50, 'multicast', 170, 1.08e9],
  [50, 'dark', 306, 1.15e9],
];

describe('the estimate of a run', () => {
  it.each(MEASURED_GROUPS)('with groups of %i, %s, is within a factor of two of %f s', (...row) => {
    const [members, mode, seconds, bytes] = row;
    const file = 'scenarios/gallery/group-chat.yaml';
    const scenario = scenarioOf(readFileSync(file, 'utf8'), {
      set: { members: String(members), mode },
    });
    const estimate = estimateRun(scenario);
    expect(Math.max(estimate.seconds / seconds, seconds / estimate.seconds)).toBeLessThan(2);
    expect(Math.max(estimate.memoryBytes / bytes, bytes / estimate.memoryBytes)).toBeLessThan(2);
    // Four minutes, three words a minute each.
    expect(estimate.messages).toBe(4 * members * 12);
  });

  it.each(MEASURED)('of %i nodes at %i bits by %s is within a factor of two of %f s', (...row) => {
    const [nodes, bits, policy, seconds] = row;
    const estimate = estimateRun(world(nodes, bits, policy));
    expect(estimate.messages).toBe(24);
    expect(estimate.seconds / seconds).toBeGreaterThan(0.5);
    expect(estimate.seconds / seconds).toBeLessThan(2);
    // The largest of these processes held 260 MB.
    expect(estimate.memoryBytes).toBeGreaterThan(150e6);
    expect(estimate.memoryBytes).toBeLessThan(500e6);
  });

  it('is longest with the slow suite and shortest with the modelled one', () => {
    const seconds = ['modelled', 'native', 'noble'].map(
      (suite) => estimateRun(world(512, 2, 'tree(3)', suite)).seconds,
    );
    expect(seconds).toEqual([...seconds].sort((a, b) => a - b));
  });

  it('counts the acknowledgement of a text of a conversation, and its answer with another', () => {
    const bare = world(512, 0, 'tree(3)', 'noble');
    const traffic = { ...bare.traffic[0]!, sizeBytes: 500 };
    const seconds = [
      { messages: 1e-9 },
      {},
      { conversation: true as const },
      { conversation: true as const, reply: { law: 'constant' as const, valueUs: 1 } },
    ].map((more) => estimateRun({ ...bare, traffic: [{ ...traffic, ...more }] }).seconds);
    const ofMessages = seconds.map((each) => each - seconds[0]!);
    expect(ofMessages[2]! / ofMessages[1]!).toBeCloseTo(2, 6);
    expect(ofMessages[3]! / ofMessages[1]!).toBeCloseTo(4, 6);
  });

  it('counts each packet of a long text, and acknowledgements where there are any', () => {
    const bare = world(512, 0, 'tree(3)', 'noble');
    const [traffic] = bare.traffic;
    const loose = { ordered: false, acknowledged: false, id: 0 };
    const seconds = [
      { messages: 1e-9 },
      {},
      { conversation: true as const, sizeBytes: 10_000 },
      { conversation: true as const, stream: { ...loose, acknowledged: true }, sizeBytes: 10_000 },
      { conversation: true as const, stream: loose, sizeBytes: 10_000 },
    ].map((more) => estimateRun({ ...bare, traffic: [{ ...traffic!, ...more }] }).seconds);
    const [one, ...long] = seconds.slice(1).map((each) => each - seconds[0]!);
    // As the conversation itself cuts it.
    const packets = segmentsOf(loose, 0, new Uint8Array(10_000), MESSAGE_TEXT_BYTES_MAX).length;
    expect(packets).toBeGreaterThan(10);
    for (const [i, each] of [2 * packets, 2 * packets, packets].entries())
      expect(long[i]! / one!).toBeCloseTo(each, 6);
  });

  it('counts the messages of a rate by senders and time', () => {
    const scenario = world(100, 4, 'tree(3)');
    const traffic = {
      ...scenario.traffic[0]!,
      every: { law: 'exponential' as const, meanUs: 5e6 },
    };
    delete traffic.messages;
    expect(estimateRun({ ...scenario, traffic: [traffic] }).messages).toBe(100 * 60);
  });

  // Seconds of processor that runs of cheque-defaults took.
  it.each([
    ['2 MFT', 1_000, '2 d', 21.6],
    ['10 MFT', 250, '8 d', 3.3],
    ['10 MFT', 1_000, '2 d', 6.1],
    ['20 MFT', 1_000, '2 d', 4.2],
  ] as const)(
    'of flows with a threshold of %s and %i people for %s',
    (threshold, nodes, duration, took) => {
      const { seconds, messages } = estimateRun(
        scenarioOf(readFileSync('scenarios/gallery/cheque-defaults.yaml', 'utf8'), {
          set: { threshold, 'world.nodes': String(nodes), 'world.duration': duration },
        }),
      );
      expect(messages).toBe(0);
      expect(seconds).toBeGreaterThan(took / 2);
      expect(seconds).toBeLessThan(took * 2);
    },
  );
});
