/**
 * What a node decides in discovery where the protocol leaves it a choice. A registrar that hides advertisements, a spammer that does not wait, a
 * node that peers with anybody are other policies.
 */
import { scaledLimits } from '../swap/options.ts';
import { bandAt, priceFor, serviceOf, type Manifest } from './manifest.ts';

/** Why terms are declined, or an agreement is left. Numbers of the wire. */
export const DECLINED_SCORE = 1;
export const DECLINED_PRICE = 2;
export const DECLINED_LIMITS = 3;
/** New terms that would hold sooner than the notice that was agreed on. */
export const DECLINED_NOTICE = 4;
export const DECLINED_TOO_OFTEN = 5;
/** Over, or played back, or one of two with the same number. */
export const DECLINED_STALE = 6;
export const DECLINED_FULL = 7;

/** What is known of a peer that offers terms. */
export interface PeerOffer {
  manifest: Manifest;
  /** Its credit score, and whether the scores' own rule serves it. */
  score: number;
  served: boolean;
  /** Our own score, which decides what it charges us. */
  ownScore: number;
}

export interface DiscoveryPolicy {
  /** As registrar: whether an advertisement in the table is shown to those who search. */
  shows(manifest: Manifest): boolean;
  /** As applicant: milliseconds after which it comes back, having been told to wait for `waitMs`. */
  returnsAfterMs(waitMs: number): number;
  /** As peer: why these terms are not accepted (DECLINED_*); 0 where they are. */
  declines(offer: PeerOffer): number;
}

/** What a node asks of those it peers with. */
export interface PeeringDemands {
  /** Service that peers must sell, and the most that it may cost, units for each `per` (after the band that our score is in). */
  service: number;
  priceMax: number;
  /** The least debt that they let us run up before service stops, units. */
  creditMin: number;
}

/** Shows everything, waits as told, and peers with whoever is served by score, sells what is needed and gives enough credit. */
export function honestPolicy(demands: PeeringDemands): DiscoveryPolicy {
  return {
    shows: () => true,
    returnsAfterMs: (waitMs) => waitMs,
    declines({ manifest, served, ownScore }) {
      if (!served) return DECLINED_SCORE;
      const price = serviceOf(manifest, demands.service);
      if (price === undefined || priceFor(manifest, price, ownScore) > demands.priceMax)
        return DECLINED_PRICE;
      const { creditPermille } = bandAt(manifest.bands, ownScore);
      const credit = scaledLimits(manifest.limits, creditPermille).disconnectThreshold;
      return credit < demands.creditMin ? DECLINED_LIMITS : 0;
    },
  };
}
