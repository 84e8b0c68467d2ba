/**
 * SWAP: accounts between neighbours, settled with cheques.
 *
 * A service is checked before it is given and counted after (`serve`), and counted when it is asked for (`request`). Above the payment threshold the
 * creditor tells its totals and sends an invoice; the debtor gives back cheques of the creditor, or writes one, and sends it again unchanged until it is
 * confirmed; above the disconnect threshold nothing more is given. The creditor cashes when its policy says so and protests what is late. All of it is the
 * same whether a service is one packet or a day's volume: amounts come in, messages go out.
 *
 * The machine keeps no money: it signs promises and asks the ledger (`ledger-port.ts`) to keep those of others. Messages are signed, so that none
 * depends on the link for its truth, and totals are cumulative, so that losing, repeating or reordering them does no lasting harm.
 *
 * @example
 *   const swap = new Swap(host, { options, policy: honestPolicy(DEFAULT_HONEST_OPTIONS), rate, ledger, signer, typed, scores, chequebook });
 *   swap.open(peer, { account, chequebook: theirs, limits: theirLimits });
 *   if (swap.serve(peer, price)) forward(packet);
 */
import { NO_TIMER, type Micros, type PeerHandle, type TimerId } from '../host.ts';
import {
  OUTCOME_HANDLED,
  OUTCOME_IGNORED,
  OUTCOME_MALFORMED,
  OUTCOME_REFUSED,
} from '../outcomes.ts';
import { expectAnswer, type SwapContext, type SwapHost, type SwapSettings } from './context.ts';
import {
  cashNow,
  considerAsking,
  considerCashing,
  hearCheque,
  makeProtests,
  noticeOverdue,
  noticePayment,
  remindOfInvoice,
  sendInvoice,
} from './creditor.ts';
import {
  answerAccusations,
  askWhy,
  considerPaying,
  hearConfirm,
  hearInvoice,
  payNow,
  sendCheque,
} from './debtor.ts';
import { OVERCASHED, SERVICE_REFUSED } from './events.ts';
import type { LedgerFact } from './ledger-port.ts';
import { decodeSwapMessage, FLAG_ANSWER_WANTED, FLAG_BACK, type SwapMessage } from './messages.ts';
import { optionsFault, scaledLimits, type SwapOptions } from './options.ts';
import { Pair, type PeerTerms } from './pair.ts';
import { resumePair, type PairState } from './pair-state.ts';
import type { PairView } from './policy.ts';
import { PERMILLE } from './price.ts';
import { REFUSAL_CODES, type ServiceRefusal } from './refusal.ts';
import { hearStatement, sendStatement } from './statements.ts';
import type { Account } from './typed-data.ts';

/** Timer kinds 0x500 to 0x5ff belong to SWAP. */
export const TIMER_SWAP = 0x500;

export class Swap {
  readonly #context: SwapContext;
  readonly #pairs = new Map<PeerHandle, Pair>();
  /** With whom we have gone on and not spoken yet. */
  readonly #resumed: PeerHandle[] = [];
  #timer: TimerId = NO_TIMER;
  #timerAtUs: Micros = Infinity;

  /** @throws RangeError, with the reason, for settings with which no pair could live, in any credit band that is served. */
  constructor(host: SwapHost, settings: SwapSettings) {
    const fault = settingsFault(settings);
    if (fault !== undefined) throw new RangeError(fault);
    this.#context = { ...settings, host, pairs: this.#pairs };
  }

  /**
   * Begins a new life: accounts are kept, as if on disk, timers are not. Who was owed something meanwhile has asked in vain and asks less and less often, so
   * those with whom we went on are told at once that we are back.
   */
  start(): void {
    this.#timer = NO_TIMER;
    this.#timerAtUs = Infinity;
    for (const peer of this.#resumed.splice(0)) this.#tell(peer, FLAG_BACK);
    this.#arm();
  }

  /** An agreement with a peer has been made. Opening an open one changes nothing. */
  open(peer: PeerHandle, terms: PeerTerms): PairView {
    const known = this.#pairs.get(peer);
    if (known !== undefined) return known;
    const { options, rate, scores, host } = this.#context;
    const pair = new Pair(peer, terms, options, rate, scores, host.now());
    if (options.statementEveryUs > 0) pair.statementAtUs = host.now() + options.statementEveryUs;
    this.#pairs.set(peer, pair);
    this.#arm();
    return pair;
  }

  /** Goes on with a peer from what was kept of it. @throws Error for one that there is already. */
  resume(peer: PeerHandle, state: PairState): PairView {
    if (this.#pairs.has(peer)) throw new Error(`there is a pair with ${peer} already`);
    const { options, rate, scores, host } = this.#context;
    const pair = new Pair(peer, state.terms, options, rate, scores, host.now());
    resumePair(pair, state);
    this.#pairs.set(peer, pair);
    if (pair.balance !== 0 || pair.isWaiting) this.#resumed.push(peer);
    this.#arm();
    return pair;
  }

  /** All pairs, in the order in which they were opened. */
  get pairs(): ReadonlyMap<PeerHandle, Pair> {
    return this.#pairs;
  }

  /** The state of a pair, for policies, observers and the user. */
  pair(peer: PeerHandle): Pair | undefined {
    return this.#pairs.get(peer);
  }

  /** Why a service worth `units` would not be given to `peer`; undefined if it would. */
  mayServe(peer: PeerHandle, units: number): ServiceRefusal | undefined {
    const pair = this.#pairs.get(peer);
    if (pair === undefined) return 'no agreement';
    // The thresholds leave room for no more (options.ts). A day's volume comes in portions of that.
    if (units > priceMaxOf(this.#context.options, pair.pricePermille)) return 'too dear';
    const refusal = pair.book.mayProvide(units, this.#context.host.now());
    if (refusal !== undefined) return refusal;
    if (pair.exposure + units > this.#context.options.exposureMax) return 'exposure';
    return this.#context.policy.serves(pair, units) ? undefined : 'policy';
  }

  /** Gives a service if it may be given, and counts it. @returns whether it is to be given. */
  serve(peer: PeerHandle, units: number): boolean {
    const refusal = this.mayServe(peer, units);
    const pair = this.#pairs.get(peer);
    if (refusal !== undefined || pair === undefined) {
      const code = REFUSAL_CODES[refusal ?? 'no agreement'];
      this.#context.host.emit(SERVICE_REFUSED, peer, units, code, pair?.balance ?? 0);
      return false;
    }
    pair.book.provide(units);
    if (pair.book.debt >= pair.limits.paymentThreshold) {
      considerAsking(this.#context, pair);
      this.#arm();
    }
    return true;
  }

  /** Whether `peer` would give us a service worth `units`, by what it said and by our book. */
  mayRequest(peer: PeerHandle, units: number): boolean {
    const pair = this.#pairs.get(peer);
    if (pair === undefined) return false;
    if (pair.book.mayConsume(units, pair.theirLimits)) return true;
    if (askWhy(this.#context, pair)) this.#arm();
    return false;
  }

  /** Counts a service that `peer` is asked for: to be called as the request is sent, never after. */
  request(peer: PeerHandle, units: number): void {
    const pair = this.#pairs.get(peer);
    if (pair === undefined) return;
    pair.book.consume(units);
    const armed = pair.nextUs;
    noticePayment(this.#context, pair);
    considerPaying(this.#context, pair);
    if (pair.nextUs !== armed) this.#arm();
  }

  /** Tells `peer` our totals and asks for its own. */
  compare(peer: PeerHandle): void {
    this.#tell(peer, 0);
  }

  #tell(peer: PeerHandle, flags: number): void {
    const pair = this.#pairs.get(peer);
    if (pair === undefined) return;
    sendStatement(this.#context, pair, flags | FLAG_ANSWER_WANTED);
    expectAnswer(this.#context, pair);
    this.#arm();
  }

  onDatagram(from: PeerHandle, bytes: Uint8Array, offset: number, length: number): number {
    const pair = this.#pairs.get(from);
    if (pair === undefined) return OUTCOME_IGNORED;
    const message = decodeSwapMessage(bytes, offset, length);
    if (message.kind === 'malformed') return OUTCOME_MALFORMED;
    const heard = this.#hear(pair, message);
    if (heard) this.#settleWaiting(pair);
    this.#arm();
    return heard ? OUTCOME_HANDLED : OUTCOME_REFUSED;
  }

  onTimer(kind: number, _argument: number): number {
    if (kind !== TIMER_SWAP) throw new Error(`timer of kind ${kind} is not SWAP's`);
    this.#timer = NO_TIMER;
    this.#timerAtUs = Infinity;
    const nowUs = this.#context.host.now();
    for (const pair of this.#pairs.values()) if (pair.nextUs <= nowUs) this.#wake(pair, nowUs);
    this.#arm();
    return OUTCOME_HANDLED;
  }

  /** Something has been confirmed on the ledger. Most of it is about others, and changes at most what a neighbour of ours is worth. */
  onLedgerFact(fact: LedgerFact): void {
    const { scores, ledger } = this.#context;
    scores.see(fact, ledger.seconds());
    if (fact.kind === 'cashed') this.#cashed(fact);
    else if (fact.kind === 'protested') this.#protested(fact);
    else if (fact.kind === 'answered') this.#answered(fact);
    const graded = gradedBy(fact);
    for (const pair of this.#pairs.values()) if (graded.includes(pair.account)) pair.regrade();
  }

  /** A newer block has been heard of: covers, fees and scores may have changed. */
  onLedgerHead(): void {
    const { scores, ledger } = this.#context;
    scores.onTime(ledger.seconds());
    for (const pair of this.#pairs.values()) {
      pair.regrade();
      considerCashing(this.#context, pair);
    }
    this.#arm();
  }

  /** Cashes the cheques of a peer now, as its user wants. @returns false where there is nothing to cash, or a cashing is on its way. */
  cash(peer: PeerHandle): boolean {
    const pair = this.#pairs.get(peer);
    return pair !== undefined && cashNow(this.#context, pair);
  }

  /** A cashing at `chequebook` that was submitted has failed or was dropped: it may be tried again. */
  onCashingFailed(chequebook: Account): void {
    for (const pair of this.#pairs.values())
      if (pair.terms.chequebook === chequebook) pair.incoming.cashingUnits = 0;
  }

  #hear(pair: Pair, message: SwapMessage): boolean {
    const context = this.#context;
    switch (message.kind) {
      case 'invoice':
        return hearInvoice(context, pair, message);
      case 'cheque':
        return hearCheque(context, pair, message);
      case 'confirm': {
        if (!hearConfirm(context, pair, message)) return false;
        // While a cheque of ours was refused we asked for nothing. Where the peer stands at its limit, no service would make us ask again.
        considerAsking(context, pair);
        return true;
      }
      case 'statement': {
        const heard = hearStatement(context, pair, message.statement, message.signature);
        if (!heard) return false;
        noticePayment(context, pair);
        if ((message.statement.flags & FLAG_BACK) !== 0) remindOfInvoice(context, pair);
        considerPaying(context, pair);
        considerCashing(context, pair);
        return true;
      }
    }
  }

  #wake(pair: Pair, nowUs: Micros): void {
    const context = this.#context;
    noticeOverdue(context, pair);
    makeProtests(context, pair);
    if (pair.payAtUs <= nowUs) payNow(context, pair);
    if (pair.cashAtUs <= nowUs) considerCashing(context, pair);
    if (pair.statementAtUs <= nowUs) {
      pair.statementAtUs = nowUs + context.options.statementEveryUs;
      if (pair.tellable !== pair.told) {
        sendStatement(context, pair, FLAG_ANSWER_WANTED);
        expectAnswer(this.#context, pair);
      }
    }
    if (pair.retryAtUs <= nowUs) this.#retry(pair, nowUs);
  }

  /** Sends again what has not been answered, later each time; at last waits to be spoken to. */
  #retry(pair: Pair, nowUs: Micros): void {
    const context = this.#context;
    pair.retryAtUs = Infinity;
    const { retryUs, retriesMax } = context.options;
    if (!pair.isWaiting || pair.attempts >= retriesMax) return;
    pair.attempts++;
    if (pair.answerWanted || pair.invoice !== undefined)
      sendStatement(context, pair, FLAG_ANSWER_WANTED);
    if (pair.invoice !== undefined) sendInvoice(context, pair, pair.invoice);
    if (pair.outgoing.pending) sendCheque(context, pair);
    pair.retryAtUs = nowUs + retryUs * (1 << pair.attempts);
  }

  /** The peer has been heard. What it has answered is not asked again; what we had given up asking is. */
  #settleWaiting(pair: Pair): void {
    if (!pair.isWaiting) pair.retryAtUs = Infinity;
    else if (pair.retryAtUs === Infinity) expectAnswer(this.#context, pair);
  }

  #cashed(fact: LedgerFact & { kind: 'cashed' }): void {
    const { signer, chequebook, rate, host } = this.#context;
    if (fact.beneficiary !== signer.account && fact.chequebook !== chequebook) return;
    for (const pair of this.#pairs.values()) {
      if (fact.beneficiary === signer.account && fact.chequebook === pair.terms.chequebook) {
        pair.incoming.paidOutWei += fact.payout;
        pair.incoming.cashingUnits = 0;
        pair.incoming.sinceUs = host.now();
        pair.returnsRefused = false;
        considerCashing(this.#context, pair);
      }
      if (fact.chequebook !== chequebook || fact.beneficiary !== pair.account) continue;
      pair.outgoing.paidOutWei += fact.payout;
      const tooMuch = pair.outgoing.paidOutWei - rate.toWei(Math.max(0, pair.owedByCheque));
      if (tooMuch <= 0n) continue;
      const units = rate.wholeUnits(tooMuch - 1n) + 1;
      pair.book.revokeVoid(units);
      host.emit(OVERCASHED, pair.peer, units, 0, 0);
    }
    this.#arm();
  }

  /** Somebody protests. If it is against us and a cheque of ours shows that we paid, we show it; else as soon as one does. */
  #protested({ protest, debtor, creditor, cumulativePayout }: LedgerFact & { kind: 'protested' }) {
    if (debtor !== this.#context.signer.account) return;
    for (const pair of this.#pairs.values()) {
      if (pair.account !== creditor) continue;
      pair.accusations = [...pair.accusations, { protest, cumulativePayout }];
      answerAccusations(this.#context, pair);
    }
  }

  /** The debtor has shown its cheque to all: we take it as if it had been sent. */
  #answered(fact: LedgerFact & { kind: 'answered' }): void {
    const { signer, ledger } = this.#context;
    if (fact.creditor !== signer.account) return;
    for (const pair of this.#pairs.values()) {
      const { chequebook } = pair.terms;
      if (pair.account !== fact.debtor || chequebook === undefined) continue;
      const { cumulativePayout, signature } = fact;
      const cheque = { chequebook, beneficiary: signer.account, cumulativePayout };
      hearCheque(this.#context, pair, {
        kind: 'cheque',
        chainId: ledger.chainId,
        cheque,
        signature,
      });
    }
    this.#arm();
  }

  /** One timer for all pairs, set to the earliest time at which one has something to do. */
  #arm(): void {
    const { host } = this.#context;
    let nextUs = Infinity;
    for (const pair of this.#pairs.values()) nextUs = Math.min(nextUs, pair.nextUs);
    if (nextUs === this.#timerAtUs) return;
    host.cancelTimer(this.#timer);
    this.#timerAtUs = nextUs;
    this.#timer =
      nextUs === Infinity
        ? NO_TIMER
        : host.setTimer(Math.max(1, Math.ceil(nextUs - host.now())), TIMER_SWAP, 0);
  }
}

/** Accounts whose score a fact may change, now or, for a protest, when it has stood long enough. */
function gradedBy(fact: LedgerFact): readonly Account[] {
  switch (fact.kind) {
    case 'cashed':
      return [fact.issuer];
    case 'verdict':
      return [fact.accused];
    default:
      return [fact.debtor, fact.creditor];
  }
}

function settingsFault({ options, scores }: SwapSettings): string | undefined {
  const fault = optionsFault(options);
  if (fault !== undefined) return fault;
  const { bands, minScore } = scores.options;
  for (let i = 0; i < bands.length; i++) {
    const band = bands[i]!;
    const next = bands[i + 1];
    // Whoever is in this band is not served at all.
    if (next !== undefined && next.minScore <= minScore) continue;
    const priceMax = priceMaxOf(options, band.pricePermille);
    const limits = scaledLimits(options, band.creditPermille);
    const reason = optionsFault({ ...options, ...limits, priceMax });
    if (reason !== undefined) return `credit band from ${band.minScore}: ${reason}`;
  }
  return undefined;
}

/** Most that one message may cost a peer whose band pays so many thousandths of the price. */
function priceMaxOf(options: SwapOptions, permille: number): number {
  return permille === PERMILLE
    ? options.priceMax
    : Math.ceil((options.priceMax * permille) / PERMILLE);
}
