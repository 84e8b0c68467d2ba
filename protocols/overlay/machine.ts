/**
 * The overlay of one node: a Kademlia in which nobody is a contact before it has answered, and everyone in the
 * neighbourhood is one.
 *
 * This class only takes inputs apart and hands them on. Requests and their timeouts are in `requests.ts`, admission and
 * eviction in `contacts.ts`, iterative look-ups in `lookup.ts`, joining, refreshing and healing in `maintenance.ts`; the
 * wire is in `messages.ts`. Source: Maymounkov & Mazières 2002, with Swarm's neighbourhood (network/kademlia.go).
 *
 * What identifies a peer here is the handle that the host gives for the source of a datagram. Until the link encrypts
 * and authenticates, a forged source can make us send a few small datagrams (never more than three times the forger's
 * bytes) and can say LEAVE for somebody else, who comes back with its next message.
 */
import type { Host, PeerHandle } from '../host.ts';
import { ADDRESS_WORDS, compareDistance } from '../identity/proximity.ts';
import {
  OUTCOME_HANDLED,
  OUTCOME_IGNORED,
  OUTCOME_MALFORMED,
  OUTCOME_REFUSED,
} from '../outcomes.ts';
import { Contacts } from './contacts.ts';
import type { SizeEstimate } from './estimate.ts';
import { EVENT_LOOKUP_FINISHED, EVENT_LOOKUP_FOUND } from './events.ts';
import { Lookups, type Lookup } from './lookup.ts';
import { Maintenance } from './maintenance.ts';
import {
  DECODED,
  decodeOverlayMessage,
  encodeLeave,
  encodeNodes,
  encodePing,
  MESSAGE_FIND_NODE,
  MESSAGE_LEAVE,
  MESSAGE_NODES,
  MESSAGE_PING,
  MESSAGE_PONG,
  type OverlayMessage,
} from './messages.ts';
import type { OverlayOptions } from './options.ts';
import type { OverlayPolicy } from './policy.ts';
import {
  OverlayScratch,
  Requests,
  REQUEST_CHECK,
  REQUEST_FIND,
  REQUEST_VERIFY,
} from './requests.ts';
import { RoutingTable } from './table.ts';
import { TIMER_REQUEST } from './timers.ts';

export type { OverlayPolicy } from './policy.ts';

const NO_SEEDS: readonly PeerHandle[] = [];

/**
 * Told when a look-up ends. `found[0..count)` are the nearest peers that answered, nearest first; the array is borrowed. `requests` is
 * how many it took.
 */
export type LookupListener = (
  lookup: number,
  purpose: number,
  found: Int32Array,
  count: number,
  requests: number,
) => void;

export class Overlay {
  readonly table: RoutingTable;
  /** Set by whoever composes the node, if it wants the results of look-ups. */
  onLookupFinished: LookupListener | undefined;
  /** The same for those who want to know when somebody becomes a contact, or is one no more. */
  onContact: ((peer: PeerHandle, isContact: boolean) => void) | undefined;
  readonly #host: Host;
  readonly #options: OverlayOptions;
  readonly #policy: OverlayPolicy;
  readonly #scratch: OverlayScratch;
  readonly #message: OverlayMessage;
  readonly #requests: Requests;
  readonly #contacts: Contacts;
  readonly #lookups: Lookups;
  readonly #maintenance: Maintenance;
  #running = false;

  /** @param scratch buffers that all overlays of one thread may share; own ones when absent (about 1 kB). */
  constructor(
    host: Host,
    options: OverlayOptions,
    policy: OverlayPolicy,
    scratch: OverlayScratch = new OverlayScratch(),
  ) {
    this.table = new RoutingTable(host.peers, host.self);
    this.#host = host;
    this.#options = options;
    this.#policy = policy;
    this.#scratch = scratch;
    this.#message = scratch.message;
    this.#requests = new Requests(host, scratch, options.requestTimeoutUs);
    this.#contacts = new Contacts(host, this.table, options, this.#requests);
    this.#lookups = new Lookups(host, this.table, this.#requests, scratch, options.alpha);
    this.#maintenance = new Maintenance(host, options, this.#contacts, this.#lookups);
    this.#contacts.onChanged = (peer, isContact) => this.onContact?.(peer, isContact);
    this.#contacts.onLost = (bin) => this.#maintenance.onLost(bin);
    this.#lookups.onFinished = (lookup) => this.#lookupFinished(lookup);
    // Whoever is said to live in our neighbourhood we want to know ourselves.
    this.#lookups.onNamed = (peer) => {
      if (this.table.binOf(peer) >= this.#contacts.depth()) this.#contacts.consider(peer);
    };
  }

  /** Comes up: joins through `bootstrap` and the contacts known from before, unless the table was laid out for us. */
  start(bootstrap: readonly PeerHandle[]): void {
    this.#requests.clear();
    this.#lookups.clear();
    this.#running = true;
    this.#maintenance.start(bootstrap);
  }

  /** A peer was seen outside the overlay's own messages: considered as a contact like any other stranger. */
  sighted(peer: PeerHandle): void {
    this.#contacts.consider(peer);
  }

  /** Every peer whose handle is kept beyond this input, some more than once. */
  eachPeer(visit: (peer: PeerHandle) => void): void {
    for (let i = 0; i < this.table.size; i++) visit(this.table.handles[i]!);
    this.#contacts.candidates.eachPeer(visit);
    this.#requests.eachPeer(visit);
    this.#lookups.eachPeer(visit);
    this.#maintenance.eachPeer(visit);
  }

  /** Goes: says LEAVE to every contact, then is silent until `start`. The table is kept. */
  stop(): void {
    const length = encodeLeave(this.#scratch.datagram);
    for (let i = 0; i < this.table.size; i++) {
      this.#host.send(this.table.handles[i]!, this.#scratch.datagram, 0, length);
    }
    this.#maintenance.stop();
    this.#requests.clear();
    this.#lookups.clear();
    this.#running = false;
  }

  /** Neighbourhood depth: the proximity order from which on we know, and are connected to, everyone. */
  depth(): number {
    return this.#contacts.depth();
  }

  /**
   * Starts an iterative look-up of the `bucket` nodes nearest to `targetWords[0..8)` (copied). Ends with the events
   * LOOKUP_FINISHED and LOOKUP_FOUND and a call of `onLookupFinished`, before this returns if there is nobody to ask.
   * @param purpose the caller's own number, from 16 on; it comes back in the event.
   * @returns the look-up's id, or -1 when too many are running.
   */
  lookup(targetWords: Uint32Array, purpose: number): number {
    return this.#lookups.start(targetWords, 0, purpose, this.#options.bucket, NO_SEEDS);
  }

  /** How many nodes there are, from look-ups of random addresses so far; undefined while there are too few. */
  estimateSize(): SizeEstimate | undefined {
    return this.#maintenance.samples.estimate();
  }

  /** @returns an outcome code. The bytes are borrowed. */
  onDatagram(from: PeerHandle, bytes: Uint8Array, offset: number, length: number): number {
    if (!this.#running || from === this.table.self) return OUTCOME_IGNORED;
    const message = this.#message;
    if (decodeOverlayMessage(bytes, offset, length, message) !== DECODED) return OUTCOME_MALFORMED;
    switch (message.type) {
      case MESSAGE_PING: {
        const answer = this.#scratch.datagram;
        const bytesOut = encodePing(MESSAGE_PONG, message.transaction, answer);
        this.#host.send(from, answer, 0, bytesOut);
        this.#contacts.heard(from);
        return OUTCOME_HANDLED;
      }
      case MESSAGE_FIND_NODE:
        return this.#answerFindNode(from, message);
      case MESSAGE_PONG: {
        const row = this.#rowOf(from, message.transaction);
        if (row < 0 || this.#requests.purposeOf(row) === REQUEST_FIND) return OUTCOME_IGNORED;
        this.#requests.close(row);
        this.#contacts.answered(from);
        return OUTCOME_HANDLED;
      }
      case MESSAGE_NODES: {
        const row = this.#rowOf(from, message.transaction);
        if (row < 0 || this.#requests.purposeOf(row) !== REQUEST_FIND) return OUTCOME_IGNORED;
        const lookup = this.#requests.contextOf(row);
        const { count, contactsAt } = message;
        this.#requests.close(row);
        this.#contacts.answered(from);
        this.#lookups.answered(lookup, from, bytes, contactsAt, count);
        return OUTCOME_HANDLED;
      }
      case MESSAGE_LEAVE:
        return this.#contacts.left(from) ? OUTCOME_HANDLED : OUTCOME_IGNORED;
      default:
        return OUTCOME_MALFORMED;
    }
  }

  /** A timer of kind 0x100..0x1ff. @returns an outcome code. */
  onTimer(kind: number, argument: number): number {
    if (!this.#running) return OUTCOME_IGNORED;
    if (kind !== TIMER_REQUEST)
      return this.#maintenance.onTimer(kind) ? OUTCOME_HANDLED : OUTCOME_IGNORED;
    const row = this.#requests.find(argument >>> 0);
    if (row < 0) return OUTCOME_IGNORED;
    const peer = this.#requests.peerOf(row);
    const purpose = this.#requests.purposeOf(row);
    const context = this.#requests.contextOf(row);
    this.#requests.close(row);
    if (purpose === REQUEST_FIND) {
      this.#contacts.failed(peer, 1);
      this.#lookups.failed(context, peer);
    } else if (purpose === REQUEST_CHECK) this.#contacts.failed(peer, context + 1);
    else if (purpose === REQUEST_VERIFY) this.#contacts.candidates.remove(peer);
    return OUTCOME_HANDLED;
  }

  #answerFindNode(from: PeerHandle, message: OverlayMessage): number {
    const { peers } = this.#host;
    const { handles, datagram } = this.#scratch;
    const { transaction, target, count } = message;
    const found = this.#policy.answerFindNode(this.table, peers, from, target, count, handles);
    if (found >= 0) {
      this.#host.send(from, datagram, 0, encodeNodes(transaction, handles, found, peers, datagram));
    }
    this.#contacts.heard(from);
    return found >= 0 ? OUTCOME_HANDLED : OUTCOME_REFUSED;
  }

  /** Row of the open request that `from` was asked under `transaction`; -1 for an answer nobody asked for. */
  #rowOf(from: PeerHandle, transaction: number): number {
    const row = this.#requests.find(transaction);
    return row >= 0 && this.#requests.peerOf(row) === from ? row : -1;
  }

  #lookupFinished(lookup: Lookup): void {
    const host = this.#host;
    const found = lookup.size > 0 ? lookup.handles[0]! : -1;
    const hops = lookup.size > 0 ? lookup.hops[0]! : 0;
    const latencyUs = host.now() - lookup.startedUs;
    host.emit(EVENT_LOOKUP_FINISHED, lookup.purpose, lookup.requests, latencyUs, hops);
    const { words } = host.peers;
    const exact =
      found >= 0 &&
      compareDistance(lookup.target, 0, words, found * ADDRESS_WORDS, lookup.target, 0) === 0;
    host.emit(EVENT_LOOKUP_FOUND, lookup.id, found, lookup.size, exact ? 1 : 0);
    this.onLookupFinished?.(
      lookup.id,
      lookup.purpose,
      lookup.handles,
      lookup.size,
      lookup.requests,
    );
    this.#maintenance.onLookup(lookup);
  }
}
