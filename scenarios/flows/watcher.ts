/** Told of what happens in a world of flows, for measuring; cannot change it. */
import type { LedgerFact } from '../../protocols/swap/ledger-port.ts';
import type { Person } from './person.ts';
import type { Outcome } from './town.ts';

export interface Watcher {
  /** @param askedUnits what its first relay asked for the whole way. */
  moved(person: Person, bytes: number, outcome: Outcome, askedUnits: number): void;
  swapEvent(person: Person, event: number, a: number, b: number): void;
  /** A cheque was cashed; `person` had it, if it is one of ours. */
  cashed(person: Person | undefined, chequebook: string, bounced: boolean): void;
  protested(fact: LedgerFact & { kind: 'protested' }): void;
  shutOut(person: Person): void;
  left(person: Person): void;
}
