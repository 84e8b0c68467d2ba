/** The network's contracts on a chain: calls and events in their bytes, and whether what stands at an address is what the settings say. */
import { ABIS, type AbiValue, type Call, type ContractKind } from '../../protocols/ledger/abi.ts';
import {
  decodeEvent,
  decodeRefusal,
  decodeValues,
  encodeCall,
} from '../../protocols/ledger/abi-codec.ts';
import { PARAMETER_PROTEST_FEE } from '../../protocols/ledger/contracts/parameters.ts';
import type { LedgerEvent } from '../../protocols/ledger/frame.ts';
import {
  bytesOf,
  cloneAddress,
  concat,
  createdAddress,
  hexOf,
  uintBytes,
  type Address,
  type Keccak,
} from '../../protocols/ledger/values.ts';
import type { Rpc } from './rpc.ts';
import { believe, ChainTrouble, RpcRefusal } from './trouble.ts';
import { BYTES, type Log } from './wire.ts';

/** Where to look: a block by its hash, so that no answer can be of another branch. */
export type BlockTag = { blockHash: string } | 'latest';

/** The contracts that a node's settings name. */
export interface NamedContracts {
  token: Address;
  factory: Address;
  protests: Address;
}

/** They are there and belong together. */
export interface KnownContracts extends NamedContracts {
  /** Wei of the token. */
  protestFee: bigint;
}

/** The chequebook that `account` makes with the salt 0: its address is known before it is there. */
export function chequebookOf(suite: Keccak, factory: Address, account: Address): Address {
  // The first contract that the factory made is the code that all chequebooks share.
  const master = createdAddress(suite, factory, 1);
  const salt = suite.keccak256(concat(uintBytes(BigInt(account)), uintBytes(0n)));
  return cloneAddress(suite, factory, master, hexOf(salt));
}

export class Contracts {
  readonly #suite: Keccak;
  readonly #rpc: Rpc;

  constructor(suite: Keccak, rpc: Rpc) {
    this.#suite = suite;
    this.#rpc = rpc;
  }

  /** The bytes of a call. @throws Error for a method or arguments that the contract does not have. */
  encode(kind: ContractKind, { method, args }: Call): Uint8Array {
    const data = encodeCall(this.#suite, ABIS[kind], method, args);
    if (data === undefined) throw new Error(`a ${kind} has no ${method} with these arguments`);
    return data;
  }

  /** What a view returns. @throws ChainTrouble where there is no such contract. */
  async read(
    kind: ContractKind,
    to: Address,
    method: string,
    args: readonly AbiValue[],
    at: BlockTag,
  ): Promise<readonly AbiValue[]> {
    const data = hexOf(this.encode(kind, { to, method, args }));
    const bytes = await this.#rpc.ask('eth_call', [{ to, data }, at], BYTES);
    const values = decodeValues(ABIS[kind].methods[method]!.outputs, bytes);
    believe(values !== undefined, `${this.#rpc.place} says that ${to} has no ${method}()`);
    return values;
  }

  /** A view that returns one amount. */
  async amount(
    kind: ContractKind,
    to: Address,
    method: string,
    args: readonly AbiValue[],
    at: BlockTag,
  ): Promise<bigint> {
    return (await this.read(kind, to, method, args, at))[0] as bigint;
  }

  /** Why a contract would refuse this call of `from` now; undefined if it would not. */
  async refusal(from: Address, to: Address, data: Uint8Array): Promise<string | undefined> {
    try {
      await this.#rpc.ask('eth_call', [{ from, to, data: hexOf(data) }, 'latest'], BYTES);
      return undefined;
    } catch (error) {
      if (!(error instanceof RpcRefusal)) throw error;
      const returned = BYTES.safeParse(error.data);
      const reason = returned.success ? decodeRefusal(this.#suite, returned.data) : undefined;
      return reason ?? error.message;
    }
  }

  /** An event of a contract of that kind; undefined for what is none of its own. */
  event(kind: ContractKind, log: Log): LedgerEvent | undefined {
    const topics = log.topics.map(bytesOf);
    const event = decodeEvent(this.#suite, ABIS[kind], topics, log.data);
    return event && { contract: log.address, ...event };
  }

  /** Checks that the named contracts are there and belong together. @throws ChainTrouble */
  async known(named: NamedContracts): Promise<KnownContracts> {
    const { token, factory, protests } = named;
    for (const [what, address] of Object.entries(named) as [string, Address][]) {
      const code = await this.#rpc.ask('eth_getCode', [address, 'latest'], BYTES);
      if (code.length === 0)
        throw new ChainTrouble(
          'chain-wrong',
          `There is no contract at ${address}, which the settings name as money.${what}`,
        );
    }
    const says = async (kind: 'factory' | 'protests', to: Address, method: string) =>
      (await this.read(kind, to, method, [], 'latest'))[0] as Address;
    const [ofFactory, ofProtests, vouching, parameters] = await Promise.all([
      says('factory', factory, 'ERC20Address'),
      says('protests', protests, 'token'),
      says('protests', protests, 'factory'),
      says('protests', protests, 'parameters'),
    ]);
    if (ofFactory !== token || ofProtests !== token || vouching !== factory)
      throw new ChainTrouble(
        'chain-wrong',
        `The contracts that the settings name do not belong together: the factory pays in ${ofFactory}, the protests are about ${vouching} and paid in ${ofProtests}`,
      );
    const fee = this.amount('parameters', parameters, 'get', [PARAMETER_PROTEST_FEE], 'latest');
    return { ...named, protestFee: await fee };
  }
}
