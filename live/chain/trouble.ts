/**
 * What can be wrong with a chain endpoint, as the node tells it. An endpoint is somebody else's program: it may be down, slow, for another chain, or
 * lying. Whatever it is, nothing of what it said in that round counts, the books stay as they were, and it is asked again later.
 */

export const CHAIN_TROUBLES = [
  /** It does not answer, or not in time. */
  'chain-silent',
  /** Another chain, or other contracts, than the settings name. */
  'chain-wrong',
  /** What it says contradicts itself, or is no answer. */
  'chain-lies',
  /** Blocks were replaced that had the confirmations that the node waits for. */
  'chain-replaced',
  /** The account has too few coins for gas, or gas costs more than is allowed. */
  'chain-gas',
] as const;
export type ChainTroubleCode = (typeof CHAIN_TROUBLES)[number];

/** Why the chain cannot be gone by; `message` is a sentence without its full stop. */
export class ChainTrouble extends Error {
  readonly code: ChainTroubleCode;

  constructor(code: ChainTroubleCode, message: string) {
    super(message);
    this.name = 'ChainTrouble';
    this.code = code;
  }
}

/** The endpoint has understood and refuses, which is no trouble by itself: a call that reverts, a transaction that it does not want. */
export class RpcRefusal extends Error {
  /** What the contract returned, if it was one. */
  readonly data: string | undefined;

  constructor(message: string, data: string | undefined) {
    super(message);
    this.name = 'RpcRefusal';
    this.data = data;
  }
}

/** @throws ChainTrouble `chain-lies` unless `condition` holds. */
export function believe(condition: boolean, otherwise: string): asserts condition {
  if (!condition) throw new ChainTrouble('chain-lies', otherwise);
}
