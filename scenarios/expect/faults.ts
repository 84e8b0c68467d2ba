/**
 * The expectation that every declared fault brings along: that it strikes. A run that was meant to be hurt and was not answers another
 * question than the one asked, so it must not pass in silence.
 */
import type { ExpectationResult } from '../summary.ts';

/** The result for the fault at `index` (from 0) that never fired. */
export function unfiredFault(index: number, kind: string): ExpectationResult {
  return {
    check: `fault ${index + 1} (${kind}) fires`,
    verdict: 'broken',
    value: 0,
    unit: 'count',
    reason: 'nobody was online whom it could strike, or so few that its share chose none',
  };
}
