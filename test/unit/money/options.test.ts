/** What a node's settings about prices come to, and which contradict each other. */
import { describe, expect, it } from 'vitest';
import { resolveSettings } from '../../../live/config/resolve.ts';
import { priceOptionsOf, swapOptionsOf, type MoneySettings } from '../../../live/money/options.ts';
import { dearestPacket } from '../../../protocols/swap/price.ts';

const settings = (...set: string[]): MoneySettings =>
  resolveSettings({
    node: 'nobody-of-this-name',
    flags: set.map((text) => ({ flag: '--set', text })),
  }).settings.money;

describe('a price', () => {
  it('is for a packet and step, if nothing else is said', () => {
    const prices = priceOptionsOf(settings());
    expect(prices).toEqual({ law: 'proximity', per: 'packet', base: 10_000, proximityMax: 31 });
    expect(dearestPacket(prices)).toBe(320_000);
  });

  it('of a MiB is a whole number of units a byte', () => {
    const prices = priceOptionsOf(settings('money.price=0.05 MFT', 'money.price_per=MiB'));
    expect(prices).toEqual({ law: 'proximity', per: 'byte', base: 48, proximityMax: 31 });
    expect(dearestPacket(prices)).toBe(48 * 32 * 1_200);
    const flat = priceOptionsOf(
      settings('money.price=0.05 MFT', 'money.price_per=MiB', 'money.pricing=flat'),
    );
    expect(flat).toEqual({ law: 'flat', per: 'byte', base: 48, proximityMax: 0 });
    expect(dearestPacket(flat)).toBe(48 * 1_200);
    expect(swapOptionsOf(settings('money.pricing=flat')).priceMax).toBe(10_000);
  });

  it.each([
    ['0.0017 MFT', 'Write 0.001048576 MFT or 0.002097152 MFT.'],
    ['0.00001 MFT', 'Write 0.001048576 MFT.'],
  ])('of %s a MiB is refused', (price, advice) => {
    expect(() => priceOptionsOf(settings(`money.price=${price}`, 'money.price_per=MiB'))).toThrow(
      advice,
    );
  });

  it('may be nothing', () => {
    const free = priceOptionsOf(settings('money.price=0 MFT', 'money.price_per=MiB'));
    expect(dearestPacket(free)).toBe(0);
  });

  it('that no debt has room for is refused', () => {
    const dear = settings('money.price=1 MFT', 'money.price_per=MiB');
    expect(() => swapOptionsOf(dear)).toThrow('contradict each other');
  });
});
