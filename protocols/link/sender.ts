/** What leaves the links: sealed, in slots where there is cover, in pieces where it is to arrive for certain. */
import { WIRE_BYTES_MAX, type HostedNode } from '../host.ts';
import { Cover } from './cover.ts';
import { DATAGRAM_STREAM, Flows } from './flow/flows.ts';
import type { EndpointHandle, LinkHost } from './host.ts';
import type { LinkOptions } from './options.ts';
import type { LinkScratch, Session } from './session.ts';
import type { Link } from './state.ts';
import { CONTENT_CLOSE } from './wire.ts';

/** What the owner of the links does for their sender. */
export interface SenderOwner {
  /** Has new keys made, unless that is under way. */
  renew(link: Link): void;
  /** Whom messages are for. */
  above(): HostedNode | undefined;
}

export class Sender {
  readonly flows: Flows;
  readonly cover: Cover;
  readonly #host: LinkHost;
  readonly #options: LinkOptions;
  readonly #scratch: LinkScratch;
  readonly #owner: SenderOwner;

  constructor(host: LinkHost, options: LinkOptions, scratch: LinkScratch, owner: SenderOwner) {
    this.#host = host;
    this.#options = options;
    this.#scratch = scratch;
    this.#owner = owner;
    this.flows = new Flows(
      host,
      {
        transmit: (link, session, content, length) => {
          this.use(link, session, content, 0, length);
        },
        call: (link) => {
          owner.renew(link);
        },
        above: () => owner.above(),
      },
      options.messageMemoryBytes,
    );
    this.cover = new Cover(host, options.coverEveryUs, (link, content, endpoint) => {
      this.#seal(link, link.current!, content, 0, content.length, endpoint, WIRE_BYTES_MAX);
    });
  }

  /** Whether such a datagram of the protocols above is sent as a message instead; if so it is taken care of. */
  takes(link: Link, bytes: Uint8Array, offset: number, length: number): boolean {
    if (!this.#options.retransmitTypes.includes(bytes[offset]!)) return false;
    this.flows.offer(link, DATAGRAM_STREAM, bytes.subarray(offset, offset + length));
    return true;
  }

  /** Sends for the protocols above, which keeps the link alive and has its keys replaced when they are old. */
  use(link: Link, session: Session, bytes: Uint8Array, offset: number, length: number): void {
    const { rekeyAfterUs, rekeyAfterDatagrams } = this.#options;
    this.transmit(link, session, bytes, offset, length);
    link.lastUsedUs = this.#host.now();
    const old = link.lastUsedUs - session.createdUs > rekeyAfterUs;
    if (old || session.sent > rekeyAfterDatagrams) this.#owner.renew(link);
  }

  transmit(
    link: Link,
    session: Session,
    bytes: Uint8Array,
    offset: number,
    length: number,
    endpoint = link.endpoint,
  ): void {
    const waits =
      session === link.current && this.cover.take(link, bytes, offset, length, endpoint);
    if (!waits) this.#seal(link, session, bytes, offset, length, endpoint);
  }

  /** Says goodbye, at once. */
  sayClosed(link: Link, session: Session): void {
    this.#seal(link, session, Uint8Array.of(CONTENT_CLOSE), 0, 1, link.endpoint);
  }

  /** The link is gone. */
  end(link: Link): void {
    this.flows.close(link);
    this.cover.end(link);
  }

  clear(): void {
    this.flows.clear();
    this.cover.clear();
  }

  #seal(
    link: Link,
    session: Session,
    bytes: Uint8Array,
    offset: number,
    length: number,
    endpoint: EndpointHandle,
    size?: number,
  ): void {
    const { out } = this.#scratch;
    const total = session.seal(bytes, offset, length, out, size);
    link.lastSentUs = this.#host.now();
    this.#host.sendTo(endpoint, out, 0, total);
  }
}
