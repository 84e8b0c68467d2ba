/**
 * Neighbours who settle accounts, a channel that may lose, repeat and reorder, and a bank that is the ledger: the smallest world for SWAP.
 *
 * The bank is written from the contract's rules and shares no code with the protocol, so that money can be counted apart from the books.
 */
import { createSuite } from '../../../protocols/crypto/suites.ts';
import type { SwapHost } from '../../../protocols/swap/context.ts';
import type {
  ChequebookView,
  LedgerFact,
  SignedCheque,
  SignedInvoice,
  SwapLedger,
} from '../../../protocols/swap/ledger-port.ts';
import { Swap } from '../../../protocols/swap/machine.ts';
import { ConversionRate } from '../../../protocols/swap/money.ts';
import type { SwapOptions } from '../../../protocols/swap/options.ts';
import {
  DEFAULT_HONEST_OPTIONS,
  honestPolicy,
  type SwapPolicy,
} from '../../../protocols/swap/policy.ts';
import { DEFAULT_SCORE_OPTIONS, DEFAULT_SWAP_OPTIONS } from '../../../protocols/swap/params.ts';
import { pairState, type PairState } from '../../../protocols/swap/pair-state.ts';
import { CreditScores, type ScoreOptions, type ScoreState } from '../../../protocols/swap/score.ts';
import { accountSigner, modelledSigner, type Signer } from '../../../protocols/swap/signer.ts';
import { TypedData, type Account } from '../../../protocols/swap/typed-data.ts';

export const S = 1_000_000;
export const RATE = new ConversionRate(1_000n);
export const CHAIN = 1n;
const suite = createSuite('native');
export const TYPED = new TypedData(suite, CHAIN);

/** Small round numbers: payment at 100, stop at 200, messages of at most 10. */
export const OPTIONS: SwapOptions = {
  ...DEFAULT_SWAP_OPTIONS,
  paymentThreshold: 100,
  disconnectThreshold: 200,
  minimumPayment: 10,
  priceMax: 10,
  exposureMax: 1_000,
  driftMax: 20,
  deadlineUs: 600 * S,
  retryUs: 10 * S,
  statementEveryUs: 0,
};
/** One band: everybody is treated alike. */
export const PLAIN_SCORES: ScoreOptions = {
  ...DEFAULT_SCORE_OPTIONS,
  bands: [{ minScore: 0, pricePermille: 1_000, creditPermille: 1_000 }],
};

export const accountNumber = (n: number): Account => `0x${n.toString(16).padStart(40, '0')}`;
export const bookNumber = (n: number): Account => accountNumber(0xb00c0000 + n);

interface Chequebook {
  issuer: Account;
  balance: bigint;
  hard: Map<Account, bigint>;
  paidOut: Map<Account, bigint>;
  bounced: boolean;
}

/** The ledger: chequebooks and protests, one block every fifteen seconds. */
export class Bank {
  readonly books = new Map<Account, Chequebook>();
  readonly wallets = new Map<Account, bigint>();
  readonly facts: LedgerFact[] = [];
  readonly protests = new Map<string, { invoice: SignedInvoice['invoice']; open: boolean }>();
  readonly submitted: (() => void)[] = [];
  cashings = 0;
  burned = 0n;
  protestFee = 500n;
  cashingFee = 200n;
  seconds = 0n;

  open(book: Account, issuer: Account, wei: bigint): void {
    const fresh = { issuer, balance: wei, hard: new Map(), paidOut: new Map(), bounced: false };
    this.books.set(book, fresh);
  }

  view(address: Account, beneficiary: Account): ChequebookView | undefined {
    const book = this.books.get(address);
    if (book === undefined) return undefined;
    let hard = 0n;
    for (const wei of book.hard.values()) hard += wei;
    return {
      issuer: book.issuer,
      liquid: book.balance - hard,
      hardDeposit: book.hard.get(beneficiary) ?? 0n,
      paidOut: book.paidOut.get(beneficiary) ?? 0n,
      bounced: book.bounced,
    };
  }

  /** ERC20SimpleSwap.sol: pays min(cumulative - paid, liquid + own hard deposit), hard deposit first; a shortfall marks the book for ever. */
  cash({ cheque, signature }: SignedCheque, signer: Signer): void {
    this.submitted.push(() => {
      const book = this.books.get(cheque.chequebook);
      if (book === undefined) throw new Error('cashed at a chequebook that does not exist');
      if (signer.signerOf(TYPED.cheque(cheque), signature) !== book.issuer)
        throw new Error('cashed a cheque that its issuer did not sign');
      const { beneficiary, cumulativePayout } = cheque;
      const view = this.view(cheque.chequebook, beneficiary)!;
      const asked = cumulativePayout - view.paidOut;
      if (asked < 0n) throw new Error('cashed less than was paid');
      const cover = view.liquid + view.hardDeposit;
      const payout = asked < cover ? asked : cover;
      const fromHard = payout < view.hardDeposit ? payout : view.hardDeposit;
      book.hard.set(beneficiary, view.hardDeposit - fromHard);
      book.balance -= payout;
      book.paidOut.set(beneficiary, view.paidOut + payout);
      this.wallets.set(beneficiary, (this.wallets.get(beneficiary) ?? 0n) + payout);
      const bounced = payout < asked;
      if (bounced) book.bounced = true;
      this.cashings++;
      const { chequebook } = cheque;
      const { issuer } = book;
      this.facts.push({
        kind: 'cashed',
        chequebook,
        issuer,
        beneficiary,
        payout,
        cumulativePayout,
        bounced,
      });
    });
  }

  protest({ invoice, signature }: SignedInvoice, signer: Signer): void {
    this.submitted.push(() => {
      const digest = TYPED.invoice(invoice);
      if (signer.signerOf(digest, signature) !== invoice.creditor)
        throw new Error('protest without the creditor');
      if (this.seconds <= invoice.dueAt) throw new Error('protest before the deadline');
      const id = Buffer.from(digest).toString('hex');
      this.protests.set(id, { invoice, open: true });
      this.burned += this.protestFee;
      this.facts.push({ kind: 'protested', protest: id, ...invoice });
    });
  }

  answer(id: string, { cheque, signature }: SignedCheque): void {
    this.submitted.push(() => {
      const protest = this.protests.get(id);
      if (protest?.open !== true) return;
      if (cheque.cumulativePayout < protest.invoice.cumulativePayout)
        throw new Error('answered with too small a cheque');
      protest.open = false;
      const { debtor, creditor } = protest.invoice;
      const { cumulativePayout } = cheque;
      this.facts.push({
        kind: 'answered',
        protest: id,
        debtor,
        creditor,
        cumulativePayout,
        signature,
      });
    });
  }
}

export interface Citizen {
  /** As it was added. */
  options: CitizenOptions;
  swap: Swap;
  signer: Signer;
  scores: CreditScores;
  book: Account;
  events: { event: number; values: number[] }[];
}

export interface CitizenOptions {
  options?: Partial<SwapOptions>;
  policy?: SwapPolicy;
  scores?: ScoreOptions;
  deposit?: bigint;
  secret?: Uint8Array;
}

interface Due {
  atUs: number;
  order: number;
  run: () => void;
}

export const HONEST = honestPolicy(DEFAULT_HONEST_OPTIONS);
/** An honest node that answers with something else where it is told to. */
export function honestBut(changes: Partial<SwapPolicy>): SwapPolicy {
  return { ...HONEST, ...changes };
}

export class Town {
  readonly bank = new Bank();
  readonly citizens: Citizen[] = [];
  nowUs = 0;
  /** Every datagram that was handed over, as sent. */
  readonly wire: { from: number; to: number; bytes: Uint8Array }[] = [];
  /** Delays at which copies of a datagram arrive; none to lose it. */
  channel: (from: number, to: number, bytes: Uint8Array) => number[] = () => [10_000];
  readonly #due: Due[] = [];
  /** Those whose process is over. */
  readonly #ended = new Set<Citizen>();
  #order = 0;

  add(given: CitizenOptions = {}): Citizen {
    const index = this.citizens.length;
    const signer =
      given.secret === undefined
        ? modelledSigner(suite, accountNumber(0xacc0 + index))
        : accountSigner(suite, given.secret);
    const book = bookNumber(index);
    this.bank.open(book, signer.account, given.deposit ?? RATE.toWei(1_000_000));
    const citizen = this.#live(index, given, signer, []);
    this.citizens.push(citizen);
    return citizen;
  }

  /** A citizen's process ends and begins anew, with nothing but the bytes that `keep` gives back of what it is given. */
  restart(index: number, keep: (value: unknown) => unknown): void {
    const old = this.citizens[index]!;
    const pairs = [...old.swap.pairs].map(([peer, pair]) => [peer, keep(pairState(pair))] as const);
    const scores = keep(old.scores.state());
    this.#ended.add(old);
    const citizen = this.#live(index, old.options, old.signer, old.events);
    citizen.scores.resume(scores as ScoreState);
    for (const [peer, state] of pairs) citizen.swap.resume(peer, state as PairState);
    this.citizens[index] = citizen;
  }

  #live(index: number, given: CitizenOptions, signer: Signer, events: Citizen['events']): Citizen {
    const { options, policy, scores } = given;
    const book = bookNumber(index);
    const credit = new CreditScores(scores ?? PLAIN_SCORES);
    const swap = new Swap(
      this.#host(index, events, () => this.#ended.has(citizen)),
      {
        options: { ...OPTIONS, ...options },
        policy: policy ?? HONEST,
        rate: RATE,
        ledger: this.#ledger(signer),
        signer,
        typed: TYPED,
        scores: credit,
        chequebook: book,
      },
    );
    const citizen: Citizen = { options: given, swap, signer, scores: credit, book, events };
    return citizen;
  }

  /** Makes two citizens neighbours. */
  join(a: number, b: number): void {
    for (const [x, y] of [
      [a, b],
      [b, a],
    ] as const) {
      const { signer, book } = this.citizens[y]!;
      this.citizens[x]!.swap.open(y, {
        account: signer.account,
        chequebook: book,
        limits: OPTIONS,
      });
    }
  }

  /** `debtor` asks `creditor` for a service, which gives it if it may. The request is not lost. */
  use(debtor: number, creditor: number, units: number): boolean {
    const [asks, gives] = [this.citizens[debtor]!.swap, this.citizens[creditor]!.swap];
    if (!asks.mayRequest(creditor, units)) return false;
    asks.request(creditor, units);
    return gives.serve(debtor, units);
  }

  balances(a: number, b: number): [number, number] {
    return [this.citizens[a]!.swap.pair(b)!.balance, this.citizens[b]!.swap.pair(a)!.balance];
  }

  count(index: number, event: number): number {
    return this.citizens[index]!.events.filter((e) => e.event === event).length;
  }

  /** Runs everything due up to `untilUs`, with a block every fifteen seconds. */
  run(untilUs: number): void {
    const blockUs = 15 * S;
    for (let block = (Math.floor(this.nowUs / blockUs) + 1) * blockUs; ; block += blockUs) {
      this.#runUntil(Math.min(block, untilUs));
      if (block > untilUs) return;
      this.#mine();
    }
  }

  after(delayUs: number, run: () => void): Due {
    const due = { atUs: this.nowUs + delayUs, order: this.#order++, run };
    let at = this.#due.length;
    while (at > 0 && this.#due[at - 1]!.atUs > due.atUs) at--;
    this.#due.splice(at, 0, due);
    return due;
  }

  #runUntil(untilUs: number): void {
    while (this.#due.length > 0 && this.#due[0]!.atUs <= untilUs) {
      const due = this.#due.shift()!;
      this.nowUs = due.atUs;
      due.run();
    }
    this.nowUs = untilUs;
  }

  #mine(): void {
    this.bank.seconds = BigInt(this.nowUs / S);
    for (const transaction of this.bank.submitted.splice(0)) transaction();
    for (const fact of this.bank.facts.splice(0))
      for (const { swap } of this.citizens) swap.onLedgerFact(fact);
    for (const { swap } of this.citizens) swap.onLedgerHead();
  }

  #host(self: number, events: Citizen['events'], hasEnded: () => boolean): SwapHost {
    const timers = new Map<number, Due>();
    let next = 0;
    return {
      now: () => this.nowUs,
      send: (to, bytes, offset, length) => {
        const copy = bytes.slice(offset, offset + length);
        this.wire.push({ from: self, to, bytes: copy });
        for (const delayUs of this.channel(self, to, copy))
          this.after(delayUs, () => {
            this.citizens[to]!.swap.onDatagram(self, copy, 0, copy.length);
          });
      },
      setTimer: (delayUs, kind, argument) => {
        const id = next++;
        const run = (): void => {
          if (timers.delete(id) && !hasEnded()) this.citizens[self]!.swap.onTimer(kind, argument);
        };
        timers.set(id, this.after(delayUs, run));
        return id;
      },
      cancelTimer: (id) => {
        timers.delete(id);
      },
      emit: (event, a, b, c, d) => {
        events.push({ event, values: [a, b, c, d] });
      },
    };
  }

  #ledger(signer: Signer): SwapLedger {
    const { bank } = this;
    return {
      chainId: CHAIN,
      seconds: () => bank.seconds,
      chequebook: (book, beneficiary) => bank.view(book, beneficiary),
      cashingFee: () => bank.cashingFee,
      protestFee: () => bank.protestFee,
      cash: (cheque) => {
        bank.cash(cheque, signer);
      },
      protest: (invoice) => {
        bank.protest(invoice, signer);
      },
      answer: (id, cheque) => {
        bank.answer(id, cheque);
      },
    };
  }
}
