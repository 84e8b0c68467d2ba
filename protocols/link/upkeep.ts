/**
 * What a link needs without anybody above asking for it: it is kept open, found dead, forgotten when idle, and followed when its peer has moved.
 * A peer is looked for at a new endpoint by a ping, and followed only when the answer comes from there.
 */
import { MICROS_PER_SECOND, type Micros } from '../host.ts';
import { OUTCOME_HANDLED, OUTCOME_IGNORED } from '../outcomes.ts';
import type { RandomStream } from '../random.ts';
import { CLOSED_IDLE, LINK_MIGRATED } from './events.ts';
import type { EndpointHandle, LinkHost } from './host.ts';
import type { LinkTable } from './link-table.ts';
import type { LinkOptions } from './options.ts';
import { makePing, takePong } from './pings.ts';
import { CONTENT_AT } from './session.ts';
import type { Link } from './state.ts';
import { TIMER_LINK } from './timers.ts';

/** Keepalives without an answer after which a peer counts as gone. */
const KEEPALIVES_MISSED = 4;

/** A link that is idle but for messages that wait is looked at again after this long. */
const BUSY_RETRY_US = 1_000_000;

/** What the owner of the links does for their upkeep. */
export interface UpkeepOwner {
  /** Sends a content of the link's own under its current keys. */
  transmit(link: Link, content: Uint8Array, endpoint: EndpointHandle): void;
  /** Whether messages wait for the peer: they are given up before the link is. */
  busy(link: Link): boolean;
  close(link: Link, reason: number): void;
}

export class Upkeep {
  readonly #host: LinkHost;
  readonly #options: LinkOptions;
  readonly #links: LinkTable;
  readonly #random: RandomStream;
  readonly #owner: UpkeepOwner;

  constructor(
    host: LinkHost,
    options: LinkOptions,
    links: LinkTable,
    random: RandomStream,
    owner: UpkeepOwner,
  ) {
    this.#host = host;
    this.#options = options;
    this.#links = links;
    this.#random = random;
    this.#owner = owner;
  }

  /** Sets the link's timer. */
  arm(link: Link): void {
    const { idleUs, keepaliveUs } = this.#options;
    const now = this.#host.now();
    let dueUs = link.lastUsedUs + idleUs;
    if (dueUs <= now) dueUs = now + BUSY_RETRY_US;
    if (keepaliveUs > 0 && link.current !== undefined)
      dueUs = Math.min(dueUs, link.lastSentUs + keepaliveUs);
    else if (keepaliveUs > 0) dueUs = Math.min(dueUs, now + keepaliveUs);
    link.timer = this.#host.setTimer(Math.max(1, dueUs - now), TIMER_LINK, link.slot);
  }

  onTimer(link: Link): number {
    const now = this.#host.now();
    const { idleUs, keepaliveUs } = this.#options;
    const dead = keepaliveUs > 0 && now - link.lastReceivedUs >= KEEPALIVES_MISSED * keepaliveUs;
    const idle = now - link.lastUsedUs >= idleUs;
    if ((idle && !this.#owner.busy(link)) || (dead && link.current !== undefined)) {
      this.#owner.close(link, CLOSED_IDLE);
      return OUTCOME_HANDLED;
    }
    if (keepaliveUs > 0 && link.current !== undefined && now - link.lastSentUs >= keepaliveUs)
      this.probe(link, link.endpoint);
    if (keepaliveUs > 0 && now - link.lastSentUs >= keepaliveUs) link.lastSentUs = now;
    this.arm(link);
    return OUTCOME_HANDLED;
  }

  /** Asks at an endpoint whether the peer is there. */
  probe(link: Link, endpoint: EndpointHandle): void {
    if (link.current === undefined) return;
    const ping = makePing(link, endpoint, this.#random.uint32(), this.#host.now());
    if (ping !== undefined) this.#owner.transmit(link, ping, endpoint);
  }

  /** The content of type CONTENT_PONG in `plain`, which came from `endpoint`. */
  onPong(link: Link, endpoint: EndpointHandle, plain: Uint8Array, length: number): number {
    const answered = takePong(link, plain, CONTENT_AT, length, this.#host.now());
    if (answered < 0) return OUTCOME_IGNORED;
    if (endpoint === answered && endpoint !== link.endpoint) {
      this.#links.move(link, endpoint);
      this.#host.emit(LINK_MIGRATED, link.peer, 0, 0, 0);
    }
    return OUTCOME_HANDLED;
  }
}

/** Forgeries under the keys of a link that are tried in a second, if they do not come from its endpoint. */
const STRAYS_PER_SECOND = 32;

/**
 * Whether DATA from elsewhere is tried now. A peer that has moved sends what opens; whoever has seen an index sends forgeries from anywhere, and trying one costs
 * as much as a handful of honest datagrams.
 */
export function mayBeMoved(link: Link, nowUs: Micros): boolean {
  if (nowUs - link.straysUs >= MICROS_PER_SECOND) {
    link.straysUs = nowUs;
    link.strays = 0;
  }
  return link.strays < STRAYS_PER_SECOND;
}
