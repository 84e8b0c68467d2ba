/**
 * What a simulated chain is like. Defaults are Ethereum's of 2024 to 2026 where it has them; everything can be another chain by configuration.
 */
import type { DurationLaw } from '../random/law.ts';

/** How the price of gas is found. */
export type FeeLaw =
  /** The base fee follows demand (EIP-1559). */
  | { law: 'eip1559'; initialBaseFee: bigint }
  /** One price for ever, all of it burned: for worlds that only want calls to cost something. */
  | { law: 'constant'; baseFee: bigint };

export interface ReorgOptions {
  /** Chance that the next block comes on top of a rival branch, in [0, 1], per block. */
  chance: number;
  /** Most blocks that a rival branch replaces. Each further one is half as likely. */
  depthMax: number;
}

export interface ChainOptions {
  chainId: bigint;
  /** Time between blocks; a draw below 1 us counts as 1 us. */
  blockTime: DurationLaw;
  /** Gas of a full block; the target of EIP-1559 is half of it. */
  gasLimit: number;
  fee: FeeLaw;
  reorg: ReorgOptions;
  /** Transactions that a pool keeps; beyond, the lowest bids are dropped. */
  poolMax: number;
  /** Ledger time, seconds, at network time 0. */
  genesisTime: bigint;
  /** Deepest reading or subscription that a node may ask for, blocks. */
  confirmationsMax: number;
}

/** One gwei, in which gas prices are quoted: 10^9 of the coin's smallest unit. */
export const GWEI = 1_000_000_000n;

export const CHAIN_DEFAULTS: ChainOptions = {
  chainId: 12_345n,
  // Slots of Ethereum's consensus layer.
  blockTime: { law: 'constant', valueUs: 12_000_000 },
  // Mainnet until 2025.
  gasLimit: 30_000_000,
  fee: { law: 'eip1559', initialBaseFee: 10n * GWEI },
  // Blocks of depth 1 were replaced about once in a thousand on mainnet after the merge; our choice of bound.
  reorg: { chance: 0.001, depthMax: 2 },
  // go-ethereum's pool: 4,096 executable and 1,024 queued transactions.
  poolMax: 5_120,
  genesisTime: 1_767_225_600n,
  confirmationsMax: 64,
};

/** Refuses options that mean nothing. @throws with the option's name and value. */
export function checkOptions(options: ChainOptions): void {
  const { reorg, gasLimit, poolMax, confirmationsMax } = options;
  const wrong = (what: string, value: unknown): never => {
    throw new Error(`chain: ${what} is ${String(value)}`);
  };
  if (!(reorg.chance >= 0 && reorg.chance <= 1)) wrong('reorg.chance', reorg.chance);
  if (!Number.isInteger(reorg.depthMax) || reorg.depthMax < 0)
    wrong('reorg.depthMax', reorg.depthMax);
  if (reorg.chance > 0 && reorg.depthMax === 0) wrong('reorg.depthMax', 0);
  if (!Number.isInteger(gasLimit) || gasLimit < 21_000) wrong('gasLimit', gasLimit);
  if (!Number.isInteger(poolMax) || poolMax < 1) wrong('poolMax', poolMax);
  if (!Number.isInteger(confirmationsMax) || confirmationsMax < 0)
    wrong('confirmationsMax', confirmationsMax);
}
