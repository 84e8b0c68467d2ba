/** Token buckets: what a source gets, whom a flood hurts, what it costs. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { SourceLimiter, TotalLimiter } from '../../../live/host/limits.ts';
import { endpoint, spoofed } from './support.ts';

const S = 1_000_000;

describe('the bucket of a source', () => {
  it('lets through the burst, then the rate, whatever the pattern', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 500 }),
        fc.integer({ min: 1, max: 50 }),
        fc.array(fc.integer({ min: 0, max: 100_000 }), { minLength: 1, maxLength: 300 }),
        (perSecond, burst, gaps) => {
          const limiter = new SourceLimiter({ perSecond, burst }, 5);
          const from = endpoint('192.0.2.1:1');
          let nowUs = 0;
          let passed = 0;
          for (const gap of gaps) {
            nowUs += gap;
            if (limiter.take(from, 0, nowUs)) passed++;
          }
          expect(passed).toBeLessThanOrEqual(burst + (nowUs * perSecond) / S + 1e-6);
          expect(passed).toBeGreaterThanOrEqual(Math.min(gaps.length, burst));
        },
      ),
    );
  });

  it('gives a steady sender below the rate everything', () => {
    const limiter = new SourceLimiter({ perSecond: 100, burst: 1 }, 5);
    for (let i = 0; i < 1_000; i++)
      expect(limiter.take(endpoint('192.0.2.1:1'), 0, i * 10_001)).toBe(true);
  });

  it('is one for all ports of an address and all addresses of an IPv6 /64', () => {
    const share = (x: string, y: string): boolean => {
      const limiter = new SourceLimiter({ perSecond: 1, burst: 1 }, 5);
      expect(limiter.take(endpoint(x), 0, 1)).toBe(true);
      return !limiter.take(endpoint(y), 0, 1);
    };
    expect(share('192.0.2.1:1', '192.0.2.1:2')).toBe(true);
    expect(share('192.0.2.1:1', '192.0.2.2:1')).toBe(false);
    expect(share('[2001:db8:1:2::1]:1', '[2001:db8:1:2:ffff::9]:7')).toBe(true);
    expect(share('[2001:db8:1:2::1]:1', '[2001:db8:1:3::1]:1')).toBe(false);
    expect(share('[2001:db8:1:2::1]:1', '[2001:db9:1:2::1]:1')).toBe(false);
  });

  it('stays empty for a flooder among 200,000 invented sources', () => {
    const limiter = new SourceLimiter({ perSecond: 1, burst: 10 }, 77);
    const flooder = endpoint('192.0.2.1:1');
    let passed = 0;
    for (let i = 0; i < 200_000; i++) {
      limiter.take(spoofed(i), 0, i);
      if (limiter.take(flooder, 0, i)) passed++;
    }
    expect(passed).toBe(10);
  });
});

describe('the bucket of all', () => {
  it('keeps half for endpoints that are held', () => {
    const limiter = new TotalLimiter({ perSecond: 1_000, burst: 100 });
    let strangers = 0;
    for (let i = 0; i < 1_000; i++) if (limiter.take(false, 1)) strangers++;
    expect(strangers).toBe(50);
    let known = 0;
    for (let i = 0; i < 1_000; i++) if (limiter.take(true, 1)) known++;
    expect(known).toBe(50);
    // A flood of strangers and a conversation of half the rate: the conversation loses nothing.
    let lost = 0;
    for (let ms = 1; ms <= 2_000; ms++) {
      for (let i = 0; i < 20; i++) limiter.take(false, 1 + ms * 1_000);
      if (ms % 2 === 0 && !limiter.take(true, 1 + ms * 1_000)) lost++;
    }
    expect(lost).toBe(0);
  });

  it('is refused a rate that is none', () => {
    for (const perSecond of [0, -1, NaN, Infinity])
      expect(() => new TotalLimiter({ perSecond, burst: 1 })).toThrow('limit');
    expect(() => new SourceLimiter({ perSecond: 1, burst: 0.5 }, 1)).toThrow('limit');
  });
});
