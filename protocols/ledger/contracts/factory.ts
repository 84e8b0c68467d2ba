/**
 * Makes chequebooks and vouches for them: whoever gets a cheque asks the factory whether its chequebook runs the known code.
 * Each is a minimal proxy (EIP-1167) at an address that follows from who asked and the salt (EIP-1014), so it is known before it exists.
 */
import type { Frame } from '../frame.ts';
import type { FactoryState } from '../state.ts';
import {
  bytesOf,
  cloneAddress,
  concat,
  hexOf,
  type Address,
  type Keccak,
  type Word,
} from '../values.ts';
import { blankChequebook } from './chequebook.ts';

type FactoryFrame = Frame<FactoryState>;

export const factoryMethods = {
  ERC20Address: ({ state }: FactoryFrame): [Address] => [state.token],
  master: ({ state }: FactoryFrame): [Address] => [state.master],
  deployedContracts: ({ state }: FactoryFrame, book: Address): [boolean] => [
    state.deployed.get(book) ?? false,
  ],

  /** A chequebook for `issuer`, who need not be the caller. */
  deploySimpleSwap(frame: FactoryFrame, issuer: Address, timeout: bigint, salt: Word): [Address] {
    const { state, transition } = frame;
    const book = chequebookAddress(transition.crypto, frame.self, state.master, frame.caller, salt);
    frame.require(transition.state.get(book) === undefined, 'ERC1167: create2 failed');
    transition.state = transition.state.set(book, blankChequebook());
    frame.call(book, 'init', issuer, state.token, timeout);
    frame.state = { ...state, deployed: state.deployed.set(book, true) };
    frame.emit('SimpleSwapDeployed', book);
    return [book];
  },
};

/** Where `caller`'s chequebook under `salt` will be. */
export function chequebookAddress(
  suite: Keccak,
  factory: Address,
  master: Address,
  caller: Address,
  salt: Word,
): Address {
  const own = suite.keccak256(concat(new Uint8Array(12), bytesOf(caller), bytesOf(salt)));
  return cloneAddress(suite, factory, master, hexOf(own));
}
