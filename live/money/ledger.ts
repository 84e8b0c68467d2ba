/** The chain as SWAP asks for it: what the last good round found, and transactions that are ordered. */
import type { SwapLedger } from '../../protocols/swap/ledger-port.ts';
import type { Address, Keccak } from '../../protocols/ledger/values.ts';
import type { LiveChain } from '../chain/chain.ts';
import { isOpen, type Wish } from '../chain/order.ts';
import { gasOf, PERMISSION_TAG, WITHDRAWAL_TAG, Wishes } from '../chain/wishes.ts';

/** Coins that one coin is, wei. */
const COIN = 10n ** 18n;
const SECOND_MS = 1_000;

export interface LedgerOptions {
  suite: Keccak;
  account: Address;
  /** Our own chequebook, once its address is known. */
  chequebook: () => Address | undefined;
  /** Wei of the token that one coin of the chain is worth. */
  coinWorthWei: bigint;
  wallMs: () => number;
}

export class ChainLedger implements SwapLedger {
  readonly chainId: bigint;
  readonly #chain: LiveChain;
  readonly #options: LedgerOptions;

  constructor(chain: LiveChain, options: LedgerOptions) {
    this.chainId = chain.chainId;
    this.#chain = chain;
    this.#options = options;
  }

  /** Time of the newest block; wall time before the first is heard of. */
  seconds(): bigint {
    const { head } = this.#chain;
    return head?.timestamp ?? BigInt(Math.floor(this.#options.wallMs() / SECOND_MS));
  }

  chequebook(chequebook: Address, beneficiary: Address) {
    const view = this.#chain.view(chequebook, beneficiary);
    if (view === undefined || chequebook !== this.#options.chequebook()) return view;
    // What is being withdrawn covers nothing any more.
    const liquid = view.liquid - this.withdrawingWei();
    return { ...view, liquid: liquid > 0n ? liquid : 0n };
  }

  /** Wei on their way out of our chequebook. */
  withdrawingWei(): bigint {
    return this.#chain.outbox.orders
      .filter((order) => isOpen(order) && order.tag.startsWith(`${WITHDRAWAL_TAG} `))
      .reduce((sum, { tag }) => sum + BigInt(tag.slice(WITHDRAWAL_TAG.length + 1)), 0n);
  }

  cashingFee(): bigint {
    return this.#worthOf(gasOf('chequebook', 'cashChequeBeneficiary'));
  }

  protestFee(): bigint {
    return (this.#chain.known?.protestFee ?? 0n) + this.#worthOf(gasOf('protests', 'protest'));
  }

  cash(cheque: Parameters<SwapLedger['cash']>[0]): void {
    this.submit((wishes) => wishes.cash(cheque));
  }

  protest(invoice: Parameters<SwapLedger['protest']>[0]): void {
    const fee = this.#chain.known?.protestFee ?? 0n;
    const asked = this.#chain.outbox.orders.some(
      (order) => isOpen(order) && order.tag === PERMISSION_TAG,
    );
    if (this.#chain.allowance < fee && !asked) this.submit((wishes) => wishes.approveProtests());
    this.submit((wishes) => wishes.protest(invoice));
  }

  answer(protest: string, cheque: Parameters<SwapLedger['answer']>[1]): void {
    this.submit((wishes) => wishes.answer(protest, cheque));
  }

  /** Orders a transaction. Nothing is ordered of contracts that have not been seen. */
  submit(wish: (wishes: Wishes) => Wish): void {
    const { known, contracts, outbox } = this.#chain;
    if (known === undefined) return;
    const { suite, account } = this.#options;
    outbox.submit(wish(new Wishes(suite, contracts, known, account)));
    this.#chain.hurry();
  }

  /** What gas is worth in the token, at the price of the newest block. */
  #worthOf(gas: number): bigint {
    const price = this.#chain.head?.baseFeePerGas ?? 0n;
    return (BigInt(gas) * price * this.#options.coinWorthWei) / COIN;
  }
}
