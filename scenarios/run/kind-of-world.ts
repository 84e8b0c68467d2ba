/** What a world leaves out that readers of its results would take for granted. Said before anything else: a number of a coarser world is not the same number. */
import type { ResolvedScenario } from '../model.ts';

/** A sentence about the kind of world; undefined for one in which every datagram is sent. */
export function kindOfWorld({ world }: Pick<ResolvedScenario, 'world'>): string | undefined {
  return world.detail === 'flows'
    ? 'A world of flows: volumes by the hour with the real accounts, invoices, cheques, scores and contracts; no packets, no queues, no losses on the way.'
    : undefined;
}
