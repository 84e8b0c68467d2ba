/**
 * What a node decides in SWAP where the protocol leaves it a choice. Arithmetic, signatures and messages are the same for all; who pays late,
 * never, or with cheques that nothing covers, who serves no strangers or protests for nothing, is another policy, and the protocol has no `if` for him.
 *
 * Decisions about a time return network time in microseconds: now or earlier for "at once", Infinity for "never, or not before something happens".
 * A time in the future is kept to: at that time it is done and not asked again, except `cashAt`, which is asked anew whenever the holding changes.
 */
import type { Micros, PeerHandle } from '../host.ts';
import { MICROS_PER_SECOND } from '../host.ts';
import { cashAt, type CashRule } from './cash.ts';
import type { PairLimits } from './options.ts';
import { PERMILLE } from './price.ts';
import type { Account } from './typed-data.ts';

/** What a policy may know of a pair. Amounts in accounting units. */
export interface PairView {
  readonly peer: PeerHandle;
  readonly account: Account;
  /** Positive: the peer owes us. */
  readonly balance: number;
  /** What we owe. */
  readonly payable: number;
  /** What we grant the peer, and it us. */
  readonly limits: PairLimits;
  readonly theirLimits: PairLimits;
  /** The peer's cheques that we hold and could still cash. */
  readonly uncashed: number;
  /** Our cheques that the peer gave back and could still cash. */
  readonly returned: number;
  /** Credit score, 0..1, and whether it is high enough to be served. */
  readonly score: number;
  readonly served: boolean;
  /** The peer has let an invoice of ours fall due. */
  readonly overdue: boolean;
}

/** A payment that is due, or asked for. */
export interface Demand {
  units: number;
  /** The peer has sent an invoice; else the debt has passed the threshold at which we pay unasked. */
  asked: boolean;
  dueUs: Micros;
}

/** A cheque that has been offered and is genuine. */
export interface ChequeOffer {
  /** By how much it raises what we hold, units. */
  units: number;
  /** Wei that it and all before it would leave uncashed, and that the chequebook has for us. */
  uncashedWei: bigint;
  coverWei: bigint;
  /** A cheque of this chequebook has bounced. */
  bounced: boolean;
}

/** Cheques of one peer that are held. */
export interface Holding {
  /** Wei that cashing would bring, what the chequebook has for us, and what the cashing costs. */
  uncashedWei: bigint;
  coverWei: bigint;
  feeWei: bigint;
  /** Since when the oldest of it is held. */
  sinceUs: Micros;
  /** A cheque of this chequebook has bounced. */
  bounced: boolean;
}

/** An invoice of ours whose deadline has passed, or that has been paid. */
export interface Claim {
  paid: boolean;
  units: number;
  owedWei: bigint;
  /** What a protest costs. */
  feeWei: bigint;
  dueUs: Micros;
}

export interface SwapPolicy {
  /** Whether to give a service worth `units` that the limits allow. On the packet path. */
  serves(pair: PairView, units: number): boolean;
  /** When to pay. */
  payAt(pair: PairView, demand: Demand, nowUs: Micros): Micros;
  /** How much of a payment of `units` to make by giving cheques back, of which `available` could be; 0..min of both. */
  givesBack(pair: PairView, units: number, available: number): number;
  /** Whether to sign a cheque although the chequebook lacks `shortWei` for it. */
  signsBeyondDeposit(pair: PairView, shortWei: bigint): boolean;
  acceptsCheque(pair: PairView, offer: ChequeOffer): boolean;
  cashAt(pair: PairView, holding: Holding, nowUs: Micros): Micros;
  /** Asked once when an invoice is paid, and once when it falls due unpaid. */
  protestAt(pair: PairView, claim: Claim, nowUs: Micros): Micros;
  /** What to say that we provided, of what we did. */
  claims(pair: PairView, provided: number): number;
}

export interface HonestOptions {
  cash: CashRule;
  /** `covered`: take only cheques that the chequebook could pay now, of one that never bounced. `any`: take every genuine one. */
  solvency: 'covered' | 'any';
  /** Give back cheques of the peer before writing new ones. */
  netting: boolean;
  /** An unpaid invoice is protested this long after its deadline, for cheques may be on their way. */
  graceUs: Micros;
  /** It is not worth a protest that costs more than this many thousandths of the debt. */
  protestFeePermille: number;
}

/** Pays at once, signs what is covered, serves whoever pays, protests what is late. */
export function honestPolicy(options: HonestOptions): SwapPolicy {
  return {
    serves: (pair) => pair.served && !pair.overdue,
    payAt: (_pair, _demand, nowUs) => nowUs,
    givesBack: (_pair, units, available) => (options.netting ? Math.min(units, available) : 0),
    signsBeyondDeposit: () => false,
    acceptsCheque: (_pair, { uncashedWei, coverWei, bounced }) =>
      options.solvency === 'any' || (!bounced && coverWei >= uncashedWei),
    cashAt: (_pair, holding, nowUs) => cashAt(options.cash, holding, nowUs),
    protestAt: (_pair, claim) =>
      claim.paid ||
      claim.feeWei * BigInt(PERMILLE) > claim.owedWei * BigInt(options.protestFeePermille)
        ? Infinity
        : claim.dueUs + options.graceUs,
    claims: (_pair, provided) => provided,
  };
}

/** An honest node when nobody says otherwise. */
export const DEFAULT_HONEST_OPTIONS: Readonly<HonestOptions> = {
  // Swarm cashes when a payout is worth twice its gas, that is when the fee is below half of it.
  cash: { kind: 'fee-share', permille: 500 },
  solvency: 'covered',
  netting: true,
  // Four blocks of fifteen seconds: a cheque sent at the last moment is on its way no longer.
  graceUs: 60 * MICROS_PER_SECOND,
  protestFeePermille: PERMILLE,
};
