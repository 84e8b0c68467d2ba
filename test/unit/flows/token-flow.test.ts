/** The picture of where tokens went, against the balances that the contracts keep; and what is measured beside it, against closed forms. */
import { describe, expect, it } from 'vitest';
import { buildFlows } from '../../../scenarios/flows/build.ts';
import type { Bank } from '../../../scenarios/money/bank.ts';
import { RATE } from '../../../scenarios/money/rate.ts';
import { runScenario } from '../../../scenarios/run/run.ts';
import type { TokenFlow } from '../../../scenarios/summary.ts';
import { scenarioOf } from '../../support/scenario.ts';

const MFT = 1_000_000_000;
const HOUR_US = 3_600_000_000;

/** Everything that moves tokens: payment, bounces, protests, fees, newcomers. */
const LIVELY = `
scenario: lively
world: { nodes: 30, duration: 2 d, warmup: 1 h, detail: flows, suite: modelled }
roles:
  steady: { share: 70%, deposit: 60 MFT, pays: { within: 1 h } }
  overdrawn: { share: 20%, deposit: 1 MFT, pays: { within: 1 h } }
  whitewasher: { share: rest, deposit: 5 MFT, pays: never, rejoins: { after: 3 h, as: new address } }
services: { overlay: { bucket: 2 } }
money: { threshold: 0.5 MFT, cash_after: 6 h, protest_fee: 0.25 MFT, identity_cost: 3 MFT, chain: { fee: 0.01 MFT per call } }
traffic:
  - { volume: 300 MiB per day }
charts:
  - { title: Who pays whom, mark: sankey, of: tokens.moved }
`;

function lively() {
  const scenario = scenarioOf(LIVELY);
  const built = buildFlows(scenario, { seed: 3 });
  built.world.run(scenario.world.warmupUs);
  built.measures.warm();
  built.world.run(scenario.world.durationUs);
  built.measures.finish();
  const { town } = built.world;
  const bank = town.bank as unknown as Bank;
  const flows = built.collector.tokenFlows!;
  built.close();
  return { scenario, town, bank, flows, book: built.collector };
}

const sum = (flows: readonly TokenFlow[]): number =>
  flows.reduce((all, { units }) => all + units, 0);
const name = ({ stage, role }: TokenFlow['from']): string => `${stage}/${role}`;

describe('tokens that went round', () => {
  const { scenario, town, bank, flows, book } = lively();

  it('come into every node as they go out, to the last unit', () => {
    const inner = new Set(
      flows.map(({ to }) => name(to)).filter((to) => flows.some(({ from }) => name(from) === to)),
    );
    expect(inner.size).toBeGreaterThan(6);
    for (const node of inner) {
      const comes = sum(flows.filter(({ to }) => name(to) === node));
      const goes = sum(flows.filter(({ from }) => name(from) === node));
      expect(comes, node).toBe(goes);
    }
    for (const { units } of flows) expect(Number.isSafeInteger(units) && units > 0).toBe(true);
  });

  it('end where the contracts have them', () => {
    scenario.roles.forEach((role, index) => {
      const people = town.persons.filter((person) => person.role === index);
      const held = (of: (person: (typeof people)[number]) => string): number =>
        people.reduce(
          (all, person) => all + RATE.wholeUnits(bank.balanceOf(of(person) as never)),
          0,
        );
      const into = (stage: string): number =>
        sum(flows.filter(({ to, of }) => to.stage === stage && of === role.name));
      expect(into('kept'), role.name).toBe(held(({ signer }) => signer.account));
      expect(into('still deposited'), role.name).toBe(held(({ chequebook }) => chequebook));
    });
    const spent = sum(flows.filter(({ to }) => to.stage === 'spent'));
    expect(spent).toBe(RATE.wholeUnits(bank.feesWei + bank.tokens().burned));
    expect(bank.tokens().burned > 0n).toBe(true);
  });

  it('begin with what everybody brought along, newcomers too', () => {
    const newcomers = town.persons.length - scenario.world.nodes;
    expect(newcomers).toBeGreaterThan(0);
    const deposits = sum(flows.filter(({ to }) => to.stage === 'deposited'));
    expect(deposits).toBe(town.persons.reduce((all, person) => all + person.depositUnits, 0));
  });

  it('tell cheques that bounced from those that were paid in full', () => {
    const through = (stage: string): number =>
      sum(flows.filter(({ from }) => from.stage === stage));
    expect(through('cashed')).toBeGreaterThan(0);
    expect(through('bounced')).toBeGreaterThan(0);
    // Whoever never pays has signed nothing.
    expect(flows.some(({ from, of }) => from.stage === 'cashed' && of === 'whitewasher')).toBe(
      false,
    );
    // The metric has every transfer once.
    const moved = book.samples.get('tokens.moved')!.summary()!;
    expect(moved.count).toBeGreaterThan(100);
  });

  it('leave who pays nothing to gain, and a cheat no more than its neighbours would have lent', () => {
    const gain = book.summariesOfRole(0)['default.gain']!;
    expect([gain.min, gain.max]).toEqual([0, 0]);
    const cheat = book.summariesOfRole(2);
    // Names after the first cost 3 MFT each.
    const names = town.persons.length - scenario.world.nodes;
    const { count } = cheat['unpaid']!;
    const paid = (cheat['unpaid']!.mean - cheat['default.gain']!.mean) * count;
    expect(paid / MFT).toBeCloseTo(3 * names, 6);
    expect(cheat['default.gain']!.mean).toBeLessThan(cheat['default.ceiling']!.mean);
    expect(cheat['unpaid']!.mean).toBeGreaterThan(0);
  });
});

describe('deposits that lie still', () => {
  it('are locked for as long as the world lasts, in proportion to what they served', async () => {
    const scenario = scenarioOf(LIVELY, {
      set: {
        'money.cash_after': '90 d',
        'roles.steady.share': '100%',
        'roles.overdrawn.share': '0%',
      },
    });
    const built = buildFlows(scenario, { seed: 3 });
    built.world.run(scenario.world.warmupUs);
    built.measures.warm();
    const used = (): number => built.world.town.persons.reduce((all, p) => all + p.usedUnits, 0);
    const before = used();
    built.world.run(scenario.world.durationUs);
    built.measures.finish();
    built.close();
    const { nodes, durationUs, warmupUs } = scenario.world;
    expect(durationUs - warmupUs).toBe(47 * HOUR_US);
    const locked = built.collector.samples.get('capital.locked')!.summary()!;
    for (const each of [locked.min, locked.max]) expect(each / (60 * MFT)).toBeCloseTo(1, 9);
    const lockup = built.collector.samples.get('capital.lockup')!.summary()!.mean;
    const expected = (nodes * 60 * MFT * 47 * HOUR_US) / (used() - before);
    expect(lockup / expected).toBeCloseTo(1, 9);
  });
});

describe('prices of ways', () => {
  it('differ as ways do: at one price, whole numbers of relays', async () => {
    const summary = await runScenario(scenarioOf(LIVELY), { seed: 3, observe: true });
    const { min, max } = summary.metrics['price.asked']!;
    // 0.05 MFT a MiB and relay, rounded up to a unit for each portion.
    expect(min / MFT).toBeCloseTo(0.05, 3);
    expect(max / min).toBeGreaterThan(1.9);
    expect(Math.abs(max / min - Math.round(max / min))).toBeLessThan(0.01);
    expect(summary.metrics['price.dispersion']!.mean).toBeGreaterThan(0.1);
    expect(summary.flows!['tokens.moved']!.length).toBeGreaterThan(10);
    expect(summary.pairs).toBeUndefined();
  });
});
