/**
 * Reward sharing of the Nym mixnet, for comparison with published numbers: what an epoch's budget pays to a node's operator and to its delegates.
 *
 * A node earns by its work, its performance and its stake up to a saturation point; the operator takes its cost and a margin, the rest is split by stake. Delegates
 * are not paid one by one: a growing unit per staked token says what each has earned (as share prices do), so paying any number of them is one addition.
 * All arithmetic is on fixed-point numbers of 18 decimals that round down, as on the chain, and in the contract's order of
 * operations, which rounding makes visible; no float takes part.
 *
 * Source: C. Diaz, H. Halpin, A. Kiayias, "Reward Sharing for Mixnets", cryptoeconomicsystems.pubpub.org; contract nymtech/nym, mixnet-contract,
 * rewarding. Amounts are in unym (10^-6 NYM).
 */

/** A number with 18 decimals, scaled by 10^18. */
export type Fixed = bigint;

export const ONE: Fixed = 10n ** 18n;

/** Reads a decimal number of at most 18 decimals. @throws on anything else */
export function fixed(text: string): Fixed {
  const match = /^(\d+)(?:\.(\d{1,18}))?$/.exec(text);
  if (match === null)
    throw new Error(`"${text}": expected a decimal number of at most 18 decimals`);
  return BigInt(match[1]!) * ONE + BigInt((match[2] ?? '').padEnd(18, '0'));
}

const times = (a: Fixed, b: Fixed): Fixed => (a * b) / ONE;
const over = (a: Fixed, b: Fixed): Fixed => (a * ONE) / b;
const least = (a: Fixed, b: Fixed): Fixed => (a < b ? a : b);

export interface RewardParameters {
  /** Weight of the operator's own pledge against Sybil nodes (α). */
  sybilResistance: Fixed;
  /** How much more an active node works than a standby one (f). */
  activeWorkFactor: Fixed;
  /** Share of the pool that one interval pays out. */
  emission: Fixed;
  epochsInInterval: bigint;
  /** Nodes in the rewarded set (k), and those of them on standby. */
  rewarded: bigint;
  standby: bigint;
}

/** What is left to be paid, and the stake that saturates the network; they change at the end of an interval only. */
export interface RewardPool {
  pool: Fixed;
  stakingSupply: Fixed;
  /** Paid in this interval so far. */
  paid: Fixed;
}

export interface RewardedNode {
  /** The operator's pledge and all delegations, each with what it has earned. */
  operator: Fixed;
  delegates: Fixed;
  profitMargin: Fixed;
  intervalCost: Fixed;
  /** What one staked unit of delegation has earned, times `UNIT_DELEGATION`. */
  unitReward: Fixed;
}

/** Scale of the unit reward (10^9): keeps the fixed-point error of small rewards small. */
const UNIT_DELEGATION = 10n ** 9n * ONE;

export interface EpochReward {
  operator: Fixed;
  delegates: Fixed;
}

/** Pays one epoch to a node. `performance` is 0 to 1; a standby node works less. Changes node and pool. */
export function payEpoch(
  parameters: RewardParameters,
  pool: RewardPool,
  node: RewardedNode,
  performance: Fixed,
  active: boolean,
): EpochReward {
  const total = nodeReward(parameters, pool, node, performance, active);
  const cost = times(node.intervalCost / parameters.epochsInInterval, performance);
  const reward = split(node, total, cost);
  if (node.delegates > 0n)
    node.unitReward += times(
      reward.delegates,
      over(UNIT_DELEGATION + node.unitReward, node.delegates),
    );
  node.operator += reward.operator;
  node.delegates += reward.delegates;
  pool.paid += total;
  return reward;
}

function nodeReward(
  parameters: RewardParameters,
  pool: RewardPool,
  node: RewardedNode,
  performance: Fixed,
  active: boolean,
): Fixed {
  const { rewarded, standby, activeWorkFactor, sybilResistance } = parameters;
  const budget = times(pool.pool, parameters.emission) / parameters.epochsInInterval;
  const saturation = pool.stakingSupply / rewarded;
  const standbyWork = over(ONE, activeWorkFactor * rewarded - (activeWorkFactor - ONE) * standby);
  const work = active ? times(activeWorkFactor, standbyWork) : standbyWork;
  const pledge = least(ONE, over(node.operator, saturation));
  const stake = least(ONE, over(node.operator + node.delegates, saturation));
  const merit = work + times(sybilResistance, pledge) / rewarded;
  return over(times(times(times(budget, performance), stake), merit), ONE + sybilResistance);
}

function split(node: RewardedNode, total: Fixed, cost: Fixed): EpochReward {
  if (total <= cost) return { operator: total, delegates: 0n };
  const profit = total - cost;
  const share = over(node.operator, node.operator + node.delegates);
  const kept = node.profitMargin + times(ONE - node.profitMargin, share);
  const operator = times(profit, kept) + cost;
  return { operator, delegates: total - operator };
}

/** What a delegation of `amount`, made when the unit reward was `since`, has earned. */
export function delegationReward(node: RewardedNode, amount: Fixed, since: Fixed): Fixed {
  return over(times(node.unitReward - since, amount), since + UNIT_DELEGATION);
}

/** Ends an interval: what was paid leaves the pool and is staked. */
export function endInterval(pool: RewardPool): void {
  pool.pool -= pool.paid;
  pool.stakingSupply += pool.paid;
  pool.paid = 0n;
}
