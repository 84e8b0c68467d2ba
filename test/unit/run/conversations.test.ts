/**
 * Conversations in worlds so small that everything can be worked out by hand: two people one link apart, a constant delay, no loss but where a
 * fault says so.
 */
import { describe, expect, it } from 'vitest';
import { SEALED_OVERHEAD_BYTES } from '../../../protocols/crypto/sealed-box.ts';
import { HEADER_BYTES } from '../../../protocols/routing/packet.ts';
import type { MessagingNode } from '../../../protocols/node/messaging.ts';
import { buildWorld } from '../../../scenarios/run/build.ts';
import { CONTROL_CRASH, CONTROL_START } from '../../../sim/world.ts';
import type { RunSummary } from '../../../scenarios/summary.ts';
import { runScenario } from '../../../scenarios/run/run.ts';
import { scenarioOf } from '../../support/scenario.ts';

const MS = 1_000;

/** Ann writes to Bob, 50 ms away, at 12 s and a microsecond for the first time. */
function twoPeople(
  traffic: string,
  faults = '',
  duration = '5 min',
  size = '200 B',
): Promise<RunSummary> {
  return runScenario(
    scenarioOf(`
scenario: two-people
world: { nodes: 2, duration: ${duration}, warmup: 12 s, latency: 50 ms, suite: modelled }
roles: { ann: { count: 1 }, bob: { count: 1 } }
services: { overlay: { refresh: never }, routing: { policy: tree(1) } }
traffic:
  - { from: ann, to: bob, size: ${size}, luminosity: 1 bits, conversation: true, ${traffic} }
faults: [${faults}]
`),
    { seed: 1 },
  );
}

/** Smallest, largest and number of the samples of a metric. */
function range(summary: RunSummary, metric: string): [number, number, number] | undefined {
  const found = summary.metrics[metric];
  return found && [found.min, found.max, found.count];
}

const packet = (sizeClass: number): number => HEADER_BYTES + sizeClass + SEALED_OVERHEAD_BYTES;

describe('a conversation of two', () => {
  it('takes one link for the first text, and two packets for each', async () => {
    const summary = await twoPeople('messages: 4');
    expect(range(summary, 'session.first_contact')).toEqual([50 * MS, 50 * MS, 1]);
    expect(range(summary, 'session.delivery')).toEqual([1, 1, 4]);
    expect(range(summary, 'session.duplicates')).toEqual([0, 0, 4]);
    expect(range(summary, 'session.packets')).toEqual([2, 2, 4]);
    // 200 bytes are the second size class, with an opening or without, and an acknowledgement is the first.
    const bytes = packet(506) + packet(250);
    expect(range(summary, 'session.bytes')).toEqual([bytes, bytes, 4]);
    expect(range(summary, 'session.reply')).toBeUndefined();
    // An acknowledgement waits between half a second and a whole one.
    const [soonest, latest, count] = range(summary, 'session.acknowledged')!;
    expect(soonest).toBeGreaterThanOrEqual(600 * MS);
    expect(latest).toBeLessThan(1_100 * MS);
    expect(count).toBe(4);
  });

  it('has every text answered once, and no answer', async () => {
    const summary = await twoPeople('messages: 4, reply: 3 s');
    expect(range(summary, 'session.reply')).toEqual([3_100 * MS, 3_100 * MS, 4]);
    expect(range(summary, 'session.delivery')).toEqual([1, 1, 8]);
    // Who answers is no stranger.
    expect(range(summary, 'session.first_contact')).toEqual([50 * MS, 50 * MS, 1]);
    // Eight texts and eight acknowledgements, each a message that was delivered.
    expect(range(summary, 'delivery.rate')).toEqual([1, 1, 16]);
    expect(range(summary, 'delivery.latency')).toEqual([50 * MS, 50 * MS, 16]);
  });

  it('learns from a quick answer that the text has come', async () => {
    const summary = await twoPeople('messages: 1, reply: 200 ms');
    expect(range(summary, 'session.reply')).toEqual([300 * MS, 300 * MS, 1]);
    expect(summary.metrics['session.acknowledged']).toMatchObject({ min: 300 * MS, count: 2 });
    expect(range(summary, 'session.packets')).toEqual([2, 2, 2]);
  });

  it('cuts a long text, in windows of 32 segments, and reads it once', async () => {
    const summary = await twoPeople('messages: 2', '', '5 min', '64 KiB');
    expect(range(summary, 'session.delivery')).toEqual([1, 1, 2]);
    expect(range(summary, 'session.duplicates')).toEqual([0, 0, 2]);
    // 86 segments of up to 767 bytes in three windows, each of which waits for an acknowledgement.
    expect(range(summary, 'session.packets')).toEqual([89, 89, 2]);
    const [soonest, latest] = range(summary, 'session.read')!;
    expect(soonest).toBeGreaterThanOrEqual(2 * 600 * MS + 50 * MS);
    expect(latest).toBeLessThan(2 * 1_100 * MS + 50 * MS);
  });

  it('says once what is not to be acknowledged', async () => {
    const summary = await twoPeople(
      'messages: 4, acknowledged: false',
      '{ loss: 100%, at: 10 s, for: 4 s }',
    );
    expect(summary.metrics['session.delivery']).toMatchObject({ mean: 0.75, count: 4 });
    expect(range(summary, 'session.packets')).toEqual([1, 1, 3]);
    expect(range(summary, 'session.read')).toEqual([50 * MS, 50 * MS, 3]);
    expect(range(summary, 'session.acknowledged')).toBeUndefined();
  });

  it('makes texts wait for one another where they are ordered, and only there', async () => {
    const summary = async (order: string): Promise<RunSummary['metrics'][string]> => {
      const lost = '{ loss: 100%, at: 29500 ms, for: 4 s }';
      const { metrics } = await twoPeople(`every: 1 s, ${order}`, lost, '2 min');
      expect(metrics['session.delivery']).toMatchObject({ min: 1, max: 1 });
      return metrics['session.read']!;
    };
    const [free, inOrder] = [await summary('ordered: false'), await summary('ordered: true')];
    // Four texts come at the second attempt, five seconds later. In order, the four said after them wait 4, 3, 2 and 1 s for the last of those.
    expect(free).toMatchObject({ median: 50 * MS, max: 5_050 * MS });
    expect(inOrder).toMatchObject({ median: 50 * MS, max: 5_050 * MS, count: free!.count });
    expect((inOrder!.mean - free!.mean) * free!.count).toBeCloseTo(10_000 * MS, 3);
  });

  it('says again after five seconds what was lost', async () => {
    const summary = await twoPeople('messages: 1', '{ loss: 100%, at: 10 s, for: 4 s }');
    expect(range(summary, 'session.first_contact')).toEqual([5_050 * MS, 5_050 * MS, 1]);
    expect(range(summary, 'session.packets')).toEqual([3, 3, 1]);
    const bytes = 2 * packet(506) + packet(250);
    expect(range(summary, 'session.bytes')).toEqual([bytes, bytes, 1]);
    expect(range(summary, 'delivery.rate')![2]).toBe(3);
  });

  it('repeats an acknowledgement that was lost, and the text is read once', async () => {
    // The text comes at 12.05 s; its acknowledgement goes half a second to a second later, and is lost.
    const summary = await twoPeople('messages: 1', '{ loss: 100%, at: 12.1 s, for: 2 s }');
    expect(range(summary, 'session.first_contact')).toEqual([50 * MS, 50 * MS, 1]);
    expect(range(summary, 'session.delivery')).toEqual([1, 1, 1]);
    expect(range(summary, 'session.duplicates')).toEqual([0, 0, 1]);
    expect(range(summary, 'session.packets')).toEqual([4, 4, 1]);
    const [soonest] = range(summary, 'session.acknowledged')!;
    expect(soonest).toBeGreaterThan(5_600 * MS);
    expect(soonest).toBeLessThan(6_100 * MS);
  });

  it('reaches somebody who was away when they are back', async () => {
    const summary = await twoPeople('messages: 1', '{ crash: 100%, of: bob, at: 10 s, for: 20 s }');
    // Attempts at 12, 17, 27 and 47 s.
    expect(range(summary, 'session.first_contact')).toEqual([35_050 * MS, 35_050 * MS, 1]);
    expect(range(summary, 'session.packets')).toEqual([5, 5, 1]);
  });

  it.each(['crash', 'leave'])(
    'goes on from the disk when the sender is back (%s)',
    async (kind) => {
      const faults = `{ loss: 100%, at: 10 s, for: 4 s }, { ${kind}: 100%, of: ann, at: 13 s, for: 7 s }`;
      const summary = await twoPeople('messages: 1', faults);
      // Back at 20 s and a microsecond: what has been waiting since 17 s goes at once.
      expect(range(summary, 'session.first_contact')).toEqual([8_050 * MS, 8_050 * MS, 1]);
      expect(range(summary, 'session.delivery')).toEqual([1, 1, 1]);
      expect(range(summary, 'session.packets')).toEqual([3, 3, 1]);
    },
  );

  it('keeps its numbers and its sessions over a crash of both', async () => {
    const faults = '{ crash: 100%, at: 1 min, for: 5 s }, { crash: 100%, at: 2 min, for: 5 s }';
    const summary = await twoPeople('messages: 20, reply: 1 s', faults);
    expect(range(summary, 'session.delivery')![0]).toBe(1);
    expect(range(summary, 'session.duplicates')![1]).toBe(0);
    expect(range(summary, 'session.first_contact')![2]).toBe(1);
  });

  it('remembers whom an answer is owed to, though the machine was down when it was due', async () => {
    const faults = '{ crash: 100%, of: bob, at: 14 s, for: 10 s }';
    const summary = await twoPeople('messages: 1, reply: 5 s', faults);
    // Read at 12.05 s; the wait begins anew when Bob is back at 24 s.
    expect(range(summary, 'session.reply')).toEqual([17_050 * MS, 17_050 * MS, 1]);
  });

  it('that ends in silence has delivered nothing, and nothing is said of its cost', async () => {
    const summary = await twoPeople('messages: 3', '{ crash: 100%, of: bob, at: 10 s }');
    expect(range(summary, 'session.delivery')).toEqual([0, 0, 3]);
    expect(range(summary, 'session.packets')).toBeUndefined();
    expect(range(summary, 'session.first_contact')).toBeUndefined();
  });

  it('leaves out what was said in the warm-up and too late to arrive', async () => {
    // One text a second for a minute; the first 12 s and the last 30 s do not count.
    const summary = await twoPeople('every: 1 s', '', '1 min');
    const counted = range(summary, 'session.delivery')![2];
    expect(counted).toBe(19);
    expect(range(summary, 'session.packets')![2]).toBe(counted);
    expect(range(summary, 'session.acknowledged')![2]).toBe(counted);
  });
});

describe('a machine that crashes', () => {
  it('begins its next life with what is on its disk, not with what was in its memory', () => {
    const scenario = scenarioOf(`
scenario: lives
world: { nodes: 2, duration: 2 min, warmup: 12 s, latency: 50 ms, suite: modelled }
roles: { ann: { count: 1 }, bob: { count: 1 } }
services: { overlay: { refresh: never } }
traffic: [{ from: ann, to: bob, messages: 1, size: 200 B, luminosity: 1 bits, conversation: true }]
`);
    const { world } = buildWorld(scenario, { seed: 1 });
    void world.run(20_000 * MS);
    for (const index of [0, 1]) {
      const node = world.node(index) as MessagingNode;
      const before = node.messenger;
      const known = (): Uint8Array[] =>
        node.messenger.contacts().map((c) => node.messenger.encode(c));
      const records = known();
      expect(records.length).toBe(1);
      world.controlAt(world.nowUs + 1, index, CONTROL_CRASH);
      world.controlAt(world.nowUs + 2, index, CONTROL_START);
      void world.run(world.nowUs + 10);
      expect(node.messenger).not.toBe(before);
      expect(known()).toEqual(records);
    }
  });
});

describe('a world with conversations and bare packets', () => {
  it('counts the packets of both, and texts of conversations alone', async () => {
    const summary = await runScenario(
      scenarioOf(`
scenario: both
world: { nodes: 32, duration: 2 min, warmup: 5 s, latency: 20 ms, suite: modelled }
services: { overlay: { refresh: never } }
traffic:
  - { messages: 10, size: 100 B, luminosity: 1 bits, conversation: true }
  - { messages: 7, size: 100 B, luminosity: 3 bits }
`),
      { seed: 2 },
    );
    expect(range(summary, 'session.delivery')).toEqual([1, 1, 10]);
    expect(range(summary, 'session.packets')).toEqual([2, 2, 10]);
    expect(range(summary, 'delivery.rate')).toEqual([1, 1, 27]);
    const { mean, count } = summary.metrics['session.bytes']!;
    const all = summary.metrics['cost.bytes']!;
    expect(mean * count).toBeLessThan(all.mean * all.count);
  });
});

describe('who acknowledges', () => {
  it('shows the fewest bits of all conversations of their role, whatever writers show', async () => {
    const summary = await runScenario(
      scenarioOf(`
scenario: shown-back
world: { nodes: 64, duration: 2 min, warmup: 5 s, latency: 20 ms, suite: modelled }
services: { overlay: { refresh: never } }
roles: { ann: { share: 25% }, bob: { share: 25% }, cat: { share: 25% }, dan: { share: 25% } }
traffic:
  - { from: ann, to: bob, messages: 10, size: 100 B, luminosity: 0 bits, conversation: true }
  - { from: ann, to: dan, messages: 10, size: 100 B, luminosity: 3 bits, conversation: true, reply: 2 s }
  - { from: cat, to: bob, messages: 10, size: 100 B, luminosity: 3 bits, conversation: true }
`),
      { seed: 1 },
    );
    const zone = (role: string): unknown => summary.byRole[role]!['zone.size'];
    const ofThreeBits = { min: 2, max: 20 };
    // Ann writes to Bob and Dan, and acknowledges Dan's answers. Somebody met twice is shown no more than before.
    const ann = summary.byRole['ann']!['zone.size']!;
    expect(ann).toMatchObject({ max: 64, count: 30 });
    expect(ann.min).toBeLessThan(ofThreeBits.max);
    expect(zone('bob')).toMatchObject({ min: 64, max: 64, count: 20 });
    const cat = summary.byRole['cat']!['zone.size']!;
    const dan = summary.byRole['dan']!['zone.size']!;
    for (const { min, max } of [cat, dan]) {
      expect(min).toBeGreaterThan(ofThreeBits.min);
      expect(max).toBeLessThan(ofThreeBits.max);
    }
    expect([cat.count, dan.count]).toEqual([10, 20]);
  });
});

describe('what an acknowledgement shows', () => {
  const run = (traffic: string): Promise<RunSummary> =>
    runScenario(
      scenarioOf(`
scenario: shown
world: { nodes: 64, duration: 3 min, warmup: 5 s, latency: 20 ms, suite: modelled }
services: { overlay: { refresh: never }, routing: { policy: tree(3) } }
roles: { people: { share: 75% }, spies: { share: 25%, behaves: honest but curious } }
traffic: [{ from: people, to: people, messages: 30, size: 100 B, luminosity: 2 bits, ${traffic} }]
watch: { spies: { controls: spies, guesses: [receiver, sender] } }
`),
      { seed: 1 },
    );

  it('is the zone of who wrote first, so that a pair is hidden in two zones', async () => {
    const summary = await run('conversation: true');
    const pair = summary.metrics['anonymity.pair']!;
    // 48 honest nodes in 4 zones of about 12: two ends among 12 each, some conversations seen on one side only.
    const zoneBits = Math.log2(12);
    expect(pair.mean).toBeGreaterThan(2 * zoneBits - 1);
    expect(pair.mean).toBeLessThan(2 * zoneBits + 1);
    expect(pair.max).toBeLessThanOrEqual(Math.log2(48 * 47));
    expect(pair.count).toBeGreaterThan(20);
  });

  it('is not measured of bare packets, which belong to no conversation', async () => {
    const summary = await run('conversation: false');
    expect(summary.metrics['anonymity.entropy']!.count).toBeGreaterThan(10);
    expect(summary.metrics['anonymity.pair']).toBeUndefined();
    expect(summary.metrics['session.delivery']).toBeUndefined();
  });
});
