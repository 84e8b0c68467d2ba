/** The chain in a world: order, fees, failures, rival branches, late nodes; and that a run is the same run again. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { MFT } from '../../../protocols/ledger/genesis.ts';
import type { Ledger } from '../../../protocols/ledger/port.ts';
import type { LedgerState } from '../../../protocols/ledger/state.ts';
import { coinsOf, nonceOf } from '../../../sim/ledger/accounts.ts';
import { BLOCK_MAKER } from '../../../sim/ledger/chain.ts';
import { CongestionAttack } from '../../../sim/ledger/load.ts';
import { ModelExecutor } from '../../../sim/ledger/model-executor.ts';
import { GWEI } from '../../../sim/ledger/options.ts';
import { StreamFactory } from '../../../sim/random/streams.ts';
import {
  account,
  ETHER,
  SECOND,
  SmallChain,
  suite,
  type SmallChainOptions,
} from './small-chain.ts';

const BLOCK = 12 * SECOND;
const QUIET = { reorg: { chance: 0, depthMax: 0 } };
const RESTLESS = { reorg: { chance: 0.3, depthMax: 4 } };

function transfer(ledger: Ledger, to: string, amount: bigint) {
  return { to: ledger.contracts.token, method: 'transfer', args: [to, amount] };
}

function balance(ledger: Ledger, who: string, confirmations = 0): bigint {
  const call = { to: ledger.contracts.token, method: 'balanceOf', args: [who] };
  const reading = ledger.view(call, confirmations);
  if (!reading.ok) throw new Error(reading.reason);
  return reading.values[0] as bigint;
}

describe('a node and the chain', () => {
  it('submits, hears of a block, and only then knows', () => {
    const chain = new SmallChain({ chain: QUIET });
    const node = chain.node(0);
    expect(balance(node, account(1))).toBe(1_000n * MFT);
    const id = node.submit(transfer(node, account(1), 5n));
    expect([node.status(id), node.receipt(id)]).toEqual(['pending', undefined]);
    chain.run(BLOCK);
    // The block exists, and nobody has heard of it.
    expect(chain.chain.head.receipts).toHaveLength(1);
    expect([node.status(id), balance(node, account(1))]).toEqual(['pending', 1_000n * MFT]);
    chain.run(2 * BLOCK - 1);
    expect(node.status(id)).toBe('included');
    expect(balance(node, account(1))).toBe(1_000n * MFT + 5n);
    expect(balance(node, account(1), 1)).toBe(1_000n * MFT);
    const { ok, fee, gasUsed, confirmations, values, block } = node.receipt(id)!;
    expect({ ok, confirmations, values }).toEqual({ ok: true, confirmations: 0, values: [true] });
    expect(fee).toBe(BigInt(gasUsed) * (block.baseFeePerGas + GWEI));
    expect(node.coins(0)).toBe(10n * ETHER - fee);
    chain.run(5 * BLOCK - 1);
    expect(node.receipt(id)!.confirmations).toBe(3);
    expect(coinsOf(chain.chain.head.state!.coins, BLOCK_MAKER)).toBe(BigInt(gasUsed) * GWEI);
  });

  it('pays for what fails, which changes nothing else', () => {
    const chain = new SmallChain({ chain: QUIET });
    const node = chain.node(0);
    const poor = node.submit(transfer(node, account(1), 1_001n * MFT));
    const starved = node.submit(transfer(node, account(1), 1n), { gasLimit: 25_000 });
    chain.run(3 * BLOCK);
    const outcomes = [poor, starved].map((id) => node.receipt(id)!);
    expect(outcomes.map(({ ok, reason }) => [ok, reason])).toEqual([
      [false, 'ERC20: transfer amount exceeds balance'],
      [false, 'out of gas'],
    ]);
    expect(outcomes[1]!.gasUsed).toBe(25_000);
    expect(outcomes.every(({ fee, events }) => fee > 0n && events.length === 0)).toBe(true);
    expect(balance(node, account(0))).toBe(1_000n * MFT);
    const paid = outcomes.reduce((sum, { fee }) => sum + fee, 0n);
    expect(node.coins(0)).toBe(10n * ETHER - paid);
  });

  it('takes its transactions in nonce order and those of others by their bids', () => {
    const chain = new SmallChain({ chain: QUIET, nodes: 4 });
    const order: [number, bigint][] = [
      [0, 1n],
      [0, 9n],
      [1, 5n],
      [2, 5n],
      [3, 2n],
    ];
    for (const [n, tip] of order)
      chain.node(n).submit(transfer(chain.node(n), account(9), tip), {
        tipPerGas: tip * GWEI,
        maxFeePerGas: 100n * GWEI,
      });
    chain.run(BLOCK);
    const tips = chain.chain.head.receipts.map(({ transaction: { from, tip } }) => [
      Number(BigInt(from)) - 0xa000,
      tip / GWEI,
    ]);
    expect(tips.map(([, tip]) => tip)).toEqual([5n, 5n, 2n, 1n, 9n]);
    expect(tips.slice(2).map(([n]) => n)).toEqual([3, 0, 0]);
  });

  it('can raise a bid that the market has left behind, and pays only one', () => {
    const chain = new SmallChain({ chain: QUIET });
    const node = chain.node(0);
    const id = node.submit(transfer(node, account(1), 7n), {
      maxFeePerGas: 2n * GWEI,
      tipPerGas: GWEI,
    });
    chain.run(3 * BLOCK);
    expect(node.status(id)).toBe('pending');
    node.raise(id, { maxFeePerGas: 100n * GWEI, tipPerGas: (GWEI * 109n) / 100n });
    chain.run(5 * BLOCK);
    // Nine percent more tip are not ten.
    expect(node.status(id)).toBe('pending');
    node.raise(id, { maxFeePerGas: 100n * GWEI, tipPerGas: 2n * GWEI });
    chain.run(7 * BLOCK);
    expect(node.status(id)).toBe('included');
    expect(balance(node, account(1))).toBe(1_000n * MFT + 7n);
    expect(nonceOf(chain.chain.head.state!.coins, account(0))).toBe(1);
  });

  it('learns that its bid was thrown out of a full pool or cannot be paid', () => {
    const chain = new SmallChain({ chain: { ...QUIET, poolMax: 2 }, nodes: 3 });
    const low = { maxFeePerGas: GWEI, tipPerGas: 1n };
    const ids = [0, 1, 2].map((n) =>
      chain.node(n).submit(transfer(chain.node(n), account(9), 1n), {
        ...low,
        maxFeePerGas: GWEI + BigInt(n),
      }),
    );
    chain.run(2 * BLOCK);
    expect(ids.map((id, n) => chain.node(n).status(id))).toEqual(['dropped', 'pending', 'pending']);
    const rich = chain.node(1).submit(transfer(chain.node(1), account(9), 1n), {
      maxFeePerGas: 10n ** 18n,
    });
    chain.node(1).raise(ids[1]!, { maxFeePerGas: 100n * GWEI, tipPerGas: GWEI });
    chain.run(5 * BLOCK);
    expect(chain.node(1).status(ids[1]!)).toBe('included');
    expect(chain.node(1).status(rich)).toBe('dropped');
  });

  it('tells of events once they are as deep as asked, of the right ones only', () => {
    const chain = new SmallChain({ chain: QUIET });
    const [listener] = chain.listeners;
    const node = listener!.ledger;
    const { token } = node.contracts;
    const at = (index: number, value: string) => ({ at: index, value });
    node.subscribe({ contract: token, name: 'Transfer', field: at(1, account(2)) }, 2);
    const gone = node.subscribe({ name: 'Transfer' }, 0);
    node.unsubscribe(gone);
    chain.node(1).submit(transfer(node, account(2), 3n));
    chain.node(1).submit(transfer(node, account(0), 4n));
    chain.run(3 * BLOCK - 1);
    expect(listener!.notices).toEqual([]);
    chain.run(4 * BLOCK - 1);
    expect(listener!.notices).toHaveLength(1);
    const [notice] = listener!.notices;
    expect(notice!.event).toEqual({
      contract: token,
      name: 'Transfer',
      values: [account(1), account(2), 3n],
    });
    expect([notice!.block.number, notice!.removed]).toEqual([1, false]);
  });

  it('refuses a depth that the chain does not keep, and says so when it has been away too long', () => {
    const chain = new SmallChain({ chain: { ...QUIET, confirmationsMax: 3 } });
    const node = chain.node(0);
    const call = { to: node.contracts.token, method: 'totalSupply', args: [] };
    expect(() => node.view(call, 4)).toThrow('0..3');
    expect(node.view({ ...call, method: 'transfer' }, 0)).toMatchObject({ ok: false });
    node.subscribe({ name: 'Transfer' }, 0);
    chain.ledger.setOnline(0, false);
    chain.at(BLOCK + 1, () => chain.node(1).submit(transfer(node, account(2), 3n)));
    chain.run(30 * BLOCK);
    expect(chain.listeners[0]!.heads).toEqual([]);
    expect(chain.chain.statesKept).toBeLessThan(8);
    expect(node.view(call, 0)).toEqual({ ok: false, reason: 'unknown' });
    expect(node.coins(0)).toBeUndefined();
    chain.ledger.setOnline(0, true);
    chain.run(31 * BLOCK - 1);
    expect(node.view(call, 0)).toMatchObject({ ok: true });
    // One head, and the event that it slept through.
    expect(chain.listeners[0]!.heads).toHaveLength(1);
    expect(chain.listeners[0]!.notices).toHaveLength(1);
  });
});

/** A world in which every node pays others at random; everything that happens is kept. */
function payments(seed: string, options: SmallChainOptions<LedgerState>): SmallChain {
  const chain = new SmallChain({ seed, nodes: 5, ...options });
  const stream = new StreamFactory(seed).stream('payments');
  for (const { ledger } of chain.listeners) ledger.subscribe({ name: 'Transfer' }, 0);
  for (let i = 0; i < 60; i++) {
    const [from, to] = [stream.below(5), stream.below(5)];
    const amount = BigInt(stream.below(1_000)) * MFT;
    chain.at(1 + i * 3 * SECOND, () => {
      const node = chain.node(from);
      chain.note(
        from,
        node.submit(transfer(node, account(to), amount), { maxFeePerGas: 200n * GWEI }),
      );
    });
  }
  return chain;
}

describe('rival branches', () => {
  const world = (seed: string): SmallChain =>
    payments(seed, {
      chain: {
        ...RESTLESS,
        confirmationsMax: 10_000,
        blockTime: { law: 'exponential', meanUs: 5 * SECOND },
      },
    });

  it('take back and tell anew, until all agree on one history', () => {
    let undone = 0;
    let moved = 0;
    fc.assert(
      fc.property(fc.nat(), (seed) => {
        const chain = world(`reorg ${seed}`);
        for (const [n, listener] of chain.listeners.entries())
          listener.onHead = () => receiptsLieOnBranch(chain, n);
        chain.run(600 * SECOND);
        moved += movedTransactions(chain);
        for (const { ledger, notices } of chain.listeners) {
          // What was told and not taken back is the history, in order.
          const told: (typeof notices)[number][] = [];
          for (const notice of notices) {
            if (!notice.removed) told.push(notice);
            else {
              const last = told.pop()!;
              expect([last.block.hash, last.index]).toEqual([notice.block.hash, notice.index]);
              undone++;
            }
          }
          expect(told.map(({ block, index }) => [block.hash, index])).toEqual(
            historyOf(chain, ledger.head().hash),
          );
        }
        // Every payment happened exactly once: sixty nonces were used up, and no account has another.
        const { coins } = chain.chain.head.state!;
        const nonces = [0, 1, 2, 3, 4].map((n) => nonceOf(coins, account(n)));
        expect(nonces.reduce((sum, nonce) => sum + nonce, 0)).toBe(60);
        const total = [0, 1, 2, 3, 4].reduce(
          (sum, n) => sum + balance(chain.node(0), account(n)),
          0n,
        );
        expect(total).toBe(5_000n * MFT);
      }),
      { numRuns: 12 },
    );
    expect(undone).toBeGreaterThan(50);
    expect(moved).toBeGreaterThan(20);
  });

  it('take a receipt back where the new branch has no room for the transaction yet', () => {
    let takenBack = 0;
    for (let seed = 0; seed < 20; seed++) {
      const crowd = account(77);
      const chain = new SmallChain({
        seed: `crowd ${seed}`,
        chain: { reorg: { chance: 1, depthMax: 1 }, fee: { law: 'constant', baseFee: GWEI } },
        coins: [[crowd, 1_000n * ETHER]],
        loads: () => [
          new CongestionAttack({
            account: crowd,
            fromUs: BLOCK + 1,
            blocks: 1,
            tip: 50n * GWEI,
            gasPerTransaction: 1_000_000,
          }),
        ],
      });
      const node = chain.node(0);
      const id = node.submit(transfer(node, account(1), 1n));
      const seen = [1, 2, 3].map((height) => {
        chain.run((height + 1) * BLOCK - 1);
        return node.receipt(id)?.block.number;
      });
      if (seen[1] === undefined) {
        takenBack++;
        // Block 2 is replaced in its turn, and its rival may have room.
        expect([seen[0], node.status(id)]).toEqual([1, 'included']);
        expect([2, 3]).toContain(seen[2]);
      } else expect(seen[0]).toBe(1);
    }
    // Half of the orphaned transactions are late.
    expect(takenBack).toBeGreaterThan(3);
    expect(takenBack).toBeLessThan(17);
  });

  it('are as frequent and as deep as declared', () => {
    const chain = new SmallChain({ nodes: 1, chain: { reorg: { chance: 0.2, depthMax: 3 } } });
    const heights = 4_000;
    chain.run(heights * BLOCK);
    const { reorgs } = chain.chain.counts;
    const all = reorgs[1]! + reorgs[2]! + reorgs[3]!;
    // Binomial, three standard errors: 0.2 of 4,000, then halves.
    expect(Math.abs(all - 800)).toBeLessThan(3 * Math.sqrt(4_000 * 0.2 * 0.8));
    expect(Math.abs(reorgs[1]! - all / 2)).toBeLessThan(3 * Math.sqrt(all / 4));
    expect(Math.abs(reorgs[2]! - all / 4)).toBeLessThan(3 * Math.sqrt((all * 3) / 16));
    expect(chain.chain.head.reference.number).toBe(heights);
  });

  it('leave what is deeper than they reach alone', () => {
    const chain = world('deep');
    const [listener] = chain.listeners;
    const before = listener!.notices.length;
    listener!.ledger.subscribe({ name: 'Transfer' }, 4);
    chain.run(600 * SECOND);
    const deep = listener!.notices.slice(before);
    expect(deep.some(({ removed }) => removed)).toBe(true);
    const only = new SmallChain({ seed: 'deep 2', nodes: 2, chain: RESTLESS });
    only.listeners[0]!.ledger.subscribe({ name: 'Transfer' }, 4);
    for (let i = 0; i < 100; i++)
      only.at(1 + i * BLOCK, () => only.node(1).submit(transfer(only.node(1), account(0), 1n)));
    only.run(120 * BLOCK);
    expect(only.listeners[0]!.notices).toHaveLength(100);
    expect(only.listeners[0]!.notices.every(({ removed }) => !removed)).toBe(true);
    expect(only.chain.counts.reorgs.slice(1).every((count) => count > 0)).toBe(true);
  });
});

describe('a run', () => {
  const options = (): SmallChainOptions<LedgerState> => ({
    chain: { ...RESTLESS, blockTime: { law: 'exponential', meanUs: 5 * SECOND } },
  });
  const trace = (chain: SmallChain): unknown => {
    chain.run(400 * SECOND);
    return [
      chain.chain.head.reference.hash,
      chain.listeners.map(({ heads, notices }) => [
        heads.map(({ hash }) => hash),
        notices.map(({ block, index, removed }) => [block.hash, index, removed]),
      ]),
    ];
  };

  it('is the same again, whoever came first', () => {
    const first = trace(payments('same', options()));
    expect(trace(payments('same', options()))).toEqual(first);
    expect(trace(payments('same', { ...options(), order: [4, 2, 0, 1, 3] }))).toEqual(first);
    expect(trace(payments('other', options()))).not.toEqual(first);
  });

  it('does not depend on who was attached first, even where all hear at one instant', () => {
    const history = (order: number[]): string[] => {
      const chain = new SmallChain({
        nodes: 4,
        order,
        chain: QUIET,
        host: {
          submitDelay: { law: 'constant', valueUs: 5 },
          hearDelay: { law: 'constant', valueUs: 7 },
        },
      });
      for (const { ledger } of chain.listeners) ledger.subscribe({ name: 'Transfer' }, 0);
      for (const listener of chain.listeners)
        listener.onHead = () => {
          listener.onHead = () => {};
          listener.ledger.submit(transfer(listener.ledger, account(9), 1n));
        };
      chain.run(3 * BLOCK);
      return chain.listeners[0]!.notices.map(({ event }) => String(event.values[0]));
    };
    // Among equal bids, first come, first served.
    expect(history([0, 1, 2, 3])).toEqual([0, 1, 2, 3].map(account));
    expect(history([3, 1, 0, 2])).toEqual([0, 1, 2, 3].map(account));
  });

  it('stops when tokens appear from nowhere', () => {
    const leaky = (genesis: ConstructorParameters<typeof ModelExecutor>[1], chainId: bigint) => {
      const executor = new ModelExecutor(chainId, genesis, suite);
      const execute = executor.execute.bind(executor);
      executor.execute = (...args) => {
        const run = execute(...args);
        const token = run.state.get(executor.contracts.token);
        if (token?.kind !== 'token') throw new Error('no token');
        const balances = token.balances.set(account(1), 1n);
        return { ...run, state: run.state.set(executor.contracts.token, { ...token, balances }) };
      };
      return executor;
    };
    const chain = new SmallChain({ chain: QUIET, executor: leaky });
    chain.node(0).submit(transfer(chain.node(0), account(2), 5n));
    expect(() => chain.run(2 * BLOCK)).toThrow('differ from minted');
  });
});

/** Every own transaction that a node has a receipt of lies on the branch that it has heard of. */
function receiptsLieOnBranch(chain: SmallChain, n: number): void {
  const node = chain.node(n);
  const branch = new Set<string>();
  for (let block = chain.made.get(node.head().hash); block !== undefined; block = block.parent)
    branch.add(block.reference.hash);
  for (let id = 0; id < chain.submitted(n); id++) {
    const receipt = node.receipt(id);
    if (receipt !== undefined) expect(branch.has(receipt.block.hash)).toBe(true);
  }
}

/**
 * How many transactions were in blocks of different heights on different branches. No block of any branch may have one that reached the pool
 * only after it.
 */
function movedTransactions(chain: SmallChain): number {
  const heights = new Map<string, Set<number>>();
  const seen = new Set<string>();
  for (let block of chain.made.values())
    for (; !seen.has(block.reference.hash); block = block.parent) {
      seen.add(block.reference.hash);
      for (const { transaction, arrivedUs } of block.pooled) {
        expect(arrivedUs).toBeLessThanOrEqual(block.timeUs);
        const known = heights.get(transaction.id) ?? new Set<number>();
        heights.set(transaction.id, known.add(block.reference.number));
      }
      if (block.parent === undefined) break;
    }
  return [...heights.values()].filter(({ size }) => size > 1).length;
}

/** (block, index) of every event from genesis to the block of that hash, which some node has heard of as the newest. */
function historyOf(chain: SmallChain, hash: string): [string, number][] {
  const history: [string, number][] = [];
  for (let block = chain.made.get(hash); block !== undefined; block = block.parent)
    for (let i = block.events.length - 1; i >= 0; i--) history.unshift([block.reference.hash, i]);
  return history;
}
