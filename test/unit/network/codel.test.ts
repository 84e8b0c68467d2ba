import { describe, expect, it } from 'vitest';
import { CoDel } from '../../../sim/network/codel.ts';

const TARGET = 1_000;
const INTERVAL = 10_000;
const LONG = 5_000;

/** A queue that has dropped three datagrams (due at 11,000, 21,000 and 28,071) and then fell below target. */
function afterThreeDrops(): CoDel {
  const codel = new CoDel(1, TARGET, INTERVAL);
  const seen = [
    [1_000, LONG],
    [11_000, LONG],
    [21_000, LONG],
    [21_000, LONG],
    [28_072, LONG],
    [28_072, 0],
  ].map(([now, wait]) => codel.drops(0, now!, wait!, 0));
  expect(seen).toEqual([false, true, true, false, true, false]);
  return codel;
}

/** Whether a queue that is above target from `aboveUs` on drops at `checkUs`, after its first drop one interval later. */
function secondDropBy(codel: CoDel, aboveUs: number, checkUs: number): boolean {
  expect(codel.drops(0, aboveUs, LONG, 0)).toBe(false);
  expect(codel.drops(0, aboveUs + INTERVAL, LONG, 0)).toBe(true);
  return codel.drops(0, checkUs, LONG, 0);
}

describe('CoDel that becomes bad again', () => {
  // Re-entering at count 2 makes the second drop due I/√2 = 7,071 after the first, at count 1 a whole interval.
  it('resumes at the rate that controlled the queue a moment ago', () => {
    expect(secondDropBy(afterThreeDrops(), 50_000, 67_072)).toBe(true);
  });

  it('starts anew 16 intervals after the last schedule', () => {
    expect(secondDropBy(afterThreeDrops(), 250_000, 267_072)).toBe(false);
    expect(secondDropBy(afterThreeDrops(), 250_000, 270_000)).toBe(true);
  });

  it('does not count a schedule that the last drop never got, because the queue was good after it', () => {
    // 16 intervals after 28,071 are over at 190,000; they would not be after 28,071 + I/√3.
    expect(secondDropBy(afterThreeDrops(), 180_000, 198_000)).toBe(false);
    expect(secondDropBy(afterThreeDrops(), 180_000, 200_000)).toBe(true);
  });

  it('keeps the state of queues apart', () => {
    const codel = new CoDel(2, TARGET, INTERVAL);
    for (let now = 1_000; now <= 100_000; now += 500) {
      codel.drops(0, now, LONG, 0);
      expect(codel.drops(1, now, TARGET - 1, 0)).toBe(false);
    }
  });
});
