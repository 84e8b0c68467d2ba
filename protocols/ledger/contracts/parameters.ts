/**
 * Prices and parameters that the network agrees on, kept where everybody reads the same: fees, delays, shares, by name. One owner
 * (a person, a multi-signature, a vote) sets them; every change is an event.
 */
import type { Frame } from '../frame.ts';
import type { ParametersState } from '../state.ts';
import { nameWord, ZERO_ADDRESS, type Address, type Word } from '../values.ts';

type ParametersFrame = Frame<ParametersState>;

/** Fee of a protest, smallest units of the token; burned. */
export const PARAMETER_PROTEST_FEE = nameWord('protest.fee');
/** Seconds between asking for a stake back and getting it. */
export const PARAMETER_WITHDRAWAL_DELAY = nameWord('stake.withdrawal-delay');
/** Part of a slashed stake that is burned, in parts of 10,000. */
export const PARAMETER_BURN_SHARE = nameWord('stake.burn-share');

export const parametersMethods = {
  owner: ({ state }: ParametersFrame): [Address] => [state.owner],
  get: ({ state }: ParametersFrame, key: Word): [bigint] => [state.values.get(key) ?? 0n],

  set(frame: ParametersFrame, key: Word, value: bigint): [] {
    frame.require(frame.caller === frame.state.owner, 'not owner');
    const { state } = frame;
    const previous = state.values.get(key) ?? 0n;
    frame.state = { ...state, values: state.values.set(key, value) };
    frame.emit('ParameterChanged', key, previous, value);
    return [];
  },

  transferOwnership(frame: ParametersFrame, owner: Address): [] {
    frame.require(frame.caller === frame.state.owner, 'not owner');
    frame.require(owner !== ZERO_ADDRESS, 'invalid owner');
    const previous = frame.state.owner;
    frame.state = { ...frame.state, owner };
    frame.emit('OwnershipTransferred', previous, owner);
    return [];
  },
};
