/**
 * Whether a manifest is what a searcher wants. The registrar asks this so as not to send what will be thrown away, the searcher so as not to believe
 * the registrar.
 */
import { ADDRESS_WORDS, proximity, readAddress } from '../identity/proximity.ts';
import { PERMILLE } from '../swap/price.ts';
import type { CreditScores } from '../swap/score.ts';
import { isCurrent, priceFor, scorePermille, serviceOf, type Manifest } from './manifest.ts';
import type { Query } from './messages.ts';

/** Credit scores as somebody knows them. */
export type Scores = Pick<CreditScores, 'score'>;

/** Units for each `per` that the searcher would pay; undefined if this is not what it wants. */
export function quote(
  manifest: Manifest,
  query: Query,
  scores: Scores,
  nowSeconds: number,
): number | undefined {
  const price = serviceOf(manifest, query.service);
  if (price === undefined || price.per !== query.per) return undefined;
  if (!isCurrent(manifest, nowSeconds) || manifest.fromSeconds > nowSeconds) return undefined;
  const units = priceFor(manifest, price, query.ownScorePermille / PERMILLE);
  if (units > query.priceMax) return undefined;
  if (scorePermille(scores.score(manifest.account)) < query.minScorePermille) return undefined;
  if (query.nearBits > 0) {
    const words = new Uint32Array(ADDRESS_WORDS);
    readAddress(manifest.address, 0, words, 0);
    if (proximity(words, 0, query.near, 0) < query.nearBits) return undefined;
  }
  return units;
}
