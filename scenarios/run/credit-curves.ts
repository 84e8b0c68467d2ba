/** What a run keeps for charts about credit: tables of lives, the curve of the score, vintages. Only where a chart draws them. */
import { rocAt } from '../economy/metrics/scoring.ts';
import { vintageCurves } from '../economy/metrics/credit.ts';
import type { ResolvedScenario } from '../model.ts';
import { DISTRIBUTION_STEPS, type RunSummary, type VintageSummary } from '../summary.ts';
import type { Line } from '../money/credit/arrears.ts';
import type { MetricBook } from './metric-book.ts';

const HOUR_US = 3_600_000_000;
/** Lengths of the periods in which lines are opened, hours: the longest of which a run has four, so that four curves have some length. */
const PERIODS_HOURS = [1, 2, 6, 12, 24, 48, 72, 168, 720];
const PERIODS_MIN = 4;
/** Ages at which a vintage is looked at, in one period. */
const STEPS = 12;

/** Lines of credit by when they were opened. A run of less than four hours has periods of a quarter of it. */
export function vintagesOf(lines: readonly Line[], durationUs: number): VintageSummary[] {
  const hours = PERIODS_HOURS.findLast((one) => one * HOUR_US * PERIODS_MIN <= durationUs);
  const widthUs = hours === undefined ? durationUs / PERIODS_MIN : hours * HOUR_US;
  const stepUs = widthUs / STEPS;
  const credit = lines.map(({ openedUs, defaultedUs }) => ({
    openedAt: openedUs,
    amount: 0n,
    ...(defaultedUs < 0 ? {} : { default: { at: defaultedUs, exposure: 0n, recovered: 0n } }),
  }));
  return vintageCurves(credit, widthUs, stepUs, durationUs).map((vintage) => ({
    fromUs: vintage.cohort * widthUs,
    stepUs,
    lines: vintage.lines,
    defaulted: vintage.defaulted,
  }));
}

export function creditCurves(
  { charts, roles }: ResolvedScenario,
  book: MetricBook,
  nowUs: number,
): Pick<RunSummary, 'lives' | 'roc' | 'vintages'> {
  const marks = new Set(charts.map(({ mark }) => mark));
  const lives = Object.fromEntries(
    charts.flatMap(({ mark, of }) => {
      const found = mark === 'survival' ? book.lives.get(of!.metric) : undefined;
      if (found === undefined) return [];
      const byRole = Object.fromEntries(roles.map(({ name }, role) => [name, found.table(role)]));
      return [[of!.metric, { all: found.table(), byRole }]];
    }),
  );
  const { roc } = book;
  return {
    ...(Object.keys(lives).length === 0 ? {} : { lives }),
    ...(!marks.has('roc') || roc === undefined
      ? {}
      : {
          roc: Array.from({ length: DISTRIBUTION_STEPS + 1 }, (_, i) =>
            rocAt(roc, i / DISTRIBUTION_STEPS),
          ),
        }),
    ...(!marks.has('vintage') || book.lines.length === 0
      ? {}
      : { vintages: vintagesOf(book.lines, nowUs) }),
  };
}
