import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  ADDRESS_BYTES,
  ADDRESS_WORDS,
  compareDistance,
  proximity,
  readAddress,
  writeAddress,
} from '../../../protocols/identity/proximity.ts';
import { readVector } from '../../support/vectors.ts';
import { addressOfHex, anyAddress, numberOf, relatedAddresses, wordsOf } from './support.ts';

const orderOf = (x: Uint8Array, y: Uint8Array): number => proximity(wordsOf(x), 0, wordsOf(y), 0);
const compare = (target: Uint8Array, x: Uint8Array, y: Uint8Array): number =>
  compareDistance(wordsOf(target), 0, wordsOf(x), 0, wordsOf(y), 0);

/** The definition: leading zeros of the 256-bit exclusive or. */
function orderByDefinition(x: Uint8Array, y: Uint8Array): number {
  const distance = numberOf(x) ^ numberOf(y);
  return distance === 0n ? 256 : 256 - distance.toString(2).length;
}

describe('proximity order', () => {
  it('is the number of leading bits that two addresses share', () => {
    fc.assert(
      fc.property(relatedAddresses(2), ([x, y]) => {
        expect(orderOf(x!, y!)).toBe(orderByDefinition(x!, y!));
      }),
      { numRuns: 1_000 },
    );
  });

  it('takes every value from 0 to 256', () => {
    const zero = addressOfHex('');
    for (let bit = 0; bit < 256; bit++) {
      const one = addressOfHex('');
      one[bit >>> 3] = 0x80 >>> (bit & 7);
      expect(orderOf(zero, one)).toBe(bit);
    }
    expect(orderOf(zero, zero)).toBe(256);
  });

  it('is symmetric, and 256 for an address and itself only', () => {
    fc.assert(
      fc.property(relatedAddresses(2), ([x, y]) => {
        expect(orderOf(x!, y!)).toBe(orderOf(y!, x!));
        expect(orderOf(x!, x!)).toBe(256);
        expect(orderOf(x!, y!) === 256).toBe(numberOf(x!) === numberOf(y!));
      }),
    );
  });

  it('is an ultrametric: of three pairs the two least close are equally close', () => {
    fc.assert(
      fc.property(relatedAddresses(3), ([x, y, z]) => {
        const orders = [orderOf(x!, y!), orderOf(y!, z!), orderOf(x!, z!)].sort((a, b) => a - b);
        expect(orders[0]).toBe(orders[1]);
      }),
      { numRuns: 500 },
    );
  });
});

describe('comparing distances', () => {
  it('orders as the exclusive or, read as a number, does', () => {
    fc.assert(
      fc.property(relatedAddresses(3), ([target, x, y]) => {
        const dx = numberOf(target!) ^ numberOf(x!);
        const dy = numberOf(target!) ^ numberOf(y!);
        expect(Math.sign(compare(target!, x!, y!))).toBe(dx < dy ? -1 : dx > dy ? 1 : 0);
      }),
      { numRuns: 1_000 },
    );
  });

  it('is a total order', () => {
    fc.assert(
      fc.property(relatedAddresses(4), ([target, x, y, z]) => {
        expect(compare(target!, x!, y!) + compare(target!, y!, x!)).toBe(0);
        expect(compare(target!, x!, x!)).toBe(0);
        if (compare(target!, x!, y!) <= 0 && compare(target!, y!, z!) <= 0)
          expect(compare(target!, x!, z!)).toBeLessThanOrEqual(0);
      }),
      { numRuns: 500 },
    );
  });

  it('puts the address that shares more leading bits first', () => {
    fc.assert(
      fc.property(relatedAddresses(3), ([target, x, y]) => {
        const [ox, oy] = [orderOf(target!, x!), orderOf(target!, y!)];
        if (ox > oy) expect(compare(target!, x!, y!)).toBeLessThan(0);
      }),
      { numRuns: 500 },
    );
  });

  it('works on addresses anywhere in their arrays', () => {
    fc.assert(
      fc.property(relatedAddresses(3), fc.nat(5), fc.nat(5), fc.nat(5), (addresses, a, b, c) => {
        const at = [a, b, c];
        const placed = addresses.map((address, i) => {
          const words = new Uint32Array(ADDRESS_WORDS + 10).fill(0xdeadbeef);
          words.set(wordsOf(address), at[i]!);
          return words;
        });
        const [t, x, y] = [placed[0]!, placed[1]!, placed[2]!];
        expect(compareDistance(t, a, x, b, y, c)).toBe(
          compare(addresses[0]!, addresses[1]!, addresses[2]!),
        );
        expect(proximity(t, a, x, b)).toBe(orderOf(addresses[0]!, addresses[1]!));
      }),
    );
  });
});

it('words and bytes of an address are one another, big-endian, and nothing beside them is written', () => {
  fc.assert(
    fc.property(anyAddress, fc.nat(7), fc.nat(7), (address, byteAt, wordAt) => {
      const bytes = new Uint8Array(ADDRESS_BYTES + 8).fill(0xa5);
      bytes.set(address, byteAt);
      const words = new Uint32Array(ADDRESS_WORDS + 8).fill(7);
      readAddress(bytes, byteAt, words, wordAt);
      const view = new DataView(address.buffer, address.byteOffset);
      words.forEach((word, i) => {
        const inside = i >= wordAt && i < wordAt + ADDRESS_WORDS;
        expect(word).toBe(inside ? view.getUint32(4 * (i - wordAt)) : 7);
      });
      const back = new Uint8Array(ADDRESS_BYTES + 8).fill(0xa5);
      writeAddress(words, wordAt, back, byteAt);
      expect(back).toEqual(bytes);
    }),
  );
});

describe('known answers', () => {
  it.each([
    // ethersphere/swarm chunk/proximity_test.go: orders capped at 31.
    ['00000000', '40000000', 1],
    ['00000000', '00400000', 9],
    ['00000000', '00000001', 31],
  ])('proximity order of %s and %s is %s', (x, y, order) => {
    expect(orderOf(addressOfHex(x), addressOfHex(y))).toBe(order);
  });

  it('82… is closer to 91… than 12… (ethersphere/bee pkg/swarm/distance_test.go)', () => {
    expect(compare(addressOfHex('91'), addressOfHex('82'), addressOfHex('12'))).toBeLessThan(0);
    expect(compare(addressOfHex('91'), addressOfHex('12'), addressOfHex('82'))).toBeGreaterThan(0);
    expect(numberOf(addressOfHex('91')) ^ numberOf(addressOfHex('82'))).toBe(
      8593944123082061379093159043613555660984881674403010612303492563087302590464n,
    );
  });

  const recorded = readVector('proximity_distance.json');
  const all = recorded === undefined ? it.skip : it;
  all(
    `all recorded orders and distances${recorded === undefined ? ' (no folder of vectors)' : ''}`,
    () => {
      interface Pair {
        x: string;
        y: string;
        po?: number;
        po256?: number;
        poMax31?: number;
        distance?: string;
      }
      const pairs: Pair[] = [...recorded.proximityMax31, ...recorded.distance, ...recorded.random];
      expect(pairs.length).toBeGreaterThanOrEqual(38);
      for (const { x, y, po, po256, poMax31, distance } of pairs) {
        const [a, b] = [addressOfHex(x), addressOfHex(y)];
        if (po !== undefined) expect(Math.min(31, orderOf(a, b))).toBe(po);
        if (poMax31 !== undefined) expect(Math.min(31, orderOf(a, b))).toBe(poMax31);
        if (po256 !== undefined) expect(orderOf(a, b)).toBe(po256);
        if (distance === undefined) continue;
        // The recorded distance decides which is closer to x: y, or what is one further than y.
        const further = BigInt(distance) + 1n;
        const beyond = addressOfHex((numberOf(a) ^ further).toString(16).padStart(64, '0'));
        const nearer = addressOfHex((numberOf(a) ^ (further - 2n)).toString(16).padStart(64, '0'));
        expect(compare(a, b, beyond)).toBeLessThan(0);
        expect(compare(a, b, nearer)).toBeGreaterThan(0);
      }
      // There, 1 says that x is closer.
      for (const { a, x, y, result } of recorded.distanceCmp) {
        const found = compare(addressOfHex(a), addressOfHex(x), addressOfHex(y));
        expect(Math.sign(found) + result).toBe(0);
      }
    },
  );
});
