/**
 * How unequally something is spread: Gini, Lorenz, Theil, top share, Nakamoto coefficient.
 *
 * Those are defined for amounts that are not negative, and here they refuse others. Incomes can be negative: a relay may pay more than it earns. The usual
 * way out, dividing by the mean of the positive ones, gives a "Gini" of up to 2 and a Theil index that is no number. `signedInequality` says what can be said
 * honestly: inequality of the gross income, the share of losers, and the mean difference in the unit of the income itself.
 *
 * Sums are of doubles: exact for integers below 2^53, which amounts in accounting units are.
 */

function ascending(values: ArrayLike<number>): Float64Array {
  for (let i = 0; i < values.length; i++) {
    if (!(values[i]! >= 0)) throw new Error(`value ${values[i]}: expected a number of at least 0`);
  }
  return Float64Array.from(values).sort();
}

function sumOf(values: ArrayLike<number>): number {
  let sum = 0;
  for (let i = 0; i < values.length; i++) sum += values[i]!;
  return sum;
}

/** Sum over all pairs of |a - b|, from values in ascending order. */
function pairDifferences(sorted: Float64Array): number {
  let sum = 0;
  for (let i = 0; i < sorted.length; i++) sum += (2 * i - sorted.length + 1) * sorted[i]!;
  return sum;
}

/**
 * Gini coefficient Σ_{i<j} |x_i - x_j| / (n² · mean), 0 for equal shares up to (n-1)/n where one has all; 0 where nobody has anything.
 * @throws on negative values; use `signedInequality`
 */
export function gini(values: ArrayLike<number>): number {
  const sorted = ascending(values);
  const sum = sumOf(sorted);
  return sum === 0 ? 0 : pairDifferences(sorted) / (sorted.length * sum);
}

/**
 * Lorenz curve: entry i is the share of the sum that the i poorest of n have, from 0 to 1, n + 1 entries. Where nobody has anything it is
 * the diagonal, as for equal shares.
 * @throws on negative values
 */
export function lorenz(values: ArrayLike<number>): Float64Array {
  const sorted = ascending(values);
  const sum = sumOf(sorted);
  const curve = new Float64Array(sorted.length + 1);
  let below = 0;
  for (let i = 0; i < sorted.length; i++) {
    below += sorted[i]!;
    curve[i + 1] = sum === 0 ? (i + 1) / sorted.length : below / sum;
  }
  return curve;
}

/**
 * Theil's T index, mean of (x/µ)·ln(x/µ), nats: 0 for equal shares, ln n where one has all. A share of nothing adds nothing (its limit).
 * @throws on negative values
 */
export function theil(values: ArrayLike<number>): number {
  const sorted = ascending(values);
  const mean = sumOf(sorted) / sorted.length;
  if (!(mean > 0)) return 0;
  let sum = 0;
  for (const value of sorted) {
    if (value > 0) sum += (value / mean) * Math.log(value / mean);
  }
  return sum / sorted.length;
}

/**
 * Share of the sum that the richest `fraction` of holders has (0.01: the top 1%); at least one holder counts. 0 where nobody has anything.
 * @throws on negative values or a fraction outside (0, 1]
 */
export function topShare(values: ArrayLike<number>, fraction: number): number {
  if (!(fraction > 0 && fraction <= 1))
    throw new Error(`topShare of ${fraction}: expected a fraction in (0, 1]`);
  const sorted = ascending(values);
  const sum = sumOf(sorted);
  const holders = Math.max(1, Math.round(fraction * sorted.length));
  return sum === 0 ? 0 : sumOf(sorted.subarray(sorted.length - holders)) / sum;
}

/**
 * Nakamoto coefficient: fewest holders that together have more than `share` of the sum; 0 where nobody has anything, so that there is nothing to control.
 * @throws on negative values or a share outside [0, 1)
 */
export function nakamoto(values: ArrayLike<number>, share = 0.5): number {
  if (!(share >= 0 && share < 1)) throw new Error(`nakamoto of ${share}: expected 0 <= share < 1`);
  const sorted = ascending(values);
  const limit = share * sumOf(sorted);
  let held = 0;
  for (let count = 1; count <= sorted.length; count++) {
    held += sorted[sorted.length - count]!;
    if (held > limit) return count;
  }
  return 0;
}

export interface SignedInequality {
  /** Gini coefficient of what was received, before anything was paid on. */
  giniOfGross: number;
  /** Share of holders whose net income is negative. */
  losers: number;
  /** Mean of |a - b| over all pairs of holders, in the unit of the income; may be compared between runs of the same unit only. */
  meanDifference: number;
}

/** What can be said of the inequality of incomes that may be negative. `net` and `gross` are of the same holders. */
export function signedInequality(
  net: ArrayLike<number>,
  gross: ArrayLike<number>,
): SignedInequality {
  const n = net.length;
  if (gross.length !== n) throw new Error(`${n} net incomes and ${gross.length} gross ones`);
  const sorted = Float64Array.from(net).sort();
  let losers = 0;
  while (losers < n && sorted[losers]! < 0) losers++;
  return {
    giniOfGross: gini(gross),
    losers: n === 0 ? 0 : losers / n,
    meanDifference: n < 2 ? 0 : pairDifferences(sorted) / ((n * (n - 1)) / 2),
  };
}
