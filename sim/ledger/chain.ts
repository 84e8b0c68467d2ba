/**
 * The chain: blocks one after another, each with the transactions that bid most, and now and then a rival branch that replaces the newest ones.
 *
 * It knows nothing of nodes or of when things happen: it is told the time, makes a block, and keeps every state that somebody may still
 * ask for. Tokens and coins are counted after every transaction, and each account of them at the end of every block; a sum that does
 * not come out stops the run.
 */
import type { LedgerCrypto } from '../../protocols/ledger/frame.ts';
import type { BlockReference } from '../../protocols/ledger/port.ts';
import type { Address } from '../../protocols/ledger/values.ts';
import type { RandomStream } from '../../protocols/random.ts';
import { sampleUs } from '../random/laws.ts';
import { uniform } from '../random/streams.ts';
import {
  coinsAtGenesis,
  coinsOf,
  fullCoinAudit,
  nonceOf,
  payFee,
  quickCoinAudit,
  type Coins,
} from './accounts.ts';
import { blockHash, environmentOf, indexEvents, type Block, type WorldState } from './block.ts';
import type { Execution, Executor } from './executor.ts';
import { nextBaseFee } from './fees.ts';
import type { ChainLoad } from './load.ts';
import { Mempool, type Admission, type Pooled } from './mempool.ts';
import { checkOptions, type ChainOptions } from './options.ts';
import { effectiveTip, type Transaction, type TransactionReceipt } from './transaction.ts';

/** Who earns the tips: block makers are not told apart. */
export const BLOCK_MAKER: Address = `0x${'ba'.repeat(20)}`;
const NO_PARENT = `0x${'00'.repeat(32)}`;

export interface ChainParts<State> {
  options: ChainOptions;
  executor: Executor<State>;
  crypto: LedgerCrypto;
  /** Streams of the chain: block times, random words, rival branches. */
  stream: (purpose: string) => RandomStream;
  /** First coins. */
  coins: readonly (readonly [Address, bigint])[];
  loads?: readonly ChainLoad[];
}

/** What the chain has done so far; what rival branches undid counts where it was done. */
export interface ChainCounts {
  blocks: number;
  included: number;
  failed: number;
  dropped: number;
  /** Rival branches by how many blocks they replaced; index 0 is unused. */
  reorgs: number[];
}

export class Chain<State> {
  readonly options: ChainOptions;
  readonly executor: Executor<State>;
  readonly counts: ChainCounts;
  readonly #parts: ChainParts<State>;
  readonly #pool: Mempool;
  readonly #streams: { blocks: RandomStream; randomness: RandomStream; reorgs: RandomStream };
  /** Every block, of any branch, whose state or parent is still known; oldest first. */
  #live: Block<State>[] = [];
  #head: Block<State>;

  constructor(parts: ChainParts<State>) {
    checkOptions(parts.options);
    this.#parts = parts;
    this.options = parts.options;
    this.executor = parts.executor;
    this.#pool = new Mempool(parts.options.poolMax);
    this.#streams = {
      blocks: parts.stream('blocks'),
      randomness: parts.stream('randomness'),
      reorgs: parts.stream('reorgs'),
    };
    const reorgs = new Array<number>(parts.options.reorg.depthMax + 1).fill(0);
    this.counts = { blocks: 0, included: 0, failed: 0, dropped: 0, reorgs };
    const state = { contracts: parts.executor.genesis(), coins: coinsAtGenesis(parts.coins) };
    this.#head = this.#seal(undefined, 0, this.#firstFee(), state, [], []);
    this.#checkBlock(this.#head);
  }

  get head(): Block<State> {
    return this.#head;
  }

  /** Transactions waiting. */
  get waiting(): number {
    return this.#pool.size;
  }

  /** Time from one block to the next, microseconds >= 1. Draws as its law says. */
  blockDelayUs(): number {
    return Math.max(1, sampleUs(this.options.blockTime, this.#streams.blocks));
  }

  /** A transaction has reached the pool. */
  submit(transaction: Transaction, nowUs: number): Admission {
    return this.#pool.add(transaction, nonceOf(this.#coins(), transaction.from), nowUs);
  }

  /** Makes the next block, perhaps on top of a rival branch. @returns the new head. */
  produce(nowUs: number): Block<State> {
    const depth = this.#drawReorg();
    if (depth > 0) this.#reorganise(depth);
    const number = this.#head.reference.number + 1;
    const baseFee = this.#feeAfter(this.#head);
    for (const load of this.#parts.loads ?? [])
      for (const bid of load.bids(number, baseFee, this.options.gasLimit, nowUs))
        this.submit(bid, nowUs);
    this.#head = this.#build(this.#head, nowUs, new Set());
    return this.#head;
  }

  /** Forgets states of blocks below `statesFrom` and parents of blocks below `linksFrom`. */
  prune(statesFrom: number, linksFrom: number): void {
    this.#live = this.#live.filter((block) => {
      const { number } = block.reference;
      if (number < statesFrom && block.state !== undefined) {
        const { contracts } = block.state;
        block.state = undefined;
        // Blocks in which nothing happened share their parent's state.
        if (!this.#live.some((other) => other.state?.contracts === contracts))
          this.executor.release(contracts);
      }
      if (number < linksFrom) block.parent = undefined;
      return block.state !== undefined || block.parent !== undefined;
    });
  }

  /** Blocks whose state is still known. */
  get statesKept(): number {
    return this.#live.filter((block) => block.state !== undefined).length;
  }

  #coins(): Coins {
    return this.#head.state!.coins;
  }

  #firstFee(): bigint {
    const { fee } = this.options;
    return fee.law === 'eip1559' ? fee.initialBaseFee : fee.baseFee;
  }

  #feeAfter(parent: Block<State>): bigint {
    const { baseFeePerGas } = parent.reference;
    // The first block after genesis takes genesis' fee: an empty genesis says nothing of demand.
    if (this.options.fee.law === 'constant' || parent.reference.number === 0) return baseFeePerGas;
    return nextBaseFee(baseFeePerGas, parent.gasUsed, this.options.gasLimit);
  }

  /** How many blocks the coming one's branch replaces; draws three values always. */
  #drawReorg(): number {
    const { chance, depthMax } = this.options.reorg;
    const happens = uniform(this.#streams.reorgs) < chance;
    const word = this.#streams.reorgs.uint32();
    if (!happens) return 0;
    // Trailing ones of a random word: each further block is half as likely.
    let depth = 1;
    while (depth < 32 && ((word >>> (depth - 1)) & 1) === 1) depth++;
    return Math.min(depth, depthMax, this.#head.reference.number);
  }

  /** Replaces the last `depth` blocks by as many of a branch that saw about half of their transactions one block later. */
  #reorganise(depth: number): void {
    this.counts.reorgs[depth]!++;
    const orphans: Block<State>[] = [];
    let parent = this.#head;
    for (let i = 0; i < depth; i++) {
      orphans.unshift(parent);
      parent = parent.parent!;
    }
    const { coins } = parent.state!;
    for (const orphan of orphans)
      for (const pooled of orphan.pooled)
        this.#pool.restore(pooled, nonceOf(coins, pooled.transaction.from));
    for (const orphan of orphans) {
      const late = orphan.pooled.filter(() => this.#streams.reorgs.below(2) === 1);
      const withheld = new Set(late.map(({ transaction }) => transaction.id));
      parent = this.#build(parent, orphan.timeUs, withheld);
    }
    this.#head = parent;
  }

  /** Makes a block on `parent` from what is in the pool, except the withheld. */
  #build(parent: Block<State>, timeUs: number, withheld: ReadonlySet<string>): Block<State> {
    const baseFee = this.#feeAfter(parent);
    const reference = this.#referenceAfter(parent, timeUs, baseFee);
    let state = parent.state!;
    let room = this.options.gasLimit;
    const pooled: Pooled[] = [];
    const receipts: TransactionReceipt[] = [];
    const picker = this.#pool.picker(baseFee, (from) => nonceOf(state.coins, from));
    for (let next = picker.next(); next !== undefined; next = picker.next()) {
      const { transaction, arrivedUs } = next;
      if (transaction.gasLimit > room || arrivedUs > timeUs || withheld.has(transaction.id))
        continue;
      const worst = BigInt(transaction.gasLimit) * transaction.maxFee;
      if (coinsOf(state.coins, transaction.from) < worst) {
        this.#pool.drop(next);
        continue;
      }
      const before = state;
      const made = this.#include(state, transaction, reference);
      state = made.state;
      // States between transactions are nobody's; the parent's is still its own.
      const passing = before.contracts !== parent.state!.contracts;
      if (passing && before.contracts !== state.contracts) this.executor.release(before.contracts);
      this.#pool.remove(next);
      picker.included();
      room -= made.receipt.gasUsed;
      pooled.push(next);
      receipts.push(made.receipt);
    }
    this.#pool.expire(reference.number + 1, (from) => nonceOf(state.coins, from));
    const block = this.#seal(parent, timeUs, baseFee, state, pooled, receipts, reference);
    this.#checkBlock(block);
    return block;
  }

  /** Runs one transaction and makes its sender pay. */
  #include(
    state: WorldState<State>,
    transaction: Transaction,
    reference: Omit<BlockReference, 'hash'>,
  ): { state: WorldState<State>; receipt: TransactionReceipt } {
    const { from, call, gasLimit, nonce } = transaction;
    const run: Execution<State> =
      call === undefined
        ? idle(state.contracts, gasLimit)
        : this.executor.execute(
            state.contracts,
            from,
            call,
            environmentOf({ ...reference, hash: NO_PARENT }),
            gasLimit,
          );
    const tip = effectiveTip(transaction, reference.baseFeePerGas);
    const gas = BigInt(run.gasUsed);
    const burned = gas * reference.baseFeePerGas;
    const ordered = nonce !== undefined;
    const coins = payFee(state.coins, from, BLOCK_MAKER, burned, gas * tip, ordered);
    const { ok, reason, events, values, gasUsed } = run;
    this.counts.included++;
    if (!ok) this.counts.failed++;
    const next = { contracts: run.state, coins };
    this.#checkStep(next, transaction);
    const gasPrice = reference.baseFeePerGas + tip;
    const fee = gas * gasPrice;
    return {
      state: next,
      receipt: { transaction, ok, reason, gasUsed, gasPrice, fee, burned, events, values },
    };
  }

  #referenceAfter(
    parent: Block<State> | undefined,
    timeUs: number,
    baseFeePerGas: bigint,
  ): Omit<BlockReference, 'hash'> {
    const seconds = this.options.genesisTime + BigInt(Math.floor(timeUs / 1_000_000));
    const earliest = parent?.reference.timestamp ?? seconds;
    let randomness = 0n;
    for (let i = 0; i < 8; i++)
      randomness = (randomness << 32n) | BigInt(this.#streams.randomness.uint32());
    return {
      number: (parent?.reference.number ?? -1) + 1,
      timestamp: seconds > earliest ? seconds : earliest,
      baseFeePerGas,
      randomness,
    };
  }

  #seal(
    parent: Block<State> | undefined,
    timeUs: number,
    baseFee: bigint,
    state: WorldState<State>,
    pooled: readonly Pooled[],
    receipts: readonly TransactionReceipt[],
    known?: Omit<BlockReference, 'hash'>,
  ): Block<State> {
    const reference = known ?? this.#referenceAfter(parent, timeUs, baseFee);
    const above = parent?.reference.hash ?? NO_PARENT;
    const dropped = this.#pool.takeDropped();
    this.counts.blocks++;
    this.counts.dropped += dropped.length;
    const block: Block<State> = {
      reference: { ...reference, hash: blockHash(this.#parts.crypto, above, reference, receipts) },
      timeUs,
      gasUsed: receipts.reduce((sum, { gasUsed }) => sum + gasUsed, 0),
      pooled,
      receipts,
      receiptOf: new Map(receipts.map((receipt) => [receipt.transaction.id, receipt])),
      ...indexEvents(receipts),
      dropped: new Set(dropped),
      parent,
      state,
    };
    this.#live.push(block);
    return block;
  }

  #checkStep(state: WorldState<State>, transaction: Transaction): void {
    const wrong = this.executor.quickAudit(state.contracts) ?? quickCoinAudit(state.coins);
    if (wrong !== undefined) throw new Error(`after transaction ${transaction.id}: ${wrong}`);
  }

  #checkBlock(block: Block<State>): void {
    const { contracts, coins } = block.state!;
    const wrong = this.executor.fullAudit(contracts);
    const coin = fullCoinAudit(coins);
    if (coin !== undefined) wrong.push(coin);
    if (wrong.length > 0)
      throw new Error(`at the end of block ${block.reference.number}: ${wrong.join('; ')}`);
  }
}

/** Load: no call, all of its gas. */
function idle<State>(state: State, gasLimit: number): Execution<State> {
  return { ok: true, reason: undefined, state, events: [], values: [], gasUsed: gasLimit };
}
