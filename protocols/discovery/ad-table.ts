/**
 * A registrar's table of advertisements: bounded, in the order of admission, each for its lifetime.
 *
 * A plain array that is walked: it holds some hundreds of rows, and each question about it (how many of this service, of this network) is asked once
 * for a datagram.
 */
import type { PeerHandle } from '../host.ts';
import type { Manifest } from './manifest.ts';
import type { Shelf } from './messages.ts';

export interface Ad extends Shelf {
  peer: PeerHandle;
  manifest: Manifest;
  /** 18 bytes: where we saw the advertiser. */
  endpoint: Uint8Array;
  /** Endpoint networks that it counts for: the narrow one has a limit, the wide one adds to the waiting time. */
  network: number;
  wideNetwork: number;
  /** Milliseconds of the registrar. */
  untilMs: number;
}

export interface Occupancy {
  all: number;
  /** Of the same service, on any shelf. */
  service: number;
  network: number;
  wideNetwork: number;
  /** When the first of the same network leaves; Infinity if there is none. */
  networkFreeMs: number;
  /** When the first of all leaves. */
  freeMs: number;
}

export class AdTable {
  readonly capacity: number;
  #ads: Ad[] = [];

  constructor(capacity: number) {
    this.capacity = capacity;
  }

  get size(): number {
    return this.#ads.length;
  }

  get ads(): readonly Ad[] {
    return this.#ads;
  }

  clear(): void {
    this.#ads = [];
  }

  /** Drops what is over. To be called before anything is asked. */
  expire(nowMs: number): void {
    if (this.#ads.some((ad) => ad.untilMs <= nowMs))
      this.#ads = this.#ads.filter((ad) => ad.untilMs > nowMs);
  }

  find(peer: PeerHandle, { service, shelf }: Shelf): Ad | undefined {
    return this.#ads.find((ad) => ad.peer === peer && ad.service === service && ad.shelf === shelf);
  }

  occupancy(service: number, network: number, wideNetwork: number): Occupancy {
    const result: Occupancy = {
      all: this.#ads.length,
      service: 0,
      network: 0,
      wideNetwork: 0,
      networkFreeMs: Infinity,
      freeMs: Infinity,
    };
    for (const ad of this.#ads) {
      if (ad.service === service) result.service++;
      if (ad.wideNetwork === wideNetwork) result.wideNetwork++;
      if (ad.untilMs < result.freeMs) result.freeMs = ad.untilMs;
      if (ad.network !== network) continue;
      result.network++;
      if (ad.untilMs < result.networkFreeMs) result.networkFreeMs = ad.untilMs;
    }
    return result;
  }

  /** Puts an advertisement in; a full table drops its oldest one. */
  add(ad: Ad): void {
    if (this.#ads.length === this.capacity) this.#ads.shift();
    this.#ads.push(ad);
  }
}
