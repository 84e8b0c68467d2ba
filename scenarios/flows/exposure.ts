/** What somebody who does not pay takes away from each that has trusted it. */
import { RATE, type Person } from './person.ts';
import type { Town } from './town.ts';

/** What a creditor will not see again of a debtor: debt and cheques that nothing covers. Units. */
export function lostTo(creditor: Person, debtor: Person, town: Town): number {
  const pair = creditor.swap.pair(debtor.number);
  if (pair === undefined) return 0;
  const owed = Math.max(0, pair.balance);
  if (pair.uncashed === 0) return owed;
  const view = town.bank.view(debtor.chequebook, creditor.signer.account);
  const cover = view === undefined ? 0 : RATE.wholeUnits(view.liquid + view.hardDeposit);
  return owed + Math.max(0, pair.uncashed - cover);
}
