/**
 * The advertiser: keeps our advertisements on the shelves of every service that we sell.
 *
 * For each shelf the overlay looks up the key, and of the nodes found the nearest few, each of another network, become registrars. With each the
 * same small round goes on: ask, wait with the ticket, come back, be listed, and when that is over ask again. Once in the life of an advertisement
 * the key is looked up anew, since the nearest nodes come and go.
 */
import type { Host, PeerHandle } from '../host.ts';
import { AD_PLACED } from './events.ts';
import { PURPOSE_ADVERTISE, type Found } from './lookups.ts';
import {
  MESSAGE_ASK,
  MESSAGE_REGISTER,
  MESSAGE_REGISTERED,
  MESSAGE_REJECTED,
  MESSAGE_TICKET,
  TICKET_BYTES,
  type DiscoveryMessage,
  type Shelf,
} from './messages.ts';
import type { DiscoveryOptions } from './options.ts';
import { FAILURES_MAX } from './params.ts';
import { chooseRegistrars } from './places.ts';
import type { DiscoveryPolicy } from './policy.ts';
import { REJECTED_EARLY } from './registrar.ts';

/** One of our advertisements at one registrar. */
export interface Place {
  readonly peer: PeerHandle;
  readonly on: Placing;
  stage: 'ask' | 'wait' | 'listed';
  ticket: Uint8Array;
  /** When the next step is due, milliseconds; Infinity while an answer is awaited. */
  dueMs: number;
  failures: number;
  firstMs: number;
}

export interface Placing extends Shelf {
  places: Place[];
  /** Registrars that the last look-up led to; others are let go when the advertisement there is over. */
  chosen: readonly PeerHandle[];
  lookupDueMs: number;
}

/** What the advertiser needs of the node that it is part of. */
export interface AdvertiserSetting {
  host: Host;
  options: DiscoveryOptions;
  policy: Pick<DiscoveryPolicy, 'returnsAfterMs'>;
  nowMs(): number;
  /** Looks a shelf up. @returns false if that is not possible now. */
  lookUp(placing: Placing, purpose: number): boolean;
  call(place: Place, request: (transaction: number) => DiscoveryMessage): boolean;
  /** The manifest that holds now. */
  manifest(): Uint8Array;
}

/** What was not possible now is tried again after this, milliseconds. */
const AGAIN_MS = 1_000;
/** Whoever was too early comes back after this, milliseconds. */
const EARLY_MS = 5_000;

export class Advertiser {
  readonly #setting: AdvertiserSetting;
  #placings: Placing[] = [];

  constructor(setting: AdvertiserSetting) {
    this.#setting = setting;
  }

  /** Advertises these services, and no others, from now on. */
  advertise(services: readonly number[]): void {
    const kept = this.#placings.filter((placing) => services.includes(placing.service));
    const fresh = services.filter((service) => !kept.some((p) => p.service === service));
    const random = this.#setting.host.random('discovery/advertiser');
    const nowMs = this.#setting.nowMs();
    this.#placings = kept;
    for (const service of fresh)
      for (let shelf = 0; shelf < this.#setting.options.shelves; shelf++) {
        // Spread over a second, since a world may come up all at once.
        const lookupDueMs = nowMs + random.below(AGAIN_MS);
        this.#placings.push({ service, shelf, places: [], chosen: [], lookupDueMs });
      }
  }

  stop(): void {
    this.#placings = [];
  }

  /** When something is due, milliseconds; Infinity for never. */
  get nextMs(): number {
    let next = Infinity;
    for (const placing of this.#placings) {
      next = Math.min(next, placing.lookupDueMs);
      for (const place of placing.places) next = Math.min(next, place.dueMs);
    }
    return next;
  }

  /** Does what is due. */
  wake(): void {
    const { lookUp, nowMs } = this.#setting;
    const now = nowMs();
    for (const placing of this.#placings) {
      if (placing.lookupDueMs <= now) {
        placing.lookupDueMs = Infinity;
        if (!lookUp(placing, PURPOSE_ADVERTISE)) placing.lookupDueMs = now + AGAIN_MS;
      }
      for (const place of placing.places) if (place.dueMs <= now) this.#step(place, now);
    }
  }

  /** A look-up of a shelf has ended. */
  found(placing: Placing, { handles, count }: Found): void {
    const { host, options, nowMs } = this.#setting;
    const now = nowMs();
    const chosen = chooseRegistrars(host.peers, handles, count, options.registrars);
    placing.lookupDueMs =
      chosen.length === 0 ? now + AGAIN_MS : now + Math.floor(options.adLifetimeUs / 1_000);
    // Where we are listed we stay for as long as that lasts; half-done rounds with others end here.
    const kept = placing.places.filter((p) => p.stage === 'listed' || chosen.includes(p.peer));
    for (const peer of chosen)
      if (!kept.some((place) => place.peer === peer)) kept.push(newPlace(peer, placing, now));
    placing.places = kept;
    placing.chosen = chosen;
  }

  /** A registrar has answered. */
  answered(place: Place, message: DiscoveryMessage): void {
    const { options, policy, host, nowMs } = this.#setting;
    const now = nowMs();
    place.failures = 0;
    switch (message.type) {
      case MESSAGE_TICKET:
        place.stage = 'wait';
        place.ticket = message.ticket;
        place.dueMs = now + Math.max(0, policy.returnsAfterMs(message.waitMs));
        return;
      case MESSAGE_REGISTERED: {
        const waited = now - place.firstMs;
        if (place.stage !== 'listed')
          host.emit(AD_PLACED, place.peer, place.on.service, place.on.shelf, waited);
        place.stage = 'listed';
        // No registrar keeps us off the others' lists by promising us a place for a year.
        const lifeMs = Math.floor(options.adLifetimeUs / 1_000);
        place.dueMs = now + Math.min(message.staysMs, lifeMs);
        return;
      }
      case MESSAGE_REJECTED:
        if (message.reason === REJECTED_EARLY) {
          place.dueMs = now + EARLY_MS;
          return;
        }
        place.stage = 'ask';
        place.dueMs = now + AGAIN_MS;
        place.failures = 1;
        return;
      default:
        // An answer to something else than was asked is none.
        this.failed(place);
    }
  }

  /** A registrar has not answered. */
  failed(place: Place): void {
    place.failures++;
    if (place.failures < FAILURES_MAX) {
      place.dueMs = this.#setting.nowMs() + AGAIN_MS;
      return;
    }
    const placing = place.on;
    placing.places = placing.places.filter((other) => other !== place);
    placing.lookupDueMs = Math.min(placing.lookupDueMs, this.#setting.nowMs() + AGAIN_MS);
  }

  /** Tells registrars of a new manifest. */
  renew(): void {
    const zeros = new Uint8Array(TICKET_BYTES);
    for (const placing of this.#placings)
      for (const place of placing.places)
        if (place.stage === 'listed') this.#register(place, zeros);
  }

  #step(place: Place, now: number): void {
    if (place.stage === 'wait') {
      this.#register(place, place.ticket);
      return;
    }
    if (place.stage === 'listed') {
      if (!place.on.chosen.includes(place.peer)) {
        place.on.places = place.on.places.filter((other) => other !== place);
        return;
      }
      place.stage = 'ask';
      place.firstMs = now;
    }
    const { service, shelf } = place.on;
    const ask = (transaction: number): DiscoveryMessage => ({
      type: MESSAGE_ASK,
      transaction,
      service,
      shelf,
    });
    this.#send(place, ask);
  }

  #register(place: Place, ticket: Uint8Array): void {
    const { service, shelf } = place.on;
    const manifest = this.#setting.manifest();
    this.#send(place, (transaction) => ({
      type: MESSAGE_REGISTER,
      transaction,
      service,
      shelf,
      ticket,
      manifest,
    }));
  }

  #send(place: Place, request: (transaction: number) => DiscoveryMessage): void {
    place.dueMs = Infinity;
    if (!this.#setting.call(place, request)) place.dueMs = this.#setting.nowMs() + AGAIN_MS;
  }
}

function newPlace(peer: PeerHandle, on: Placing, nowMs: number): Place {
  const ticket = new Uint8Array(TICKET_BYTES);
  return { peer, on, stage: 'ask', ticket, dueMs: nowMs, failures: 0, firstMs: nowMs };
}
