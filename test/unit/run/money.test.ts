/** Money in worlds of packets: both sides of every pair count the same, whoever does not pay is stopped, and the ledger's twins agree. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { RELAY_GIVEN } from '../../../protocols/node/events.ts';
import { PACKET_SENT } from '../../../protocols/routing/events.ts';
import { toYaml } from '../../../scenarios/language/yaml.ts';
import { buildWorld } from '../../../scenarios/run/build.ts';
import { runScenario } from '../../../scenarios/run/run.ts';
import { scenarioOf } from '../../support/scenario.ts';

const DISCONNECT_UNITS = 1.5 * 0.5e9;

function town(changes: { [part: string]: string } = {}) {
  const part = (name: string, usual: string): string => changes[name] ?? usual;
  return scenarioOf(
    [
      'scenario: paid',
      `world: { nodes: ${part('nodes', '24')}, duration: ${part('duration', '3 min')}, warmup: 20 s, suite: modelled, loss: ${part('loss', '0%')} }`,
      `roles: ${part('roles', '{ people: { share: 100%, pays: { within: 5 s } } }')}`,
      `services: { routing: { policy: ${part('policy', 'tree(2)')} } }`,
      `money: { price: ${part('price', '0.01 MFT per hop')}, threshold: ${part('threshold', '0.5 MFT')}, tolerance: 50%, deadline: 1 min, cash_after: 20 s, ${part('money', 'pricing: proximity')} }`,
      'traffic:',
      `  - { from: ${part('from', 'anyone')}, to: anyone, every: exponential(3 s), size: 300 B, luminosity: ${part('luminosity', '3 bits')} }`,
      '',
    ].join('\n'),
  );
}

const built = (scenario: ReturnType<typeof town>) => {
  const parts = buildWorld(scenario, { seed: 1 });
  const nodes = Array.from({ length: scenario.world.nodes }, (_, n) => parts.nodeOf(n));
  return { ...parts, nodes };
};

describe('both sides of a pair', () => {
  it.each([
    ['tree(1)', '256 bits', 'pricing: proximity'],
    ['tree(3)', '2 bits', 'pricing: flat'],
    ['pss', '3 bits', 'pricing: proximity'],
    ['pss-v2', '2 bits', 'pricing: proximity'],
    ['tree(2) + stem(2)', '1 bits', 'pricing: proximity'],
  ])('count the same where nothing is lost: %s at %s, %s', (policy, luminosity, money) => {
    // Nobody is turned away: what is refused has been asked for and not given.
    const threshold = '20 MFT';
    const scenario = town({ policy, luminosity, money, threshold, duration: '90 s' });
    const { world, nodes } = built(scenario);
    void world.run(scenario.world.durationUs);
    let services = 0;
    nodes.forEach(({ swap }, node) => {
      for (const pair of swap!.pairs.values()) {
        const theirs = nodes[pair.peer]!.swap!.pair(node);
        // What is on its way at the end has been asked for and not given yet: a packet or two.
        const onItsWay = pair.book.totals.consumed - (theirs?.book.totals.provided ?? 0);
        expect(onItsWay).toBeGreaterThanOrEqual(0);
        expect(onItsWay).toBeLessThanOrEqual(2 * 0.17e9);
        if (onItsWay === 0) services += pair.book.totals.consumed;
      }
    });
    expect(services).toBeGreaterThan(1e9);
  });

  it('count its bytes where a MiB has the price, as the giver and the taker see them', () => {
    // 1 MFT per MiB is 954 units a byte, to the nearest: 10^9 / 2^20 is 953.7.
    const price = '1 MFT per MiB';
    const scenario = town({ price, money: 'pricing: flat', threshold: '20 MFT', duration: '90 s' });
    expect(scenario.money!.perHop).toEqual({ units: 954, per: 'byte', law: 'flat', steps: 16 });
    expect(scenarioOf(toYaml(scenario)).money!.perHop).toEqual(scenario.money!.perHop);
    const given = new Map<string, number>();
    const sent = new Map<string, number>();
    const { world } = buildWorld(scenario, { seed: 1 });
    world.recorder = {
      event(_nowUs, node, event, a, b, c, d) {
        // One packet crosses a link once in each of its trees, always with the same length.
        if (event === PACKET_SENT) sent.set(`${a}/${b}/${node}/${c}`, d);
        if (event === RELAY_GIVEN) given.set(`${a}/${b}/${c}/${node}`, d);
      },
    };
    void world.run(scenario.world.durationUs);
    expect(given.size).toBeGreaterThan(1_000);
    for (const [link, units] of given) expect(units).toBe(954 * sent.get(link)!);
  });

  it('repair what losses on the way put between them', async () => {
    const { metrics } = await runScenario(town({ loss: '3%' }), { seed: 1 });
    expect(metrics['default.rate']!.mean).toBe(0);
    expect(metrics['relay.refused']!.mean).toBeLessThan(0.01);
  });
});

describe('who does not pay', () => {
  it('is carried up to the disconnect threshold of each neighbour and no further', async () => {
    const roles =
      '{ people: { share: 75%, pays: { within: 5 s } }, riders: { share: rest, pays: never } }';
    const scenario = town({ roles, money: 'min_score: 0.4' });
    const { world, nodes, collector, settle } = built(scenario);
    void world.run(scenario.world.durationUs);
    settle();
    let most = 0;
    for (const { swap } of nodes)
      for (const pair of swap!.pairs.values()) most = Math.max(most, pair.balance);
    expect(most).toBeLessThanOrEqual(DISCONNECT_UNITS);
    // They use it up, so it is a limit and not a distance.
    expect(most).toBeGreaterThan(DISCONNECT_UNITS - 0.17e9);
    const rates = [0, 1].map((role) => collector.summariesOfRole(role)['delivery.rate']!.mean);
    expect(rates[1]).toBeLessThan(rates[0]!);
    expect(collector.summaries()['default.rate']!.mean).toBeGreaterThan(0);
  });
});

describe('a world that pays', () => {
  it(
    'has one digest, whoever watches and whatever runs the contracts',
    { timeout: 120_000 },
    async () => {
      const size = { nodes: '10', duration: '100 s' };
      const model = await runScenario(town(size), { seed: 1 });
      const unwatched = await runScenario(town(size), { seed: 1, observe: false });
      const evm = await runScenario(town({ ...size, money: 'ledger: evm' }), { seed: 1 });
      expect(unwatched.digest).toBe(model.digest);
      expect(evm.digest).toBe(model.digest);
      expect(evm.metrics).toEqual(model.metrics);
      expect(model.metrics['cheques.bounced']!.count).toBeGreaterThan(5);
      expect(model.metrics['cheques.bounced']!.mean).toBe(0);
      expect(model.metrics['tokens.total']).toEqual({
        ...model.metrics['tokens.issued'],
      });
      // What one earns another spends; what is on its way at both ends of the measured time is neither.
      const net = model.metrics['income.net']!;
      expect(Math.abs(net.mean * net.count)).toBeLessThan(20 * 0.17e9);
    },
  );

  it('takes any datagram that pretends to be about money', () => {
    const scenario = town();
    const { world, nodes } = built(scenario);
    void world.run(60_000_000);
    const kinds = fc.constantFrom(0x40, 0x41, 0x42, 0x43);
    fc.assert(
      fc.property(
        fc.nat(23),
        fc.nat(23),
        kinds,
        fc.uint8Array({ maxLength: 200 }),
        (to, from, kind, rest) => {
          const bytes = Uint8Array.of(kind, ...rest);
          const before = nodes[to]!.swap!.pair(from)?.balance;
          nodes[to]!.onDatagram(from, bytes, 0, bytes.length);
          expect(nodes[to]!.swap!.pair(from)?.balance).toBe(before);
        },
      ),
      { numRuns: 300, seed: 1 },
    );
  });
});
