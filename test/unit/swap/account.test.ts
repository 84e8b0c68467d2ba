/** The book of one pair: limits, repair, forgiveness, numbers that run out. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { emptyTotals, PairAccount } from '../../../protocols/swap/account.ts';
import { UNITS_MAX } from '../../../protocols/swap/money.ts';
import { scaledLimits, type PairLimits } from '../../../protocols/swap/options.ts';

const S = 1_000_000;
const LIMITS: PairLimits = {
  paymentThreshold: 100,
  disconnectThreshold: 200,
  allowancePerSecond: 0,
};
const book = (limits: Partial<PairLimits> = {}): PairAccount =>
  new PairAccount({ ...LIMITS, ...limits }, emptyTotals(0));

describe('a book', () => {
  it('reaches its limit exactly and never passes it', () => {
    const b = book();
    fc.assert(
      fc.property(fc.array(fc.nat(60)), (prices) => {
        for (const price of prices) {
          const before = b.balance;
          if (b.mayProvide(price, 0) === undefined) b.provide(price);
          else expect(before + price).toBeGreaterThan(200);
          expect(b.balance).toBeLessThanOrEqual(200);
        }
      }),
    );
    b.provide(200 - b.balance);
    expect(b.balance).toBe(200);
    expect(b.mayProvide(1, 0)).toBe('disconnect threshold');
    expect(b.mayProvide(0, 0)).toBeUndefined();
    // What lowers the debt is still taken.
    expect(b.mayConsume(200, LIMITS)).toBe(true);
    b.consume(50);
    expect(b.mayProvide(50, 0)).toBeUndefined();
  });

  it('mirrors the other side when nothing is lost', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.boolean(), fc.nat(1_000))), (services) => {
        const [a, b] = [book(), book()];
        for (const [aGives, units] of services) {
          (aGives ? a : b).provide(units);
          (aGives ? b : a).consume(units);
          expect(a.balance).toBe(0 - b.balance + 0);
        }
      }),
    );
  });

  it('stops before its totals pass 2^53', () => {
    const b = book({ disconnectThreshold: UNITS_MAX });
    b.provide(UNITS_MAX - 5);
    expect(b.mayProvide(6, 0)).toBe('out of numbers');
    expect(() => {
      b.provide(6);
    }).toThrow(RangeError);
    b.consume(UNITS_MAX);
    expect(b.mayConsume(1, { ...LIMITS, disconnectThreshold: UNITS_MAX })).toBe(false);
    expect(() => {
      b.consume(1);
    }).toThrow(RangeError);
    expect(() => b.receivePaid(UNITS_MAX + 1)).toThrow(RangeError);
    expect(() => {
      b.pay(-1);
    }).toThrow(RangeError);
  });

  it('takes over what the creditor gave, if that is not more than was asked for', () => {
    const b = book();
    b.consume(100);
    expect(b.hearProvided(70, 0, undefined)).toBe(0);
    expect(b.payable).toBe(100);
    expect(b.hearProvided(70, 0, 100)).toBe(0);
    expect(b.payable).toBe(70);
    // One of those thought lost was only late.
    expect(b.hearProvided(80, 0, undefined)).toBe(0);
    expect(b.payable).toBe(80);
    expect(b.hearProvided(130, 0, 100)).toBe(30);
    expect(b.payable).toBe(100);
  });

  it('writes off what the debtor denies up to the limit, and stops serving beyond', () => {
    const b = book();
    b.provide(100);
    b.hearConsumed(90, 100, 20);
    expect([b.balance, b.totals.disputed]).toEqual([90, 0]);
    b.hearConsumed(50, 100, 20);
    expect([b.balance, b.totals.disputed]).toEqual([80, 30]);
    expect(b.mayProvide(1, 0)).toBe('disputed');
    // It remembers after all.
    b.hearConsumed(100, 100, 20);
    expect([b.balance, b.totals.disputed]).toEqual([100, 0]);
    expect(b.mayProvide(1, 0)).toBeUndefined();
  });

  it('takes totals of payments only upwards', () => {
    const b = book();
    b.provide(100);
    expect(b.receivePaid(40)).toBe(40);
    expect(b.receivePaid(40)).toBe(0);
    expect(b.receivePaid(10)).toBe(0);
    expect(b.receiveVoid(25)).toBe(25);
    expect(b.balance).toBe(35);
    b.revokeVoid(30);
    expect(b.balance).toBe(60);
  });

  it('would not pay back what the peer has paid ahead, but uses it up', () => {
    const b = book();
    b.receivePaid(500);
    expect([b.balance, b.payable, b.debt]).toEqual([-500, 0, -500]);
    b.provide(200);
    expect(b.payable).toBe(0);
    b.consume(50);
    expect(b.payable).toBe(50);
    const payer = book();
    payer.pay(500);
    expect([payer.balance, payer.debt]).toEqual([500, 0]);
    expect(payer.mayProvide(200, 0)).toBeUndefined();
    expect(payer.mayProvide(201, 0)).toBe('disconnect threshold');
  });

  it('forgives exactly floor(rate · time) while there is a debt, whenever it is asked', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 9_000_000 }),
        fc.array(fc.integer({ min: 0, max: 3_000_000 }), { minLength: 1, maxLength: 30 }),
        (rate, steps) => {
          const b = book({ allowancePerSecond: rate, disconnectThreshold: UNITS_MAX });
          b.provide(UNITS_MAX);
          let now = 0;
          for (const step of steps) {
            now += step;
            b.accrue(now);
          }
          const exact = (BigInt(rate) * BigInt(now)) / BigInt(S);
          expect(BigInt(b.totals.forgiven)).toBe(exact);
        },
      ),
    );
  });

  it('forgives no more than is owed, and saves nothing up', () => {
    const b = book({ allowancePerSecond: 10 });
    b.accrue(100 * S);
    b.provide(50);
    b.accrue(101 * S);
    expect(b.totals.forgiven).toBe(10);
    b.accrue(200 * S);
    expect(b.totals.forgiven).toBe(50);
    expect(b.balance).toBe(0);
    b.provide(100);
    b.accrue(201 * S);
    expect(b.totals.forgiven).toBe(60);
  });

  it('scales limits down to whole units', () => {
    expect(scaledLimits({ ...LIMITS, allowancePerSecond: 3 }, 500)).toEqual({
      paymentThreshold: 50,
      disconnectThreshold: 100,
      allowancePerSecond: 1,
    });
  });
});
