/** The ledger of a world of flows as people and measures use it, whether blocks are made on demand (`bank.ts`) or room in them has a market (`market.ts`). */
import type { Audit } from '../../protocols/ledger/audit.ts';
import type { Address } from '../../protocols/ledger/values.ts';
import type { ChequebookView, LedgerFact, SwapLedger } from '../../protocols/swap/ledger-port.ts';
import type { Signer } from '../../protocols/swap/signer.ts';

/** Where one person sits, and what it is told there. */
export interface Seat {
  readonly place: number;
  readonly signer: Signer;
  readonly chequebook: Address;
  now(): number;
  /** It has sent a transaction. */
  submitted(): void;
  /** A cashing was refused. */
  cashingFailed(chequebook: Address): void;
  /** Of a chain that each hears of for itself: something is certain; a newer block is there. */
  fact(fact: LedgerFact): void;
  head(): void;
}

export interface WorldLedger {
  seconds(nowUs: number): bigint;
  /** A chequebook as it is now. */
  view(chequebook: Address, beneficiary: Address): ChequebookView | undefined;
  /** Everything that does not add up. */
  audit(): string[];
  tokens(): Audit;
  /** Transactions of an account so far, and what it has paid for room in blocks, wei. */
  callsOf(account: Address): number;
  feesOf(account: Address): bigint;
  portFor(seat: Seat): SwapLedger;
}
