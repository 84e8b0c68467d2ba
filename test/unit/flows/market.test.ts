/** Worlds of flows on the whole chain: honest people lose nothing, books survive rival branches, and what attacks and patience bring changes sign where theory says. */
import { describe, expect, it } from 'vitest';
import { buildFlows } from '../../../scenarios/flows/build.ts';
import { congestionCost } from '../../../scenarios/economy/closed-forms.ts';
import { runScenario } from '../../../scenarios/run/run.ts';
import type { RunSummary } from '../../../scenarios/summary.ts';
import { scenarioOf } from '../../support/scenario.ts';

const MFT = 1_000_000_000;
const MINUTE_US = 60_000_000;

interface World {
  nodes?: number;
  hours?: number;
  roles?: string;
  money?: string;
  chain?: string;
  traffic?: string;
}

const text = ({
  nodes = 24,
  hours = 4,
  roles = '{ steady: { share: 100%, pays: { within: 1 min }, cashes: at once } }',
  money = 'threshold: 0.2 MFT',
  chain = 'base_fee: 0.02 MFT per call',
  traffic = '{ volume: 2 GiB per day }',
}: World): string => `
scenario: market
world: { nodes: ${nodes}, duration: ${hours} h, warmup: 1 min, detail: flows, suite: modelled }
services: { overlay: { bucket: 2 } }
roles: ${roles}
money: { ${money}, chain: { block: 15 s, ${chain} } }
traffic:
  - ${traffic}
`;

const run = (world: World, set: { [key: string]: string } = {}): Promise<RunSummary> =>
  runScenario(scenarioOf(text(world), { set }), { seed: 1 });

const sumOf = (summary: RunSummary, metric: string, role?: string): number => {
  const found = (role === undefined ? summary.metrics : summary.byRole[role]!)[metric]!;
  return found.mean * found.count;
};

describe('honest people on a chain with a market', () => {
  it('lose nothing, protest nothing, wait for their confirmations and no longer', async () => {
    const { metrics } = await run({});
    expect(metrics['default.rate']!.mean).toBe(0);
    expect(metrics['cheques.bounced']!.count).toBeGreaterThan(50);
    for (const nothing of ['cheques.bounced', 'loss.per_creditor', 'cheques.uncovered'])
      expect(metrics[nothing]!.max).toBe(0);
    for (const nothing of ['protests', 'protests.unjust', 'cheques.late', 'chain.pool', 'shutout'])
      expect(metrics[nothing]!.max).toBe(0);
    expect(metrics['tokens.total']!.min).toBe(metrics['tokens.issued']!.max);
    // Six blocks on top of one's own: between six and seven times 15 s, and news travel some seconds.
    expect(metrics['chain.wait']!.min).toBeGreaterThanOrEqual(1.5 * MINUTE_US);
    expect(metrics['chain.wait']!.max).toBeLessThan(2.1 * MINUTE_US);
    // The crowd's market clears where it was told to; people's own calls, a tenth of the target here, move it up along the crowd's bids.
    const fee = metrics['chain.base_fee']!.mean / (0.02 * MFT);
    expect(fee).toBeGreaterThan(0.95);
    expect(fee).toBeLessThan(1.3);
  });

  it('survive rival branches: what each has booked is what the chain has paid', () => {
    const chain =
      'base_fee: 0.02 MFT per call, confirmations: 3, reorganises: { every: 2 min, depth: 3 }';
    const { world, collector } = buildFlows(scenarioOf(text({ chain })), { seed: 5 });
    let compared = 0;
    for (let hour = 1; hour <= 4; hour++) {
      world.run(hour * 60 * MINUTE_US);
      const { town } = world;
      for (const creditor of town.atPlace)
        for (const debtor of creditor.known) {
          const { incoming } = creditor.swap.pair(debtor.number)!;
          // One on its way may be on the chain already.
          if (incoming.cashingUnits > 0) continue;
          const { paidOut } = town.bank.view(debtor.chequebook, creditor.signer.account)!;
          expect(incoming.paidOutWei).toBe(paidOut);
          const { outgoing } = debtor.swap.pair(creditor.number)!;
          expect(outgoing.paidOutWei <= paidOut).toBe(true);
          if (paidOut > 0n) compared++;
        }
      expect(town.bank.audit()).toEqual([]);
    }
    expect(compared).toBeGreaterThan(50);
    const replaced = collector.samples.get('chain.reorganised')!.summary()!;
    expect(replaced.max).toBe(3);
    expect(replaced.mean * replaced.count).toBeGreaterThan(50);
  });

  it('wait longer when they hear later', async () => {
    const { metrics } = await run({ chain: 'base_fee: 0.02 MFT per call, seen_after: 1 min' });
    expect(metrics['chain.wait']!.min).toBeGreaterThanOrEqual(2.5 * MINUTE_US);
    expect(metrics['chain.wait']!.max).toBeLessThan(3.1 * MINUTE_US);
  });
});

/** One who takes a lot, behind full blocks on a cheap chain, and then empties its chequebook. */
const ATTACKER =
  '{ steady: { share: rest, pays: { within: 1 min }, cashes: at once }, attacker: { count: 1, deposit: 100 MFT, pays: { within: 1 min }, congests: { at: 2 h, blocks: 10, tip: 0.2 mMFT per call, budget: 5000 MFT, then: withdraw } } }';

const attack = (blocks: number): Promise<RunSummary> =>
  run(
    {
      hours: 3,
      roles: ATTACKER,
      money: 'threshold: 0.1 MFT, solvency: covered',
      chain: 'base_fee: 0.2 mMFT per call, fee_cap: 2 mMFT per call',
      traffic: '{ from: attacker, volume: 20 GiB per day }',
    },
    { 'roles.attacker.congests.blocks': String(blocks) },
  );

describe('who fills blocks', { timeout: 120_000 }, () => {
  it('pays what the closed form says, keeps others out, and gains until the price has outgrown it', async () => {
    const lengths = [0, 10, 30, 70];
    const outcomes = [];
    for (const blocks of lengths) {
      const summary = await attack(blocks);
      const gain = sumOf(summary, 'cheques.uncovered');
      const fees = sumOf(summary, 'chain.fees', 'attacker');
      outcomes.push({ blocks, gain, fees, wait: summary.metrics['chain.wait']!.max, summary });
      expect(summary.metrics['tokens.total']!.min).toBe(summary.metrics['tokens.issued']!.max);
      expect(summary.byRole['steady']!['invoices.overdue']?.max ?? 0).toBe(0);
      expect(summary.byRole['steady']!['protests']!.max).toBe(0);
      if (blocks === 0) continue;
      // What is above: its withdrawal, below: holes in blocks. Both are single calls of thousands.
      const price = sumOf(summary, 'chain.attack_price', 'attacker');
      expect(Math.abs(fees / price - 1)).toBeLessThan(0.02);
      const full = 0.2e-3 * MFT * 20;
      expect(price / full).toBeGreaterThan(congestionCost(blocks).cost * 0.9);
    }
    const [none, short, middle, long] = outcomes;
    expect([none!.gain, none!.fees]).toEqual([0, 0]);
    expect(none!.wait).toBeLessThan(2.1 * MINUTE_US);
    expect(middle!.wait).toBeGreaterThan(1.5 * none!.wait);
    // What it takes grows with the time in which nobody can cash, what it pays by an eighth a block. On a line through the first two, the sign changes at:
    const slope = (middle!.gain - short!.gain) / 20;
    const root = rootOf((w) => short!.gain + slope * (w - 10) - priceOf(w));
    expect(root).toBeGreaterThan(30);
    expect(root).toBeLessThan(70);
    for (const { blocks, gain, fees } of [short!, middle!, long!])
      expect(gain > fees, `${blocks} blocks, root at ${root}`).toBe(blocks < root);
  });
});

/** Units that W full blocks cost on the chain of `attack`: twenty cashings a block, a tip of the first base fee on each. */
function priceOf(blocks: number): number {
  return 0.2e-3 * MFT * 20 * (congestionCost(blocks).cost + blocks);
}

/** Where a function that begins above 0 first falls below it, in whole steps. */
function rootOf(profit: (w: number) => number): number {
  for (let w = 10; w < 1_000; w++) if (profit(w) < 0) return w;
  return Infinity;
}

describe('who hoards cheques', { timeout: 120_000 }, () => {
  /**
   * Two of cheques of one drawer: one cashes them n times and pays n fees f, the other once. Where the book D covers all V that it promises, hoarding saves (n - 1) f.
   * Where it does not, it is paid out in the order of cashing, and the hoarder comes last: it loses what the others have left it short of. The sign changes at D = V.
   */
  const hoard = (depositMft: number): Promise<RunSummary> =>
    run(
      {
        hours: 10,
        roles:
          '{ prompt: { share: rest, pays: { within: 1 min }, cashes: after 20 min }, hoarder: { count: 6, pays: { within: 1 min }, cashes: after 8 h }, kiter: { count: 2, deposit: 100 MFT, pays: { within: 1 min } } }',
        money: 'threshold: 0.5 MFT',
        traffic: '{ from: kiter, volume: 20 GiB per day }',
      },
      { 'roles.kiter.deposit': `${depositMft} MFT` },
    );
  /** Part of what a role has earned that fees and uncovered cheques have taken. */
  const lostShare = (summary: RunSummary, role: string): number =>
    (sumOf(summary, 'chain.fees', role) + sumOf(summary, 'cheques.uncovered', role)) /
    sumOf(summary, 'income.gross', role);

  it('saves fees while books are full, and comes last when they are not', async () => {
    const rich = await hoard(1_000);
    const promised = sumOf(rich, 'income.gross') / MFT / 2;
    expect(promised).toBeGreaterThan(50);
    expect(promised).toBeLessThan(1_000);
    expect(rich.metrics['cheques.uncovered']!.max).toBe(0);
    expect(lostShare(rich, 'hoarder')).toBeLessThan(lostShare(rich, 'prompt'));
    expect(rich.byRole['hoarder']!['cheques.held']!.min).toBeGreaterThan(8 * 60 * MINUTE_US);

    const poor = await hoard(Math.round(promised / 8));
    expect(poor.metrics['cheques.uncovered']!.max).toBeGreaterThan(0);
    expect(lostShare(poor, 'hoarder')).toBeGreaterThan(1.5 * lostShare(poor, 'prompt'));
  });
});

describe('the compiled contracts behind a market', { timeout: 300_000 }, () => {
  it('give the very digest and figures of the model', async () => {
    const world: World = {
      nodes: 10,
      hours: 1,
      roles:
        '{ steady: { count: 6, pays: { within: 1 min }, cashes: at once }, attacker: { count: 4, deposit: 1 MFT, pays: { within: 1 min }, congests: { at: 20 min, blocks: 4, then: withdraw } } }',
      money: 'threshold: 0.1 MFT',
      chain:
        'base_fee: 0.02 MFT per call, confirmations: 2, reorganises: { every: 10 min, depth: 2 }',
      traffic: '{ volume: 40 GiB per day }',
    };
    const more = { 'world.suite': 'native', 'money.chain.block': '1 min' };
    const model = await run(world, more);
    const evm = await run(world, { ...more, 'money.ledger': 'evm' });
    expect(model.metrics['cheques.bounced']!.count).toBeGreaterThan(0);
    expect(model.metrics['chain.fees']!.max).toBeGreaterThan(0);
    expect(model.metrics['chain.reorganised']!.max).toBeGreaterThan(0);
    expect(evm.digest).toBe(model.digest);
    expect(evm.metrics).toEqual(model.metrics);
  });
});

describe('a world on a market', { timeout: 120_000 }, () => {
  it('is the same again, whoever watches and whatever the crypto suite, and another with another seed', async () => {
    const digests = new Set<string>();
    const small = { nodes: 12, hours: 1, traffic: '{ volume: 6 GiB per day }' };
    for (const suite of ['modelled', 'native'])
      digests.add((await run(small, { 'world.suite': suite })).digest);
    const unwatched = await runScenario(scenarioOf(text(small)), { seed: 1, observe: false });
    digests.add(unwatched.digest);
    expect(digests.size).toBe(1);
    expect((await runScenario(scenarioOf(text(small)), { seed: 4 })).digest).not.toBe(
      unwatched.digest,
    );
  });
});
