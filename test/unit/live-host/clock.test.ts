/** Network time: follows the wall, survives its jumps, never runs backwards. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  createMachine,
  JUMP_US,
  LiveClock,
  NETWORK_EPOCH_US,
  type ClockJump,
} from '../../../live/host/clock.ts';
import { ManualMachine } from './support.ts';

const S = 1_000_000;

function clockOf(machine: ManualMachine): { clock: LiveClock; jumps: ClockJump[] } {
  const jumps: ClockJump[] = [];
  return { clock: new LiveClock(machine, (jump) => jumps.push(jump)), jumps };
}

describe('the live clock', () => {
  it('counts from 2026', () => {
    expect(NETWORK_EPOCH_US).toBe(Date.parse('2026-01-01T00:00:00Z') * 1_000);
    const { clock } = clockOf(new ManualMachine(5 * S));
    expect(clock.nowUs).toBe(5 * S);
    expect(() => new LiveClock(new ManualMachine(-1))).toThrow('2025-12-31T23:59:59');
  });

  it('stands still between readings and advances with the steady clock', () => {
    const machine = new ManualMachine(5 * S);
    const { clock, jumps } = clockOf(machine);
    machine.timeUs += 1_234;
    expect(clock.nowUs).toBe(5 * S);
    clock.read();
    expect(clock.nowUs).toBe(5 * S + 1_234);
    expect(clock.steadyUs).toBe(machine.steadyUs());
    // The wall clock may be coarse: below the limit only the steady one counts.
    machine.jump(JUMP_US);
    machine.timeUs += 10;
    clock.read();
    expect(clock.nowUs).toBe(5 * S + 1_244);
    expect(jumps).toEqual([]);
  });

  it('steps forward with the wall clock', () => {
    const machine = new ManualMachine(5 * S);
    const { clock, jumps } = clockOf(machine);
    machine.jump(3_600 * S);
    clock.read();
    expect(clock.nowUs).toBe(3_605 * S);
    expect(jumps).toEqual([{ byUs: 3_600 * S, holdUs: 0 }]);
  });

  it('waits until a wall clock that was set back has caught up', () => {
    const machine = new ManualMachine(100 * S);
    const { clock, jumps } = clockOf(machine);
    machine.jump(-60 * S);
    clock.read();
    // A microsecond a reading, so that what happens meanwhile still has an order.
    expect(clock.nowUs).toBe(100 * S + 1);
    expect(jumps).toEqual([{ byUs: -60 * S, holdUs: 60 * S + 1 }]);
    const steady = clock.steadyUs;
    machine.timeUs += 59 * S;
    clock.read();
    expect(clock.nowUs).toBe(100 * S + 2);
    expect(clock.steadyUs).toBe(steady + 59 * S);
    machine.timeUs += 2 * S;
    clock.read();
    expect(clock.nowUs).toBe(101 * S);
    expect(jumps.length).toBe(1);
  });

  it('never runs backwards and ends within two seconds of the wall, or waits for it', () => {
    const step = fc.record({
      passUs: fc.integer({ min: 0, max: 100 * S }),
      jumpUs: fc.oneof(fc.constant(0), fc.integer({ min: -50 * S, max: 50 * S })),
    });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 40 }), (steps) => {
        const machine = new ManualMachine(10_000 * S);
        const { clock } = clockOf(machine);
        let latest = clock.nowUs;
        let highest = clock.nowUs;
        let readings = 0;
        for (const { passUs, jumpUs } of steps) {
          machine.timeUs += passUs;
          machine.jump(jumpUs);
          clock.read();
          highest = Math.max(highest, machine.timeUs);
          expect(clock.nowUs).toBeGreaterThanOrEqual(latest);
          expect(clock.nowUs).toBeGreaterThanOrEqual(machine.timeUs - JUMP_US);
          expect(clock.nowUs).toBeLessThanOrEqual(highest + JUMP_US + ++readings);
          latest = clock.nowUs;
        }
      }),
    );
  });
});

describe('this machine', () => {
  it('has clocks in whole microseconds and an alarm that the last caller sets', async () => {
    const machine = createMachine();
    expect(Number.isInteger(machine.steadyUs())).toBe(true);
    expect(Math.abs(machine.wallUs() - Date.now() * 1_000)).toBeLessThan(S);
    const start = machine.steadyUs();
    const rang = await new Promise<string>((resolve) => {
      machine.wakeAfter(1_000, () => {
        resolve('first');
      });
      machine.wakeAfter(20_000, () => {
        resolve('second');
      });
    });
    expect(rang).toBe('second');
    expect(machine.steadyUs() - start).toBeGreaterThanOrEqual(18_000);
    // Longer than a Node timer takes: it must not ring at once.
    let early = false;
    machine.wakeAfter(Number.MAX_SAFE_INTEGER, () => {
      early = true;
    });
    await new Promise((resolve) => setTimeout(resolve, 30));
    expect(early).toBe(false);
    machine.sleep();
  });
});
