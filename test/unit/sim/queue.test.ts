import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { HeapQueue } from '../../../sim/queue/heap.ts';
import { WheelQueue } from '../../../sim/queue/wheel.ts';

/** Delays that cross every level of the wheel, with many ties. */
const delay = fc.oneof(
  fc.integer({ min: 1, max: 5 }),
  fc.integer({ min: 1, max: 5_000 }),
  fc.integer({ min: 1, max: 10_000_000 }),
  fc.integer({ min: 1, max: 2 ** 40 }),
);
const step = fc.oneof(
  { weight: 3, arbitrary: fc.record({ push: delay, source: fc.integer({ min: 0, max: 6 }) }) },
  { weight: 2, arbitrary: fc.record({ popWithin: delay }) },
);

describe('the timing wheel', () => {
  it('hands out exactly the order of the reference heap, whatever is pushed between pops', () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 400 }), (steps) => {
        const wheel = new WheelQueue();
        const heap = new HeapQueue();
        const sequences = new Array<number>(8).fill(0);
        let nowUs = 0;
        const popBoth = (untilUs: number): boolean => {
          const expected = heap.pop(untilUs);
          const got = wheel.pop(untilUs);
          expect(got).toBe(expected !== undefined);
          if (expected === undefined) {
            if (untilUs > nowUs) nowUs = untilUs;
            return false;
          }
          const { timeUs, source, sequence, target, kind, a, b } = wheel;
          expect({ timeUs, source, sequence, target, kind, a, b }).toEqual(expected);
          nowUs = timeUs;
          return true;
        };
        for (const s of steps) {
          if ('push' in s) {
            const event = {
              timeUs: nowUs + s.push,
              source: s.source,
              sequence: sequences[s.source]!++,
              target: s.source + 1,
              kind: 3,
              a: -7,
              b: s.push | 0,
            };
            heap.push(event);
            wheel.push(event.timeUs, event.source, event.sequence, event.target, 3, -7, event.b);
          } else popBoth(nowUs + s.popWithin);
          expect(wheel.size).toBe(heap.size);
        }
        while (popBoth(Number.MAX_SAFE_INTEGER));
        expect(wheel.size).toBe(0);
      }),
      { numRuns: 300 },
    );
  });

  it('keeps the order of thousands of events at one instant', () => {
    const wheel = new WheelQueue();
    for (let i = 0; i < 5_000; i++) {
      wheel.push(77, (i * 7919) % 5_000, 0, i, 0, 0, 0);
    }
    for (let i = 0; i < 5_000; i++) {
      expect(wheel.pop(77)).toBe(true);
      expect(wheel.source).toBe(i);
    }
  });

  it('throws when two events cannot be ordered', () => {
    const wheel = new WheelQueue();
    wheel.push(5, 1, 9, 0, 0, 0, 0);
    wheel.push(5, 1, 9, 0, 0, 0, 0);
    expect(() => wheel.pop(10)).toThrow(/ambiguous order/);
  });

  it('refuses an event at the instant being handled', () => {
    const wheel = new WheelQueue();
    wheel.push(5, 1, 0, 0, 0, 0, 0);
    wheel.pop(10);
    expect(() => wheel.push(5, 1, 1, 0, 0, 0, 0)).toThrow(/at least 1 us/);
  });

  it('reaches times near the end of the clock', () => {
    const wheel = new WheelQueue();
    wheel.push(Number.MAX_SAFE_INTEGER, 0, 0, 0, 0, 0, 0);
    wheel.push(1, 0, 1, 0, 0, 0, 0);
    expect(wheel.pop(2)).toBe(true);
    expect(wheel.pop(2 ** 50)).toBe(false);
    expect(wheel.pop(Number.MAX_SAFE_INTEGER)).toBe(true);
    expect(wheel.timeUs).toBe(Number.MAX_SAFE_INTEGER);
  });
});
