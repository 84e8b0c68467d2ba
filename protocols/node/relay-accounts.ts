/**
 * What relaying costs between neighbours: SWAP's accounts, at the prices of discovery's agreements, as routing asks for them.
 *
 * The price list is the seller's manifest, the buyer's credit band multiplies it, and both know both. Before the zone a relay is paid by how near
 * it is to the target (Swarm's law, if the list has it); in the zone everybody is near, and what a neighbour is paid for is the part of the zone that it takes
 * over, which the two addresses tell: their own proximity order. Nothing else enters, so both sides count the same.
 *
 * An account is opened when there is an agreement and outlives it: what is owed stays owed. Without an agreement nothing is asked and nothing given.
 */
import type { Discovery } from '../discovery/machine.ts';
import { bandAt, serviceOf, type Manifest } from '../discovery/manifest.ts';
import { serviceNumber } from '../discovery/services.ts';
import type { Host, PeerHandle } from '../host.ts';
import { ADDRESS_WORDS, proximity } from '../identity/proximity.ts';
import type { DarkHeader } from '../routing/packet.ts';
import type { Toll } from '../routing/toll.ts';
import type { Swap } from '../swap/machine.ts';
import type { Pair } from '../swap/pair.ts';
import { priceOf, type PriceOptions } from '../swap/price.ts';
import { RELAY_ASKED, RELAY_GIVEN } from './events.ts';

const RELAY = serviceNumber('relay');

export class RelayAccounts implements Toll {
  readonly #host: Pick<Host, 'self' | 'peers' | 'emit'>;
  readonly #swap: Swap;
  readonly #discovery: Pick<Discovery, 'agreementWith' | 'termsWith'>;
  readonly #ownScore: () => number;

  /** @param ownScore our credit score, as our neighbours see it too. */
  constructor(
    host: Pick<Host, 'self' | 'peers' | 'emit'>,
    swap: Swap,
    discovery: Pick<Discovery, 'agreementWith' | 'termsWith'>,
    ownScore: () => number,
  ) {
    this.#host = host;
    this.#swap = swap;
    this.#discovery = discovery;
    this.#ownScore = ownScore;
  }

  mayPass(peer: PeerHandle, header: DarkHeader, bytes: number): boolean {
    const units = this.#asked(peer, header, bytes);
    return units !== undefined && this.#swap.mayRequest(peer, units);
  }

  passed(peer: PeerHandle, header: DarkHeader, bytes: number): void {
    const units = this.#asked(peer, header, bytes);
    if (units === undefined) return;
    this.#host.emit(RELAY_ASKED, header.idHigh, header.idLow, peer, units);
    this.#swap.request(peer, units);
  }

  taken(from: PeerHandle, header: DarkHeader, bytes: number): boolean {
    const agreement = this.#discovery.agreementWith(from);
    const pair = this.#open(from);
    if (agreement === undefined || pair === undefined) return false;
    const near = this.#nearness(from, this.#host.self, header);
    // By the bands that were agreed on, which the buyer reads too, not by whatever we would offer today.
    const { pricePermille } = bandAt(agreement.ours.bands, pair.score);
    const units = relayPrice(agreement.ours, near, bytes, pricePermille);
    if (units === undefined || !this.#swap.serve(from, units)) return false;
    this.#host.emit(RELAY_GIVEN, header.idHigh, header.idLow, from, units);
    return true;
  }

  /** Opens the account with a peer, once there is an agreement. */
  #open(peer: PeerHandle): Pair | undefined {
    const known = this.#swap.pair(peer);
    if (known !== undefined) return known;
    const terms = this.#discovery.termsWith(peer);
    if (terms === undefined) return undefined;
    this.#swap.open(peer, terms);
    return this.#swap.pair(peer);
  }

  /** What `peer` will charge us for this packet; undefined without an agreement. */
  #asked(peer: PeerHandle, header: DarkHeader, bytes: number): number | undefined {
    const theirs = this.#discovery.agreementWith(peer)?.theirs;
    if (theirs === undefined || this.#open(peer) === undefined) return undefined;
    const { pricePermille } = bandAt(theirs.bands, this.#ownScore());
    const near = this.#nearness(this.#host.self, peer, header);
    return relayPrice(theirs, near, bytes, pricePermille);
  }

  /** The proximity order that the price of a packet from `giver` to `taker` goes by. */
  #nearness(giver: PeerHandle, taker: PeerHandle, { target, luminosity }: DarkHeader): number {
    const { words } = this.#host.peers;
    const inZone = proximity(words, giver * ADDRESS_WORDS, target, 0) >= luminosity;
    return inZone
      ? proximity(words, giver * ADDRESS_WORDS, words, taker * ADDRESS_WORDS)
      : proximity(words, taker * ADDRESS_WORDS, target, 0);
  }
}

/** What a manifest asks for relaying; undefined where it is not sold by the packet or the byte. */
export function relayPrices(manifest: Manifest): PriceOptions | undefined {
  const price = serviceOf(manifest, RELAY);
  if (price === undefined || (price.per !== 'packet' && price.per !== 'byte')) return undefined;
  const { law, per, base, proximityMax } = price;
  return { law, per, base, proximityMax };
}

/** Units for one packet. */
function relayPrice(
  manifest: Manifest,
  near: number,
  bytes: number,
  permille: number,
): number | undefined {
  const prices = relayPrices(manifest);
  return prices && priceOf(prices, near, bytes, permille);
}
