/** The flows of one node's links: made when first needed, kept as long as the link. */
import { NO_TIMER, type HostedNode, type TimerId } from '../../host.ts';
import type { RandomStream } from '../../random.ts';
import { LINK_MESSAGES_DROPPED, LINK_RESENT } from '../events.ts';
import type { LinkHost } from '../host.ts';
import type { Session } from '../session.ts';
import type { Link } from '../state.ts';
import { TIMER_FLOW } from '../timers.ts';
import { Flow } from './flow.ts';
import { InboxBudget } from './inbox.ts';

/** Carries datagrams that are to arrive (`LinkOptions.retransmitTypes`), as they come. */
export const DATAGRAM_STREAM = 0xffff;

/** What the link does for its flows. */
export interface FlowOwner {
  transmit(link: Link, session: Session, content: Uint8Array, length: number): void;
  /** Has keys made for a link that has none. */
  call(link: Link): void;
  /** Whom messages are for. */
  above(): HostedNode | undefined;
}

export class Flows {
  readonly #host: LinkHost;
  readonly #owner: FlowOwner;
  readonly #random: RandomStream;
  readonly #budget: InboxBudget;
  readonly #flows = new Map<number, { flow: Flow; link: Link }>();

  /** @param memoryBytes most bytes of messages that all peers together may have begun. */
  constructor(host: LinkHost, owner: FlowOwner, memoryBytes: number) {
    this.#host = host;
    this.#owner = owner;
    this.#random = host.random('link/flow');
    this.#budget = new InboxBudget(memoryBytes);
  }

  offer(link: Link, stream: number, message: Uint8Array): boolean {
    return this.#of(link).offer(stream, message);
  }

  onFrames(link: Link, bytes: Uint8Array, at: number, length: number): boolean {
    return this.#of(link).onFrames(bytes, at, length);
  }

  onTimer(slot: number): boolean {
    const entry = this.#flows.get(slot);
    if (entry === undefined) return false;
    entry.flow.onTimer();
    return true;
  }

  /** There are keys. */
  ready(link: Link): void {
    this.#flows.get(link.slot)?.flow.ready();
  }

  /** Whether messages wait for an answer of the peer. */
  busy(link: Link): boolean {
    return this.#flows.get(link.slot)?.flow.busy ?? false;
  }

  about(link: Link): Flow | undefined {
    return this.#flows.get(link.slot)?.flow;
  }

  close(link: Link): void {
    const entry = this.#flows.get(link.slot);
    if (entry === undefined) return;
    this.#flows.delete(link.slot);
    const dropped = entry.flow.close();
    if (dropped > 0) this.#dropped(link, dropped);
  }

  clear(): void {
    for (const { flow } of this.#flows.values()) flow.close();
    this.#flows.clear();
  }

  #dropped(link: Link, messages: number): void {
    this.#host.emit(LINK_MESSAGES_DROPPED, link.peer, messages, 0, 0);
    this.#owner.above()?.onDropped?.(link.peer, messages);
  }

  #of(link: Link): Flow {
    const known = this.#flows.get(link.slot);
    if (known !== undefined) return known.flow;
    const host = this.#host;
    let timer: TimerId = NO_TIMER;
    const flow = new Flow(
      {
        now: () => host.now(),
        life: () => this.#random.uint32(),
        transmit: (content, length) => {
          const { current } = link;
          if (current === undefined) this.#owner.call(link);
          else this.#owner.transmit(link, current, content, length);
          return current !== undefined;
        },
        deliver: (stream, bytes) => {
          const above = this.#owner.above();
          if (stream === DATAGRAM_STREAM) above?.onDatagram(link.peer, bytes, 0, bytes.length);
          else above?.onMessage?.(link.peer, stream, bytes);
        },
        writable: () => {
          this.#owner.above()?.onWritable?.(link.peer);
        },
        dropped: (messages) => {
          this.#dropped(link, messages);
        },
        resent: (pieces) => {
          host.emit(LINK_RESENT, link.peer, pieces, 0, 0);
        },
        arm: (delayUs) => {
          host.cancelTimer(timer);
          timer = delayUs < 0 ? NO_TIMER : host.setTimer(delayUs, TIMER_FLOW, link.slot);
        },
      },
      this.#budget,
    );
    this.#flows.set(link.slot, { flow, link });
    return flow;
  }
}
