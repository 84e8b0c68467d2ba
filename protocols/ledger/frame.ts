/**
 * One call of one contract while a transaction runs: who is called, by whom, and the state that it reads and replaces.
 *
 * A contract says no by throwing `Revert`, as Solidity's `require` does, from however deep; `apply` alone catches it, and since states are
 * immutable nothing has to be undone. Nothing else may be thrown: any other error is a mistake of ours.
 */
import type { CryptoSuite } from '../crypto/port.ts';
import type { AbiValue } from './abi.ts';
import type { BlockEnvironment, ContractState, LedgerState } from './state.ts';
import { UINT256_MAX, type Address } from './values.ts';

/** Hashes and signatures. A model whose accounts sign in another way says who signed (`swap/signer.ts`, modelledSigner); an EVM cannot. */
export type LedgerCrypto = Pick<CryptoSuite, 'keccak256' | 'accountRecover'> & {
  signerOf?(digest: Uint8Array, signature: Uint8Array): Address | undefined;
};

/** What a contract said while it worked. Values in the order of the event's fields. */
export interface LedgerEvent {
  readonly contract: Address;
  readonly name: string;
  readonly values: readonly AbiValue[];
}

/** A contract's refusal, with the reason that its twin gives. */
export class Revert extends Error {}

/** What one transaction shares among its calls. */
export interface Transition {
  state: LedgerState;
  readonly events: LedgerEvent[];
  readonly chainId: bigint;
  readonly block: BlockEnvironment;
  readonly crypto: LedgerCrypto;
  /** Calls a method of any contract; @throws Revert. */
  call(
    caller: Address,
    to: Address,
    method: string,
    args: readonly AbiValue[],
  ): readonly AbiValue[];
}

export class Frame<S extends ContractState> {
  readonly self: Address;
  readonly caller: Address;
  readonly transition: Transition;
  readonly #kind: S['kind'];

  constructor(transition: Transition, self: Address, caller: Address, kind: S['kind']) {
    this.transition = transition;
    this.self = self;
    this.caller = caller;
    this.#kind = kind;
  }

  get state(): S {
    const state = this.transition.state.get(this.self);
    if (state?.kind !== this.#kind) throw new Error(`${this.self} is no ${this.#kind}`);
    return state as S;
  }

  set state(next: S) {
    this.transition.state = this.transition.state.set(this.self, next);
  }

  /** Ledger time, seconds. */
  get now(): bigint {
    return this.transition.block.timestamp;
  }

  require(condition: boolean, reason: string): void {
    if (!condition) throw new Revert(reason);
  }

  emit(name: string, ...values: readonly AbiValue[]): void {
    this.transition.events.push({ contract: this.self, name, values });
  }

  /** Calls another contract in this one's name. */
  call(to: Address, method: string, ...args: readonly AbiValue[]): readonly AbiValue[] {
    return this.transition.call(this.self, to, method, args);
  }

  /** Reads one amount from another contract. */
  amount(to: Address, method: string, ...args: readonly AbiValue[]): bigint {
    return this.call(to, method, ...args)[0] as bigint;
  }
}

/** Sum of two amounts; reverts with `reason` above 2^256 - 1. Solidity's own check gives the default (Panic 0x11). */
export function plus(a: bigint, b: bigint, reason = PANIC_ARITHMETIC): bigint {
  if (a + b > UINT256_MAX) throw new Revert(reason);
  return a + b;
}

/** Difference of two amounts; reverts with `reason` below zero. */
export function minus(a: bigint, b: bigint, reason = PANIC_ARITHMETIC): bigint {
  if (b > a) throw new Revert(reason);
  return a - b;
}

/** Solidity's arithmetic panic, as we write the reason of a `Panic(uint256)`. */
const PANIC_ARITHMETIC = 'panic 0x11';
