/**
 * The chain in a simulated world: one more party that nodes reach only by messages that take time.
 *
 * A transaction travels to the pool, a block travels to each node; both take delays drawn from the node's own streams, at least a microsecond.
 * Everything is an event that the world schedules with its causer, so the order is the world's total order and nothing here depends on who was
 * asked first. The world is a small port: whoever keeps the clock hands events back to `onEvent`.
 */
import type { Micros } from '../../protocols/host.ts';
import type { Ledger, LedgerListener } from '../../protocols/ledger/port.ts';
import type { Address } from '../../protocols/ledger/values.ts';
import type { RandomStream } from '../../protocols/random.ts';
import type { DurationLaw } from '../random/law.ts';
import { LawSampler } from '../random/laws.ts';
import { nonceOf } from './accounts.ts';
import type { Block } from './block.ts';
import type { Chain } from './chain.ts';
import { NodeLedger, type ChainAccess } from './node-ledger.ts';
import type { Transaction } from './transaction.ts';

/** Source and target of events that are the chain's own; every other number is a node's index. */
export const CHAIN_PARTY = -1;

/** Kinds of events that the ledger schedules. */
export const LEDGER_SUBMIT = 1;
export const LEDGER_BLOCK = 2;
export const LEDGER_HEAR = 3;

export interface LedgerWorld {
  nowUs(): Micros;
  /** Stream of a node for a purpose. */
  streamOf(node: number, purpose: string): RandomStream;
  /** Calls `onEvent(kind, target, argument)` after `delayUs` >= 1; `source` causes it. */
  schedule(delayUs: Micros, source: number, target: number, kind: number, argument: number): void;
}

export interface LedgerHostOptions {
  /** From a node to the pool. */
  submitDelay: DurationLaw;
  /** From a block's making to a node's hearing of it. */
  hearDelay: DurationLaw;
}

/** Blocks reach 95% of Ethereum's nodes within a few seconds; median and tail are our choice within that. */
export const LEDGER_HOST_DEFAULTS: LedgerHostOptions = {
  submitDelay: { law: 'lognormal', medianUs: 200_000, p99Us: 2_000_000 },
  hearDelay: { law: 'lognormal', medianUs: 700_000, p99Us: 4_000_000 },
};

interface Seat<State> {
  readonly ledger: NodeLedger<State>;
  readonly submits: RandomStream;
  readonly hears: RandomStream;
  readonly returns: RandomStream;
  online: boolean;
}

/** Things on their way, by the number that their event carries. */
class Parcels<T> {
  readonly #items = new Map<number, T>();
  #next = 0;

  put(item: T): number {
    const name = this.#next;
    this.#next = (this.#next + 1) & 0x7fffffff;
    this.#items.set(name, item);
    return name;
  }

  take(name: number): T {
    const item = this.#items.get(name);
    if (item === undefined) throw new Error(`nothing is on its way under ${name}`);
    this.#items.delete(name);
    return item;
  }
}

export class SimulatedLedger<State> {
  readonly chain: Chain<State>;
  readonly #world: LedgerWorld;
  readonly #submitDelay: LawSampler;
  readonly #hearDelay: LawSampler;
  readonly #seats = new Map<number, Seat<State>>();
  #order: readonly number[] = [];
  readonly #transactions = new Parcels<Transaction>();
  readonly #blocks = new Parcels<Block<State>>();

  constructor(world: LedgerWorld, chain: Chain<State>, options: LedgerHostOptions) {
    this.#world = world;
    this.chain = chain;
    this.#submitDelay = new LawSampler(options.submitDelay);
    this.#hearDelay = new LawSampler(options.hearDelay);
  }

  /** Schedules the first block; each then schedules the next. */
  start(): void {
    this.#scheduleBlock();
  }

  /** Gives node `node` a ledger under `account`; it begins by knowing the newest block. One account belongs to one node. */
  attach(node: number, account: Address, listener: LedgerListener): Ledger {
    if (this.#seats.has(node)) throw new Error(`node ${node} has a ledger already`);
    const submits = this.#world.streamOf(node, 'ledger/submit');
    const access: ChainAccess<State> = {
      executor: this.chain.executor,
      confirmationsMax: this.chain.options.confirmationsMax,
      send: (transaction) => {
        const delayUs = Math.max(1, this.#submitDelay.sample(submits));
        const parcel = this.#transactions.put(transaction);
        this.#world.schedule(delayUs, node, CHAIN_PARTY, LEDGER_SUBMIT, parcel);
      },
    };
    const { head } = this.chain;
    const nonce = nonceOf(head.state!.coins, account);
    const ledger = new NodeLedger(access, account, listener, head, nonce);
    const hears = this.#world.streamOf(node, 'ledger/hear');
    const returns = this.#world.streamOf(node, 'ledger/return');
    this.#seats.set(node, { ledger, submits, hears, returns, online: true });
    // Nodes are told in the order of their numbers, whoever was attached first.
    this.#order = [...this.#seats.keys()].sort((a, b) => a - b);
    return ledger;
  }

  /** A node that is down hears of no blocks; when it is back it hears of the newest one after the usual delay. */
  setOnline(node: number, online: boolean): void {
    const seat = this.#seats.get(node);
    if (seat === undefined || seat.online === online) return;
    seat.online = online;
    if (online) this.#announce(node, seat.returns, this.chain.head);
  }

  /** One event that this ledger scheduled. */
  onEvent(kind: number, target: number, argument: number): void {
    switch (kind) {
      case LEDGER_SUBMIT:
        this.chain.submit(this.#transactions.take(argument), this.#world.nowUs());
        return;
      case LEDGER_BLOCK:
        this.#makeBlock();
        return;
      case LEDGER_HEAR: {
        const block = this.#blocks.take(argument);
        const seat = this.#seats.get(target)!;
        if (seat.online) seat.ledger.hear(block);
        return;
      }
      default:
        throw new Error(`ledger event of unknown kind ${kind}`);
    }
  }

  #makeBlock(): void {
    const block = this.chain.produce(this.#world.nowUs());
    for (const node of this.#order) {
      const { online, hears } = this.#seats.get(node)!;
      if (online) this.#announce(node, hears, block);
      // Being down shifts no later draw.
      else this.#hearDelay.sample(hears);
    }
    this.#prune(block);
    this.#scheduleBlock();
  }

  #announce(node: number, stream: RandomStream, block: Block<State>): void {
    const delayUs = Math.max(1, this.#hearDelay.sample(stream));
    this.#world.schedule(delayUs, CHAIN_PARTY, node, LEDGER_HEAR, this.#blocks.put(block));
  }

  #scheduleBlock(): void {
    const delayUs = this.chain.blockDelayUs();
    this.#world.schedule(delayUs, CHAIN_PARTY, CHAIN_PARTY, LEDGER_BLOCK, 0);
  }

  /** Keeps what the slowest node may still ask for: states for those that are up, the way there for all. */
  #prune(head: Block<State>): void {
    const { reorg, confirmationsMax } = this.chain.options;
    let [asked, heard] = [head.reference.number, head.reference.number];
    for (const { ledger, online } of this.#seats.values()) {
      heard = Math.min(heard, ledger.heardNumber);
      if (online) asked = Math.min(asked, ledger.heardNumber);
    }
    const margin = reorg.depthMax + confirmationsMax;
    this.chain.prune(asked - margin, heard - margin);
  }
}
