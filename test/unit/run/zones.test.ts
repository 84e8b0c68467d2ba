import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { compareDistance, proximity } from '../../../protocols/identity/proximity.ts';
import { ZoneIndex } from '../../../scenarios/run/zones.ts';

const word = fc.oneof(fc.integer({ min: 0, max: 3 }), fc.integer({ min: 0, max: 0xffffffff }));
const addresses = fc
  .array(fc.tuple(word, word), { minLength: 2, maxLength: 40 })
  .map((pairs) => Uint32Array.from(pairs.flatMap(([a, b]) => [a, 0, b, 0, 0, 0, 0, b ^ a])));

describe('the zone index', () => {
  it('counts and lists exactly the nodes that share a prefix', () => {
    fc.assert(
      fc.property(addresses, fc.nat(256), fc.nat(1000), (words, bits, pick) => {
        const nodes = words.length / 8;
        const index = new ZoneIndex(words, nodes);
        const target = (pick % nodes) * 8;
        const expected = [];
        for (let n = 0; n < nodes; n++)
          if (proximity(words, n * 8, words, target) >= bits) expected.push(n);
        const found: number[] = [];
        expect(index.forEach(words, target, bits, (n) => found.push(n))).toBe(expected.length);
        expect(found.sort((a, b) => a - b)).toEqual(expected);
      }),
    );
  });

  it('finds the closest accepted node', () => {
    fc.assert(
      fc.property(
        addresses,
        fc.array(fc.integer({ min: 0, max: 0xffffffff }), { minLength: 8, maxLength: 8 }),
        fc.nat(3),
        (words, raw, skip) => {
          const nodes = words.length / 8;
          const target = Uint32Array.from(raw);
          const accept = (n: number): boolean => n % 4 !== skip;
          const best = new ZoneIndex(words, nodes).closest(target, 0, accept);
          const all = Array.from({ length: nodes }, (_, n) => n).filter(accept);
          if (all.length === 0) {
            expect(best).toBe(-1);
            return;
          }
          for (const n of all)
            expect(compareDistance(target, 0, words, best * 8, words, n * 8)).toBeLessThanOrEqual(
              0,
            );
        },
      ),
    );
  });
});
