/** What nodes on the way link by tags, in whole scenarios. */
import { describe, expect, it } from 'vitest';
import { toYaml } from '../../../scenarios/language/yaml.ts';
import { runScenario } from '../../../scenarios/run/run.ts';
import { TagLinks } from '../../../scenarios/run/tag-links.ts';
import type { ActiveMessage } from '../../../scenarios/run/messages.ts';
import type { RunSummary } from '../../../scenarios/summary.ts';
import { scenarioOf } from '../../support/scenario.ts';

const text = (routing: string, spies = '25%'): string => `
scenario: tags
world: { nodes: 64, duration: 5 min, warmup: 5 s, latency: 20 ms, suite: modelled }
services: { overlay: { refresh: never }, routing: { policy: tree(3), ${routing} } }
roles: { ann: { count: 1 }, bob: { count: 1 }, spies: { share: ${spies}, behaves: honest but curious }, others: { share: rest } }
traffic: [{ from: ann, to: bob, messages: 20, size: 100 B, luminosity: 2 bits, conversation: true, reply: 3 s }]
watch: { spies: { controls: spies, guesses: receiver } }
`;
const run = (routing: string): Promise<RunSummary> =>
  runScenario(scenarioOf(text(routing)), { seed: 1 });

describe('tags of conversations', () => {
  it('tell nothing where they rotate, and hold a whole session together where they are fixed', async () => {
    const [byDefault, rotating, fixed] = [
      await run(''),
      await run('tags: rotating'),
      await run('tags: fixed'),
    ];
    for (const { metrics } of [byDefault, rotating]) {
      expect(metrics['anonymity.linked']!.max).toBe(0);
      expect(metrics['anonymity.linked_set']!.max).toBe(1);
    }
    const { metrics } = fixed;
    const seen = metrics['anonymity.linked']!.count;
    // 20 texts and 20 answers, each acknowledged; a quarter of all nodes see nearly all of them.
    expect(seen).toBeGreaterThan(70);
    expect(seen).toBe(rotating.metrics['anonymity.linked']!.count);
    const links = metrics['anonymity.linked_set']!;
    // Ann opens one session; only what she sends with the opening stands alone.
    expect(links.max).toBeGreaterThanOrEqual(seen - 4);
    expect(metrics['anonymity.linked']!.mean).toBeCloseTo(links.max / seen, 12);
  });

  it('change nothing else: eight bytes of each header, and no event', async () => {
    const [rotating, fixed] = [await run('tags: rotating'), await run('tags: fixed')];
    expect(fixed.digest).toBe(rotating.digest);
    const others = ({ metrics }: RunSummary): unknown =>
      Object.entries(metrics).filter(([name]) => !name.startsWith('anonymity.linked'));
    expect(others(fixed)).toEqual(others(rotating));
  });

  it('are written out, and read back as they were', () => {
    const fixed = scenarioOf(text('tags: fixed'));
    expect(fixed.services.tags).toBe('fixed');
    expect(toYaml(fixed)).toContain('tags: fixed');
    expect(scenarioOf(toYaml(fixed))).toEqual(fixed);
  });
});

describe('the links', () => {
  const packet = (tag: string | undefined, sender: number, seen = 1): ActiveMessage =>
    ({ text: {}, tag, sender, sightings: Array(seen).fill({}) }) as unknown as ActiveMessage;

  it('are those among packets seen, of which the ones sent after the warm-up count', () => {
    const links = new TagLinks();
    const samples: [string, number, number][] = [];
    links.settled(packet('a', 1), false);
    links.settled(packet('a', 2), true);
    links.settled(packet('a', 3), true);
    links.settled(packet('b', 4), true);
    links.settled(packet('b', 4, 0), true);
    links.settled(packet('c', 5), false);
    links.settled(packet(undefined, 6), true);
    links.judge((...sample) => samples.push(sample));
    expect(samples).toEqual([
      ['anonymity.linked', 1, 2],
      ['anonymity.linked', 1, 3],
      ['anonymity.linked_set', 3, 2],
      ['anonymity.linked', 0, 4],
      ['anonymity.linked_set', 1, 4],
    ]);
  });
});
