/**
 * The link of a node that may sit behind a translator of addresses, or talk to one that does.
 *
 * It has the link's two faces, a host of peers for the protocols above and datagrams of endpoints below, and stands in the same place. Inside, the link
 * runs between two layers of the rendezvous: `Paths` beneath it, which knows endpoints that are no places, and this class above it, which takes the
 * rendezvous' own messages out of what comes in. The link itself knows of neither. Parts: `neighbours.ts` (where are we, who is where), `verdict.ts`
 * (what that means), `checks.ts` (can strangers reach us), `efforts.ts` (reaching somebody), `introducer.ts` (helping others), `messages.ts` (the wire).
 *
 * What strangers and liars can do: an endpoint is announced only when several networks agree on it; others are sent to where an introducer says only a
 * few datagrams at a time and after asking both; a relay carries a bounded number of bytes, which it cannot read.
 */
import type { Host, HostedNode, PeerHandle } from '../host.ts';
import { ENDPOINT_BYTES } from '../identity/peer-book.ts';
import type { LinkIdentity } from '../link/desk.ts';
import type { EndpointHandle, LinkedNode } from '../link/host.ts';
import { LinkLayer } from '../link/machine.ts';
import type { LinkOptions } from '../link/options.ts';
import type { LinkScratch } from '../link/session.ts';
import type { LinkView } from '../link/state.ts';
import { TYPE_INITIATE } from '../link/wire.ts';
import {
  OUTCOME_HANDLED,
  OUTCOME_IGNORED,
  OUTCOME_MALFORMED,
  OUTCOME_REFUSED,
} from '../outcomes.ts';
import { Checks, type Reachable } from './checks.ts';
import { Efforts } from './efforts.ts';
import { sameBytes } from './endpoints.ts';
import { ENDPOINT_ANNOUNCED } from './events.ts';
import { Ground, type RendezvousCounters } from './ground.ts';
import type { RendezvousHost } from './host.ts';
import { Introducer } from './introducer.ts';
import {
  DATAGRAM_KNOCK,
  decodeKnock,
  decodeRendezvous,
  isRendezvous,
  MESSAGE_ACCEPT,
  MESSAGE_ASKED,
  MESSAGE_CHECK,
  MESSAGE_DECLINE,
  MESSAGE_GONE,
  MESSAGE_INTRODUCE,
  MESSAGE_INVITE,
  MESSAGE_MEET,
  MESSAGE_REFUSE,
  MESSAGE_RELAY,
  MESSAGE_SEEN,
  MESSAGE_VISIT,
  MESSAGE_WHERE,
  RELAY_HEADER_BYTES,
  type RendezvousMessage,
} from './messages.ts';
import { Neighbours } from './neighbours.ts';
import type { RendezvousOptions } from './options.ts';
import { Paths } from './paths.ts';
import type { RendezvousPolicy } from './policy.ts';
import { TIMER_EFFORT, TIMER_RANGE_RENDEZVOUS, TIMER_ROUND } from './timers.ts';
import type { Mapping } from './verdict.ts';

/** Rounds that follow each other quickly after the start, and after each of which the wait doubles up to `echoEveryUs`. */
const FIRST_ROUND_US = 3_000_000;
/** Voices that must show another port each before an announced endpoint is taken back. */
const WITHDRAWING = 3;

export interface ReachableSettings {
  identity: LinkIdentity;
  link: LinkOptions;
  scratch: LinkScratch;
  rendezvous: RendezvousOptions;
  policy: RendezvousPolicy;
  /** Endpoints of the node's own sockets, 18 bytes each: who is seen there sits behind nothing. */
  local: readonly Uint8Array[];
  /** Signs a new record with another endpoint (all zero for none); absent where the endpoint is fixed. */
  sign?: (endpoint: Uint8Array) => Uint8Array;
}

/** What a node knows of its own place. */
export interface Whereabouts {
  mapping: Mapping;
  /** Where several networks see it, 18 bytes. */
  seenAs: Uint8Array | undefined;
  /** Networks that have said where they see it. */
  voices: number;
  reachable: Reachable;
  /** Neighbours that have asked somebody to try. */
  asked: number;
}

/** How a peer is reached. */
export type Way = 'direct' | 'relay' | 'none';

export class ReachableLink implements LinkedNode {
  readonly #paths: Paths;
  readonly #link: LinkLayer;
  readonly #ground: Ground;
  readonly #neighbours: Neighbours;
  readonly #introducer: Introducer;
  readonly #efforts: Efforts;
  readonly #checks: Checks;
  readonly #identity: LinkIdentity;
  readonly #sign: ((endpoint: Uint8Array) => Uint8Array) | undefined;
  #announced: Uint8Array | undefined;
  #roundUs = FIRST_ROUND_US;
  #above: HostedNode | undefined;

  constructor(below: RendezvousHost, settings: ReachableSettings) {
    const { identity, link, scratch, rendezvous, policy, local, sign } = settings;
    this.#identity = identity;
    this.#sign = sign;
    this.#paths = new Paths(below, rendezvous.pathsMax);
    this.#link = new LinkLayer(this.#paths, identity, link, scratch);
    this.#ground = new Ground(this.#link, this.#paths, rendezvous, policy);
    this.#neighbours = new Neighbours(this.#ground, local);
    this.#introducer = new Introducer(this.#ground, this.#neighbours);
    this.#efforts = new Efforts(this.#ground, this.#neighbours);
    this.#checks = new Checks(this.#ground, this.#neighbours);
    this.#paths.owner = {
      calling: (peer) => this.#efforts.calling(peer),
      frame: (via, bytes, length) => {
        // A relay behind a relay would be a way without end.
        if (this.#ground.directEndpoint(via) >= 0) this.#link.send(via, bytes, 0, length);
      },
    };
    this.#link.attach({
      start: () => {
        this.#above?.start();
      },
      stop: () => {
        this.#above?.stop();
      },
      onDatagram: (from, bytes, offset, length) => this.#onContent(from, bytes, offset, length),
      onTimer: (kind, argument) => this.#onTimer(kind, argument),
      onPeer: (peer) => {
        this.#onPeer(peer);
      },
    });
  }

  /** The face shown to the protocols above. */
  get host(): Host {
    return this.#link.host;
  }

  /** Peers with keys. */
  get size(): number {
    return this.#link.size;
  }

  /** Sets the node above; `keep` says which neighbours are worth keeping a link with, and listening to. Once, before `start`. */
  attach(above: HostedNode, keep?: (peer: PeerHandle) => boolean): void {
    this.#above = above;
    if (keep !== undefined) this.#neighbours.keep = keep;
  }

  /** Every peer whose handle is kept beyond this input, some more than once; what is above keeps its own. */
  eachPeer(visit: (peer: PeerHandle) => void): void {
    visit(this.#paths.self);
    this.#link.eachPeer(visit);
    this.#paths.eachPeer(visit);
    this.#neighbours.eachPeer(visit);
    this.#introducer.eachPeer(visit);
    this.#efforts.eachPeer(visit);
    this.#checks.eachPeer(visit);
  }

  about(peer: PeerHandle): LinkView | undefined {
    return this.#link.about(peer);
  }

  wayTo(peer: PeerHandle): Way {
    if (!this.#ground.isOpen(peer)) return 'none';
    return this.#ground.directEndpoint(peer) >= 0 ? 'direct' : 'relay';
  }

  whereabouts(): Whereabouts {
    const { mapping, endpoint, voices } = this.#neighbours.verdict();
    return { mapping, seenAs: endpoint, voices, ...this.#checks.result };
  }

  /** Where one neighbour says that it sees us. */
  seenBy(peer: PeerHandle): Uint8Array | undefined {
    return this.#neighbours.seenBy(peer);
  }

  /** A copy of what was counted. */
  counters(): RendezvousCounters {
    return { ...this.#ground.counters };
  }

  /** What is in memory now. */
  usage(): { efforts: number; pending: number; channels: number; paths: number; aims: number } {
    return { efforts: this.#efforts.size, ...this.#introducer.usage, ...this.#paths.usage };
  }

  // ---- LinkedNode ----

  start(): void {
    this.#neighbours.clear();
    this.#introducer.clear();
    this.#efforts.clear();
    this.#checks.clear();
    this.#roundUs = FIRST_ROUND_US;
    this.#paths.setTimer(this.#roundUs, TIMER_ROUND, 0);
    this.#link.start();
  }

  stop(): void {
    this.#link.stop();
  }

  onDatagram(endpoint: EndpointHandle, bytes: Uint8Array, offset: number, length: number): number {
    const stranger = this.#paths.heard(endpoint);
    if (length < 1) return OUTCOME_MALFORMED;
    if (bytes[offset] === DATAGRAM_KNOCK) {
      const nonce = decodeKnock(bytes, offset, length);
      return nonce === undefined ? OUTCOME_MALFORMED : this.#checks.onKnock(nonce, stranger);
    }
    if (stranger && bytes[offset] === TYPE_INITIATE) this.#checks.called(endpoint);
    return this.#link.onDatagram(endpoint, bytes, offset, length);
  }

  onTimer(kind: number, argument: number): number {
    return this.#link.onTimer(kind, argument);
  }

  // ---- above the link ----

  #onTimer(kind: number, argument: number): number {
    if (kind >>> 8 !== TIMER_RANGE_RENDEZVOUS)
      return this.#above?.onTimer(kind, argument) ?? OUTCOME_IGNORED;
    if (kind === TIMER_EFFORT) return this.#efforts.onTimer(argument);
    this.#round();
    return OUTCOME_HANDLED;
  }

  #onPeer(peer: PeerHandle): void {
    this.#neighbours.met(peer);
    this.#checks.met(peer);
    this.#efforts.met(peer);
    this.#above?.onPeer?.(peer);
  }

  #round(): void {
    this.#neighbours.round();
    this.#checks.round();
    this.#announce();
    this.#roundUs = Math.min(this.#ground.options.echoEveryUs, 2 * this.#roundUs);
    this.#paths.setTimer(this.#roundUs, TIMER_ROUND, 0);
  }

  /** Announces the endpoint that the neighbours agree on, or takes it back when there is none to announce. */
  #announce(): void {
    if (this.#sign === undefined) return;
    const { mapping, endpoint, voices } = this.#neighbours.verdict();
    if (endpoint === undefined && !(mapping === 'address-dependent' && voices >= WITHDRAWING))
      return;
    const announced = endpoint ?? new Uint8Array(ENDPOINT_BYTES);
    if (this.#announced !== undefined && sameBytes(this.#announced, announced)) return;
    this.#identity.record = this.#sign(announced);
    this.#announced = announced;
    this.#paths.peers.updateEndpoint(this.#paths.self, announced, 0);
    this.#paths.emit(ENDPOINT_ANNOUNCED, endpoint === undefined ? 0 : 1, 0, 0, 0);
  }

  #onContent(from: PeerHandle, bytes: Uint8Array, offset: number, length: number): number {
    if (length < 1 || !isRendezvous(bytes[offset]!))
      return this.#above?.onDatagram(from, bytes, offset, length) ?? OUTCOME_IGNORED;
    const message = decodeRendezvous(bytes, offset, length);
    if (message === undefined) return OUTCOME_MALFORMED;
    return message.type === MESSAGE_RELAY
      ? this.#onRelay(from, message.number, message.part, bytes, offset, length)
      : this.#onMessage(from, message);
  }

  #onMessage(
    from: PeerHandle,
    message: Exclude<RendezvousMessage, { type: typeof MESSAGE_RELAY }>,
  ): number {
    switch (message.type) {
      case MESSAGE_WHERE:
        return outcome(this.#neighbours.onWhere(from, message.number));
      case MESSAGE_SEEN: {
        const taken = this.#neighbours.onSeen(from, message.number, message.endpoint);
        if (taken) this.#announce();
        return outcome(taken);
      }
      case MESSAGE_INTRODUCE:
        return this.#introducer.onIntroduce(from, message.number, message.address);
      case MESSAGE_ACCEPT:
        return this.#introducer.onAccept(from, message.number);
      case MESSAGE_DECLINE:
        return this.#introducer.onDecline(from, message.number);
      case MESSAGE_INVITE:
        return this.#efforts.onInvite(from, message);
      case MESSAGE_MEET:
        return this.#efforts.onMeet(from, message);
      case MESSAGE_REFUSE:
        return this.#efforts.onRefuse(from, message.number, message.reason);
      case MESSAGE_GONE:
        return this.#onGone(from, message.number);
      case MESSAGE_CHECK:
        return this.#checks.onCheck(from, message.nonce);
      case MESSAGE_ASKED:
        return this.#checks.onAsked(message.nonce);
      case MESSAGE_VISIT:
        return this.#checks.onVisit(from, message.nonce, message.endpoint);
    }
  }

  /** A frame is for us if the neighbour has given us its channel, else for somebody that we relay for. */
  #onRelay(
    from: PeerHandle,
    channel: number,
    part: number,
    bytes: Uint8Array,
    offset: number,
    length: number,
  ): number {
    const path = this.#paths.find(from, channel);
    if (path === undefined) return this.#introducer.onRelay(from, channel, bytes, offset, length);
    const at = offset + RELAY_HEADER_BYTES;
    const datagram = this.#paths.assemble(path, part, bytes, at, length - RELAY_HEADER_BYTES);
    if (datagram === undefined) return OUTCOME_HANDLED;
    // Only from a neighbour of our own, so a frame can hold a frame no deeper than once.
    if (this.#ground.directEndpoint(from) < 0) return OUTCOME_REFUSED;
    return this.#link.onDatagram(path.handle, datagram, 0, datagram.length);
  }

  #onGone(from: PeerHandle, channel: number): number {
    const path = this.#paths.find(from, channel);
    if (path === undefined || path.gone) return OUTCOME_IGNORED;
    path.gone = true;
    if (this.#link.about(path.peer)?.endpoint === path.handle) this.#efforts.lost(path.peer);
    return OUTCOME_HANDLED;
  }
}

function outcome(taken: boolean): number {
  return taken ? OUTCOME_HANDLED : OUTCOME_REFUSED;
}
