/**
 * Time in a world of flows: the hours in which people move volumes, the portions, the messages between neighbours, timers, blocks, newcomers.
 *
 * One engine, one order of events, as in the world of packets; the digest covers each portion and its outcome, each message and each block.
 */
import type { CryptoSuite } from '../../protocols/crypto/port.ts';
import type { Micros } from '../../protocols/host.ts';
import { ADDRESS_WORDS } from '../../protocols/identity/proximity.ts';
import type { RandomStream } from '../../protocols/random.ts';
import type { SwapHost } from '../../protocols/swap/context.ts';
import { PERMILLE } from '../../protocols/swap/price.ts';
import { TIMER_SWAP } from '../../protocols/swap/machine.ts';
import type { SwapOptions } from '../../protocols/swap/options.ts';
import { NodeDigests } from '../../sim/digest.ts';
import type { Engine } from '../../sim/engine.ts';
import { type EventHandler, type StopReason } from '../../sim/engine.ts';
import type { StreamFactory } from '../../sim/random/streams.ts';
import type { LedgerFact } from '../../protocols/swap/ledger-port.ts';
import { familiesOf, type Family } from '../behaviours/families.ts';
import { cashRule, createPayer, leaving } from '../behaviours/payers.ts';
import type { Money, ResolvedScenario, Role } from '../model.ts';
import { nodesOf } from '../run/workload.ts';
import { walletUnits } from '../money/wallet.ts';
import type { Bank } from '../money/bank.ts';
import type { Signers } from '../money/executors.ts';
import type { Market } from './market.ts';
import { RATE } from '../money/rate.ts';
import { Person } from './person.ts';
import type { SharedScores } from '../money/scores.ts';
import type { Outcome, Town } from './town.ts';
import { DayVolumes } from './volume.ts';
import type { Watcher } from './watcher.ts';

const MIB = 1_048_576;
const HOUR_US = 3_600_000_000;
const HOURS_PER_DAY = 24;
/** Between neighbours, one way: about the median of the King data set (Gummadi 2002). Days do not depend on it. */
const MESSAGE_US = 50_000;
/** Other first links that are tried when one refuses. */
const WAYS = 3;

const EVENT_HOUR = 1;
const EVENT_PORTION = 2;
const EVENT_MESSAGE = 3;
const EVENT_TIMER = 4;
const EVENT_BLOCK = 5;
const EVENT_REJOIN = 6;
/** Kinds of a chain with a market follow this one. */
export const EVENT_CHAIN = 16;

interface Portion {
  to: number;
  bytes: number;
  units: number;
}

interface Message {
  from: number;
  to: number;
  bytes: Uint8Array;
}

export class FlowWorld implements EventHandler {
  readonly engine: Engine;
  readonly town: Town;
  readonly #scenario: ResolvedScenario;
  readonly #money: Money;
  readonly #suite: CryptoSuite;
  readonly #streams: StreamFactory;
  /** One of the two is there: blocks made on demand, or a chain with a market. */
  readonly #bank: Bank | undefined;
  readonly #market: Market | undefined;
  readonly #scores: SharedScores;
  readonly #roleOf: Uint8Array;
  readonly #swapOptions: SwapOptions;
  readonly #signers: Signers;
  readonly #watcher: Watcher;
  readonly #digests: NodeDigests;
  readonly #recipients: readonly Int32Array[];
  readonly #random: RandomStream[];
  readonly #volumes: DayVolumes;
  #parcels = 0;
  readonly #portions = new Map<number, Portion>();
  readonly #messages = new Map<number, Message>();
  readonly #timers = new Map<number, number>();
  #blockDueUs = -1;
  #newcomers = 0;
  readonly #haggles: boolean;
  /** By role, where its names are one owner's. */
  readonly #families: readonly (Family | undefined)[];

  constructor(parts: {
    engine: Engine;
    town: Town;
    bank: Bank | undefined;
    market: Market | undefined;
    scenario: ResolvedScenario;
    suite: CryptoSuite;
    streams: StreamFactory;
    roleOf: Uint8Array;
    swapOptions: SwapOptions;
    signers: Signers;
    watcher: Watcher;
  }) {
    this.engine = parts.engine;
    this.town = parts.town;
    this.#scenario = parts.scenario;
    this.#money = parts.scenario.money!;
    this.#suite = parts.suite;
    this.#streams = parts.streams;
    this.#bank = parts.bank;
    this.#market = parts.market;
    this.#scores = parts.town.scores;
    this.#roleOf = parts.roleOf;
    this.#swapOptions = parts.swapOptions;
    this.#signers = parts.signers;
    this.#watcher = parts.watcher;
    const { nodes } = parts.scenario.world;
    this.#haggles = parts.scenario.roles.some((role) => role.priceRatio !== undefined);
    this.#families = familiesOf(parts.scenario.roles, () => this.engine.nowUs);
    this.#digests = new NodeDigests(nodes + 1);
    this.#recipients = parts.scenario.traffic.map((t) =>
      nodesOf(t.to, parts.scenario.roles, parts.roleOf),
    );
    this.#random = Array.from({ length: nodes }, (_, place) =>
      parts.streams.stream(`flows/${place}`),
    );
    this.#volumes = new DayVolumes(nodes, this.#random);
  }

  get nowUs(): Micros {
    return this.engine.nowUs;
  }

  /** Everybody moves in, with a chequebook, and the first hour begins, for each at another minute. */
  start(chequebooks: readonly string[]): void {
    const { nodes } = this.#scenario.world;
    for (let place = 0; place < nodes; place++) this.#moveIn(place, place, chequebooks[place]!);
    for (let place = 0; place < nodes; place++) {
      const delayUs = 1 + this.#random[place]!.below(HOUR_US);
      this.engine.schedule(delayUs, place, place, EVENT_HOUR, 0, 0);
    }
  }

  run(untilUs: Micros, budget?: number): StopReason {
    return this.engine.run(untilUs, this, budget);
  }

  digest(): string {
    const { words } = this.town.peers;
    return this.#digests.combine(words, this.#scenario.world.nodes);
  }

  onEvent(kind: number, target: number, _source: number, a: number, _b: number): void {
    if (kind >= EVENT_CHAIN) {
      this.#market!.onEvent(kind - EVENT_CHAIN, target, a);
      return;
    }
    switch (kind) {
      case EVENT_HOUR:
        return this.#hour(target);
      case EVENT_PORTION:
        return this.#portion(target, a);
      case EVENT_MESSAGE:
        return this.#message(a);
      case EVENT_TIMER:
        return this.#timer(a);
      case EVENT_BLOCK:
        return this.#block();
      case EVENT_REJOIN:
        return this.#rejoin(target);
      default:
        throw new Error(`event of unknown kind ${kind}`);
    }
  }

  // ---- people ----

  #roleAt(place: number): Role {
    return this.#scenario.roles[this.#roleOf[place]!]!;
  }

  #moveIn(place: number, number: number, chequebook: string): void {
    const role = this.#roleAt(place);
    const signer = this.#signers(number);
    const depositUnits = role.depositUnits!;
    const family = this.#families[this.#roleOf[place]!];
    const person: Person = new Person({
      number,
      place,
      role: this.#roleOf[place]!,
      family,
      bornUs: this.engine.nowUs,
      signer,
      chequebook,
      depositUnits,
      options: this.#swapOptions,
      payer: createPayer(
        this.#money,
        role,
        this.#streams.stream(`flows/policy/${number}`),
        family?.leaves ?? leaving(role.pays!, () => person.standing(this.engine.nowUs)),
        role.cashes && cashRule(role.cashes, RATE),
      ),
      askPermille: Math.round((role.priceRatio ?? 1) * PERMILLE),
      host: this.#hostOf(place, number),
      bank: this.town.bank,
      scores: this.#scores,
      suite: this.#suite,
      submitted: () => {
        this.#armBlock();
      },
      heard: (fact) => {
        this.#fold(place, EVENT_CHAIN, this.#about(fact)?.place ?? 0, 0, outcomeOf(fact));
      },
    });
    family?.add(person);
    this.town.know(person);
    this.town.settle(person);
  }

  #hostOf(place: number, number: number): SwapHost {
    return {
      now: () => this.engine.nowUs,
      send: (to, bytes, offset, length) => {
        const parcel = this.#parcels++;
        this.#messages.set(parcel, {
          from: number,
          to,
          bytes: bytes.slice(offset, offset + length),
        });
        this.engine.schedule(MESSAGE_US, place, place, EVENT_MESSAGE, parcel, 0);
      },
      setTimer: (delayUs) => {
        const timer = this.#parcels++;
        this.#timers.set(timer, number);
        this.engine.schedule(delayUs, place, place, EVENT_TIMER, timer, 0);
        return timer;
      },
      cancelTimer: (timer) => {
        this.#timers.delete(timer);
      },
      emit: (event, a, b) => {
        const person = this.town.persons[number];
        if (person !== undefined) this.#watcher.swapEvent(person, event, a, b);
      },
    };
  }

  #rejoin(place: number): void {
    const old = this.town.atPlace[place]!;
    old.gone = true;
    this.#watcher.left(old);
    const number = this.#scenario.world.nodes + this.#newcomers++;
    const { account } = this.#signers(number);
    const { depositUnits } = this.#roleAt(place);
    const bank = this.#bank!;
    bank.endow(account, RATE.toWei(depositUnits! + walletUnits(this.#money)));
    this.#moveIn(place, number, bank.openChequebook(account, RATE.toWei(depositUnits!), number));
  }

  // ---- volumes ----

  #hour(place: number): void {
    const { roles, traffic } = this.#scenario;
    const random = this.#random[place]!;
    const day = Math.floor(this.engine.nowUs / (HOURS_PER_DAY * HOUR_US));
    const role = roles[this.#roleOf[place]!]!.name;
    traffic.forEach((entry, index) => {
      if (entry.volumeBytesPerDay === undefined) return;
      if (entry.from !== 'anyone' && entry.from !== role) return;
      const bytes = Math.round(this.#volumes.today(place, index, entry, day) / HOURS_PER_DAY);
      const recipients = this.#recipients[index]!;
      const to = recipients[random.below(recipients.length)]!;
      if (to !== place && bytes > 0) this.#cut(place, to, bytes);
    });
    this.engine.schedule(HOUR_US, place, place, EVENT_HOUR, 0, 0);
  }

  /** Cuts an hour's volume into portions that the limits of a pair allow, spread over the hour. */
  #cut(place: number, to: number, bytes: number): void {
    const units = (bytes / MIB) * this.#money.pricePerMibUnits;
    // The first link is asked for all relays: more than a handful there never are.
    const most = this.#swapOptions.priceMax / 8;
    const count = Math.max(1, Math.ceil(units / most));
    const gapUs = Math.max(1, Math.floor(HOUR_US / count));
    for (let i = 0; i < count; i++) {
      const parcel = this.#parcels++;
      this.#portions.set(parcel, {
        to,
        bytes: Math.round(bytes / count),
        units: Math.max(1, Math.round(units / count)),
      });
      this.engine.schedule(1 + i * gapUs, place, place, EVENT_PORTION, parcel, 0);
    }
  }

  #portion(place: number, parcel: number): void {
    const { to, bytes, units } = this.#portions.get(parcel)!;
    this.#portions.delete(parcel);
    const person = this.town.atPlace[place]!;
    const { usedUnits } = person;
    let outcome: Outcome = 'no way';
    for (const way of this.#ways(place, to)) {
      outcome = this.town.move(way, units);
      if (outcome === 'moved') break;
    }
    this.#fold(place, EVENT_PORTION, to, bytes, outcome === 'moved' ? 1 : 2);
    this.#watcher.moved(person, bytes, outcome, person.usedUnits - usedUnits);
    this.#lookAtScore(person);
  }

  /** Ways to try one after the other: as the table ranks their first links, or the cheapest first where somebody asks for less or more than the others. */
  *#ways(from: number, to: number): Iterable<number[]> {
    const found: number[][] = [];
    for (let rank = 0; rank < WAYS; rank++) {
      const way = this.town.way(from, to, rank);
      if (way === undefined) continue;
      if (this.#haggles) found.push(way);
      else yield way;
    }
    const asked = (way: number[]): number => this.town.askedFor(way);
    yield* found.toSorted((a, b) => asked(a) - asked(b));
  }

  /** Notes when somebody's score has fallen too low to be served, and lets those come back who do so. */
  #lookAtScore(person: Person): void {
    if (person.shutOutUs >= 0 || this.#scores.master.isServed(person.signer.account)) return;
    person.shutOutUs = this.engine.nowUs;
    this.#watcher.shutOut(person);
    const { place } = person;
    const { rejoinAfterUs } = this.#roleAt(place);
    if (rejoinAfterUs !== undefined)
      this.engine.schedule(Math.max(1, rejoinAfterUs), place, place, EVENT_REJOIN, 0, 0);
  }

  // ---- messages, timers, blocks ----

  #message(parcel: number): void {
    const { from, to, bytes } = this.#messages.get(parcel)!;
    this.#messages.delete(parcel);
    const person = this.town.persons[to]!;
    if (person.gone) return;
    const outcome = person.swap.onDatagram(from, bytes, 0, bytes.length);
    this.#fold(person.place, EVENT_MESSAGE, this.town.persons[from]!.place, bytes.length, outcome);
  }

  #timer(timer: number): void {
    const number = this.#timers.get(timer);
    if (number === undefined || !this.#timers.delete(timer)) return;
    const person = this.town.persons[number]!;
    if (!person.gone) person.swap.onTimer(TIMER_SWAP, 0);
  }

  #armBlock(): void {
    if (this.#bank === undefined) return;
    const dueUs = this.#bank.nextBlockUs(this.engine.nowUs);
    if (dueUs < 0 || dueUs === this.#blockDueUs) return;
    this.#blockDueUs = dueUs;
    const chain = this.#scenario.world.nodes;
    this.engine.schedule(dueUs - this.engine.nowUs, chain, chain, EVENT_BLOCK, 0, 0);
  }

  #block(): void {
    this.#blockDueUs = -1;
    for (const fact of this.#bank!.makeBlock(this.engine.nowUs)) {
      this.town.hear(fact);
      this.happened(fact);
    }
    this.town.onTime();
    this.#armBlock();
  }

  /** The ledger says something, as of now: to all at once, or to a bystander. */
  happened(fact: LedgerFact): void {
    if (fact.kind === 'cashed')
      this.#watcher.cashed(this.town.personOf(fact.beneficiary), fact.chequebook, fact.bounced);
    else if (fact.kind === 'protested') this.#watcher.protested(fact);
    const person = this.#about(fact);
    if (person === undefined) return;
    this.#fold(person.place, EVENT_BLOCK, 0, 0, outcomeOf(fact));
    this.#lookAtScore(person);
  }

  /** Whose score a fact concerns. */
  #about(fact: LedgerFact): Person | undefined {
    if (fact.kind === 'verdict') return undefined;
    return this.town.personOf(fact.kind === 'cashed' ? fact.issuer : fact.debtor);
  }

  #fold(place: number, kind: number, other: number, size: number, outcome: number): void {
    const who = this.town.peers.words[other * ADDRESS_WORDS]!;
    this.#digests.fold(place, this.engine.nowUs, kind, who, size & 0xffff, outcome);
  }
}

function outcomeOf(fact: LedgerFact): number {
  return fact.kind === 'cashed' && fact.bounced ? 2 : 1;
}
