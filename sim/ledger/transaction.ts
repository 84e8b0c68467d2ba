/** Transactions as the chain holds them, and what became of them. */
import type { AbiValue, Call } from '../../protocols/ledger/abi.ts';
import type { LedgerEvent } from '../../protocols/ledger/frame.ts';
import type { Address } from '../../protocols/ledger/values.ts';

export interface Transaction {
  /** Sender and its count of submissions: names a bid, of which several may share a nonce. */
  readonly id: string;
  readonly from: Address;
  /** Undefined for load, which takes its turn by its bid alone. */
  readonly nonce: number | undefined;
  readonly gasLimit: number;
  /** Coin per gas, base fee and tip together, at most. */
  readonly maxFee: bigint;
  /** Coin per gas to the block's maker, at most. */
  readonly tip: bigint;
  /** Undefined: does nothing but use all of its gas. */
  readonly call: Call | undefined;
  /** Last block that it may be part of. */
  readonly lastBlock?: number;
}

export interface TransactionReceipt {
  readonly transaction: Transaction;
  readonly ok: boolean;
  readonly reason: string | undefined;
  readonly gasUsed: number;
  /** Coin per gas that was paid: the base fee and the tip that went to the maker. */
  readonly gasPrice: bigint;
  readonly fee: bigint;
  readonly burned: bigint;
  readonly events: readonly LedgerEvent[];
  readonly values: readonly AbiValue[];
}

/** Tip per gas that remains for the maker under a base fee; negative if the transaction cannot pay the base fee. */
export function effectiveTip(transaction: Transaction, baseFee: bigint): bigint {
  const room = transaction.maxFee - baseFee;
  return room < transaction.tip ? room : transaction.tip;
}
