/** The side that is owed: asks, takes cheques, cashes them, and protests what is late. */
import { MICROS_PER_SECOND } from '../host.ts';
import {
  CHEQUE_ACCEPTED_STATUS,
  REFUSED_BY_POLICY,
  REFUSED_FRACTION,
  REFUSED_NOT_LARGER,
  REPEATED,
  REPLACEMENT,
  type HeldCheque,
} from './cheques.ts';
import { expectAnswer, sendTo, type SwapContext } from './context.ts';
import {
  CASHING,
  CHEQUE_ACCEPTED,
  CHEQUE_REFUSED,
  INVOICE_OVERDUE,
  INVOICE_SENT,
  PROTEST,
} from './events.ts';
import type { ChequebookView } from './ledger-port.ts';
import {
  encodeConfirm,
  encodeInvoice,
  FLAG_ANSWER_WANTED,
  type ChequeMessage,
} from './messages.ts';
import type { OpenInvoice, Pair } from './pair.ts';
import { sendStatement } from './statements.ts';

/** A protest that the ledger would not take yet is tried again after this. */
const PROTEST_RETRY_US = 15 * MICROS_PER_SECOND;

/** Asks for payment if it is due and has not been asked for. */
export function considerAsking(context: SwapContext, pair: Pair): void {
  if (context.options.settlement !== 'invoice' || pair.invoice !== undefined) return;
  const units = pair.book.debt;
  if (units < pair.limits.paymentThreshold || pair.terms.chequebook === undefined) return;
  // The peer does not take our cheque, so what we think we have paid it still counts as our debt: it owes less than our book says, and would not pay it.
  if (pair.outgoing.refused !== 0) return;
  const { ledger, rate, signer, typed, options, host } = context;
  const dueInSeconds = Math.ceil(options.deadlineUs / MICROS_PER_SECOND);
  const dueAt = ledger.seconds() + BigInt(dueInSeconds);
  pair.lastDueAt = dueAt > pair.lastDueAt ? dueAt : pair.lastDueAt + 1n;
  const invoice = {
    creditor: signer.account,
    debtor: pair.account,
    chequebook: pair.terms.chequebook,
    cumulativePayout: rate.toWei(Math.max(0, pair.entitled) + units),
    dueAt: pair.lastDueAt,
  };
  const signature = signer.sign(typed.invoice(invoice));
  pair.invoice = {
    signed: { invoice, signature },
    units,
    provided: pair.book.totals.provided,
    received: pair.received,
    dueUs: host.now() + dueInSeconds * MICROS_PER_SECOND,
  };
  // The statement first: with it the debtor knows the debt as we do.
  sendStatement(context, pair, FLAG_ANSWER_WANTED);
  sendInvoice(context, pair, pair.invoice);
  expectAnswer(context, pair);
}

export function sendInvoice(context: SwapContext, pair: Pair, invoice: OpenInvoice): void {
  const { signature } = invoice.signed;
  sendTo(context, pair, encodeInvoice({ ...invoice.signed.invoice, signature }));
  context.host.emit(INVOICE_SENT, pair.peer, invoice.units, 0, 0);
}

/** The peer was away and is back. Our invoice may never have reached it, and is due to be sent again only after one more wait, each longer than the last. */
export function remindOfInvoice(context: SwapContext, pair: Pair): void {
  if (pair.invoice === undefined) return;
  sendInvoice(context, pair, pair.invoice);
  expectAnswer(context, pair);
}

/** A cheque has come, by whatever way. @returns whether it was the peer's and worth something, or the same again. */
export function hearCheque(context: SwapContext, pair: Pair, message: ChequeMessage): boolean {
  const { ledger, signer, typed, rate, host } = context;
  const chequebook = pair.terms.chequebook;
  const view = viewOf(context, pair);
  const expected = { chainId: ledger.chainId, chequebook, beneficiary: signer.account };
  const { incoming } = pair;
  const checked = incoming.check(message, expected, view, pair.entitled, rate, signer, typed);
  if (checked === REPEATED || checked === REPLACEMENT) {
    if (checked === REPLACEMENT) considerCashing(context, pair);
    else confirm(context, pair, message.cheque.cumulativePayout, CHEQUE_ACCEPTED_STATUS);
    return true;
  }
  const status = typeof checked === 'number' ? checked : judge(context, pair, checked, view!);
  if (status === CHEQUE_ACCEPTED_STATUS) {
    take(context, pair, checked as HeldCheque);
    return true;
  }
  host.emit(CHEQUE_REFUSED, pair.peer, status, 0, 0);
  answerRefused(context, pair, message, status);
  return false;
}

/** Asks the policy whether to take a genuine cheque. */
function judge(
  context: SwapContext,
  pair: Pair,
  offered: HeldCheque,
  view: ChequebookView,
): number {
  const { incoming } = pair;
  const paidOut = view.paidOut > incoming.paidOutWei ? view.paidOut : incoming.paidOutWei;
  const wei = offered.cheque.cumulativePayout - paidOut;
  const uncashedWei = wei > 0n ? wei : 0n;
  const offer = {
    units: offered.units - incoming.topUnits,
    uncashedWei,
    coverWei: view.liquid + view.hardDeposit,
    bounced: view.bounced,
  };
  return context.policy.acceptsCheque(pair, offer) ? CHEQUE_ACCEPTED_STATUS : REFUSED_BY_POLICY;
}

function take(context: SwapContext, pair: Pair, cheque: HeldCheque): void {
  const { incoming, book } = pair;
  if (incoming.uncashedWei(context.rate) === 0n) incoming.sinceUs = context.host.now();
  incoming.top = cheque;
  // The peer counted in what we gave back as far as it knew of it; what it did not know of yet its next statement tells.
  const units = book.receivePaid(cheque.units + pair.voidKnown);
  incoming.entitle(pair.entitled);
  context.host.emit(CHEQUE_ACCEPTED, pair.peer, units, pair.uncashed, 0);
  confirm(context, pair, cheque.cheque.cumulativePayout, CHEQUE_ACCEPTED_STATUS);
  noticePayment(context, pair);
  considerCashing(context, pair);
}

function confirm(context: SwapContext, pair: Pair, cumulativePayout: bigint, status: number): void {
  const { signer, typed } = context;
  if (pair.terms.chequebook === undefined) return;
  const told = { cumulativePayout, status };
  const digest = typed.confirmation(pair.terms.chequebook, signer.account, told);
  sendTo(context, pair, encodeConfirm(told, signer.sign(digest)));
}

/** Answers only what the peer itself has signed; a forger learns nothing and makes us sign nothing. */
function answerRefused(
  context: SwapContext,
  pair: Pair,
  message: ChequeMessage,
  status: number,
): void {
  const { top } = pair.incoming;
  if (status === REFUSED_NOT_LARGER && top !== undefined)
    confirm(context, pair, top.cheque.cumulativePayout, CHEQUE_ACCEPTED_STATUS);
  else if (status === REFUSED_FRACTION || status === REFUSED_BY_POLICY)
    confirm(context, pair, message.cheque.cumulativePayout, status);
}

/**
 * Closes the invoice if it is met: if the peer has paid as much since, or if all that is still owed, but for what no cheque is written for, is for
 * services since: what we took from the peer meanwhile, and what we wrote off, meet it too. The first alone would not see those; the second alone would not
 * see the payment if the debt grew otherwise, as when something that we had asked of the peer turns out to have been lost on the way.
 */
export function noticePayment(context: SwapContext, pair: Pair): void {
  const { invoice } = pair;
  if (invoice === undefined) return;
  const since = pair.book.totals.provided - invoice.provided;
  const isPaid = pair.received - invoice.received >= invoice.units;
  if (!isPaid && pair.book.debt - since >= context.options.minimumPayment) return;
  pair.invoice = undefined;
  pair.overdue = false;
  planProtest(context, pair, invoice, true);
  considerAsking(context, pair);
}

/** Asks the policy whether to protest an invoice that was paid or has fallen due. */
function planProtest(context: SwapContext, pair: Pair, invoice: OpenInvoice, paid: boolean): void {
  const { policy, ledger, rate, host } = context;
  const owedWei = rate.toWei(invoice.units);
  const claim = {
    paid,
    units: invoice.units,
    owedWei,
    feeWei: ledger.protestFee(),
    dueUs: invoice.dueUs,
  };
  const atUs = policy.protestAt(pair, claim, host.now());
  if (atUs !== Infinity) pair.protests.push({ invoice, paid, atUs });
}

/** The deadline has passed. */
export function noticeOverdue(context: SwapContext, pair: Pair): void {
  const { invoice } = pair;
  if (invoice === undefined || pair.overdue || context.host.now() <= invoice.dueUs) return;
  pair.book.accrue(context.host.now());
  noticePayment(context, pair);
  if (pair.invoice !== invoice) return;
  pair.overdue = true;
  context.host.emit(INVOICE_OVERDUE, pair.peer, invoice.units, 0, 0);
  planProtest(context, pair, invoice, false);
}

/** Makes the protests whose time has come. One that was decided on before the debtor paid is dropped: the policy was asked again then. */
export function makeProtests(context: SwapContext, pair: Pair): void {
  const nowUs = context.host.now();
  for (let i = 0; i < pair.protests.length;) {
    const planned = pair.protests[i]!;
    if (planned.atUs > nowUs) i++;
    else if (!planned.paid && pair.invoice !== planned.invoice) pair.protests.splice(i, 1);
    else if (context.ledger.seconds() <= planned.invoice.signed.invoice.dueAt) {
      planned.atUs = nowUs + PROTEST_RETRY_US;
      i++;
    } else {
      pair.protests.splice(i, 1);
      context.ledger.protest(planned.invoice.signed);
      const { units } = planned.invoice;
      context.host.emit(PROTEST, pair.peer, units, planned.paid ? 1 : 0, 0);
    }
  }
}

/** Asks the policy when to cash, and does it if that is now. */
export function considerCashing(context: SwapContext, pair: Pair): void {
  const { incoming } = pair;
  pair.cashAtUs = Infinity;
  const { cashable } = incoming;
  if (cashable === undefined || incoming.cashingUnits > 0) return;
  const uncashedWei = incoming.uncashedWei(context.rate);
  if (uncashedWei === 0n) return;
  const view = viewOf(context, pair);
  if (view === undefined) return;
  const holding = {
    uncashedWei,
    coverWei: view.liquid + view.hardDeposit,
    feeWei: context.ledger.cashingFee(),
    sinceUs: incoming.sinceUs,
    bounced: view.bounced,
  };
  const nowUs = context.host.now();
  const atUs = context.policy.cashAt(pair, holding, nowUs);
  if (atUs > nowUs) {
    pair.cashAtUs = atUs;
    return;
  }
  cashNow(context, pair);
}

/** Cashes what is held, whatever the policy says. @returns false where there is nothing to cash, or a cashing is on its way. */
export function cashNow(context: SwapContext, pair: Pair): boolean {
  const { incoming } = pair;
  const { cashable } = incoming;
  if (cashable === undefined || incoming.cashingUnits > 0) return false;
  if (incoming.uncashedWei(context.rate) === 0n) return false;
  incoming.cashingUnits = cashable.units;
  context.ledger.cash({ cheque: cashable.cheque, signature: cashable.signature });
  context.host.emit(CASHING, pair.peer, pair.uncashed, 0, 0);
  return true;
}

function viewOf(context: SwapContext, pair: Pair): ChequebookView | undefined {
  const { chequebook } = pair.terms;
  return chequebook === undefined
    ? undefined
    : context.ledger.chequebook(chequebook, context.signer.account);
}
