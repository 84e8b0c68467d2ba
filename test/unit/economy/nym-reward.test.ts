import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  delegationReward,
  endInterval,
  fixed,
  ONE,
  payEpoch,
  type RewardedNode,
  type RewardParameters,
  type RewardPool,
} from '../../../scenarios/economy/nym-reward.ts';

const parameters: RewardParameters = {
  sybilResistance: fixed('0.3'),
  activeWorkFactor: fixed('10'),
  emission: fixed('0.02'),
  epochsInInterval: 720n,
  rewarded: 240n,
  standby: 140n,
};

const freshPool = (): RewardPool => ({
  pool: fixed('250000000000000'),
  stakingSupply: fixed('100000000000000'),
  paid: 0n,
});

function nodeWith(operator: bigint, delegates: bigint, cost = 40_000_000n): RewardedNode {
  return {
    operator: operator * ONE,
    delegates: delegates * ONE,
    profitMargin: fixed('0.1'),
    intervalCost: cost * ONE,
    unitReward: 0n,
  };
}

describe('reward sharing', () => {
  it('leaves delegates nothing until the cost is covered', () => {
    const node = nodeWith(10_000_000_000n, 18_000_000_000n, 10n ** 15n);
    const reward = payEpoch(parameters, freshPool(), node, ONE, true);
    expect(reward.operator).toBeGreaterThan(0n);
    expect(reward.delegates).toBe(0n);
    expect(node.unitReward).toBe(0n);
  });

  it('pays no more than the saturation point earns', () => {
    const earned = (operator: bigint, delegates: bigint): bigint => {
      const { operator: a, delegates: b } = payEpoch(
        parameters,
        freshPool(),
        nodeWith(operator, delegates),
        ONE,
        true,
      );
      return a + b;
    };
    // 10^14 / 240 = 416,666,666,666.7 unym saturate a node.
    expect(earned(10n ** 10n, 10n ** 12n)).toBe(earned(10n ** 10n, 10n ** 13n));
    expect(earned(10n ** 10n, 10n ** 11n)).toBeLessThan(earned(10n ** 10n, 10n ** 12n));
  });

  it('keeps delegations and what they have earned equal to the delegates’ pool, whoever comes and goes', () => {
    fc.assert(
      fc.property(
        fc.array(
          fc.record({
            join: fc.option(fc.bigInt({ min: 10n ** 6n, max: 10n ** 11n })),
            leave: fc.boolean(),
            performance: fc.integer({ min: 0, max: 100 }),
            active: fc.boolean(),
          }),
          { minLength: 1, maxLength: 60 },
        ),
        (epochs) => {
          const pool = freshPool();
          const node = nodeWith(10_000_000_000n, 0n);
          const held: { amount: bigint; since: bigint }[] = [];
          let paid = 0n;
          for (const { join, leave, performance, active } of epochs) {
            if (join !== null) {
              held.push({ amount: join * ONE, since: node.unitReward });
              node.delegates += join * ONE;
            }
            const first = leave && held.length > 1 ? held.shift() : undefined;
            if (first !== undefined)
              node.delegates -= first.amount + delegationReward(node, first.amount, first.since);
            const share = (BigInt(performance) * ONE) / 100n;
            const reward = payEpoch(parameters, pool, node, share, active);
            paid += reward.operator + reward.delegates;
            const owed = held.reduce(
              (sum, { amount, since }) => sum + amount + delegationReward(node, amount, since),
              0n,
            );
            // Rounding down leaves a little in the pool; without delegates all of it is the operator's.
            if (held.length === 0) continue;
            const difference = Number(node.delegates - owed) / 1e18;
            expect(Math.abs(difference)).toBeLessThan(1e-3);
          }
          expect(pool.paid).toBe(paid);
          const total = pool.pool + pool.stakingSupply;
          endInterval(pool);
          expect(pool.pool + pool.stakingSupply).toBe(total);
          expect(pool.paid).toBe(0n);
        },
      ),
    );
  });
});
