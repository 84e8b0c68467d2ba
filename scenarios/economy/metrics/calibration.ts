/** How good stated numbers were: bias, percentage error, how often stated intervals held the truth. For cost estimates, default probabilities, intervals. */

export interface EstimateError {
  /** Mean of estimate minus truth, in their unit. */
  bias: number;
  /** Mean of |estimate - truth| / |truth|; over the cases whose truth is not 0, NaN without any. */
  meanPercentageError: number;
  /** Cases left out of the percentage error because the truth is 0. */
  zeroTruths: number;
}

/** Bias and mean absolute percentage error (as a ratio, not in per cent) of estimates. */
export function estimateError(
  estimates: ArrayLike<number>,
  truths: ArrayLike<number>,
): EstimateError {
  const n = estimates.length;
  if (truths.length !== n || n === 0) throw new Error(`${n} estimates and ${truths.length} truths`);
  let bias = 0;
  let relative = 0;
  let zeroTruths = 0;
  for (let i = 0; i < n; i++) {
    const error = estimates[i]! - truths[i]!;
    bias += error;
    if (truths[i] === 0) zeroTruths++;
    else relative += Math.abs(error / truths[i]!);
  }
  return { bias: bias / n, meanPercentageError: relative / (n - zeroTruths), zeroTruths };
}

/** Share of intervals, ends included, that hold their truth. */
export function coverage(
  intervals: readonly (readonly [number, number])[],
  truths: ArrayLike<number>,
): number {
  if (truths.length !== intervals.length || intervals.length === 0)
    throw new Error(`${intervals.length} intervals and ${truths.length} truths`);
  let held = 0;
  intervals.forEach(([low, high], at) => {
    if (low <= truths[at]! && truths[at]! <= high) held++;
  });
  return held / intervals.length;
}
