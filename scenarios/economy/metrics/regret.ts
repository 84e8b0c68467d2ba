/**
 * Regret of a strategy: what whoever follows it has missed by not following the best of those that were played. That of the honest strategy is the best deviation's
 * gain; if it is 0, nobody who was there did better than honest. It compares strategies side by side in one world, so it says nothing of ones nobody played.
 */

/** For each strategy, the mean profit of the best less its own. Strategies that nobody played get no entry. */
export function regrets(
  profits: readonly { strategy: number; profit: number }[],
): Map<number, number> {
  const sums = new Map<number, { sum: number; count: number }>();
  for (const { strategy, profit } of profits) {
    const entry = sums.get(strategy) ?? { sum: 0, count: 0 };
    entry.sum += profit;
    entry.count++;
    sums.set(strategy, entry);
  }
  const means = [...sums].map(([strategy, { sum, count }]) => [strategy, sum / count] as const);
  const best = Math.max(...means.map(([, mean]) => mean));
  return new Map(means.map(([strategy, mean]) => [strategy, best - mean]));
}
