import { describe, expect, it } from 'vitest';
import { Engine } from '../../../sim/engine.ts';

const nothing = { onEvent(): void {} };

describe('the engine', () => {
  it('refuses delays below a microsecond', () => {
    const engine = new Engine();
    expect(() => engine.schedule(0, 0, 0, 0, 0, 0)).toThrow(/at least 1 us/);
    expect(() => engine.schedule(Number.NaN, 0, 0, 0, 0, 0)).toThrow(/at least 1 us/);
  });

  it('stops at the time, the budget, the last event, or when told, and says which', () => {
    const engine = new Engine();
    for (let i = 1; i <= 10; i++) engine.schedule(i * 10, 0, 0, 0, 0, 0);
    expect(engine.run(35, nothing)).toBe('time');
    expect(engine.nowUs).toBe(35);
    expect(engine.events).toBe(3);
    expect(engine.run(1_000, nothing, 2)).toBe('budget');
    expect(engine.nowUs).toBe(50);
    expect(engine.run(1_000, { onEvent: () => engine.stop() })).toBe('stopped');
    expect(engine.run(1_000, nothing)).toBe('empty');
    expect(engine.nowUs).toBe(1_000);
    expect(engine.pending).toBe(0);
  });

  it('orders one instant by source, then by what the source did first', () => {
    const engine = new Engine(2);
    const seen: string[] = [];
    for (const [source, tag] of [
      [5, 1],
      [3, 2],
      [5, 3],
      [0, 4],
    ] as const) {
      engine.schedule(10, source, 0, tag, 0, 0);
    }
    engine.run(10, { onEvent: (kind, _target, source) => seen.push(`${source}:${kind}`) });
    expect(seen).toEqual(['0:4', '3:2', '5:1', '5:3']);
  });

  it('notices that network time stands still', { timeout: 120_000 }, () => {
    const engine = new Engine(1);
    // Forty thousand events that each cause another a microsecond later: twenty million within half a millisecond.
    for (let i = 0; i < 40_000; i++) engine.schedule(1, 0, 0, 0, 0, 0);
    const storm = {
      onEvent(): void {
        engine.schedule(1, 0, 0, 0, 0, 0);
      },
    };
    expect(() => engine.run(1_000, storm)).toThrow(/network time is stuck/);
  });
});
