/**
 * What SWAP needs of a chain, and no more. Whoever owns the contracts binds it.
 *
 * Reads answer from the newest block heard of; submissions are heard of again only as facts. Facts are told once, in the order of the ledger, when they
 * have the confirmations that the binder waits for: what is told is never taken back.
 */
import type { Account, Cheque, Invoice } from './typed-data.ts';

/** A chequebook as one beneficiary sees it. Amounts in wei. */
export interface ChequebookView {
  issuer: Account;
  /** Balance that no hard deposit reserves. */
  liquid: bigint;
  /** Reserved for this beneficiary alone. */
  hardDeposit: bigint;
  /** Paid to this beneficiary so far. */
  paidOut: bigint;
  /** A cheque has bounced once; it never goes away. */
  bounced: boolean;
}

export interface SignedCheque {
  cheque: Cheque;
  signature: Uint8Array;
}

export interface SignedInvoice {
  invoice: Invoice;
  signature: Uint8Array;
}

export interface SwapLedger {
  readonly chainId: bigint;
  /** Ledger time, seconds. */
  seconds(): bigint;
  /** Undefined for a contract that is no chequebook of ours (another factory's, none). */
  chequebook(chequebook: Account, beneficiary: Account): ChequebookView | undefined;
  /** What a cashing, and a protest with its fee, would cost now, wei of the token. */
  cashingFee(): bigint;
  protestFee(): bigint;
  /** Submits the cashing of a cheque of which this node is the beneficiary. */
  cash(cheque: SignedCheque): void;
  /** Submits a protest with an invoice of this node that is overdue. */
  protest(invoice: SignedInvoice): void;
  /** Submits a cheque of this node as the answer to a protest. `protest` is the invoice's digest in hex, as the fact named it. */
  answer(protest: string, cheque: SignedCheque): void;
}

/** What a node has seen on the ledger. */
export type LedgerFact =
  | {
      kind: 'cashed';
      chequebook: Account;
      issuer: Account;
      beneficiary: Account;
      /** Wei paid by this cashing, and asked for in all by the cheque. */
      payout: bigint;
      cumulativePayout: bigint;
      /** There was less than the cheque asked for. */
      bounced: boolean;
    }
  | {
      kind: 'protested';
      /** Digest of the invoice, hex. */
      protest: string;
      debtor: Account;
      creditor: Account;
      chequebook: Account;
      cumulativePayout: bigint;
      dueAt: bigint;
    }
  /** The debtor has shown a cheque over the sum, signed by it: the creditor may take it from here. */
  | {
      kind: 'answered';
      protest: string;
      debtor: Account;
      creditor: Account;
      cumulativePayout: bigint;
      signature: Uint8Array;
    }
  /** The chequebook has paid the sum meanwhile. */
  | { kind: 'settled'; protest: string; debtor: Account; creditor: Account }
  | { kind: 'verdict'; accused: Account; guilty: boolean };
