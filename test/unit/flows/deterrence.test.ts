/**
 * At which setting each cheat stops paying, computed from the world before it runs, and asked on both sides of it. A place is one sample and a seed one world;
 * means over seeds come with Student's interval, so that the spread between worlds, not a chosen tolerance, says how near is near enough.
 */
import { describe, expect, it } from 'vitest';
import {
  allBuy,
  between,
  burnedUnits,
  creditOf,
  debtsOf,
  MFT,
  onlyBuys,
  run,
  SEEDS,
  strict,
  TEST_MS,
  type Setting,
} from './paired-worlds.ts';

describe('a whitewasher (CF7)', () => {
  const setting: Setting = {
    does: ', pays: never, rejoins: { after: 1 h, as: new address }',
    days: 10,
    money: strict,
    traffic: onlyBuys,
  };

  it(
    'gains while a name costs less than the credit of a stranger with all its relays',
    { timeout: TEST_MS },
    async () => {
      const gains: { [share: string]: number[] } = { '0.8': [], '1.01': [] };
      for (const seed of SEEDS) {
        const credit = creditOf(setting, seed);
        const debts = debtsOf(setting, seed);
        expect(debts.length).toBeGreaterThan(1);
        // CF5: no name ever leaves more behind; those that had their time leave nearly all of it: a line that few ways use may not be full yet.
        for (const debt of debts) expect(debt).toBeLessThanOrEqual(credit);
        for (const debt of debts.slice(0, -1)) expect(debt).toBeGreaterThan(0.8 * credit);
        for (const share of Object.keys(gains)) {
          // The last name may not have had its time, and counts as free.
          const cost = (Number(share) * credit * (debts.length - 1)) / debts.length / MFT;
          const dear = { ...setting, money: `${setting.money}, identity_cost: ${cost} MFT` };
          const { profitUnits } = await run(dear, seed);
          const lastUnits = debts.at(-1)!;
          gains[share]!.push((profitUnits - lastUnits) / credit);
        }
      }
      expect(between(gains['0.8']!).low).toBeGreaterThan(0);
      expect(between(gains['1.01']!).high).toBeLessThan(0);
    },
  );
});

describe('a family of names with one wallet (CF7)', () => {
  const NAMES = 4;
  const setting: Setting = {
    does: ', pays: never, family: one wallet',
    people: 20,
    deviators: NAMES,
    // They carry for one another, too, and for others who pay for it; at this cost that brings nothing.
    money: `${strict}, carrying_cost: 0.05 MFT per MiB`,
    traffic: onlyBuys,
  };

  it(
    'takes a line of credit from each relay of each name, and gains while its names together cost less',
    { timeout: TEST_MS },
    async () => {
      const gains: { [share: string]: number[] } = { '0.8': [], '1.01': [] };
      for (const seed of SEEDS) {
        const credit = creditOf(setting, seed);
        for (const share of Object.keys(gains)) {
          const cost = (Number(share) * credit) / NAMES / MFT;
          const dear = { ...setting, money: `${setting.money}, identity_cost: ${cost} MFT` };
          // Each is told an even share of what the one wallet has gained.
          const { summary, profitUnits } = await run(dear, seed);
          expect(summary.byRole['other']!['profit']).toMatchObject({
            min: profitUnits,
            max: profitUnits,
          });
          gains[share]!.push((profitUnits * NAMES) / credit);
        }
      }
      expect(between(gains['0.8']!).low).toBeGreaterThan(0);
      // No family can take more than there is, so this holds in every world and not on average only.
      for (const gain of gains['1.01']!) expect(gain).toBeLessThan(0);
    },
  );
});

describe('a deadbeat (CF6)', () => {
  it(
    'without an income gains all of its credit by leaving, and leaves however patient it is',
    { timeout: TEST_MS },
    async () => {
      const gains: number[] = [];
      for (const seed of SEEDS) {
        const buys = { days: 4, money: strict, traffic: onlyBuys };
        const honest = await run({ ...buys, does: '' }, seed);
        const setting = { ...buys, does: ', pays: { patience: 99% }' };
        const deadbeat = await run(setting, seed);
        const never = await run({ ...buys, does: ', pays: never' }, seed);
        expect(deadbeat.digest).toBe(never.digest);
        expect(honest.profitUnits).toBe(0);
        expect(deadbeat.profitUnits).toBe(deadbeat.unpaidUnits);
        gains.push(deadbeat.profitUnits / creditOf(setting, seed));
      }
      const { low, high } = between(gains);
      expect(low).toBeGreaterThan(0.8);
      expect(high).toBeLessThanOrEqual(1);
    },
  );

  it(
    'with an income loses by leaving for a debt of less than a day of it, and less the more patient it is',
    { timeout: TEST_MS },
    async () => {
      // At 30% the future is worth 0.43 days of income, and there are four to come.
      const income = {
        people: 24,
        deviators: 4,
        days: 4,
        money: ', threshold: 1 MFT, min_score: 0.49, protest_fee: 0.1 MFT, cash_after: 1 h',
        traffic: allBuy,
      };
      const [rash, patient]: [number[], number[]] = [[], []];
      for (const seed of SEEDS) {
        const honest = await run({ ...income, does: '' }, seed);
        const gainOf = async (patience: string): Promise<number> => {
          const leaver = await run({ ...income, does: `, pays: { patience: ${patience} }` }, seed);
          return (leaver.profitUnits - honest.profitUnits) / MFT;
        };
        rash.push(await gainOf('30%'));
        patient.push(await gainOf('95%'));
      }
      expect(between(rash).high).toBeLessThan(0);
      expect(between(patient.map((gain, i) => gain - rash[i]!)).low).toBeGreaterThan(0);
    },
  );
});

describe('a false protester', () => {
  /** The score moves, but decides nothing: what is left of a protest is its fee. */
  const fee = 0.01;
  const setting = (does: string, cashAfter: string): Setting => ({
    does,
    deviators: 3,
    money: `, deadline: 2 h, min_score: 0, protest_fee: ${fee} MFT, cash_after: ${cashAfter}`,
    traffic: allBuy,
  });
  const liar = ', protests: everything';

  it.each(['1 h', '6 h'])(
    'loses a fee for each protest that is taken, where cheques are kept for %s',
    { timeout: TEST_MS },
    async (kept) => {
      const losses: number[] = [];
      for (const seed of SEEDS) {
        const honest = await run(setting('', kept), seed);
        const { profitUnits } = await run(setting(liar, kept), seed);
        const loss = 3 * (honest.profitUnits - profitUnits);
        // What the ledger burned: a protest of what it has paid already is refused, and free.
        expect(loss).toBeCloseTo(burnedUnits(setting(liar, kept), seed), -1);
        losses.push(loss);
      }
      const { low } = between(losses);
      if (kept === '6 h') expect(low).toBeGreaterThan(0);
    },
  );
});
