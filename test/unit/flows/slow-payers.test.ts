/**
 * Who forgets to pay, and who signs more than it holds (the kiter). Neither means to leave, but both are shut out for it: by a protest of the late invoice, by the
 * first cheque that bounces. Theory's change of sign is in what they lose by that: who lives by carrying loses the income, and comes out worse than honest;
 * who only buys has nothing to lose, and keeps at most its credit. In time, or with cover, they are as honest as anybody.
 *
 * Differences are of paired worlds. Their size varies several times over between seeds, so their sign is asked for, in each of six: by chance, one time in 64.
 */
import { describe, expect, it } from 'vitest';
import { allBuy, creditOf, onlyBuys, run, SEEDS, TEST_MS, type Setting } from './paired-worlds.ts';

const shared = 'min_score: 0.49, protest_fee: 0.1 MFT, cash_after: 1 h';
const earns: Omit<Setting, 'does'> = {
  people: 24,
  deviators: 4,
  days: 4,
  money: `, threshold: 1 MFT, ${shared}`,
  traffic: allBuy,
};
const buys: Omit<Setting, 'does'> = { days: 4, money: `, ${shared}`, traffic: onlyBuys };

const honestly = new Map<number, number>();
async function honestProfitUnits(seed: number): Promise<number> {
  const known = honestly.get(seed) ?? (await run({ ...earns, does: '' }, seed)).profitUnits;
  honestly.set(seed, known);
  return known;
}

/** Forgets for longer than the deadline; holds less than it owes its neighbours at any time. */
const CHEATS = [
  ['forgetful', ', pays: { after: 20 h }'],
  ['overdrawn', ', deposit: 0.5 MFT'],
] as const;

describe.each(CHEATS)('%s', { timeout: 2 * TEST_MS }, (_name, does) => {
  it('gains without an income, and no more than its credit', async () => {
    for (const seed of SEEDS) {
      const { profitUnits, unpaidUnits } = await run({ ...buys, does }, seed);
      expect(profitUnits).toBeGreaterThan(0);
      expect(profitUnits).toBe(unpaidUnits);
      expect(profitUnits).toBeLessThanOrEqual(creditOf({ ...buys, does }, seed));
    }
  });

  it('loses with an income, which ends as its neighbours learn of it', async () => {
    for (const seed of SEEDS) {
      const cheat = await run({ ...earns, does }, seed);
      expect(cheat.summary.byRole['other']!['shutout']!.mean).toBeGreaterThan(0.5);
      expect(cheat.profitUnits).toBeLessThan(await honestProfitUnits(seed));
    }
  });
});

it.each([
  ['forgetful but in time', ', pays: { after: 2 h }'],
  ['signing much, with cover', ', deposit: 100 MFT'],
])('%s: nobody gains or loses', { timeout: TEST_MS }, async (_name, does) => {
  for (const seed of SEEDS) {
    const { profitUnits, summary } = await run({ ...buys, does }, seed);
    expect(profitUnits).toBe(0);
    expect(summary.byRole['other']!['shutout']!.mean).toBe(0);
  }
});
