import fc from 'fast-check';
import { expect, it } from 'vitest';
import {
  assertBytes,
  assertRange,
  copyBytes,
  equalConstantTime,
  rangeFits,
} from '../../../protocols/crypto/bytes.ts';

it('a range fits exactly when each of its bytes exists', () => {
  const small = fc.integer({ min: -3, max: 8 });
  fc.assert(
    fc.property(fc.nat(5), small, small, (size, offset, length) => {
      const bytes = new Uint8Array(size);
      let exists = offset >= 0 && offset <= size && length >= 0;
      for (let i = 0; i < length; i++) exists &&= bytes[offset + i] !== undefined;
      expect(rangeFits(bytes, offset, length)).toBe(exists);
    }),
    { numRuns: 1_000 },
  );
  expect(rangeFits(new Uint8Array(4), Number.NaN, 1)).toBe(false);
  expect(rangeFits(new Uint8Array(4), 0, Number.NaN)).toBe(false);
  expect(rangeFits(new Uint8Array(4), 0, Number.POSITIVE_INFINITY)).toBe(false);
});

it('two places are equal exactly when their bytes are', () => {
  const bits = fc.uint8Array({ minLength: 6, maxLength: 6, max: 1 });
  const at = fc.nat(3);
  fc.assert(
    fc.property(bits, bits, at, at, fc.nat(3), (a, b, aOffset, bOffset, length) => {
      const same =
        Buffer.from(a.slice(aOffset, aOffset + length)).toString() ===
        Buffer.from(b.slice(bOffset, bOffset + length)).toString();
      expect(equalConstantTime(a, aOffset, b, bOffset, length)).toBe(same);
    }),
    { numRuns: 1_000 },
  );
});

it('a place that does not exist equals nothing', () => {
  const bytes = new Uint8Array(8);
  expect(equalConstantTime(bytes, 0, bytes, 0, 8)).toBe(true);
  for (const offset of [-1, 1, 8, Number.NaN]) {
    expect(equalConstantTime(bytes, offset, new Uint8Array(20), 0, 8)).toBe(false);
    expect(equalConstantTime(new Uint8Array(20), 0, bytes, offset, 8)).toBe(false);
  }
});

it('bytes are copied from any place to any place, and onto themselves', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 40 }), fc.nat(40), fc.nat(40), (from, start, at) => {
      const offset = Math.min(start, from.length);
      const length = from.length - offset;
      const to = new Uint8Array(80).fill(7);
      copyBytes(from, offset, length, to, at);
      const expected = new Array<number>(80).fill(7);
      for (let i = 0; i < length; i++) expected[at + i] = from[offset + i]!;
      expect([...to]).toEqual(expected);
      const before = from.slice();
      copyBytes(from, offset, length, from, offset);
      expect(from).toEqual(before);
    }),
  );
});

it('wrong lengths and ranges of ours are named', () => {
  expect(() => assertBytes('key', new Uint8Array(3), 4)).toThrow('key: expected 4 bytes, got 3');
  expect(() => assertRange('out', new Uint8Array(3), 2, 2)).toThrow(
    'out: expected 2 bytes at 2, got an array of 3',
  );
  assertBytes('key', new Uint8Array(4), 4);
  assertRange('out', new Uint8Array(3), 1, 2);
});
