/**
 * How well a score tells bad debtors from good ones: ROC curve, area under it, Kolmogorov–Smirnov distance, Brier score, accuracy ratio.
 *
 * A higher score means "more likely to default" throughout. Equal scores are one step of the curve (a straight line through their rectangle), which is
 * the same as counting a tied pair half; breaking ties by input order would make the figures depend on who is listed first.
 */

export interface RocPoint {
  /** Everybody with a score of at least this is called bad; Infinity at the first point, which calls nobody bad. */
  threshold: number;
  /** Share of the good that are called bad. */
  falsePositives: number;
  /** Share of the bad that are called bad. */
  truePositives: number;
}

/**
 * ROC curve from (0, 0) to (1, 1), one point per distinct score.
 * @throws unless there are both good and bad, and as many outcomes as scores
 */
export function rocCurve(scores: ArrayLike<number>, bad: ArrayLike<boolean>): RocPoint[] {
  const order = descending(scores, bad);
  const totalBad = order.reduce((count, at) => count + (bad[at]! ? 1 : 0), 0);
  const totalGood = order.length - totalBad;
  if (totalBad === 0 || totalGood === 0)
    throw new Error(`ROC of ${totalBad} bad and ${totalGood} good: expected some of both`);
  const curve: RocPoint[] = [{ threshold: Infinity, falsePositives: 0, truePositives: 0 }];
  let good = 0;
  let caught = 0;
  order.forEach((at, rank) => {
    if (bad[at]!) caught++;
    else good++;
    const next = order[rank + 1];
    if (next !== undefined && scores[next] === scores[at]) return;
    curve.push({
      threshold: scores[at]!,
      falsePositives: good / totalGood,
      truePositives: caught / totalBad,
    });
  });
  return curve;
}

function descending(scores: ArrayLike<number>, bad: ArrayLike<boolean>): number[] {
  if (scores.length !== bad.length)
    throw new Error(`${scores.length} scores and ${bad.length} outcomes`);
  const order = Array.from(scores, (score, at) => {
    if (Number.isNaN(score)) throw new Error(`score ${at} is not a number`);
    return at;
  });
  return order.sort((a, b) => (scores[b]! > scores[a]! ? 1 : scores[b]! < scores[a]! ? -1 : a - b));
}

/**
 * Share of the bad that are called bad where `falsePositives` of the good are: the curve's height, its top where it is upright. Curves of several samples are
 * averaged at equal places of this axis (T. Fawcett, Pattern Recognition Letters 27 (2006) 861-874, algorithm 3).
 */
export function rocAt(curve: readonly RocPoint[], falsePositives: number): number {
  const at = curve.findLastIndex((point) => point.falsePositives <= falsePositives);
  const left = curve[at]!;
  const right = curve[at + 1];
  if (right === undefined || left.falsePositives === falsePositives) return left.truePositives;
  const part =
    (falsePositives - left.falsePositives) / (right.falsePositives - left.falsePositives);
  return left.truePositives + part * (right.truePositives - left.truePositives);
}

/** Area under the ROC curve: probability that a random bad one scores above a random good one, ties counted half. */
export function areaUnderCurve(scores: ArrayLike<number>, bad: ArrayLike<boolean>): number {
  const curve = rocCurve(scores, bad);
  let area = 0;
  for (let i = 1; i < curve.length; i++) {
    const left = curve[i - 1]!;
    const right = curve[i]!;
    area +=
      ((right.falsePositives - left.falsePositives) * (right.truePositives + left.truePositives)) /
      2;
  }
  return area;
}

/** Accuracy ratio (Gini of the score), 2 AUC - 1: 0 for a coin, 1 for a perfect score, negative for one that is upside down. */
export function accuracyRatio(scores: ArrayLike<number>, bad: ArrayLike<boolean>): number {
  return 2 * areaUnderCurve(scores, bad) - 1;
}

/** Kolmogorov–Smirnov distance between the scores of the bad and of the good: greatest distance of the two distribution functions. */
export function scoreDistance(scores: ArrayLike<number>, bad: ArrayLike<boolean>): number {
  return rocCurve(scores, bad).reduce(
    (most, point) => Math.max(most, Math.abs(point.truePositives - point.falsePositives)),
    0,
  );
}

/** Brier score: mean squared difference of the stated probability of default and what came (0 or 1); 0 is perfect, a quarter is a coin. */
export function brierScore(probabilities: ArrayLike<number>, bad: ArrayLike<boolean>): number {
  if (probabilities.length !== bad.length || bad.length === 0)
    throw new Error(`${probabilities.length} probabilities and ${bad.length} outcomes`);
  let sum = 0;
  for (let i = 0; i < bad.length; i++) {
    const p = probabilities[i]!;
    if (!(p >= 0 && p <= 1)) throw new Error(`probability ${p}: expected 0 to 1`);
    const miss = p - (bad[i]! ? 1 : 0);
    sum += miss * miss;
  }
  return sum / bad.length;
}
