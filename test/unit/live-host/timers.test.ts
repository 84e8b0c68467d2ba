/** Timers in the order of (due time, id), against sorting; memory bounded by what is pending. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { TimerQueue } from '../../../live/host/timers.ts';

interface Entry {
  dueUs: number;
  id: number;
  kind: number;
}

describe('the timer queue', () => {
  it('gives what sorting gives', () => {
    const step = fc.oneof(
      { weight: 3, arbitrary: fc.record({ set: fc.nat(50) }) },
      { weight: 2, arbitrary: fc.record({ cancel: fc.nat(300) }) },
      { weight: 1, arbitrary: fc.record({ until: fc.nat(60) }) },
    );
    fc.assert(
      fc.property(fc.array(step, { maxLength: 300 }), (steps) => {
        const queue = new TimerQueue();
        let model: Entry[] = [];
        let nowUs = 0;
        let count = 0;
        for (const s of steps) {
          if ('set' in s) {
            const dueUs = nowUs + s.set;
            const id = queue.set(dueUs, 3, count, -count);
            model.push({ dueUs, id, kind: count++ });
          } else if ('cancel' in s) {
            queue.cancel(s.cancel);
            model = model.filter((m) => m.id !== s.cancel);
          } else {
            nowUs += s.until;
            model.sort((x, y) => x.dueUs - y.dueUs || x.id - y.id);
            expect(queue.nextDueUs()).toBe(model[0]?.dueUs ?? Infinity);
            for (;;) {
              const due = queue.take(nowUs);
              if (due === undefined) break;
              const expected = model.shift()!;
              expect(due).toMatchObject({ ...expected, owner: 3, argument: -expected.kind | 0 });
            }
            expect(model.every((m) => m.dueUs > nowUs)).toBe(true);
          }
          expect(queue.size).toBe(model.length);
        }
      }),
      { numRuns: 500 },
    );
  });

  it('keeps 32-bit integers, as the simulator does', () => {
    const queue = new TimerQueue();
    queue.set(1, 0, 0x1_0000_0003, 0xffffffff);
    expect(queue.take(1)).toMatchObject({ kind: 3, argument: -1 });
  });

  it('forgets cancelled timers that are not due for long', () => {
    const queue = new TimerQueue();
    for (let i = 0; i < 10; i++) queue.set(1_000_000 + i, 0, i, 0);
    for (let i = 0; i < 100_000; i++) queue.cancel(queue.set(1e12, 0, 0, 0));
    expect(queue.size).toBe(10);
    expect(queue.stored).toBeLessThanOrEqual(64);
    for (let i = 0; i < 10; i++) expect(queue.take(1e9)?.kind).toBe(i);
    expect(queue.take(1e15)).toBeUndefined();
    queue.cancel(-1);
  });
});
