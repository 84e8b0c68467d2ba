/** Budgets: never more than the burst and the rate, for one and for all together. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Bucket, PeerBuckets } from '../../../protocols/rendezvous/buckets.ts';

const S = 1_000_000;

describe('a bucket', () => {
  it('gives in no window more than its burst and what the rate has brought', () => {
    const steps = fc.array(
      fc.tuple(fc.integer({ min: 0, max: 2 * S }), fc.integer({ min: 1, max: 12 })),
      { minLength: 5, maxLength: 60 },
    );
    fc.assert(
      fc.property(steps, (asked) => {
        const bucket = new Bucket({ perSecond: 3, burst: 10 });
        let nowUs = 0;
        const taken: { atUs: number; amount: number }[] = [];
        for (const [waitUs, amount] of asked) {
          nowUs += waitUs;
          if (bucket.take(amount, nowUs)) taken.push({ atUs: nowUs, amount });
        }
        for (let from = 0; from < taken.length; from++) {
          let sum = 0;
          for (let to = from; to < taken.length; to++) {
            sum += taken[to]!.amount;
            const seconds = (taken[to]!.atUs - taken[from]!.atUs) / S;
            expect(sum).toBeLessThanOrEqual(10 + 3 * seconds + 1e-6);
          }
        }
      }),
    );
  });

  it('fills up again, and no further', () => {
    const bucket = new Bucket({ perSecond: 1, burst: 2 });
    expect([bucket.take(2, 0), bucket.take(1, 0), bucket.take(1, S), bucket.take(1, S)]).toEqual([
      true,
      false,
      true,
      false,
    ]);
    expect([bucket.take(3, 100 * S), bucket.take(2, 100 * S)]).toEqual([false, true]);
  });
});

describe('buckets of peers', () => {
  it('are each their own, and all together bounded', () => {
    const buckets = new PeerBuckets({ perSecond: 1, burst: 2 }, { perSecond: 1, burst: 5 }, 100);
    const taken = [1, 1, 1, 2, 2, 2, 3, 4].map((peer) => buckets.take(peer, 1, 0));
    expect(taken).toEqual([true, true, false, true, true, false, true, false]);
  });

  it('of a peer that is over its own share cost the others nothing', () => {
    const buckets = new PeerBuckets({ perSecond: 0, burst: 2 }, { perSecond: 0, burst: 3 }, 100);
    for (let i = 0; i < 50; i++) buckets.take(1, 1, 0);
    expect(buckets.take(2, 1, 0)).toBe(true);
  });

  it('are no more than their number, and then the common one still holds', () => {
    const buckets = new PeerBuckets({ perSecond: 0, burst: 1 }, { perSecond: 0, burst: 20 }, 8);
    let given = 0;
    for (let i = 0; i < 1_000; i++) if (buckets.take(i % 50, 1, 0)) given++;
    expect(given).toBe(20);
    expect(buckets.size).toBe(8);
  });
});
