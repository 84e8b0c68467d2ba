/**
 * Who pays when, as policies of SWAP. Honest arithmetic, honest messages; only the decisions differ.
 *
 * `within`: takes up to so long, as people and their software do. `after`: forgets, and pays when it remembers. `never`: takes what it is given. Whoever has
 * promised more than its chequebook holds goes on signing if its role says that it pays: that is the kiter.
 * `until`: the exit scam, honest up to a day and then nothing. `patience`: the strategic default of the folk theorem, which leaves when what it owes is worth
 * more than the income of staying. Both have then left for good: who has once walked away with a debt has nothing to come back to.
 */
import type { RandomStream } from '../../protocols/random.ts';
import { honestPolicy, type SwapPolicy } from '../../protocols/swap/policy.ts';
import { PERMILLE } from '../../protocols/swap/price.ts';
import { sampleUs } from '../../sim/random/laws.ts';
import type { CashRule } from '../../protocols/swap/cash.ts';
import type { ConversionRate } from '../../protocols/swap/money.ts';
import type { Cashing, Money, Paying, Role } from '../model.ts';

/** A protest waits this long after the deadline, four blocks of fifteen seconds: a cheque may be on its way. */
const GRACE_US = 60_000_000;

/** A role's cashing as SWAP's rule. */
export function cashRule(cashing: Cashing, rate: ConversionRate): CashRule {
  switch (cashing.kind) {
    case 'at once':
      return { kind: 'at-once' };
    case 'covered':
      return { kind: 'covered' };
    case 'after':
      return { kind: 'deadline', afterUs: cashing.us };
    case 'above':
      return { kind: 'above', wei: rate.toWei(cashing.units) };
    case 'fee below':
      return { kind: 'fee-share', permille: Math.round(cashing.ratio * PERMILLE) };
  }
}

/** What punctual people take at most. */
const PUNCTUAL_US = 3_600_000_000;

/** What a payer may weigh: what it owes to all together now, and what it keeps a day of what it earns by carrying. Units. */
export interface Standing {
  owedUnits: number;
  surplusPerDayUnits: number;
}

/** @returns whether an income of `surplus` a day for ever is worth less than `owed` now, each day's delay leaving `ratio` of its worth (economics, CF6). */
export function leavingPays({ owedUnits, surplusPerDayUnits }: Standing, ratio: number): boolean {
  return owedUnits > (surplusPerDayUnits * ratio) / (1 - ratio);
}

/** The policy of a role, and whether its owner has decided never to pay again: the simulator's knowledge, which no node has. */
export interface Payer {
  policy: SwapPolicy;
  hasLeft(nowUs: number): boolean;
}

/** Whether somebody has left, or leaves now that they are asked to pay. */
export type Leaving = (nowUs: number, asked: boolean) => boolean;

/** Decides once whether to leave, when it is asked to pay. */
export function leaving(pays: Paying, standing: () => Standing): Leaving {
  let left = false;
  return (nowUs, asked) => {
    if (pays.kind === 'never') return true;
    if (pays.kind === 'until') return nowUs >= pays.us;
    if (pays.kind === 'patience' && asked && !left) left = leavingPays(standing(), pays.ratio);
    return left;
  };
}

export function createPayer(
  money: Money,
  { pays, protestsAll }: Pick<Role, 'pays' | 'protestsAll'>,
  random: RandomStream,
  leaves: Leaving,
  cash: CashRule = { kind: 'deadline', afterUs: money.cashAfterUs },
): Payer {
  const honest = honestPolicy({
    cash,
    solvency: money.solvency,
    netting: true,
    graceUs: GRACE_US,
    protestFeePermille: PERMILLE,
  });
  const paying = pays!;
  const policy: SwapPolicy = {
    ...honest,
    payAt(_pair, _demand, nowUs) {
      if (leaves(nowUs, true)) return Infinity;
      if (paying.kind === 'after') return nowUs + sampleUs(paying.law, random);
      const withinUs = paying.kind === 'within' ? paying.us : PUNCTUAL_US;
      return nowUs + random.below(withinUs + 1);
    },
    signsBeyondDeposit: () => paying.kind !== 'never',
    protestAt: (pair, claim, nowUs) =>
      protestsAll === true ? claim.dueUs + GRACE_US : honest.protestAt(pair, claim, nowUs),
  };
  return { policy, hasLeft: (nowUs) => leaves(nowUs, false) };
}
