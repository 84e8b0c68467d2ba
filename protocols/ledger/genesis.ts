/**
 * The ledger at its beginning: the contracts that the network agrees on, at addresses that follow from who deployed them, so that the model
 * and the EVM twins have them in the same places.
 */
import type { Call } from './abi.ts';
import { apply, type Environment } from './apply.ts';
import { blankChequebook } from './contracts/chequebook.ts';
import {
  PARAMETER_BURN_SHARE,
  PARAMETER_PROTEST_FEE,
  PARAMETER_WITHDRAWAL_DELAY,
} from './contracts/parameters.ts';
import { withBalance } from './contracts/token.ts';
import { PersistentMap } from './persistent-map.ts';
import type { ContractState, LedgerState, TokenState } from './state.ts';
import { createdAddress, ZERO_ADDRESS, type Address, type Keccak } from './values.ts';

/** One MFT in its smallest units (18 decimals). */
export const MFT = 1_000_000_000_000_000_000n;
/** All MFT there will ever be: ten thousand million (the 2018 token sale's supply). */
export const MFT_SUPPLY = 10_000_000_000n * MFT;

export interface GenesisOptions {
  /** Deploys everything, owns the registries, and holds what `holders` do not get. */
  readonly treasury: Address;
  readonly supply: bigint;
  /** First balances; together at most the supply. */
  readonly holders: readonly (readonly [Address, bigint])[];
  /** Smallest units of the token. */
  readonly protestFee: bigint;
  /** Seconds. */
  readonly withdrawalDelay: bigint;
  /** Parts of 10,000. */
  readonly burnShare: bigint;
}

/**
 * Figures of the network when nobody says otherwise. Burn share: swap, swear and swindle's storage contracts, 95%. Withdrawal delay: our choice, three
 * weeks, longer than five trial stages of two days with one appeal. Protest fee: our choice, about what ten calls cost.
 */
export const GENESIS_DEFAULTS: Omit<GenesisOptions, 'treasury' | 'holders'> = {
  supply: MFT_SUPPLY,
  protestFee: MFT / 2n,
  withdrawalDelay: 1_814_400n,
  burnShare: 9_500n,
};

/** Where the network's contracts are. */
export interface ContractAddresses {
  readonly token: Address;
  readonly parameters: Address;
  readonly factory: Address;
  /** The code that all chequebooks share. */
  readonly master: Address;
  readonly protests: Address;
  readonly stakes: Address;
}

/** Addresses of the contracts that `treasury` deploys, in this order, as its first five acts. */
export function contractAddresses(suite: Keccak, treasury: Address): ContractAddresses {
  const factory = createdAddress(suite, treasury, 2);
  return {
    token: createdAddress(suite, treasury, 0),
    parameters: createdAddress(suite, treasury, 1),
    factory,
    // The first contract that a contract makes has nonce 1 (EIP-161).
    master: createdAddress(suite, factory, 1),
    protests: createdAddress(suite, treasury, 3),
    stakes: createdAddress(suite, treasury, 4),
  };
}

/** What the treasury does once everything is deployed, in order: parameters, then first balances. */
export function genesisCalls(options: GenesisOptions, at: ContractAddresses): Call[] {
  const set = (key: string, value: bigint): Call => ({
    to: at.parameters,
    method: 'set',
    args: [key, value],
  });
  return [
    set(PARAMETER_PROTEST_FEE, options.protestFee),
    set(PARAMETER_WITHDRAWAL_DELAY, options.withdrawalDelay),
    set(PARAMETER_BURN_SHARE, options.burnShare),
    ...options.holders.map(([holder, amount]) => ({
      to: at.token,
      method: 'transfer',
      args: [holder, amount],
    })),
  ];
}

/** The model's first state. @throws if the holders are given more than there is. */
export function genesisState(options: GenesisOptions, environment: Environment): LedgerState {
  const at = contractAddresses(environment.crypto, options.treasury);
  let state = deployed(options, at);
  for (const call of genesisCalls(options, at)) {
    const outcome = apply(state, options.treasury, call, environment);
    if (!outcome.ok) throw new Error(`genesis: ${call.method} failed: ${outcome.reason}`);
    state = outcome.state;
  }
  return state;
}

function deployed(options: GenesisOptions, at: ContractAddresses): LedgerState {
  const { treasury } = options;
  const { token, factory, parameters } = at;
  const blank: TokenState = {
    kind: 'token',
    minted: options.supply,
    burned: 0n,
    sum: 0n,
    balances: PersistentMap.empty(),
    allowances: PersistentMap.empty(),
  };
  const contracts: [Address, ContractState][] = [
    [token, withBalance(blank, treasury, options.supply)],
    [parameters, { kind: 'parameters', owner: treasury, values: PersistentMap.empty() }],
    [factory, { kind: 'factory', token, master: at.master, deployed: PersistentMap.empty() }],
    [at.master, masterChequebook()],
    [
      at.protests,
      {
        kind: 'protests',
        token,
        factory,
        parameters,
        protests: PersistentMap.empty(),
        open: PersistentMap.empty(),
        total: PersistentMap.empty(),
      },
    ],
    [
      at.stakes,
      {
        kind: 'stakes',
        token,
        parameters,
        owner: treasury,
        courts: PersistentMap.empty(),
        stakes: PersistentMap.empty(),
        totalStaked: 0n,
      },
    ],
  ];
  return contracts.reduce<LedgerState>(
    (state, [address, contract]) => state.set(address, contract),
    PersistentMap.empty(),
  );
}

/** The shared code's own storage is nobody's: an issuer without a key keeps others from initialising it. */
function masterChequebook(): ContractState {
  return { ...blankChequebook(), issuer: `${ZERO_ADDRESS.slice(0, -1)}1` };
}
