import fc from 'fast-check';
import { expect, it } from 'vitest';
import { REPLAY_WINDOW, ReplayWindow } from '../../../protocols/link/replay-window.ts';

it('accepts what a set of all counters would accept, within its width', () => {
  const step = fc.oneof(
    { weight: 6, arbitrary: fc.integer({ min: -40, max: 40 }) },
    { weight: 2, arbitrary: fc.integer({ min: -1_100, max: 1_100 }) },
    { weight: 1, arbitrary: fc.integer({ min: 0, max: 5_000_000_000 }) },
  );
  fc.assert(
    fc.property(fc.array(step, { maxLength: 400 }), (steps) => {
      const window = new ReplayWindow();
      const seen = new Set<number>();
      let highest = -1;
      let at = 0;
      for (const by of steps) {
        at = Math.max(0, at + by);
        const fresh = !seen.has(at) && at > highest - REPLAY_WINDOW;
        expect(window.isFresh(at)).toBe(fresh);
        if (!fresh) continue;
        window.accept(at);
        seen.add(at);
        highest = Math.max(highest, at);
        expect(window.highest).toBe(highest);
      }
    }),
    { numRuns: 500 },
  );
});
