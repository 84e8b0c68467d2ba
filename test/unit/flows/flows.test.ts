/** Worlds of flows: nobody loses where all are honest, cheats are found by what the ledger shows, and no token is made or lost. */
import { describe, expect, it } from 'vitest';
import { SUITE_NAMES } from '../../../protocols/crypto/suites.ts';
import { buildFlows } from '../../../scenarios/flows/build.ts';
import type { Town } from '../../../scenarios/flows/town.ts';
import { runScenario } from '../../../scenarios/run/run.ts';
import type { RunSummary } from '../../../scenarios/summary.ts';
import { scenarioOf } from '../../support/scenario.ts';

const MFT = 1_000_000_000;
const DAY_US = 86_400_000_000;

/** Sixty people and enough traffic that thresholds are reached every day. */
const text = (roles: string, money = '', days = 6): string => `
scenario: town
uses: [mainframe-2018]
world: { nodes: 60, duration: ${days} d, warmup: 1 h, detail: flows }
roles: ${roles}
money: { threshold: 2 MFT, cash_after: 6 h${money} }
traffic:
  - { volume: lognormal(median 300 MiB p99 2 GiB) per day }
`;

const run = async (
  roles: string,
  money = '',
  days = 6,
  more: { seed?: number; observe?: boolean; suite?: string } = {},
): Promise<RunSummary> =>
  runScenario(
    scenarioOf(text(roles, money, days), { set: { 'world.suite': more.suite ?? 'modelled' } }),
    { seed: more.seed ?? 1, observe: more.observe ?? true },
  );

const HONEST = '{ steady: { share: 100% } }';

describe('a town of honest people', () => {
  it('has no overdue invoice, no bounced cheque, no loss, nobody shut out', async () => {
    const { metrics } = await run(HONEST);
    expect(metrics['default.rate']!.mean).toBe(0);
    expect(metrics['cheques.bounced']!.count).toBeGreaterThan(20);
    expect(metrics['cheques.bounced']!.max).toBe(0);
    expect(metrics['loss.per_creditor']!.max).toBe(0);
    expect(metrics['shutout']!.max).toBe(0);
    expect(metrics['exposure.at_default']).toBeUndefined();
    // Nobody waits so long for a payment that service stops for more than a moment.
    expect(metrics['delivery.portions']!.mean).toBeGreaterThan(0.95);
  });

  it('keeps every token, and what some earn others spend', async () => {
    const { metrics } = await run(HONEST);
    expect(metrics['tokens.total']!.min).toBe(metrics['tokens.issued']!.max);
    const { mean, count } = metrics['income.net']!;
    expect(mean * count).toBe(0);
    expect(metrics['income.gross']!.mean).toBeGreaterThan(MFT);
  });

  it('keeps its books: both sides of each pair agree, and no debt passes the disconnect threshold', () => {
    const scenario = scenarioOf(text(HONEST));
    const { world, measures } = buildFlows(scenario, { seed: 2 });
    let pairs = 0;
    for (let hour = 1; hour <= 72; hour++) {
      world.run(hour * 3_600_000_000);
      for (const person of world.town.atPlace) {
        for (const other of world.town.neighboursOf(person)) {
          const [mine, theirs] = [person.swap.pair(other.number)!, other.swap.pair(person.number)!];
          expect(mine.balance).toBeLessThanOrEqual(2.5 * MFT);
          // A cheque may be on its way: what is written is counted by the debtor first.
          const between = mine.balance + theirs.balance;
          if (mine.outgoing.pending || theirs.outgoing.pending) continue;
          expect(Math.abs(between)).toBe(0);
          pairs++;
        }
      }
      measures.count();
    }
    expect(pairs).toBeGreaterThan(10_000);
  });
});

/** The way from the first place with most relays. */
function longestWay(town: Town): number[] {
  return Array.from({ length: 60 }, (_, to) => (to === 0 ? undefined : town.way(0, to, 0)))
    .filter((found) => found !== undefined)
    .reduce((longest, one) => (one.length > longest.length ? one : longest));
}

describe('a portion', () => {
  it('pays each relay once, by the one before it, who is paid for it too', () => {
    const scenario = scenarioOf(text(HONEST), { set: { 'services.overlay.bucket': '2' } });
    const { town } = buildFlows(scenario, { seed: 1 }).world;
    const way = longestWay(town);
    expect(way.length).toBeGreaterThan(3);
    expect(town.move(way, 100)).toBe('moved');
    const relays = way.length - 2;
    const [sender, ...others] = way.map((place) => town.atPlace[place]!);
    const recipient = others.pop()!;
    expect([sender!.spentUnits, sender!.earnedUnits]).toEqual([100 * relays, 0]);
    expect([recipient.spentUnits, recipient.earnedUnits]).toEqual([0, 0]);
    for (const relay of others) expect(relay.earnedUnits - relay.spentUnits).toBe(100);
    const first = others[0]!;
    expect(first.swap.pair(sender!.number)!.balance).toBe(100 * relays);
    expect(sender!.swap.pair(first.number)!.balance).toBe(-100 * relays);
  });

  it('is carried by none if one relay on the way refuses', () => {
    const { town } = buildFlows(
      scenarioOf(text(HONEST), { set: { 'services.overlay.bucket': '2' } }),
      { seed: 1 },
    ).world;
    const way = longestWay(town);
    // More than any pair lets anybody owe.
    expect(town.move(way, 3 * MFT)).not.toBe('moved');
    for (const place of way) {
      const { spentUnits, earnedUnits } = town.atPlace[place]!;
      expect([spentUnits, earnedUnits]).toEqual([0, 0]);
    }
  });
});

describe('people who do not pay', () => {
  it('are shut out by protests, and cost each creditor no more than the disconnect threshold', async () => {
    const { byRole, metrics } = await run(
      '{ steady: { share: 95% }, never: { share: 5%, pays: never } }',
    );
    expect(byRole['never']!['shutout']!.mean).toBe(1);
    expect(byRole['steady']!['shutout']!.mean).toBe(0);
    expect(byRole['never']!['shutout.time']!.max).toBeLessThan(3 * DAY_US);
    const exposure = metrics['exposure.at_default']!;
    expect(exposure.count).toBeGreaterThan(10);
    expect(exposure.max).toBeLessThanOrEqual(2.5 * MFT);
  });

  it('come back under new names and are found again', async () => {
    const once = await run('{ steady: { share: 95% }, never: { share: 5%, pays: never } }', '', 12);
    const again = await run(
      '{ steady: { share: 95% }, never: { share: 5%, pays: never, rejoins: { after: 1 d, as: new address } } }',
      '',
      12,
    );
    const names = (summary: RunSummary): number => summary.byRole['never']!['shutout.time']!.count;
    expect(names(once)).toBe(3);
    expect(names(again)).toBeGreaterThan(6);
    expect(again.metrics['loss.per_creditor']!.mean).toBeGreaterThan(
      1.5 * once.metrics['loss.per_creditor']!.mean,
    );
  });

  it('or sign more than they have, are shut out by their bounced cheques', async () => {
    const roles = '{ steady: { share: 90% }, kiter: { share: 10%, deposit: 3 MFT } }';
    const any = await run(roles, '', 8);
    expect(any.byRole['kiter']!['shutout']!.mean).toBe(1);
    expect(any.metrics['cheques.bounced']!.max).toBe(1);
  });

  it('or pay late, have overdue invoices and the steady have none', async () => {
    const { byRole } = await run(
      '{ steady: { share: 90% }, late: { share: 10%, pays: { after: exponential(30 h) } } }',
    );
    expect(byRole['late']!['invoices.overdue']!.mean).toBeGreaterThan(0.5);
    expect(byRole['steady']!['invoices.overdue']!.max).toBe(0);
  });
});

describe('the compiled contracts', () => {
  it('give the very digest and figures of the model', { timeout: 120_000 }, async () => {
    const roles =
      '{ steady: { count: 22 }, kiter: { count: 4, deposit: 2 MFT }, never: { count: 4, pays: never, rejoins: { after: 1 d, as: new address } } }';
    // Few links, so that most ways have relays.
    const small = (ledger: string): Promise<RunSummary> =>
      runScenario(
        scenarioOf(text(roles, '', 3), {
          set: {
            'world.nodes': '30',
            'services.overlay.bucket': '2',
            'money.ledger': ledger,
            'world.suite': 'native',
          },
        }),
        { seed: 4 },
      );
    const [model, evm] = [await small('model'), await small('evm')];
    expect(model.metrics['cheques.bounced']!.max).toBe(1);
    expect(model.metrics['shutout']!.mean).toBeGreaterThan(0.1);
    expect(evm.digest).toBe(model.digest);
    expect(evm.metrics).toEqual(model.metrics);
  });
});

describe('the figures', () => {
  it('follow the settings: patience with cheques saves calls, a higher threshold saves more', async () => {
    const calls = async (threshold: string, cashAfter: string): Promise<number> => {
      const scenario = scenarioOf(text(HONEST), {
        set: { 'money.threshold': threshold, 'money.cash_after': cashAfter },
      });
      return (await runScenario(scenario, { seed: 1 })).metrics['chain.calls']!.mean;
    };
    const hasty = await calls('2 MFT', '1 h');
    expect(await calls('2 MFT', '2 d')).toBeLessThan(0.9 * hasty);
    expect(await calls('6 MFT', '1 h')).toBeLessThan(0.6 * hasty);
  });

  it('do not depend on who watches or on the crypto suite', { timeout: 60_000 }, async () => {
    const roles = '{ steady: { share: 80% }, late: { share: 20%, pays: { after: 20 h } } }';
    const digests = new Set<string>();
    for (const suite of SUITE_NAMES)
      digests.add((await run(roles, '', 3, { suite, observe: suite !== 'noble' })).digest);
    expect(digests.size).toBe(1);
    expect((await run(roles, '', 3, { seed: 2 })).digest).not.toBe([...digests][0]);
  });
});
