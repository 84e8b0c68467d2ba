/**
 * Statements: both sides tell each other their totals, signed, and repair what differs.
 *
 * That the two totals of one service differ is no news while packets are on their way. It is when the peer says so in answer to our own statement, at
 * once: what we asked for before that, and it has not given, was lost; what it has been given by then, it asked for. So these two conclusions are
 * drawn from answers only; everything else can be learnt from any statement that is newer than the last. A peer that is asked and sees a difference asks
 * back, so that both learn of it in three messages.
 *
 * Services are counted as they are asked for and kept on disk a little later. Who dies between the two comes back with less than it asked for; it would deny
 * what it has had, and be served no more. So in a new life the creditor is believed, until it has answered us once, and no further than it gives credit.
 */
import { BOOKS_DIFFER, CHEQUES_RETURNED } from './events.ts';
import { expectAnswer, sendTo, type SwapContext } from './context.ts';
import { encodeCheque, encodeStatement, FLAG_ANSWER, FLAG_ANSWER_WANTED } from './messages.ts';
import type { HeldCheque } from './cheques.ts';
import type { Pair } from './pair.ts';
import type { Statement } from './typed-data.ts';

/** Tells the peer our totals. @param flags of the statement (messages.ts). */
export function sendStatement(context: SwapContext, pair: Pair, flags: number): void {
  const { signer, typed, policy } = context;
  pair.book.accrue(context.host.now());
  const t = pair.book.totals;
  pair.sequenceSent++;
  const claimed = policy.claims(pair, t.provided);
  if ((flags & FLAG_ANSWER_WANTED) !== 0) {
    pair.answerWanted = true;
    pair.sequenceAsked = pair.sequenceSent;
    pair.claimed = claimed;
    pair.askedThen = t.consumed;
  }
  pair.told = pair.tellable;
  const statement: Statement = {
    flags,
    sequence: pair.sequenceSent,
    answers: pair.sequenceHeard,
    provided: claimed,
    forgiven: t.forgiven,
    consumed: t.consumed,
    paid: t.paid,
    voided: t.voided,
    receivedPaid: t.receivedPaid,
    receivedVoid: t.receivedVoid,
  };
  const digest = typed.statement(signer.account, pair.account, statement);
  sendTo(context, pair, encodeStatement(statement, signer.sign(digest)));
}

/** Takes a statement of the peer into account. @returns false for one that is not the peer's, or not new. */
export function hearStatement(
  context: SwapContext,
  pair: Pair,
  statement: Statement,
  signature: Uint8Array,
): boolean {
  const { signer, typed } = context;
  if (statement.sequence <= pair.sequenceHeard) return false;
  const digest = typed.statement(pair.account, signer.account, statement);
  if (signer.signerOf(digest, signature) !== pair.account) return false;
  pair.sequenceHeard = statement.sequence;
  const answersUs =
    (statement.flags & FLAG_ANSWER) !== 0 && statement.answers === pair.sequenceAsked;
  hearServices(context, pair, statement, answersUs);
  hearPayments(context, pair, statement);
  if (answersUs) {
    pair.answerWanted = false;
    // What it does not take back we still have: its cheques are as good as before.
    const t = pair.book.totals;
    if (statement.receivedVoid < t.voided) {
      t.voided = statement.receivedVoid;
      pair.returnsRefused = true;
    }
  }
  pair.voidKnown = Math.min(statement.receivedVoid, pair.book.totals.voided);
  pair.incoming.entitle(pair.entitled);
  if ((statement.flags & FLAG_ANSWER_WANTED) !== 0) {
    const askBack = !answersUs && differs(pair, statement);
    sendStatement(context, pair, FLAG_ANSWER | (askBack ? FLAG_ANSWER_WANTED : 0));
    if (askBack) expectAnswer(context, pair);
    sendReplacement(context, pair);
  }
  return true;
}

/** Whether the peer has given less than we asked for, as far as this tells. */
function differs(pair: Pair, statement: Statement): boolean {
  const t = pair.book.totals;
  return statement.provided !== t.consumed - t.missing;
}

function hearServices(
  context: SwapContext,
  pair: Pair,
  statement: Statement,
  answersUs: boolean,
): void {
  const { book } = pair;
  const before = book.totals.writtenOff + book.totals.disputed;
  const { provided, forgiven } = statement;
  if (pair.mayHaveForgotten) book.recall(provided, pair.theirLimits);
  if (answersUs) pair.mayHaveForgotten = false;
  const beyond = book.hearProvided(provided, forgiven, answersUs ? pair.askedThen : undefined);
  if (answersUs) book.hearConsumed(statement.consumed, pair.claimed, context.options.driftMax);
  const { writtenOff, disputed } = book.totals;
  if (beyond > 0 || writtenOff + disputed !== before)
    context.host.emit(BOOKS_DIFFER, pair.peer, beyond, writtenOff, disputed);
}

function hearPayments(context: SwapContext, pair: Pair, statement: Statement): void {
  const { book, incoming, outgoing } = pair;
  const t = book.totals;
  // Paid without a new cheque, out of what we gave back: worth what a cheque that we hold covers.
  if (statement.paid - t.voided <= incoming.topUnits) book.receivePaid(statement.paid);
  if (statement.voided > t.receivedVoid) takeBack(context, pair, statement.voided);
  if (statement.receivedPaid >= t.paid && outgoing.pending) {
    outgoing.pending = false;
    outgoing.refused = 0;
  }
}

/** The peer gives cheques of ours back as a payment, `total` in all so far. Only what it has not cashed. */
function takeBack(context: SwapContext, pair: Pair, total: number): void {
  const { book, outgoing } = pair;
  const left = book.totals.paid - total;
  if (left < 0 || context.rate.toWei(left) < outgoing.paidOutWei) return;
  const units = book.receiveVoid(total);
  context.host.emit(CHEQUES_RETURNED, pair.peer, units, total, 0);
}

/** Whoever has given part of our cheques back cannot cash the highest: it gets one over what is left. */
function sendReplacement(context: SwapContext, pair: Pair): void {
  const { outgoing, owedByCheque: units } = pair;
  const { rate, chequebook } = context;
  const wei = rate.toWei(units);
  if (chequebook === undefined || units >= outgoing.topUnits || wei <= outgoing.paidOutWei) return;
  if (outgoing.last?.units !== units) outgoing.last = signCheque(context, pair, units);
  const { cheque, signature } = outgoing.last;
  sendTo(context, pair, encodeCheque(context.ledger.chainId, cheque, signature));
}

/** Our cheque to the peer over `units` in all. */
export function signCheque(context: SwapContext, pair: Pair, units: number): HeldCheque {
  const { signer, typed, rate, chequebook } = context;
  const cheque = {
    chequebook: chequebook!,
    beneficiary: pair.account,
    cumulativePayout: rate.toWei(units),
  };
  return { cheque, signature: signer.sign(typed.cheque(cheque)), units };
}
