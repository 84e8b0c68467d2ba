/**
 * The recorded chequebook scenarios, played against anything that executes calls: each step's result, events and the whole state after it.
 */
import { expect } from 'vitest';
import type { AbiValue, Call } from '../../../protocols/ledger/abi.ts';
import type { LedgerEvent } from '../../../protocols/ledger/frame.ts';
import { bytesOf, type Address } from '../../../protocols/ledger/values.ts';

export interface RecordedScenario {
  id: number | string;
  chainId: number;
  defaultHardDepositTimeout: number;
  chequebook: string;
  actors: { [name: string]: { privateKey: string; address: Address } };
  steps: RecordedStep[];
}

interface RecordedStep {
  t: number;
  op: string;
  caller: string;
  args: { [name: string]: number | string };
  issuerSig?: string;
  beneficiarySig?: string;
  ok: boolean;
  error?: string;
  events?: { name: string; args: { [name: string]: string } }[];
  state: RecordedState;
}

interface RecordedState {
  balance: string;
  liquidBalance: string;
  totalHardDeposit: string;
  totalPaidOut: string;
  bounced: boolean;
  per: {
    [name: string]: {
      paidOut: string;
      liquidBalanceFor: string;
      hardDeposit: {
        amount: string;
        decreaseAmount: string;
        timeout: string;
        canBeDecreasedAt: string;
      };
    };
  };
  tokens: { [name: string]: string };
}

export interface StepResult {
  ok: boolean;
  reason?: string;
  events: readonly LedgerEvent[];
}

/** Whatever executes calls. `treasury` holds the tokens from which chequebooks are filled. */
export interface Player {
  treasury: Address;
  token: Address;
  send(from: Address, call: Call, timestamp: bigint): StepResult;
  read(call: Call): readonly AbiValue[];
  /** Called after every step. */
  check(): void;
}

/** Plays one scenario. @returns how many steps it had. */
export function play(scenario: RecordedScenario, player: Player): number {
  for (const [at, step] of scenario.steps.entries()) {
    const where = `scenario ${scenario.id}, step ${at} (${step.op})`;
    const { from, call } = callOf(scenario, step, player);
    const result = player.send(from, call, BigInt(step.t));
    expect({ ok: result.ok, reason: result.reason }, where).toEqual({
      ok: step.ok,
      reason: step.error,
    });
    const events = result.events
      .filter((event) => event.contract === scenario.chequebook)
      .map(({ name, values }) => ({ name, values: values.map(String) }));
    const expected = (step.events ?? []).map(({ name, args }) => ({
      name,
      values: Object.values(args).map((value) => value.toLowerCase()),
    }));
    expect(events, where).toEqual(expected);
    expect(stateOf(scenario, step, player), where).toEqual(step.state);
    player.check();
  }
  return scenario.steps.length;
}

function callOf(
  scenario: RecordedScenario,
  step: RecordedStep,
  player: Player,
): { from: Address; call: Call } {
  const amount = (name: string): bigint => BigInt(step.args[name]!);
  const actor = (name: string): Address => scenario.actors[step.args[name]!]!.address;
  const signature = (text: string | undefined): Uint8Array => bytesOf(text!);
  const from = scenario.actors[step.caller]!.address;
  const on = (method: string, ...args: AbiValue[]): { from: Address; call: Call } => ({
    from,
    call: { to: scenario.chequebook, method, args },
  });
  switch (step.op) {
    case 'deposit (ERC20 mint to chequebook)':
      return {
        from: player.treasury,
        call: {
          to: player.token,
          method: 'transfer',
          args: [scenario.chequebook, amount('amount')],
        },
      };
    case 'setCustomHardDepositTimeout':
      return on(step.op, actor('beneficiary'), amount('timeout'), signature(step.beneficiarySig));
    case 'prepareDecreaseHardDeposit':
      return on(step.op, actor('beneficiary'), amount('decreaseAmount'));
    case 'increaseHardDeposit':
      return on(step.op, actor('beneficiary'), amount('amount'));
    case 'decreaseHardDeposit':
      return on(step.op, actor('beneficiary'));
    case 'withdraw':
      return on(step.op, amount('amount'));
    case 'cashChequeBeneficiary':
      return on(step.op, actor('recipient'), amount('cumulativePayout'), signature(step.issuerSig));
    case 'cashCheque':
      return on(
        step.op,
        actor('beneficiary'),
        actor('recipient'),
        amount('cumulativePayout'),
        signature(step.beneficiarySig),
        amount('callerPayout'),
        signature(step.issuerSig),
      );
    default:
      throw new Error(`unknown step ${step.op}`);
  }
}

function stateOf(scenario: RecordedScenario, step: RecordedStep, player: Player): RecordedState {
  const book = (method: string, ...args: AbiValue[]): string[] =>
    player.read({ to: scenario.chequebook, method, args }).map(String);
  const address = (name: string): Address => scenario.actors[name]!.address;
  const per = Object.keys(step.state.per).map((name) => {
    const [amount, decreaseAmount, timeout, canBeDecreasedAt] = book('hardDeposits', address(name));
    return [
      name,
      {
        paidOut: book('paidOut', address(name))[0]!,
        liquidBalanceFor: book('liquidBalanceFor', address(name))[0]!,
        hardDeposit: {
          amount: amount!,
          decreaseAmount: decreaseAmount!,
          timeout: timeout!,
          canBeDecreasedAt: canBeDecreasedAt!,
        },
      },
    ] as const;
  });
  const tokens = Object.keys(step.state.tokens).map((name) => {
    const call = { to: player.token, method: 'balanceOf', args: [address(name)] };
    return [name, String(player.read(call)[0])] as const;
  });
  return {
    balance: book('balance')[0]!,
    liquidBalance: book('liquidBalance')[0]!,
    totalHardDeposit: book('totalHardDeposit')[0]!,
    totalPaidOut: book('totalPaidOut')[0]!,
    bounced: book('bounced')[0] === 'true',
    per: Object.fromEntries(per),
    tokens: Object.fromEntries(tokens),
  };
}
