/**
 * What the ledger remembers: one immutable record per contract. A state is never changed, only followed by another that shares most of
 * it, so keeping and going back to old ones is free.
 */
import type { PersistentMap } from './persistent-map.ts';
import type { Address, Word } from './values.ts';

export interface TokenState {
  readonly kind: 'token';
  /** Tokens made at genesis; none are made later. */
  readonly minted: bigint;
  readonly burned: bigint;
  /** Sum of all balances, moved along by every write of one: held against `minted - burned` after each transaction. */
  readonly sum: bigint;
  readonly balances: PersistentMap<bigint>;
  /** By owner followed by spender. */
  readonly allowances: PersistentMap<bigint>;
}

/** Part of a chequebook that only one beneficiary can draw on. */
export interface HardDeposit {
  readonly amount: bigint;
  readonly decreaseAmount: bigint;
  /** Seconds; 0 stands for the chequebook's default. */
  readonly timeout: bigint;
  /** Ledger time, seconds; 0 while no decrease is prepared. */
  readonly canBeDecreasedAt: bigint;
}

export interface ChequebookState {
  readonly kind: 'chequebook';
  /** The zero address until `init`. */
  readonly issuer: Address;
  readonly token: Address;
  readonly defaultHardDepositTimeout: bigint;
  readonly paidOut: PersistentMap<bigint>;
  readonly totalPaidOut: bigint;
  readonly hardDeposits: PersistentMap<HardDeposit>;
  readonly totalHardDeposit: bigint;
  /** Once a cheque was not fully covered, for ever. */
  readonly bounced: boolean;
}

export interface FactoryState {
  readonly kind: 'factory';
  readonly token: Address;
  readonly master: Address;
  readonly deployed: PersistentMap<true>;
}

export interface Protest {
  readonly debtor: Address;
  readonly creditor: Address;
  readonly chequebook: Address;
  readonly cumulativePayout: bigint;
  /** 1 open, 2 answered with a cheque, 3 settled by payment. */
  readonly status: bigint;
}

export interface ProtestsState {
  readonly kind: 'protests';
  readonly token: Address;
  readonly factory: Address;
  readonly parameters: Address;
  /** By the invoice's digest. */
  readonly protests: PersistentMap<Protest>;
  readonly open: PersistentMap<bigint>;
  readonly total: PersistentMap<bigint>;
}

export interface Stake {
  readonly active: bigint;
  /** On its way out, and still within reach of a court. */
  readonly pending: bigint;
  /** Ledger time, seconds, from which `pending` may be taken; 0 while nothing is pending. */
  readonly releaseAt: bigint;
}

export interface StakesState {
  readonly kind: 'stakes';
  readonly token: Address;
  readonly parameters: Address;
  readonly owner: Address;
  readonly courts: PersistentMap<boolean>;
  /** By staker followed by service. */
  readonly stakes: PersistentMap<Stake>;
  readonly totalStaked: bigint;
}

export interface ParametersState {
  readonly kind: 'parameters';
  readonly owner: Address;
  readonly values: PersistentMap<bigint>;
}

export type ContractState =
  TokenState | ChequebookState | FactoryState | ProtestsState | StakesState | ParametersState;

/** All contracts by address. */
export type LedgerState = PersistentMap<ContractState>;

/** What a block gives to the transactions in it. */
export interface BlockEnvironment {
  readonly number: bigint;
  /** Ledger time, seconds. */
  readonly timestamp: bigint;
  /** The block's random word, unknown before it. */
  readonly randomness: bigint;
}

/** Key of a stake: who and for which service. */
export function stakeKey(staker: Address, service: Word): string {
  return staker + service;
}
