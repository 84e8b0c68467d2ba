/**
 * Known laws of credit between two, with the real accounts (validation M3, M4, M6; economics CF1, CF2, CF5, CF6, CF7).
 *
 * A chance result is judged by its own spread over independent replications with fixed seeds: within three standard errors, never a chosen tolerance.
 * Steps of one chain depend on each other, so the unit of replication is a chain.
 */
import { describe, expect, it } from 'vitest';
import { emptyTotals, PairAccount } from '../../../protocols/swap/account.ts';
import * as events from '../../../protocols/swap/events.ts';
import type { RandomStream } from '../../../protocols/random.ts';
import { StreamFactory } from '../../../sim/random/streams.ts';
import { honestBut, OPTIONS, RATE, S, Town } from './town.ts';

const streams = new StreamFactory('closed forms');
const chance = (random: RandomStream, p: number): boolean => random.uint32() < p * 2 ** 32;

/** Mean and standard error of independent replications. */
function band(values: number[]): { mean: number; error: number } {
  const n = values.length;
  const mean = values.reduce((a, b) => a + b, 0) / n;
  const variance = values.reduce((a, b) => a + (b - mean) * (b - mean), 0) / (n - 1);
  return { mean, error: Math.sqrt(variance / n) };
}

function expectWithin(values: number[], expected: number): void {
  const { mean, error } = band(values);
  expect(error).toBeGreaterThan(0);
  expect(Math.abs(mean - expected)).toBeLessThan(3 * error);
  // The band must be narrow enough to tell.
  expect(error).toBeLessThan(0.05 * expected);
}

describe('a pair credit line of ±T (CF1)', () => {
  /** p π_T + q π_-T with π_i ~ (p/q)^i. */
  function rejected(T: number, p: number): number {
    if (p === 0.5) return 1 / (2 * T + 1);
    const ratio = p / (1 - p);
    let weight = Math.exp(-T * Math.log(ratio));
    const lowest = weight;
    let total = 0;
    for (let i = -T; i <= T; i++) {
      total += weight;
      if (i < T) weight *= ratio;
    }
    return (p * weight + (1 - p) * lowest) / total;
  }

  /** Share of unit services refused in one chain of 6,000 after 2,000 to warm up. */
  function chain(T: number, p: number, random: RandomStream): number {
    const limits = { paymentThreshold: T, disconnectThreshold: T, allowancePerSecond: 0 };
    const [a, b] = [0, 1].map(() => new PairAccount(limits, emptyTotals(0))) as [
      PairAccount,
      PairAccount,
    ];
    let refused = 0;
    for (let i = 0; i < 8_000; i++) {
      const [gives, takes] = chance(random, p) ? [a, b] : [b, a];
      if (gives.mayProvide(1, 0) === undefined) {
        gives.provide(1);
        takes.consume(1);
      } else if (i >= 2_000) refused++;
    }
    return refused / 6_000;
  }

  it.each([
    [4, 0.5, 0.1111],
    [16, 0.5, 0.0303],
    [16, 0.52, 0.0461],
    [8, 0.6, 0.2004],
  ])('of T=%i with p=%f refuses %f', (T, p, printed) => {
    expect(rejected(T, p)).toBeCloseTo(printed, 4);
    const chains = Array.from({ length: 200 }, (_, i) =>
      chain(T, p, streams.stream(`cf1/${T}/${p}/${i}`)),
    );
    expectWithin(chains, rejected(T, p));
  });
});

describe('packets between cheques (CF2)', () => {
  function expected(T: number, p: number): number {
    if (p === 0.5) return T * T;
    const r = (1 - p) / p;
    const power = Math.exp(T * Math.log(r));
    return ((T / (2 * p - 1)) * (1 - power)) / (1 + power);
  }

  /** Unit packets until one of the two writes a cheque, again and again: whole machines, pushing. */
  function spans(T: number, p: number, cheques: number, random: RandomStream): number[] {
    const town = new Town();
    const options = {
      settlement: 'push' as const,
      paymentThreshold: T,
      disconnectThreshold: T,
      minimumPayment: 1,
      priceMax: 1,
      driftMax: 0,
      exposureMax: Number.MAX_SAFE_INTEGER,
    };
    // Cheques that come back are netted by services alone, as in the formula.
    const policy = honestBut({ cashAt: () => Infinity, givesBack: () => 0 });
    for (let i = 0; i < 2; i++)
      town.add({ options, policy, deposit: RATE.toWei(Number.MAX_SAFE_INTEGER) });
    const limits = { paymentThreshold: T, disconnectThreshold: T, allowancePerSecond: 0 };
    for (const [me, other] of [
      [0, 1],
      [1, 0],
    ] as const) {
      const { signer, book } = town.citizens[other]!;
      town.citizens[me]!.swap.open(other, { account: signer.account, chequebook: book, limits });
    }
    const found: number[] = [];
    let packets = 0;
    while (found.length < cheques) {
      const [debtor, creditor] = chance(random, p) ? [0, 1] : [1, 0];
      const before = town.count(debtor, events.CHEQUE_SENT);
      expect(town.use(debtor, creditor, 1)).toBe(true);
      packets++;
      if (town.citizens[debtor]!.swap.pair(creditor)!.outgoing.pending) {
        expect(town.count(debtor, events.CHEQUE_SENT)).toBe(before + 1);
        found.push(packets);
        packets = 0;
        town.run(town.nowUs + S);
        expect(town.balances(0, 1)).toEqual([0, 0]);
        town.wire.length = 0;
        for (const citizen of town.citizens) citizen.events.length = 0;
      }
    }
    return found;
  }

  it.each([
    [10, 0.5, 100],
    [10, 0.6, 48.3],
    [20, 0.55, 192.9],
  ])('for T=%i and p=%f are %f', (T, p, printed) => {
    expect(expected(T, p)).toBeCloseTo(printed, 1);
    expectWithin(spans(T, p, 1_000, streams.stream(`cf2/${T}/${p}`)), expected(T, p));
  });
});

describe('what one peer can cost (CF5, M6)', () => {
  it('is the disconnect threshold for one who never pays, and reached', () => {
    const random = streams.stream('m6/free-rider');
    for (let run = 0; run < 50; run++) {
      const town = new Town();
      town.add({ policy: honestBut({ payAt: () => Infinity }) });
      town.add();
      town.join(0, 1);
      let taken = 0;
      for (let i = 0; i < 300; i++) {
        const units = 1 + random.below(10);
        if (town.use(0, 1, units)) taken += units;
        expect(taken).toBeLessThanOrEqual(OPTIONS.disconnectThreshold);
      }
      for (const units of [5, 2, 1, 1, 1]) if (town.use(0, 1, units)) taken += units;
      expect(taken).toBe(OPTIONS.disconnectThreshold);
    }
  });

  it('is the debt and the uncashed cheques, up to the limit of both, for one whose cheques are worthless, and reached', () => {
    const town = new Town();
    town.add({ deposit: 0n, policy: honestBut({ signsBeyondDeposit: () => true }) });
    // The victim takes any cheque and cashes late.
    town.add({ policy: honestBut({ acceptsCheque: () => true, cashAt: () => Infinity }) });
    town.join(0, 1);
    const pair = town.citizens[1]!.swap.pair(0)!;
    const most = OPTIONS.exposureMax;
    let taken = 0;
    for (let i = 0; i < 2_000; i++) {
      if (town.use(0, 1, 10)) taken += 10;
      expect(Math.max(0, pair.balance) + pair.uncashed).toBe(taken);
      expect(taken).toBeLessThanOrEqual(most);
      town.run(town.nowUs + S);
    }
    expect(taken).toBe(most);
    expect(pair.exposure).toBe(most);
    expect(pair.balance).toBeLessThanOrEqual(OPTIONS.disconnectThreshold);
  });
});

describe('whether it pays to pay', () => {
  /** What a debtor gets for nothing when it takes what it can and leaves, by the real account. */
  function haul(limit: number): number {
    const town = new Town();
    const options = {
      paymentThreshold: limit,
      disconnectThreshold: limit,
      minimumPayment: 1,
      priceMax: 1,
      driftMax: 0,
    };
    town.add({ options, policy: honestBut({ payAt: () => Infinity }) });
    town.add({ options });
    town.join(0, 1);
    let taken = 0;
    while (town.use(0, 1, 1)) taken++;
    return taken;
  }

  it('does while the debt is at most s·δ/(1-δ) (CF6)', () => {
    for (const [delta, surplus] of [
      [0.99, 1],
      [0.9, 1],
      [0.95, 2],
    ] as const) {
      let staying = 0;
      let discount = 1;
      for (let period = 1; period <= 5_000; period++) {
        discount *= delta;
        staying += surplus * discount;
      }
      const indifferent = (surplus * delta) / (1 - delta);
      expect(staying).toBeCloseTo(indifferent, 6);
      const largest = Math.round(indifferent);
      expect(haul(largest)).toBeLessThanOrEqual(staying + 1e-6);
      expect(haul(largest + 1)).toBeGreaterThan(staying);
    }
  });

  it('does not to come back under another name, if a name costs m·T·v or more (CF7)', () => {
    for (const [peers, T, value] of [
      [1, 16, 1],
      [8, 16, 1],
      [5, 20, 3],
    ] as const) {
      let taken = 0;
      for (let i = 0; i < peers; i++) taken += haul(T) * value;
      const costs = peers * T * value;
      expect(taken - costs).toBe(0);
      expect(taken - (costs - 1)).toBeGreaterThan(0);
      expect(taken - (costs + 1)).toBeLessThan(0);
    }
  });
});
