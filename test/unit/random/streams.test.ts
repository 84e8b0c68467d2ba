import { createHash } from 'node:crypto';
import fc from 'fast-check';
import seedrandom from 'seedrandom';
import { describe, expect, it } from 'vitest';
import { chiSquare, chiSquareTail } from '../../../scenarios/validation/engine-statistics.ts';
import { StreamFactory, uniform } from '../../../sim/random/streams.ts';

const streams = new StreamFactory('streams.test');
const first = (path: string, count: number): number[] => {
  const stream = streams.stream(path);
  return Array.from({ length: count }, () => stream.uint32());
};

describe('named streams', () => {
  it('give the same values for the same path, whatever was drawn elsewhere', () => {
    const alone = first('node/a/x', 100);
    const other = streams.stream('node/b/x');
    const stream = streams.stream('node/a/x');
    const mixed = alone.map(() => {
      other.uint32();
      return stream.uint32();
    });
    expect(mixed).toEqual(alone);
  });

  it("step as seedrandom's own tychei does, over many draws and keys", () => {
    // Short, longer than the buffer, and in more bytes than letters.
    for (const path of ['a', 'node/00/x', 'x'.repeat(1_000), 'é'.repeat(200), '😀'.repeat(64)]) {
      const key = createHash('sha256').update(`streams.test/${path}`).digest('hex');
      const reference = seedrandom.tychei(key);
      const stream = streams.stream(path);
      for (let i = 0; i < 20_000; i++) expect(stream.uint32()).toBe(reference.int32() >>> 0);
    }
  });

  it('treat the number 1 and the text "1" as one seed, and other seeds as other worlds', () => {
    const draw = (seed: number | string): number => new StreamFactory(seed).stream('p').uint32();
    expect(draw(1)).toBe(draw('1'));
    expect(draw(1)).not.toBe(draw(2));
  });

  it('spread the first draws of 10,000 neighbouring paths evenly', () => {
    const bins = new Float64Array(256);
    for (let node = 0; node < 10_000; node++) bins[first(`node-${node}`, 1)[0]! >>> 24]!++;
    const statistic = chiSquare(bins, Array<number>(256).fill(10_000 / 256));
    const p = chiSquareTail(statistic, 255);
    expect(p).toBeGreaterThan(0.001);
    expect(p).toBeLessThan(0.999);
  });

  it('never repeat a first value more often than chance among 10,000 paths', () => {
    const seen = new Set<number>();
    for (let node = 0; node < 10_000; node++) seen.add(first(`node-${node}`, 1)[0]!);
    // Expected collisions: 10^8 / 2 / 2^32 = 0.012; three or more have a probability of 3e-7.
    expect(seen.size).toBeGreaterThanOrEqual(9_998);
  });
});

describe('below', () => {
  it('stays below its bound', () => {
    const stream = streams.stream('bounds');
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 4294967296 }), (bound) => {
        const value = stream.below(bound);
        return Number.isInteger(value) && value >= 0 && value < bound;
      }),
    );
  });

  it('has no modulo bias where the bound is three quarters of the range', () => {
    // Without rejection, the lowest third of the values would come out twice as often as the rest.
    const bound = 3 * 2 ** 30;
    const stream = streams.stream('bias');
    const counts = new Float64Array(3);
    for (let i = 0; i < 30_000; i++) counts[Math.floor((3 * stream.below(bound)) / bound)]!++;
    expect(chiSquareTail(chiSquare(counts, [10_000, 10_000, 10_000]), 2)).toBeGreaterThan(0.001);
  });

  it('refuses a bound that is no integer from 1 to 2^32', () => {
    const stream = streams.stream('bad');
    for (const bound of [0, -1, 1.5, NaN, 4294967297]) {
      expect(() => stream.below(bound)).toThrow(/expected an integer in \[1, 2\^32\]/);
    }
  });
});

describe('fill', () => {
  it('writes exactly the bytes it was asked for and draws a value for each four', () => {
    fc.assert(
      fc.property(fc.nat(40), fc.nat(20), (length, offset) => {
        const out = new Uint8Array(offset + length + 3).fill(0xaa);
        const stream = streams.stream('fill');
        stream.fill(out, offset, length);
        expect([...out.subarray(0, offset), ...out.subarray(offset + length)]).toEqual(
          Array<number>(offset + 3).fill(0xaa),
        );
        const words = first('fill', Math.ceil(length / 4) + 1);
        expect(stream.uint32()).toBe(words.at(-1));
        const bytes = words.flatMap((w) => [w & 255, (w >>> 8) & 255, (w >>> 16) & 255, w >>> 24]);
        expect([...out.subarray(offset, offset + length)]).toEqual(bytes.slice(0, length));
      }),
    );
  });
});

describe('uniform', () => {
  it('lies strictly between 0 and 1 even at the ends of its grid', () => {
    const constant = (word: number): number =>
      uniform({ uint32: () => word, below: () => 0, fill: () => undefined });
    expect(constant(0)).toBeGreaterThan(0);
    expect(constant(0xffffffff)).toBeLessThanOrEqual(1);
    expect(constant(0xffffffff)).toBeLessThan(1);
  });
});
