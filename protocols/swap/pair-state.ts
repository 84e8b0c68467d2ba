/**
 * The state of a pair as a plain value: what a node keeps on disk of each neighbour, and begins its next life with.
 *
 * All of it is kept: the totals and the cheques, because they are money; the numbers of statements, because a number that was used must not be used for something
 * else; invoices and planned times, because they are network time, which goes on while a node is down. What follows from scores and settings is not.
 */
import type { Micros } from '../host.ts';
import type { AccountTotals } from './account.ts';
import type { HeldCheque } from './cheques.ts';
import type { OpenInvoice, Pair, PeerTerms, PlannedProtest } from './pair.ts';

/** Fields of `Pair` that are state and nothing else. */
const PLAIN = [
  'overdue',
  'accusations',
  'asked',
  'lastDueAt',
  'payAtUs',
  'cashAtUs',
  'sequenceSent',
  'sequenceAsked',
  'sequenceHeard',
  'claimed',
  'askedThen',
  'voidKnown',
  'answerWanted',
  'returnsRefused',
  'told',
  'statementAtUs',
  'retryAtUs',
  'attempts',
] as const;

export interface PairState extends Pick<Pair, (typeof PLAIN)[number]> {
  terms: PeerTerms;
  totals: AccountTotals;
  incoming: {
    top: HeldCheque | undefined;
    cashable: HeldCheque | undefined;
    paidOutWei: bigint;
    cashingUnits: number;
    sinceUs: Micros;
  };
  outgoing: {
    top: HeldCheque | undefined;
    last: HeldCheque | undefined;
    pending: boolean;
    refused: number;
    paidOutWei: bigint;
  };
  invoice: OpenInvoice | undefined;
  protests: readonly PlannedProtest[];
}

/** The state of a pair now. Objects that never change are shared with it. */
export function pairState(pair: Pair): PairState {
  const { incoming, outgoing } = pair;
  const { top, cashable, paidOutWei, cashingUnits, sinceUs } = incoming;
  return {
    ...(Object.fromEntries(PLAIN.map((name) => [name, pair[name]])) as Pick<
      Pair,
      (typeof PLAIN)[number]
    >),
    terms: pair.terms,
    totals: { ...pair.book.totals },
    incoming: { top, cashable, paidOutWei, cashingUnits, sinceUs },
    outgoing: {
      top: outgoing.top,
      last: outgoing.last,
      pending: outgoing.pending,
      refused: outgoing.refused,
      paidOutWei: outgoing.paidOutWei,
    },
    invoice: pair.invoice,
    protests: pair.protests.map((protest) => ({ ...protest })),
  };
}

/** Makes a fresh pair go on from a state. */
export function resumePair(pair: Pair, state: PairState): void {
  // What an earlier version did not keep stands as in a fresh pair.
  for (const name of PLAIN)
    if (state[name] !== undefined) Object.assign(pair, { [name]: state[name] });
  Object.assign(pair.book.totals, state.totals);
  Object.assign(pair.incoming, state.incoming);
  Object.assign(pair.outgoing, state.outgoing);
  pair.invoice = state.invoice;
  pair.mayHaveForgotten = true;
  // A protest of the open invoice is dropped when that one is paid, which is told by its being the same object.
  const open = state.invoice;
  const dueAt = open?.signed.invoice.dueAt;
  for (const protest of state.protests)
    pair.protests.push(
      open !== undefined && protest.invoice.signed.invoice.dueAt === dueAt
        ? { ...protest, invoice: open }
        : { ...protest },
    );
}
