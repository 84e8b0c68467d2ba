import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { closest, typingDistance } from '../../../scenarios/language/suggest.ts';
import {
  formatLaw,
  formatPolicy,
  parseLaw,
  parsePolicy,
  parseRange,
  rangeValues,
} from '../../../scenarios/language/values.ts';
import type { DurationLaw } from '../../../sim/random/law.ts';

const us = fc.integer({ min: 1, max: 1e12 });

const anyLaw: fc.Arbitrary<DurationLaw> = fc.oneof(
  us.map((valueUs) => ({ law: 'constant' as const, valueUs })),
  us.map((meanUs) => ({ law: 'exponential' as const, meanUs })),
  fc
    .tuple(us, us)
    .map(([a, b]) => ({ law: 'uniform' as const, lowUs: Math.min(a, b), highUs: Math.max(a, b) })),
  fc.tuple(us, us).map(([a, b]) => ({
    law: 'lognormal' as const,
    medianUs: Math.min(a, b),
    p99Us: Math.max(a, b),
  })),
  fc.tuple(us, us).map(([meanUs, sdUs]) => ({ law: 'normal' as const, meanUs, sdUs })),
  fc
    .tuple(us, fc.double({ min: 0.01, max: 10, noNaN: true }))
    .map(([scaleUs, shape]) => ({ law: 'weibull' as const, scaleUs, shape })),
);

describe('distributions', () => {
  it('survive being written and read', () => {
    fc.assert(
      fc.property(anyLaw, (law) => {
        expect(parseLaw(formatLaw(law))).toEqual({ ok: true, value: law });
      }),
    );
  });

  it('with a comma name the comma and the text without it', () => {
    const reading = parseLaw('lognormal(median 40 min, p99 6 h)');
    expect(reading).toMatchObject({
      ok: false,
      fault: { code: 'MF-0107', offset: 23, suggestion: 'lognormal(median 40 min p99 6 h)' },
    });
  });

  it('point at the argument that is wrong', () => {
    expect(parseLaw('normal(10 s sd 2)')).toMatchObject({
      ok: false,
      fault: { code: 'MF-0114', offset: 15, length: 1 },
    });
  });
});

describe('routing policies', () => {
  it('survive being written and read', () => {
    for (const policy of ['pss', 'pss-v2', 'tree'] as const)
      for (let trees = 1; trees <= (policy === 'tree' ? 5 : 1); trees++)
        for (const stemHops of [0, 1, 3]) {
          const word = { policy, trees, stemHops };
          expect(parsePolicy(formatPolicy(word))).toEqual({ ok: true, value: word });
        }
  });

  it.each([
    'tree',
    'tree(0)',
    'tree(6)',
    'tree(x)',
    'pss(2)',
    'pss + leaf(2)',
    'pss +',
    '+ stem(3)',
    'stem(3)',
  ])('"%s" is refused', (text) => {
    expect(parsePolicy(text).ok).toBe(false);
  });
});

describe('ranges', () => {
  it.each([
    ['0..12 bits step 2', ['0 bits', '2 bits', '4 bits', '6 bits', '8 bits', '10 bits', '12 bits']],
    ['0..60% step 20%', ['0%', '20%', '40%', '60%']],
    ['0%..60% step 20', ['0%', '20%', '40%', '60%']],
    ['1..4 step 1', ['1', '2', '3', '4']],
    ['0.1..0.5 step 0.1', ['0.1', '0.2', '0.3', '0.4', '0.5']],
    ['1 s..10 s step 4 s', ['1 s', '5 s', '9 s']],
  ])('%s has the values it says', (text, expected) => {
    const range = parseRange(text);
    expect(range.ok && rangeValues(range.value)).toEqual(expected);
  });

  it.each(['5..1', '1 s..4 bits', '1..4 step 0', 'a..b', '1..2 KiB step 3 s'])(
    '"%s" is refused',
    (text) => {
      expect(parseRange(text).ok).toBe(false);
    },
  );
});

describe('suggestions', () => {
  it('count a swap of neighbours as one slip', () => {
    expect(typingDistance('bukcet', 'bucket')).toBe(1);
    expect(typingDistance('luminousity', 'luminosity')).toBe(1);
    expect(typingDistance('', 'abc')).toBe(3);
  });

  it('measure a distance: symmetric, zero only for equal words, and never above the longer word', () => {
    const word = fc.stringMatching(/^[a-e]{0,6}$/);
    fc.assert(
      fc.property(word, word, (a, b) => {
        const distance = typingDistance(a, b);
        expect(distance).toBe(typingDistance(b, a));
        expect(distance === 0).toBe(a === b);
        expect(distance).toBeLessThanOrEqual(Math.max(a.length, b.length));
      }),
    );
  });

  it('are not made for words that have nothing in common', () => {
    expect(closest('moon', ['internet', 'datacentre', 'lan'])).toBeUndefined();
  });
});
