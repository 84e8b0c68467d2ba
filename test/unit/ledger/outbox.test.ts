/** The outbox on a real chain: bids that are raised, nonces that are not lost, outcomes that are told once and hold. */
import { describe, expect, it } from 'vitest';
import { Outbox, type BiddingOptions } from '../../../protocols/ledger/outbox.ts';
import type { Receipt } from '../../../protocols/ledger/port.ts';
import { CongestionAttack } from '../../../sim/ledger/load.ts';
import { GWEI, type ChainOptions } from '../../../sim/ledger/options.ts';
import { account, ETHER, SECOND, SmallChain } from './small-chain.ts';

const BLOCK = 12 * SECOND;
const CROWD = account(77);
const BIDDING: BiddingOptions = {
  maxFeePerGas: 1_000n * GWEI,
  tipPerGas: GWEI,
  raiseAfterBlocks: 2,
  confirmations: 2,
};
const QUIET = { reorg: { chance: 0, depthMax: 0 } };

/** A chain on which `blocks` blocks from the second on are full of bids with a tip of 4 gwei; node 0 has an outbox. */
function crowded(blocks: number, bidding: Partial<BiddingOptions>, chain: Partial<ChainOptions>) {
  const small = new SmallChain({
    chain: { fee: { law: 'constant', baseFee: 10n * GWEI }, ...QUIET, ...chain },
    coins: [[CROWD, 10_000n * ETHER]],
    loads: () => [
      new CongestionAttack({
        account: CROWD,
        fromUs: BLOCK + 1,
        blocks,
        tip: 4n * GWEI,
        gasPerTransaction: 1_000_000,
      }),
    ],
  });
  const outbox = new Outbox(small.node(0), { ...BIDDING, ...bidding });
  small.listeners[0]!.onHead = () => {
    outbox.onHead();
  };
  const told: Receipt[] = [];
  const send = (value: bigint): void => {
    const { token } = small.node(0).contracts;
    const call = { to: token, method: 'transfer', args: [account(1), value] };
    outbox.submit(call, (receipt) => told.push(receipt));
  };
  return { small, outbox, told, send };
}

describe('an outbox', () => {
  it('bids a quarter more after some blocks, until its bid is among the best', () => {
    const { small, told, send } = crowded(40, {}, {});
    small.at(BLOCK + 2, () => {
      send(1n);
    });
    small.run(60 * BLOCK);
    expect(told).toHaveLength(1);
    // 1.25^7 = 4.77 is the first above 4: seven raises, one every two blocks heard of.
    const { number } = told[0]!.block;
    expect(number).toBeGreaterThanOrEqual(15);
    expect(number).toBeLessThanOrEqual(18);
    expect(told[0]!.fee / BigInt(told[0]!.gasUsed)).toBeGreaterThan(14n * GWEI);
  });

  it('never bids beyond its cap, and waits', () => {
    const { small, told, send } = crowded(20, { maxFeePerGas: 13n * GWEI }, {});
    small.at(BLOCK + 2, () => {
      send(1n);
    });
    small.run(40 * BLOCK);
    expect(told).toHaveLength(1);
    expect(told[0]!.block.number).toBe(22);
    expect(told[0]!.fee).toBeLessThanOrEqual(13n * GWEI * BigInt(told[0]!.gasUsed));
  });

  it('tells of nothing before enough blocks lie on it, and of each once, in the order of nonces', () => {
    const { small, outbox, told, send } = crowded(0, { confirmations: 3 }, {});
    small.at(1, () => {
      send(1n);
      send(2n);
    });
    small.run(3.9 * BLOCK);
    expect([told.length, outbox.open]).toEqual([0, 2]);
    small.run(12 * BLOCK);
    expect(outbox.open).toBe(0);
    expect(told.map(({ events }) => events[0]!.values[2])).toEqual([1n, 2n]);
    expect(told.every(({ confirmations }) => confirmations >= 3)).toBe(true);
  });

  it('sends again what a full pool has thrown out, under its own nonce', () => {
    // The pool holds the crowd's bids for one block and no more.
    const { small, told, send } = crowded(6, { tipPerGas: GWEI / 2n }, { poolMax: 30 });
    small.at(BLOCK + 2, () => {
      send(1n);
      send(2n);
    });
    small.run(40 * BLOCK);
    expect(small.chain.counts.dropped).toBeGreaterThan(0);
    expect(told.map(({ events }) => events[0]!.values[2])).toEqual([1n, 2n]);
    expect(small.node(0).view(balanceOf(small), 0)).toMatchObject({
      values: [1_000n * ETHER + 3n],
    });
  });

  it('holds to what it told where branches come and go', () => {
    for (let seed = 0; seed < 5; seed++) {
      const { small, told, send } = crowded(
        0,
        { confirmations: 2 },
        { reorg: { chance: 0.5, depthMax: 2 }, confirmationsMax: 8 },
      );
      for (let i = 1; i <= 30; i++)
        small.at(i * BLOCK + 1 + seed, () => {
          send(1n);
        });
      small.run(45 * BLOCK);
      expect(small.chain.counts.reorgs[2]).toBeGreaterThan(0);
      expect(told).toHaveLength(30);
      // Each has moved its one unit exactly once on the branch that holds.
      expect(small.node(0).view(balanceOf(small), 0)).toMatchObject({
        values: [1_000n * ETHER + 30n],
      });
    }
  });
});

function balanceOf(small: SmallChain) {
  return { to: small.node(0).contracts.token, method: 'balanceOf', args: [account(1)] };
}
