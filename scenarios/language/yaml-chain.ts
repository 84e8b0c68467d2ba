/** The chain of a resolved scenario, and what roles do with it, as they are written. */
import type { Cashing, ChainRules, Role } from '../model.ts';
import { formatQuantity } from './quantity.ts';
import { formatLaw } from './values.ts';

const amount = (units: number): string => formatQuantity(units, 'money');
const perCall = (units: number): string => `${amount(units)} per call`;
const time = (us: number): string => formatQuantity(us, 'time');
const share = (ratio: number): string => formatQuantity(ratio, 'share');

export function chainKeys({ blockUs, feeUnits, market }: ChainRules): object {
  if (market === undefined) return { block: time(blockUs), fee: perCall(feeUnits) };
  const { reorganises } = market;
  return {
    block: formatLaw(market.block),
    base_fee: perCall(market.baseFeeUnits),
    gas_limit: market.gasLimit,
    load: share(market.loadRatio),
    confirmations: market.confirmations,
    ...(reorganises === undefined
      ? {}
      : { reorganises: { every: time(reorganises.everyUs), depth: reorganises.depth } }),
    seen_after: formatLaw(market.seenAfter),
    fee_cap: perCall(market.feeCapUnits),
    raise_after: market.raiseAfterBlocks,
  };
}

export function chainRoleKeys({ cashes, congests }: Role): object {
  return {
    ...(cashes === undefined ? {} : { cashes: cashingText(cashes) }),
    ...(congests === undefined
      ? {}
      : {
          congests: {
            at: time(congests.atUs),
            blocks: congests.blocks,
            tip: perCall(congests.tipUnits),
            budget: amount(congests.budgetUnits),
            then: congests.then,
          },
        }),
  };
}

function cashingText(cashes: Cashing): string {
  switch (cashes.kind) {
    case 'at once':
    case 'covered':
      return cashes.kind;
    case 'after':
      return `after ${time(cashes.us)}`;
    case 'above':
      return `above ${amount(cashes.units)}`;
    case 'fee below':
      return `fee below ${share(cashes.ratio)}`;
  }
}
