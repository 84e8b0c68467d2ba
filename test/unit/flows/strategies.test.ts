/**
 * What strategies bring, against what theory says. Paired worlds: the same seed, and so the same addresses, traffic and ways, with and without the deviation;
 * where the closed form gives the place of the change of sign, it is asked on both sides of it.
 */
import { describe, expect, it } from 'vitest';
import { familiesOf, Family, type FamilyName } from '../../../scenarios/behaviours/families.ts';
import { createPayer, leaving, leavingPays } from '../../../scenarios/behaviours/payers.ts';
import { buildFlows } from '../../../scenarios/flows/build.ts';
import { payingRoleKeys } from '../../../scenarios/language/yaml-money.ts';
import type { Paying } from '../../../scenarios/model.ts';
import { runScenario } from '../../../scenarios/run/run.ts';
import type { RunSummary } from '../../../scenarios/summary.ts';
import type { Demand, PairView } from '../../../protocols/swap/policy.ts';
import { StreamFactory } from '../../../sim/random/streams.ts';
import { scenarioOf } from '../../support/scenario.ts';

const MFT = 1_000_000_000;
const HOUR_US = 3_600_000_000;
const PEOPLE = 12;
const OTHERS = 3;

/** Few links, so that most ways have relays; carrying costs two fifths of its price. */
const text = (one: string, money = '', days = 2): string => `
scenario: town
uses: [mainframe-2018]
world: { nodes: ${PEOPLE + OTHERS}, duration: ${days} d, warmup: 1 h, detail: flows, suite: modelled }
roles: { steady: { count: ${PEOPLE} }, other: { count: ${OTHERS}${one} } }
services: { overlay: { bucket: 2 } }
money: { threshold: 0.5 MFT, tolerance: 400%, cash_after: 6 h, carrying_cost: 0.02 MFT per MiB, chain: { fee: 0 MFT per call }${money} }
traffic:
  - { volume: 300 MiB per day }
`;

const run = (one: string, money = ''): Promise<RunSummary> =>
  runScenario(scenarioOf(text(one, money)), { seed: 1, observe: true });

/** Four days, and half a MFT of credit beyond the threshold: long enough that an income outweighs a debt. */
const longRun = (one: string): Promise<RunSummary> =>
  runScenario(
    scenarioOf(text(one, ', protest_fee: 0.1 MFT', 4), {
      set: {
        'money.threshold': '1 MFT',
        'money.tolerance': '100%',
        'world.nodes': '24',
        'roles.steady.count': '20',
        'roles.other.count': '4',
      },
    }),
    { seed: 1, observe: true },
  );

const profit = (summary: RunSummary): number => summary.byRole['other']!['profit']!.mean / MFT;
const unpaid = (summary: RunSummary): number => summary.byRole['other']!['unpaid']!.mean / MFT;

describe('a family', () => {
  const asked = (family: Family): boolean => family.leaves(0, true);
  const name = (owedUnits: number, surplusPerDayUnits: number, gone = false): FamilyName => ({
    gone,
    standing: () => ({ owedUnits, surplusPerDayUnits }),
  });
  // At 50% the future is worth one day of income.
  const family = (...names: FamilyName[]): Family => {
    const one = new Family({ kind: 'patience', ratio: 0.5 }, () => 0);
    for (const each of names) one.add(each);
    return one;
  };

  it('weighs the debts of all its names against what all of them earn, and leaves as one', () => {
    expect(asked(family(name(10, 0)))).toBe(true);
    expect(asked(family(name(10, 0), name(0, 20)))).toBe(false);
    expect(asked(family(name(10, 0), name(11, 20)))).toBe(true);
    // What is owed under names that were given up is owed by nobody, and they earn nothing.
    expect(asked(family(name(10, 0), name(0, 20, true)))).toBe(true);
    expect(asked(family(name(0, 1), name(100, 0, true)))).toBe(false);
    const gone = family(name(10, 0));
    expect(gone.leaves(0, false)).toBe(false);
    expect(asked(gone)).toBe(true);
    expect(gone.leaves(1, false)).toBe(true);
  });

  it('is a family only where a role says so, each role its own', () => {
    const { roles } = scenarioOf(text(', family: one wallet'));
    expect(familiesOf(roles, () => 0).map((one) => one !== undefined)).toEqual([false, true]);
  });

  it('has no accounts of its own with itself, carries for itself without limit, and shares what it gains', async () => {
    const { world, close } = buildFlows(scenarioOf(text(', family: one wallet')), { seed: 1 });
    const names = world.town.atPlace.filter(({ role }) => role === 1);
    expect(names).toHaveLength(OTHERS);
    world.run(2 * 24 * HOUR_US);
    let neighbours = 0;
    for (const one of names) {
      expect(one.known.some((other) => other.role === 1)).toBe(false);
      neighbours += world.town.neighboursOf(one).filter(({ role }) => role === 1).length;
    }
    // They have links all the same.
    expect(neighbours).toBeGreaterThan(0);
    close();
  });

  it('gains by not paying what others lose, once', async () => {
    const [family, apart] = [
      await run(', pays: never, family: one wallet'),
      await run(', pays: never'),
    ];
    const { profit: gained } = family.byRole['other']!;
    expect(gained!.min).toBe(gained!.max);
    // Alone, they owe one another, too, where there is a way.
    expect(unpaid(family)).toBeGreaterThan(0);
    expect(unpaid(family)).toBeLessThanOrEqual(unpaid(apart));
  });
});

describe('a deadbeat', () => {
  it('stays for an income worth more than its debt, and leaves with a greater one', () => {
    // CF6: a surplus of 1 a day at 0.99 is worth 99.
    const ratio = 0.99;
    expect(leavingPays({ owedUnits: 98, surplusPerDayUnits: 1 }, ratio)).toBe(false);
    expect(leavingPays({ owedUnits: 100, surplusPerDayUnits: 1 }, ratio)).toBe(true);
    // At a loss there is nothing to stay for.
    expect(leavingPays({ owedUnits: 1, surplusPerDayUnits: -1 }, ratio)).toBe(true);
  });

  const money = scenarioOf(text('')).money!;
  const demand: Demand = { units: 1, asked: true, dueUs: 0 };
  const payer = (pays: Paying, owed: { units: number }) =>
    createPayer(
      money,
      { pays },
      new StreamFactory(1).stream('payer'),
      leaving(pays, () => ({ owedUnits: owed.units, surplusPerDayUnits: 1 })),
    );

  it('decides when asked to pay, once, and for good', () => {
    const owed = { units: 98 };
    const { policy, hasLeft } = payer({ kind: 'patience', ratio: 0.99 }, owed);
    expect(policy.payAt({} as PairView, demand, 0)).toBeLessThanOrEqual(HOUR_US);
    owed.units = 100;
    expect(hasLeft(1)).toBe(false);
    expect(policy.payAt({} as PairView, demand, 1)).toBe(Infinity);
    owed.units = 0;
    expect(policy.payAt({} as PairView, demand, 2)).toBe(Infinity);
    expect(hasLeft(2)).toBe(true);
  });

  it('or leaves on a day that it has chosen', () => {
    const { policy, hasLeft } = payer({ kind: 'until', us: 10 }, { units: 0 });
    expect(policy.payAt({} as PairView, demand, 9)).toBeLessThanOrEqual(9 + HOUR_US);
    expect(hasLeft(9)).toBe(false);
    expect(policy.payAt({} as PairView, demand, 10)).toBe(Infinity);
    expect(hasLeft(10)).toBe(true);
  });
});

describe('profits', () => {
  it(
    'of leaving: less than honesty if there is an income to lose, more at the end of the world',
    { timeout: 240_000 },
    async () => {
      const [honest, never, late] = [
        await longRun(''),
        await longRun(', pays: never'),
        await longRun(', pays: { until: 90 h }'),
      ];
      expect(unpaid(honest)).toBe(0);
      expect(never.byRole['other']!['shutout']!.mean).toBe(1);
      // M6: nobody walks away with more than the disconnect threshold of each neighbour.
      expect(unpaid(never)).toBeLessThanOrEqual(2 * 23);
      expect(unpaid(late)).toBeLessThanOrEqual(2 * 23);
      expect(profit(never)).toBeLessThan(profit(honest));
      // Until it leaves it is honest, and no income is lost to a protest that comes at the end.
      expect(profit(late)).toBeGreaterThan(profit(honest));
    },
  );

  it(
    'of a name that never pays: what it walks off with less what a name costs',
    { timeout: 120_000 },
    async () => {
      const free = await run(', pays: never');
      // CF7: it pays as long as a name costs less than all debts that it can leave behind.
      const worth = unpaid(free);
      for (const [share, sign] of [
        [0.9, 1],
        [1.1, -1],
      ] as const) {
        const dear = await run(
          ', pays: never',
          `, identity_cost: ${(share * worth).toFixed(6)} MFT`,
        );
        expect(dear.digest).toBe(free.digest);
        const ofNames = unpaid(dear) - (profit(free) - profit(dear));
        expect(Math.sign(ofNames)).toBe(sign);
      }
    },
  );

  it(
    'of an undercutter: a loss below what carrying costs, a gain above',
    { timeout: 120_000 },
    async () => {
      // Two fifths of the price is what carrying costs.
      const [below, above, list] = [
        await run(', asks: 30%'),
        await run(', asks: 50%'),
        await run(''),
      ];
      expect(profit(below)).toBeLessThan(0);
      expect(profit(above)).toBeGreaterThan(0);
      expect(profit(above)).toBeLessThan(profit(list));
      expect(below.metrics['default.rate']?.mean ?? 0).toBe(0);
    },
  );

  it('of protesting what is paid: less by every fee', { timeout: 120_000 }, async () => {
    const fee = ', protest_fee: 0.1 MFT';
    const [honest, liar] = [await run('', fee), await run(', protests: everything', fee)];
    expect(profit(liar)).toBeLessThan(profit(honest));
  });
});

describe('what is written wrong', () => {
  it.each([
    [', pays: { until: 1 d, patience: 90% }', '"until" and "patience" exclude each other'],
    [', pays: { patience: 100% }', 'no reason ever to leave'],
    [', protests: nothing', 'nothing'],
    [', asks: -1%', '-1%'],
    [', family: two wallets', 'two wallets'],
  ])('%s is refused', (one, message) => {
    expect(() => scenarioOf(text(one))).toThrow(message);
  });

  it('is a family in a world of packets', () => {
    const packets = text(', family: one wallet').replace(', detail: flows', '');
    expect(() => scenarioOf(packets)).toThrow('"family" in a world of packets');
  });

  it('is nothing when it is written out again', () => {
    const { roles } = scenarioOf(text(', family: one wallet'));
    expect(payingRoleKeys(roles[1]!)).toMatchObject({ family: 'one wallet' });
    expect(payingRoleKeys(roles[0]!)).not.toHaveProperty('family');
  });
});
