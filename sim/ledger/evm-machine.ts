/**
 * The compiled contracts in an EVM (@ethereumjs/evm): deploys them, runs calls on any state it has given out, and counts gas as a real chain
 * would: 21,000 for the transaction, its bytes (EIP-2028), what the code used, less refunds up to a fifth (EIP-3529).
 */
/* eslint-disable no-restricted-syntax -- the EVM is asynchronous; it runs on a thread of its own, see evm-executor.ts. */
import { Common, Hardfork, Mainnet } from '@ethereumjs/common';
import { createEVM, type EVM } from '@ethereumjs/evm';
import { createAddressFromString, type PrefixedHexString } from '@ethereumjs/util';
import { bytesToHex, hexToBytes } from '@noble/hashes/utils.js';
import type { BlockEnvironment } from '../../protocols/ledger/state.ts';
import type { Address } from '../../protocols/ledger/values.ts';
import { HOW_NO_CODE, type EvmCall, type EvmRun, type EvmStateId } from './evm-protocol.ts';
import { EMPTY_EVM_STATE, PersistentStateManager, type EvmState } from './evm-state.ts';
import { REASON_OUT_OF_GAS } from './executor.ts';
import { GAS_TRANSACTION } from '../../protocols/ledger/gas.ts';

const NOTHING = new Uint8Array(0);
const GAS_ZERO_BYTE = 4;
const GAS_BYTE = 16;
const GAS_CREATE = 32_000;
const REFUND_SHARE = 5n;
const COINBASE = createAddressFromString(`0x${'ba'.repeat(20)}`);

export class EvmMachine {
  readonly #evm: EVM;
  readonly #states: PersistentStateManager;
  readonly #given = new Map<EvmStateId, EvmState>([[0, EMPTY_EVM_STATE]]);
  #next = 1;

  private constructor(evm: EVM, states: PersistentStateManager) {
    this.#evm = evm;
    this.#states = states;
  }

  static async create(chainId: bigint): Promise<EvmMachine> {
    const common = new Common({
      chain: { ...Mainnet, name: 'mainframe', chainId: Number(chainId) },
      hardfork: Hardfork.Cancun,
    });
    const states = new PersistentStateManager();
    return new EvmMachine(await createEVM({ common, stateManager: states }), states);
  }

  async run(call: EvmCall): Promise<EvmRun> {
    const before = this.#given.get(call.state);
    if (before === undefined) throw new Error(`state ${call.state} was released`);
    // Such a call would succeed and do nothing, which helps nobody.
    if (call.to !== undefined && (before.codes.get(call.to)?.length ?? 0) === 0)
      return this.#refused(call, HOW_NO_CODE, NOTHING, Math.min(GAS_TRANSACTION, call.gasLimit));
    const own = intrinsicGas(call);
    if (own > call.gasLimit) return this.#refused(call, REASON_OUT_OF_GAS, NOTHING, call.gasLimit);
    this.#states.current = before;
    this.#evm.journal.addAlwaysWarmAddress(call.from as PrefixedHexString);
    if (call.to !== undefined) this.#evm.journal.addAlwaysWarmAddress(call.to as PrefixedHexString);
    const result = await this.#evm.runCall({
      caller: createAddressFromString(call.from),
      ...(call.to === undefined ? {} : { to: createAddressFromString(call.to) }),
      data: call.data,
      gasLimit: BigInt(call.gasLimit - own),
      skipBalance: true,
      isStatic: call.isStatic ?? false,
      block: { header: headerOf(call.block) } as never,
    });
    await this.#evm.journal.cleanup();
    this.#states.originalStorageCache.clear();
    const { exceptionError, returnValue, executionGasUsed, gasRefund = 0n } = result.execResult;
    const used = BigInt(own) + executionGasUsed;
    if (exceptionError !== undefined) {
      const reverted = (exceptionError.error as string) === 'revert';
      const gasUsed = reverted ? Number(used) : call.gasLimit;
      return this.#refused(
        call,
        reverted ? 'reverted' : exceptionError.error,
        returnValue,
        gasUsed,
      );
    }
    const most = used / REFUND_SHARE;
    return {
      state: call.isStatic === true ? call.state : this.#give(this.#states.current),
      how: 'returned',
      data: returnValue,
      logs: (result.execResult.logs ?? []).map(([address, topics, data]) => ({
        address: `0x${bytesToHex(address)}`,
        topics,
        data,
      })),
      gasUsed: Number(used - (gasRefund < most ? gasRefund : most)),
      created: result.createdAddress?.toString(),
    };
  }

  /** Puts code at an address, as a genesis file does. */
  async place(state: EvmStateId, at: Address, code: string): Promise<EvmStateId> {
    this.#states.current = this.#given.get(state)!;
    await this.#states.putCode(createAddressFromString(at), hexToBytes(code.slice(2)));
    return this.#give(this.#states.current);
  }

  release(state: EvmStateId): void {
    if (state !== 0) this.#given.delete(state);
  }

  #give(state: EvmState): EvmStateId {
    this.#given.set(this.#next, state);
    return this.#next++;
  }

  #refused(call: EvmCall, how: string, data: Uint8Array, gasUsed: number): EvmRun {
    return { state: call.state, how, data, logs: [], gasUsed, created: undefined };
  }
}

function intrinsicGas({ to, data }: EvmCall): number {
  let gas = GAS_TRANSACTION;
  // A creation pays for itself and for each word of its code (EIP-3860).
  if (to === undefined) gas += GAS_CREATE + Math.ceil(data.length / 32) * 2;
  for (const byte of data) gas += byte === 0 ? GAS_ZERO_BYTE : GAS_BYTE;
  return gas;
}

function headerOf({ number, timestamp, randomness }: BlockEnvironment): object {
  const prevRandao = hexToBytes(randomness.toString(16).padStart(64, '0'));
  return {
    number,
    timestamp,
    prevRandao,
    coinbase: COINBASE,
    difficulty: 0n,
    gasLimit: 1n << 40n,
    baseFeePerGas: 0n,
    getBlobGasPrice: () => 1n,
  };
}
