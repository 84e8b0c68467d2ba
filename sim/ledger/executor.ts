/**
 * What runs calls under the chain: the model in this process, or the compiled twins in an EVM. The chain knows states only as something to
 * pass back, so both keep as many of them as it likes.
 */
import type { AbiValue, Call } from '../../protocols/ledger/abi.ts';
import type { Reading } from '../../protocols/ledger/apply.ts';
import type { Audit } from '../../protocols/ledger/audit.ts';
import type { LedgerEvent } from '../../protocols/ledger/frame.ts';
import type { ContractAddresses } from '../../protocols/ledger/genesis.ts';
import type { BlockEnvironment } from '../../protocols/ledger/state.ts';
import type { Address } from '../../protocols/ledger/values.ts';

export interface Execution<State> {
  readonly ok: boolean;
  /** Why it was refused; undefined if it was not. */
  readonly reason: string | undefined;
  /** After the call; the state before it if it was refused. */
  readonly state: State;
  readonly events: readonly LedgerEvent[];
  readonly values: readonly AbiValue[];
  readonly gasUsed: number;
}

/** Reason of a transaction that ran out of its gas. */
export const REASON_OUT_OF_GAS = 'out of gas';

export interface Executor<State> {
  readonly name: 'model' | 'evm';
  readonly chainId: bigint;
  readonly contracts: ContractAddresses;
  /** The state that the chain begins with. */
  genesis(): State;
  /** Runs one call with at most `gasLimit` gas. Leaves `state` as it is. */
  execute(
    state: State,
    from: Address,
    call: Call,
    block: BlockEnvironment,
    gasLimit: number,
  ): Execution<State>;
  view(state: State, call: Call, block: BlockEnvironment): Reading;
  /** Gas that is surely enough for a call of this method. */
  gasOf(call: Call): number;
  /** What does not add up, cheaply; undefined if all is well. */
  quickAudit(state: State): string | undefined;
  /** Everything that does not add up, counting every balance. */
  fullAudit(state: State): string[];
  /** Where the tokens are. */
  audit(state: State): Audit;
  /** The state will not be asked for again. */
  release(state: State): void;
}
