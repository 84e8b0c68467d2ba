/**
 * The transactions of a node's account: numbered, signed, on disk before they are sent, and followed until they are confirmed.
 *
 * A number (nonce) is given once and lies on disk with the signed bytes before anybody sees them, so a node that is killed sends the same bytes again and never
 * signs a second transaction beside the first. What blocks leave out is offered again, dearer, under the same number. What a reorganisation throws out is sent
 * again as it was. Only what has the confirmations is over.
 */
import { z } from 'zod';
import { hexOf, type Address, type Keccak } from '../../protocols/ledger/values.ts';
import type { Store } from '../store/port.ts';
import type { Contracts } from './contracts.ts';
import type { Heads } from './heads.ts';
import { isOpen, ORDER, type Bid, type Order, type Wish } from './order.ts';
import type { Rpc } from './rpc.ts';
import { believe, ChainTrouble, RpcRefusal } from './trouble.ts';
import { COUNT, QUANTITY, RECEIPT, WORD, type Header, type Receipt } from './wire.ts';

const NAMESPACE = 'transaction';
const KEY_DIGITS = 12;
/** Ended ones that are remembered, for the user. */
const REMEMBERED = 50;
/** Blocks that may leave a transaction out before it offers more. */
const BUMP_BLOCKS = 3;
/** By how much more, in percent; nodes ask for ten. */
const BUMP_PERCENT = 125n;
const GWEI = 1_000_000_000n;

/** Who signs transactions: the account of the node's key file. */
export interface TransactionSigner {
  readonly account: Address;
  /** The signed bytes, hex. */
  sign(transaction: {
    nonce: number;
    to: Address | undefined;
    data: string;
    gas: number;
    maxFee: bigint;
    tip: bigint;
  }): Promise<string>;
}

export interface OutboxOptions {
  signer: TransactionSigner;
  confirmations: number;
  /** Most to pay per gas, wei of coin. */
  gasPriceMax: bigint;
}

/** How an order ended. */
export interface Ending {
  order: Order;
  ok: boolean;
}

export class Outbox {
  readonly #rpc: Rpc;
  readonly #contracts: Contracts;
  readonly #suite: Keccak;
  readonly #store: Store;
  readonly #options: OutboxOptions;
  #orders: Order[] = [];
  #lastId = 0;
  #trouble: ChainTrouble | undefined;
  #endings: Ending[] = [];

  constructor(rpc: Rpc, contracts: Contracts, suite: Keccak, store: Store, options: OutboxOptions) {
    this.#rpc = rpc;
    this.#contracts = contracts;
    this.#suite = suite;
    this.#store = store;
    this.#options = options;
  }

  /** Reads what is on disk. */
  async load(): Promise<void> {
    const entries = await this.#store.scan(NAMESPACE);
    this.#orders = entries.map(({ value }) =>
      ORDER.parse(JSON.parse(new TextDecoder().decode(value))),
    );
    this.#lastId = this.#orders.at(-1)?.id ?? 0;
  }

  /** All that are not over, and the last that are, oldest first. */
  get orders(): readonly Order[] {
    return this.#orders;
  }

  /** Why nothing can be sent, as of the last step. */
  get trouble(): ChainTrouble | undefined {
    return this.#trouble;
  }

  /** Orders a transaction; it is on disk before anything that the caller writes after this. */
  submit(wish: Wish): Order {
    const order: Order = { ...wish, id: ++this.#lastId, bids: [], state: 'waiting' };
    this.#orders.push(order);
    // A disk that refuses has refused the caller too, who sees to it.
    void this.#keep(order).catch(() => undefined);
    return order;
  }

  /** What has ended and was not told yet. */
  takeEndings(): Ending[] {
    return this.#endings.splice(0);
  }

  /** Looks after everything that is not over. @throws ChainTrouble */
  async step(heads: Heads): Promise<void> {
    const { head } = heads;
    this.#trouble = undefined;
    if (head === undefined) return;
    for (const order of this.#orders.filter(isOpen)) {
      const ok =
        order.state === 'sent'
          ? await this.#follow(order, heads, head)
          : await this.#begin(order, head);
      if (ok !== undefined) this.#endings.push({ order, ok });
      // What comes later has a later number, and waits.
      if (this.#trouble !== undefined) break;
    }
    await this.#forget();
  }

  /** @returns whether it succeeded, once that is certain. */
  async #follow(order: Order, heads: Heads, head: Header): Promise<boolean | undefined> {
    const receipt = await this.#receiptOf(order);
    if (receipt !== undefined) {
      // In a block that is not (or no longer) the chain's, as far as we have heard: wait.
      const header = heads.at(receipt.blockNumber);
      if (header !== undefined && header.hash !== receipt.blockHash) return undefined;
      order.block = receipt.blockNumber;
      if (head.number - receipt.blockNumber < this.#options.confirmations) return undefined;
      return this.#end(order, receipt);
    }
    order.block = undefined;
    const { confirmed } = heads;
    if (confirmed !== undefined && (await this.#countAt(confirmed)) > order.nonce!)
      return this.#fail(order, 'another transaction of this account took its number');
    const last = order.bids.at(-1)!;
    if (head.number - last.block >= BUMP_BLOCKS) await this.#bid(order, head);
    else if (!(await this.#isKnown(last))) await this.#send(order, last);
    return undefined;
  }

  async #receiptOf(order: Order): Promise<Receipt | undefined> {
    const receipts = await Promise.all(
      order.bids.map(({ hash }) =>
        this.#rpc.ask('eth_getTransactionReceipt', [hash], z.nullable(RECEIPT)),
      ),
    );
    receipts.forEach((receipt, i) => {
      believe(
        receipt === null || receipt.transactionHash === order.bids[i]!.hash,
        `${this.#rpc.place} answers with the receipt of another transaction`,
      );
    });
    return receipts.find((receipt) => receipt !== null) ?? undefined;
  }

  async #end(order: Order, receipt: Receipt): Promise<boolean> {
    if (receipt.status === '0x0') return this.#fail(order, 'the contract refused it');
    const { expects } = order;
    believe(
      expects === undefined ||
        receipt.logs.some(
          ({ address, topics }) => address === expects.contract && topics[0] === expects.topic,
        ),
      `${this.#rpc.place} says that a transaction succeeded (${order.what}), and its receipt has no event of it`,
    );
    order.state = 'done';
    delete order.reason;
    await this.#keep(order);
    return true;
  }

  async #fail(order: Order, reason: string): Promise<false> {
    order.state = 'failed';
    order.reason = reason;
    await this.#keep(order);
    return false;
  }

  async #begin(order: Order, head: Header): Promise<boolean | undefined> {
    const { account } = this.#options.signer;
    if (order.dryRun && order.to !== undefined) {
      const data = Uint8Array.from(Buffer.from(order.data.slice(2), 'hex'));
      const refusal = await this.#contracts.refusal(account, order.to, data);
      // What was ordered before and is in no block yet may be what makes it possible, as a permission does the protest that uses it.
      if (refusal !== undefined && this.#isPreceded(order)) return undefined;
      if (refusal !== undefined)
        return this.#fail(order, `the contract would refuse it: ${refusal}`);
    }
    order.nonce ??= await this.#nonceAfter(head);
    await this.#bid(order, head);
    return undefined;
  }

  /** Whether something that was ordered before this is still to come into a block. */
  #isPreceded({ id }: Order): boolean {
    return this.#orders.some(
      (other) => other.id < id && isOpen(other) && other.block === undefined,
    );
  }

  /** Number of the next transaction. @throws ChainTrouble */
  nextNonce({ head }: Heads): Promise<number> {
    if (head === undefined) throw new ChainTrouble('chain-silent', 'The chain was not heard yet');
    return this.#nonceAfter(head);
  }

  async #nonceAfter(head: Header): Promise<number> {
    const own = this.#orders.flatMap(({ nonce }) => (nonce === undefined ? [] : [nonce + 1]));
    return Math.max(await this.#countAt(head), ...own);
  }

  /** Signs a first or dearer form, keeps it, sends it. */
  async #bid(order: Order, head: Header): Promise<void> {
    const { signer, gasPriceMax } = this.#options;
    const suggested = await this.#suggestedTip();
    const base = head.baseFeePerGas;
    const last = order.bids.at(-1);
    const more = (wei: string): bigint => (BigInt(wei) * BUMP_PERCENT + 99n) / 100n;
    const tip = larger(suggested, last === undefined ? 0n : more(last.tip));
    const wanted = larger(2n * base + tip, last === undefined ? 0n : more(last.maxFee));
    const least = last === undefined ? base + tip : more(last.maxFee);
    if (least > gasPriceMax) {
      this.#trouble = new ChainTrouble(
        'chain-gas',
        `Gas costs ${gwei(least)} gwei, more than the ${gwei(gasPriceMax)} that are allowed: nothing is sent to the chain`,
      );
      return;
    }
    const maxFee = wanted < gasPriceMax ? wanted : gasPriceMax;
    const { account } = signer;
    const coins = await this.#rpc.ask('eth_getBalance', [account, 'latest'], QUANTITY);
    const needed = BigInt(order.gas) * maxFee;
    if (coins < needed) {
      this.#trouble = new ChainTrouble(
        'chain-gas',
        `The account ${account} has ${coins} wei of coin, and ${needed} may be needed for gas to ${order.what}`,
      );
      return;
    }
    const { nonce, to, data, gas } = order;
    const raw = await signer.sign({ nonce: nonce!, to, data, gas, maxFee, tip });
    const hash = hexOf(this.#suite.keccak256(Uint8Array.from(Buffer.from(raw.slice(2), 'hex'))));
    const bid: Bid = {
      hash,
      raw,
      maxFee: String(maxFee),
      tip: String(tip),
      block: head.number,
    };
    // On disk first: what is in memory alone is never sent.
    const signed: Order = { ...order, bids: [...order.bids, bid], state: 'sent' };
    await this.#keep(signed);
    Object.assign(order, signed);
    await this.#send(order, bid);
  }

  async #send(order: Order, { raw, hash }: Bid): Promise<void> {
    try {
      const told = await this.#rpc.ask('eth_sendRawTransaction', [raw], WORD);
      believe(told === hash, `${this.#rpc.place} calls a transaction by another name than it has`);
      delete order.reason;
    } catch (error) {
      // Known already, or under a number that is taken: the next look says which. Anything else is told to the user and tried again.
      if (!(error instanceof RpcRefusal)) throw error;
      order.reason = error.message;
    }
  }

  async #isKnown({ hash }: Bid): Promise<boolean> {
    const known = await this.#rpc.ask(
      'eth_getTransactionByHash',
      [hash],
      z.nullable(z.object({ hash: WORD })),
    );
    return known !== null;
  }

  #countAt({ hash: blockHash }: Header): Promise<number> {
    const { account } = this.#options.signer;
    return this.#rpc.ask('eth_getTransactionCount', [account, { blockHash }], COUNT);
  }

  async #suggestedTip(): Promise<bigint> {
    try {
      return await this.#rpc.ask('eth_maxPriorityFeePerGas', [], QUANTITY);
    } catch (error) {
      if (error instanceof RpcRefusal) return GWEI;
      throw error;
    }
  }

  #keep(order: Order): Promise<void> {
    const value = new TextEncoder().encode(JSON.stringify(order));
    return this.#store.put(NAMESPACE, keyOf(order), value);
  }

  async #forget(): Promise<void> {
    const over = this.#orders.filter((order) => !isOpen(order));
    const old = over.slice(0, Math.max(0, over.length - REMEMBERED));
    if (old.length === 0) return;
    this.#orders = this.#orders.filter((order) => !old.includes(order));
    await this.#store.batch(
      old.map((order) => ({ namespace: NAMESPACE, key: keyOf(order), value: undefined })),
    );
  }
}

function keyOf({ id }: Order): string {
  return String(id).padStart(KEY_DIGITS, '0');
}

function larger(a: bigint, b: bigint): bigint {
  return a > b ? a : b;
}

function gwei(wei: bigint): string {
  return (Number(wei) / Number(GWEI)).toFixed(2);
}
