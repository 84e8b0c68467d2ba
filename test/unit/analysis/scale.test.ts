/** Axes of charts that have little on them, or long words. */
import { describe, expect, it } from 'vitest';
import { wordAngle } from '../../../analysis/charts/axes.ts';
import { lonelyDomain, logFormat } from '../../../analysis/charts/scale.ts';

describe('an axis', () => {
  it('with a single number has it in the middle of a domain that has a length', () => {
    expect(lonelyDomain([24])).toEqual([0, 48]);
    expect(lonelyDomain([-2.5, -2.5])).toEqual([-5, 0]);
    expect(lonelyDomain([0])).toEqual([-1, 1]);
    expect(lonelyDomain([1, 2])).toBeUndefined();
    expect(lonelyDomain([])).toBeUndefined();
  });

  it('writes a tenth as 0.1, and a thousand as 1k', () => {
    expect(logFormat([0.05, 12])).toBe('~g');
    expect(logFormat([1, 5_000])).toBe('~s');
  });

  it('turns its words where side by side they would cover each other', () => {
    expect(wordAngle(['tree', 'pss'], 400)).toBe(0);
    expect(wordAngle(['steady', 'never', 'whitewasher', 'exit_scammer', 'forgetful'], 400)).toBe(
      -35,
    );
    expect(wordAngle([], 400)).toBe(0);
  });
});
