/** What a run will need, before it starts: from measured bytes per node and per datagram, on the safe side. */
import { freemem, totalmem } from 'node:os';
import type { ResolvedScenario } from '../scenarios/model.ts';
import { EXIT, UserError } from './exit.ts';

/** Measured by `bench build`: nodes with tables and keys cost below 20 kB each; the program itself about 120 MB. */
const BYTES_PER_NODE = 20_000;
const BYTES_OF_PROGRAM = 120_000_000;

/** Peak memory of one run in bytes. */
export function estimateMemoryBytes(scenario: ResolvedScenario): number {
  const { nodes } = scenario.world;
  // A message that reaches everyone is in flight to a whole neighbourhood at once.
  const widest = Math.max(0, ...scenario.traffic.map((t) => 2 ** -t.luminosityBits));
  const inFlight = nodes * widest * 2_500;
  return BYTES_OF_PROGRAM + nodes * BYTES_PER_NODE + inFlight;
}

/** Refuses a run that cannot fit, with the way out. */
export function assertFits(scenario: ResolvedScenario, parallel: number, force: boolean): void {
  const needed = estimateMemoryBytes(scenario) * parallel;
  const has = totalmem();
  if (force || needed <= has * 0.9) return;
  const gib = (bytes: number): string => `${(bytes / 2 ** 30).toFixed(1)} GiB`;
  throw new UserError(
    EXIT.environment,
    'MF-0800',
    `This needs about ${gib(needed)} and the machine has ${gib(has)} (${gib(freemem())} free). ` +
      `Use fewer nodes (--set world.nodes=…)${parallel > 1 ? ', fewer --jobs' : ''}, or --force to try all the same.`,
  );
}
