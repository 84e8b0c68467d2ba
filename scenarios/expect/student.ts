/**
 * Student's t quantiles, for intervals over a handful of seeds (with five seeds the normal law would claim 95% and
 * give 88%). The distribution function is the regularised incomplete beta function by its continued fraction (Lentz's
 * method; Abramowitz & Stegun 26.5.8 and 26.7.1), the quantile is found by halving.
 */

/** Logarithm of the gamma function (Lanczos, g = 7, nine terms), relative error below 1e-13 for x > 0. */
function logGamma(x: number): number {
  const coefficients = [
    0.99999999999980993, 676.5203681218851, -1259.1392167224028, 771.32342877765313,
    -176.61502916214059, 12.507343278686905, -0.13857109526572012, 9.9843695780195716e-6,
    1.5056327351493116e-7,
  ];
  const z = x - 1;
  let sum = coefficients[0] ?? 0;
  for (let i = 1; i < coefficients.length; i++) sum += (coefficients[i] ?? 0) / (z + i);
  const t = z + 7.5;
  return 0.5 * Math.log(2 * Math.PI) + (z + 0.5) * Math.log(t) - t + Math.log(sum);
}

function betaFraction(a: number, b: number, x: number): number {
  const tiny = 1e-300;
  const guard = (value: number): number => (Math.abs(value) < tiny ? tiny : value);
  let c = 1;
  let d = 1 / guard(1 - ((a + b) * x) / (a + 1));
  let fraction = d;
  for (let m = 1; m <= 300; m++) {
    const even = (m * (b - m) * x) / ((a + 2 * m - 1) * (a + 2 * m));
    d = 1 / guard(1 + even * d);
    c = guard(1 + even / c);
    fraction *= d * c;
    const odd = (-(a + m) * (a + b + m) * x) / ((a + 2 * m) * (a + 2 * m + 1));
    d = 1 / guard(1 + odd * d);
    c = guard(1 + odd / c);
    const step = d * c;
    fraction *= step;
    if (Math.abs(step - 1) < 1e-14) break;
  }
  return fraction;
}

/** Regularised incomplete beta function I_x(a, b). */
function incompleteBeta(a: number, b: number, x: number): number {
  if (x <= 0) return 0;
  if (x >= 1) return 1;
  const front = Math.exp(
    logGamma(a + b) - logGamma(a) - logGamma(b) + a * Math.log(x) + b * Math.log(1 - x),
  );
  return x < (a + 1) / (a + b + 2)
    ? (front * betaFraction(a, b, x)) / a
    : 1 - (front * betaFraction(b, a, 1 - x)) / b;
}

/** The t with P(|T| <= t) = coverage for `freedom` degrees of freedom (at least 1); coverage in (0, 1). */
export function studentQuantile(coverage: number, freedom: number): number {
  if (!(coverage > 0 && coverage < 1) || !(freedom >= 1))
    throw new Error(`studentQuantile: coverage ${coverage}, degrees of freedom ${freedom}`);
  const outside = (t: number): number =>
    incompleteBeta(freedom / 2, 0.5, freedom / (freedom + t * t));
  let low = 0;
  let high = 1;
  while (outside(high) > 1 - coverage) high *= 2;
  for (let i = 0; i < 100; i++) {
    const middle = (low + high) / 2;
    if (outside(middle) > 1 - coverage) low = middle;
    else high = middle;
  }
  return (low + high) / 2;
}

/** Mean of some values and the half-width of its interval; `halfWidth` is undefined below two values. */
export interface Interval {
  n: number;
  mean: number;
  sd: number;
  halfWidth?: number;
}

export function intervalOf(values: readonly number[], coverage: number): Interval {
  const n = values.length;
  const mean = values.reduce((sum, value) => sum + value, 0) / n;
  if (n < 2) return { n, mean, sd: 0 };
  const squares = values.reduce((sum, value) => sum + (value - mean) * (value - mean), 0);
  const sd = Math.sqrt(squares / (n - 1));
  return { n, mean, sd, halfWidth: (studentQuantile(coverage, n - 1) * sd) / Math.sqrt(n) };
}

/** How many values would make the half-width smaller than `distance`, if the spread stays as it is. */
export function valuesToSettle(interval: Interval, coverage: number, distance: number): number {
  if (interval.sd === 0 || distance === 0) return Infinity;
  let n = interval.n + 1;
  // The quantile changes little beyond a few values, so a fixed point is reached in a few rounds.
  for (let round = 0; round < 20; round++) {
    const needed = Math.ceil(
      Math.pow((studentQuantile(coverage, n - 1) * interval.sd) / distance, 2),
    );
    const next = Math.max(interval.n + 1, needed);
    if (next === n) break;
    n = next;
  }
  return n;
}
