/** What is measured in a world of flows: who earns, who pays late or never, what that costs whom, what the ledger carries. */
import { INVOICE_OVERDUE, INVOICE_SENT, PROTEST } from '../../protocols/swap/events.ts';
import type { ResolvedScenario } from '../model.ts';
import type { MetricBook } from '../run/metric-book.ts';
import { lostTo } from './exposure.ts';
import { RATE, type Person } from './person.ts';
import { profits } from './profit.ts';
import type { FlowWorld, Watcher } from './world.ts';
import type { Outcome } from './town.ts';

const US_PER_DAY = 86_400_000_000;
const UNIT_WEI = RATE.weiPerUnit;

export class Measures implements Watcher {
  readonly #collector: MetricBook;
  readonly #scenario: ResolvedScenario;
  #world: FlowWorld | undefined;
  /** Losses of each place from debtors that are gone, units. */
  readonly #lost: Float64Array;
  readonly #invoices: Float64Array;
  readonly #overdue: Float64Array;
  /** Protests that each has made, in all. */
  readonly #protestsOf = new Map<Person, number>();
  readonly #callsAtWarmup = new Map<string, number>();
  #invoicesSent = 0;
  #invoicesOverdue = 0;

  constructor(collector: MetricBook, scenario: ResolvedScenario) {
    this.#collector = collector;
    this.#scenario = scenario;
    const { nodes } = scenario.world;
    this.#lost = new Float64Array(nodes);
    this.#invoices = new Float64Array(nodes);
    this.#overdue = new Float64Array(nodes);
  }

  begin(world: FlowWorld): void {
    this.#world = world;
  }

  /** The warm-up is over. */
  warm(): void {
    for (const [account, calls] of this.#world!.town.bank.calls)
      this.#callsAtWarmup.set(account, calls);
  }

  get #measuring(): boolean {
    return this.#world!.nowUs >= this.#scenario.world.warmupUs;
  }

  moved(person: Person, _bytes: number, outcome: Outcome): void {
    if (this.#measuring)
      this.#collector.add('delivery.portions', outcome === 'moved' ? 1 : 0, person.place);
  }

  swapEvent(person: Person, event: number, peer: number): void {
    if (event === PROTEST) this.#protestsOf.set(person, (this.#protestsOf.get(person) ?? 0) + 1);
    const debtor = this.#world?.town.persons[peer];
    if (debtor === undefined || !this.#measuring) return;
    // An invoice that is not answered is sent again; it counts once.
    if (event === INVOICE_SENT && person.swap.pair(peer)?.attempts === 0) {
      this.#invoices[debtor.place]!++;
      this.#invoicesSent++;
    } else if (event === INVOICE_OVERDUE) {
      this.#overdue[debtor.place]!++;
      this.#invoicesOverdue++;
    }
  }

  cashed(bounced: boolean): void {
    this.#collector.add('cheques.bounced', bounced ? 1 : 0);
  }

  shutOut(person: Person): void {
    this.#collector.add('shutout.time', this.#world!.nowUs - person.bornUs, person.place);
  }

  left(person: Person): void {
    this.#collector.add('shutout', 1, person.place);
    this.#writeOff(person);
  }

  /** What a look at everybody shows at the end. */
  finish(): void {
    const { town } = this.#world!;
    const { warmupUs } = this.#scenario.world;
    const days = Math.max(this.#world!.nowUs - warmupUs, 1) / US_PER_DAY;
    for (const person of town.atPlace) {
      const { place } = person;
      this.#collector.add('shutout', person.shutOutUs >= 0 ? 1 : 0, place);
      if (person.shutOutUs >= 0) this.#writeOff(person);
    }
    for (const person of town.atPlace) {
      const { place, signer } = person;
      const { account } = signer;
      const calls = (town.bank.calls.get(account) ?? 0) - (this.#callsAtWarmup.get(account) ?? 0);
      this.#collector.add('loss.per_creditor', this.#lost[place]!, place);
      this.#collector.add('chain.calls', calls / days, place);
      this.#collector.add('credit.score', town.scores.master.score(account), place);
      this.#collector.add('income.gross', person.earnedUnits, place);
      this.#collector.add('income.net', person.earnedUnits - person.spentUnits, place);
      if (this.#invoices[place]! > 0)
        this.#collector.add(
          'invoices.overdue',
          this.#overdue[place]! / this.#invoices[place]!,
          place,
        );
    }
    const results = profits(town, this.#scenario.money!, this.#protestsOf, this.#world!.nowUs);
    results.forEach(({ profitUnits, unpaidUnits }, place) => {
      this.#collector.add('profit', profitUnits, place);
      this.#collector.add('unpaid', unpaidUnits, place);
    });
    if (this.#invoicesSent > 0)
      this.#collector.add('default.rate', this.#invoicesOverdue / this.#invoicesSent);
    this.count();
  }

  /** Where the tokens are, now. @throws if a promise of a contract is not covered. */
  count(): void {
    const { bank } = this.#world!.town;
    const wrong = bank.audit();
    if (wrong.length > 0) throw new Error(`tokens do not add up: ${wrong.join('; ')}`);
    const { minted, held, locked, burned } = bank.executor.audit(bank.state);
    this.#collector.add('tokens.issued', Number(minted / UNIT_WEI));
    this.#collector.add('tokens.total', Number((held + locked + burned) / UNIT_WEI));
  }

  /** Everybody who has given credit to somebody that is served no more has lost it. */
  #writeOff(debtor: Person): void {
    const { town } = this.#world!;
    for (const creditor of debtor.known) {
      if (creditor.gone) continue;
      const units = lostTo(creditor, debtor, town);
      if (units <= 0) continue;
      this.#lost[creditor.place]! += units;
      this.#collector.add('exposure.at_default', units, creditor.place);
    }
  }
}
