/** NYM: the reward formula against published vectors of another network's contract, digit by digit within the vectors' own tolerance. */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  delegationReward,
  endInterval,
  fixed,
  ONE,
  payEpoch,
  type Fixed,
  type RewardedNode,
  type RewardParameters,
  type RewardPool,
} from '../economy/nym-reward.ts';
import type { ValidationRow } from './case.ts';
import { skipped } from './economics-tokens.ts';

/* The vector file is data of foreign shape: what is not there fails as `undefined` in `fixed`. */
/* eslint-disable @typescript-eslint/no-explicit-any */

/** In unym, as the vectors state them. */
const SINGLE_TOLERANCE = 1e-8;
const TEN_TOLERANCE = 0.1;

/** Largest difference seen, and how many numbers were compared. */
class Difference {
  compared = 0;
  largest = 0;

  check(found: Fixed, expected: string): void {
    this.compared++;
    const difference = found - fixed(expected);
    const size = Number(difference < 0n ? -difference : difference) / Number(ONE);
    this.largest = Math.max(this.largest, size);
  }
}

function parametersOf(
  file: any,
  rewarded: number,
  standby: number,
  epochs: number,
): RewardParameters {
  const { alpha, f, emission } = file.params;
  return {
    sybilResistance: fixed(alpha),
    activeWorkFactor: fixed(f),
    emission: fixed(emission),
    epochsInInterval: BigInt(epochs),
    rewarded: BigInt(rewarded),
    standby: BigInt(standby),
  };
}

function poolOf(file: any): RewardPool {
  return { pool: fixed(file.params.pool), stakingSupply: fixed(file.params.supply), paid: 0n };
}

function nodeOf(
  pledge: string,
  delegation: string,
  profitMargin: string,
  cost: string,
): RewardedNode {
  return {
    operator: fixed(pledge),
    delegates: fixed(delegation),
    profitMargin: fixed(profitMargin),
    intervalCost: fixed(cost),
    unitReward: 0n,
  };
}

/** What each case of the single node does besides being paid; the file says it in words. */
const SINGLE_CASES: readonly {
  delegations: [epoch: number, amount: string][];
  operatorWithdrawsAfter?: number;
  firstDelegateWithdrawsAfter?: number;
}[] = [
  { delegations: [] },
  { delegations: [[0, '18000000000']] },
  { delegations: [[1, '18000000000']] },
  {
    delegations: [
      [0, '18000000000'],
      [0, '4000000000'],
    ],
    operatorWithdrawsAfter: 1,
  },
  {
    delegations: [
      [0, '18000000000'],
      [0, '4000000000'],
    ],
    firstDelegateWithdrawsAfter: 1,
  },
];

/** Plays a script on the single node and compares what each recorded epoch paid. */
function playSingle(
  file: any,
  script: (typeof SINGLE_CASES)[number],
  epochs: readonly any[],
  difference: Difference,
): void {
  const single = file.singleNode;
  const node = nodeOf(single.pledge, '0', single.profitMargin, single.cost);
  const parameters = parametersOf(file, single.k, single.k_r, single.epochs);
  const pool = poolOf(file);
  const held: { amount: Fixed; since: Fixed }[] = [];
  for (const [epoch, paid] of epochs.entries()) {
    for (const [when, amount] of script.delegations) {
      if (when !== epoch) continue;
      node.delegates += fixed(amount);
      held.push({ amount: fixed(amount), since: node.unitReward });
    }
    const reward = payEpoch(parameters, pool, node, ONE, true);
    difference.check(reward.operator, paid.operator);
    difference.check(reward.delegates, paid.delegates);
    const earned = held.map(({ amount, since }) => delegationReward(node, amount, since));
    if (paid.aliceReward !== undefined) difference.check(earned[0]!, paid.aliceReward);
    if (paid.bobRewardTotal !== undefined) difference.check(earned[1]!, paid.bobRewardTotal);
    if (script.operatorWithdrawsAfter === epoch + 1) node.operator = fixed(single.pledge);
    if (script.firstDelegateWithdrawsAfter === epoch + 1) {
      node.delegates -= earned[0]!;
      held[0]!.since = node.unitReward;
    }
  }
}

function singleNode(file: any): Difference {
  const { cases } = file.singleNode;
  const difference = new Difference();
  if (cases.length !== SINGLE_CASES.length)
    throw new Error(`${cases.length} cases of the single node, not ${SINGLE_CASES.length}`);
  cases.forEach((expected: any, at: number) =>
    playSingle(file, SINGLE_CASES[at]!, expected.epochs ?? [expected], difference),
  );
  return difference;
}

/** One node over an interval of 720 epochs with delegates coming and going. */
function longRun(file: any): Difference {
  const { script, rows, endPool, endSupply } = file.long720;
  const single = file.singleNode;
  const difference = new Difference();
  const node = nodeOf(single.pledge, '0', single.profitMargin, single.cost);
  const parameters = parametersOf(file, single.k, single.k_r, single.epochs);
  const pool = poolOf(file);
  const held = new Map<string, { amount: Fixed; since: Fixed }>();
  const expected = new Map<number, any>(rows.map((line: any) => [line.epoch, line]));
  let active = true;
  let performance = ONE;
  for (let epoch = 0; epoch < single.epochs; epoch++) {
    const joins = script.delegate[epoch];
    if (joins !== undefined) {
      held.set(joins[0], { amount: fixed(joins[1]), since: node.unitReward });
      node.delegates += fixed(joins[1]);
    }
    const leaves = held.get(script.undelegate[epoch] ?? '');
    if (leaves !== undefined)
      node.delegates -= leaves.amount + delegationReward(node, leaves.amount, leaves.since);
    if (script.work[epoch] !== undefined) active = script.work[epoch] === 'active';
    if (script.performance[epoch] !== undefined) performance = fixed(script.performance[epoch]);
    const reward = payEpoch(parameters, pool, node, performance, active);
    const line = expected.get(epoch);
    if (line === undefined) continue;
    difference.check(reward.operator, line.operatorReward);
    difference.check(reward.delegates, line.delegatesReward);
    difference.check(node.operator, line.operator);
    difference.check(node.delegates, line.delegates);
  }
  endInterval(pool);
  difference.check(pool.pool, endPool);
  difference.check(pool.stakingSupply, endSupply);
  return difference;
}

/** Ten nodes over 23 intervals of one epoch; every interval is recorded. */
function playTen(
  file: any,
  difference: Difference,
): { pool: RewardPool; rewarded: RewardedNode[] } {
  const { nodes, k, k_r, epochsInInterval, trajectory } = file.tenNodes;
  const parameters = parametersOf(file, k, k_r, epochsInInterval);
  const pool = poolOf(file);
  const rewarded: RewardedNode[] = nodes.map((node: any) =>
    nodeOf(node.pledge, node.delegation, node.profitMargin, node.cost),
  );
  for (const interval of trajectory) {
    rewarded.forEach((node, at) => {
      const { performance, set } = nodes[at];
      payEpoch(parameters, pool, node, fixed(performance), set === 'active');
    });
    endInterval(pool);
    difference.check(pool.pool, interval.pool);
    difference.check(pool.stakingSupply, interval.supply);
    rewarded.forEach((node, at) => {
      difference.check(node.operator, interval.operator[at]);
      difference.check(node.delegates, interval.delegates[at]);
    });
  }
  return { pool, rewarded };
}

function tenNodes(file: any): Difference {
  const difference = new Difference();
  playTen(file, difference);
  return difference;
}

/** The same contract's tests as another hand transcribed them: the single node's rewards, and the ten nodes at the end. */
function transcription(file: any, golden: any): { single: Difference; ten: Difference } {
  const single = new Difference();
  const {
    base_case,
    delegation_18000NYM,
    sequence_epoch1_no_deleg_then_18000: sequence,
  } = golden.single_node;
  const cases = [
    { recorded: [base_case], script: SINGLE_CASES[0]! },
    { recorded: [delegation_18000NYM], script: SINGLE_CASES[1]! },
    { recorded: Object.values<any>(sequence), script: SINGLE_CASES[2]! },
    { recorded: [golden.single_node.alice18000_bob4000_epoch1], script: SINGLE_CASES[3]! },
  ];
  for (const { recorded, script } of cases) {
    const epochs = recorded.map((paid: any) => ({
      operator: String(paid.operator ?? paid.op),
      delegates: String(paid.delegates ?? paid.del),
    }));
    playSingle(file, script, epochs, single);
  }
  const ten = new Difference();
  const { pool, rewarded } = playTen(file, new Difference());
  const { reward_pool, staking_supply, nodes } = golden.ten_nodes.expected;
  ten.check(pool.pool, String(reward_pool));
  ten.check(pool.stakingSupply, String(staking_supply));
  rewarded.forEach((node, at) => {
    ten.check(node.operator, String(nodes[at][0]));
    ten.check(node.delegates, String(nodes[at][1]));
  });
  return { single, ten };
}

/* eslint-enable @typescript-eslint/no-explicit-any */

function goldenRows(file: unknown, dataFolder: string | undefined): ValidationRow[] {
  const name = 'economics/nym_reward_golden.json';
  const path = dataFolder === undefined ? '' : join(dataFolder, name);
  if (!existsSync(path)) return [skipped('NYM', 'transcribed rewards', `${name} is absent`)];
  const { single, ten } = transcription(file, JSON.parse(readFileSync(path, 'utf8')));
  return [
    differenceRow('one node as transcribed, largest difference in unym', single, SINGLE_TOLERANCE),
    differenceRow('ten nodes as transcribed, largest difference in unym', ten, TEN_TOLERANCE),
  ];
}

function differenceRow(what: string, difference: Difference, limit: number): ValidationRow {
  const { compared, largest } = difference;
  return {
    id: 'NYM',
    case: what,
    params: { compared },
    expected: 0,
    measured: largest,
    ci95: [largest, largest],
    tolerance: `±${limit} (tolerance of the vectors)`,
    verdict: largest <= limit ? 'pass' : 'fail',
  };
}

export function runNym({
  dataFolder,
  vectorsFolder,
}: {
  dataFolder: string | undefined;
  vectorsFolder: string | undefined;
}): ValidationRow[] {
  const name = 'nym_rewards.json';
  const path = vectorsFolder === undefined ? '' : join(vectorsFolder, name);
  if (!existsSync(path)) return [skipped('NYM', 'reward vectors', `${name} is absent`)];
  const file = JSON.parse(readFileSync(path, 'utf8'));
  return [
    differenceRow('one node, largest difference in unym', singleNode(file), SINGLE_TOLERANCE),
    differenceRow(
      'one node, 720 epochs, largest difference in unym',
      longRun(file),
      SINGLE_TOLERANCE,
    ),
    differenceRow(
      'ten nodes, 23 intervals, largest difference in unym',
      tenNodes(file),
      TEN_TOLERANCE,
    ),
    ...goldenRows(file, dataFolder),
  ];
}
