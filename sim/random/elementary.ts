/**
 * Logarithm, exponential and normal quantile from + − × ÷ alone.
 *
 * IEEE 754 fixes the result of those four to the last bit; it does not fix `Math.log` and its like, which engines are free
 * to compute as they please. Where a result feeds an event time, one differing bit is another run, so the simulator has its
 * own. Accuracy: about 1 unit in the last place for `ln` and `exp`, 1.2e-9 relative for the normal quantile.
 */

/** ln 2 split so that k * LN2_HIGH is exact for |k| < 2^20. */
const LN2_HIGH = 6.9314718036912381649e-1;
const LN2_LOW = 1.90821492927058770002e-10;
const SQRT_HALF = 0.7071067811865476;
const TWO_POW_54 = 18014398509481984;

/** Scratch to take a double apart; written before every read, so it carries no state from one call to the next. */
const bits = new DataView(new ArrayBuffer(8));

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
  let r = 2 / 23;
  for (let k = 21; k >= 3; k -= 2) r = r * z + 2 / k;
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
  let sum = 1;
  for (let n = 14; n >= 1; n--) sum = 1 + (sum * r) / n;
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

const CENTRE_NUMERATOR = [
  -3.969683028665376e1, 2.209460984245205e2, -2.759285104469687e2, 1.38357751867269e2,
  -3.066479806614716e1, 2.506628277459239,
];
const CENTRE_DENOMINATOR = [
  -5.447609879822406e1, 1.615858368580409e2, -1.556989798598866e2, 6.680131188771972e1,
  -1.328068155288572e1, 1,
];
const TAIL_NUMERATOR = [
  -7.784894002430293e-3, -3.223964580411365e-1, -2.400758277161838, -2.549732539343734,
  4.374664141464968, 2.938163982698783,
];
const TAIL_DENOMINATOR = [
  7.784695709041462e-3, 3.224671290700398e-1, 2.445134137142996, 3.754408661907416, 1,
];

function polynomial(coefficients: readonly number[], x: number): number {
  let value = 0;
  for (const c of coefficients) value = value * x + c;
  return value;
}

/** Quantile of the standard normal law at 0 < p < 1 (Acklam's rational approximation, relative error below 1.15e-9). */
export function normalQuantile(p: number): number {
  if (!(p > 0 && p < 1)) throw new Error(`normalQuantile(${p}): expected a number between 0 and 1`);
  const tail = Math.min(p, 1 - p);
  if (tail < 0.02425) {
    const q = Math.sqrt(-2 * ln(tail));
    const z = polynomial(TAIL_NUMERATOR, q) / polynomial(TAIL_DENOMINATOR, q);
    return p < 0.5 ? z : -z;
  }
  const q = p - 0.5;
  const r = q * q;
  return (polynomial(CENTRE_NUMERATOR, r) * q) / polynomial(CENTRE_DENOMINATOR, r);
}
