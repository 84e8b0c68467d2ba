/**
 * The ledger: transactions per second and core through the model and through the compiled contracts in an EVM, the chain around the model, and a
 * read. A cheque is the dearest everyday call, since somebody's signature has to be recovered.
 */
import type { Call } from '../protocols/ledger/abi.ts';
import { chequebookAddress } from '../protocols/ledger/contracts/factory.ts';
import { chequeDigest } from '../protocols/ledger/eip712.ts';
import { GENESIS_DEFAULTS, MFT, type GenesisOptions } from '../protocols/ledger/genesis.ts';
import type { BlockEnvironment } from '../protocols/ledger/state.ts';
import { addressOf, nameWord, type Address } from '../protocols/ledger/values.ts';
import { accountFromPublicKey } from '../protocols/identity/address.ts';
import { createSuite } from '../protocols/crypto/suites.ts';
import { Chain } from '../sim/ledger/chain.ts';
import { COMPILED } from '../sim/ledger/evm-artifacts.ts';
import { EvmExecutor } from '../sim/ledger/evm-executor.ts';
import type { Executor } from '../sim/ledger/executor.ts';
import { ModelExecutor } from '../sim/ledger/model-executor.ts';
import { CHAIN_DEFAULTS, GWEI } from '../sim/ledger/options.ts';
import { StreamFactory } from '../sim/random/streams.ts';
import { median, nanosecondsInTurn, type BenchCase, type BenchRow } from './harness.ts';

const suite = createSuite('native');
const SECRET = new Uint8Array(32).fill(1);
const OWNER = addressOf(accountFromPublicKey(suite, suite.accountPublicKey(SECRET)));
const BLOCK: BlockEnvironment = { number: 1n, timestamp: 1_000_000n, randomness: 0n };
/** Accounts among which balances and cheques are spread, so that maps are as deep as in a world of this many nodes. */
const ACCOUNTS = 1_000;
const PLENTY = 1_000_000;

function account(n: number): Address {
  return `0x${(n + 1).toString(16).padStart(40, '0')}`;
}

function genesis(): GenesisOptions {
  const holders = Array.from({ length: ACCOUNTS }, (_, n) => [account(n), MFT] as const);
  return { ...GENESIS_DEFAULTS, treasury: OWNER, holders };
}

function row(name: string, unit: string, values: readonly number[]): BenchRow {
  const [low, high] = [Math.min(...values), Math.max(...values)];
  return { bench: 'ledger', case: name, unit, median: median(values), low, high };
}

interface Work {
  transfer: () => void;
  cheque: () => void;
  read: () => void;
}

/** Endless transfers, cheques and readings on one executor; each goes on from the state that the one before left. */
function work<State>(executor: Executor<State>): Work {
  const { token, factory, master } = executor.contracts;
  let state = executor.genesis();
  const send = (from: Address, call: Call): void => {
    const run = executor.execute(state, from, call, BLOCK, PLENTY);
    if (!run.ok) throw new Error(`${call.method}: ${run.reason}`);
    executor.release(state);
    state = run.state;
  };
  const salt = nameWord('bench');
  const book = chequebookAddress(suite, factory, master, OWNER, salt);
  send(OWNER, { to: factory, method: 'deploySimpleSwap', args: [OWNER, 60n, salt] });
  send(OWNER, { to: token, method: 'transfer', args: [book, 1_000_000n * MFT] });
  const beneficiary = account(0);
  let sum = 0n;
  let at = 0;
  // Signing is the issuer's work and not the ledger's: cheques are written beforehand and cashed in turn.
  const cheques: Uint8Array[] = [];
  const chequeOver = (payout: bigint): Uint8Array => {
    const cheque = { chequebook: book, beneficiary, cumulativePayout: payout };
    return suite.accountSign(chequeDigest(suite, executor.chainId, cheque), SECRET);
  };
  for (let n = 1n; n <= 64n; n++) cheques.push(chequeOver(n));
  const start = state;
  return {
    transfer: () => {
      const [from, to] = [account(at % ACCOUNTS), account(++at % ACCOUNTS)];
      send(from, { to: token, method: 'transfer', args: [to, 1n] });
    },
    cheque: () => {
      // All cashed: back to the state before the first, which is what immutable states are good for.
      if (sum === BigInt(cheques.length)) [sum, state] = [0n, start];
      const args = [beneficiary, sum + 1n, cheques[Number(sum++)]!];
      const call = { to: book, method: 'cashChequeBeneficiary', args };
      const run = executor.execute(state, beneficiary, call, BLOCK, PLENTY);
      if (!run.ok) throw new Error(run.reason);
      if (state !== start) executor.release(state);
      state = run.state;
    },
    read: () => {
      const call = { to: token, method: 'balanceOf', args: [account(at++ % ACCOUNTS)] };
      if (!executor.view(state, call, BLOCK).ok) throw new Error('a balance could not be read');
    },
  };
}

/** A whole chain of transfers: pool, order, fees, audits, blocks of as many as fit. */
function chainWork(): () => void {
  const streams = new StreamFactory('bench');
  const executor = new ModelExecutor(CHAIN_DEFAULTS.chainId, genesis(), suite);
  const holders = Array.from({ length: ACCOUNTS }, (_, n): [Address, bigint] => [
    account(n),
    10n ** 30n,
  ]);
  const chain = new Chain({
    options: {
      ...CHAIN_DEFAULTS,
      fee: { law: 'constant', baseFee: GWEI },
      reorg: { chance: 0, depthMax: 0 },
    },
    executor,
    crypto: suite,
    stream: (purpose) => streams.stream(purpose),
    coins: holders,
  });
  const nonces = new Int32Array(ACCOUNTS);
  let sent = 0;
  let timeUs = 0;
  return () => {
    const n = sent++ % ACCOUNTS;
    const id = `${n}#${nonces[n]}`;
    const call = {
      to: executor.contracts.token,
      method: 'transfer',
      args: [account((n + 1) % ACCOUNTS), 1n],
    };
    const bid = { gasLimit: 52_000, maxFee: 10n * GWEI, tip: GWEI };
    chain.submit({ id, from: account(n), nonce: nonces[n]!++, ...bid, call }, timeUs);
    if (sent % 500 !== 0) return;
    timeUs += 12_000_000;
    const { reference } = chain.produce(timeUs);
    if (chain.counts.included - chain.counts.failed !== sent)
      throw new Error(`${sent} sent, ${chain.counts.included} included`);
    chain.prune(reference.number - 8, reference.number - 8);
  };
}

export const ledgerBench: BenchCase = {
  name: 'ledger',
  run({ quick }): BenchRow[] {
    const model = new ModelExecutor(CHAIN_DEFAULTS.chainId, genesis(), suite);
    const evm = new EvmExecutor(CHAIN_DEFAULTS.chainId, genesis(), suite, COMPILED);
    // Each kind of work goes on from its own state.
    const kinds = ['transfer', 'cheque', 'read'] as const;
    const acts = kinds.flatMap((kind) => [work(model)[kind], work(evm)[kind]]);
    const times = nanosecondsInTurn([...acts, chainWork()], quick);
    evm.close();
    const rates = times.map((values) => values.map((ns) => 1e9 / ns));
    const names = ['transfers of tokens', 'cheques cashed', 'balances read'];
    const rows = names.flatMap((name, i) => {
      const compiled = row(`${name}, compiled contracts in an EVM`, '1/s', rates[2 * i + 1]!);
      const modelled = row(`${name}, model`, '1/s', rates[2 * i]!);
      const ratio = modelled.median / compiled.median;
      return [{ ...modelled, baseline: 'the EVM', ratio }, compiled];
    });
    return [...rows, row('transfers through a whole chain of the model', '1/s', rates.at(-1)!)];
  },
};
