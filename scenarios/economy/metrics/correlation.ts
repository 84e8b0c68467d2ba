/** Spearman's rank correlation, for whether those who work more also earn more. */

/** Ranks from 1, equal values sharing the mean of theirs. */
function ranks(values: ArrayLike<number>): Float64Array {
  const order = Array.from(values, (_, at) => at).sort((a, b) => values[a]! - values[b]!);
  const result = new Float64Array(order.length);
  for (let from = 0; from < order.length;) {
    let to = from + 1;
    while (to < order.length && values[order[to]!] === values[order[from]!]) to++;
    for (let i = from; i < to; i++) result[order[i]!] = (from + to + 1) / 2;
    from = to;
  }
  return result;
}

/** Rank correlation in [-1, 1], ties by mean rank; NaN where all of one side are equal. */
export function spearman(a: ArrayLike<number>, b: ArrayLike<number>): number {
  if (a.length !== b.length) throw new Error(`${a.length} values and ${b.length} values`);
  const x = ranks(a);
  const y = ranks(b);
  const middle = (x.length + 1) / 2;
  let xy = 0;
  let xx = 0;
  let yy = 0;
  for (let i = 0; i < x.length; i++) {
    xy += (x[i]! - middle) * (y[i]! - middle);
    xx += (x[i]! - middle) * (x[i]! - middle);
    yy += (y[i]! - middle) * (y[i]! - middle);
  }
  return xy / Math.sqrt(xx * yy);
}
