/**
 * A world of flows: the people of a network, the links between them, and what they owe each other.
 *
 * Every pair runs the real SWAP: its book, its invoices and cheques, its confirmations, its score. What is not simulated is the packet: a volume goes
 * along the greedy way from its sender to its recipient in portions, each of which is asked for, checked and counted at every hop as one large packet
 * would be. Messages between neighbours take a fixed time and are not lost.
 *
 * Scores are public, being made from the ledger alone, and here everybody hears of a block at the same moment; so there is one set of scores that all
 * share. Facts are told to those whom they concern: the two parties, and the neighbours of whoever's score has changed.
 */
import type { PeerBook } from '../../protocols/identity/peer-book.ts';
import { ADDRESS_WORDS } from '../../protocols/identity/proximity.ts';
import { fillConverged } from '../../protocols/overlay/converged.ts';
import { RoutingTable } from '../../protocols/overlay/table.ts';
import type { RandomStream } from '../../protocols/random.ts';
import { ownProximity } from '../../protocols/routing/targets.ts';
import { nextTowardsZone } from '../../protocols/routing/greedy.ts';
import type { LedgerFact } from '../../protocols/swap/ledger-port.ts';
import type { ServiceRefusal } from '../../protocols/swap/refusal.ts';
import { PERMILLE } from '../../protocols/swap/price.ts';
import type { Engine } from '../../sim/engine.ts';
import type { Person } from './person.ts';
import type { WorldLedger } from '../money/world-ledger.ts';
import type { SharedScores } from '../money/scores.ts';

const ADDRESS_BITS = 256;
const HOPS_MAX = 64;

/** What becomes of a portion. */
export type Outcome = 'moved' | 'no way' | ServiceRefusal | 'not asked';

export class Town {
  /** Everybody who ever lived here, by the number under which others know them. */
  readonly persons: Person[] = [];
  /** Who lives at each place now. */
  readonly atPlace: Person[] = [];
  readonly peers: PeerBook;
  readonly tables: RoutingTable[];
  readonly bank: WorldLedger;
  readonly scores: SharedScores;
  readonly engine: Engine;
  readonly #random: RandomStream;
  readonly #target = new Uint32Array(ADDRESS_WORDS);

  constructor(parts: {
    peers: PeerBook;
    tables: RoutingTable[];
    bank: WorldLedger;
    scores: SharedScores;
    engine: Engine;
    random: RandomStream;
  }) {
    this.peers = parts.peers;
    this.tables = parts.tables;
    this.bank = parts.bank;
    this.scores = parts.scores;
    this.engine = parts.engine;
    this.#random = parts.random;
  }

  /** Somebody moves in, and makes accounts with all neighbours. */
  settle(person: Person): void {
    this.persons[person.number] = person;
    this.atPlace[person.place] = person;
    const table = this.tables[person.place]!;
    for (let i = 0; i < table.size; i++) {
      const neighbour = this.atPlace[table.handles[i]!];
      if (neighbour === undefined || neighbour.sharesWalletWith(person)) continue;
      person.agree(neighbour);
      neighbour.agree(person);
    }
  }

  neighboursOf(person: Person): Person[] {
    const table = this.tables[person.place]!;
    return Array.from({ length: table.size }, (_, i) => this.atPlace[table.handles[i]!]!);
  }

  /** Places on the greedy way from one to another, both ends included; undefined at a dead end. `rank` chooses among first links. */
  way(from: number, to: number, rank: number): number[] | undefined {
    const way = [from];
    this.#target.set(this.peers.words.subarray(to * ADDRESS_WORDS, (to + 1) * ADDRESS_WORDS));
    let at = from;
    while (at !== to) {
      const table = this.tables[at]!;
      const own = ownProximity(table, this.peers, this.#target);
      const first = at === from ? rank : 0;
      const next = nextTowardsZone(
        table,
        this.peers,
        this.#target,
        own,
        ADDRESS_BITS,
        first,
        false,
        this.#random,
      );
      if (next < 0 || way.length > HOPS_MAX) return undefined;
      way.push(next);
      at = next;
    }
    return way;
  }

  /**
   * Moves a portion along a way. Each relay is paid by the one before it for itself and all relays after it; the recipient asks for nothing. Nobody begins before
   * every hop has agreed. Between names of one owner nothing is owed; what it would have been goes from one pocket of the wallet to another.
   * @param units what one relay earns.
   */
  move(way: readonly number[], units: number): Outcome {
    const relays = way.length - 2;
    // Each asks for itself and for what it will be asked.
    let rest = way.slice(1, -1).reduce((sum, place) => sum + this.#ask(place, units), 0);
    const steps: { debtor: Person; creditor: Person; units: number }[] = [];
    for (let hop = 0; hop < relays; hop++) {
      const debtor = this.atPlace[way[hop]!]!;
      const creditor = this.atPlace[way[hop + 1]!]!;
      const permille = creditor.swap.pair(debtor.number)?.pricePermille ?? PERMILLE;
      const owed = Math.ceil((rest * permille) / PERMILLE);
      rest -= this.#ask(way[hop + 1]!, units);
      if (!debtor.sharesWalletWith(creditor)) {
        if (!debtor.swap.mayRequest(creditor.number, owed)) return 'not asked';
        const refusal = creditor.swap.mayServe(debtor.number, owed);
        if (refusal !== undefined) return refusal;
      }
      steps.push({ debtor, creditor, units: owed });
    }
    for (const { debtor, creditor, units: owed } of steps) {
      if (!debtor.sharesWalletWith(creditor)) {
        debtor.swap.request(creditor.number, owed);
        creditor.swap.serve(debtor.number, owed);
      }
      debtor.spentUnits += owed;
      creditor.earnedUnits += owed;
      creditor.carriedUnits += units;
    }
    const first = steps[0];
    if (first !== undefined) first.debtor.usedUnits += first.units;
    return 'moved';
  }

  #ask(place: number, units: number): number {
    return Math.ceil((units * this.atPlace[place]!.askPermille) / PERMILLE);
  }

  /** What the relays of a way ask for together, in thousandths of what one relay earns at the list price. */
  askedFor(way: readonly number[]): number {
    return way.slice(1, -1).reduce((sum, place) => sum + this.atPlace[place]!.askPermille, 0);
  }

  /** What a block has done. */
  hear(fact: LedgerFact): void {
    const seconds = this.bank.seconds(this.engine.nowUs);
    this.scores.master.see(fact, seconds);
    // Its neighbours serve it by its new score; the two parties hear of all that is between them.
    const parties = new Set<Person>();
    const add = (account: string, isGraded: boolean): void => {
      const person = this.personOf(account);
      if (person === undefined) return;
      parties.add(person);
      if (isGraded) this.#regrade(person);
    };
    if (fact.kind === 'cashed') {
      add(fact.issuer, true);
      add(fact.beneficiary, false);
    } else if (fact.kind !== 'verdict') {
      add(fact.debtor, true);
      add(fact.creditor, false);
    }
    for (const person of parties) person.swap.onLedgerFact(fact);
  }

  #regrade(person: Person): void {
    if (this.atPlace[person.place] !== person) return;
    for (const neighbour of this.neighboursOf(person))
      neighbour.swap.pair(person.number)?.regrade();
  }

  /** The ledger's clock: protests that nobody has answered begin to count. */
  onTime(): void {
    const changed = this.scores.advance(this.bank.seconds(this.engine.nowUs));
    for (const account of changed) {
      const person = this.personOf(account);
      if (person !== undefined) this.#regrade(person);
    }
  }

  personOf(account: string): Person | undefined {
    return this.#byAccount.get(account);
  }

  know(person: Person): void {
    this.#byAccount.set(person.signer.account, person);
  }

  readonly #byAccount = new Map<string, Person>();
}

/** Tables of a converged network, with links that both ends know. */
export function layOut(
  peers: PeerBook,
  places: number,
  overlay: Parameters<typeof fillConverged>[2],
  streamOf: (place: number) => RandomStream,
): RoutingTable[] {
  const tables = Array.from({ length: places }, (_, place) => new RoutingTable(peers, place));
  fillConverged(tables, peers, { ...overlay, symmetric: true }, streamOf);
  return tables;
}
