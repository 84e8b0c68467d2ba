/**
 * The ledger's one rule: `apply(state, transaction) -> state', events, values | reason`. Pure: the same state and transaction give the same
 * result, and a transaction that is refused leaves nothing behind.
 *
 * What it costs, who may be first and when it counts are the chain's affair (in the simulator, in an EVM, out in the world), not this rule's.
 */
import { ABIS, argsFit, type AbiValue, type Call, type ContractKind } from './abi.ts';
import { chequebookMethods } from './contracts/chequebook.ts';
import { factoryMethods } from './contracts/factory.ts';
import { parametersMethods } from './contracts/parameters.ts';
import { protestsMethods } from './contracts/protests.ts';
import { stakesMethods } from './contracts/stakes.ts';
import { tokenMethods } from './contracts/token.ts';
import { Frame, Revert, type LedgerCrypto, type LedgerEvent, type Transition } from './frame.ts';
import type { BlockEnvironment, ContractState, LedgerState } from './state.ts';
import { ZERO_ADDRESS, type Address } from './values.ts';

/** What a transaction may know of the place where it runs. */
export interface Environment {
  readonly chainId: bigint;
  readonly block: BlockEnvironment;
  readonly crypto: LedgerCrypto;
}

export type Outcome =
  | {
      readonly ok: true;
      readonly state: LedgerState;
      readonly events: readonly LedgerEvent[];
      readonly values: readonly AbiValue[];
    }
  | { readonly ok: false; readonly reason: string };

/** What a view method answered. */
export type Reading =
  | { readonly ok: true; readonly values: readonly AbiValue[] }
  | { readonly ok: false; readonly reason: string };

/** The reason of a call that names no contract, no method of it, or passes what the method does not take. */
export const REASON_NO_METHOD = 'no such method';

/** How deep contracts may call each other; ours need three. */
const DEPTH_MAX = 16;

type Method = (frame: Frame<ContractState>, ...args: AbiValue[]) => readonly AbiValue[];

/** Methods by name; each takes what `ABIS` says, which is checked before it is called. */
const METHODS: { readonly [kind in ContractKind]: { readonly [name: string]: unknown } } = {
  token: tokenMethods,
  chequebook: chequebookMethods,
  factory: factoryMethods,
  protests: protestsMethods,
  stakes: stakesMethods,
  parameters: parametersMethods,
};

/** Runs one call by `from` on top of `state`. */
export function apply(
  state: LedgerState,
  from: Address,
  call: Call,
  environment: Environment,
): Outcome {
  let depth = 0;
  const transition: Transition = {
    ...environment,
    state,
    events: [],
    call(caller, to, method, args): readonly AbiValue[] {
      if (++depth > DEPTH_MAX) throw new Error('contracts call each other without end');
      const values = dispatch(transition, caller, { to, method, args });
      depth--;
      return values;
    },
  };
  try {
    const values = transition.call(from, call.to, call.method, call.args);
    return { ok: true, state: transition.state, events: transition.events, values };
  } catch (error) {
    if (error instanceof Revert) return { ok: false, reason: error.message };
    throw error;
  }
}

/** Reads by a view method; refuses methods that would change something. */
export function view(state: LedgerState, call: Call, environment: Environment): Reading {
  const kind = state.get(call.to)?.kind;
  if (kind === undefined || ABIS[kind].methods[call.method]?.view !== true)
    return { ok: false, reason: REASON_NO_METHOD };
  const outcome = apply(state, ZERO_ADDRESS, call, environment);
  return outcome.ok ? { ok: true, values: outcome.values } : outcome;
}

function dispatch(transition: Transition, caller: Address, call: Call): readonly AbiValue[] {
  const kind = transition.state.get(call.to)?.kind;
  const methods = kind === undefined ? undefined : ABIS[kind].methods;
  if (kind === undefined || methods === undefined || !Object.hasOwn(methods, call.method))
    throw new Revert(REASON_NO_METHOD);
  if (!argsFit(methods[call.method]!.inputs, call.args)) throw new Revert(REASON_NO_METHOD);
  const frame = new Frame(transition, call.to, caller, kind);
  return (METHODS[kind][call.method] as Method)(frame, ...call.args);
}
