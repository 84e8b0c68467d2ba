/**
 * One expectation against one run.
 *
 * Where numbers come from is hidden behind `MetricSource`: a running world, a stored summary and a test's table all
 * look alike. A bare metric (`delivery.rate`) means the mean of its samples. What cannot be computed (no sample at all)
 * is unclear, never silently true.
 */
import { metricDefinition } from '../metrics.ts';
import type { Condition, Expectation, MetricReference, Statistic, Term } from '../model.ts';
import type { ExpectationResult, RunSummary, Verdict } from '../summary.ts';
import { ordered } from './condition.ts';
import { joined, isPure, statisticUnit, type Dimension } from './units.ts';

/** Gives statistics of what was measured; undefined where there is no sample. All in base units. */
export interface MetricSource {
  value(statistic: Statistic, reference: MetricReference): number | undefined;
}

/** What was seen of one expectation. Times are network time, microseconds. */
export interface ExpectationHistory {
  checks: number;
  held: number;
  firstHeldUs?: number;
  firstFailedUs?: number;
}

/** Value of a term, or undefined when part of it has no sample or it divides by zero. */
export function termValue(term: Term, source: MetricSource): number | undefined {
  if (term.kind === 'number') return term.value;
  if (term.kind === 'statistic') return source.value(term.statistic, term.of);
  const left = termValue(term.left, source);
  const right = termValue(term.right, source);
  if (left === undefined || right === undefined) return undefined;
  switch (term.operator) {
    case '+':
      return left + right;
    case '-':
      return left - right;
    case '*':
      return left * right;
    case '/':
      return right === 0 ? undefined : left / right;
  }
}

/** Unit of a term whose units were checked when it was read. */
export function termUnit(term: Term): Dimension {
  if (term.kind === 'number') return 'plain';
  if (term.kind === 'statistic') {
    const metric = metricDefinition(term.of.metric);
    return metric === undefined ? 'plain' : statisticUnit(term.statistic, metric.unit);
  }
  const left = termUnit(term.left);
  const right = termUnit(term.right);
  if (term.operator === '+' || term.operator === '-') return joined(left, right);
  if (isPure(left) && isPure(right)) return 'plain';
  if (isPure(right)) return left;
  return term.operator === '/' ? 'plain' : right;
}

/** Both sides of a comparison and the distance to the limit: positive when it holds with room to spare. */
export interface Measured {
  left: number;
  right: number;
  margin: number;
  holds: boolean;
}

export function measure(
  condition: Extract<Condition, { kind: 'compare' }>,
  source: MetricSource,
): Measured | undefined {
  const left = termValue(condition.left, source);
  const right = termValue(condition.right, source);
  if (left === undefined || right === undefined) return undefined;
  const holds = ordered(left, condition.operator, right);
  const difference = left - right;
  const margin =
    condition.operator === '<' || condition.operator === '<='
      ? right - left
      : condition.operator === '>' || condition.operator === '>='
        ? difference
        : condition.operator === '=='
          ? 0 - Math.abs(difference)
          : Math.abs(difference);
  return { left, right, margin, holds };
}

/** The unit that a result is given in: that of the left side, or of the right one when the left is a bare number. */
export function resultUnit(condition: Condition): string | undefined {
  const unit =
    condition.kind === 'trend'
      ? termUnit(condition.of)
      : joined(termUnit(condition.left), termUnit(condition.right));
  return unit === 'plain' ? undefined : unit;
}

/** The part of a result that is the same for every verdict. */
export function resultHead(
  expectation: Expectation,
): Pick<ExpectationResult, 'check' | 'when' | 'why' | 'unit'> {
  const unit = resultUnit(expectation.condition);
  return {
    check: expectation.check,
    ...(unit === undefined ? {} : { unit }),
    ...(expectation.when === undefined ? {} : { when: expectation.when }),
    ...(expectation.why === undefined ? {} : { why: expectation.why }),
  };
}

/**
 * Verdict of one run. `history` is what the monitor saw while the run went on; without it `always` and `never` are
 * judged by the end alone, and the result says so.
 */
export function evaluate(
  expectation: Expectation,
  source: MetricSource,
  history?: ExpectationHistory,
): ExpectationResult {
  const head = resultHead(expectation);
  if (!expectation.applies)
    return { ...head, verdict: 'skipped', reason: `applies when ${expectation.when ?? 'true'}` };
  const condition = expectation.condition;
  if (condition.kind === 'trend') return { ...head, verdict: 'skipped', reason: 'needs a sweep' };
  const measured = measure(condition, source);
  const numbers = measured === undefined ? {} : { value: measured.left, margin: measured.margin };
  if (expectation.mode === 'check') {
    if (measured === undefined)
      return { ...head, verdict: 'unclear', reason: 'nothing was measured' };
    return { ...head, verdict: measured.holds ? 'holds' : 'broken', ...numbers };
  }
  const seen: ExpectationHistory =
    history ??
    (measured === undefined
      ? { checks: 0, held: 0 }
      : {
          checks: 1,
          held: measured.holds ? 1 : 0,
        });
  if (seen.checks === 0) return { ...head, verdict: 'unclear', reason: 'nothing was measured' };
  const { verdict, firstBrokenUs } = judge(expectation, seen);
  return {
    ...head,
    verdict,
    ...numbers,
    ...(firstBrokenUs === undefined ? {} : { firstBrokenUs }),
    reason:
      history === undefined
        ? 'checked at the end only'
        : `checked ${seen.checks} ${seen.checks === 1 ? 'time' : 'times'}`,
  };
}

function judge(
  expectation: Expectation,
  seen: ExpectationHistory,
): { verdict: Verdict; firstBrokenUs?: number } {
  const failed = (us: number | undefined): { verdict: Verdict; firstBrokenUs?: number } => ({
    verdict: 'broken',
    ...(us === undefined ? {} : { firstBrokenUs: us }),
  });
  switch (expectation.mode) {
    case 'always':
      return seen.held === seen.checks ? { verdict: 'holds' } : failed(seen.firstFailedUs);
    case 'never':
      return seen.held === 0 ? { verdict: 'holds' } : failed(seen.firstHeldUs);
    case 'sometimes':
      return { verdict: seen.held > 0 ? 'holds' : 'broken' };
    default: {
      const inTime =
        seen.held > 0 &&
        (expectation.withinUs === undefined ||
          (seen.firstHeldUs !== undefined && seen.firstHeldUs <= expectation.withinUs));
      return { verdict: inTime ? 'holds' : 'broken' };
    }
  }
}

/** A stored summary as a source. It keeps no samples, so `slope` of it is unknown, and `gini` of what is no amount of money. */
export function summarySource(summary: Pick<RunSummary, 'metrics' | 'byRole'>): MetricSource {
  return {
    value(statistic, reference) {
      const table =
        reference.where === undefined ? summary.metrics : summary.byRole[reference.where.value];
      const found = table?.[reference.metric];
      if (found === undefined) return statistic === 'count' ? 0 : undefined;
      if (statistic === 'count') return found.count;
      if (statistic === 'sum') return found.mean * found.count;
      if (found.count === 0) return undefined;
      switch (statistic) {
        case 'value':
        case 'mean':
        case 'share':
          return found.mean;
        case 'median':
        case 'p95':
        case 'p99':
        case 'min':
        case 'max':
        case 'gini':
          return found[statistic];
        default:
          return undefined;
      }
    },
  };
}
