/**
 * One tariff for every execution: contracts run as they run, gas is charged by the table of `gas.ts`.
 *
 * Real gas depends on what happens to be stored, so an EVM and the model would fill blocks differently and find different prices; a world on a market would then
 * depend on what executes it. With the tariff it does not, and its digest says so. (That the table is right, from above, is another test's matter.)
 */
import type { Call, ContractKind } from '../../protocols/ledger/abi.ts';
import type { Reading } from '../../protocols/ledger/apply.ts';
import type { Audit } from '../../protocols/ledger/audit.ts';
import type { ContractAddresses } from '../../protocols/ledger/genesis.ts';
import type { BlockEnvironment } from '../../protocols/ledger/state.ts';
import type { Address } from '../../protocols/ledger/values.ts';
import { REASON_OUT_OF_GAS, type Execution, type Executor } from './executor.ts';
import { gasOfMethod, gasOfRefusal } from '../../protocols/ledger/gas.ts';

/** Gas that no call of ours runs out of. */
const PLENTY = 10_000_000;

export class TariffExecutor<State> implements Executor<State> {
  readonly name: Executor<State>['name'];
  readonly chainId: bigint;
  readonly contracts: ContractAddresses;
  readonly #inner: Executor<State>;
  readonly #genesis: State;
  readonly #kinds: ReadonlyMap<Address, ContractKind>;

  /** @param genesis what the chain begins with: a state of `inner`, in which more may have happened than in its own. */
  constructor(inner: Executor<State>, genesis: State) {
    this.name = inner.name;
    this.chainId = inner.chainId;
    this.contracts = inner.contracts;
    this.#inner = inner;
    this.#genesis = genesis;
    const { token, parameters, factory, protests, stakes } = inner.contracts;
    this.#kinds = new Map<Address, ContractKind>([
      [token, 'token'],
      [parameters, 'parameters'],
      [factory, 'factory'],
      [protests, 'protests'],
      [stakes, 'stakes'],
    ]);
  }

  genesis(): State {
    return this.#genesis;
  }

  execute(
    state: State,
    from: Address,
    call: Call,
    block: BlockEnvironment,
    gasLimit: number,
  ): Execution<State> {
    const run = this.#inner.execute(state, from, call, block, PLENTY);
    const gasUsed = (run.ok ? gasOfMethod : gasOfRefusal)(this.#kindOf(call), call.method);
    if (gasUsed <= gasLimit) return { ...run, gasUsed };
    if (run.state !== state) this.#inner.release(run.state);
    const reason = REASON_OUT_OF_GAS;
    return { ok: false, reason, state, events: [], values: [], gasUsed: gasLimit };
  }

  view(state: State, call: Call, block: BlockEnvironment): Reading {
    return this.#inner.view(state, call, block);
  }

  gasOf(call: Call): number {
    return gasOfMethod(this.#kindOf(call), call.method);
  }

  quickAudit(state: State): string | undefined {
    return this.#inner.quickAudit(state);
  }

  fullAudit(state: State): string[] {
    return this.#inner.fullAudit(state);
  }

  audit(state: State): Audit {
    return this.#inner.audit(state);
  }

  release(state: State): void {
    this.#inner.release(state);
  }

  /** Whatever is not one of the network's own contracts is called as a chequebook. */
  #kindOf({ to }: Call): ContractKind {
    return this.#kinds.get(to) ?? 'chequebook';
  }
}
