/** What the executor and its EVM thread say to each other: one request, one reply, in turn. */
import type { MessagePort } from 'node:worker_threads';
import type { Address } from '../../protocols/ledger/values.ts';
import type { BlockEnvironment } from '../../protocols/ledger/state.ts';

/** `how` of a call to an account without code. */
export const HOW_NO_CODE = 'no code';

/** Names a state that the machine has given out. 0 is the empty one. */
export type EvmStateId = number;

export interface EvmLog {
  address: Address;
  topics: Uint8Array[];
  data: Uint8Array;
}

export interface EvmRun {
  state: EvmStateId;
  /** 'returned', 'reverted' (with data), `HOW_NO_CODE`, or what stopped it. */
  how: string;
  data: Uint8Array;
  logs: EvmLog[];
  gasUsed: number;
  /** Address of a contract that was made. */
  created: Address | undefined;
}

export interface EvmCall {
  state: EvmStateId;
  from: Address;
  /** Undefined: make a contract of `data`. */
  to: Address | undefined;
  data: Uint8Array;
  block: BlockEnvironment;
  gasLimit: number;
  /** Read only: nothing may be written, and no state is given out. */
  isStatic?: boolean;
}

export type EvmRequest =
  /** Several at once, each on the state that it names: one wait for all. */
  | { kind: 'run'; calls: EvmCall[] }
  | { kind: 'place'; state: EvmStateId; at: Address; code: string }
  | { kind: 'release'; state: EvmStateId };

/** By the request's kind. */
export interface EvmReplies {
  run: EvmRun[];
  place: EvmStateId;
  release: undefined;
}

export type EvmReply<Kind extends keyof EvmReplies> =
  { ok: true; value: EvmReplies[Kind] } | { ok: false; why: string };

/** What the thread is started with. */
export interface EvmThreadData {
  chainId: bigint;
  /** Becomes 1 when a reply lies in the port. */
  flag: Int32Array;
  port: MessagePort;
}
