/**
 * Transactions of one node until they are final: what to bid for each, when to bid more, and when to stop looking.
 *
 * A chain takes whoever bids most and may take a block back. So a transaction that waits is bid up under its own nonce, one that the pool has thrown out is sent
 * again under its own nonce (the next ones wait behind it), and the outcome is told only once enough blocks lie on it. Nobody bids beyond the cap: then the
 * transaction stays in the pool until gas is cheap again.
 */
import type { Call } from './abi.ts';
import type { Ledger, Receipt, TransactionId } from './port.ts';

export interface BiddingOptions {
  /** Most that a unit of gas may cost, base fee and tip together; in the coin's smallest unit. */
  maxFeePerGas: bigint;
  /** First tip per gas. */
  tipPerGas: bigint;
  /** Blocks without success after which more is bid; >= 1. */
  raiseAfterBlocks: number;
  /** Blocks on top of a transaction's own after which its outcome is final. */
  confirmations: number;
}

/** A quarter more each time: well above the tenth that a pool asks for. */
const RAISE_PERCENT = 125n;
/** What a pool asks for (go-ethereum's PriceBump); a raise that the cap makes smaller is not sent. */
const REPLACEMENT_PERCENT = 110n;

interface Offer {
  maxFeePerGas: bigint;
  tipPerGas: bigint;
}

interface Waiting {
  readonly id: TransactionId;
  offer: Offer;
  /** Number of the newest block when it was last bid for. */
  bidAt: number;
  readonly done: (receipt: Receipt) => void;
}

export class Outbox {
  readonly #ledger: Ledger;
  readonly #options: BiddingOptions;
  #waiting: Waiting[] = [];

  constructor(ledger: Ledger, options: BiddingOptions) {
    this.#ledger = ledger;
    this.#options = options;
  }

  /** Transactions whose outcome is not final. */
  get open(): number {
    return this.#waiting.length;
  }

  /** Sends a transaction; `done` is told its receipt once that is final. With `tipPerGas`, it is in at any price: that tip first, and no cap. */
  submit(call: Call, done: (receipt: Receipt) => void, tipPerGas?: bigint): void {
    const { number, baseFeePerGas } = this.#ledger.head();
    const tip = tipPerGas ?? this.#options.tipPerGas;
    const wanted = { maxFeePerGas: 2n * baseFeePerGas + tip, tipPerGas: tip };
    const offer = tipPerGas === undefined ? this.#capped(wanted) : wanted;
    const id = this.#ledger.submit(call, offer);
    this.#waiting.push({ id, offer, bidAt: number, done });
  }

  /** To be called whenever a newer block has been heard of. */
  onHead(): void {
    const { number, baseFeePerGas } = this.#ledger.head();
    const { confirmations, raiseAfterBlocks } = this.#options;
    const final: (() => void)[] = [];
    this.#waiting = this.#waiting.filter((one) => {
      const receipt = this.#ledger.receipt(one.id);
      if (receipt !== undefined) {
        if (receipt.confirmations < confirmations) return true;
        final.push(() => {
          one.done(receipt);
        });
        return false;
      }
      const dropped = this.#ledger.status(one.id) === 'dropped';
      if (dropped || number - one.bidAt >= raiseAfterBlocks)
        this.#bidAgain(one, number, baseFeePerGas, dropped);
      return true;
    });
    // What is done next may submit again: the list is whole by now.
    for (const tell of final) tell();
  }

  #bidAgain(one: Waiting, number: number, baseFee: bigint, dropped: boolean): void {
    const tipPerGas = raised(one.offer.tipPerGas);
    const above = raised(one.offer.maxFeePerGas);
    const wanted = 2n * baseFee + tipPerGas;
    const next = this.#capped({ tipPerGas, maxFeePerGas: above > wanted ? above : wanted });
    if (outbids(next, one.offer)) one.offer = next;
    else if (!dropped) return;
    one.bidAt = number;
    this.#ledger.raise(one.id, one.offer);
  }

  #capped({ maxFeePerGas, tipPerGas }: Offer): Offer {
    const cap = this.#options.maxFeePerGas;
    return {
      maxFeePerGas: maxFeePerGas < cap ? maxFeePerGas : cap,
      tipPerGas: tipPerGas < cap ? tipPerGas : cap,
    };
  }
}

function raised(amount: bigint): bigint {
  return (amount * RAISE_PERCENT + 99n) / 100n;
}

function outbids(next: Offer, last: Offer): boolean {
  return (
    next.maxFeePerGas * 100n >= last.maxFeePerGas * REPLACEMENT_PERCENT &&
    next.tipPerGas * 100n >= last.tipPerGas * REPLACEMENT_PERCENT
  );
}
