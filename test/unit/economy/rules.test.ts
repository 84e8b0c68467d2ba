import { describe, expect, it } from 'vitest';
import {
  adjustedRefreshRate,
  DEFAULT_RULES,
  priceOf,
  proximityOf,
  storageDepth,
} from '../../../scenarios/economy/rules.ts';

describe('storage depth', () => {
  it.each([
    // The two sizes of the published settings.
    [10_000, 4, 11],
    [1_000, 4, 7],
    [8, 4, 1],
    [7, 4, 0],
    [1, 1, 0],
    [2, 1, 1],
  ])('of %i nodes and %i copies is %i', (nodes, replication, depth) => {
    expect(storageDepth(nodes, replication)).toBe(depth);
  });
});

describe('proximity and price', () => {
  it('counts the leading bits that two ids share', () => {
    expect(proximityOf(0b1000 ^ 0b0000, 4)).toBe(0);
    expect(proximityOf(0b1000 ^ 0b1001, 4)).toBe(3);
    expect(proximityOf(0, 4)).toBe(4);
    expect(proximityOf(2 ** 29, 30)).toBe(0);
  });

  it('falls by one unit a bit and not below one unit', () => {
    const price = (xor: number) => priceOf(xor, 16, DEFAULT_RULES);
    expect(price(0xffff)).toBe(17);
    expect(price(1)).toBe(2);
    expect(price(0)).toBe(1);
    expect(priceOf(1, 16, { priceOrderMax: 8, priceUnit: 3 })).toBe(3);
    expect(priceOf(0xffff, 16, { priceOrderMax: 8, priceUnit: 3 })).toBe(27);
  });
});

// relab/bandwidth-incentive-simulation, model/routing forgiveness test: threshold 16, refresh rate 8.
it.each([
  [16, 8],
  [14, 3],
  [13, 3],
  [12, 3],
  [11, 2],
  [8, 2],
  [7, 1],
  [6, 1],
  [5, 1],
  [4, 1],
  [3, 1],
])('an edge of threshold %i is forgiven %i per epoch', (edge, rate) => {
  expect(adjustedRefreshRate(edge, 16, 8)).toBe(rate);
});
