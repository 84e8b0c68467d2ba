/**
 * Lines of credit, and how late they are paid. A line is what one name owes one creditor; it opens with the creditor's first invoice, since nothing had to be paid
 * before, and it defaults when one of its invoices is first unpaid at its deadline or one of its cheques bounces.
 *
 * An overdue invoice is followed until it is met: by a cheque, whose moment is known, or by services the other way, which nobody reports and which are seen
 * within a minute. What is unpaid at the end has been late for at least so long: it is censored, not left out, or the worst would look best.
 */
import { CHEQUE_ACCEPTED, INVOICE_OVERDUE, INVOICE_SENT } from '../../../protocols/swap/events.ts';
import type { OpenInvoice, Pair } from '../../../protocols/swap/pair.ts';

const LOOK_US = 60_000_000;

/** A line of credit; names are those of the world. */
export interface Line {
  creditor: number;
  debtor: number;
  openedUs: number;
  /** -1 if it has not defaulted. */
  defaultedUs: number;
}

/** An invoice that was overdue: for how long, and whether that ended with its payment. */
export interface Lateness {
  debtor: number;
  dueUs: number;
  lateUs: number;
  paid: boolean;
}

interface Overdue {
  line: Line;
  pair: Pair;
  invoice: OpenInvoice;
  /** When a cheque came, if that was the last thing that happened. */
  paidUs: number | undefined;
}

export class Arrears {
  readonly lines: Line[] = [];
  readonly lateness: Lateness[] = [];
  readonly #lines = new Map<string, Line>();
  readonly #overdue = new Map<Line, Overdue>();
  #lookUs = 0;

  /** SWAP of `creditor` reports something about `debtor`. @returns whether the debtor has just defaulted. */
  event(nowUs: number, creditor: number, debtor: number, event: number, pair: Pair): boolean {
    const line = this.#lines.get(key(creditor, debtor));
    const overdue = line === undefined ? undefined : this.#overdue.get(line);
    if (overdue !== undefined) {
      this.#settle(overdue, nowUs);
      overdue.paidUs = event === CHEQUE_ACCEPTED ? nowUs : undefined;
    }
    if (event === INVOICE_SENT) this.#lineOf(nowUs, creditor, debtor);
    if (event !== INVOICE_OVERDUE) return false;
    const late = this.#lineOf(nowUs, creditor, debtor);
    if (late.defaultedUs < 0) late.defaultedUs = nowUs;
    const { invoice } = pair;
    if (invoice !== undefined)
      this.#overdue.set(late, { line: late, pair, invoice, paidUs: undefined });
    return true;
  }

  /** A cheque of `debtor` that `creditor` had has bounced. */
  bounced(nowUs: number, creditor: number, debtor: number): void {
    const line = this.#lineOf(nowUs, creditor, debtor);
    if (line.defaultedUs < 0) line.defaultedUs = nowUs;
  }

  /** Time has passed. */
  tick(nowUs: number): void {
    if (nowUs < this.#lookUs) return;
    this.#lookUs = nowUs + LOOK_US;
    for (const overdue of this.#overdue.values()) this.#settle(overdue, nowUs);
  }

  /** A name is given up: nobody can pay it any more. */
  left(nowUs: number, name: number): void {
    for (const overdue of this.#overdue.values()) {
      this.#settle(overdue, nowUs);
      if (overdue.line.creditor === name) this.#end(overdue, nowUs, false);
    }
  }

  /** The observation ends. */
  finish(nowUs: number): void {
    for (const overdue of this.#overdue.values()) {
      this.#settle(overdue, nowUs);
      this.#end(overdue, nowUs, false);
    }
  }

  #settle(overdue: Overdue, nowUs: number): void {
    if (overdue.pair.invoice !== overdue.invoice) this.#end(overdue, overdue.paidUs ?? nowUs, true);
  }

  #end(overdue: Overdue, atUs: number, paid: boolean): void {
    const { line, invoice } = overdue;
    if (this.#overdue.get(line) !== overdue) return;
    this.#overdue.delete(line);
    const { dueUs } = invoice;
    this.lateness.push({ debtor: line.debtor, dueUs, lateUs: atUs - dueUs, paid });
  }

  #lineOf(nowUs: number, creditor: number, debtor: number): Line {
    const name = key(creditor, debtor);
    let line = this.#lines.get(name);
    if (line === undefined) {
      line = { creditor, debtor, openedUs: nowUs, defaultedUs: -1 };
      this.#lines.set(name, line);
      this.lines.push(line);
    }
    return line;
  }
}

function key(creditor: number, debtor: number): string {
  return `${creditor}/${debtor}`;
}
