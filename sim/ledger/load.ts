/**
 * Others on the chain: those who just use it, and those who fill it on purpose. Both bid for the same blocks by the same rule and pay for
 * them; what they do with their gas is nobody's business here.
 */
import type { RandomStream } from '../../protocols/random.ts';
import type { Address } from '../../protocols/ledger/values.ts';
import { lognormalSigma, sampleUs } from '../random/laws.ts';
import type { Transaction } from './transaction.ts';

/** Whoever adds transactions for a block that is about to be made. */
export interface ChainLoad {
  /** Where its coins come from. */
  readonly account: Address;
  /** Bids for block `number`, made at `nowUs`, whose base fee and gas limit are known; each lapses with that block. */
  bids(number: number, baseFee: bigint, gasLimit: number, nowUs: number): Transaction[];
}

export interface BackgroundOptions {
  account: Address;
  /** Gas asked for per block, all bids together. */
  gasPerBlock: number;
  /** Gas of one transaction (a token transfer or two: 100,000). */
  gasPerTransaction: number;
  /** What people would pay per gas at most, in units of a thousandth of a gwei: lognormal, given by median and 99% quantile. */
  maxFee: { medianMilliGwei: number; p99MilliGwei: number };
  /** Tip per gas. */
  tip: bigint;
}

const MILLI_GWEI = 1_000_000n;

/**
 * Everyday use: as many bids a block as `gasPerBlock` needs, each with what it would pay at most. When the base fee rises, those who would not
 * pay it stay away, which is what holds it down (the demand curve is the law of bids).
 */
export class BackgroundLoad implements ChainLoad {
  readonly account: Address;
  readonly #options: BackgroundOptions;
  readonly #stream: RandomStream;
  #count = 0;

  /** @throws if the law of bids is none. */
  constructor(options: BackgroundOptions, stream: RandomStream) {
    const { medianMilliGwei, p99MilliGwei } = options.maxFee;
    if (!(lognormalSigma({ medianUs: medianMilliGwei, p99Us: p99MilliGwei }) >= 0))
      throw new Error('background load: the 99% quantile of bids lies below their median');
    this.account = options.account;
    this.#options = options;
    this.#stream = stream;
  }

  bids(number: number): Transaction[] {
    const { gasPerBlock, gasPerTransaction, tip, maxFee } = this.#options;
    const law = {
      law: 'lognormal',
      medianUs: maxFee.medianMilliGwei,
      p99Us: maxFee.p99MilliGwei,
    } as const;
    return Array.from({ length: Math.floor(gasPerBlock / gasPerTransaction) }, () => ({
      id: `load/${this.account}#${this.#count++}`,
      from: this.account,
      nonce: undefined,
      gasLimit: gasPerTransaction,
      maxFee: BigInt(sampleUs(law, this.#stream)) * MILLI_GWEI,
      tip,
      call: undefined,
      lastBlock: number,
    }));
  }
}

export interface CongestionOptions {
  account: Address;
  /** Fills the first block made at this time or later, microseconds, and those that follow it: how many in all. */
  fromUs: number;
  blocks: number;
  /** Tip per gas: whoever bids more still gets in, and the attacker's block is not quite its own. */
  tip: bigint;
  /** Gas of each of its transactions; the smallest hole it leaves. */
  gasPerTransaction: number;
}

/**
 * Congestion as an attack: bids for the whole of every block, at any base fee. Costs base * (1.125^W - 1) / 0.125 full blocks of gas for W
 * blocks (economics, CF18), and ends when its coins do.
 */
export class CongestionAttack implements ChainLoad {
  readonly account: Address;
  readonly #options: CongestionOptions;
  #count = 0;
  #firstBlock: number | undefined;

  constructor(options: CongestionOptions) {
    this.account = options.account;
    this.#options = options;
  }

  /** Number of the first block that it fills; undefined before. */
  get firstBlock(): number | undefined {
    return this.#firstBlock;
  }

  bids(number: number, baseFee: bigint, gasLimit: number, nowUs: number): Transaction[] {
    const { fromUs, blocks, tip, gasPerTransaction } = this.#options;
    if (nowUs < fromUs) return [];
    this.#firstBlock ??= number;
    if (number >= this.#firstBlock + blocks) return [];
    const bids: Transaction[] = [];
    for (let left = gasLimit; left > 0; left -= gasPerTransaction)
      bids.push({
        id: `load/${this.account}#${this.#count++}`,
        from: this.account,
        nonce: undefined,
        gasLimit: left < gasPerTransaction ? left : gasPerTransaction,
        maxFee: baseFee + tip,
        tip,
        call: undefined,
        lastBlock: number,
      });
    return bids;
  }
}
