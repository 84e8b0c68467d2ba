/** The links of one node, by peer and by the number that their timers carry; it holds their endpoints with the host. */
import type { Micros, PeerHandle } from '../host.ts';
import type { EndpointHandle, LinkHost } from './host.ts';
import { newLink, type Link } from './state.ts';

/** Timer arguments are 32-bit integers. */
const SLOTS_MAX = 0x7fffffff;

export class LinkTable {
  readonly #host: Pick<LinkHost, 'holdEndpoint' | 'releaseEndpoint'>;
  readonly #links = new Map<PeerHandle, Link>();
  readonly #slots = new Map<number, Link>();
  #nextSlot = 1;

  constructor(host: Pick<LinkHost, 'holdEndpoint' | 'releaseEndpoint'>) {
    this.#host = host;
  }

  get size(): number {
    return this.#links.size;
  }

  /** All links, in an array of the caller's own. */
  all(): Link[] {
    return [...this.#links.values()];
  }

  get(peer: PeerHandle): Link | undefined {
    return this.#links.get(peer);
  }

  bySlot(slot: number): Link | undefined {
    return this.#slots.get(slot);
  }

  /** The link whose peer calls the current keys `index`. Looks at all links. */
  byRemoteIndex(index: number): Link | undefined {
    for (const link of this.#links.values()) if (link.current?.remoteIndex === index) return link;
    return undefined;
  }

  /** The link that the protocols above have not used for longest. Looks at all links. */
  leastUsed(): Link | undefined {
    let oldest: Link | undefined;
    for (const link of this.#links.values()) {
      if (oldest === undefined || link.lastUsedUs < oldest.lastUsedUs) oldest = link;
    }
    return oldest;
  }

  add(peer: PeerHandle, endpoint: EndpointHandle, nowUs: Micros): Link {
    const slot = this.#nextSlot;
    this.#nextSlot = slot >= SLOTS_MAX ? 1 : slot + 1;
    const link = newLink(peer, endpoint, slot, nowUs);
    this.#host.holdEndpoint(endpoint);
    this.#links.set(peer, link);
    this.#slots.set(slot, link);
    return link;
  }

  move(link: Link, endpoint: EndpointHandle): void {
    if (endpoint === link.endpoint) return;
    this.#host.holdEndpoint(endpoint);
    this.#host.releaseEndpoint(link.endpoint);
    link.endpoint = endpoint;
  }

  remove(link: Link): void {
    this.#host.releaseEndpoint(link.endpoint);
    this.#links.delete(link.peer);
    this.#slots.delete(link.slot);
  }

  clear(): void {
    for (const link of this.all()) this.remove(link);
  }
}
