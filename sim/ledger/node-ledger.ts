/**
 * One node's view of the chain: the newest block it has heard of, its own transactions, its subscriptions.
 *
 * It reads blocks that it has heard of and nothing else. When a block arrives it walks from the last one heard to their common ancestor, takes
 * back what lies on the abandoned side and tells what lies on the new one. So a node that heard late, or not at all for an hour, is told
 * the same as one that heard every block, except for branches that came and went meanwhile.
 */
import type { AbiValue, Call } from '../../protocols/ledger/abi.ts';
import {
  REASON_UNKNOWN,
  type Bid,
  type BlockReference,
  type EventFilter,
  type Ledger,
  type LedgerListener,
  type Receipt,
  type SubscriptionId,
  type TransactionId,
  type TransactionStatus,
  type ViewResult,
} from '../../protocols/ledger/port.ts';
import type { ContractAddresses } from '../../protocols/ledger/genesis.ts';
import type { Address } from '../../protocols/ledger/values.ts';
import { coinsOf } from './accounts.ts';
import { environmentOf, type Block } from './block.ts';
import type { Executor } from './executor.ts';
import { GWEI } from './options.ts';
import type { Transaction, TransactionReceipt } from './transaction.ts';

/** Tip of a node that does not say: what wallets have offered on a quiet mainnet. */
const DEFAULT_TIP = GWEI;

/** What a node's view needs of the chain's host. */
export interface ChainAccess<State> {
  readonly executor: Executor<State>;
  readonly confirmationsMax: number;
  /** Sends a transaction on its way to the pool. */
  send(transaction: Transaction): void;
}

interface OwnTransaction {
  readonly nonce: number;
  readonly call: Call;
  /** Names of all bids under this nonce, oldest first, and the newest bid. */
  readonly bids: string[];
  last: Transaction;
  /** Bids that the pool has thrown out. */
  readonly dropped: Set<string>;
  /** Block that includes one of the bids, as far as heard. */
  included: { number: number; reference: BlockReference; receipt: TransactionReceipt } | undefined;
}

interface Subscription {
  readonly filter: EventFilter;
  readonly confirmations: number;
  /** Number of the newest block whose events have been told. */
  told: number;
}

export class NodeLedger<State> implements Ledger {
  readonly chainId: bigint;
  readonly account: Address;
  readonly contracts: ContractAddresses;
  readonly #chain: ChainAccess<State>;
  readonly #listener: LedgerListener;
  readonly #own: OwnTransaction[] = [];
  /** Own transactions by the names of their bids. */
  readonly #byBid = new Map<string, OwnTransaction>();
  readonly #subscriptions = new Map<SubscriptionId, Subscription>();
  #heard: Block<State>;
  #nextNonce: number;
  #bids = 0;
  #nextSubscription = 0;

  /** @param nonce the account's next one on the chain. */
  constructor(
    chain: ChainAccess<State>,
    account: Address,
    listener: LedgerListener,
    head: Block<State>,
    nonce: number,
  ) {
    this.#chain = chain;
    this.chainId = chain.executor.chainId;
    this.contracts = chain.executor.contracts;
    this.account = account;
    this.#listener = listener;
    this.#heard = head;
    this.#nextNonce = nonce;
  }

  /** Number of the newest block heard of. */
  get heardNumber(): number {
    return this.#heard.reference.number;
  }

  head(): BlockReference {
    return this.#heard.reference;
  }

  coins(confirmations: number): bigint | undefined {
    const { state } = this.#stateAt(confirmations);
    return state && coinsOf(state.coins, this.account);
  }

  submit(call: Call, bid: Bid = {}): TransactionId {
    const own: OwnTransaction = {
      nonce: this.#nextNonce++,
      call,
      bids: [],
      last: undefined as unknown as Transaction,
      dropped: new Set(),
      included: undefined,
    };
    this.#own.push(own);
    this.#send(own, bid);
    return this.#own.length - 1;
  }

  raise(transaction: TransactionId, bid: Bid): void {
    const own = this.#ownAt(transaction);
    if (own.included === undefined) this.#send(own, bid);
  }

  status(transaction: TransactionId): TransactionStatus {
    const own = this.#ownAt(transaction);
    if (own.included !== undefined) return 'included';
    return own.dropped.has(own.last.id) ? 'dropped' : 'pending';
  }

  receipt(transaction: TransactionId): Receipt | undefined {
    const { included } = this.#ownAt(transaction);
    if (included === undefined) return undefined;
    const { ok, reason, gasUsed, fee, events, values } = included.receipt;
    const confirmations = this.heardNumber - included.number;
    const block = included.reference;
    return { ok, reason, block, confirmations, gasUsed, fee, events, values };
  }

  view(call: Call, confirmations: number): ViewResult {
    const { state, reference } = this.#stateAt(confirmations);
    // Back after a long absence, and nothing heard yet.
    if (state === undefined) return { ok: false, reason: REASON_UNKNOWN };
    const reading = this.#chain.executor.view(state.contracts, call, environmentOf(reference));
    return reading.ok ? { ok: true, values: reading.values, block: reference } : reading;
  }

  subscribe(filter: EventFilter, confirmations: number): SubscriptionId {
    this.#checkDepth(confirmations);
    const id = this.#nextSubscription++;
    const told = Math.max(0, this.heardNumber - confirmations);
    this.#subscriptions.set(id, { filter, confirmations, told });
    return id;
  }

  unsubscribe(subscription: SubscriptionId): void {
    this.#subscriptions.delete(subscription);
  }

  /** A block has reached this node. An older or equal branch than the one heard changes nothing. */
  hear(block: Block<State>): void {
    if (block.reference.number <= this.heardNumber) return;
    const { abandoned, added } = this.#path(block);
    for (const old of abandoned) this.#takeBack(old);
    for (const fresh of added) this.#note(fresh);
    this.#heard = block;
    for (const [id, subscription] of this.#subscriptions) {
      this.#tellRemoved(id, subscription, abandoned);
      this.#tellAdded(id, subscription);
    }
    this.#listener.onLedgerHead(block.reference);
  }

  /** Blocks to leave, newest first, and to take up, oldest first. */
  #path(to: Block<State>): { abandoned: Block<State>[]; added: Block<State>[] } {
    const abandoned: Block<State>[] = [];
    const added: Block<State>[] = [];
    let [old, fresh] = [this.#heard, to];
    while (old !== fresh) {
      if (fresh.reference.number > old.reference.number) {
        added.unshift(fresh);
        fresh = parentOf(fresh);
      } else {
        abandoned.push(old);
        old = parentOf(old);
      }
    }
    return { abandoned, added };
  }

  #takeBack(block: Block<State>): void {
    for (const { transaction } of block.receipts) {
      const own = this.#byBid.get(transaction.id);
      if (own !== undefined) own.included = undefined;
    }
  }

  #note(block: Block<State>): void {
    const { reference } = block;
    for (const receipt of block.receipts) {
      const own = this.#byBid.get(receipt.transaction.id);
      if (own !== undefined) own.included = { number: reference.number, reference, receipt };
    }
    for (const id of block.dropped) this.#byBid.get(id)?.dropped.add(id);
  }

  #tellRemoved(
    id: SubscriptionId,
    subscription: Subscription,
    abandoned: readonly Block<State>[],
  ): void {
    for (const block of abandoned) {
      if (block.reference.number > subscription.told) continue;
      for (const index of matching(block, subscription.filter).reverse())
        this.#tell(id, block, index, true);
      subscription.told = block.reference.number - 1;
    }
  }

  #tellAdded(id: SubscriptionId, subscription: Subscription): void {
    const due: Block<State>[] = [];
    let block = this.#heard;
    for (
      let i = 0;
      i < subscription.confirmations && block.reference.number > subscription.told;
      i++
    )
      block = parentOf(block);
    for (; block.reference.number > subscription.told; block = parentOf(block)) due.push(block);
    if (due.length > 0) subscription.told = due[0]!.reference.number;
    for (const confirmed of due.reverse())
      for (const index of matching(confirmed, subscription.filter))
        this.#tell(id, confirmed, index, false);
  }

  #tell(id: SubscriptionId, block: Block<State>, index: number, removed: boolean): void {
    // What a listener does on one notice may end its subscription.
    if (!this.#subscriptions.has(id)) return;
    const event = block.events[index]!;
    this.#listener.onLedgerEvent(id, { event, block: block.reference, index, removed });
  }

  #send(own: OwnTransaction, bid: Bid): void {
    const tip = bid.tipPerGas ?? DEFAULT_TIP;
    const transaction: Transaction = {
      id: `${this.account}#${this.#bids++}`,
      from: this.account,
      nonce: own.nonce,
      gasLimit: bid.gasLimit ?? this.#chain.executor.gasOf(own.call),
      maxFee: bid.maxFeePerGas ?? this.#heard.reference.baseFeePerGas * 2n + tip,
      tip,
      call: own.call,
    };
    own.bids.push(transaction.id);
    own.last = transaction;
    this.#byBid.set(transaction.id, own);
    this.#chain.send(transaction);
  }

  /** The block `confirmations` below the newest one heard of; genesis if there are not as many. */
  #stateAt(confirmations: number): Block<State> {
    this.#checkDepth(confirmations);
    let block = this.#heard;
    for (let i = 0; i < confirmations && block.parent !== undefined; i++) block = block.parent;
    return block;
  }

  #checkDepth(confirmations: number): void {
    const most = this.#chain.confirmationsMax;
    if (!(Number.isInteger(confirmations) && confirmations >= 0 && confirmations <= most))
      throw new Error(`${confirmations} confirmations: expected an integer in 0..${most}`);
  }

  #ownAt(transaction: TransactionId): OwnTransaction {
    const own = this.#own[transaction];
    if (own === undefined) throw new Error(`no transaction ${transaction}`);
    return own;
  }
}

function parentOf<State>(block: Block<State>): Block<State> {
  if (block.parent === undefined)
    throw new Error(`block ${block.reference.number} was forgotten too early`);
  return block.parent;
}

/** Places of the events that `filter` lets through, in order. */
function matching<State>(block: Block<State>, filter: EventFilter): number[] {
  const { contract, name, field } = filter;
  const key = contract === undefined ? name : `@${contract}`;
  const places =
    key === undefined ? block.events.map((_, at) => at) : (block.places.get(key) ?? []);
  return places.filter((at) => {
    const event = block.events[at]!;
    if (name !== undefined && event.name !== name) return false;
    return field === undefined || sameValue(event.values[field.at], field.value);
  });
}

function sameValue(a: AbiValue | undefined, b: AbiValue): boolean {
  if (!(a instanceof Uint8Array) || !(b instanceof Uint8Array)) return a === b;
  return a.length === b.length && a.every((byte, i) => byte === b[i]);
}
