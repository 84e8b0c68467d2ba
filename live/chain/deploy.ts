/**
 * Puts the network's contracts on a chain that has none: a play chain, or the first day of a real one. Whoever does it becomes the treasury: it holds all tokens
 * and owns the parameters. The bytecode is the committed one (`contracts/artifacts`), the first parameters are those of every simulated ledger.
 */
import { encodeValues } from '../../protocols/ledger/abi-codec.ts';
import { GENESIS_DEFAULTS, genesisCalls } from '../../protocols/ledger/genesis.ts';
import {
  bytesOf,
  concat,
  createdAddress,
  hexOf,
  type Address,
  type Keccak,
} from '../../protocols/ledger/values.ts';
import { COMPILED } from '../../sim/ledger/evm-artifacts.ts';
import type { Contracts, NamedContracts } from './contracts.ts';
import type { Wish } from './order.ts';
import { gasFor } from './wishes.ts';

/** Gas that making any of them is allowed; the dearest, the factory with the chequebooks' code, takes about half. */
const CREATION_GAS = 5_000_000;
/** Contracts that are made, in order. */
const CREATED = 5;
/** Largest number of an account's transaction from which the addresses follow (`createdAddress`). */
const NONCE_MAX = 127;

export interface Deployment {
  contracts: NamedContracts;
  wishes: Wish[];
}

/**
 * What `account`, whose next transaction has the number `nonce`, has to do.
 * @returns undefined for an account that has done too much already.
 */
export function deploymentBy(
  suite: Keccak,
  encoder: Contracts,
  account: Address,
  nonce: number,
): Deployment | undefined {
  if (nonce + CREATED - 1 > NONCE_MAX) return undefined;
  const [token, parameters, factory, protests, stakes] = [0, 1, 2, 3, 4].map((i) =>
    createdAddress(suite, account, nonce + i),
  ) as [Address, Address, Address, Address, Address];
  const make = (kind: keyof typeof COMPILED, what: string, args: Uint8Array): Wish => ({
    what: `make ${what}`,
    tag: 'deploy',
    data: hexOf(concat(bytesOf(COMPILED[kind]), args)),
    gas: CREATION_GAS,
    dryRun: false,
  });
  const { supply } = GENESIS_DEFAULTS;
  const at = { token, parameters, factory, protests, stakes, master: factory };
  const settings = genesisCalls({ ...GENESIS_DEFAULTS, treasury: account, holders: [] }, at);
  return {
    contracts: { token, factory, protests },
    wishes: [
      make('token', 'the token', encodeValues(['uint256'], [supply])),
      make('parameters', 'the parameters', new Uint8Array(0)),
      make('factory', 'the factory of chequebooks', encodeValues(['address'], [token])),
      make(
        'protests',
        'the contract of protests',
        encodeValues(['address', 'address', 'address'], [token, factory, parameters]),
      ),
      make(
        'stakes',
        'the registry of stakes',
        encodeValues(['address', 'address'], [token, parameters]),
      ),
      ...settings.map((call): Wish => ({
        what: 'set a parameter',
        tag: 'deploy',
        to: call.to,
        data: hexOf(encoder.encode('parameters', call)),
        gas: gasFor('parameters', call.method),
        dryRun: false,
      })),
    ],
  };
}
