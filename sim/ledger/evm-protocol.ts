/** What the executor and its EVM thread say to each other: one request, one reply, in turn. */
import type { MessagePort } from 'node:worker_threads';
import type { Address } from '../../protocols/ledger/values.ts';
import type { EvmCall, EvmRun, EvmStateId } from './evm-machine.ts';

export type EvmRequest =
  | { kind: 'run'; call: EvmCall }
  | { kind: 'place'; state: EvmStateId; at: Address; code: string }
  | { kind: 'hasCode'; state: EvmStateId; at: Address }
  | { kind: 'release'; state: EvmStateId };

/** By the request's kind. */
export interface EvmReplies {
  run: EvmRun;
  place: EvmStateId;
  hasCode: boolean;
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
