/** The chequebook model against what the original contract did, step by step. */
import { afterAll, describe, expect, it } from 'vitest';
import { createSuite } from '../../../protocols/crypto/suites.ts';
import { apply, view, type Environment } from '../../../protocols/ledger/apply.ts';
import { fullAudit, quickAudit } from '../../../protocols/ledger/audit.ts';
import { blankChequebook } from '../../../protocols/ledger/contracts/chequebook.ts';
import {
  contractAddresses,
  GENESIS_DEFAULTS,
  genesisState,
} from '../../../protocols/ledger/genesis.ts';
import type { LedgerState } from '../../../protocols/ledger/state.ts';
import { COMPILED } from '../../../sim/ledger/evm-artifacts.ts';
import { EvmExecutor } from '../../../sim/ledger/evm-executor.ts';
import { readVector } from '../../support/vectors.ts';
import { play, type Player, type RecordedScenario } from './chequebook-scenarios.ts';

const recorded = readVector('chequebook_contract_scenarios.json') as
  { scenarios: RecordedScenario[] } | undefined;
const crypto = createSuite('native');
const TREASURY = `0x${'77'.repeat(20)}`;

function modelPlayer(scenario: RecordedScenario): Player {
  const environment = (timestamp: bigint): Environment => ({
    chainId: BigInt(scenario.chainId),
    block: { number: 1n, timestamp, randomness: 0n },
    crypto,
  });
  const at = contractAddresses(crypto, TREASURY);
  const options = { ...GENESIS_DEFAULTS, treasury: TREASURY, holders: [] };
  let state: LedgerState = genesisState(options, environment(0n)).set(scenario.chequebook, {
    ...blankChequebook(),
    issuer: scenario.actors['issuer']!.address,
    token: at.token,
    defaultHardDepositTimeout: BigInt(scenario.defaultHardDepositTimeout),
  });
  let now = 0n;
  return {
    treasury: TREASURY,
    token: at.token,
    send(from, call, timestamp) {
      now = timestamp;
      const outcome = apply(state, from, call, environment(timestamp));
      if (!outcome.ok) return { ok: false, reason: outcome.reason, events: [] };
      state = outcome.state;
      return { ok: true, events: outcome.events };
    },
    read(call) {
      const outcome = view(state, call, environment(now));
      if (!outcome.ok) throw new Error(`${call.method}: ${outcome.reason}`);
      return outcome.values;
    },
    check() {
      expect(quickAudit(state, at.token)).toBeUndefined();
      expect(fullAudit(state, at.token)).toEqual([]);
    },
  };
}

/** One EVM for each chain id: states are values, so scenarios do not meet. */
const executors = new Map<number, EvmExecutor>();
afterAll(() => executors.forEach((executor) => executor.close()));

function executorOn(chainId: number): EvmExecutor {
  let executor = executors.get(chainId);
  if (executor === undefined) {
    const options = { ...GENESIS_DEFAULTS, treasury: TREASURY, holders: [] };
    executor = new EvmExecutor(BigInt(chainId), options, crypto, COMPILED);
    executors.set(chainId, executor);
  }
  return executor;
}

function evmPlayer(scenario: RecordedScenario): Player {
  const executor = executorOn(scenario.chainId);
  const { token } = executor.contracts;
  const { chequebook } = scenario;
  let state = executor.placeChequebook(executor.genesis(), chequebook);
  let block = { number: 1n, timestamp: 0n, randomness: 0n };
  const send: Player['send'] = (from, call, timestamp) => {
    block = { ...block, timestamp };
    const run = executor.execute(state, from, call, block, 10_000_000);
    state = run.state;
    const { ok, reason, events } = run;
    return reason === undefined ? { ok, events } : { ok, reason, events };
  };
  const issuer = scenario.actors['issuer']!.address;
  const timeout = BigInt(scenario.defaultHardDepositTimeout);
  expect(
    send(issuer, { to: chequebook, method: 'init', args: [issuer, token, timeout] }, 0n).ok,
  ).toBe(true);
  return {
    treasury: TREASURY,
    token,
    send,
    read(call) {
      const reading = executor.view(state, call, block);
      if (!reading.ok) throw new Error(`${call.method}: ${reading.reason}`);
      return reading.values;
    },
    check() {
      expect(executor.quickAudit(state)).toBeUndefined();
      expect(executor.fullAudit(state)).toEqual([]);
    },
  };
}

describe.skipIf(recorded === undefined)('recorded chequebook scenarios', () => {
  it('hold, step by step, for the model', () => {
    let steps = 0;
    for (const scenario of recorded!.scenarios) steps += play(scenario, modelPlayer(scenario));
    expect(steps).toBe(recorded!.scenarios.reduce((sum, { steps: all }) => sum + all.length, 0));
    expect(steps).toBeGreaterThan(100);
  });

  it('hold, step by step, for the compiled contract', () => {
    let steps = 0;
    for (const scenario of recorded!.scenarios) steps += play(scenario, evmPlayer(scenario));
    expect(steps).toBe(recorded!.scenarios.reduce((sum, { steps: all }) => sum + all.length, 0));
  });
});
