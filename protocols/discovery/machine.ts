/**
 * Discovery of one node: who sells what to whom, on which terms.
 *
 * This class only takes inputs apart and hands them on. What is signed is in `manifest.ts`; agreements with neighbours in `peering.ts`; our
 * advertisements at others in `advertiser.ts`, those of others with us in `registrar.ts`; searches in `searches.ts`; the wire in `messages.ts`.
 * Source: whitepaper, "Incentivized packet routing" (manifests, prices by credit score, peering); the queue before a registrar's table follows discv5's
 * design for topics (docs/decisions/0026).
 *
 * Whoever speaks is known by the handle that the host gives for the source of a datagram; with the link under it that is authenticated. Nothing
 * here believes a neighbour about another: manifests are signed, and advertisements come from the advertiser itself.
 */
import { NO_TIMER, type Host, type PeerHandle, type TimerId } from '../host.ts';
import type { Remembered } from '../identity/remembered.ts';
import {
  OUTCOME_HANDLED,
  OUTCOME_IGNORED,
  OUTCOME_MALFORMED,
  OUTCOME_REFUSED,
} from '../outcomes.ts';
import type { Overlay } from '../overlay/machine.ts';
import type { PeerTerms } from '../swap/pair.ts';
import type { CreditScores } from '../swap/score.ts';
import { Advertiser, type Place, type Placing } from './advertiser.ts';
import { Calls } from './calls.ts';
import { KeyLookups, type Found } from './lookups.ts';
import type { Manifest, Offer } from './manifest.ts';
import {
  decodeDiscovery,
  encodeDiscovery,
  MESSAGE_ADS,
  MESSAGE_AGREE,
  MESSAGE_ASK,
  MESSAGE_DECLINE,
  MESSAGE_OFFER,
  MESSAGE_QUERY,
  MESSAGE_REGISTER,
  type DiscoveryMessage,
  type Query,
} from './messages.ts';
import { optionsFault, type DiscoveryOptions } from './options.ts';
import { OwnManifests, type Self } from './own-manifests.ts';
import { Peering, type Agreement } from './peering.ts';
import type { DiscoveryPolicy } from './policy.ts';
import { Registrar } from './registrar.ts';
import { Searches, type Search, type SearchListener } from './searches.ts';
import { TIMER_ADVERTISE, TIMER_CALL, TIMER_PEERING } from './timers.ts';

export interface DiscoverySettings {
  self: Self;
  options: DiscoveryOptions;
  policy: DiscoveryPolicy;
  /** Credit scores as this node has them from the ledger. */
  scores: Pick<CreditScores, 'score' | 'isServed'>;
  offer: Offer;
  /** Services of the offer that are advertised, besides being told to every contact. */
  advertised: readonly number[];
  /** Manifests that were checked before; nodes of one process may share it. */
  manifests: Remembered<Manifest>;
}

/** What an answer, or a look-up, is for. */
type CallFor = { place: Place } | { search: Search };
type LookupFor = { placing: Placing } | { search: Search };

const US_PER_MS = 1_000;
const US_PER_SECOND = 1_000_000;

export class Discovery {
  readonly registrar: Registrar;
  readonly #host: Host;
  readonly #settings: DiscoverySettings;
  readonly #own: OwnManifests;
  readonly #calls: Calls<CallFor>;
  readonly #lookups: KeyLookups<LookupFor>;
  readonly #advertiser: Advertiser;
  readonly #searches: Searches;
  readonly #peering: Peering;
  readonly #overlay: Overlay;
  #advertised: readonly number[];
  #advertiseTimer: TimerId = NO_TIMER;
  #advertiseAtUs = Infinity;
  #peeringTimer: TimerId = NO_TIMER;
  #peeringAtUs = Infinity;
  #reviewAtUs = 0;
  #running = false;

  /** @throws RangeError for settings or an offer with which no node can run. */
  constructor(host: Host, overlay: Overlay, settings: DiscoverySettings) {
    const { self, options, policy, scores, manifests } = settings;
    const fault = optionsFault(options);
    if (fault !== undefined) throw new RangeError(fault);
    this.#host = host;
    this.#overlay = overlay;
    this.#settings = settings;
    this.#advertised = settings.advertised;
    const { networkId } = self;
    const nowMs = (): number => Math.floor(host.now() / US_PER_MS);
    const nowSeconds = (): number => Math.floor(host.now() / US_PER_SECOND);
    const common = { host, options, networkId, manifests, scores };
    this.#own = new OwnManifests(host.crypto, self, options, settings.offer, nowSeconds());
    this.#calls = new Calls(host, options.requestTimeoutUs);
    this.#lookups = new KeyLookups(host, overlay, (context, found) => {
      if ('placing' in context) this.#advertiser.found(context.placing, found);
      else this.#searches.found(context.search, found);
    });
    this.registrar = new Registrar({
      ...common,
      policy,
      now: () => ({ ms: nowMs(), seconds: nowSeconds() }),
    });
    this.#advertiser = new Advertiser({
      host,
      options,
      policy,
      nowMs,
      lookUp: (placing, purpose) => this.#lookups.start(placing, purpose, { placing }),
      call: (place, request) => this.#calls.send(place.peer, { place }, request),
      manifest: () => this.#own.current.bytes,
    });
    this.#searches = new Searches({
      ...common,
      nowSeconds,
      lookUp: (shelf, purpose, search) => this.#lookups.start(shelf, purpose, { search }),
      call: (peer, search, request) => this.#calls.send(peer, { search }, request),
      own: (shelf, query) => this.registrar.matches(shelf, query),
    });
    this.#peering = new Peering({
      ...common,
      own: this.#own,
      policy,
      nowSeconds,
      send: (peer, message) => {
        this.#send(peer, message);
      },
    });
  }

  /** Told when a search ends. */
  set onSearchFinished(listener: SearchListener) {
    this.#searches.onFinished = listener;
  }

  /** The manifest of ours that holds now. */
  get manifest(): Manifest {
    return this.#own.current;
  }

  /** Comes up: offers terms to every contact, and advertises. */
  start(): void {
    this.#clear();
    this.#running = true;
    this.#reviewAtUs = this.#host.now() + this.#settings.options.reviewEveryUs;
    this.#advertiser.advertise(this.#advertised);
    const { table } = this.#overlay;
    for (let i = 0; i < table.size; i++) this.#peering.met(table.handles[i]!);
    this.#arm();
  }

  /** Goes. Advertisements run out by themselves; agreements hold as long as they say. */
  stop(): void {
    this.#running = false;
    this.#clear();
  }

  /** Somebody has become a contact, or is one no more. */
  onContact(peer: PeerHandle, isContact: boolean): void {
    if (!this.#running) return;
    if (isContact) this.#peering.met(peer);
    else this.#peering.lost(peer);
    this.#arm();
  }

  /** One of the overlay's look-ups has ended. */
  onLookup(id: number, purpose: number, found: Found): void {
    if (!this.#running) return;
    this.#lookups.finished(id, purpose, found);
    this.#arm();
  }

  /**
   * Looks for up to `wanted` providers. Ends with the events SEARCH_FOUND and SEARCH_FINISHED and a call of `onSearchFinished`, before
   * this returns if there is nobody to ask.
   * @returns the number of the search, or -1 when too many are running.
   */
  search(query: Query, wanted: number): number {
    return this.#searches.start(query, wanted);
  }

  /** Changes what we offer, after the notice that peers are owed, and what of it is advertised, at once. */
  offer(offer: Offer, advertised: readonly number[]): void {
    this.#own.change(offer, Math.floor(this.#host.now() / US_PER_SECOND));
    this.#advertised = advertised;
    this.#advertiser.advertise(advertised);
    this.#peering.renew();
    this.#arm();
  }

  /** Scores have changed: leaves those who are not to be served any more. */
  review(): void {
    this.#peering.review();
    this.#arm();
  }

  /** Our manifests, to be kept: the next life is given them (`Self.earlier`). */
  get manifests(): readonly Uint8Array[] {
    return this.#own.kept;
  }

  agreementWith(peer: PeerHandle): Agreement | undefined {
    return this.#peering.agreementWith(peer);
  }

  /** What SWAP needs to open an account with a peer; undefined as long as nothing is agreed. */
  termsWith(peer: PeerHandle): PeerTerms | undefined {
    return this.#peering.termsWith(peer);
  }

  /** @returns an outcome code. The bytes are borrowed. */
  onDatagram(from: PeerHandle, bytes: Uint8Array, offset: number, length: number): number {
    if (!this.#running || from === this.#host.self) return OUTCOME_IGNORED;
    const message = decodeDiscovery(bytes, offset, length);
    if (message === undefined) return OUTCOME_MALFORMED;
    const outcome = this.#handle(from, message);
    this.#arm();
    return outcome;
  }

  /** A timer of kind 0xa00..0xaff. @returns an outcome code. */
  onTimer(kind: number, argument: number): number {
    if (!this.#running) return OUTCOME_IGNORED;
    if (kind === TIMER_ADVERTISE) {
      this.#advertiseAtUs = Infinity;
      this.#advertiser.wake();
    } else if (kind === TIMER_PEERING) {
      this.#peeringAtUs = Infinity;
      this.#wakePeering();
    } else if (kind === TIMER_CALL) {
      const call = this.#calls.timedOut(argument);
      if (call === undefined) return OUTCOME_IGNORED;
      if ('place' in call.context) this.#advertiser.failed(call.context.place);
      else this.#searches.failed(call.context.search);
    } else return OUTCOME_IGNORED;
    this.#arm();
    return OUTCOME_HANDLED;
  }

  #handle(from: PeerHandle, message: DiscoveryMessage): number {
    switch (message.type) {
      case MESSAGE_ASK:
        this.#send(from, this.registrar.asked(from, message.transaction, message));
        return OUTCOME_HANDLED;
      case MESSAGE_REGISTER: {
        const { transaction, ticket, manifest } = message;
        this.#send(from, this.registrar.registers(from, transaction, message, ticket, manifest));
        return OUTCOME_HANDLED;
      }
      case MESSAGE_QUERY: {
        const { transaction, shelf, query } = message;
        this.#send(from, this.registrar.answers(transaction, shelf, query));
        return OUTCOME_HANDLED;
      }
      case MESSAGE_OFFER:
        return verdict(this.#peering.offered(from, message.accepted, message.manifest));
      case MESSAGE_AGREE:
        return verdict(this.#peering.agreed(from, message.terms));
      case MESSAGE_DECLINE: {
        const { reason, retrySeconds, name } = message;
        return verdict(this.#peering.declined(from, reason, retrySeconds, name));
      }
      default: {
        const call = this.#calls.answered(from, message.transaction);
        if (call === undefined) return OUTCOME_IGNORED;
        if ('place' in call) this.#advertiser.answered(call.place, message);
        else if (message.type === MESSAGE_ADS) this.#searches.answered(call.search, message.ads);
        else this.#searches.failed(call.search);
        return OUTCOME_HANDLED;
      }
    }
  }

  #wakePeering(): void {
    const nowUs = this.#host.now();
    const turned = this.#own.turn(Math.floor(nowUs / US_PER_SECOND));
    if (turned === 'issued') this.#peering.renew();
    else if (turned === 'holds') this.#advertiser.renew();
    if (nowUs >= this.#reviewAtUs) {
      this.#reviewAtUs = nowUs + this.#settings.options.reviewEveryUs;
      this.#peering.review();
    }
    this.#peering.wake();
  }

  /** One timer for each half, set to what is next. Left alone where it is right already: most datagrams change nothing of it. */
  #arm(): void {
    const host = this.#host;
    const nowUs = host.now();
    const advertiseAtUs = this.#advertiser.nextMs * US_PER_MS;
    if (advertiseAtUs !== this.#advertiseAtUs) {
      host.cancelTimer(this.#advertiseTimer);
      this.#advertiseAtUs = advertiseAtUs;
      if (advertiseAtUs !== Infinity)
        this.#advertiseTimer = host.setTimer(
          Math.max(1, advertiseAtUs - nowUs),
          TIMER_ADVERTISE,
          0,
        );
    }
    const seconds = Math.min(this.#peering.nextSeconds, this.#own.dueSeconds);
    const peeringAtUs = Math.min(seconds * US_PER_SECOND, this.#reviewAtUs);
    if (peeringAtUs === this.#peeringAtUs) return;
    host.cancelTimer(this.#peeringTimer);
    this.#peeringAtUs = peeringAtUs;
    this.#peeringTimer = host.setTimer(Math.max(1, peeringAtUs - nowUs), TIMER_PEERING, 0);
  }

  /** Forgets what was under way. */
  #clear(): void {
    this.#advertiser.stop();
    this.#searches.clear();
    this.#calls.clear();
    this.#lookups.clear();
    this.#peering.clear();
    this.registrar.table.clear();
    this.#host.cancelTimer(this.#advertiseTimer);
    this.#host.cancelTimer(this.#peeringTimer);
    this.#advertiseAtUs = Infinity;
    this.#peeringAtUs = Infinity;
  }

  #send(peer: PeerHandle, message: DiscoveryMessage): void {
    const bytes = encodeDiscovery(message);
    this.#host.send(peer, bytes, 0, bytes.length);
  }
}

function verdict(taken: boolean): number {
  return taken ? OUTCOME_HANDLED : OUTCOME_REFUSED;
}
