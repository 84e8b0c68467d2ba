/** A world of packets as the credit metrics see it: each node is one name for ever. */
import type { MainframeNode } from '../../protocols/node/node.ts';
import type { CreditWorld } from '../money/credit/watch.ts';
import { uncovered } from '../money/losses.ts';
import type { PacketMoney } from './money.ts';

export function creditWorld(
  money: PacketMoney,
  nodeOf: (node: number) => MainframeNode,
  nodes: number,
  nowUs: () => number,
): CreditWorld {
  const { master } = money.scores;
  return {
    nowUs,
    names: () => Array.from({ length: nodes }, (_, node) => node),
    placeOf: (name) => name,
    score: (name) => master.score(money.accountOf(name)),
    isServed: (name) => master.isServed(money.accountOf(name)),
    creditorsOf: (name) =>
      [...nodeOf(name).swap!.pairs.values()].flatMap(({ peer }) => {
        const pair = nodeOf(peer).swap!.pair(name);
        if (pair === undefined) return [];
        const uncoveredUnits = () => uncovered(pair, money.bank, money.accountOf(peer));
        return [{ pair, here: true, uncoveredUnits }];
      }),
  };
}
