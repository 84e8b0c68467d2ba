/**
 * The base fee's exact integer rule (EIP-1559): it rises by up to an eighth after a block above half full and falls by up to an eighth after one
 * below. Keeping W blocks full multiplies it by 1.125^W, which is what congestion as an attack costs.
 */

/** BASE_FEE_MAX_CHANGE_DENOMINATOR and ELASTICITY_MULTIPLIER of the EIP. */
const CHANGE_DENOMINATOR = 8n;
const ELASTICITY = 2;

/** Gas that a block should use: half of what it may. */
export function gasTarget(gasLimit: number): number {
  return Math.floor(gasLimit / ELASTICITY);
}

/** Base fee of the block after one with `baseFee` that used `gasUsed` of `gasLimit`. */
export function nextBaseFee(baseFee: bigint, gasUsed: number, gasLimit: number): bigint {
  const target = BigInt(gasTarget(gasLimit));
  const used = BigInt(gasUsed);
  if (used === target) return baseFee;
  if (used > target) {
    const rise = (baseFee * (used - target)) / target / CHANGE_DENOMINATOR;
    return baseFee + (rise > 1n ? rise : 1n);
  }
  return baseFee - (baseFee * (target - used)) / target / CHANGE_DENOMINATOR;
}
