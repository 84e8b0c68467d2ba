/**
 * The link: one encrypted conversation with each neighbour, under every datagram of the protocols above.
 *
 * Seen from above it is a `Host`: peers are reached by handle, and whatever is handed up came from the peer it says, since the peer has proved to
 * hold the key of a record signed by the account that its address is made of. Seen from below it speaks to endpoints. Between the two it calls
 * a peer when there is something to send, keeps what waits, answers calls, and replaces keys.
 *
 * Choices. (1) Strangers are called with Noise XX, known peers with IK: a table of contacts carries no keys, and a key that came from
 * a third party would be worth nothing anyway. (2) Who calls from where is never trusted before an answer came back from there: handshakes
 * cost at most what was sent, cookies are asked for under load, and a peer that moves is followed only after it has answered a ping at the
 * new place. (3) Two calls that cross: the one with the smaller index goes on, so both sides decide alike without a word; the other is
 * not torn down before that has worked. (4) Failure is silence, with one exception: who sends under keys that this node has lost (it may have been
 * restarted) is told so. That word is not authentic, so it only makes the other call again, now and then, with its keys kept until that has worked.
 *
 * Transport after WireGuard (Donenfeld 2017) and QUIC (RFC 9000 §8, §9).
 */
import { readUint32 } from '../codec/bytes.ts';
import { WIRE_BYTES_MAX, type HostedNode, type MessageHost, type PeerHandle } from '../host.ts';
import {
  OUTCOME_HANDLED,
  OUTCOME_IGNORED,
  OUTCOME_MALFORMED,
  OUTCOME_REFUSED,
} from '../outcomes.ts';
import type { RandomStream } from '../random.ts';
import {
  CLOSED_BY_PEER,
  CLOSED_BY_US,
  CLOSED_FOR_ROOM,
  FAILED_NO_ENDPOINT,
  LINK_CLOSED,
  LINK_FAILED,
} from './events.ts';
import { Answers } from './answers.ts';
import { Calls } from './calls.ts';
import { Desk, type LinkIdentity, type Opened } from './desk.ts';
import type { EndpointHandle, LinkedNode, LinkHost } from './host.ts';
import { LinkTable } from './link-table.ts';
import { LostKeys, mayCallAgain } from './lost-keys.ts';
import type { LinkOptions } from './options.ts';
import { pongFor } from './pings.ts';
import { Sender } from './sender.ts';
import { CONTENT_AT, type LinkScratch, type Session } from './session.ts';
import type { Link, LinkView } from './state.ts';
import { TIMER_CALL, TIMER_COVER, TIMER_FLOW, TIMER_RANGE_LINK } from './timers.ts';
import {
  CONTENT_CLOSE,
  CONTENT_FRAMES,
  CONTENT_IDLE,
  CONTENT_PING,
  CONTENT_PONG,
  isLinkContent,
  isWellFormed,
  TYPE_COOKIE,
  TYPE_DATA,
  TYPE_FINISH,
  TYPE_INITIATE,
  TYPE_RESPOND,
  TYPE_UNKNOWN,
  TYPE_VERSIONS,
} from './wire.ts';
import { mayBeMoved, Upkeep } from './upkeep.ts';
import { UpperHost } from './upper-host.ts';

export class LinkLayer implements LinkedNode {
  /** The face shown to the protocols above. */
  readonly host: MessageHost;
  readonly #below: LinkHost;
  readonly #options: LinkOptions;
  readonly #desk: Desk;
  readonly #calls: Calls;
  readonly #answers: Answers;
  readonly #sender: Sender;
  readonly #upkeep: Upkeep;
  readonly #random: RandomStream;
  readonly #links: LinkTable;
  readonly #sessions = new Map<number, { link: Link; session: Session }>();
  #above: HostedNode | undefined;
  readonly #lostKeys = new LostKeys();
  /** Opened content; its own, since what is above may send while it reads. */
  readonly #plain = new Uint8Array(WIRE_BYTES_MAX);

  constructor(below: LinkHost, identity: LinkIdentity, options: LinkOptions, scratch: LinkScratch) {
    this.#below = below;
    this.#links = new LinkTable(below);
    this.#options = options;
    this.#random = below.random('link/index');
    this.#desk = new Desk(below, identity, scratch, {
      opened: this.#opened.bind(this),
      failed: this.#failed.bind(this),
      linkOf: (peer, endpoint) => this.#linkOf(peer, endpoint),
      index: () => this.#freshIndex(),
    });
    this.#calls = new Calls(this.#desk, options);
    this.#answers = new Answers(this.#desk, this.#calls, options);
    this.#sender = new Sender(below, options, scratch, {
      renew: this.#renew.bind(this),
      above: () => this.#above,
    });
    this.#upkeep = new Upkeep(below, options, this.#links, this.#random, {
      transmit: (link, content, endpoint) => {
        this.#sender.transmit(link, link.current!, content, 0, content.length, endpoint);
      },
      busy: (link) => this.#sender.flows.busy(link),
      close: this.#close.bind(this),
    });
    this.host = new UpperHost(below, this);
  }

  /** Sets the node whose datagrams the link carries; once, before `start`. */
  attach(above: HostedNode): void {
    this.#above = above;
  }

  /** Peers with keys. */
  get size(): number {
    return this.#links.all().filter((link) => link.current !== undefined).length;
  }

  /** What is known of a peer by its link: where it is, how far (0 for unknown), its X25519 key once it has introduced itself. */
  about(peer: PeerHandle): LinkView | undefined {
    return this.#links.get(peer);
  }

  /** Begins a new life: the keys of an earlier one are gone with its timers. */
  start(): void {
    this.#links.clear();
    this.#sessions.clear();
    this.#calls.clear();
    this.#answers.clear();
    this.#sender.clear();
    this.#above?.start();
  }

  stop(): void {
    this.#above?.stop();
    for (const link of this.#links.all()) {
      if (link.current !== undefined) this.#sender.sayClosed(link, link.current);
      this.#close(link, CLOSED_BY_US);
    }
  }

  /** Every peer whose handle is kept beyond this input. */
  eachPeer(visit: (peer: PeerHandle) => void): void {
    for (const link of this.#links.all()) visit(link.peer);
    this.#calls.eachPeer(visit);
  }

  send(peer: PeerHandle, bytes: Uint8Array, offset: number, length: number): void {
    const link = this.#links.get(peer) ?? this.#linkOf(peer, this.#below.endpointOf(peer));
    if (link === undefined) {
      this.#below.emit(LINK_FAILED, peer, FAILED_NO_ENDPOINT, 0, 0);
      return;
    }
    if (this.#sender.takes(link, bytes, offset, length)) return;
    const session = link.current;
    if (session !== undefined) {
      this.#sender.use(link, session, bytes, offset, length);
      return;
    }
    link.lastUsedUs = this.#below.now();
    if (link.queue.length >= this.#options.queueDatagrams) link.queue.shift();
    link.queue.push(bytes.slice(offset, offset + length));
    this.#renew(link);
  }

  /** See `MessageHost.sendMessage`. */
  sendMessage(peer: PeerHandle, stream: number, message: Uint8Array): boolean {
    const link = this.#links.get(peer) ?? this.#linkOf(peer, this.#below.endpointOf(peer));
    if (link === undefined) return false;
    link.lastUsedUs = this.#below.now();
    return this.#sender.flows.offer(link, stream, message);
  }

  /** Looks for a peer at an endpoint where others see it: calls it there, or asks by a ping if there are keys. */
  reach(peer: PeerHandle, endpoint: EndpointHandle): void {
    const link = this.#linkOf(peer, endpoint);
    if (link?.current !== undefined) this.#upkeep.probe(link, endpoint);
    else if (link !== undefined) {
      this.#calls.abandon(link);
      this.#links.move(link, endpoint);
      this.#calls.call(link);
    }
  }

  onDatagram(endpoint: EndpointHandle, bytes: Uint8Array, offset: number, length: number): number {
    if (length < 1 || !isWellFormed(bytes, offset, length)) return OUTCOME_MALFORMED;
    switch (bytes[offset]) {
      case TYPE_DATA:
        return this.#onData(endpoint, bytes, offset, length);
      case TYPE_INITIATE:
        return this.#answers.onInitiate(endpoint, bytes, offset);
      case TYPE_RESPOND:
        return this.#calls.onRespond(endpoint, bytes, offset);
      case TYPE_FINISH:
        return this.#onFinish(endpoint, bytes, offset);
      case TYPE_COOKIE:
        return this.#calls.onCookie(endpoint, bytes, offset);
      case TYPE_VERSIONS:
        return this.#calls.onVersions(endpoint, bytes, offset);
      case TYPE_UNKNOWN:
        return this.#onUnknown(endpoint, bytes, offset);
      default:
        return OUTCOME_MALFORMED;
    }
  }

  onTimer(kind: number, argument: number): number {
    if (kind >>> 8 !== TIMER_RANGE_LINK)
      return this.#above?.onTimer(kind, argument) ?? OUTCOME_IGNORED;
    if (kind === TIMER_CALL) return this.#calls.onTimer(argument);
    if (kind === TIMER_FLOW)
      return this.#sender.flows.onTimer(argument) ? OUTCOME_HANDLED : OUTCOME_IGNORED;
    const link = this.#links.bySlot(argument);
    if (link === undefined) return OUTCOME_IGNORED;
    if (kind === TIMER_COVER)
      return this.#sender.cover.onTimer(link) ? OUTCOME_HANDLED : OUTCOME_IGNORED;
    return this.#upkeep.onTimer(link);
  }

  #onData(endpoint: EndpointHandle, bytes: Uint8Array, offset: number, length: number): number {
    const found = this.#sessions.get(readUint32(bytes, offset + 1));
    if (found === undefined) return this.#onOtherData(endpoint, bytes, offset, length);
    const { link, session } = found;
    const elsewhere = endpoint !== link.endpoint;
    if (elsewhere && !mayBeMoved(link, this.#below.now())) return OUTCOME_REFUSED;
    const before = session.window.highest;
    const content = session.open(bytes, offset, length, this.#plain);
    if (content < 0) {
      if (elsewhere) link.strays++;
      return OUTCOME_REFUSED;
    }
    link.lastReceivedUs = this.#below.now();
    if (session === link.next) this.#promote(link, session);
    if (session === link.current) this.#calls.confirmed(link);
    if (elsewhere && session.window.highest > before) this.#upkeep.probe(link, endpoint);
    if (content === 0) return OUTCOME_HANDLED;
    if (isLinkContent(this.#plain[CONTENT_AT]!))
      return this.#onLinkContent(link, endpoint, content);
    link.lastUsedUs = link.lastReceivedUs;
    return this.#above?.onDatagram(link.peer, this.#plain, CONTENT_AT, content) ?? OUTCOME_IGNORED;
  }

  #onFinish(endpoint: EndpointHandle, bytes: Uint8Array, offset: number): number {
    const outcome = this.#answers.onFinish(endpoint, bytes, offset);
    for (const early of this.#answers.takeEarly())
      this.onDatagram(endpoint, early, 0, early.length);
    return outcome;
  }

  /** DATA under no keys of ours: of a handshake about to finish, or of another life, which the sender is told. */
  #onOtherData(
    endpoint: EndpointHandle,
    bytes: Uint8Array,
    offset: number,
    length: number,
  ): number {
    const index = readUint32(bytes, offset + 1);
    if (this.#answers.keepEarly(index, bytes, offset, length)) return OUTCOME_HANDLED;
    const told = this.#lostKeys.tell(this.#below.now(), bytes, offset);
    if (told === undefined) return OUTCOME_IGNORED;
    this.#below.sendTo(endpoint, told, 0, told.length);
    return OUTCOME_REFUSED;
  }

  #onUnknown(endpoint: EndpointHandle, bytes: Uint8Array, offset: number): number {
    const link = this.#links.byRemoteIndex(readUint32(bytes, offset + 4));
    if (!mayCallAgain(link, endpoint, this.#below.now())) return OUTCOME_IGNORED;
    this.#calls.call(link);
    return OUTCOME_HANDLED;
  }

  #onLinkContent(link: Link, endpoint: EndpointHandle, length: number): number {
    const session = link.current;
    if (session === undefined) return OUTCOME_IGNORED;
    switch (this.#plain[CONTENT_AT]) {
      case CONTENT_FRAMES:
        link.lastUsedUs = link.lastReceivedUs;
        return this.#sender.flows.onFrames(link, this.#plain, CONTENT_AT, length)
          ? OUTCOME_HANDLED
          : OUTCOME_MALFORMED;
      case CONTENT_PING: {
        const pong = pongFor(this.#plain, CONTENT_AT, length);
        if (pong === undefined) return OUTCOME_MALFORMED;
        // To where the ping came from, which is what it asks about.
        this.#sender.transmit(link, session, pong, 0, pong.length, endpoint);
        return OUTCOME_HANDLED;
      }
      case CONTENT_PONG:
        return this.#upkeep.onPong(link, endpoint, this.#plain, length);
      case CONTENT_CLOSE:
        this.#close(link, CLOSED_BY_PEER);
        return OUTCOME_HANDLED;
      default:
        return OUTCOME_HANDLED;
    }
  }

  #renew(link: Link): void {
    if (link.call === undefined) this.#calls.call(link);
  }

  #linkOf(peer: PeerHandle, endpoint: EndpointHandle): Link | undefined {
    const known = this.#links.get(peer);
    if (known !== undefined) return known;
    if (endpoint < 0 || peer === this.#below.self) return undefined;
    if (this.#links.size >= this.#options.linksMax) {
      const oldest = this.#links.leastUsed();
      if (oldest !== undefined) this.#close(oldest, CLOSED_FOR_ROOM);
    }
    const link = this.#links.add(peer, endpoint, this.#below.now());
    this.#upkeep.arm(link);
    return link;
  }

  #close(link: Link, reason: number): void {
    this.#calls.abandon(link);
    for (const session of [link.current, link.next, link.previous]) this.#drop(session);
    this.#below.cancelTimer(link.timer);
    this.#links.remove(link);
    this.#sender.end(link);
    if (link.current !== undefined) this.#below.emit(LINK_CLOSED, link.peer, reason, 0, 0);
  }

  #drop(session: Session | undefined): void {
    if (session === undefined) return;
    this.#sessions.delete(session.localIndex);
    session.forget();
  }

  #opened({ link, session, endpoint }: Opened): void {
    this.#sessions.set(session.localIndex, { link, session });
    if (!session.confirmed) {
      // Called by the peer with its first message alone: it may be a repetition, so nothing changes until it uses the keys.
      this.#drop(link.next);
      link.next = session;
      return;
    }
    // The peer's call has come through first: ours has nothing left to do.
    if (link.call !== undefined && link.call.localIndex !== session.localIndex)
      this.#calls.abandon(link);
    this.#links.move(link, endpoint);
    this.#install(link, session);
    // Whoever answered must learn that we have the keys too.
    if (link.queue.length === 0)
      this.#sender.transmit(link, session, Uint8Array.of(CONTENT_IDLE), 0, 1);
    this.#flush(link);
  }

  #promote(link: Link, session: Session): void {
    link.next = undefined;
    this.#install(link, session);
    this.#calls.abandon(link);
    this.#flush(link);
  }

  #install(link: Link, session: Session): void {
    this.#drop(link.previous);
    link.previous = link.current;
    link.current = session;
    this.#sender.cover.begin(link);
    link.lastReceivedUs = this.#below.now();
    this.#above?.onPeer?.(link.peer);
  }

  #flush(link: Link): void {
    const { queue } = link;
    link.queue = [];
    for (const content of queue) this.send(link.peer, content, 0, content.length);
    this.#sender.flows.ready(link);
  }

  #failed(link: Link, reason: number, attempts: number): void {
    this.#below.emit(LINK_FAILED, link.peer, reason, attempts, 0);
    link.queue = [];
    // With keys in use a failed renewal changes nothing yet; without, there is nothing left to keep.
    if (link.current === undefined) this.#close(link, CLOSED_BY_US);
  }

  #freshIndex(): number {
    for (;;) {
      const index = this.#random.uint32();
      if (!this.#sessions.has(index) && !this.#calls.has(index) && !this.#answers.has(index))
        return index;
    }
  }
}
