import { describe, expect, it } from 'vitest';
import { FOUND, NO_ACCESS, OVER_THRESHOLD } from '../../../scenarios/economy/counters.ts';
import { Patience } from '../../../scenarios/economy/patience.ts';

describe('an originator that waits', () => {
  const rules = { waiting: true, retry: false, attemptsMax: 2 };

  it('asks again in a later epoch, not in the same one', () => {
    const patience = new Patience(rules);
    expect(patience.next(0)).toBe(-1);
    patience.after(7, OVER_THRESHOLD, 3, 0);
    expect(patience.next(0)).toBe(-1);
    expect(patience.next(1)).toBe(7);
    // Once an epoch, even before the answer is known.
    expect(patience.next(1)).toBe(-1);
    patience.after(7, FOUND, 3, 1);
    expect(patience.next(2)).toBe(-1);
    expect(patience.waiting).toBe(0);
  });

  it('takes its chunks in turns, the oldest first', () => {
    const patience = new Patience(rules);
    for (const chunk of [5, 6, 7]) patience.after(chunk, OVER_THRESHOLD, 1, 0);
    expect([1, 1, 1, 1].map((epoch) => patience.next(epoch))).toEqual([5, 6, 7, -1]);
    expect([2, 2, 2].map((epoch) => patience.next(epoch))).toEqual([5, 6, 7]);
  });

  it('gives a chunk up after its attempts', () => {
    const patience = new Patience(rules);
    patience.after(7, OVER_THRESHOLD, 3, 0);
    for (const epoch of [1, 2]) {
      expect(patience.next(epoch)).toBe(7);
      patience.after(7, OVER_THRESHOLD, 3, epoch);
    }
    expect(patience.next(3)).toBe(7);
    patience.after(7, OVER_THRESHOLD, 3, 3);
    expect(patience.waiting).toBe(0);
  });

  it('does not wait for what nobody can reach', () => {
    const patience = new Patience(rules);
    patience.after(7, NO_ACCESS, 3, 0);
    expect(patience.waiting).toBe(0);
    patience.after(7, OVER_THRESHOLD, 3, 0);
    patience.after(7, NO_ACCESS, 3, 1);
    expect(patience.waiting).toBe(0);
  });
});

describe('an originator that tries another peer', () => {
  const rules = { waiting: false, retry: true, attemptsMax: 2 };

  it('asks at once, and keeps clear of first hops that failed', () => {
    const patience = new Patience(rules);
    expect(patience.avoided).toBeUndefined();
    patience.after(7, OVER_THRESHOLD, 3, 0);
    expect(patience.next(0)).toBe(7);
    expect([...patience.avoided!]).toEqual([3]);
    patience.after(7, NO_ACCESS, 4, 0);
    expect([...patience.avoided!]).toEqual([3, 4]);
    patience.after(7, FOUND, 5, 0);
    expect(patience.next(0)).toBe(-1);
    expect(patience.avoided).toBeUndefined();
  });

  it('gives up after its attempts, and where there is nobody left to ask', () => {
    const patience = new Patience(rules);
    for (const hop of [3, 4, 5]) patience.after(7, OVER_THRESHOLD, hop, 0);
    expect(patience.next(0)).toBe(-1);
    patience.after(7, OVER_THRESHOLD, 3, 0);
    patience.after(7, NO_ACCESS, -1, 0);
    expect(patience.next(0)).toBe(-1);
    // What was kept clear of for one chunk is no matter for the next.
    patience.after(8, OVER_THRESHOLD, 9, 0);
    expect([...patience.avoided!]).toEqual([9]);
  });

  it('with waiting, comes back to a chunk that it could not reach', () => {
    const patience = new Patience({ ...rules, waiting: true });
    patience.after(7, NO_ACCESS, -1, 0);
    expect(patience.next(0)).toBe(-1);
    expect(patience.next(1)).toBe(7);
  });
});
