/**
 * The book that one side keeps of a pair: who owes whom, in accounting units.
 *
 * It holds totals that only grow, not a balance that goes up and down. A balance cannot be compared with the other side's while packets are on their
 * way, and a message about it that is lost, repeated or late makes it wrong for ever; totals can be told again at any time, and the later word
 * includes the earlier one. The balance is what follows from them:
 *
 *     peer's side = provided - written off - forgiven - received        (negative: the peer has paid ahead)
 *     our side    = consumed - missing     - excused  - paid            (negative: we have)
 *     balance     = peer's side - our side                              (positive: the peer owes us)
 *
 * Checked before, applied after: `mayProvide` is asked before a service is given and `provide` called once it is; nothing is taken back. The
 * balance never passes the disconnect threshold by a service.
 *
 * The rule of repair (ADR 12): what was provided is known best by who provided it, as long as that is not more than was asked for. So a debtor takes over
 * the creditor's total, and what it asked for beyond it is `missing`; a creditor whose total is denied writes off the difference, up to a limit
 * for the whole life of the pair, and stops serving beyond it.
 *
 * What the peer has paid ahead is used up by service and netted, but never paid back: else a worthless cheque over a large sum would buy good ones.
 */
import { MICROS_PER_SECOND, type Micros } from '../host.ts';
import { assertUnits, UNITS_MAX } from './money.ts';
import type { PairLimits } from './options.ts';

/** The totals, each an amount in units; a plain value that can be kept on disk. */
export interface AccountTotals {
  /** Services that we gave. */
  provided: number;
  /** Part of them that the peer does not know of and we gave up. */
  writtenOff: number;
  /** Part of them that time has forgiven. */
  forgiven: number;
  /** Cheques of the peer that we took over (net of none), and our cheques that it gave back. */
  receivedPaid: number;
  receivedVoid: number;
  /** Services that we asked for. */
  consumed: number;
  /** Part of them that the peer says it never gave. */
  missing: number;
  /** Part of them that the peer forgave. */
  excused: number;
  /** Cheques that we wrote, and cheques of the peer that we gave back. */
  paid: number;
  voided: number;
  /** Services that the peer denies and that are not written off. While positive, we serve it nothing more. */
  disputed: number;
  /** Since when the allowance runs, and what it has given since then. */
  allowanceSinceUs: Micros;
  allowanceGiven: number;
}

/** Why a service is not given. */
export type Refusal = 'disconnect threshold' | 'disputed' | 'out of numbers';

export function emptyTotals(nowUs: Micros): AccountTotals {
  return {
    provided: 0,
    writtenOff: 0,
    forgiven: 0,
    receivedPaid: 0,
    receivedVoid: 0,
    consumed: 0,
    missing: 0,
    excused: 0,
    paid: 0,
    voided: 0,
    disputed: 0,
    allowanceSinceUs: nowUs,
    allowanceGiven: 0,
  };
}

export class PairAccount {
  readonly totals: AccountTotals;
  /** What we grant the peer; its credit band may change it. */
  limits: PairLimits;

  constructor(limits: PairLimits, totals: AccountTotals) {
    this.limits = limits;
    this.totals = totals;
  }

  /** What the peer owes for our services; negative where it has paid ahead. */
  get peersSide(): number {
    const t = this.totals;
    return t.provided - t.writtenOff - t.forgiven - t.receivedPaid - t.receivedVoid;
  }

  /** What we owe for its services; negative where we have paid ahead. */
  get ourSide(): number {
    const t = this.totals;
    return t.consumed - t.missing - t.excused - t.paid - t.voided;
  }

  /** Positive: the peer owes us. */
  get balance(): number {
    return this.peersSide - this.ourSide;
  }

  /** What the peer owes for services and is to pay; not positive where it owes nothing. Never what we have paid ahead. */
  get debt(): number {
    return Math.min(this.balance, this.peersSide);
  }

  /** What we owe for services and would pay: never what the peer has paid ahead. */
  get payable(): number {
    return Math.max(0, Math.min(-this.balance, this.ourSide));
  }

  /** Why the peer is not given a service worth `units`; undefined if it is. Forgives first what time has forgiven. */
  mayProvide(units: number, nowUs: Micros): Refusal | undefined {
    assertUnits('price', units);
    this.accrue(nowUs);
    const { totals } = this;
    if (totals.provided + units > UNITS_MAX) return 'out of numbers';
    if (totals.disputed > 0) return 'disputed';
    if (this.debt + units > this.limits.disconnectThreshold) return 'disconnect threshold';
    return undefined;
  }

  /** Counts a service that was given. */
  provide(units: number): void {
    this.totals.provided = grown('provided', this.totals.provided, units);
  }

  /** Whether we may ask for a service worth `units` from a peer that grants us `theirs`. */
  mayConsume(units: number, theirs: PairLimits): boolean {
    assertUnits('price', units);
    if (this.totals.consumed + units > UNITS_MAX) return false;
    return Math.min(-this.balance, this.ourSide) + units <= theirs.disconnectThreshold;
  }

  /** Counts a service that was asked for. */
  consume(units: number): void {
    this.totals.consumed = grown('consumed', this.totals.consumed, units);
  }

  /** Counts a payment of ours. */
  pay(units: number): void {
    this.totals.paid = grown('paid', this.totals.paid, units);
  }

  /** Counts cheques of the peer that we give back. */
  giveBack(units: number): void {
    this.totals.voided = grown('voided', this.totals.voided, units);
  }

  /** Takes over the peer's total of payments to us. @returns by how much it grew. */
  receivePaid(total: number): number {
    return this.#raise('receivedPaid', total);
  }

  /** Takes over the peer's total of our cheques that it gave back. @returns by how much it grew. */
  receiveVoid(total: number): number {
    return this.#raise('receivedVoid', total);
  }

  /** Takes back part of what the peer gave back: it has cashed it all the same. */
  revokeVoid(units: number): void {
    this.totals.receivedVoid -= Math.min(units, this.totals.receivedVoid);
  }

  /**
   * The creditor's word on what it gave us and forgave us.
   * @param askedThen what we had asked for when we told it so, if this is its answer to that; else undefined. Only then does what it has not given tell
   * what was lost: at other times it may be on its way.
   * @returns what it claims beyond all we ever asked for (0: nothing), which we do not owe.
   */
  hearProvided(provided: number, forgiven: number, askedThen: number | undefined): number {
    const t = this.totals;
    if (askedThen !== undefined && provided <= askedThen) t.missing = askedThen - provided;
    // What was thought lost has come after all.
    t.missing = Math.min(t.missing, Math.max(0, t.consumed - provided));
    t.excused = Math.max(t.excused, Math.min(forgiven, t.consumed - t.missing));
    return Math.max(0, provided - t.consumed);
  }

  /**
   * Takes the creditor's word for services that we asked for and do not remember, up to what it would ever have given on credit.
   * @param theirs limits within which the peer gives.
   */
  recall(provided: number, theirs: PairLimits): void {
    const room = theirs.disconnectThreshold - Math.max(0, -this.balance);
    const units = Math.min(provided - this.totals.consumed, room);
    if (units > 0) this.consume(units);
  }

  /**
   * The debtor's word on what it asked for, given in answer to our word that we provided `claimed`. What it denies is written off up to `driftMax` in
   * all; the rest is in dispute.
   */
  hearConsumed(consumed: number, claimed: number, driftMax: number): void {
    const t = this.totals;
    const denied = Math.max(0, claimed - consumed);
    t.writtenOff = Math.min(denied, driftMax);
    t.disputed = denied - t.writtenOff;
  }

  /**
   * Forgives what the allowance has grown to, at most the debt; what it could not be used for is lost. Exact: over any time without a debt-free
   * moment, floor(rate · time).
   */
  accrue(nowUs: Micros): void {
    const rate = this.limits.allowancePerSecond;
    if (rate === 0) return;
    const t = this.totals;
    const elapsed = nowUs - t.allowanceSinceUs;
    const seconds = Math.floor(elapsed / MICROS_PER_SECOND);
    const rest = Math.floor(((elapsed % MICROS_PER_SECOND) * rate) / MICROS_PER_SECOND);
    const grown = Math.min(seconds * rate + rest, UNITS_MAX);
    const debt = Math.max(0, this.debt);
    const given = Math.min(grown - t.allowanceGiven, debt);
    t.forgiven += given;
    if (given === debt) {
      t.allowanceSinceUs = nowUs;
      t.allowanceGiven = 0;
    } else t.allowanceGiven += given;
  }

  #raise(name: 'receivedPaid' | 'receivedVoid', total: number): number {
    assertUnits(name, total);
    const before = this.totals[name];
    if (total <= before) return 0;
    this.totals[name] = total;
    return total - before;
  }
}

function grown(what: string, total: number, units: number): number {
  assertUnits(what, units);
  assertUnits(what, total + units);
  return total + units;
}
