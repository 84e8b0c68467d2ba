/**
 * Expectations over a sweep: several seeds at each point, several points.
 *
 * At a point, a comparison is judged by the interval of its margin over seeds: it holds when the whole interval is on
 * the right side, is broken when it is wholly on the wrong side, and is unclear otherwise, with the number of seeds
 * that would settle it. A trend is judged between neighbouring values of its parameter, by the differences of the same
 * seed at both (same seeds everywhere, so what the seed contributes cancels out). A step that is surely wrong breaks
 * it; it holds when no step is and the whole way, first to last, is surely right. The confidence is shared out over the
 * steps (Bonferroni), so that a long sweep is not broken by chance.
 */
import { parameterValue } from '../language/parameters.ts';
import type { Expectation } from '../model.ts';
import type { ExpectationResult, Verdict } from '../summary.ts';
import { evaluate, measure, resultHead, termValue, type MetricSource } from './evaluate.ts';
import { intervalOf, valuesToSettle } from './student.ts';

/** One run at a point. */
export interface SweepRun {
  seed: number;
  source: MetricSource;
  /** That run's own results, for always, never, sometimes and eventually. */
  results?: readonly ExpectationResult[];
}

export interface SweepPointRuns {
  params: { [name: string]: string };
  /** The expectations as resolved at this point: `applies` depends on its parameters. */
  expectations: readonly Expectation[];
  runs: readonly SweepRun[];
}

export interface SweepVerdicts {
  /** Results of each point, in the order of the points; trends are skipped here. */
  points: ExpectationResult[][];
  /** One result for each expectation over the whole sweep. */
  overall: ExpectationResult[];
}

export function evaluateSweep(points: readonly SweepPointRuns[]): SweepVerdicts {
  const perPoint = points.map((point) => [
    ...point.expectations.map((expectation, i) => atPoint(expectation, i, point.runs)),
    ...unwritten(point),
  ]);
  const first = points[0];
  const overall = (first?.expectations ?? []).map((expectation, i) =>
    expectation.condition.kind === 'trend'
      ? trend(expectation, i, points)
      : together(
          expectation,
          perPoint.map((results) => results[i]),
        ),
  );
  return { points: perPoint, overall: [...overall, ...distinct(points.flatMap(unwritten))] };
}

/** What runs were expected to do without being told (faults that must strike), where they did not. */
function unwritten(point: SweepPointRuns): ExpectationResult[] {
  return distinct(point.runs.flatMap((run) => run.results?.slice(point.expectations.length) ?? []));
}

function distinct(results: readonly ExpectationResult[]): ExpectationResult[] {
  return [...new Map(results.map((result) => [result.check, result])).values()];
}

function atPoint(
  expectation: Expectation,
  index: number,
  runs: readonly SweepRun[],
): ExpectationResult {
  const head = resultHead(expectation);
  const condition = expectation.condition;
  if (!expectation.applies)
    return { ...head, verdict: 'skipped', reason: `applies when ${expectation.when ?? 'true'}` };
  if (condition.kind === 'trend')
    return { ...head, verdict: 'skipped', reason: 'judged over the whole sweep' };
  if (expectation.mode !== 'check') return wholeRuns(expectation, index, runs);
  const measured = runs.flatMap((run) => {
    const one = measure(condition, run.source);
    return one === undefined ? [] : [one];
  });
  if (measured.length === 0) return { ...head, verdict: 'unclear', reason: 'nothing was measured' };
  const lefts = intervalOf(
    measured.map((one) => one.left),
    expectation.confidence,
  );
  const margins = intervalOf(
    measured.map((one) => one.margin),
    expectation.confidence,
  );
  const numbers = { value: lefts.mean, margin: margins.mean };
  const allAgree = measured.every((one) => one.holds === measured[0]?.holds);
  if (condition.operator === '==' || condition.operator === '!=') {
    // An interval around a difference of zero decides nothing, so equality is asked of each seed.
    return allAgree
      ? { ...head, ...numbers, verdict: measured[0]?.holds === true ? 'holds' : 'broken' }
      : condition.operator === '=='
        ? { ...head, ...numbers, verdict: 'broken', reason: 'not equal at every seed' }
        : { ...head, ...numbers, verdict: 'broken', reason: 'equal at some seeds' };
  }
  const half = margins.halfWidth;
  if (half === undefined)
    return {
      ...head,
      ...numbers,
      verdict: measured[0]?.holds === true ? 'holds' : 'broken',
      reason: 'one seed only, so no interval',
    };
  if (half === 0)
    return {
      ...head,
      ...numbers,
      verdict: allAgree && measured[0]?.holds === true ? 'holds' : 'broken',
    };
  if (margins.mean - half > 0) return { ...head, ...numbers, verdict: 'holds' };
  if (margins.mean + half < 0) return { ...head, ...numbers, verdict: 'broken' };
  const total = valuesToSettle(margins, expectation.confidence, Math.abs(margins.mean));
  const more = total - margins.n;
  return {
    ...head,
    ...numbers,
    verdict: 'unclear',
    ...(Number.isFinite(more) ? { moreSeeds: more } : {}),
    reason: Number.isFinite(more)
      ? `the interval reaches over the limit; about ${more} more ${more === 1 ? 'seed' : 'seeds'} would settle it`
      : 'the mean is at the limit itself; no number of seeds would settle it',
  };
}

/** always, never and eventually must be right in each run; sometimes in one of them. */
function wholeRuns(
  expectation: Expectation,
  index: number,
  runs: readonly SweepRun[],
): ExpectationResult {
  const head = resultHead(expectation);
  const results = runs.map((run) => run.results?.[index] ?? evaluate(expectation, run.source));
  const clear = results.filter((r) => r.verdict === 'holds' || r.verdict === 'broken');
  if (clear.length === 0) return { ...head, verdict: 'unclear', reason: 'nothing was measured' };
  const held = clear.filter((result) => result.verdict === 'holds').length;
  const holds = expectation.mode === 'sometimes' ? held > 0 : held === clear.length;
  const broken = clear.find((result) => result.verdict === 'broken');
  return {
    ...head,
    verdict: holds ? 'holds' : 'broken',
    reason: `${held} of ${clear.length} ${clear.length === 1 ? 'seed' : 'seeds'}`,
    ...(holds || broken?.firstBrokenUs === undefined
      ? {}
      : { firstBrokenUs: broken.firstBrokenUs }),
  };
}

/** The worst of all points that were asked. */
function together(
  expectation: Expectation,
  results: readonly (ExpectationResult | undefined)[],
): ExpectationResult {
  const head = resultHead(expectation);
  const asked = results.flatMap((r) => (r === undefined || r.verdict === 'skipped' ? [] : [r]));
  if (asked.length === 0)
    return {
      ...head,
      verdict: 'skipped',
      reason: `applies at no point: ${expectation.when ?? ''}`,
    };
  const count = (verdict: Verdict): number => asked.filter((r) => r.verdict === verdict).length;
  const verdict: Verdict =
    count('broken') > 0 ? 'broken' : count('unclear') > 0 ? 'unclear' : 'holds';
  const tightest = asked
    .filter((r) => r.verdict === verdict && r.margin !== undefined)
    .toSorted((a, b) => (a.margin ?? 0) - (b.margin ?? 0))[0];
  return {
    ...head,
    verdict,
    ...(tightest?.value === undefined ? {} : { value: tightest.value }),
    ...(tightest?.margin === undefined ? {} : { margin: tightest.margin }),
    reason: `${verdict} at ${count(verdict)} of ${asked.length} ${asked.length === 1 ? 'point' : 'points'}`,
  };
}

interface SeedValues {
  at: number;
  bySeed: Map<number, number>;
}

function trend(
  expectation: Expectation,
  index: number,
  points: readonly SweepPointRuns[],
): ExpectationResult {
  const head = resultHead(expectation);
  const condition = expectation.condition;
  if (condition.kind !== 'trend') throw new Error(`not a trend: ${expectation.check}`);
  const sign =
    (condition.direction === 'rises' ? 1 : -1) *
    (condition.parameterDirection === 'rises' ? 1 : -1);
  const groups = new Map<string, SeedValues[]>();
  for (const point of points) {
    const text = point.params[condition.parameter];
    const at = text === undefined ? undefined : parameterValue(text).number;
    if (at === undefined || point.expectations[index]?.applies !== true) continue;
    const others = Object.entries(point.params)
      .filter(([name]) => name !== condition.parameter)
      .map(([name, value]) => `${name}=${value}`)
      .join(' ');
    const bySeed = new Map<number, number>();
    for (const run of point.runs) {
      const value = termValue(condition.of, run.source);
      if (value !== undefined) bySeed.set(run.seed, value);
    }
    groups.set(others, [...(groups.get(others) ?? []), { at, bySeed }]);
  }
  const lines = [...groups.entries()].map(([others, line]) => ({
    others,
    line: line.toSorted((a, b) => a.at - b.at),
  }));
  const long = lines.filter(({ line }) => line.length >= 2);
  if (long.length === 0)
    return { ...head, verdict: 'skipped', reason: `needs a sweep over ${condition.parameter}` };
  const verdicts = long.map(({ line, others }) => ({
    others,
    verdict: lineVerdict(line, sign, expectation.confidence),
  }));
  const worst =
    verdicts.find((v) => v.verdict === 'broken') ?? verdicts.find((v) => v.verdict === 'unclear');
  if (worst === undefined) return { ...head, verdict: 'holds' };
  const where = worst.others === '' ? '' : ` at ${worst.others}`;
  return {
    ...head,
    verdict: worst.verdict,
    reason:
      worst.verdict === 'broken'
        ? `a step goes the other way${where}`
        : `the change is within the noise${where}; more seeds would tell`,
  };
}

/** One line of points along the parameter, all else equal. */
function lineVerdict(line: readonly SeedValues[], sign: number, confidence: number): Verdict {
  const shared = 1 - (1 - confidence) / Math.max(1, line.length - 1);
  const step = (
    from: SeedValues,
    to: SeedValues,
    coverage: number,
  ): 'right' | 'wrong' | 'noise' => {
    const differences = [...from.bySeed.entries()].flatMap(([seed, value]) => {
      const other = to.bySeed.get(seed);
      return other === undefined ? [] : [sign * (other - value)];
    });
    if (differences.length === 0) return 'noise';
    const { mean, halfWidth = 0 } = intervalOf(differences, coverage);
    return mean - halfWidth > 0 ? 'right' : mean + halfWidth < 0 ? 'wrong' : 'noise';
  };
  for (let i = 1; i < line.length; i++) {
    const [from, to] = [line[i - 1], line[i]];
    if (from !== undefined && to !== undefined && step(from, to, shared) === 'wrong')
      return 'broken';
  }
  const [first, last] = [line[0], line[line.length - 1]];
  if (first === undefined || last === undefined) return 'unclear';
  const whole = step(first, last, confidence);
  return whole === 'right' ? 'holds' : whole === 'wrong' ? 'broken' : 'unclear';
}
