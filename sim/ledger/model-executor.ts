/** The ledger's rule in this process, with gas from a table: a transaction costs some microseconds. */
import type { Call } from '../../protocols/ledger/abi.ts';
import { apply, view, type Environment, type Reading } from '../../protocols/ledger/apply.ts';
import { audit, fullAudit, quickAudit, type Audit } from '../../protocols/ledger/audit.ts';
import type { LedgerCrypto } from '../../protocols/ledger/frame.ts';
import {
  contractAddresses,
  genesisState,
  type ContractAddresses,
  type GenesisOptions,
} from '../../protocols/ledger/genesis.ts';
import type { BlockEnvironment, LedgerState } from '../../protocols/ledger/state.ts';
import type { Address } from '../../protocols/ledger/values.ts';
import { REASON_OUT_OF_GAS, type Execution, type Executor } from './executor.ts';
import { gasOfMethod, gasOfRefusal } from '../../protocols/ledger/gas.ts';

export class ModelExecutor implements Executor<LedgerState> {
  readonly name = 'model';
  readonly chainId: bigint;
  readonly contracts: ContractAddresses;
  readonly #genesis: LedgerState;
  readonly #crypto: LedgerCrypto;

  constructor(chainId: bigint, genesis: GenesisOptions, crypto: LedgerCrypto) {
    this.chainId = chainId;
    this.#crypto = crypto;
    this.contracts = contractAddresses(crypto, genesis.treasury);
    const block = { number: 0n, timestamp: 0n, randomness: 0n };
    this.#genesis = genesisState(genesis, this.#environment(block));
  }

  genesis(): LedgerState {
    return this.#genesis;
  }

  execute(
    state: LedgerState,
    from: Address,
    call: Call,
    block: BlockEnvironment,
    gasLimit: number,
  ): Execution<LedgerState> {
    const kind = state.get(call.to)?.kind;
    const refused = (reason: string, gasUsed: number): Execution<LedgerState> => ({
      ok: false,
      reason,
      state,
      events: [],
      values: [],
      gasUsed,
    });
    const outcome = apply(state, from, call, this.#environment(block));
    const gas = outcome.ok ? gasOfMethod(kind, call.method) : gasOfRefusal(kind, call.method);
    if (gas > gasLimit) return refused(REASON_OUT_OF_GAS, gasLimit);
    if (!outcome.ok) return refused(outcome.reason, gas);
    const { events, values } = outcome;
    return { ok: true, reason: undefined, state: outcome.state, events, values, gasUsed: gas };
  }

  view(state: LedgerState, call: Call, block: BlockEnvironment): Reading {
    return view(state, call, this.#environment(block));
  }

  gasOf(call: Call): number {
    const kind = this.#genesis.get(call.to)?.kind ?? 'chequebook';
    return gasOfMethod(kind, call.method);
  }

  quickAudit(state: LedgerState): string | undefined {
    return quickAudit(state, this.contracts.token);
  }

  fullAudit(state: LedgerState): string[] {
    return fullAudit(state, this.contracts.token);
  }

  audit(state: LedgerState): Audit {
    return audit(state, this.contracts.token);
  }

  /** States are plain values: forgetting them is letting go. */
  release(): void {}

  #environment(block: BlockEnvironment): Environment {
    return { chainId: this.chainId, block, crypto: this.#crypto };
  }
}
