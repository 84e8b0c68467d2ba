/**
 * Transactions that wait for a block: by sender in order of their nonces, among senders by what the maker would earn.
 *
 * A sender's transactions take their turns in nonce order whatever they bid; one nonce has one bid, which only a bid at least a tenth higher
 * replaces. Among equal bids the one that came first goes first. A full pool drops the lowest bid, from the end of its sender's row.
 */
import { Heap } from 'heap-js';
import type { Address } from '../../protocols/ledger/values.ts';
import { effectiveTip, type Transaction } from './transaction.ts';

export interface Pooled {
  readonly transaction: Transaction;
  /** Place in the order of arrival. */
  readonly arrival: number;
  readonly arrivedUs: number;
}

export type Admission = 'added' | 'replaced' | 'underpriced' | 'stale';

/** A bid must be this many percent above the one it replaces (go-ethereum's PriceBump). */
const REPLACEMENT_PERCENT = 110n;

export class Mempool {
  readonly #max: number;
  /** Rows by sender (for load: by transaction), each in order of nonces. Never empty. */
  readonly #rows = new Map<string, Pooled[]>();
  #size = 0;
  #arrivals = 0;
  /** Ids that were thrown out since `takeDropped`. */
  #dropped: string[] = [];

  constructor(max: number) {
    this.#max = max;
  }

  get size(): number {
    return this.#size;
  }

  /** Takes a transaction in; `nonce` is its sender's next one on the chain. */
  add(transaction: Transaction, nonce: number, arrivedUs: number): Admission {
    return this.#insert({ transaction, arrival: this.#arrivals++, arrivedUs }, nonce);
  }

  /** Takes back a transaction whose block was replaced, at its old place. A newer bid for its nonce stays. */
  restore(pooled: Pooled, nonce: number): void {
    this.#insert(pooled, nonce);
  }

  /** Removes what a block has included, or what can no longer be. */
  remove(pooled: Pooled): void {
    const key = rowOf(pooled.transaction);
    const row = this.#rows.get(key);
    const at = row?.indexOf(pooled) ?? -1;
    if (row === undefined || at < 0) return;
    this.#size--;
    if (row.length === 1) this.#rows.delete(key);
    else row.splice(at, 1);
  }

  /** Removes it and remembers that it was dropped. */
  drop(pooled: Pooled): void {
    this.remove(pooled);
    this.#dropped.push(pooled.transaction.id);
  }

  /** Removes what may not be in any block from number `next` on. */
  expire(next: number, nonceOf: (from: Address) => number): void {
    for (const pooled of [...this.#rows.values()].flat()) {
      const { nonce, from, lastBlock } = pooled.transaction;
      if (nonce !== undefined && nonce < nonceOf(from)) this.drop(pooled);
      // A bid for one block alone has lapsed, as its maker knew it might.
      else if (lastBlock !== undefined && lastBlock < next) this.remove(pooled);
    }
  }

  /** Ids dropped since the last call, in order. */
  takeDropped(): string[] {
    const dropped = this.#dropped;
    this.#dropped = [];
    return dropped;
  }

  /** Offers transactions that can pay `baseFee`, best tip first. */
  picker(baseFee: bigint, nonceOf: (from: Address) => number): Picker {
    return new Picker([...this.#rows.values()], baseFee, nonceOf);
  }

  #insert(pooled: Pooled, next: number): Admission {
    const { transaction } = pooled;
    const { nonce } = transaction;
    if (nonce !== undefined && nonce < next) return 'stale';
    const key = rowOf(transaction);
    const row = this.#rows.get(key);
    const at = row?.findIndex((other) => (other.transaction.nonce ?? -1) >= (nonce ?? -1)) ?? -1;
    const rival = at < 0 ? undefined : row![at];
    if (row !== undefined && rival !== undefined && rival.transaction.nonce === nonce) {
      if (!outbids(transaction, rival.transaction)) return 'underpriced';
      row[at] = pooled;
      return 'replaced';
    }
    if (row === undefined) this.#rows.set(key, [pooled]);
    else row.splice(at < 0 ? row.length : at, 0, pooled);
    this.#size++;
    return this.#size > this.#max && this.#evict() === pooled ? 'underpriced' : 'added';
  }

  /** Drops the last of the row whose last bids lowest; among equals the one that came last. @returns it. */
  #evict(): Pooled {
    let worst: Pooled | undefined;
    for (const row of this.#rows.values()) {
      const last = row[row.length - 1]!;
      if (worst === undefined || lower(last, worst)) worst = last;
    }
    this.drop(worst!);
    return worst!;
  }
}

/** Hands out the best transaction of all rows, then what follows it in its row. */
export class Picker {
  readonly #heap: Heap<{ row: readonly Pooled[]; at: number; tip: bigint }>;
  readonly #baseFee: bigint;
  #current: { row: readonly Pooled[]; at: number } | undefined;

  constructor(
    rows: readonly (readonly Pooled[])[],
    baseFee: bigint,
    nonceOf: (from: Address) => number,
  ) {
    this.#baseFee = baseFee;
    this.#heap = new Heap((a, b) => {
      if (a.tip !== b.tip) return a.tip > b.tip ? -1 : 1;
      return a.row[a.at]!.arrival - b.row[b.at]!.arrival;
    });
    for (const row of rows) {
      const { nonce, from } = row[0]!.transaction;
      // The row is copied: including a transaction takes it out of the pool's own.
      if (nonce === undefined || nonce === nonceOf(from)) this.#offer(row.slice(), 0);
    }
  }

  /** The best one left. Say `included()` before asking again, or its sender is passed over. */
  next(): Pooled | undefined {
    this.#current = this.#heap.pop();
    return this.#current && this.#current.row[this.#current.at];
  }

  /** What `next` gave is in the block: the sender's following nonce may come. */
  included(): void {
    const { row, at } = this.#current!;
    const following = row[at + 1]?.transaction.nonce;
    if (following !== undefined && following === row[at]!.transaction.nonce! + 1)
      this.#offer(row, at + 1);
  }

  #offer(row: readonly Pooled[], at: number): void {
    const tip = effectiveTip(row[at]!.transaction, this.#baseFee);
    if (tip >= 0n) this.#heap.push({ row, at, tip });
  }
}

function rowOf({ nonce, from, id }: Transaction): string {
  return nonce === undefined ? id : from;
}

function outbids(bid: Transaction, rival: Transaction): boolean {
  return (
    bid.maxFee * 100n >= rival.maxFee * REPLACEMENT_PERCENT &&
    bid.tip * 100n >= rival.tip * REPLACEMENT_PERCENT
  );
}

function lower(a: Pooled, b: Pooled): boolean {
  const [x, y] = [a.transaction, b.transaction];
  if (x.maxFee !== y.maxFee) return x.maxFee < y.maxFee;
  if (x.tip !== y.tip) return x.tip < y.tip;
  return a.arrival > b.arrival;
}
