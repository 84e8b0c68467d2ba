/** The side that owes: hears invoices, pays by giving cheques back, out of what was given back to it, or with a new cheque. */
import { sendTo, expectAnswer, type SwapContext } from './context.ts';
import {
  CHEQUE_ANSWERED,
  CHEQUE_SENT,
  CHEQUES_GIVEN_BACK,
  INVOICE_RECEIVED,
  UNFUNDED,
} from './events.ts';
import { MICROS_PER_SECOND, type Micros } from '../host.ts';
import {
  encodeCheque,
  FLAG_ANSWER_WANTED,
  type ConfirmMessage,
  type InvoiceMessage,
} from './messages.ts';
import { earlyThreshold } from './options.ts';
import type { Pair } from './pair.ts';
import { sendStatement, signCheque } from './statements.ts';

/** A debtor who may ask for no more, and does not know why, asks no sooner again. */
const ASK_WHY_US: Micros = 60_000_000;
const YEAR_SECONDS = 31_536_000n;

/** An invoice has come. @returns false for one that is not the peer's, or not for us. */
export function hearInvoice(context: SwapContext, pair: Pair, message: InvoiceMessage): boolean {
  const { signer, typed, chequebook, rate, ledger, host } = context;
  if (message.chequebook !== chequebook) return false;
  const { cumulativePayout, dueAt } = message;
  const parties = { creditor: pair.account, debtor: signer.account, chequebook };
  const digest = typed.invoice({ ...parties, cumulativePayout, dueAt });
  if (signer.signerOf(digest, message.signature) !== pair.account) return false;
  const cumulative = rate.toUnits(cumulativePayout);
  if (cumulative === undefined) return false;
  const known = pair.asked?.dueAt ?? -1n;
  // An old one, come late or again: whatever it asked for, the newer one does too.
  if (dueAt < known) return false;
  if (dueAt > known) {
    const target = paidInAll(pair) + cumulative - pair.owedByCheque;
    pair.asked = { target, dueAt, dueUs: host.now() + untilUs(dueAt - ledger.seconds()) };
  }
  const units = askedFor(pair);
  host.emit(INVOICE_RECEIVED, pair.peer, units, pair.payable, 0);
  if (units <= 0) {
    // Paid already: the cheque, or the news of it, was lost.
    sendStatement(context, pair, 0);
    sendCheque(context, pair);
  } else if (pair.payable < units) {
    // We owe less than that: say what we know of, and pay it.
    sendStatement(context, pair, FLAG_ANSWER_WANTED);
    expectAnswer(context, pair);
  }
  considerPaying(context, pair);
  return true;
}

/** Network time that so many seconds are; none for a time past, a year for anything longer. */
function untilUs(seconds: bigint): Micros {
  if (seconds <= 0n) return 0;
  return (seconds < YEAR_SECONDS ? Number(seconds) : Number(YEAR_SECONDS)) * MICROS_PER_SECOND;
}

/** What an invoice still asks for, units. */
function askedFor(pair: Pair): number {
  return pair.asked === undefined ? 0 : pair.asked.target - paidInAll(pair);
}

/** All that we have paid the peer, in cheques and by giving back. */
function paidInAll(pair: Pair): number {
  return pair.book.totals.paid + pair.book.totals.voided;
}

/** A payment may have fallen due: asks the policy when to make it, unless it has said so already. */
export function considerPaying(context: SwapContext, pair: Pair): void {
  if (pair.payAtUs !== Infinity) return;
  const { options, policy, host } = context;
  const payable = pair.payable;
  if (payable < options.minimumPayment) return;
  const asked = askedFor(pair);
  let units = Math.min(asked, payable);
  if (asked <= 0) {
    if (options.settlement === 'invoice' && options.earlyPermille === 0) return;
    if (payable < earlyThreshold(pair.theirLimits.paymentThreshold, options.earlyPermille)) return;
    units = payable;
  } else if (units < options.minimumPayment) return;
  const dueUs: Micros = asked > 0 ? pair.asked!.dueUs : Infinity;
  const atUs = policy.payAt(pair, { units, asked: asked > 0, dueUs }, host.now());
  if (atUs <= host.now()) payNow(context, pair);
  else pair.payAtUs = atUs;
}

/** Pays what is asked for, or all that we owe if nothing is. */
export function payNow(context: SwapContext, pair: Pair): void {
  pair.payAtUs = Infinity;
  const asked = askedFor(pair);
  const units = asked > 0 ? Math.min(asked, pair.payable) : pair.payable;
  if (units <= 0) return;
  if (pair.outgoing.pending && pair.outgoing.refused === 0) {
    sendCheque(context, pair);
    return;
  }
  const rest = units - giveBack(context, pair, units);
  const fromReturned = Math.min(rest, pair.returned);
  if (fromReturned > 0) pair.book.pay(fromReturned);
  const written = writeCheque(context, pair, rest - fromReturned);
  const netted = rest < units || fromReturned > 0;
  if (netted) sendStatement(context, pair, FLAG_ANSWER_WANTED);
  if (fromReturned > 0 && !written) {
    // Nothing new is signed, but the peer must hold what covers it: it may have taken only a smaller one.
    pair.outgoing.pending = true;
    sendCheque(context, pair);
  }
  if (!netted && !written) return;
  expectAnswer(context, pair);
}

/** Gives cheques of the peer back. @returns how many units of them: none while it accuses us, for only a cheque of ours clears our name. */
function giveBack(context: SwapContext, pair: Pair, units: number): number {
  if (pair.accusations.some(({ protest }) => context.scores.isOpen(protest))) return 0;
  const { book, incoming } = pair;
  const uncashed = pair.entitled - Math.max(incoming.cashingUnits, paidUnits(context, pair));
  if (uncashed <= 0 || pair.returnsRefused) return 0;
  const wanted = context.policy.givesBack(pair, units, uncashed);
  const given = Math.min(wanted, uncashed, units);
  if (!(given > 0)) return 0;
  book.giveBack(given);
  incoming.entitle(pair.entitled);
  context.host.emit(CHEQUES_GIVEN_BACK, pair.peer, given, book.totals.voided, 0);
  return given;
}

/** What the peer's chequebook has paid us, rounded up to units. */
function paidUnits({ rate }: SwapContext, pair: Pair): number {
  const wei = pair.incoming.paidOutWei;
  return wei <= 0n ? 0 : rate.wholeUnits(wei - 1n) + 1;
}

/** Writes a cheque that is `units` larger than the last. @returns whether it did. */
function writeCheque(context: SwapContext, pair: Pair, units: number): boolean {
  const { options, chequebook, policy, rate, host } = context;
  if (units < options.minimumPayment || chequebook === undefined) return false;
  const short = missingWei(context, pair, rate.toWei(units));
  if (short > 0n && !policy.signsBeyondDeposit(pair, short)) {
    host.emit(UNFUNDED, pair.peer, units, 0, 0);
    return false;
  }
  const { outgoing } = pair;
  const cheque = signCheque(context, pair, outgoing.topUnits + units);
  pair.book.pay(units);
  outgoing.top = outgoing.last = cheque;
  outgoing.pending = true;
  outgoing.refused = 0;
  sendCheque(context, pair);
  answerAccusations(context, pair);
  return true;
}

/** Shows the ledger our highest cheque for each protest that it answers. One that counts as unpaid already would be answered for nothing. */
export function answerAccusations({ ledger, scores }: SwapContext, pair: Pair): void {
  const { top } = pair.outgoing;
  pair.accusations = pair.accusations.filter(({ protest, cumulativePayout }) => {
    if (!scores.isOpen(protest)) return false;
    if (top === undefined || top.cheque.cumulativePayout < cumulativePayout) return true;
    ledger.answer(protest, top);
    return false;
  });
}

/** Sends our highest cheque, the same bytes each time. */
export function sendCheque(context: SwapContext, pair: Pair): void {
  const { top } = pair.outgoing;
  if (top === undefined) return;
  sendTo(context, pair, encodeCheque(context.ledger.chainId, top.cheque, top.signature));
  context.host.emit(CHEQUE_SENT, pair.peer, pair.book.totals.paid, top.units, 0);
}

/** Wei that our chequebook lacks for another `wei` to this peer, given all that we have promised. */
function missingWei(context: SwapContext, pair: Pair, wei: bigint): bigint {
  const { ledger, chequebook, rate } = context;
  const view = ledger.chequebook(chequebook!, pair.account);
  if (view === undefined) return wei;
  let promised = wei;
  for (const other of context.pairs.values()) promised += other.outgoing.uncashedWei(rate);
  const short = promised - view.liquid - view.hardDeposit;
  return short > 0n ? short : 0n;
}

/** The peer says that it has our cheque, or why it does not take it. @returns false for news that are none. */
export function hearConfirm(context: SwapContext, pair: Pair, message: ConfirmMessage): boolean {
  const { signer, typed, chequebook, rate, host } = context;
  const units = rate.toUnits(message.told.cumulativePayout);
  if (chequebook === undefined || units === undefined) return false;
  if (!pair.outgoing.pending) return false;
  const digest = typed.confirmation(chequebook, pair.account, message.told);
  if (signer.signerOf(digest, message.signature) !== pair.account) return false;
  if (!pair.outgoing.answered(units, message.told.status)) return false;
  host.emit(CHEQUE_ANSWERED, pair.peer, message.told.status, 0, 0);
  considerPaying(context, pair);
  return true;
}

/**
 * Our book says that we have had all that we are trusted with, and nobody has asked us to pay: what we asked for may have been lost on the way. Asks for
 * the peer's totals. @returns whether it has
 */
export function askWhy(context: SwapContext, pair: Pair): boolean {
  const nowUs = context.host.now();
  const isEarly = nowUs < pair.askedWhyUs + ASK_WHY_US;
  if (pair.asked !== undefined || pair.isWaiting || isEarly) return false;
  pair.askedWhyUs = nowUs;
  sendStatement(context, pair, FLAG_ANSWER_WANTED);
  expectAnswer(context, pair);
  return true;
}
