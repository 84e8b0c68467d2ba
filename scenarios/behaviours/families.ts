/**
 * A Sybil family: several names of one owner, who has one wallet. What one name keeps of another is lost by that other, so names of a family make no accounts
 * with each other and carry for one another as a matter of course (`flows/town.ts`). To everybody else they are strangers like any others: each
 * has credit of its own, which is what the owner is after.
 *
 * The owner decides for all names at once: what they owe together is held against what they earn together.
 */
import type { Role } from '../model.ts';
import { leaving, type Leaving, type Standing } from './payers.ts';

/** A name, as its owner sees it. */
export interface FamilyName {
  /** It has been given up. */
  readonly gone: boolean;
  standing(nowUs: number): Standing;
}

export class Family {
  /** The decision of the owner, the same for each name. */
  readonly leaves: Leaving;
  readonly #names: FamilyName[] = [];

  constructor(pays: NonNullable<Role['pays']>, now: () => number) {
    this.leaves = leaving(pays, () => this.#standing(now()));
  }

  add(name: FamilyName): void {
    this.#names.push(name);
  }

  /** Of all names that are still used, together. */
  #standing(nowUs: number): Standing {
    const all: Standing = { owedUnits: 0, surplusPerDayUnits: 0 };
    for (const name of this.#names) {
      if (name.gone) continue;
      const { owedUnits, surplusPerDayUnits } = name.standing(nowUs);
      all.owedUnits += owedUnits;
      all.surplusPerDayUnits += surplusPerDayUnits;
    }
    return all;
  }
}

/** The family of each role that is one. @param now network time, microseconds */
export function familiesOf(roles: readonly Role[], now: () => number): (Family | undefined)[] {
  return roles.map(({ isFamily, pays }) =>
    isFamily === true ? new Family(pays!, now) : undefined,
  );
}
