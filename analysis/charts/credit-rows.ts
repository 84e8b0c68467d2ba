/**
 * Rows of curves about credit, which a run keeps as they are and not as quantiles.
 *
 * Survival pools the names of all seeds, who lived and were lost sight of one by one, into one Kaplan–Meier estimate; its interval is Greenwood's. A ROC curve
 * is averaged over seeds at equal shares of false alarms, with Student's interval. Vintages pool the lines of credit of all seeds that began in the same period.
 */
import { kaplanMeier, survivalAt } from '../../scenarios/economy/metrics/survival.ts';
import { intervalOf } from '../../scenarios/expect/student.ts';
import type { Chart } from '../../scenarios/model.ts';
import { DISTRIBUTION_STEPS, type LifeTable, type RunSummary } from '../../scenarios/summary.ts';
import type { Row } from './row.ts';

const CONFIDENCE = 0.95;
const US_PER_HOUR = 3_600_000_000;
const HOURS_PER_DAY = 24;

/** Label of the places at which somebody was seen no longer. */
export const CENSORED = '+';
/** Colour of the line of a score that knows nothing. */
export const COIN = 'a coin';

/** What is left, of times until an event. */
const LEFT: { readonly [metric: string]: string } = {
  'shutout.time': 'share still served',
  'invoices.lateness': 'share still unpaid',
};

export function survivorsOf(metric: string): string {
  return LEFT[metric] ?? 'share still there';
}

type Place = Omit<Row, 'y' | 'x'>;

/** Whether the runs hold curves for this chart, and not quantiles only. */
export function hasCurves({ mark, of }: Chart, summaries: readonly RunSummary[]): boolean {
  if (mark === 'roc' || mark === 'vintage') return true;
  return mark === 'survival' && summaries.some(({ lives }) => lives?.[of!.metric] !== undefined);
}

/** Rows of one group of runs, of everybody or of one role. */
export function creditRows(
  { mark, of }: Chart,
  summaries: readonly RunSummary[],
  role: string | undefined,
  at: Place,
): Row[] {
  if (mark === 'roc') return rocRows(summaries, at);
  if (mark === 'vintage') return vintageRows(summaries, at);
  const who = role ?? of!.where?.value;
  const tables = summaries.flatMap(({ lives }): LifeTable[] => {
    const found = lives?.[of!.metric];
    const table = who === undefined ? found?.all : found?.byRole[who];
    return table === undefined || table.timesUs.length === 0 ? [] : [table];
  });
  return tables.length === 0 ? [] : survivalRows(tables, at);
}

/** Steps of the estimate, and a mark wherever somebody was seen no longer. */
export function survivalRows(tables: readonly LifeTable[], at: Place): Row[] {
  const durations: number[] = [];
  const happened: boolean[] = [];
  const censored = new Set<number>();
  for (const table of tables)
    table.timesUs.forEach((timeUs, i) => {
      const [events, left] = [table.events[i]!, table.censored[i]!];
      for (let k = 0; k < events + left; k++) {
        durations.push(timeUs);
        happened.push(k < events);
      }
      if (left > 0) censored.add(timeUs);
    });
  const steps = kaplanMeier(durations, happened);
  const rows: Row[] = [{ ...at, x: 0, y: 1, low: 1, high: 1 }];
  for (const { time, survival, interval } of steps)
    rows.push({ ...at, x: time, y: survival, low: interval[0], high: interval[1] });
  const end = durations.reduce((most, one) => Math.max(most, one), 0);
  rows.push({ ...rows.at(-1)!, x: end });
  const marks = [...censored].sort((a, b) => a - b);
  for (const x of marks) rows.push({ ...at, label: CENSORED, x, y: survivalAt(steps, x) });
  return rows;
}

function rocRows(summaries: readonly RunSummary[], at: Place): Row[] {
  const curves = summaries.flatMap(({ roc }) => (roc === undefined ? [] : [roc]));
  if (curves.length === 0) return [];
  const rows = Array.from({ length: DISTRIBUTION_STEPS + 1 }, (_, i): Row => {
    const { mean, halfWidth } = intervalOf(
      curves.map((curve) => curve[i]!),
      CONFIDENCE,
    );
    const half = halfWidth ?? 0;
    const low = Math.max(0, mean - half);
    const high = Math.min(1, mean + half);
    return { ...at, n: curves.length, x: i / DISTRIBUTION_STEPS, y: mean, low, high };
  });
  return [{ ...rows[0]!, y: 0, low: 0, high: 0 }, ...rows];
}

/** The line of a score that tells nobody from anybody. */
export function coinRows(like: Row): Row[] {
  return [0, 1].map((x) => ({ ...like, x, y: x, low: x, high: x, colour: COIN }));
}

function vintageRows(summaries: readonly RunSummary[], at: Place): Row[] {
  const cohorts = new Map<number, { stepUs: number; lines: number; defaulted: number[] }>();
  for (const { vintages } of summaries)
    for (const { fromUs, stepUs, lines, defaulted } of vintages ?? []) {
      const known = cohorts.get(fromUs) ?? { stepUs, lines: 0, defaulted: defaulted.map(() => 0) };
      // A seed whose youngest line is younger ends the curve of all: beyond it some would be missing.
      const ages = Math.min(known.defaulted.length, defaulted.length);
      known.defaulted = Array.from(
        { length: ages },
        (_, age) => known.defaulted[age]! + defaulted[age]! * lines,
      );
      known.lines += lines;
      cohorts.set(fromUs, known);
    }
  return [...cohorts]
    .sort(([a], [b]) => a - b)
    .flatMap(([fromUs, { stepUs, lines, defaulted }]) => {
      if (defaulted.length === 0) return [];
      const colour = `${beginning(fromUs)} (n = ${lines})`;
      const begun: Row[] = [{ ...at, colour, x: 0, y: 0 }];
      return begun.concat(
        defaulted.map((sum, age) => ({ ...at, colour, x: (age + 1) * stepUs, y: sum / lines })),
      );
    });
}

function beginning(fromUs: number): string {
  const hours = fromUs / US_PER_HOUR;
  if (hours % HOURS_PER_DAY === 0) return `day ${hours / HOURS_PER_DAY}`;
  return Number.isInteger(hours) ? `hour ${hours}` : `minute ${Math.round(hours * 60)}`;
}
