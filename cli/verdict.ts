/** What a summary means for the exit code. */
import type { ExpectationResult, RunSummary } from '../scenarios/summary.ts';
import { EXIT } from './exit.ts';

/** Exit code that some verdicts ask for. */
export function exitOfVerdicts(
  expectations: readonly ExpectationResult[],
  strict: boolean,
): number {
  if (expectations.some((e) => e.verdict === 'broken')) return EXIT.expectation;
  if (strict && expectations.some((e) => e.verdict === 'unclear')) return EXIT.unclear;
  return EXIT.ok;
}

/** Exit code of a run: what ended it early comes before what it found until then. */
export function exitOfRun(
  summary: Pick<RunSummary, 'endedEarly' | 'expectations'>,
  strict: boolean,
): number {
  if (summary.endedEarly === 'interrupted') return EXIT.interrupted;
  if (summary.endedEarly !== undefined) return EXIT.environment;
  return exitOfVerdicts(summary.expectations, strict);
}
