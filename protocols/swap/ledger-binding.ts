/**
 * SWAP on a chain: its wishes become transactions of an outbox, what the chain tells becomes facts.
 *
 * Facts and covers are those of blocks with enough confirmations, so that nothing told is ever taken back; prices and the clock are those of the newest block heard
 * of, since they are what the next block will ask. Nothing here knows whether the chain is simulated.
 */
import type { Call } from '../ledger/abi.ts';
import { Outbox, type BiddingOptions } from '../ledger/outbox.ts';
import type {
  BlockReference,
  Ledger,
  LedgerListener,
  LedgerNotice,
  Receipt,
} from '../ledger/port.ts';
import type { Address } from '../ledger/values.ts';
import { answerCall, cashCall, protestCall } from './ledger-calls.ts';
import { LedgerFacts } from './ledger-facts.ts';
import type {
  ChequebookView,
  LedgerFact,
  SignedCheque,
  SignedInvoice,
  SwapLedger,
} from './ledger-port.ts';

/** Smallest units of a coin. */
const COIN = 1_000_000_000_000_000_000n;

/** What a transaction was for. */
export type Errand = 'cash' | 'protest' | 'answer' | 'withdraw';

export interface BindingOptions {
  bidding: BiddingOptions;
  /** Wei of the token that one coin of the chain is worth. */
  coinWorthWei: bigint;
  /** Gas that a cashing and a protest use. */
  gas: { cash: number; protest: number };
  /** Burned for a protest, wei of the token. */
  protestFeeWei: bigint;
}

/** Told what happens. */
export interface BindingListener {
  onFact(fact: LedgerFact): void;
  onHead(head: BlockReference): void;
  /** A cashing was refused by the chequebook. */
  onCashingFailed(chequebook: Address): void;
  /** A transaction was sent on its way; `number` counts those of this node. */
  onSubmitted?(errand: Errand, number: number): void;
  /** Its outcome is final. */
  onFinal?(errand: Errand, number: number, receipt: Receipt): void;
}

export class LedgerBinding implements SwapLedger, LedgerListener {
  readonly chainId: bigint;
  readonly outbox: Outbox;
  readonly #ledger: Ledger;
  readonly #facts: LedgerFacts;
  readonly #options: BindingOptions;
  readonly #listener: BindingListener;
  #errands = 0;

  /** @param connect attaches the listener that it is given and returns the ledger that will tell it. */
  constructor(
    connect: (listener: LedgerListener) => Ledger,
    options: BindingOptions,
    listener: BindingListener,
  ) {
    this.#ledger = connect(this);
    this.#options = options;
    this.#listener = listener;
    this.chainId = this.#ledger.chainId;
    this.outbox = new Outbox(this.#ledger, options.bidding);
    this.#facts = new LedgerFacts(this.#ledger);
    // All events in one row: a bounce is told of just before its cashing.
    this.#ledger.subscribe({}, options.bidding.confirmations);
  }

  onLedgerHead(head: BlockReference): void {
    this.outbox.onHead();
    this.#listener.onHead(head);
  }

  onLedgerEvent(_subscription: number, notice: LedgerNotice): void {
    const fact = this.#facts.of(notice);
    if (fact !== undefined) this.#listener.onFact(fact);
  }

  /** Time of the newest block heard of. */
  seconds(): bigint {
    return this.#ledger.head().timestamp;
  }

  chequebook(chequebook: Address, beneficiary: Address): ChequebookView | undefined {
    const issuer = this.#facts.issuerOf(chequebook);
    const hardDeposit = this.#amount(chequebook, 'hardDeposits', [beneficiary]);
    const liquid = this.#amount(chequebook, 'liquidBalance', []);
    const paidOut = this.#amount(chequebook, 'paidOut', [beneficiary]);
    const bounced = this.#read(chequebook, 'bounced', []);
    if (issuer === undefined || hardDeposit === undefined || liquid === undefined) return undefined;
    if (paidOut === undefined || bounced === undefined) return undefined;
    return { issuer, liquid, hardDeposit, paidOut, bounced: bounced as boolean };
  }

  cashingFee(): bigint {
    return this.#worthOf(this.#options.gas.cash);
  }

  protestFee(): bigint {
    return this.#worthOf(this.#options.gas.protest) + this.#options.protestFeeWei;
  }

  cash(signed: SignedCheque): void {
    this.#submit('cash', cashCall(this.#ledger.account, signed), ({ ok }) => {
      if (!ok) this.#listener.onCashingFailed(signed.cheque.chequebook);
    });
  }

  protest(signed: SignedInvoice): void {
    this.#submit('protest', protestCall(this.#ledger.contracts.protests, signed));
  }

  answer(protest: string, signed: SignedCheque): void {
    this.#submit('answer', answerCall(this.#ledger.contracts.protests, protest, signed));
  }

  /** Takes all that no hard deposit reserves out of our own chequebook, at a tip per gas. */
  withdrawAll(chequebook: Address, tipPerGas: bigint): void {
    const amount = this.#amount(chequebook, 'liquidBalance', [], 0);
    if (amount === undefined || amount === 0n) return;
    const call = { to: chequebook, method: 'withdraw', args: [amount] };
    this.#submit('withdraw', call, undefined, tipPerGas);
  }

  #submit(errand: Errand, call: Call, done?: (receipt: Receipt) => void, tipPerGas?: bigint): void {
    const number = this.#errands++;
    this.#listener.onSubmitted?.(errand, number);
    const final = (receipt: Receipt): void => {
      this.#listener.onFinal?.(errand, number, receipt);
      done?.(receipt);
    };
    this.outbox.submit(call, final, tipPerGas);
  }

  #amount(
    to: Address,
    method: string,
    args: readonly Address[],
    confirmations?: number,
  ): bigint | undefined {
    return this.#read(to, method, args, confirmations) as bigint | undefined;
  }

  #read(
    to: Address,
    method: string,
    args: readonly Address[],
    confirmations = this.#options.bidding.confirmations,
  ) {
    const result = this.#ledger.view({ to, method, args }, confirmations);
    return result.ok ? result.values[0] : undefined;
  }

  /** What gas is worth in the token, at the price of the newest block and the usual tip. */
  #worthOf(gas: number): bigint {
    const { tipPerGas } = this.#options.bidding;
    const price = this.#ledger.head().baseFeePerGas + tipPerGas;
    return (BigInt(gas) * price * this.#options.coinWorthWei) / COIN;
  }
}
