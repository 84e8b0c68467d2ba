/**
 * What is measured of money in a world of packets: what a message cost and what its sender was told it would, who earns, who pays late or never and what
 * that costs whom, what the ledger carries. Metrics have the names and meanings that they have in worlds of flows.
 */
import { RELAY_ASKED, RELAY_GIVEN } from '../../protocols/node/events.ts';
import type { MainframeNode } from '../../protocols/node/node.ts';
import { PACKET_ORIGINATED } from '../../protocols/routing/events.ts';
import type { CostEstimate } from '../../protocols/swap/estimate.ts';
import {
  INVOICE_OVERDUE,
  INVOICE_SENT,
  SERVICE_REFUSED,
  SWAP_EVENTS,
} from '../../protocols/swap/events.ts';
import type { LedgerFact } from '../../protocols/swap/ledger-port.ts';
import { CreditWatch } from '../money/credit/watch.ts';
import { addCapital } from '../money/capital.ts';
import { Dispersion } from '../money/dispersion.ts';
import { countTokens, uncovered } from '../money/losses.ts';
import { creditWorld } from './credit-world.ts';
import type { ActiveMessage } from './messages.ts';
import type { MetricBook } from './metric-book.ts';
import type { PacketMoney } from './money.ts';

const US_PER_DAY = 86_400_000_000;
const SWAP_CODES: ReadonlySet<number> = new Set(SWAP_EVENTS.map(({ code }) => code));

interface Bill {
  node: number;
  estimate: CostEstimate | undefined;
  /** Of all copies, and of those that the sender handed on itself. */
  units: number;
  senderUnits: number;
}

export class MoneyWatch {
  readonly #money: PacketMoney;
  readonly #nodeOf: (node: number) => MainframeNode;
  readonly #nodes: number;
  readonly #warmupUs: number;
  readonly #bills = new Map<number, Bill>();
  readonly #grossAtWarmup: Float64Array;
  readonly #netAtWarmup: Float64Array;
  readonly #callsAtWarmup: Float64Array;
  /** Units owed for packets that a node made itself. */
  readonly #forItself: Float64Array;
  readonly #invoices: Float64Array;
  readonly #overdue: Float64Array;
  readonly #shutOut = new Set<number>();
  readonly #credit: CreditWatch;
  #nowUs = 0;
  readonly #asked = new Dispersion();

  constructor(
    money: PacketMoney,
    nodeOf: (node: number) => MainframeNode,
    nodes: number,
    { warmupUs, durationUs }: { warmupUs: number; durationUs: number },
  ) {
    this.#money = money;
    this.#nodeOf = nodeOf;
    this.#nodes = nodes;
    this.#warmupUs = warmupUs;
    this.#grossAtWarmup = new Float64Array(nodes);
    this.#callsAtWarmup = new Float64Array(nodes);
    this.#netAtWarmup = new Float64Array(nodes);
    this.#forItself = new Float64Array(nodes);
    this.#invoices = new Float64Array(nodes);
    this.#overdue = new Float64Array(nodes);
    this.#credit = new CreditWatch(
      creditWorld(money, nodeOf, nodes, () => this.#nowUs),
      warmupUs,
      durationUs,
    );
  }

  event(
    book: MetricBook,
    timeUs: number,
    node: number,
    event: number,
    a: number,
    b: number,
    c: number,
    d: number,
  ): void {
    const measured = timeUs >= this.#warmupUs;
    this.#nowUs = timeUs;
    this.#credit.tick();
    const pair = SWAP_CODES.has(event) ? this.#nodeOf(node).swap?.pair(a) : undefined;
    if (pair !== undefined) this.#credit.swapEvent(node, a, event, pair);
    switch (event) {
      case PACKET_ORIGINATED: {
        const estimate = this.#nodeOf(node).estimateCost(c, d);
        this.#bills.set(key(a, b), { node, estimate, units: 0, senderUnits: 0 });
        return;
      }
      case RELAY_ASKED: {
        if (measured && d > 0) {
          book.add('price.asked', d, node);
          this.#asked.add(d);
        }
        const bill = this.#bills.get(key(a, b));
        if (bill === undefined) return;
        bill.units += d;
        if (bill.node !== node) return;
        bill.senderUnits += d;
        if (measured) this.#forItself[node]! += d;
        return;
      }
      case RELAY_GIVEN:
        if (measured) book.add('relay.refused', 0, node);
        return;
      case SERVICE_REFUSED:
        if (measured) book.add('relay.refused', 1, node);
        return;
      case INVOICE_SENT:
        // One that is not answered is sent again; it counts once.
        if (measured && pair?.attempts === 0) this.#invoices[a]!++;
        return;
      case INVOICE_OVERDUE:
        if (measured) this.#overdue[a]!++;
        return;
      default:
        return;
    }
  }

  /** A message has expired: its bill is complete. */
  settle(book: MetricBook, message: ActiveMessage): void {
    const name = key(message.idHigh, message.idLow);
    const bill = this.#bills.get(name);
    this.#bills.delete(name);
    if (bill === undefined || message.sentUs < this.#warmupUs) return;
    const { estimate, units } = bill;
    book.add('cost.per_message', units, bill.node);
    book.add('cost.of_sender', bill.senderUnits, bill.node);
    if (estimate === undefined || units === 0) return;
    book.add('cost.estimate', estimate.units, bill.node);
    book.add('cost.estimate_error', (estimate.units - units) / units, bill.node);
    book.pairs.get('cost.estimate')?.add({
      x: estimate.units,
      low: estimate.low,
      high: estimate.high,
      y: units,
    });
    const within = estimate.low <= units && units <= estimate.high;
    book.add('cost.estimate_within', within ? 1 : 0, bill.node);
  }

  fact(book: MetricBook, timeUs: number, fact: LedgerFact): void {
    this.#nowUs = timeUs;
    if (fact.kind === 'cashed') {
      book.add('cheques.bounced', fact.bounced ? 1 : 0);
      const [debtor, creditor] = [fact.issuer, fact.beneficiary].map((one) =>
        this.#money.nodeOf(one),
      );
      if (fact.bounced && debtor !== undefined && creditor !== undefined)
        this.#credit.bounced(creditor, debtor);
    }
    if (fact.kind === 'verdict') return;
    const account = fact.kind === 'cashed' ? fact.issuer : fact.debtor;
    const node = this.#money.nodeOf(account);
    if (node === undefined || this.#shutOut.has(node)) return;
    if (this.#money.scores.master.isServed(account)) return;
    this.#shutOut.add(node);
    book.add('shutout.time', timeUs, node);
    book.addLife('shutout.time', timeUs, true, node);
    this.#credit.shutOut(node);
  }

  /** The warm-up is over. */
  warm(): void {
    this.#money.flows.warm();
    for (let node = 0; node < this.#nodes; node++) {
      const { gross, net } = this.#incomeOf(node);
      this.#grossAtWarmup[node] = gross;
      this.#netAtWarmup[node] = net;
    }
    for (let node = 0; node < this.#nodes; node++)
      this.#callsAtWarmup[node] = this.#money.bank.callsOf(this.#money.accountOf(node));
  }

  /** Where the tokens are, now. @throws if a promise of a contract is not covered. */
  count(book: MetricBook): void {
    countTokens(book, this.#money.bank);
  }

  /** What a look at everybody shows at the end. */
  finish(book: MetricBook, nowUs: number): void {
    const { bank, scores } = this.#money;
    const days = Math.max(nowUs - this.#warmupUs, 1) / US_PER_DAY;
    let [invoices, overdue] = [0, 0];
    for (let node = 0; node < this.#nodes; node++) {
      const account = this.#money.accountOf(node);
      const { gross, net } = this.#incomeOf(node);
      book.add('income.gross', gross - this.#grossAtWarmup[node]!, node);
      const earned = net - this.#netAtWarmup[node]!;
      book.add('income.net', earned, node);
      book.add('income.relaying', earned + this.#forItself[node]!, node);
      book.add('credit.score', scores.master.score(account), node);
      book.add('shutout', this.#shutOut.has(node) ? 1 : 0, node);
      if (!this.#shutOut.has(node)) book.addLife('shutout.time', nowUs, false, node);
      const calls = bank.callsOf(account) - this.#callsAtWarmup[node]!;
      book.add('chain.calls', calls / days, node);
      book.add('loss.per_creditor', this.#lossOf(book, node), node);
      const asked = this.#invoices[node]!;
      if (asked > 0) book.add('invoices.overdue', this.#overdue[node]! / asked, node);
      invoices += asked;
      overdue += this.#overdue[node]!;
    }
    if (invoices > 0) book.add('default.rate', overdue / invoices);
    this.#nowUs = nowUs;
    this.#credit.finish(book);
    const dispersion = this.#asked.variation();
    if (dispersion !== undefined) book.add('price.dispersion', dispersion);
    this.#followTokens(book, nowUs);
    this.count(book);
  }

  #followTokens(book: MetricBook, nowUs: number): void {
    const { bank, flows } = this.#money;
    addCapital(book, flows, {
      chequebooks: Array.from({ length: this.#nodes }, (_, node) => ({
        address: this.#money.chequebookOf(node),
        place: node,
      })),
      places: this.#nodes,
      spanUs: nowUs - this.#warmupUs,
      deliveredUnits: this.#forItself.reduce((sum, units) => sum + units, 0),
    });
    book.tokenFlows = flows.picture({
      roleOf: (account) => {
        const node = this.#money.nodeOf(account);
        return node === undefined ? undefined : this.#money.roleOf(node);
      },
      issuerOf: (address) => bank.issuers.get(address),
    });
  }

  #incomeOf(node: number): { gross: number; net: number } {
    let [gross, spent] = [0, 0];
    for (const { book } of this.#nodeOf(node).swap!.pairs.values()) {
      gross += book.totals.provided;
      spent += book.totals.consumed;
    }
    return { gross, net: gross - spent };
  }

  /** What a node will not see again of those that nobody serves any more. */
  #lossOf(book: MetricBook, node: number): number {
    let lost = 0;
    for (const pair of this.#nodeOf(node).swap!.pairs.values()) {
      if (!this.#shutOut.has(pair.peer)) continue;
      const units = uncovered(pair, this.#money.bank, this.#money.accountOf(node));
      if (units <= 0) continue;
      lost += units;
      book.add('exposure.at_default', units, node);
    }
    return lost;
  }
}

/** A number for the first 64 bits of a packet id; two messages under way with the same one are not to be expected (2^-52). */
function key(idHigh: number, idLow: number): number {
  return (idHigh >>> 0) * 0x10_0000 + (idLow >>> 12);
}
