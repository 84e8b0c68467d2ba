/**
 * From the quantiles of a metric, one curve a run, to the rows of the marks that draw distributions. Quantile functions are averaged over seeds, which keeps
 * tails where they are.
 */
import type { Mark } from '../../scenarios/model.ts';
import { intervalOf } from '../../scenarios/expect/student.ts';
import type { Row } from './row.ts';

const CONFIDENCE = 0.95;

type Place = Omit<Row, 'y' | 'x'>;

/** Rows of a mark that draws a distribution. */
export function curveRows(mark: Mark, quantiles: readonly (readonly number[])[], at: Place): Row[] {
  const mean = quantiles[0]!.map((_, i) => meanOf(quantiles.map((q) => q[i]!)));
  switch (mark) {
    case 'box':
      return boxRows(mean, at);
    case 'hist':
      return histogram(quantiles, at);
    case 'survival':
      return survivalRows(mean, at);
    case 'lorenz':
      return lorenzRows(quantiles, at);
    default:
      return mean.map((x, i) => {
        const { mean: middle, halfWidth } = intervalOf(
          quantiles.map((q) => q[i]!),
          CONFIDENCE,
        );
        const half = halfWidth ?? 0;
        return { ...at, x, xLow: middle - half, xHigh: middle + half, y: i / (mean.length - 1) };
      });
  }
}

/** The line on which everybody has the same. */
export function equalShares(like: Row): Row[] {
  return [0, 1].map((x) => ({ ...like, x, y: x, colour: 'equal shares' }));
}

function boxRows(mean: readonly number[], at: Place): Row[] {
  const q = (p: number): number => mean[Math.round(p * (mean.length - 1))]!;
  const marks: [string, number][] = [
    ['min', 0.05],
    ['q1', 0.25],
    ['median', 0.5],
    ['q3', 0.75],
    ['max', 0.95],
  ];
  return marks.map(([label, p]) => ({ ...at, label, y: q(p) }));
}

/** Of times that all came to an end: those to whom the event has not happened yet. */
function survivalRows(mean: readonly number[], at: Place): Row[] {
  const steps = Math.max(1, mean.length - 1);
  return [{ ...at, x: 0, y: 1 }, ...mean.map((x, i) => ({ ...at, x, y: 1 - i / steps }))];
}

/** What the poorest share of all has of the sum, from their quantiles. */
function lorenzRows(quantiles: readonly (readonly number[])[], at: Place): Row[] {
  const curves = quantiles.flatMap((q) => {
    const sums = [0];
    for (let i = 1; i < q.length; i++) sums.push(sums[i - 1]! + (q[i - 1]! + q[i]!) / 2);
    const total = sums.at(-1)!;
    return total > 0 ? [sums.map((sum) => sum / total)] : [];
  });
  const first = curves[0];
  if (first === undefined) return [];
  return first.map((_, i) => ({
    ...at,
    x: i / (first.length - 1),
    y: meanOf(curves.map((curve) => curve[i]!)),
  }));
}

const HISTOGRAM_BINS = 24;

/** Shares of several runs' distributions in common bins: whole numbers where the values are few and whole, else 24 equal ones. */
function histogram(curves: readonly (readonly number[])[], at: Place): Row[] {
  const low = Math.min(...curves.map((c) => c[0]!));
  const high = Math.max(...curves.map((c) => c.at(-1)!));
  // A few quantiles between two whole numbers are interpolated; most stand on them.
  const onWhole = curves.flat().filter((q) => Number.isInteger(q)).length / curves.flat().length;
  const whole = onWhole > 0.8 && high - low <= HISTOGRAM_BINS;
  const width = whole ? 1 : (high - low) / HISTOGRAM_BINS || 1;
  const start = whole ? low - 0.5 : low;
  const bins = whole ? high - low + 1 : HISTOGRAM_BINS;
  const counts = new Array<number>(bins).fill(0);
  for (const q of curves.flat()) counts[Math.min(bins - 1, Math.floor((q - start) / width))]!++;
  const total = curves.flat().length;
  return counts.map((count, i) => ({ ...at, x: start + (i + 0.5) * width, y: count / total }));
}

function meanOf(values: readonly number[]): number {
  return values.reduce((sum, v) => sum + v, 0) / values.length;
}
