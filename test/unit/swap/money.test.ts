/** Amounts: units, wei, prices, and settings that contradict each other. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  assertUnits,
  ConversionRate,
  isUnits,
  isWei,
  UNITS_MAX,
  WEI_MAX,
} from '../../../protocols/swap/money.ts';
import { optionsFault, type SwapOptions } from '../../../protocols/swap/options.ts';
import {
  DEFAULT_PRICE,
  DEFAULT_SWAP_OPTIONS,
  WEI_PER_UNIT,
} from '../../../protocols/swap/params.ts';
import { priceFault, priceOf, type PriceOptions } from '../../../protocols/swap/price.ts';
import { OPTIONS } from './town.ts';

const units = fc.maxSafeNat();
const rates = fc.bigInt({ min: 1n, max: (1n << 203n) - 1n });

describe('money', () => {
  it('turns units into wei and back exactly, for every rate', () => {
    fc.assert(
      fc.property(units, rates, (amount, weiPerUnit) => {
        const rate = new ConversionRate(weiPerUnit);
        const wei = rate.toWei(amount);
        expect(wei).toBe(BigInt(amount) * weiPerUnit);
        expect(isWei(wei)).toBe(true);
        expect(rate.toUnits(wei)).toBe(amount);
        if (weiPerUnit > 1n) expect(rate.toUnits(wei + 1n)).toBeUndefined();
      }),
    );
  });

  it('makes no amount of units of 2^53 or more, nor of less than nothing', () => {
    const rate = new ConversionRate(1n);
    expect(rate.toUnits(BigInt(UNITS_MAX))).toBe(UNITS_MAX);
    expect(rate.toUnits(BigInt(UNITS_MAX) + 1n)).toBeUndefined();
    expect(rate.toUnits(WEI_MAX)).toBeUndefined();
    expect(rate.toUnits(-1n)).toBeUndefined();
    fc.assert(
      fc.property(fc.bigInt({ min: BigInt(UNITS_MAX) + 1n, max: WEI_MAX }), (wei) => {
        expect(rate.toUnits(wei)).toBeUndefined();
        expect(rate.wholeUnits(wei)).toBe(UNITS_MAX);
      }),
    );
  });

  it('prices the dearest packet at 0.00032 MFT by default', () => {
    const dearest = priceOf(DEFAULT_PRICE, 0, 500)!;
    expect(dearest).toBe(DEFAULT_SWAP_OPTIONS.priceMax);
    expect(new ConversionRate(WEI_PER_UNIT).toWei(dearest)).toBe(320_000_000_000_000n);
  });

  it('cuts what others made to whole units', () => {
    fc.assert(
      fc.property(units, fc.bigInt({ min: 1n, max: 10n ** 18n }), fc.nat(), (amount, per, rest) => {
        const rate = new ConversionRate(per);
        expect(rate.wholeUnits(rate.toWei(amount) + (BigInt(rest) % per))).toBe(amount);
      }),
    );
  });

  it.each([-1, 0.5, NaN, Infinity, UNITS_MAX + 1])('refuses %d as an amount', (value) => {
    expect(isUnits(value)).toBe(false);
    expect(() => {
      assertUnits('x', value);
    }).toThrow(RangeError);
    expect(() => new ConversionRate(1n).toWei(value)).toThrow(RangeError);
  });

  it('refuses rates under which an amount could pass 2^256', () => {
    expect(() => new ConversionRate(0n)).toThrow(RangeError);
    expect(() => new ConversionRate(1n << 203n)).toThrow(RangeError);
    expect(isWei(WEI_MAX + 1n)).toBe(false);
    expect(isWei(-1n)).toBe(false);
  });
});

describe('a price', () => {
  it('falls with proximity as Swarm has it, and stays one step at the end', () => {
    expect(priceOf(DEFAULT_PRICE, 0, 500)).toBe(320_000);
    expect(priceOf(DEFAULT_PRICE, 31, 500)).toBe(10_000);
    expect(priceOf(DEFAULT_PRICE, 256, 500)).toBe(10_000);
  });

  it('is what the formula says over the integers, or none if that passes 2^53', () => {
    const options = fc.record({
      law: fc.constantFrom('flat' as const, 'proximity' as const),
      per: fc.constantFrom('packet' as const, 'byte' as const),
      base: fc.oneof(units, fc.nat(1_000_000)),
      proximityMax: fc.nat(256),
    });
    fc.assert(
      fc.property(options, fc.nat(256), fc.nat(65_536), fc.nat(5_000), (o, near, bytes, band) => {
        expect(priceFault(o)).toBeUndefined();
        const steps = o.law === 'flat' ? 1 : Math.max(1, o.proximityMax - near + 1);
        const of = BigInt(steps) * BigInt(o.base) * BigInt(o.per === 'byte' ? bytes : 1);
        const exact = (of * BigInt(band) + 999n) / 1_000n;
        const expected = exact <= BigInt(UNITS_MAX) ? Number(exact) : undefined;
        expect(priceOf(o, near, bytes, band)).toBe(expected);
      }),
      { numRuns: 1_000 },
    );
  });

  it('is refused for settings that are none', () => {
    const bad = (change: Partial<PriceOptions>): string | undefined =>
      priceFault({ ...DEFAULT_PRICE, ...change });
    expect(bad({ base: -1 })).toMatch(/base price/);
    expect(bad({ base: 0.5 })).toMatch(/base price/);
    expect(bad({ proximityMax: 257 })).toMatch(/proximity/);
  });
});

describe('settings', () => {
  it('are fine as they come', () => {
    expect(optionsFault(DEFAULT_SWAP_OPTIONS)).toBeUndefined();
    expect(optionsFault(OPTIONS)).toBeUndefined();
  });

  const wrong: [string, Partial<SwapOptions>, RegExp][] = [
    ['service stops first', { disconnectThreshold: 99 }, /before payment is asked for/],
    ['a message does not fit between', { disconnectThreshold: 108 }, /no payment due/],
    ['payments are too small to make', { minimumPayment: 101 }, /none below 101/],
    ['early ones are', { earlyPermille: 950 }, /falls due at 5 units/],
    [
      'a debt may be more than a peer may cost',
      { exposureMax: 199 },
      /no peer may cost more than 199/,
    ],
    ['all may be denied', { driftMax: 100 }, /may be denied/],
    ['nothing is paid for', { paymentThreshold: 0 }, /payment of nothing/],
    ['cheques are over nothing', { minimumPayment: 0 }, /over nothing/],
    ['nothing costs anything', { priceMax: 0 }, /serves nothing/],
    ['half a unit', { paymentThreshold: 99.5 }, /expected 0\.\.2\^53/],
    ['2^53', { disconnectThreshold: 2 ** 53 }, /expected 0\.\.2\^53/],
    ['no time to pay', { deadlineUs: 0 }, /deadline/],
    ['no time between tries', { retryUs: 0.5 }, /retry interval/],
    ['too many tries', { retriesMax: 31 }, /retries/],
    ['statements in the past', { statementEveryUs: -1 }, /statements/],
    ['an allowance beyond numbers', { allowancePerSecond: 2 ** 40 }, /passes 2\^53/],
    ['all of it early', { earlyPermille: 1_000 }, /0\.\.999/],
  ];
  it.each(wrong)('are refused where %s', (_name, change, reason) => {
    expect(optionsFault({ ...OPTIONS, ...change })).toMatch(reason);
  });

  it('that just fit are not', () => {
    expect(optionsFault({ ...OPTIONS, disconnectThreshold: 109 })).toBeUndefined();
    expect(optionsFault({ ...OPTIONS, minimumPayment: 100 })).toBeUndefined();
    expect(optionsFault({ ...OPTIONS, exposureMax: 200 })).toBeUndefined();
    expect(optionsFault({ ...OPTIONS, driftMax: 99 })).toBeUndefined();
  });
});
