/**
 * What a strategy brings: the profit of each place, whatever names lived there.
 *
 * Using the network is worth its list price to everybody, so that its buyer gains nothing by paying and all of it by not paying. What is left is what a place
 * keeps of its earnings as a relay, what it has walked away with, what others walked away with, and what leaves the world: fees, burned protests, the cost of
 * carrying and of names. Summed over all places debts cancel out: the world's profit is the value of what was used less what left it, less discounts.
 *
 * Only the simulator knows that somebody will never pay; `loss.per_creditor` waits until a name is shut out, this does not.
 */
import type { Money } from '../model.ts';
import { uncovered } from '../money/losses.ts';
import { swapOptions } from '../money/terms.ts';
import { RATE } from '../money/rate.ts';
import type { Person } from './person.ts';
import type { Town } from './town.ts';

export interface Profit {
  profitUnits: number;
  /** What not paying brought, beside names after the first; 0 for whoever pays. */
  gainUnits: number;
  /**
   * What the gain could not exceed by never paying (economics, CF5 and CF7): every name draws from every neighbour all that a debt may be. Paying with cheques that
   * bounce goes further; the score shuts a name out long before.
   */
  ceilingUnits: number;
  unpaidUnits: number;
}

/** The profit of each place at `nowUs`; places of one owner share theirs evenly, so that a family can be held against as many single people. */
export function profits(
  town: Town,
  money: Money,
  protests: ReadonlyMap<Person, number>,
  nowUs: number,
): Profit[] {
  const result = town.atPlace.map((): Profit => ({
    profitUnits: 0,
    unpaidUnits: 0,
    gainUnits: 0,
    ceilingUnits: 0,
  }));
  const costRatio =
    money.pricePerMibUnits === 0 ? 0 : money.carryingCostPerMibUnits / money.pricePerMibUnits;
  const { disconnectThreshold } = swapOptions(money);
  for (const person of town.persons) {
    const place = result[person.place]!;
    // The first name of a place costs an honest one as much.
    const anew = person.number === person.place ? 0 : money.identityCostUnits;
    place.gainUnits -= anew;
    const strangers = town.neighboursOf(person).filter((one) => !one.sharesWalletWith(person));
    place.ceilingUnits += strangers.length * disconnectThreshold - anew;
    // A place whose old name is gone keeps what it did under it.
    const fees = RATE.wholeUnits(town.bank.feesOf(person.signer.account));
    place.profitUnits +=
      person.earnedUnits -
      person.spentUnits +
      person.usedUnits -
      person.carriedUnits * costRatio -
      fees -
      (protests.get(person) ?? 0) * money.protestFeeUnits -
      money.identityCostUnits;
    if (!person.gone && person.shutOutUs < 0 && !person.payer.hasLeft(nowUs)) continue;
    for (const creditor of person.known) {
      const pair = creditor.swap.pair(person.number);
      const units = pair === undefined ? 0 : uncovered(pair, town.bank, creditor.signer.account);
      place.profitUnits += units;
      place.unpaidUnits += units;
      place.gainUnits += units;
      result[creditor.place]!.profitUnits -= units;
    }
  }
  shareInFamilies(town, result);
  return result;
}

function shareInFamilies(town: Town, results: Profit[]): void {
  for (const family of new Set(town.atPlace.map((one) => one.family))) {
    if (family === undefined) continue;
    const own = town.atPlace
      .filter((one) => one.family === family)
      .map(({ place }) => results[place]!);
    const profitUnits = own.reduce((sum, one) => sum + one.profitUnits, 0) / own.length;
    for (const one of own) one.profitUnits = profitUnits;
  }
}
