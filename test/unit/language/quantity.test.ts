import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import {
  formatQuantity,
  parseQuantity,
  type QuantityKind,
} from '../../../scenarios/language/quantity.ts';

function value(text: string, kind: QuantityKind): number {
  const reading = parseQuantity(text, kind);
  if (!reading.ok) throw new Error(reading.fault.message);
  return reading.value;
}

function code(text: string, kind: QuantityKind): string | undefined {
  const reading = parseQuantity(text, kind);
  return reading.ok ? undefined : reading.fault.code;
}

describe('quantities', () => {
  it.each([
    ['10 s', 'time', 10_000_000],
    ['10s', 'time', 10_000_000],
    ['1.5 ms', 'time', 1_500],
    ['0.1 s', 'time', 100_000],
    ['7 us', 'time', 7],
    ['2 min', 'time', 120_000_000],
    ['12 hours', 'time', 43_200_000_000],
    ['5 d', 'time', 432_000_000_000],
    ['1 KiB', 'size', 1024],
    ['1 kB', 'size', 1000],
    ['0.5 MiB', 'size', 524_288],
    ['2 GiB', 'size', 2_147_483_648],
    ['10 Mbit/s', 'rate', 10_000_000],
    ['512 kbit/s', 'rate', 512_000],
    ['8 bits', 'information', 8],
    ['1 bit', 'information', 1],
    ['5.5 bits', 'information', 5.5],
    ['30%', 'share', 0.3],
    ['7 %', 'share', 0.07],
    ['4096', 'count', 4096],
    ['0.68', 'number', 0.68],
    ['-2', 'number', -2],
  ] as const)('%s is read as %s', (text, kind, expected) => {
    expect(value(text, kind)).toBe(expected);
  });

  it.each([
    ['3', 'time', 'MF-0114'],
    ['0', 'size', 'MF-0114'],
    ['3 KiB', 'time', 'MF-0109'],
    ['3 sec', 'time', 'MF-0109'],
    ['3 MFT', 'size', 'MF-0109'],
    ['soon', 'time', 'MF-0108'],
    ['', 'time', 'MF-0108'],
    ['-1 s', 'time', 'MF-0110'],
    ['0.5 us', 'time', 'MF-0110'],
    ['0.3 B', 'size', 'MF-0110'],
    ['101%', 'share', 'MF-0110'],
    ['2.5', 'count', 'MF-0110'],
    ['0x3f', 'count', 'MF-0108'],
    ['12e4', 'count', 'MF-0108'],
    ['999999999999999999 d', 'time', 'MF-0110'],
  ] as const)('"%s" as a %s is refused with %s', (text, kind, expected) => {
    expect(code(text, kind)).toBe(expected);
  });

  it('that are whole base units survive being written and read', () => {
    for (const kind of ['time', 'size', 'rate', 'information', 'count'] as const)
      fc.assert(
        fc.property(fc.nat({ max: Number.MAX_SAFE_INTEGER }), (base) => {
          expect(value(formatQuantity(base, kind), kind)).toBe(base);
        }),
      );
  });

  it('that are shares survive to the last bit', () => {
    fc.assert(
      fc.property(fc.double({ min: 0, max: 1, noNaN: true }), (ratio) => {
        expect(value(formatQuantity(ratio, 'share'), 'share')).toBe(ratio === 0 ? 0 : ratio);
      }),
      { numRuns: 2000 },
    );
  });

  it('never make the reader throw, whatever the text', () => {
    fc.assert(
      fc.property(fc.string(), (text) => {
        for (const kind of [
          'time',
          'size',
          'rate',
          'information',
          'share',
          'count',
          'number',
        ] as const)
          parseQuantity(text, kind);
      }),
    );
  });
});
