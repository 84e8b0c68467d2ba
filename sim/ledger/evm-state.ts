/**
 * The EVM's accounts, codes and storage over persistent maps: a state is one reference, so the chain can keep as many as it likes and go back to
 * any, which the EVM's own managers cannot without copying everything.
 */
/* eslint-disable no-restricted-syntax -- the EVM's interface is asynchronous; nothing here waits for long. */
import type { AccountFields, StateManagerInterface } from '@ethereumjs/common';
import { OriginalStorageCache } from '@ethereumjs/statemanager';
import { Account, type Address } from '@ethereumjs/util';
import { keccak_256 } from '@noble/hashes/sha3.js';
import { bytesToHex } from '@noble/hashes/utils.js';
import { PersistentMap } from '../../protocols/ledger/persistent-map.ts';

/** Everything the EVM remembers. */
export interface EvmState {
  readonly accounts: PersistentMap<Account | undefined>;
  readonly codes: PersistentMap<Uint8Array>;
  /** By address, then by slot (hex). */
  readonly storage: PersistentMap<PersistentMap<Uint8Array>>;
}

export const EMPTY_EVM_STATE: EvmState = {
  accounts: PersistentMap.empty(),
  codes: PersistentMap.empty(),
  storage: PersistentMap.empty(),
};

const NOTHING = new Uint8Array(0);

export class PersistentStateManager implements StateManagerInterface {
  readonly originalStorageCache: OriginalStorageCache;
  /** The state being worked on; replaced by every write. */
  current: EvmState = EMPTY_EVM_STATE;
  readonly #checkpoints: EvmState[] = [];

  constructor() {
    this.originalStorageCache = new OriginalStorageCache(this.getStorage.bind(this));
  }

  async getAccount(address: Address): Promise<Account | undefined> {
    const account = this.current.accounts.get(address.toString());
    // The EVM writes into what it is given.
    return account && copyOf(account);
  }

  async putAccount(address: Address, account?: Account): Promise<void> {
    const accounts = this.current.accounts.set(address.toString(), account && copyOf(account));
    this.current = { ...this.current, accounts };
  }

  async deleteAccount(address: Address): Promise<void> {
    await this.putAccount(address, undefined);
  }

  async modifyAccountFields(address: Address, fields: AccountFields): Promise<void> {
    const account = (await this.getAccount(address)) ?? new Account();
    await this.putAccount(address, Object.assign(account, fields));
  }

  async putCode(address: Address, code: Uint8Array): Promise<void> {
    const codes = this.current.codes.set(address.toString(), code);
    this.current = { ...this.current, codes };
    await this.modifyAccountFields(address, { codeHash: keccak_256(code) });
  }

  async getCode(address: Address): Promise<Uint8Array> {
    return this.current.codes.get(address.toString()) ?? NOTHING;
  }

  async getCodeSize(address: Address): Promise<number> {
    return (await this.getCode(address)).length;
  }

  async getStorage(address: Address, key: Uint8Array): Promise<Uint8Array> {
    return this.current.storage.get(address.toString())?.get(bytesToHex(key)) ?? NOTHING;
  }

  async putStorage(address: Address, key: Uint8Array, value: Uint8Array): Promise<void> {
    const { storage } = this.current;
    const where = address.toString();
    const slots = storage.get(where) ?? PersistentMap.empty<Uint8Array>();
    const written = slots.set(bytesToHex(key), value.slice());
    this.current = { ...this.current, storage: storage.set(where, written) };
  }

  async clearStorage(address: Address): Promise<void> {
    const storage = this.current.storage.set(address.toString(), PersistentMap.empty());
    this.current = { ...this.current, storage };
  }

  async checkpoint(): Promise<void> {
    this.#checkpoints.push(this.current);
  }

  async commit(): Promise<void> {
    this.#checkpoints.pop();
  }

  async revert(): Promise<void> {
    const before = this.#checkpoints.pop();
    if (before === undefined) throw new Error('the EVM reverted without a checkpoint');
    this.current = before;
  }

  clearCaches(): void {}

  shallowCopy(): StateManagerInterface {
    const copy = new PersistentStateManager();
    copy.current = this.current;
    return copy;
  }

  getStateRoot(): Promise<Uint8Array> {
    throw new Error('there is no state root: states are compared by what they answer');
  }

  setStateRoot(): Promise<void> {
    throw new Error('there is no state root');
  }

  hasStateRoot(): Promise<boolean> {
    throw new Error('there is no state root');
  }
}

function copyOf(account: Account): Account {
  return Object.assign(Object.create(Object.getPrototypeOf(account) as object), account) as Account;
}
