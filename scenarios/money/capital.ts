/**
 * What a currency of deposits costs by lying still: token-time that chequebooks hold, per token of service that was delivered with it. A rollover of a thousand tokens in a day
 * with a hundred deposited is a tenth of a day; the same deposits behind a tenth of the trade are a day.
 */
import type { Address } from '../../protocols/ledger/values.ts';
import type { MetricBook } from '../run/metric-book.ts';
import type { TokenFlows } from './token-flow.ts';

export interface Lying {
  /** Every chequebook and the place that it belongs to; several names of a place have several. */
  chequebooks: readonly { address: Address; place: number }[];
  places: number;
  /** Measured time, and the value that was used in it. */
  spanUs: number;
  deliveredUnits: number;
}

/** Samples of what lay in chequebooks, and how long for what was delivered; of the whole run what each transfer moved. */
export function addCapital(book: MetricBook, flows: TokenFlows, lying: Lying): void {
  const unitTimeUs = new Float64Array(lying.places);
  for (const { address, place } of lying.chequebooks)
    unitTimeUs[place]! += flows.holding(address).unitTimeUs;
  const spanUs = Math.max(1, lying.spanUs);
  unitTimeUs.forEach((held, place) => {
    book.add('capital.locked', held / spanUs, place);
  });
  const all = unitTimeUs.reduce((sum, held) => sum + held, 0);
  if (lying.deliveredUnits > 0) book.add('capital.lockup', all / lying.deliveredUnits);
  for (const units of flows.transfersUnits) book.add('tokens.moved', units);
}
