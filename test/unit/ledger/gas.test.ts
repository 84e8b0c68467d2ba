/** The model's gas against the gas that the compiled contracts use, and the chain on top of them. */
import { afterAll, describe, expect, it } from 'vitest';
import type { AbiValue, Call } from '../../../protocols/ledger/abi.ts';
import { GENESIS_DEFAULTS, MFT, type GenesisOptions } from '../../../protocols/ledger/genesis.ts';
import {
  cashoutDigest,
  chequeDigest,
  invoiceDigest,
  timeoutDigest,
} from '../../../protocols/ledger/eip712.ts';
import { nameWord, hexOf, type Address } from '../../../protocols/ledger/values.ts';
import { COMPILED } from '../../../sim/ledger/evm-artifacts.ts';
import { EvmExecutor, type EvmLedgerState } from '../../../sim/ledger/evm-executor.ts';
import { GWEI } from '../../../sim/ledger/options.ts';
import { account, SECOND, SmallChain, suite, type SmallChainOptions } from './small-chain.ts';
import { bookAddress, CHAIN_ID, PEOPLE } from './twins.ts';

const open: EvmExecutor[] = [];
afterAll(() => open.forEach((executor) => executor.close()));

function evm(genesis: GenesisOptions, chainId = CHAIN_ID): EvmExecutor {
  const executor = new EvmExecutor(chainId, genesis, suite, COMPILED);
  open.push(executor);
  return executor;
}

/** A walk through every method that costs something, each as it is mostly used: with storage that is new to it. */
function walk(executor: EvmExecutor): { method: string; used: number; table: number }[] {
  const at = executor.contracts;
  const [owner, alice, bob, carol] = PEOPLE as [Address, Address, Address, Address];
  const book = bookAddress(at, { owner: 0, salt: 0 });
  const sign = (sum: bigint): Uint8Array => {
    const cheque = { chequebook: book, beneficiary: alice, cumulativePayout: sum };
    return suite.accountSign(chequeDigest(suite, CHAIN_ID, cheque), new Uint8Array(32).fill(1));
  };
  const invoice = {
    creditor: alice,
    debtor: owner,
    chequebook: book,
    cumulativePayout: 900n * MFT,
    dueAt: 5n,
  };
  const digest = invoiceDigest(suite, CHAIN_ID, invoice);
  const sooner = { ...invoice, cumulativePayout: 15n * MFT };
  const second = invoiceDigest(suite, CHAIN_ID, sooner);
  const byAlice = (word: Uint8Array): Uint8Array =>
    suite.accountSign(word, new Uint8Array(32).fill(2));
  const [demand, hurry] = [byAlice(digest), byAlice(second)];
  const agreed = byAlice(
    cashoutDigest(suite, CHAIN_ID, {
      chequebook: book,
      sender: carol,
      requestPayout: 20n * MFT,
      recipient: bob,
      callerPayout: 1n * MFT,
    }),
  );
  const notice = byAlice(
    timeoutDigest(suite, CHAIN_ID, { chequebook: book, beneficiary: alice, decreaseTimeout: 90n }),
  );
  const relay = nameWord('relay');
  const steps: [Address, Address, string, ...AbiValue[]][] = [
    [owner, at.factory, 'deploySimpleSwap', owner, 60n, nameWord('a')],
    [owner, at.token, 'transfer', book, 1_000n * MFT],
    [owner, at.token, 'transfer', alice, 1_000n * MFT],
    [owner, book, 'increaseHardDeposit', alice, 100n * MFT],
    [owner, book, 'prepareDecreaseHardDeposit', alice, 5n * MFT],
    [owner, book, 'decreaseHardDeposit', alice],
    [alice, book, 'cashChequeBeneficiary', alice, 10n * MFT, sign(10n * MFT)],
    [alice, at.token, 'approve', at.protests, 100n * MFT],
    [alice, at.token, 'approve', at.stakes, 100n * MFT],
    [alice, at.protests, 'protest', ...(Object.values(invoice) as AbiValue[]), demand],
    [bob, at.protests, 'answer', hexOf(digest), 900n * MFT, sign(900n * MFT)],
    [alice, at.protests, 'protest', ...(Object.values(sooner) as AbiValue[]), hurry],
    [carol, book, 'cashCheque', alice, bob, 20n * MFT, agreed, 1n * MFT, sign(20n * MFT)],
    [bob, at.protests, 'settle', hexOf(second)],
    [owner, book, 'setCustomHardDepositTimeout', alice, 90n, notice],
    [owner, at.token, 'approve', carol, 7n * MFT],
    [carol, at.token, 'transferFrom', owner, carol, 5n * MFT],
    [owner, book, 'withdraw', 1n * MFT],
    [alice, at.stakes, 'deposit', relay, 50n * MFT],
    [alice, at.stakes, 'requestWithdrawal', relay, 20n * MFT],
    [owner, at.stakes, 'authoriseCourt', bob, true],
    [bob, at.stakes, 'slash', alice, relay, 5n * MFT, bob],
    [alice, at.stakes, 'withdraw', relay],
    [owner, at.parameters, 'set', nameWord('price'), 5n],
    [alice, at.token, 'burn', 1n],
  ];
  let state: EvmLedgerState = executor.genesis();
  let now = 1_000n;
  return steps.map(([from, to, method, ...args]) => {
    now += 3_000_000n;
    const call: Call = { to, method, args };
    const block = { number: 1n, timestamp: now, randomness: 0n };
    const run = executor.execute(state, from, call, block, 10_000_000);
    expect(run.reason, method).toBeUndefined();
    state = run.state;
    return { method, used: run.gasUsed, table: executor.gasOf(call) / 1.2 };
  });
}

describe('gas', () => {
  it('in the table is what the compiled contracts use, or up to two fifths above where storage is in use', () => {
    const executor = evm({ ...GENESIS_DEFAULTS, treasury: PEOPLE[0]!, holders: [] });
    for (const { method, used, table } of walk(executor)) {
      expect(used / table, `${method} used ${used}`).toBeGreaterThan(0.6);
      expect(used / table, `${method} used ${used}`).toBeLessThan(1.02);
    }
  });
});

describe('a chain of compiled contracts', () => {
  const world = <State>(options: SmallChainOptions<State>): SmallChain<State> => {
    const chain = new SmallChain<State>({
      ...options,
      seed: 'evm',
      nodes: 3,
      chain: { reorg: { chance: 0.3, depthMax: 3 }, confirmationsMax: 5 },
    });
    for (const { ledger } of chain.listeners) ledger.subscribe({ name: 'Transfer' }, 0);
    for (let i = 0; i < 24; i++)
      chain.at(1 + i * 9 * SECOND, () => {
        const node = chain.node(i % 3);
        const args = [account((i + 1) % 3), BigInt((i % 5) * 400) * MFT];
        // Half of what is asked is more than there is.
        node.submit(
          { to: node.contracts.token, method: 'transfer', args },
          { maxFeePerGas: 99n * GWEI, gasLimit: 90_000 },
        );
      });
    chain.run(400 * SECOND);
    return chain;
  };

  it('has the history of the model: the same events in the same blocks, through the same rival branches', () => {
    const model = world({});
    const compiled = world<EvmLedgerState>({ executor: evm });
    expect(compiled.chain.counts.reorgs).toEqual(model.chain.counts.reorgs);
    expect(model.chain.counts.reorgs.slice(1).some((count) => count > 0)).toBe(true);
    expect(model.chain.counts.failed).toBeGreaterThan(0);
    const told = <State>({ listeners }: SmallChain<State>): unknown =>
      listeners.map(({ notices }) =>
        notices.map(({ event, block, index, removed }) => [event, block.number, index, removed]),
      );
    expect(told(compiled)).toEqual(told(model));
    // States of old blocks have been let go.
    expect(compiled.chain.statesKept).toBeLessThan(20);
    const call = { to: model.node(0).contracts.token, method: 'balanceOf', args: [account(1)] };
    const values = [compiled.node(2).view(call, 3), model.node(2).view(call, 3)].map((reading) =>
      reading.ok ? reading.values : reading.reason,
    );
    expect(values[0]).toEqual(values[1]);
  });
});
