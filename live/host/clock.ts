/**
 * Network time on a real machine, and the machine itself as three small abilities: two clocks and an alarm.
 *
 * Packets carry the epoch in which they end, so machines that never met must agree on the time to a few seconds: `nowUs` is wall time, counted
 * from 2026-01-01T00:00:00Z so that it stays a safe integer. A wall clock jumps, though, when it is set or when the machine wakes from
 * sleep, and a protocol must never see time run backwards. So the wall clock is read once, at an anchor, and advanced by the steady clock; only when
 * the two disagree by more than two seconds is a new anchor taken. Forward, network time steps. Backward, it waits until wall time has caught
 * up with it, a microsecond further at each reading: of two calls by one node the link believes the later, so the times of different acts
 * must differ. Below two seconds nothing happens: that much the protocols bear, and a slewed wall clock moves the steady one with it.
 *
 * `steadyUs` is what delays are measured in. A timer of a second takes a second, even while network time waits or steps an hour.
 */
import { performance } from 'node:perf_hooks';
import type { Micros } from '../../protocols/host.ts';

/** Unix time at which network time is zero: 2026-01-01T00:00:00Z, microseconds. */
export const NETWORK_EPOCH_US = 1_767_225_600_000_000;
/** Wall and steady clock may differ by this much since the anchor, microseconds. */
export const JUMP_US = 2_000_000;

const US_PER_MS = 1_000;
/** Longest wait in one piece, milliseconds: what a Node timer takes (it fires at once beyond 2^31 - 1). */
const WAIT_MS_MAX = 0x7fffffff;

/** What a host needs of the machine it runs on. */
export interface Machine {
  /** Unix time, integer microseconds (steps of a millisecond are enough). */
  wallUs(): number;
  /** Integer microseconds since some moment; never set, never running backwards. */
  steadyUs(): number;
  /** Calls `wake` once, no earlier than now and about `delayUs` from now (it may be early or late). Replaces what was asked for before. */
  wakeAfter(delayUs: number, wake: () => void): void;
  /** Forgets `wakeAfter`. */
  sleep(): void;
}

/** The machine that this process runs on. Alarms are exact to about a millisecond. */
export function createMachine(): Machine {
  let timer: NodeJS.Timeout | undefined;
  return {
    wallUs: () => Date.now() * US_PER_MS,
    steadyUs: () => Math.floor(performance.now() * US_PER_MS),
    wakeAfter(delayUs, wake): void {
      clearTimeout(timer);
      timer = setTimeout(wake, Math.min(WAIT_MS_MAX, Math.ceil(delayUs / US_PER_MS)));
    },
    sleep(): void {
      clearTimeout(timer);
      timer = undefined;
    },
  };
}

/** The wall clock was set, or the machine slept. */
export interface ClockJump {
  /** Microseconds by which the wall clock moved against the steady one; negative for backwards. */
  byUs: number;
  /** Microseconds that network time is ahead of the wall clock now, for which it will wait. */
  holdUs: number;
}

/** The machine's clock is so wrong that no packet of the node would ever be taken. */
export class EarlyClockError extends Error {}

export class LiveClock {
  /** Network time at the last `read`. */
  nowUs: Micros;
  /** The steady clock at the last `read`. */
  steadyUs: number;
  readonly #machine: Machine;
  readonly #onJump: (jump: ClockJump) => void;
  /** What network time would be if the steady clock stood at zero. */
  #offsetUs: number;

  /** @throws EarlyClockError if the machine's clock says a time before 2026 */
  constructor(machine: Machine, onJump: (jump: ClockJump) => void = () => undefined) {
    this.#machine = machine;
    this.#onJump = onJump;
    const wallUs = machine.wallUs();
    if (!(wallUs >= NETWORK_EPOCH_US)) {
      const says = new Date(wallUs / US_PER_MS).toISOString();
      throw new EarlyClockError(
        `This machine's clock says ${says}, before network time began (2026). Set it, and keep it so: timedatectl set-ntp true`,
      );
    }
    this.steadyUs = machine.steadyUs();
    this.nowUs = wallUs - NETWORK_EPOCH_US;
    this.#offsetUs = this.nowUs - this.steadyUs;
  }

  /** Looks at the machine's clocks; until the next call both times stand still. */
  read(): void {
    this.steadyUs = Math.max(this.steadyUs, this.#machine.steadyUs());
    const wallUs = this.#machine.wallUs() - NETWORK_EPOCH_US;
    const byUs = wallUs - (this.#offsetUs + this.steadyUs);
    const jumped = Math.abs(byUs) > JUMP_US;
    if (jumped) this.#offsetUs += byUs;
    const wallNowUs = this.#offsetUs + this.steadyUs;
    this.nowUs = wallNowUs >= this.nowUs ? wallNowUs : this.nowUs + 1;
    if (jumped) this.#onJump({ byUs, holdUs: this.nowUs - wallUs });
  }
}
