/** The transactions that a node may want, each with its words, its gas and the event without which it has not happened. */
import { ABIS, type AbiValue, type Call, type ContractKind } from '../../protocols/ledger/abi.ts';
import { eventTopic } from '../../protocols/ledger/abi-codec.ts';
import {
  hexOf,
  uintBytes,
  UINT256_MAX,
  type Address,
  type Keccak,
} from '../../protocols/ledger/values.ts';
import { answerCall, cashCall, protestCall } from '../../protocols/swap/ledger-calls.ts';
import type { SignedCheque, SignedInvoice } from '../../protocols/swap/ledger-port.ts';
import { GAS_TRANSACTION, gasOfMethod } from '../../protocols/ledger/gas.ts';
import type { Contracts, KnownContracts } from './contracts.ts';
import type { Wish } from './order.ts';

/** Seconds before a hard deposit may be lowered, where nothing else was agreed: a day, as Swarm has it. */
const HARD_DEPOSIT_TIMEOUT_S = 86_400n;

/** Gas that a call takes, from above. */
export function gasOf(kind: ContractKind, method: string): number {
  return GAS_TRANSACTION + gasOfMethod(kind, method);
}

/** Gas that a call is allowed: half more than the dearest that was measured. */
export function gasFor(kind: ContractKind, method: string): number {
  return Math.ceil(1.5 * gasOf(kind, method));
}

/** What a cashing is about, for when it has ended. */
export function cashingTag(chequebook: Address): string {
  return `cash ${chequebook}`;
}

/** The chequebook that an order with such a tag cashes at; undefined for other orders. */
export function cashedAt(tag: string): Address | undefined {
  return tag.startsWith('cash ') ? tag.slice('cash '.length) : undefined;
}

export const WITHDRAWAL_TAG = 'withdraw';
export const PERMISSION_TAG = 'approve';

export class Wishes {
  readonly #suite: Keccak;
  readonly #contracts: Contracts;
  readonly #known: KnownContracts;
  readonly #account: Address;

  constructor(suite: Keccak, contracts: Contracts, known: KnownContracts, account: Address) {
    this.#suite = suite;
    this.#contracts = contracts;
    this.#known = known;
    this.#account = account;
  }

  cash(signed: SignedCheque): Wish {
    const { chequebook } = signed.cheque;
    return {
      ...this.#transaction('chequebook', cashCall(this.#account, signed)),
      ...this.#expects('chequebook', chequebook, 'ChequeCashed'),
      what: `cash a cheque of ${chequebook}`,
      tag: cashingTag(chequebook),
      dryRun: true,
    };
  }

  /** Lets the contract of protests take its fees, for good. */
  approveProtests(): Wish {
    const { token, protests } = this.#known;
    return {
      ...this.#call('token', token, 'approve', [protests, UINT256_MAX]),
      ...this.#expects('token', token, 'Approval'),
      what: 'let the contract of protests take its fees',
      tag: PERMISSION_TAG,
      dryRun: false,
    };
  }

  protest(signed: SignedInvoice): Wish {
    const call = protestCall(this.#known.protests, signed);
    return this.#protests(call, 'Protested', `protest that ${signed.invoice.debtor} has not paid`);
  }

  /** `protest` is the digest of the invoice in hex. */
  answer(protest: string, signed: SignedCheque): Wish {
    const call = answerCall(this.#known.protests, protest, signed);
    return this.#protests(call, 'ProtestAnswered', 'answer a protest with a cheque');
  }

  /** Makes this account's chequebook, at the address that `chequebookOf` says. */
  open(): Wish {
    const { factory } = this.#known;
    const args = [this.#account, HARD_DEPOSIT_TIMEOUT_S, hexOf(uintBytes(0n))];
    return {
      ...this.#call('factory', factory, 'deploySimpleSwap', args),
      ...this.#expects('factory', factory, 'SimpleSwapDeployed'),
      what: 'open the chequebook',
      tag: 'open',
      dryRun: true,
    };
  }

  /** Moves tokens of the wallet. */
  transfer(to: Address, wei: bigint, what: string): Wish {
    const { token } = this.#known;
    return {
      ...this.#call('token', token, 'transfer', [to, wei]),
      ...this.#expects('token', token, 'Transfer'),
      what,
      tag: 'transfer',
      dryRun: true,
    };
  }

  withdraw(chequebook: Address, wei: bigint, what: string): Wish {
    return {
      ...this.#call('chequebook', chequebook, 'withdraw', [wei]),
      ...this.#expects('token', this.#known.token, 'Transfer'),
      what,
      tag: `${WITHDRAWAL_TAG} ${wei}`,
      dryRun: true,
    };
  }

  #protests(call: Call, event: string, what: string): Wish {
    return {
      ...this.#transaction('protests', call),
      ...this.#expects('protests', call.to, event),
      what,
      tag: call.method,
      dryRun: true,
    };
  }

  #call(kind: ContractKind, to: Address, method: string, args: readonly AbiValue[]) {
    return this.#transaction(kind, { to, method, args });
  }

  #transaction(kind: ContractKind, call: Call) {
    const data = hexOf(this.#contracts.encode(kind, call));
    return { to: call.to, data, gas: gasFor(kind, call.method) };
  }

  #expects(kind: ContractKind, contract: Address, event: string): Pick<Wish, 'expects'> {
    const topic = eventTopic(this.#suite, event, ABIS[kind].events[event]!);
    return { expects: { contract, topic } };
  }
}
