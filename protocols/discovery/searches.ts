/**
 * Searches: who sells this, at most at this price, with at least this score, near here?
 *
 * The shelves of the service are gone through in an order drawn for each search. Of each the overlay finds the nearest nodes, and of these a few, each
 * of another network, are asked. Every registrar may lie: show only its friends, show what is over, show nothing. So all that is shown is checked
 * here (signature, time, price, score, place), a search is content only when several registrars have answered, and what it takes it takes
 * from each in turn, one provider of an endpoint network: whoever floods one registrar, or is one, gets one turn among the others'.
 */
import type { Host, Micros, PeerHandle } from '../host.ts';
import type { PeerBook } from '../identity/peer-book.ts';
import type { Remembered } from '../identity/remembered.ts';
import { SEARCH_FINISHED, SEARCH_FOUND } from './events.ts';
import { PURPOSE_SEARCH, type Found } from './lookups.ts';
import type { Manifest } from './manifest.ts';
import {
  MESSAGE_QUERY,
  type DiscoveryMessage,
  type Query,
  type Shelf,
  type ShownAd,
} from './messages.ts';
import type { DiscoveryOptions } from './options.ts';
import { SEARCHES_MAX } from './params.ts';
import { chooseRegistrars } from './places.ts';
import { quote, type Scores } from './query.ts';

/** A provider that was found. Nothing is known of it but what it signed, and where a registrar says it was. */
export interface Provider {
  peer: PeerHandle;
  manifest: Manifest;
  /** What it would charge us, units for each `per`. */
  units: number;
}

/** Told when a search ends. */
export type SearchListener = (search: number, providers: readonly Provider[]) => void;

export interface Search {
  readonly id: number;
  readonly query: Query;
  readonly wanted: number;
  readonly startedUs: Micros;
  /** Still to be gone through, the next one last. */
  readonly shelves: number[];
  shelf: number;
  /** Of this shelf, still to be asked, the next one first. */
  registrars: PeerHandle[];
  open: number;
  requests: number;
  /** What each registrar that answered has shown, and we believe. */
  readonly voices: Provider[][];
}

/** What searches need of the node that they are part of. */
export interface SearchSetting {
  host: Host;
  options: DiscoveryOptions;
  networkId: bigint;
  manifests: Remembered<Manifest>;
  scores: Scores;
  nowSeconds(): number;
  lookUp(shelf: Shelf, purpose: number, search: Search): boolean;
  call(
    peer: PeerHandle,
    search: Search,
    request: (transaction: number) => DiscoveryMessage,
  ): boolean;
  /** What our own table shows: we are a registrar as well. */
  own(shelf: number, query: Query): ShownAd[];
}

export class Searches {
  onFinished: SearchListener | undefined;
  readonly #setting: SearchSetting;
  #active: Search[] = [];
  #nextId = 1;

  constructor(setting: SearchSetting) {
    this.#setting = setting;
  }

  /** @returns the number of the search, or -1 when too many are running. */
  start(query: Query, wanted: number): number {
    if (this.#active.length === SEARCHES_MAX) return -1;
    const { host, options } = this.#setting;
    const id = this.#nextId++;
    const search: Search = {
      id,
      query,
      wanted,
      startedUs: host.now(),
      shelves: shuffled(options.shelves, host),
      shelf: -1,
      registrars: [],
      open: 0,
      requests: 0,
      voices: [],
    };
    this.#active.push(search);
    this.#nextShelf(search);
    return id;
  }

  clear(): void {
    this.#active = [];
  }

  found(search: Search, { handles, count, requests }: Found): void {
    if (!this.#active.includes(search)) return;
    const { host, options, own } = this.#setting;
    search.requests += requests;
    search.registrars = chooseRegistrars(host.peers, handles, count, options.registrars);
    const mine = own(search.shelf, search.query);
    if (mine.length > 0) search.voices.push(this.#believed(search, mine));
    this.#ask(search);
  }

  answered(search: Search, ads: readonly ShownAd[]): void {
    if (!this.#active.includes(search)) return;
    search.open--;
    search.voices.push(this.#believed(search, ads));
    this.#ask(search);
  }

  failed(search: Search): void {
    if (!this.#active.includes(search)) return;
    search.open--;
    this.#ask(search);
  }

  #nextShelf(search: Search): void {
    const shelf = search.shelves.pop();
    if (shelf === undefined) {
      this.#finish(search);
      return;
    }
    search.shelf = shelf;
    const place = { service: search.query.service, shelf };
    if (!this.#setting.lookUp(place, PURPOSE_SEARCH, search)) this.#nextShelf(search);
  }

  /** Asks who is to be asked next; ends the search when it is content, or when nobody is left. */
  #ask(search: Search): void {
    const { options, call } = this.#setting;
    const content =
      search.voices.length >= options.voices &&
      choose(this.#setting.host.peers, search.voices, search.wanted).length >= search.wanted;
    if (content) {
      this.#finish(search);
      return;
    }
    const { shelf, query } = search;
    while (search.open < options.parallel && search.registrars.length > 0) {
      const peer = search.registrars.shift()!;
      const request = (transaction: number): DiscoveryMessage => ({
        type: MESSAGE_QUERY,
        transaction,
        shelf,
        query,
      });
      if (!call(peer, search, request)) break;
      search.open++;
      search.requests++;
    }
    if (search.open === 0) this.#nextShelf(search);
  }

  #finish(search: Search): void {
    const { host } = this.#setting;
    this.#active = this.#active.filter((other) => other !== search);
    const providers = choose(host.peers, search.voices, search.wanted);
    for (const { peer, manifest, units } of providers)
      host.emit(SEARCH_FOUND, search.id, peer, manifest.sequence, units);
    const latencyUs = host.now() - search.startedUs;
    host.emit(SEARCH_FINISHED, search.id, search.requests, latencyUs, providers.length);
    this.onFinished?.(search.id, providers);
  }

  /** What is true of what a registrar shows, in its order. */
  #believed({ query }: Search, ads: readonly ShownAd[]): Provider[] {
    const { host, manifests, networkId, scores, nowSeconds } = this.#setting;
    const believed: Provider[] = [];
    for (const ad of ads) {
      const manifest = manifests.verify(ad.manifest, 0, ad.manifest.length);
      if (manifest?.networkId !== networkId) continue;
      const units = quote(manifest, query, scores, nowSeconds());
      if (units === undefined) continue;
      const peer = host.peers.intern(manifest.address, 0, ad.endpoint, 0);
      if (peer !== host.self) believed.push({ peer, manifest, units });
    }
    return believed;
  }
}

/**
 * Up to `wanted` providers: one from each voice in turn, none twice, none of a network that another one is from. Of two manifests of one provider the
 * newer one counts.
 */
export function choose(
  peers: PeerBook,
  voices: readonly (readonly Provider[])[],
  wanted: number,
): Provider[] {
  const chosen: Provider[] = [];
  const networks = new Map<number, number>();
  const longest = voices.reduce((most, voice) => Math.max(most, voice.length), 0);
  for (let turn = 0; turn < longest; turn++)
    for (const voice of voices) {
      const provider = voice[turn];
      if (provider === undefined) continue;
      const network = peers.endpointNetwork(provider.peer);
      const at = networks.get(network);
      if (at === undefined) {
        if (chosen.length === wanted) continue;
        networks.set(network, chosen.length);
        chosen.push(provider);
      } else if (isNewer(provider, chosen[at]!)) chosen[at] = provider;
    }
  return chosen;
}

function isNewer(provider: Provider, known: Provider): boolean {
  return provider.peer === known.peer && provider.manifest.sequence > known.manifest.sequence;
}

/** 0..count-1 in an order that the node draws. */
function shuffled(count: number, host: Host): number[] {
  const random = host.random('discovery/search');
  const order = Array.from({ length: count }, (_, i) => i);
  for (let i = count - 1; i > 0; i--) {
    const j = random.below(i + 1);
    const swap = order[i]!;
    order[i] = order[j]!;
    order[j] = swap;
  }
  return order;
}
