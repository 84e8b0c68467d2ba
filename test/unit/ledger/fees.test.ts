/** The base fee's rule, and what it costs to keep a chain full. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Address } from '../../../protocols/ledger/values.ts';
import { coinsOf } from '../../../sim/ledger/accounts.ts';
import { gasTarget, nextBaseFee } from '../../../sim/ledger/fees.ts';
import { BackgroundLoad, CongestionAttack } from '../../../sim/ledger/load.ts';
import { CHAIN_DEFAULTS, GWEI } from '../../../sim/ledger/options.ts';
import { ETHER, SECOND, SmallChain } from './small-chain.ts';

const ATTACKER: Address = `0x${'66'.repeat(20)}`;
const CROWD: Address = `0x${'c0'.repeat(20)}`;

describe('the base fee', () => {
  it('moves as the EIP says, to the last unit', () => {
    // go-ethereum's own cases for EIP-1559, and the smallest step.
    expect(nextBaseFee(1_000_000_000n, 10_000_000, 20_000_000)).toBe(1_000_000_000n);
    expect(nextBaseFee(1_000_000_000n, 9_000_000, 20_000_000)).toBe(987_500_000n);
    expect(nextBaseFee(1_000_000_000n, 11_000_000, 20_000_000)).toBe(1_012_500_000n);
    expect(nextBaseFee(1_000_000_000n, 0, 20_000_000)).toBe(875_000_000n);
    expect(nextBaseFee(1n, 20_000_000, 20_000_000)).toBe(2n);
    expect(nextBaseFee(0n, 10_000_001, 20_000_000)).toBe(1n);
    expect(nextBaseFee(7n, 0, 20_000_000)).toBe(7n);
  });

  it('never moves by more than an eighth, nor the wrong way', () => {
    const limit = 30_000_000;
    fc.assert(
      fc.property(fc.bigInt({ min: 8n, max: 1n << 90n }), fc.nat({ max: limit }), (fee, used) => {
        const next = nextBaseFee(fee, used, limit);
        if (used > gasTarget(limit)) {
          expect(next > fee).toBe(true);
          expect(next * 8n <= fee * 9n || next === fee + 1n).toBe(true);
        } else {
          expect(next <= fee).toBe(true);
          expect(next * 8n >= fee * 7n).toBe(true);
        }
      }),
    );
  });
});

describe('a chain that somebody keeps full', () => {
  it.each([10, 38, 50])('costs base * (1.125^W - 1) / .125 blocks of gas, W = %i', (blocks) => {
    const base = 10n * GWEI;
    const chain = new SmallChain({
      nodes: 1,
      coins: [[ATTACKER, 1_000_000n * ETHER]],
      chain: { reorg: { chance: 0, depthMax: 0 }, fee: { law: 'eip1559', initialBaseFee: base } },
      loads: () => [
        new CongestionAttack({
          account: ATTACKER,
          fromUs: 0,
          blocks,
          tip: 0n,
          gasPerTransaction: 3_000_000,
        }),
      ],
    });
    chain.run(12 * SECOND * blocks);
    const { head } = chain.chain;
    expect(head.reference.number).toBe(blocks);
    const cost = 1_000_000n * ETHER - coinsOf(head.state!.coins, ATTACKER);
    expect(head.state!.coins.burned).toBe(cost);
    // (9^W - 8^W) / 8^(W-1): the closed form in integers.
    const [nine, eight] = [9n ** BigInt(blocks), 8n ** BigInt(blocks)];
    const expected = (BigInt(CHAIN_DEFAULTS.gasLimit) * base * (nine - eight) * 8n) / eight;
    // Rounding down at each block loses less than one unit per gas and block.
    const rounding = ((BigInt(CHAIN_DEFAULTS.gasLimit) * nine) / eight) * BigInt(blocks) * 8n;
    expect(cost <= expected).toBe(true);
    expect(expected - cost <= rounding).toBe(true);
    const fullBlocks = Number((cost * 1000n) / (BigInt(CHAIN_DEFAULTS.gasLimit) * base)) / 1000;
    expect(fullBlocks).toBeCloseTo(
      { 10: 18.0, 38: 694.9, 50: 2881 }[blocks]!,
      blocks < 50 ? 0 : -1,
    );
  });

  it('keeps out whoever bids less, and ends when the money does', () => {
    const chain = new SmallChain({
      nodes: 2,
      coins: [[ATTACKER, 2n * ETHER]],
      chain: { reorg: { chance: 0, depthMax: 0 } },
      loads: () => [
        new CongestionAttack({
          account: ATTACKER,
          fromUs: 0,
          blocks: 1_000,
          tip: 2n * GWEI,
          gasPerTransaction: 100_000,
        }),
      ],
    });
    const { token } = chain.node(0).contracts;
    const call = { to: token, method: 'transfer', args: [CROWD, 5n] };
    chain.at(1, () => {
      chain.node(0).submit(call, { tipPerGas: GWEI, maxFeePerGas: 1_000n * GWEI });
      chain.node(1).submit(call, { tipPerGas: 3n * GWEI, maxFeePerGas: 1_000n * GWEI });
    });
    chain.run(12 * SECOND * 40);
    const [low, high] = [chain.node(0).receipt(0)!, chain.node(1).receipt(0)!];
    expect(high.block.number).toBe(1);
    // 2 coins buy about five full blocks of 0.3 coin and up.
    expect(low.block.number).toBeGreaterThan(3);
    expect(low.block.number).toBeLessThan(9);
  });

  it('settles, under everyday use, where the bids that pay fill half a block', () => {
    const chain = new SmallChain({
      nodes: 1,
      coins: [[CROWD, 1_000_000n * ETHER]],
      chain: { reorg: { chance: 0, depthMax: 0 } },
      loads: (streams) => [
        new BackgroundLoad(
          {
            account: CROWD,
            gasPerBlock: 30_000_000,
            gasPerTransaction: 100_000,
            maxFee: { medianMilliGwei: 25_000, p99MilliGwei: 200_000 },
            tip: 0n,
          },
          streams.stream('ledger/load'),
        ),
      ],
    });
    let gas = 0;
    let fee = 0n;
    const blocks = 400;
    chain.run(12 * SECOND * 100);
    for (let i = 0; i < blocks; i++) {
      chain.run(12 * SECOND * (101 + i));
      gas += chain.chain.head.gasUsed;
      fee += chain.chain.head.reference.baseFeePerGas;
    }
    // Demand equals the limit at price zero, so half of it pays the median bid.
    expect(gas / blocks / 15_000_000).toBeCloseTo(1, 1);
    const mean = Number(fee / BigInt(blocks)) / 25e9;
    expect(mean).toBeGreaterThan(0.9);
    expect(mean).toBeLessThan(1.1);
  });
});
