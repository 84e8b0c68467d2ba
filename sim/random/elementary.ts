/**
 * Logarithm, exponential and normal quantile from + − × ÷ alone.
 *
 * IEEE 754 fixes the result of those four to the last bit; it does not fix `Math.log` and its like, which engines are free
 * to compute as they please. Where a result feeds an event time, one differing bit is another run, so the simulator has its
 * own. Accuracy: about 1 unit in the last place for `ln` and `exp`, 1e-15 relative for the normal quantile.
 */

/** ln 2 split so that k * LN2_HIGH is exact for |k| < 2^20. */
const LN2_HIGH = 6.9314718036912381649e-1;
const LN2_LOW = 1.90821492927058770002e-10;
const SQRT_HALF = 0.7071067811865476;
const TWO_POW_54 = 18014398509481984;

/** Scratch to take a double apart; written before every read, so it carries no state from one call to the next. */
const bits = new DataView(new ArrayBuffer(8));

/** Horner's rule, highest power first. */
function polynomial(coefficients: readonly number[], x: number): number {
  let value = coefficients[0]!;
  for (let i = 1; i < coefficients.length; i++) value = value * x + coefficients[i]!;
  return value;
}

/** Natural logarithm of a positive finite number. */
export function ln(x: number): number {
  if (!(x > 0) || x === Infinity) throw new Error(`ln(${x}): expected a positive finite number`);
  let exponent = 0;
  let y = x;
  if (y < 2.2250738585072014e-308) {
    y *= TWO_POW_54;
    exponent = -54;
  }
  bits.setFloat64(0, y);
  const high = bits.getUint32(0);
  exponent += (high >>> 20) - 1022;
  bits.setUint32(0, (high & 0x000fffff) | 0x3fe00000);
  let m = bits.getFloat64(0);
  if (m < SQRT_HALF) {
    m *= 2;
    exponent--;
  }
  // ln m = 2 artanh(s), s = (m - 1) / (m + 1); |s| < 0.1716, so 11 terms reach the last bit. The leading part f - f²/2 is
  // kept apart, as its rounding would otherwise dominate near 1.
  const f = m - 1;
  const s = f / (2 + f);
  const z = s * s;
  // 2/k for k = 23, 21, ..., 3, written out: as a loop over a table it costs about twice as much.
  let r = 0.08695652173913043;
  r = r * z + 0.09523809523809523;
  r = r * z + 0.10526315789473684;
  r = r * z + 0.11764705882352941;
  r = r * z + 0.13333333333333333;
  r = r * z + 0.15384615384615385;
  r = r * z + 0.18181818181818182;
  r = r * z + 0.2222222222222222;
  r = r * z + 0.2857142857142857;
  r = r * z + 0.4;
  r = r * z + 0.6666666666666666;
  r *= z;
  const half = 0.5 * f * f;
  return exponent * LN2_HIGH - (half - (s * (half + r) + exponent * LN2_LOW) - f);
}

/** e to the x. 0 below -745.2, Infinity above 709.79. */
export function exp(x: number): number {
  if (Number.isNaN(x)) throw new Error('exp(NaN)');
  if (x > 709.782712893384) return Infinity;
  if (x < -745.1332191019411) return 0;
  const k = Math.floor(x / 0.6931471805599453 + 0.5);
  const r = x - k * LN2_HIGH - k * LN2_LOW;
  // |r| <= 0.3466: the Taylor series to r^14 is below half a unit in the last place.
  // 1/n! for n = 14, 13, ..., 0.
  let sum = 1.1470745597729725e-11;
  sum = sum * r + 1.6059043836821613e-10;
  sum = sum * r + 2.08767569878681e-9;
  sum = sum * r + 2.505210838544172e-8;
  sum = sum * r + 2.755731922398589e-7;
  sum = sum * r + 2.7557319223985893e-6;
  sum = sum * r + 2.48015873015873e-5;
  sum = sum * r + 0.0001984126984126984;
  sum = sum * r + 0.001388888888888889;
  sum = sum * r + 0.008333333333333333;
  sum = sum * r + 0.041666666666666664;
  sum = sum * r + 0.16666666666666666;
  sum = sum * r + 0.5;
  sum = sum * r + 1.0;
  sum = sum * r + 1;
  return scale(sum, k);
}

/** x * 2^k without rounding but the last, for results that may be subnormal. */
function scale(x: number, k: number): number {
  if (k < -1000) return scale(x, k + 200) * powerOfTwo(-200);
  if (k > 1000) return scale(x, k - 200) * powerOfTwo(200);
  return x * powerOfTwo(k);
}

function powerOfTwo(k: number): number {
  bits.setUint32(0, (k + 1023) << 20);
  bits.setUint32(4, 0);
  return bits.getFloat64(0);
}

/**
 * Rational approximations of the normal quantile in three ranges, highest power first.
 * Source: M. J. Wichura, "Algorithm AS 241: The percentage points of the normal distribution", Applied Statistics 37 (1988)
 * 477-484, PPND16; relative error about 1e-16.
 */
const CENTRE_NUMERATOR = [
  2.5090809287301226727e3, 3.3430575583588128105e4, 6.7265770927008700853e4,
  4.5921953931549871457e4, 1.3731693765509461125e4, 1.9715909503065514427e3,
  1.3314166789178437745e2, 3.387132872796366608,
];
const CENTRE_DENOMINATOR = [
  5.226495278852854561e3, 2.8729085735721942674e4, 3.930789580009271061e4, 2.1213794301586595867e4,
  5.394196021424751108e3, 6.871870074920579083e2, 4.2313330701600911252e1, 1,
];
const TAIL_NUMERATOR = [
  7.7454501427834140764e-4, 2.27238449892691845833e-2, 2.4178072517745061177e-1,
  1.27045825245236838258, 3.64784832476320460504, 5.7694972214606914055, 4.6303378461565452959,
  1.42343711074968357734,
];
const TAIL_DENOMINATOR = [
  1.05075007164441684324e-9, 5.475938084995344946e-4, 1.51986665636164571966e-2,
  1.4810397642748007459e-1, 6.8976733498510000455e-1, 1.6763848301838038494, 2.05319162663775882187,
  1,
];
const FAR_TAIL_NUMERATOR = [
  2.01033439929228813265e-7, 2.71155556874348757815e-5, 1.2426609473880784386e-3,
  2.6532189526576123093e-2, 2.9656057182850489123e-1, 1.7848265399172913358, 5.4637849111641143699,
  6.6579046435011037772,
];
const FAR_TAIL_DENOMINATOR = [
  2.04426310338993978564e-15, 1.4215117583164458887e-7, 1.8463183175100546818e-5,
  7.868691311456132591e-4, 1.48753612908506148525e-2, 1.3692988092273580531e-1,
  5.9983220655588793769e-1, 1,
];
/** Half-width of the middle range in probability, and where the far tail begins in sqrt(-ln p). */
const CENTRE_HALF_WIDTH = 0.425;
const FAR_TAIL_FROM = 5;

/** Quantile of the standard normal law at 0 < p < 1 (AS 241), exactly antisymmetric about 1/2 where 1 - p is exact. */
export function normalQuantile(p: number): number {
  if (!(p > 0 && p < 1)) throw new Error(`normalQuantile(${p}): expected a number between 0 and 1`);
  const q = p - 0.5;
  if (q >= -CENTRE_HALF_WIDTH && q <= CENTRE_HALF_WIDTH) {
    const r = CENTRE_HALF_WIDTH * CENTRE_HALF_WIDTH - q * q;
    return (q * polynomial(CENTRE_NUMERATOR, r)) / polynomial(CENTRE_DENOMINATOR, r);
  }
  const r = Math.sqrt(-ln(q < 0 ? p : 1 - p));
  const z =
    r <= FAR_TAIL_FROM
      ? polynomial(TAIL_NUMERATOR, r - 1.6) / polynomial(TAIL_DENOMINATOR, r - 1.6)
      : polynomial(FAR_TAIL_NUMERATOR, r - 5) / polynomial(FAR_TAIL_DENOMINATOR, r - 5);
  return q < 0 ? -z : z;
}
