/**
 * The compiled contracts behind the chain: the very bytecode of contracts/artifacts, in an EVM, with real gas. Some hundred times slower than the
 * model, which it is there to check, and to be looked at by whoever trusts only what would really run.
 *
 * An EVM keeps balances where they cannot be listed. So every account that a Transfer names is remembered, its balance read back after each
 * transaction, and all of them read again at the end of a block: tokens are counted here as strictly as in the model.
 */
import { ABIS, type AbiValue, type Call, type ContractKind } from '../../protocols/ledger/abi.ts';
import {
  decodeEvent,
  decodeRefusal,
  decodeValues,
  encodeCall,
  encodeValues,
} from '../../protocols/ledger/abi-codec.ts';
import { REASON_NO_METHOD, type Reading } from '../../protocols/ledger/apply.ts';
import type { Audit } from '../../protocols/ledger/audit.ts';
import type { LedgerEvent } from '../../protocols/ledger/frame.ts';
import {
  contractAddresses,
  genesisCalls,
  type ContractAddresses,
  type GenesisOptions,
} from '../../protocols/ledger/genesis.ts';
import { PersistentMap } from '../../protocols/ledger/persistent-map.ts';
import type { BlockEnvironment } from '../../protocols/ledger/state.ts';
import {
  bytesOf,
  concat,
  ZERO_ADDRESS,
  type Address,
  type Keccak,
} from '../../protocols/ledger/values.ts';
import { HOW_NO_CODE, type EvmLog, type EvmRun, type EvmStateId } from './evm-protocol.ts';
import { EvmThread } from './evm-thread.ts';
import { REASON_OUT_OF_GAS, type Execution, type Executor } from './executor.ts';
import { gasOfMethod, GAS_TRANSACTION } from '../../protocols/ledger/gas.ts';

/** Code to deploy, by kind. */
export type Bytecodes = { readonly [kind in Exclude<ContractKind, 'chequebook'>]: string };

export interface EvmLedgerState {
  readonly id: EvmStateId;
  /** Balances of everybody who ever had one, as read back, their sum, and what was burned. */
  readonly balances: PersistentMap<bigint>;
  readonly sum: bigint;
  readonly burned: bigint;
  readonly chequebooks: PersistentMap<true>;
}

const GENESIS_BLOCK: BlockEnvironment = { number: 0n, timestamp: 0n, randomness: 0n };
/** Gas of what is not limited: deployment, genesis, reading. */
const PLENTY = 1_000_000_000;

export class EvmExecutor implements Executor<EvmLedgerState> {
  readonly name = 'evm';
  readonly chainId: bigint;
  readonly contracts: ContractAddresses;
  readonly #thread: EvmThread;
  readonly #suite: Keccak;
  readonly #minted: bigint;
  readonly #kinds: ReadonlyMap<Address, ContractKind>;
  readonly #genesis: EvmLedgerState;

  constructor(chainId: bigint, genesis: GenesisOptions, suite: Keccak, codes: Bytecodes) {
    this.chainId = chainId;
    this.#suite = suite;
    this.#minted = genesis.supply;
    this.contracts = contractAddresses(suite, genesis.treasury);
    this.#kinds = new Map<Address, ContractKind>([
      [this.contracts.token, 'token'],
      [this.contracts.parameters, 'parameters'],
      [this.contracts.factory, 'factory'],
      [this.contracts.protests, 'protests'],
      [this.contracts.stakes, 'stakes'],
    ]);
    this.#thread = new EvmThread(chainId);
    this.#genesis = this.#begin(genesis, codes);
  }

  genesis(): EvmLedgerState {
    return this.#genesis;
  }

  execute(
    state: EvmLedgerState,
    from: Address,
    call: Call,
    block: BlockEnvironment,
    gasLimit: number,
  ): Execution<EvmLedgerState> {
    const refused = (reason: string, gasUsed: number): Execution<EvmLedgerState> => ({
      ok: false,
      reason,
      state,
      events: [],
      values: [],
      gasUsed,
    });
    const { kind, data } = this.#encode(call);
    if (data === undefined) return refused(REASON_NO_METHOD, Math.min(GAS_TRANSACTION, gasLimit));
    const run = this.#run(state.id, from, call.to, data, block, gasLimit);
    if (run.how !== 'returned') return refused(this.#reasonOf(run), run.gasUsed);
    const events = run.logs.map((log) => this.#event(log));
    const values = this.#values(kind, call, run.data);
    const next = this.#mirror({ ...state, id: run.state }, events);
    return { ok: true, reason: undefined, state: next, events, values, gasUsed: run.gasUsed };
  }

  view(state: EvmLedgerState, call: Call, block: BlockEnvironment): Reading {
    const { kind, data } = this.#encode(call);
    if (data === undefined || ABIS[kind].methods[call.method]!.view !== true)
      return { ok: false, reason: REASON_NO_METHOD };
    const run = this.#run(state.id, ZERO_ADDRESS, call.to, data, block, PLENTY, true);
    if (run.how !== 'returned') return { ok: false, reason: this.#reasonOf(run) };
    return { ok: true, values: this.#values(kind, call, run.data) };
  }

  /** What the model's table says; a fifth more, since real gas depends on what is stored. */
  gasOf(call: Call): number {
    return Math.ceil(gasOfMethod(this.#kindOf(call.to), call.method) * 1.2);
  }

  quickAudit({ sum, burned }: EvmLedgerState): string | undefined {
    return sum + burned === this.#minted
      ? undefined
      : `balances ${sum} + burned ${burned} differ from minted ${this.#minted}`;
  }

  fullAudit(state: EvmLedgerState): string[] {
    const { token, stakes } = this.contracts;
    const balanceOf = (account: Address): Call => ({
      to: token,
      method: 'balanceOf',
      args: [account],
    });
    const amount = (to: Address, method: string): Call => ({ to, method, args: [] });
    const accounts = keysOf(state.balances);
    const balances = this.#amounts(state.id, accounts.map(balanceOf));
    const [burned, supply] = this.#amounts(state.id, [
      amount(token, 'totalBurned'),
      amount(token, 'totalSupply'),
    ]);
    const wrong = accounts
      .map((account, i) => ({ account, mirrored: state.balances.get(account), has: balances[i] }))
      .filter(({ mirrored, has }) => mirrored !== has)
      .map(({ account, mirrored, has }) => `${account} holds ${has}, not ${mirrored}`);
    const sum = balances.reduce((total, balance) => total + balance, 0n);
    if (sum !== supply || supply + burned! !== this.#minted)
      wrong.push(`balances ${sum}, supply ${supply}, burned ${burned}, minted ${this.#minted}`);
    const debtors = [...keysOf(state.chequebooks), stakes];
    const promised = this.#amounts(
      state.id,
      debtors.map((who) => amount(who, who === stakes ? 'totalStaked' : 'totalHardDeposit')),
    );
    const assets = this.#amounts(state.id, debtors.map(balanceOf));
    debtors.forEach((who, i) => {
      if (promised[i]! > assets[i]!) wrong.push(`${who} holds ${assets[i]}, owes ${promised[i]}`);
    });
    return wrong;
  }

  audit(state: EvmLedgerState): Audit {
    let held = 0n;
    let locked = 0n;
    state.balances.forEach((balance, account) => {
      if (this.#kinds.has(account) || state.chequebooks.get(account)) locked += balance;
      else held += balance;
    });
    return { minted: this.#minted, held, locked, burned: state.burned };
  }

  release({ id }: EvmLedgerState): void {
    // Another chain may begin with it.
    if (id === this.#genesis.id) return;
    this.#thread.ask<'release'>({ kind: 'release', state: id });
  }

  /** A chequebook at a given address, as if it had been part of genesis; the factory knows nothing of it. */
  placeChequebook(state: EvmLedgerState, at: Address): EvmLedgerState {
    const code = `0x363d3d373d3d3d363d73${this.contracts.master.slice(2)}5af43d82803e903d91602b57fd5bf3`;
    return {
      ...state,
      id: this.#thread.ask<'place'>({ kind: 'place', state: state.id, at, code }),
    };
  }

  /** Ends the EVM's thread. */
  close(): void {
    this.#thread.close();
  }

  #begin(genesis: GenesisOptions, codes: Bytecodes): EvmLedgerState {
    const { treasury } = genesis;
    const at = this.contracts;
    const constructors: [keyof Bytecodes, Uint8Array][] = [
      ['token', encodeValues(['uint256'], [genesis.supply])],
      ['parameters', new Uint8Array(0)],
      ['factory', encodeValues(['address'], [at.token])],
      [
        'protests',
        encodeValues(['address', 'address', 'address'], [at.token, at.factory, at.parameters]),
      ],
      ['stakes', encodeValues(['address', 'address'], [at.token, at.parameters])],
    ];
    let id = 0;
    for (const [kind, args] of constructors) {
      const code = concat(bytesOf(codes[kind]), args);
      const run = this.#run(id, treasury, undefined, code, GENESIS_BLOCK, PLENTY);
      if (run.how !== 'returned' || run.created !== at[kind])
        throw new Error(`genesis: ${kind} is at ${run.created}, not ${at[kind]} (${run.how})`);
      id = run.state;
    }
    let state: EvmLedgerState = {
      id,
      balances: PersistentMap.empty<bigint>().set(treasury, genesis.supply),
      sum: genesis.supply,
      burned: 0n,
      chequebooks: PersistentMap.empty(),
    };
    for (const call of genesisCalls(genesis, at)) {
      const done = this.execute(state, treasury, call, GENESIS_BLOCK, PLENTY);
      if (!done.ok) throw new Error(`genesis: ${call.method} failed: ${done.reason}`);
      state = done.state;
    }
    return state;
  }

  #run(
    state: EvmStateId,
    from: Address,
    to: Address | undefined,
    data: Uint8Array,
    block: BlockEnvironment,
    gasLimit: number,
    isStatic = false,
  ): EvmRun {
    const call = { state, from, to, data, block, gasLimit, isStatic };
    return this.#thread.ask<'run'>({ kind: 'run', calls: [call] })[0]!;
  }

  /** Bytes of a call; undefined where no contract of its kind would understand it. */
  #encode(call: Call): { kind: ContractKind; data: Uint8Array | undefined } {
    const kind = this.#kindOf(call.to);
    return { kind, data: encodeCall(this.#suite, ABIS[kind], call.method, call.args) };
  }

  #kindOf(address: Address): ContractKind {
    return this.#kinds.get(address) ?? 'chequebook';
  }

  #values(kind: ContractKind, call: Call, data: Uint8Array): AbiValue[] {
    const values = decodeValues(ABIS[kind].methods[call.method]!.outputs, data);
    if (values === undefined) throw new Error(`${call.method} returned what it should not`);
    return values;
  }

  #event({ address, topics, data }: EvmLog): LedgerEvent {
    const event = decodeEvent(this.#suite, ABIS[this.#kindOf(address)], topics, data);
    if (event === undefined) throw new Error(`${address} said something unknown`);
    return { contract: address, ...event };
  }

  #reasonOf({ how, data }: EvmRun): string {
    if (how === HOW_NO_CODE) return REASON_NO_METHOD;
    if (how !== 'reverted') return how === REASON_OUT_OF_GAS ? REASON_OUT_OF_GAS : `evm: ${how}`;
    // Without a word: Solidity's answer to calls that it cannot take.
    return decodeRefusal(this.#suite, data) ?? REASON_NO_METHOD;
  }

  /** Reads back the balances that the events name. */
  #mirror(state: EvmLedgerState, events: readonly LedgerEvent[]): EvmLedgerState {
    let { chequebooks } = state;
    const touched = new Set<Address>();
    for (const { name, values } of events) {
      if (name === 'Transfer') touched.add(values[0] as Address).add(values[1] as Address);
      if (name === 'SimpleSwapDeployed') chequebooks = chequebooks.set(values[0] as Address, true);
    }
    if (touched.size === 0) return { ...state, chequebooks };
    const to = this.contracts.token;
    const accounts = [...touched].filter((account) => account !== ZERO_ADDRESS);
    const [burned, ...read] = this.#amounts(state.id, [
      { to, method: 'totalBurned', args: [] },
      ...accounts.map((account) => ({ to, method: 'balanceOf', args: [account] })),
    ]);
    let { balances, sum } = state;
    accounts.forEach((account, i) => {
      sum += read[i]! - (balances.get(account) ?? 0n);
      balances = balances.set(account, read[i]!);
    });
    return { id: state.id, balances, sum, burned: burned!, chequebooks };
  }

  /** What several readings of one amount each give, with one wait. */
  #amounts(state: EvmStateId, calls: readonly Call[]): bigint[] {
    const runs = this.#thread.ask<'run'>({
      kind: 'run',
      calls: calls.map((call) => ({
        state,
        from: ZERO_ADDRESS,
        to: call.to,
        data: this.#encode(call).data!,
        block: GENESIS_BLOCK,
        gasLimit: PLENTY,
        isStatic: true,
      })),
    });
    return runs.map((run, i) => {
      const call = calls[i]!;
      if (run.how !== 'returned') throw new Error(`${call.method}: ${this.#reasonOf(run)}`);
      return this.#values(this.#kindOf(call.to), call, run.data)[0] as bigint;
    });
  }
}

function keysOf<V>(map: PersistentMap<V>): string[] {
  const keys: string[] = [];
  map.forEach((_, key) => keys.push(key));
  return keys;
}
