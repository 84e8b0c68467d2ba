/** All that a node keeps of one neighbour with whom it settles accounts: the book, the cheques both ways, what was asked for and when to ask again. */
import type { Micros, PeerHandle } from '../host.ts';
import { PairAccount, emptyTotals } from './account.ts';
import { IncomingCheques, OutgoingCheques } from './cheques.ts';
import type { SignedInvoice } from './ledger-port.ts';
import type { ConversionRate } from './money.ts';
import { scaledLimits, type PairLimits } from './options.ts';
import type { PairView } from './policy.ts';
import { PERMILLE } from './price.ts';
import type { CreditBand, CreditScores } from './score.ts';
import type { Account } from './typed-data.ts';

/** What the two agreed on when they became neighbours (the peer's manifest). */
export interface PeerTerms {
  account: Account;
  /** The chequebook that it pays from; undefined if it has none. */
  chequebook: Account | undefined;
  /** What it grants us. */
  limits: PairLimits;
}

/** An invoice of ours. */
export interface OpenInvoice {
  signed: SignedInvoice;
  units: number;
  /** What we had provided in all when we sent it: it asks for nothing later. */
  provided: number;
  /** What the peer had paid us in all by then. */
  received: number;
  dueUs: Micros;
}

/** A protest that has been decided on. */
export interface PlannedProtest {
  invoice: OpenInvoice;
  paid: boolean;
  atUs: Micros;
}

/** A protest of the peer that stands against us, for no cheque of ours showed yet that we paid. */
export interface Accusation {
  /** Digest of the invoice, hex. */
  protest: string;
  /** What a cheque must reach to answer it, wei. */
  cumulativePayout: bigint;
}

export class Pair implements PairView {
  readonly peer: PeerHandle;
  readonly terms: PeerTerms;
  readonly account: Account;
  readonly book: PairAccount;
  readonly incoming = new IncomingCheques();
  readonly outgoing = new OutgoingCheques();

  invoice: OpenInvoice | undefined;
  overdue = false;
  readonly protests: PlannedProtest[] = [];
  accusations: readonly Accusation[] = [];
  /** The peer's newest invoice: what all our payments should reach to meet it, units, and when it is due (ledger time, and ours). */
  asked: { target: number; dueAt: bigint; dueUs: Micros } | undefined;
  /** When our own newest invoice is due: each is due later than the one before, so that their order is known. */
  lastDueAt = 0n;
  payAtUs: Micros = Infinity;
  cashAtUs: Micros = Infinity;

  /** Numbers of the last statements sent and heard; of ours that last wanted an answer, with what we said in it that we provided and asked for. */
  sequenceSent = 0;
  sequenceAsked = 0;
  sequenceHeard = 0;
  claimed = 0;
  askedThen = 0;
  /** What the peer knows we gave back. */
  voidKnown = 0;
  answerWanted = false;
  /** The peer did not take cheques back that we gave back: not offered again before any of them is cashed. */
  returnsRefused = false;
  /** Totals as of the last statement: nothing new, nothing to tell. */
  told = 0;
  statementAtUs: Micros = Infinity;
  /** When we asked last why we are asked for nothing. */
  askedWhyUs: Micros = -Infinity;

  retryAtUs: Micros = Infinity;
  attempts = 0;

  /** In a new life, until the peer has answered: what was asked for just before the last one ended may be missing from what was kept. */
  mayHaveForgotten = false;

  readonly #scores: CreditScores;
  readonly #limits: PairLimits;
  readonly #rate: ConversionRate;
  #band: CreditBand | undefined;

  constructor(
    peer: PeerHandle,
    terms: PeerTerms,
    limits: PairLimits,
    rate: ConversionRate,
    scores: CreditScores,
    nowUs: Micros,
  ) {
    this.peer = peer;
    this.terms = terms;
    this.account = terms.account;
    this.#scores = scores;
    this.#limits = limits;
    this.#rate = rate;
    this.book = new PairAccount(limits, emptyTotals(nowUs));
    this.regrade();
  }

  /** Grants what the peer's credit band grants. To be called when scores may have changed. */
  regrade(): void {
    const band = this.#scores.band(this.account);
    if (band === this.#band) return;
    this.#band = band;
    this.book.limits = scaledLimits(this.#limits, band.creditPermille);
  }

  /** Thousandths of the price list that the peer pays. */
  get pricePermille(): number {
    return this.#band?.pricePermille ?? PERMILLE;
  }

  /** Whether something that we have said waits for an answer. */
  get isWaiting(): boolean {
    return this.outgoing.pending || this.invoice !== undefined || this.answerWanted;
  }

  get balance(): number {
    return this.book.balance;
  }
  get payable(): number {
    return this.book.payable;
  }
  get limits(): PairLimits {
    return this.book.limits;
  }
  get theirLimits(): PairLimits {
    return this.terms.limits;
  }
  get uncashed(): number {
    const wei = this.#rate.toWei(Math.max(0, this.entitled)) - this.incoming.paidOutWei;
    return wei > 0n ? this.#rate.wholeUnits(wei) : 0;
  }
  get returned(): number {
    return this.outgoing.topUnits - this.owedByCheque;
  }
  get score(): number {
    return this.#scores.score(this.account);
  }
  get served(): boolean {
    return this.#scores.isServed(this.account);
  }

  /** What the peer costs us if it pays nothing more and honours nothing, units. What it has paid ahead is taken off. */
  get exposure(): number {
    return this.book.debt + this.uncashed + this.returned;
  }

  /** Sum up to which we may cash the peer's cheques, units. */
  get entitled(): number {
    return this.book.totals.receivedPaid - this.book.totals.voided;
  }

  /** Sum up to which the peer may cash ours, units. */
  get owedByCheque(): number {
    return this.book.totals.paid - this.book.totals.receivedVoid;
  }

  /** What the peer has paid us in all, by cheques and by giving ours back, units. */
  get received(): number {
    return this.book.totals.receivedPaid + this.book.totals.receivedVoid;
  }

  /** A sum that changes whenever one of the totals does that a statement tells. */
  get tellable(): number {
    const t = this.book.totals;
    return t.provided + t.consumed + t.paid + t.voided + t.forgiven;
  }

  /** Earliest time at which there is something to do. */
  get nextUs(): Micros {
    let next = Math.min(this.payAtUs, this.cashAtUs, this.retryAtUs, this.statementAtUs);
    if (this.invoice !== undefined && !this.overdue) next = Math.min(next, this.invoice.dueUs + 1);
    for (const protest of this.protests) next = Math.min(next, protest.atUs);
    return next;
  }
}
