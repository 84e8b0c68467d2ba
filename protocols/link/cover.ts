/**
 * Cover: every link sends one datagram of the largest size in each slot, whether there is something to say or not. What is to be sent waits for its
 * slot and takes the place of a dummy, so whoever watches the wire sees the same with and without traffic. It costs a constant rate on
 * every open link and, per hop, half a slot on average; handshakes, and that a link exists, still show.
 *
 * Slot substitution after Pipenet (Dai 1996) and Loopix's link padding (Piotrowska et al. 2017). Off by default.
 */
import { NO_TIMER, type Micros, type TimerId } from '../host.ts';
import type { RandomStream } from '../random.ts';
import type { EndpointHandle, LinkHost } from './host.ts';
import type { Link } from './state.ts';
import { TIMER_COVER } from './timers.ts';
import { CONTENT_IDLE } from './wire.ts';

/** Datagrams that wait for slots of one link; the oldest gives way. */
const QUEUE_MAX = 64;
const DUMMY = Uint8Array.of(CONTENT_IDLE);

interface Waiting {
  content: Uint8Array;
  endpoint: EndpointHandle;
}

interface Covered {
  queue: Waiting[];
  timer: TimerId;
}

export class Cover {
  readonly #host: LinkHost;
  readonly #everyUs: Micros;
  readonly #random: RandomStream;
  readonly #transmit: (link: Link, content: Uint8Array, endpoint: EndpointHandle) => void;
  readonly #covered = new Map<number, Covered>();

  /** @param everyUs a slot; 0 for no cover at all. */
  constructor(
    host: LinkHost,
    everyUs: Micros,
    transmit: (link: Link, content: Uint8Array, endpoint: EndpointHandle) => void,
  ) {
    this.#host = host;
    this.#everyUs = everyUs;
    this.#random = host.random('link/cover');
    this.#transmit = transmit;
  }

  /** Keeps content for the next slot. @returns false if this link has no slots: it is to be sent at once. */
  take(
    link: Link,
    bytes: Uint8Array,
    offset: number,
    length: number,
    endpoint: EndpointHandle,
  ): boolean {
    const covered = this.#covered.get(link.slot);
    if (covered === undefined) return false;
    if (covered.queue.length >= QUEUE_MAX) covered.queue.shift();
    covered.queue.push({ content: bytes.slice(offset, offset + length), endpoint });
    return true;
  }

  /** The link has keys: its slots begin, somewhere in the first one. */
  begin(link: Link): void {
    if (this.#everyUs === 0 || this.#covered.has(link.slot)) return;
    const covered: Covered = { queue: [], timer: NO_TIMER };
    this.#covered.set(link.slot, covered);
    this.#arm(link, covered, 1 + this.#random.below(this.#everyUs));
  }

  /** @returns false if the link is gone. */
  onTimer(link: Link): boolean {
    const covered = this.#covered.get(link.slot);
    if (covered === undefined) return false;
    this.#arm(link, covered, this.#everyUs);
    const next = covered.queue.shift();
    this.#transmit(link, next?.content ?? DUMMY, next?.endpoint ?? link.endpoint);
    return true;
  }

  end(link: Link): void {
    const covered = this.#covered.get(link.slot);
    if (covered === undefined) return;
    this.#host.cancelTimer(covered.timer);
    this.#covered.delete(link.slot);
  }

  clear(): void {
    this.#covered.clear();
  }

  #arm(link: Link, covered: Covered, delayUs: Micros): void {
    covered.timer = this.#host.setTimer(delayUs, TIMER_COVER, link.slot);
  }
}
