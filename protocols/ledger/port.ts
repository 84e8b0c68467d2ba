/**
 * The ledger as a node sees it: somewhere else, and late.
 *
 * A node submits and learns the outcome when it hears of a block; it reads the state as of the newest block it has heard of, or some blocks
 * below that. What it read may be taken back: a reorganisation replaces the newest blocks. So every reading says how many
 * confirmations it asks for, and every notice can be followed by its withdrawal. All calls are synchronous and answer from what
 * the host has; the simulator's chain, an embedded EVM and a remote chain stand behind the same interface.
 */
import type { AbiValue, Call } from './abi.ts';
import type { ContractAddresses } from './genesis.ts';
import type { LedgerEvent } from './frame.ts';
import type { Address, Word } from './values.ts';

/** Names one transaction of this node. */
export type TransactionId = number;

/** What a transaction offers for its place. Amounts in the coin's smallest unit per unit of gas. */
export interface Bid {
  /** Most gas it may use; what it does not use is not paid. Default: what the host knows of the method. */
  gasLimit?: number;
  /** Most it pays per gas, base fee and tip together. Default: twice the base fee and the tip. */
  maxFeePerGas?: bigint;
  /** What the block's maker gets per gas (EIP-1559 priority fee). */
  tipPerGas?: bigint;
}

export interface BlockReference {
  readonly number: number;
  readonly hash: Word;
  /** Ledger time, seconds. */
  readonly timestamp: bigint;
  readonly baseFeePerGas: bigint;
  /** The block's random word (EIP-4399), unknown before it. */
  readonly randomness: bigint;
}

export type TransactionStatus = 'pending' | 'included' | 'dropped';

/** What became of a transaction, as of the newest block heard of. */
export interface Receipt {
  readonly ok: boolean;
  /** Why it failed; a failed transaction pays for its gas all the same. */
  readonly reason: string | undefined;
  readonly block: BlockReference;
  /** Blocks on top of it, as far as heard. */
  readonly confirmations: number;
  readonly gasUsed: number;
  /** Coin paid in all: gas used times the price paid. */
  readonly fee: bigint;
  readonly events: readonly LedgerEvent[];
  readonly values: readonly AbiValue[];
}

/** Reason of a reading that the host has no answer for yet: a later `onLedgerHead` may bring it. */
export const REASON_UNKNOWN = 'unknown';

export type ViewResult =
  | { readonly ok: true; readonly values: readonly AbiValue[]; readonly block: BlockReference }
  /** `REASON_UNKNOWN`, or why the contract refused. */
  | { readonly ok: false; readonly reason: string };

/** Which events to hear of: of one contract, or of all; of one name, or of all; with one value at one place, or any. */
export interface EventFilter {
  readonly contract?: Address;
  readonly name?: string;
  readonly field?: { readonly at: number; readonly value: AbiValue };
}

/** An event in a block, in the order (block, index). */
export interface LedgerNotice {
  readonly event: LedgerEvent;
  readonly block: BlockReference;
  /** Place among the events of its block. */
  readonly index: number;
  /** The event was told before and its block is no longer part of the chain. */
  readonly removed: boolean;
}

export type SubscriptionId = number;

/** What a node that uses the ledger lets its host call, each call an input like a datagram. */
export interface LedgerListener {
  /** A newer block has been heard of. Comes after the notices of that block. */
  onLedgerHead(head: BlockReference): void;
  onLedgerEvent(subscription: SubscriptionId, notice: LedgerNotice): void;
}

export interface Ledger {
  readonly chainId: bigint;
  /** The chain account of this node, whose transactions it submits. */
  readonly account: Address;
  readonly contracts: ContractAddresses;

  /** The newest block heard of. */
  head(): BlockReference;
  /** Coins of this node's account, for gas; undefined while the host does not know. */
  coins(confirmations: number): bigint | undefined;

  /** Sends a transaction on its way. Nothing is known of it until a block that has it is heard of. */
  submit(call: Call, bid?: Bid): TransactionId;
  /** Sends another bid for a pending transaction, under the same nonce: whichever is included first wins. Ten percent more, or it is ignored. */
  raise(transaction: TransactionId, bid: Bid): void;
  status(transaction: TransactionId): TransactionStatus;
  /** The outcome, once a block with it has been heard of; undefined again if that block was replaced. */
  receipt(transaction: TransactionId): Receipt | undefined;

  /** Reads as of `confirmations` blocks below the newest one heard of (0: the newest). */
  view(call: Call, confirmations: number): ViewResult;
  /**
   * From now on, tells of matching events once `confirmations` blocks lie on their block. An event that a deeper reorganisation removes is told
   * again with `removed` set, newest first.
   */
  subscribe(filter: EventFilter, confirmations: number): SubscriptionId;
  unsubscribe(subscription: SubscriptionId): void;
}
