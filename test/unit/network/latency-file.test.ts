import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseLatencyFile, type LatencyFile } from '../../../sim/network/latency-file.ts';
import { dataFolder } from '../../support/vectors.ts';

function read(text: string): Extract<LatencyFile, { ok: true }> {
  const parsed = parseLatencyFile(text);
  if (!parsed.ok) throw new Error(parsed.problems.map((p) => `${p.line}: ${p.message}`).join('\n'));
  return parsed;
}

function problems(text: string): string[] {
  const parsed = parseLatencyFile(text);
  return (parsed.ok ? parsed.warnings : parsed.problems).map((p) => `${p.line}: ${p.message}`);
}

describe('a matrix of round-trip times', () => {
  it('becomes one-way microseconds, row by row', () => {
    const parsed = read('# made up\n0 10 3\n\n10 0 0.5\r\n3 0.5 0\n');
    expect(parsed.rows).toBe(3);
    expect([...parsed.oneWayUs]).toEqual([0, 5_000, 1_500, 5_000, 0, 250, 1_500, 250, 0]);
    expect(parsed.warnings).toEqual([]);
  });

  it('rounds to whole microseconds but never to none', () => {
    expect([...read('0 0.0001\n0.0001 0').oneWayUs]).toEqual([0, 1, 1, 0]);
  });

  it('reports a matrix that is not square, at its line', () => {
    expect(problems('0 1 2\n1 0\n2 1 0')).toEqual([
      '2: 2 values in a matrix of 3 rows: it must be square',
    ]);
  });

  it('reports every value that is no delay, at its line', () => {
    expect(problems('0 1x\n-4 0')).toEqual([
      '1: "1x" (value 2) is not a number',
      '2: value 1 is -4: a delay cannot be negative',
    ]);
    expect(problems('0 Infinity\n1 0')).toEqual(['1: "Infinity" (value 2) is not a number']);
  });

  it('counts pairs that differ by more than a tenth between directions', () => {
    expect(problems('0 100 50\n89 0 10\n46 10 0')).toEqual([
      '1: 1 of 3 pairs differ by more than 10% between directions; both are used as measured',
    ]);
    expect([...read('0 100\n50 0').oneWayUs]).toEqual([0, 50_000, 25_000, 0]);
  });

  it.each(['0', '-', 'nan', 'NaN'])(
    'fills a hole written %s from the reverse direction',
    (hole) => {
      const parsed = read(`0 ${hole} 8\n6 0 4\n8 4 0`);
      expect(parsed.oneWayUs[1]).toBe(3_000);
      expect(parsed.warnings[0]?.message).toMatch(/^1 pairs were not measured/);
    },
  );

  it('fills a hole in both directions from the medians of the two places', () => {
    const parsed = read('0 0 8 10 12\n0 0 2 4 6\n8 2 0 1 1\n10 4 1 0 1\n12 6 1 1 0');
    expect(parsed.oneWayUs[1]).toBe(((10 + 4) / 2 / 2) * 1_000);
    expect(parsed.oneWayUs[5]).toBe(parsed.oneWayUs[1]);
  });

  it('refuses what holds no two places', () => {
    expect(problems('# nothing\n')).toEqual(['1: the file has no data']);
    expect(problems('0')).toEqual(['1: the file has one place only; it takes two for a delay']);
  });

  it('refuses more places than it can hold instead of running out of memory', () => {
    expect(problems('0\n'.repeat(100_000))[0]).toMatch(/100000 places; at most 8192/);
  });

  it('shows twenty problems and counts the rest', () => {
    const found = problems(Array.from({ length: 50 }, () => 'x '.repeat(50)).join('\n'));
    expect(found).toHaveLength(20);
    expect(found.at(-1)).toMatch(/\(and 2480 more problems\)$/);
  });
});

describe('Vivaldi coordinates', () => {
  it('become distances plus both heights, one way', () => {
    const parsed = read('# id x y h height\n0 0 0 h 1\n1 3 4 h 0.5\n');
    expect([...parsed.oneWayUs]).toEqual([0, 6_500, 6_500, 0]);
  });

  it('keep two places at one spot apart by a microsecond', () => {
    expect([...read('0 1 1 h 0\n1 1 1 h 0').oneWayUs]).toEqual([0, 1, 1, 0]);
  });

  it('report lines of another form even if they come first', () => {
    expect(problems('0 1 1 h\n1 1 1 h 2\n2 1 b h 2\n3 1 1 h -2')).toEqual([
      '1: expected "id x y h height", got "0 1 1 h"',
      '3: expected "id x y h height", got "2 1 b h 2"',
      '4: height -2 is negative',
    ]);
  });
});

it('never throws, whatever the text', () => {
  const token = fc.oneof(fc.constantFrom('0', '1.5', 'h', '-', '\n', ' ', 'nan', '#'), fc.string());
  fc.assert(
    fc.property(fc.array(token, { maxLength: 40 }), (tokens) => {
      const parsed = parseLatencyFile(tokens.join(' '));
      if (!parsed.ok) return parsed.problems.length > 0;
      const { rows, oneWayUs } = parsed;
      return oneWayUs.every((us, i) => (i % (rows + 1) === 0 ? us === 0 : us >= 1));
    }),
    { numRuns: 500 },
  );
});

/**
 * Quantiles 10/50/90 of all off-diagonal delays in milliseconds: `exact` computed from the same files by an independent program
 * (numpy), `described` as the collection's own description rounds them. The description of the King coordinates is off by 0.3,
 * 0.2 and 0.4 ms from all pairs (as a sample of some 10^4 pairs would be), hence its wider band of 1.5%.
 */
describe.each([
  {
    file: 'planetlab-490-rtt-ms.txt',
    rows: 490,
    toMs: 2 / 1_000,
    exact: [31.633, 135.01, 290.72],
    described: [31.6, 135.0, 290.7],
    band: 0.002,
  },
  {
    file: 'king-1740-vivaldi.syscoord',
    rows: 1_740,
    toMs: 1 / 1_000,
    exact: [25.664, 80.605, 168.659],
    described: [26.0, 80.8, 169.1],
    band: 0.015,
  },
])('$file', ({ file, rows, toMs, exact, described, band }) => {
  const folder = dataFolder();
  const path = join(folder ?? '', 'latency', file);
  const there = folder !== undefined && existsSync(path);

  it.skipIf(!there)(`has ${rows} places and its known quantiles (skips without data)`, () => {
    const parsed = read(readFileSync(path, 'utf8'));
    expect(parsed.rows).toBe(rows);
    // A typed array sorts as numbers.
    const sorted = parsed.oneWayUs.filter((_, i) => i % (rows + 1) !== 0).sort();
    expect(sorted[0]).toBeGreaterThanOrEqual(1);
    [0.1, 0.5, 0.9].forEach((q, i) => {
      const ms = sorted[Math.floor(q * (sorted.length - 1))]! * toMs;
      expect(Math.abs(ms - exact[i]!)).toBeLessThan(0.005);
      expect(Math.abs(ms / described[i]! - 1)).toBeLessThan(band);
    });
  });
});
