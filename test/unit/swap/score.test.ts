/** Credit scores from ledger facts, and rules of cashing. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { cashAt } from '../../../protocols/swap/cash.ts';
import type { LedgerFact } from '../../../protocols/swap/ledger-port.ts';
import { DEFAULT_SCORE_OPTIONS } from '../../../protocols/swap/params.ts';
import { CreditScores, scoreFault, type ScoreOptions } from '../../../protocols/swap/score.ts';
import { accountNumber, bookNumber } from './town.ts';

const DEBTOR = accountNumber(1);
const CREDITOR = accountNumber(2);

const cashed = (issuer: string, bounced = false): LedgerFact => ({
  kind: 'cashed',
  chequebook: bookNumber(1),
  issuer,
  beneficiary: CREDITOR,
  payout: 1n,
  cumulativePayout: 1n,
  bounced,
});
const protested = (protest: string): LedgerFact => ({
  kind: 'protested',
  protest,
  debtor: DEBTOR,
  creditor: CREDITOR,
  chequebook: bookNumber(1),
  cumulativePayout: 5n,
  dueAt: 0n,
});
const parties = { debtor: DEBTOR, creditor: CREDITOR };
const answered = (protest: string): LedgerFact => ({
  kind: 'answered',
  protest,
  ...parties,
  cumulativePayout: 5n,
  signature: new Uint8Array(65),
});

/** Storj's settings: every fact weighs one, nobody is new. */
function storj(memory: number): ScoreOptions {
  const evidence = (value: number) => ({ value, weight: 1 });
  return {
    ...DEFAULT_SCORE_OPTIONS,
    memory,
    newcomer: { rule: 'dues', score: 1, weight: 1 / (1 - memory) },
    cashed: evidence(1),
    bounced: evidence(-1),
  };
}

/** Bad facts in a row that lead from the best score below `threshold`. */
function failures(memory: number, threshold: number): number {
  const scores = new CreditScores(storj(memory));
  for (let n = 1; ; n++) {
    scores.see(cashed(DEBTOR, true), 0n);
    if (scores.score(DEBTOR) < threshold) return n;
  }
}

describe('the credit score', () => {
  it('is lost after as many failures as the closed form says (CF17)', () => {
    expect(failures(0.95, 0.6)).toBe(10);
    expect(failures(0.999, 0.96)).toBe(41);
    fc.assert(
      fc.property(
        fc.double({ min: 0.5, max: 0.995, noNaN: true }),
        fc.double({ min: 0.05, max: 0.95, noNaN: true }),
        (memory, threshold) => {
          const exact = Math.log(threshold) / Math.log(memory);
          // A threshold that is met to the last bit may fall on either side.
          fc.pre(Math.abs(exact - Math.round(exact)) > 1e-9);
          expect(failures(memory, threshold)).toBe(Math.ceil(exact));
        },
      ),
    );
  });

  it("ends where Storj's paused node did: 11.97474 for, 8.02526 against", () => {
    const scores = new CreditScores(storj(0.95));
    // 15 of 11,906 failed; the last ten in a row.
    for (let i = 0; i < 5; i++) scores.see(cashed(DEBTOR, true), 0n);
    for (let i = 0; i < 11_891; i++) scores.see(cashed(DEBTOR), 0n);
    for (let i = 0; i < 10; i++) scores.see(cashed(DEBTOR, true), 0n);
    const { good, bad } = scores.record(DEBTOR);
    expect(good).toBeCloseTo(11.97474, 5);
    expect(bad).toBeCloseTo(8.02526, 5);
    expect(scores.score(DEBTOR)).toBeCloseTo(0.598737, 6);
  });

  it('lies between 0 and 1, rises with good news and falls with bad', () => {
    fc.assert(
      fc.property(fc.array(fc.boolean(), { maxLength: 60 }), (facts) => {
        const scores = new CreditScores(DEFAULT_SCORE_OPTIONS);
        for (const bad of facts) {
          const before = scores.score(DEBTOR);
          scores.see(cashed(DEBTOR, bad), 0n);
          const after = scores.score(DEBTOR);
          expect(after).toBeGreaterThan(0);
          expect(after).toBeLessThan(1);
          if (bad) expect(after).toBeLessThan(before);
          else expect(after).toBeGreaterThan(before);
        }
        expect(scores.record(CREDITOR).cashed).toBe(0);
        expect(scores.score(CREDITOR)).toBe(0.5);
      }),
    );
  });

  it('puts newcomers in the middle, or lets them pay their dues', () => {
    expect(new CreditScores(DEFAULT_SCORE_OPTIONS).score(DEBTOR)).toBe(0.5);
    const dues = new CreditScores({
      ...DEFAULT_SCORE_OPTIONS,
      newcomer: { rule: 'dues', score: 0.3, weight: 5 },
    });
    expect(dues.score(DEBTOR)).toBeCloseTo(0.3, 12);
    expect(dues.isServed(DEBTOR)).toBe(true);
    dues.see(cashed(DEBTOR, true), 0n);
    expect(dues.isServed(DEBTOR)).toBe(false);
  });

  it('counts a protest only when it has stood unanswered', () => {
    const scores = new CreditScores(DEFAULT_SCORE_OPTIONS);
    scores.see(protested('a'), 100n);
    scores.onTime(3_699n);
    expect(scores.score(DEBTOR)).toBe(0.5);
    scores.onTime(3_700n);
    expect(scores.record(DEBTOR).unpaid).toBe(1);
    const after = scores.score(DEBTOR);
    expect(after).toBeLessThan(0.5);
    scores.onTime(10_000n);
    expect(scores.score(DEBTOR)).toBe(after);
  });

  it('counts one that was answered or settled as paid late, and lets the accuser answer for it if set so', () => {
    const accused = { value: -1, weight: 1 };
    const scores = new CreditScores({ ...DEFAULT_SCORE_OPTIONS, accused });
    scores.see(protested('a'), 0n);
    scores.see(protested('b'), 0n);
    scores.see(answered('a'), 1n);
    expect(scores.score(CREDITOR)).toBeLessThan(0.5);
    scores.see({ kind: 'settled', protest: 'b', ...parties }, 1n);
    scores.onTime(10_000n);
    expect(scores.record(DEBTOR)).toMatchObject({ late: 2, unpaid: 0 });
    expect(scores.score(DEBTOR)).toBeLessThan(0.5);
    expect(scores.score(DEBTOR)).toBeGreaterThan(failuresScore(2));
  });

  function failuresScore(n: number): number {
    const scores = new CreditScores(DEFAULT_SCORE_OPTIONS);
    for (let i = 0; i < n; i++) scores.see(cashed(DEBTOR, true), 0n);
    return scores.score(DEBTOR);
  }

  it('hears verdicts', () => {
    const scores = new CreditScores(DEFAULT_SCORE_OPTIONS);
    scores.see({ kind: 'verdict', accused: DEBTOR, guilty: false }, 0n);
    expect(scores.score(DEBTOR)).toBe(0.5);
    scores.see({ kind: 'verdict', accused: DEBTOR, guilty: true }, 0n);
    expect(scores.record(DEBTOR).convicted).toBe(1);
    expect(scores.score(DEBTOR)).toBeLessThan(0.2);
  });

  it('finds the band', () => {
    const scores = new CreditScores(DEFAULT_SCORE_OPTIONS);
    const prices: number[] = [scores.band(DEBTOR).pricePermille];
    for (let i = 0; i < 8; i++) scores.see(cashed(DEBTOR), 0n);
    prices.push(scores.band(DEBTOR).pricePermille);
    for (let i = 0; i < 8; i++) scores.see(cashed(DEBTOR, true), 0n);
    prices.push(scores.band(DEBTOR).pricePermille);
    expect(prices).toEqual([1_200, 1_000, 2_000]);
  });

  const wrong: [Partial<ScoreOptions>, RegExp][] = [
    [{ memory: 1 }, /memory/],
    [{ memory: 0 }, /memory/],
    [{ newcomer: { rule: 'middle', weight: 0 } }, /weight of a newcomer/],
    [{ newcomer: { rule: 'dues', score: 2, weight: 1 } }, /score of a newcomer/],
    [{ newcomer: { rule: 'dues', score: 0.1, weight: 1 } }, /could ever begin/],
    [{ minScore: 2 }, /least score/],
    [{ minScore: 0.51 }, /could ever begin/],
    [{ bounced: { value: -2, weight: 1 } }, /evidence/],
    [{ bounced: { value: -1, weight: -1 } }, /evidence/],
    [{ bands: [] }, /first credit band/],
    [{ bands: [{ minScore: 0.1, pricePermille: 1, creditPermille: 1 }] }, /first credit band/],
    [
      {
        bands: [
          { minScore: 0, pricePermille: 1, creditPermille: 1 },
          { minScore: 0, pricePermille: 1, creditPermille: 1 },
        ],
      },
      /begins at 0 after one at 0/,
    ],
    [{ bands: [{ minScore: 0, pricePermille: 1.5, creditPermille: 1 }] }, /thousandths/],
  ];
  it.each(wrong)('refuses %j', (change, reason) => {
    const options = { ...DEFAULT_SCORE_OPTIONS, ...change };
    expect(scoreFault(options)).toMatch(reason);
    expect(() => new CreditScores(options)).toThrow(reason);
  });
});

describe('cashing', () => {
  const held = { uncashedWei: 100n, coverWei: 100n, feeWei: 10n, sinceUs: 5, bounced: false };

  it('at once, above a sum, when covered, when cheap, in time', () => {
    expect(cashAt({ kind: 'at-once' }, held, 7)).toBe(7);
    expect(cashAt({ kind: 'above', wei: 100n }, held, 7)).toBe(7);
    expect(cashAt({ kind: 'above', wei: 101n }, held, 7)).toBe(Infinity);
    expect(cashAt({ kind: 'covered' }, held, 7)).toBe(7);
    expect(cashAt({ kind: 'covered' }, { ...held, coverWei: 99n }, 7)).toBe(Infinity);
    expect(cashAt({ kind: 'fee-share', permille: 100 }, held, 7)).toBe(7);
    expect(cashAt({ kind: 'fee-share', permille: 99 }, held, 7)).toBe(Infinity);
    // What counts is what it would bring.
    expect(cashAt({ kind: 'fee-share', permille: 100 }, { ...held, coverWei: 99n }, 7)).toBe(
      Infinity,
    );
    expect(cashAt({ kind: 'deadline', afterUs: 3 }, held, 7)).toBe(8);
    expect(cashAt({ kind: 'deadline', afterUs: 1 }, held, 7)).toBe(7);
  });

  it('never for nothing, nor twice at an empty chequebook', () => {
    for (const rule of [
      { kind: 'at-once' },
      { kind: 'above', wei: 0n },
      { kind: 'covered' },
      { kind: 'fee-share', permille: 1_000 },
      { kind: 'deadline', afterUs: 0 },
    ] as const) {
      expect(cashAt(rule, { ...held, uncashedWei: 0n }, 7)).toBe(Infinity);
      expect(cashAt(rule, { ...held, coverWei: 0n, bounced: true }, 7)).toBe(Infinity);
    }
    expect(cashAt({ kind: 'at-once' }, { ...held, coverWei: 0n }, 7)).toBe(7);
  });
});
