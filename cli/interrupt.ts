/**
 * Ctrl-C: the first asks for a clean end (partial results are kept and shown), the second ends the process now.
 */
import { EXIT } from './exit.ts';
import type { Output } from './output.ts';

export interface Interrupt {
  /** Aborted by the first Ctrl-C. */
  readonly signal: AbortSignal;
  /** Gives Ctrl-C its usual meaning back. */
  dispose(): void;
}

/** Watches for Ctrl-C (and a polite kill) while `what` goes on. */
export function watchInterrupt(output: Output, what: string): Interrupt {
  const controller = new AbortController();
  const handler = (): void => {
    if (controller.signal.aborted) {
      output.complain('Stopped at once. What was finished before is kept.');
      process.exit(EXIT.interrupted);
    }
    output.talk(`Stopping ${what}; results so far are kept. Ctrl-C again stops at once.`);
    controller.abort();
  };
  process.on('SIGINT', handler);
  process.on('SIGTERM', handler);
  return {
    signal: controller.signal,
    dispose() {
      process.off('SIGINT', handler);
      process.off('SIGTERM', handler);
    },
  };
}
