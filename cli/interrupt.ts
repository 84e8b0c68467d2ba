/**
 * Ctrl-C: the first asks for a clean end (partial results are kept and shown), the second ends the process now.
 */
import { EXIT } from './exit.ts';
import type { Output } from './output.ts';

export interface Interrupt {
  readonly requested: boolean;
  dispose(): void;
}

export function watchInterrupt(output: Output, what: string): Interrupt {
  let requested = false;
  const handler = (): void => {
    if (requested) {
      process.stderr.write('\nStopped at once. What was finished before is kept.\n');
      process.exit(EXIT.interrupted);
    }
    requested = true;
    output.talk(`\nStopping ${what}; results so far are kept. Ctrl-C again stops at once.`);
  };
  process.on('SIGINT', handler);
  process.on('SIGTERM', handler);
  return {
    get requested() {
      return requested;
    },
    dispose() {
      process.off('SIGINT', handler);
      process.off('SIGTERM', handler);
    },
  };
}
