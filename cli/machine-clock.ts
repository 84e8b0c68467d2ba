/** The clock of this machine, for what a verb writes times into; a clock that no network could bear is the user's to set. */
import { createMachine, EarlyClockError, LiveClock } from '../live/host/clock.ts';
import { EXIT, UserError } from './exit.ts';

/** Network time now, microseconds, from a clock of its own. @throws UserError for a machine that believes it to be before 2026. */
export function openClock(): () => number {
  const clock = made();
  return () => {
    clock.read();
    return clock.nowUs;
  };
}

function made(): LiveClock {
  try {
    return new LiveClock(createMachine());
  } catch (error) {
    throw earlyClock(error) ?? error;
  }
}

/** What to tell the user of a clock that is far too early; undefined for any other error. */
export function earlyClock(error: unknown): UserError | undefined {
  return error instanceof EarlyClockError
    ? new UserError(EXIT.environment, 'MF-0828', error.message)
    : undefined;
}
