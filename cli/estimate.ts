/** Whether a run fits this machine: asked before it starts, and watched while it goes on. */
import { totalmem } from 'node:os';
import type { ResolvedScenario } from '../scenarios/model.ts';
import { estimateRun } from '../scenarios/sweep/estimate.ts';
import { EXIT, UserError } from './exit.ts';

/** Share of the memory that runs may use; the rest is for the system and everybody else. */
const USABLE = 0.9;

/** Bytes that runs may use here: of the machine, or of the container that this process is kept in. */
export function usableMemoryBytes(): number {
  const limit = process.constrainedMemory();
  // Without a limit the call answers 0 or an absurdly large number, depending on the system.
  const total = limit > 0 ? Math.min(totalmem(), limit) : totalmem();
  return total * USABLE;
}

export function gibibytes(bytes: number): string {
  return `${(bytes / 2 ** 30).toFixed(1)} GiB`;
}

/** Refuses runs that cannot fit, with the way out. @throws UserError (exit 8). */
export function assertFits(
  scenarios: readonly ResolvedScenario[],
  parallel: number,
  force: boolean,
): void {
  const needed = Math.max(...scenarios.map((s) => estimateRun(s).memoryBytes)) * parallel;
  const usable = usableMemoryBytes();
  if (force || needed <= usable) return;
  throw new UserError(
    EXIT.environment,
    'MF-0800',
    `This needs about ${gibibytes(needed)} of memory and ${gibibytes(usable)} can be used here. ` +
      `Use fewer nodes (--set world.nodes=…)${parallel > 1 ? ', fewer --jobs' : ''}, or --force to try all the same.`,
  );
}
