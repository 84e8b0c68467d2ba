/**
 * Two measures of money, and the one place where they meet.
 *
 * What a packet costs is counted in accounting units (AU): safe integers, because the packet path cannot afford big ones. What is promised and
 * paid is counted in the token's smallest unit (wei, 18 decimals): bigint, as the chain has it. One AU is a whole number of wei, so
 * units become wei exactly, and wei become units or a refusal, never a rounded number. Sums that would leave 2^53 or 2^256 are refused.
 */

/** Largest amount in accounting units: 2^53 - 1. */
export const UNITS_MAX = Number.MAX_SAFE_INTEGER;
/** Largest amount on the ledger: 2^256 - 1 wei. */
export const WEI_MAX = (1n << 256n) - 1n;

/** Whether `value` can be an amount in accounting units: an integer in [0, 2^53). */
export function isUnits(value: number): boolean {
  return Number.isSafeInteger(value) && value >= 0;
}

/** Whether `value` can be an amount on the ledger: [0, 2^256). */
export function isWei(value: bigint): boolean {
  return value >= 0n && value <= WEI_MAX;
}

/** Refuses what is no amount: a programmer's error, never a peer's. */
export function assertUnits(what: string, value: number): void {
  if (!isUnits(value)) throw new RangeError(`${what}: expected 0..2^53 - 1 units, got ${value}`);
}

/** How many wei make one accounting unit. Both sides of a pair must use the same. */
export class ConversionRate {
  readonly weiPerUnit: bigint;

  /** @throws RangeError unless `weiPerUnit` lies in [1, 2^203), so that any amount in units has its wei. */
  constructor(weiPerUnit: bigint) {
    if (weiPerUnit < 1n || weiPerUnit >= 1n << 203n)
      throw new RangeError(`wei per unit: expected 1..2^203 - 1, got ${weiPerUnit}`);
    this.weiPerUnit = weiPerUnit;
  }

  /** Exact. @throws RangeError for what is no amount in units. */
  toWei(units: number): bigint {
    assertUnits('amount', units);
    return BigInt(units) * this.weiPerUnit;
  }

  /** Exact, or undefined: for a negative amount, for one that is no whole number of units, and for 2^53 units or more. */
  toUnits(wei: bigint): number | undefined {
    if (wei < 0n || wei % this.weiPerUnit !== 0n) return undefined;
    const units = wei / this.weiPerUnit;
    return units <= BigInt(UNITS_MAX) ? Number(units) : undefined;
  }

  /** The whole units in an amount that others made (a payout cut short by an empty chequebook), at most 2^53 - 1. */
  wholeUnits(wei: bigint): number {
    const units = wei / this.weiPerUnit;
    return units <= BigInt(UNITS_MAX) ? Number(units) : UNITS_MAX;
  }
}
