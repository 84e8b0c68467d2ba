/** One block: where it stands, what is in it, and the state after it for as long as somebody may ask. */
import { utf8ToBytes } from '@noble/hashes/utils.js';
import type { LedgerEvent } from '../../protocols/ledger/frame.ts';
import type { BlockReference } from '../../protocols/ledger/port.ts';
import type { BlockEnvironment } from '../../protocols/ledger/state.ts';
import { hexOf, type Keccak, type Word } from '../../protocols/ledger/values.ts';
import type { Coins } from './accounts.ts';
import type { Pooled } from './mempool.ts';
import type { TransactionReceipt } from './transaction.ts';

export interface WorldState<State> {
  readonly contracts: State;
  readonly coins: Coins;
}

export interface Block<State> {
  readonly reference: BlockReference;
  readonly timeUs: number;
  readonly gasUsed: number;
  readonly pooled: readonly Pooled[];
  readonly receipts: readonly TransactionReceipt[];
  readonly receiptOf: ReadonlyMap<string, TransactionReceipt>;
  /** All events in order, and their places by contract and by name. */
  readonly events: readonly LedgerEvent[];
  readonly places: ReadonlyMap<string, readonly number[]>;
  /** Transactions that left the pool since the parent, for another reason than being included. */
  readonly dropped: ReadonlySet<string>;
  /** Undefined once nobody can have yet to hear of this block. */
  parent: Block<State> | undefined;
  /** Undefined once nobody can ask for it. */
  state: WorldState<State> | undefined;
}

/** What contracts see of a block. */
export function environmentOf({ number, timestamp, randomness }: BlockReference): BlockEnvironment {
  return { number: BigInt(number), timestamp, randomness };
}

/** A block's name: covers its parent, its place and time, its random word and all that is in it. */
export function blockHash(
  suite: Keccak,
  parent: Word,
  reference: Omit<BlockReference, 'hash'>,
  receipts: readonly TransactionReceipt[],
): Word {
  const { number, timestamp, baseFeePerGas, randomness } = reference;
  const head = `${parent}|${number}|${timestamp}|${baseFeePerGas}|${randomness}`;
  const body = receipts.map(({ transaction, ok, gasUsed }) => `${transaction.id}:${ok}:${gasUsed}`);
  return hexOf(suite.keccak256(utf8ToBytes([head, ...body].join('|'))));
}

/** Events of `receipts` in order, and where those of each contract (`@address`) and each name are among them. */
export function indexEvents(receipts: readonly TransactionReceipt[]): {
  events: LedgerEvent[];
  places: Map<string, number[]>;
} {
  const events: LedgerEvent[] = [];
  const places = new Map<string, number[]>();
  for (const receipt of receipts)
    for (const event of receipt.events) {
      for (const key of [`@${event.contract}`, event.name]) {
        const known = places.get(key);
        if (known === undefined) places.set(key, [events.length]);
        else known.push(events.length);
      }
      events.push(event);
    }
  return { events, places };
}
