/** What is measured in a world of flows: who earns, who pays late or never, what that costs whom, what the ledger carries. */
import { CASHING, INVOICE_OVERDUE, INVOICE_SENT } from '../../protocols/swap/events.ts';
import type { LedgerFact } from '../../protocols/swap/ledger-port.ts';
import { congestionCost } from '../economy/closed-forms.ts';
import { regrets } from '../economy/metrics/regret.ts';
import type { ResolvedScenario } from '../model.ts';
import type { MetricBook } from '../run/metric-book.ts';
import type { Market, MarketWatcher } from './market.ts';
import { CreditWatch } from '../money/credit/watch.ts';
import { countTokens, uncovered, uncoveredCheques } from '../money/losses.ts';
import { addCapital } from '../money/capital.ts';
import { Dispersion } from '../money/dispersion.ts';
import { RATE } from '../money/rate.ts';
import { creditWorld } from './credit-world.ts';
import type { TokenFlows } from '../money/token-flow.ts';
import type { Person } from './person.ts';
import { profits } from './profit.ts';
import type { Watcher } from './watcher.ts';
import type { FlowWorld } from './world.ts';
import type { Outcome } from './town.ts';

const MIB = 1_048_576;
const US_PER_DAY = 86_400_000_000;

/** The ledger's log, where there is one for all, and whose chequebook is whose. */
interface Tokens {
  flows: TokenFlows;
  issuers: ReadonlyMap<string, string>;
}

export class Measures implements Watcher, MarketWatcher {
  readonly #collector: MetricBook;
  readonly #scenario: ResolvedScenario;
  readonly #credit: CreditWatch;
  #world: FlowWorld | undefined;
  #market: Market | undefined;
  #tokens: Tokens | undefined;
  #usedAtWarmup = 0;
  readonly #asked = new Dispersion();
  /** Losses of each place from debtors that are gone, units. */
  readonly #lost: Float64Array;
  readonly #invoices: Float64Array;
  readonly #overdue: Float64Array;
  /** Protests of each that the ledger has taken, in all: one that it refuses burns no fee. */
  readonly #protestsOf = new Map<Person, number>();
  readonly #callsAtWarmup = new Map<string, number>();
  readonly #feesAtWarmup = new Map<string, bigint>();
  /** Protests against each place, and those of them that came when the cheque was written. */
  readonly #protests: Float64Array;
  readonly #unjust: Float64Array;
  /** Cashings on their way, by beneficiary and chequebook: since when the oldest cheque was held, and when it was sent. */
  readonly #cashings = new Map<string, { sinceUs: number; sentUs: number }>();
  #invoicesSent = 0;
  #invoicesOverdue = 0;

  constructor(collector: MetricBook, scenario: ResolvedScenario) {
    this.#collector = collector;
    this.#scenario = scenario;
    const { nodes, warmupUs, durationUs } = scenario.world;
    collector.follow(warmupUs, durationUs);
    this.#credit = new CreditWatch(
      creditWorld(() => this.#world!),
      warmupUs,
      durationUs,
    );
    this.#lost = new Float64Array(nodes);
    this.#invoices = new Float64Array(nodes);
    this.#overdue = new Float64Array(nodes);
    this.#protests = new Float64Array(nodes);
    this.#unjust = new Float64Array(nodes);
  }

  begin(world: FlowWorld, market: Market | undefined, tokens: Tokens | undefined): void {
    this.#tokens = tokens;
    this.#world = world;
    this.#market = market;
  }

  /** The warm-up is over. */
  warm(): void {
    const { atPlace, bank } = this.#world!.town;
    this.#tokens?.flows.warm();
    this.#usedAtWarmup = this.#used();
    for (const { signer } of atPlace) {
      this.#callsAtWarmup.set(signer.account, bank.callsOf(signer.account));
      this.#feesAtWarmup.set(signer.account, bank.feesOf(signer.account));
    }
  }

  get #measuring(): boolean {
    return this.#world!.nowUs >= this.#scenario.world.warmupUs;
  }

  moved(person: Person, bytes: number, outcome: Outcome, askedUnits: number): void {
    this.#credit.tick();
    if (!this.#measuring) return;
    this.#collector.add('delivery.portions', outcome === 'moved' ? 1 : 0, person.place);
    // From neighbour to neighbour nobody asks for anything.
    if (askedUnits === 0 || bytes === 0) return;
    const perMibUnits = (askedUnits * MIB) / bytes;
    this.#collector.add('price.asked', perMibUnits, person.place);
    this.#asked.add(perMibUnits);
  }

  swapEvent(person: Person, event: number, peer: number): void {
    const debtor = this.#world?.town.persons[peer];
    if (event === CASHING && debtor !== undefined)
      this.#cashings.set(cashingOf(person, debtor.chequebook), {
        sinceUs: person.swap.pair(peer)!.incoming.sinceUs,
        sentUs: this.#world!.nowUs,
      });
    const pair = person.swap.pair(peer);
    if (debtor !== undefined && pair !== undefined)
      this.#credit.swapEvent(person.number, peer, event, pair);
    if (debtor === undefined || !this.#measuring) return;
    // An invoice that is not answered is sent again; it counts once.
    if (event === INVOICE_SENT && pair?.attempts === 0) {
      this.#invoices[debtor.place]!++;
      this.#invoicesSent++;
    } else if (event === INVOICE_OVERDUE) {
      this.#overdue[debtor.place]!++;
      this.#invoicesOverdue++;
    }
  }

  cashed(person: Person | undefined, chequebook: string, bounced: boolean): void {
    this.#collector.add('cheques.bounced', bounced ? 1 : 0);
    if (person === undefined) return;
    const debtor = bounced && person.known.find((one) => one.chequebook === chequebook);
    if (debtor) this.#credit.bounced(person.number, debtor.number);
    const key = cashingOf(person, chequebook);
    const cashing = this.#cashings.get(key);
    this.#cashings.delete(key);
    if (cashing === undefined || !this.#measuring) return;
    const { nowUs } = this.#world!;
    const { deadlineUs } = this.#scenario.money!;
    this.#collector.add('cheques.held', nowUs - cashing.sinceUs, person.place);
    this.#collector.add('cheques.late', nowUs - cashing.sentUs > deadlineUs ? 1 : 0);
  }

  /** A debtor who has written the cheque by now is accused of what is not so. */
  protested({ debtor, creditor, cumulativePayout }: LedgerFact & { kind: 'protested' }): void {
    const { town } = this.#world!;
    const [one, other] = [town.personOf(debtor), town.personOf(creditor)];
    if (one === undefined || other === undefined) return;
    this.#protestsOf.set(other, (this.#protestsOf.get(other) ?? 0) + 1);
    const { top } = one.swap.pair(other.number)!.outgoing;
    const paid = top !== undefined && top.cheque.cumulativePayout >= cumulativePayout;
    this.#protests[one.place]!++;
    if (paid) this.#unjust[one.place]!++;
  }

  block(baseFeeUnits: number, waiting: number, replaced: number): void {
    if (!this.#measuring) return;
    const { nowUs } = this.#world!;
    this.#collector.addAt('chain.base_fee', baseFeeUnits, nowUs);
    this.#collector.addAt('chain.pool', waiting, nowUs);
    this.#collector.addAt('chain.reorganised', replaced, nowUs);
  }

  filled(fromUs: number, toUs: number): void {
    this.#collector.spans.push({ fromUs, toUs });
  }

  settled(place: number, waitUs: number): void {
    if (this.#measuring) this.#collector.add('chain.wait', waitUs, place);
  }

  shutOut(person: Person): void {
    const lifeUs = this.#world!.nowUs - person.bornUs;
    this.#collector.add('shutout.time', lifeUs, person.place);
    this.#collector.addLife('shutout.time', lifeUs, true, person.place);
    this.#credit.shutOut(person.number);
  }

  left(person: Person): void {
    this.#collector.add('shutout', 1, person.place);
    this.#credit.left(person.number);
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
      else
        this.#collector.addLife('shutout.time', this.#world!.nowUs - person.bornUs, false, place);
    }
    for (const person of town.atPlace) {
      const { place, signer } = person;
      const { account } = signer;
      const calls = town.bank.callsOf(account) - (this.#callsAtWarmup.get(account) ?? 0);
      const fees = town.bank.feesOf(account) - (this.#feesAtWarmup.get(account) ?? 0n);
      this.#collector.add('chain.fees', Number(fees) / Number(RATE.weiPerUnit), place);
      this.#collector.add('cheques.uncovered', this.#uncovered(person), place);
      this.#collector.add('protests', this.#protests[place]!, place);
      this.#collector.add('protests.unjust', this.#unjust[place]!, place);
      this.#attackCost(place);
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
    results.forEach(({ profitUnits, unpaidUnits, gainUnits, ceilingUnits }, place) => {
      this.#collector.add('profit', profitUnits, place);
      this.#collector.add('unpaid', unpaidUnits, place);
      this.#collector.add('default.gain', gainUnits, place);
      this.#collector.add('default.ceiling', ceilingUnits, place);
    });
    const played = results.map(({ profitUnits }, place) => ({
      strategy: town.atPlace[place]!.role,
      profit: profitUnits,
    }));
    const missed = regrets(played);
    played.forEach(({ strategy }, place) => {
      this.#collector.add('profit.regret', missed.get(strategy)!, place);
    });
    this.#credit.finish(this.#collector);
    if (this.#invoicesSent > 0)
      this.#collector.add('default.rate', this.#invoicesOverdue / this.#invoicesSent);
    const dispersion = this.#asked.variation();
    if (dispersion !== undefined) this.#collector.add('price.dispersion', dispersion);
    if (this.#tokens !== undefined) this.#followTokens(this.#tokens);
    this.count();
  }

  /** Value that everybody has used so far, units. */
  #used(): number {
    return this.#world!.town.persons.reduce((sum, person) => sum + person.usedUnits, 0);
  }

  #followTokens({ flows, issuers }: Tokens): void {
    const { town, nowUs } = this.#world!;
    const { roles, world } = this.#scenario;
    addCapital(this.#collector, flows, {
      chequebooks: town.persons.map(({ chequebook, place }) => ({ address: chequebook, place })),
      places: world.nodes,
      spanUs: nowUs - world.warmupUs,
      deliveredUnits: this.#used() - this.#usedAtWarmup,
    });
    this.#collector.tokenFlows = flows.picture({
      roleOf(account) {
        const person = town.personOf(account);
        return person === undefined ? undefined : roles[person.role]!.name;
      },
      issuerOf: (address) => issuers.get(address),
    });
  }

  /** Cheques that `creditor` has and that their chequebooks could not pay now, units. */
  #uncovered(creditor: Person): number {
    const { town } = this.#world!;
    return creditor.known.reduce((sum, debtor) => {
      const pair = creditor.swap.pair(debtor.number);
      return pair === undefined
        ? sum
        : sum + uncoveredCheques(pair, town.bank, creditor.signer.account);
    }, 0);
  }

  /** Beside what filling blocks has cost whoever did it: what it must cost (economics, CF18). */
  #attackCost(place: number): void {
    const attack = this.#market?.attackOf(place);
    if (attack === undefined) return;
    const { blocks, blockUnits, tipUnits } = attack;
    const units = blockUnits * congestionCost(blocks).cost + tipUnits * blocks;
    this.#collector.add('chain.attack_price', units, place);
  }

  /** Where the tokens are, now. @throws if a promise of a contract is not covered. */
  count(): void {
    countTokens(this.#collector, this.#world!.town.bank);
  }

  /** Everybody who has given credit to somebody that is served no more has lost it. */
  #writeOff(debtor: Person): void {
    const { town } = this.#world!;
    for (const creditor of debtor.known) {
      if (creditor.gone) continue;
      const pair = creditor.swap.pair(debtor.number);
      const units = pair === undefined ? 0 : uncovered(pair, town.bank, creditor.signer.account);
      if (units <= 0) continue;
      this.#lost[creditor.place]! += units;
      this.#collector.add('exposure.at_default', units, creditor.place);
    }
  }
}

function cashingOf(beneficiary: Person, chequebook: string): string {
  return `${beneficiary.number}/${chequebook}`;
}
