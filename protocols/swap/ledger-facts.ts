/**
 * From what a chain tells to what SWAP wants to know: cheques that were cashed, protests and what became of them.
 *
 * Anybody may deploy a contract that shouts `ChequeCashed`. Only chequebooks that the network's factory has made, and the network's own protest contract, are
 * believed. Notices come in the order of the ledger and with the confirmations that were asked for.
 */
import type { Call } from '../ledger/abi.ts';
import type { Ledger, LedgerNotice } from '../ledger/port.ts';
import { REASON_UNKNOWN } from '../ledger/port.ts';
import type { Address } from '../ledger/values.ts';
import { factOf } from './facts.ts';
import type { LedgerFact } from './ledger-port.ts';

export class LedgerFacts {
  readonly #ledger: Ledger;
  /** Issuers of chequebooks; undefined for contracts that are none of ours. */
  readonly #issuers = new Map<Address, Address | undefined>();
  /** Chequebooks of which the next cashing is the one that bounced. */
  readonly #bouncing = new Set<Address>();

  constructor(ledger: Ledger) {
    this.#ledger = ledger;
  }

  /** Who signs for a chequebook; undefined for a contract that is none of ours, or while the chain does not answer. */
  issuerOf(chequebook: Address): Address | undefined {
    if (this.#issuers.has(chequebook)) return this.#issuers.get(chequebook);
    const { factory } = this.#ledger.contracts;
    const ours = this.#read({ to: factory, method: 'deployedContracts', args: [chequebook] });
    if (ours === undefined) return undefined;
    const issuer = ours === true ? this.#read(reading(chequebook, 'issuer')) : undefined;
    if (ours === true && issuer === undefined) return undefined;
    this.#issuers.set(chequebook, issuer as Address | undefined);
    return issuer as Address | undefined;
  }

  /** The fact that a notice tells; undefined if it tells none. */
  of({ event, removed }: LedgerNotice): LedgerFact | undefined {
    // Only a reorganisation deeper than the confirmations does that, and what was told is not taken back.
    if (removed) return undefined;
    const { contract, name } = event;
    const isOurs = name.startsWith('Cheque') || contract === this.#ledger.contracts.protests;
    return isOurs ? factOf(event, this.#bouncing, (book) => this.issuerOf(book)) : undefined;
  }

  /** One value of the newest block heard of; false if the contract refuses, undefined if the host does not know yet. */
  #read(call: Call) {
    const result = this.#ledger.view(call, 0);
    if (!result.ok) return result.reason === REASON_UNKNOWN ? undefined : false;
    return result.values[0];
  }
}

/** A reading without arguments. */
function reading(to: Address, method: string): Call {
  return { to, method, args: [] };
}
