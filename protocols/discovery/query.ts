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

/** A place to search near: the first `bits` bits of an address and nothing more of it, since registrars read queries. */
export function nearAddress(address: Uint8Array, bits: number): Uint32Array {
  const words = new Uint32Array(ADDRESS_WORDS);
  readAddress(address, 0, words, 0);
  for (let i = 0; i < ADDRESS_WORDS; i++) {
    const hidden = 32 * (i + 1) - bits;
    if (hidden >= 32) words[i] = 0;
    else if (hidden > 0) words[i]! &= -1 << hidden;
  }
  return words;
}

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
