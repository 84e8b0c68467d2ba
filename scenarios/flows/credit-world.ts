/** A world of flows as the credit metrics see it: its people, by their numbers, and whom they owe. */
import type { CreditWorld } from '../money/credit/watch.ts';
import { uncovered } from '../money/losses.ts';
import type { FlowWorld } from './world.ts';

/** @param world asked for late: who measures is made before the world is. */
export function creditWorld(world: () => FlowWorld): CreditWorld {
  const person = (name: number) => world().town.persons[name]!;
  const accountOf = (name: number) => person(name).signer.account;
  return {
    nowUs: () => world().nowUs,
    names: () => world().town.atPlace.map(({ number }) => number),
    placeOf: (name) => person(name).place,
    // On a chain with a market everybody has scores of his own; these are a bystander's.
    score: (name) => world().town.scores.master.score(accountOf(name)),
    isServed: (name) => world().town.scores.master.isServed(accountOf(name)),
    creditorsOf(name) {
      const { bank } = world().town;
      return person(name).known.flatMap((creditor) => {
        const pair = creditor.swap.pair(name);
        if (pair === undefined) return [];
        const uncoveredUnits = () => uncovered(pair, bank, creditor.signer.account);
        return [{ pair, here: !creditor.gone, uncoveredUnits }];
      });
    },
  };
}
