/**
 * What runs the contracts of a world of flows, and how its people sign.
 *
 * The model takes modelled signatures: a thousand people sign hundreds of thousands of cheques a month, and nobody there forges. An EVM takes only what a
 * chain would take, so there people have keys. Everything else is the same, and so is the digest: that is a test.
 */
import type { CryptoSuite } from '../../protocols/crypto/port.ts';
import type { Address } from '../../protocols/ledger/values.ts';
import { accountSigner, modelledSigner, type Signer } from '../../protocols/swap/signer.ts';
import { COMPILED } from '../../sim/ledger/evm-artifacts.ts';
import { EvmExecutor } from '../../sim/ledger/evm-executor.ts';
import { ModelExecutor } from '../../sim/ledger/model-executor.ts';
import type { StreamFactory } from '../../sim/random/streams.ts';
import { Bank, WORLD_CHAIN_ID, genesisOf, type BankOptions } from './bank.ts';

const SECRET_BYTES = 32;

/** The signer of person `number`. */
export type Signers = (number: number) => Signer;

export function modelledSigners(suite: CryptoSuite): Signers {
  return (number) => modelledSigner(suite, accountNumber(number));
}

export function realSigners(suite: CryptoSuite, streams: StreamFactory): Signers {
  return (number) => {
    const secret = new Uint8Array(SECRET_BYTES);
    streams.stream(`flows/account/${number}`).fill(secret, 0, SECRET_BYTES);
    return accountSigner(suite, secret);
  };
}

export function modelBank(suite: CryptoSuite, options: BankOptions): Bank {
  const crypto = {
    keccak256: (bytes: Uint8Array) => suite.keccak256(bytes),
    accountRecover: (digest: Uint8Array, signature: Uint8Array) =>
      suite.accountRecover(digest, signature),
    signerOf: (digest: Uint8Array, signature: Uint8Array) =>
      modelledSigner(suite, accountNumber(0)).signerOf(digest, signature),
  };
  const executor = new ModelExecutor(WORLD_CHAIN_ID, genesisOf(suite, options), crypto);
  return new Bank(suite, executor, options) as Bank;
}

/** `close` ends the EVM's thread. */
export function evmBank(
  suite: CryptoSuite,
  options: BankOptions,
): { bank: Bank; close: () => void } {
  const executor = new EvmExecutor(WORLD_CHAIN_ID, genesisOf(suite, options), suite, COMPILED);
  return {
    bank: new Bank(suite, executor, options) as Bank,
    close: () => {
      executor.close();
    },
  };
}

/** A modelled account: nobody has its key, since nobody needs one. */
function accountNumber(number: number): Address {
  return `0x${(0xacc0_0000_0000 + number).toString(16).padStart(40, '0')}`;
}
