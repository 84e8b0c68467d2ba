/** What people have besides what is in their chequebooks. */
import type { Money } from '../model.ts';

/** Units in a wallet for fees and protests: as much as a payment, or a thousand calls at the first price. */
export function walletUnits(money: Money): number {
  return Math.max(money.thresholdUnits, 1_000 * money.chain.feeUnits);
}
