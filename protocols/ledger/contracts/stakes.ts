/**
 * Stakes: what a node puts at risk for each service it swears to. Getting a stake back takes a delay longer than any case, and until it is out
 * of the door a court can still take it. Of what is taken a share is burned, lest a cheat convict itself through a friend and keep
 * its stake (economics: the self-challenge).
 */
import { minus, plus, type Frame } from '../frame.ts';
import { stakeKey, type Stake, type StakesState } from '../state.ts';
import type { Address, Word } from '../values.ts';
import { PARAMETER_BURN_SHARE, PARAMETER_WITHDRAWAL_DELAY } from './parameters.ts';

type StakesFrame = Frame<StakesState>;

/** Shares are written in parts of this. */
export const SHARE_WHOLE = 10_000n;
const NO_STAKE: Stake = { active: 0n, pending: 0n, releaseAt: 0n };

export const stakesMethods = {
  token: ({ state }: StakesFrame): [Address] => [state.token],
  parameters: ({ state }: StakesFrame): [Address] => [state.parameters],
  owner: ({ state }: StakesFrame): [Address] => [state.owner],
  courts: ({ state }: StakesFrame, who: Address): [boolean] => [state.courts.get(who) ?? false],
  totalStaked: ({ state }: StakesFrame): [bigint] => [state.totalStaked],
  stakeOf({ state }: StakesFrame, staker: Address, service: Word): [bigint, bigint, bigint] {
    const { active, pending, releaseAt } = stakeIn(state, staker, service);
    return [active, pending, releaseAt];
  },

  /** Lets a contract or a person slash, or no longer. */
  authoriseCourt(frame: StakesFrame, court: Address, allowed: boolean): [] {
    frame.require(frame.caller === frame.state.owner, 'not owner');
    frame.state = { ...frame.state, courts: frame.state.courts.set(court, allowed) };
    frame.emit('CourtAuthorised', court, allowed);
    return [];
  },

  /** Adds to the caller's stake for a service; the registry must be allowed to take the tokens. */
  deposit(frame: StakesFrame, service: Word, amount: bigint): [] {
    frame.require(amount > 0n, 'nothing to stake');
    const stake = stakeIn(frame.state, frame.caller, service);
    const active = plus(stake.active, amount);
    setStake(frame, frame.caller, service, { ...stake, active }, amount);
    frame.call(frame.state.token, 'transferFrom', frame.caller, frame.self, amount);
    frame.emit('StakeDeposited', frame.caller, service, amount, active);
    return [];
  },

  /** Asks for a part back. A request on top of an older one starts the delay anew for both. */
  requestWithdrawal(frame: StakesFrame, service: Word, amount: bigint): [] {
    const stake = stakeIn(frame.state, frame.caller, service);
    frame.require(amount > 0n && amount <= stake.active, 'stake not sufficient');
    const delay = frame.amount(frame.state.parameters, 'get', PARAMETER_WITHDRAWAL_DELAY);
    const releaseAt = plus(frame.now, delay);
    const pending = plus(stake.pending, amount);
    const next = { active: minus(stake.active, amount), pending, releaseAt };
    setStake(frame, frame.caller, service, next, 0n);
    frame.emit('WithdrawalRequested', frame.caller, service, pending, releaseAt);
    return [];
  },

  withdraw(frame: StakesFrame, service: Word): [] {
    const stake = stakeIn(frame.state, frame.caller, service);
    frame.require(stake.pending > 0n, 'nothing to withdraw');
    frame.require(frame.now >= stake.releaseAt, 'stake not yet released');
    const next = { active: stake.active, pending: 0n, releaseAt: 0n };
    setStake(frame, frame.caller, service, next, -stake.pending);
    frame.call(frame.state.token, 'transfer', frame.caller, stake.pending);
    frame.emit('StakeWithdrawn', frame.caller, service, stake.pending);
    return [];
  },

  /**
   * A court takes up to `amount`, what is on its way out last; the burn share vanishes, the rest goes to `recipient`.
   * @returns what was paid and what was burned.
   */
  slash(
    frame: StakesFrame,
    staker: Address,
    service: Word,
    amount: bigint,
    recipient: Address,
  ): [bigint, bigint] {
    frame.require(frame.state.courts.get(frame.caller) ?? false, 'not a court');
    const stake = stakeIn(frame.state, staker, service);
    const fromActive = amount < stake.active ? amount : stake.active;
    const wanted = amount - fromActive;
    const fromPending = wanted < stake.pending ? wanted : stake.pending;
    const taken = fromActive + fromPending;
    frame.require(taken > 0n, 'nothing to slash');
    const pending = stake.pending - fromPending;
    const releaseAt = pending === 0n ? 0n : stake.releaseAt;
    const next = { active: stake.active - fromActive, pending, releaseAt };
    setStake(frame, staker, service, next, -taken);
    const share = frame.amount(frame.state.parameters, 'get', PARAMETER_BURN_SHARE);
    // Dividing first keeps the product in range whatever the supply.
    const capped = share < SHARE_WHOLE ? share : SHARE_WHOLE;
    const burned = (taken / SHARE_WHOLE) * capped + ((taken % SHARE_WHOLE) * capped) / SHARE_WHOLE;
    const paid = taken - burned;
    if (burned > 0n) frame.call(frame.state.token, 'burn', burned);
    if (paid > 0n) frame.call(frame.state.token, 'transfer', recipient, paid);
    frame.emit('StakeSlashed', staker, service, frame.caller, recipient, paid, burned);
    return [paid, burned];
  },
};

function stakeIn(state: StakesState, staker: Address, service: Word): Stake {
  return state.stakes.get(stakeKey(staker, service)) ?? NO_STAKE;
}

/** Writes a stake; `change` is by how much all stakes together grow. */
function setStake(
  frame: StakesFrame,
  staker: Address,
  service: Word,
  stake: Stake,
  change: bigint,
): void {
  const { state } = frame;
  frame.state = {
    ...state,
    stakes: state.stakes.set(stakeKey(staker, service), stake),
    totalStaked: change < 0n ? state.totalStaked + change : plus(state.totalStaked, change),
  };
}
