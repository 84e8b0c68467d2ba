/**
 * Reaching somebody: wait for the direct call, ask a common neighbour, punch, go through a relay, and try again for something better.
 *
 *     waiting -> asking -> punching -> relaying -> resting -> asking ...
 *                  |          |            |
 *                  +----------+------------+--> next introducer, or pausing
 *
 * *Punching* (Ford, Srisuresh & Kegel 2005): both send to where the introducer sees the other, so that each translator lets the other's
 * datagrams in. What they send is what the link would send anyway, a handshake, or a ping under keys that they have already; the link settles calls
 * that cross and follows a peer to where it has answered. Whoever was invited does the same and forgets it when its part is over; whoever
 * asked keeps at it. Each peer has one effort at most.
 */
import { NO_TIMER, type PeerHandle } from '../host.ts';
import { ENDPOINT_BYTES } from '../identity/peer-book.ts';
import { ADDRESS_BYTES, ADDRESS_WORDS, compareDistance } from '../identity/proximity.ts';
import type { EndpointHandle } from '../link/host.ts';
import { OUTCOME_HANDLED, OUTCOME_IGNORED, OUTCOME_REFUSED } from '../outcomes.ts';
import { PeerBuckets } from './buckets.ts';
import type { Effort } from './effort.ts';
import { scopeOf } from './endpoints.ts';
import { PEER_PUNCHED, PEER_RELAYED, PEER_UNREACHED } from './events.ts';
import type { Ground } from './ground.ts';
import {
  MESSAGE_ACCEPT,
  MESSAGE_DECLINE,
  MESSAGE_INTRODUCE,
  type MESSAGE_INVITE,
  REFUSED_NOT_YET,
  type RendezvousMessage,
} from './messages.ts';
import type { Neighbours } from './neighbours.ts';
import { TIMER_EFFORT } from './timers.ts';

/** Introducers whose budgets are remembered. */
const INTRODUCERS_MAX = 1_024;
/** Wait before an introducer that wants a proof first is asked again. */
const NOT_YET_US = 1_000_000;

type Invitation = Extract<RendezvousMessage, { type: typeof MESSAGE_INVITE }>;

export class Efforts {
  readonly #ground: Ground;
  readonly #neighbours: Neighbours;
  readonly #efforts = new Map<PeerHandle, Effort>();
  readonly #invited: PeerBuckets;

  constructor(ground: Ground, neighbours: Neighbours) {
    this.#ground = ground;
    this.#neighbours = neighbours;
    const { invited, invitedAll } = ground.options;
    this.#invited = new PeerBuckets(invited, invitedAll, INTRODUCERS_MAX);
  }

  get size(): number {
    return this.#efforts.size;
  }

  eachPeer(visit: (peer: PeerHandle) => void): void {
    this.#invited.eachPeer(visit);
    for (const { peer, tried, via } of this.#efforts.values()) [peer, via, ...tried].forEach(visit);
  }

  clear(): void {
    this.#efforts.clear();
  }

  /** The link calls `peer`. @returns whether somebody can be asked if it does not answer. */
  calling(peer: PeerHandle): boolean {
    const known = this.#efforts.get(peer);
    if (known !== undefined) return known.phase !== 'pausing';
    if (this.#introducers(peer).length === 0) return false;
    const effort = this.#begin(peer, true);
    if (effort === undefined) return false;
    const nowhere = this.#ground.paths.endpointAt(this.#announced(peer), 0) < 0;
    this.#wake(effort, nowhere ? 1 : this.#ground.options.seekAfterUs);
    return true;
  }

  /** A relay says that it carries nothing to `peer` any more. */
  lost(peer: PeerHandle): void {
    const effort = this.#efforts.get(peer) ?? this.#begin(peer, true);
    if (effort === undefined || !(effort.phase === 'waiting' || effort.phase === 'resting')) return;
    this.#wake(effort, 1);
  }

  /** `peer` has a link with us. */
  met(peer: PeerHandle): void {
    const effort = this.#efforts.get(peer);
    const endpoint = this.#ground.directEndpoint(peer);
    if (endpoint >= 0) this.#ground.paths.proven(endpoint);
    if (effort !== undefined && endpoint >= 0) this.#succeeded(effort);
  }

  /** What an introducer has answered. */
  onMeet(
    via: PeerHandle,
    message: { number: number; channel: number; relay: boolean; endpoint: Uint8Array },
  ): number {
    const effort = this.#asked(via, message.number);
    if (effort === undefined) return OUTCOME_IGNORED;
    const endpoint = this.#placeNamed(message.endpoint, via, effort.peer);
    if (endpoint < 0) {
      this.#next(effort);
      return OUTCOME_REFUSED;
    }
    this.#punch(effort, via, endpoint, message.relay ? message.channel : -1);
    return OUTCOME_HANDLED;
  }

  onRefuse(via: PeerHandle, transaction: number, reason: number): number {
    const effort = this.#asked(via, transaction);
    if (effort === undefined) return OUTCOME_IGNORED;
    if (reason === REFUSED_NOT_YET && effort.ticks < this.#ground.options.introducersMax) {
      effort.ticks++;
      effort.tried.pop();
      this.#wake(effort, NOT_YET_US);
    } else this.#next(effort);
    return OUTCOME_HANDLED;
  }

  /** Somebody wants to meet us, says a neighbour. */
  onInvite(via: PeerHandle, invitation: Invitation): number {
    const { counters, paths } = this.#ground;
    const number = invitation.number;
    const endpoint = this.#considered(via, invitation);
    if (endpoint < 0) {
      counters.declined++;
      // Silence towards a flood; a word to others, who then ask elsewhere.
      if (this.#neighbours.mayAsk(via)) this.#ground.say(via, { type: MESSAGE_DECLINE, number });
      return OUTCOME_REFUSED;
    }
    const peer = paths.peers.intern(invitation.address, 0, invitation.endpoint, 0);
    const known = this.#efforts.get(peer);
    const effort = known ?? this.#begin(peer, false);
    if (effort === undefined) return OUTCOME_REFUSED;
    counters.met++;
    this.#ground.say(via, { type: MESSAGE_ACCEPT, number });
    this.#punch(effort, via, endpoint, invitation.relay ? number : -1);
    return OUTCOME_HANDLED;
  }

  /** Where an acceptable invitation leads, or -1. */
  #considered(via: PeerHandle, { address, endpoint }: Invitation): EndpointHandle {
    const { paths, policy } = this.#ground;
    if (this.#ground.directEndpoint(via) < 0) return -1;
    if (!this.#invited.take(via, 1, this.#ground.now())) return -1;
    const peer = paths.peers.intern(address, 0, endpoint, 0);
    if (peer === paths.self || peer === via || !policy.meet(peer, via)) return -1;
    return this.#placeNamed(endpoint, via, peer);
  }

  onTimer(peer: PeerHandle): number {
    const effort = this.#efforts.get(peer);
    if (effort === undefined) return OUTCOME_IGNORED;
    effort.timer = NO_TIMER;
    switch (effort.phase) {
      case 'waiting':
        if (this.#ground.directEndpoint(peer) >= 0) this.#end(effort);
        else this.#ask(effort);
        break;
      case 'asking':
        this.#ask(effort);
        break;
      case 'punching':
        this.#stillPunching(effort);
        break;
      case 'relaying':
        this.#stillRelaying(effort);
        break;
      case 'resting':
        // A link that nobody uses any more needs no better way.
        if (!this.#ground.isOpen(peer)) this.#end(effort);
        else this.#askAnew(effort);
        break;
      case 'pausing':
        this.#end(effort);
        break;
    }
    return OUTCOME_HANDLED;
  }

  // ---- asking ----

  #askAnew(effort: Effort): void {
    effort.tried = [];
    effort.ticks = 0;
    this.#ask(effort);
  }

  #ask(effort: Effort): void {
    const { options, random, paths } = this.#ground;
    const via = this.#introducers(effort.peer).find((peer) => !effort.tried.includes(peer));
    if (via === undefined || effort.tried.length >= options.introducersMax) {
      this.#failed(effort);
      return;
    }
    effort.phase = 'asking';
    effort.tried.push(via);
    effort.via = via;
    effort.transaction = random.uint32();
    const address = new Uint8Array(ADDRESS_BYTES);
    paths.peers.writeAddress(effort.peer, address, 0);
    this.#ground.say(via, { type: MESSAGE_INTRODUCE, number: effort.transaction, address });
    this.#wake(effort, options.askUs);
  }

  #next(effort: Effort): void {
    effort.ticks = 0;
    this.#ask(effort);
  }

  /** Neighbours that may know `peer`, the nearest to it first: these have it in their neighbourhood. */
  #introducers(peer: PeerHandle): PeerHandle[] {
    const { words } = this.#ground.paths.peers;
    const target = peer * ADDRESS_WORDS;
    return this.#neighbours
      .direct()
      .filter((other) => other !== peer)
      .toSorted((a, b) =>
        compareDistance(words, a * ADDRESS_WORDS, words, b * ADDRESS_WORDS, words, target),
      );
  }

  #asked(via: PeerHandle, transaction: number): Effort | undefined {
    for (const effort of this.#efforts.values()) {
      if (effort.phase === 'asking' && effort.via === via && effort.transaction === transaction)
        return effort;
    }
    return undefined;
  }

  // ---- punching ----

  /**
   * The endpoint that an introducer has named, if it may be sent to: one host's, reaching as far as the introducer's own, so that nobody outside can
   * aim us at what lies inside, and nobody else's that we know.
   */
  #placeNamed(bytes: Uint8Array, via: PeerHandle, peer: PeerHandle): EndpointHandle {
    const theirs = this.#ground.directEndpoint(via);
    if (theirs < 0 || scopeOf(bytes) < scopeOf(this.#ground.endpointBytes(theirs))) return -1;
    const endpoint = this.#ground.paths.endpointAt(bytes, 0);
    const taken = this.#neighbours
      .direct()
      .some((other) => other !== peer && this.#ground.directEndpoint(other) === endpoint);
    return taken ? -1 : endpoint;
  }

  #punch(effort: Effort, via: PeerHandle, endpoint: EndpointHandle, channel: number): void {
    const { options, paths } = this.#ground;
    effort.phase = 'punching';
    effort.via = via;
    effort.endpoint = endpoint;
    effort.relay = channel < 0 ? -1 : paths.open(effort.peer, via, channel);
    effort.ticks = options.punchTicks;
    paths.aim(endpoint, options.unprovenDatagrams);
    this.#ground.link.reach(effort.peer, endpoint);
    this.#wake(effort, options.punchTickUs);
  }

  #stillPunching(effort: Effort): void {
    const { options, link } = this.#ground;
    if (this.#ground.directEndpoint(effort.peer) >= 0) {
      this.#succeeded(effort);
      return;
    }
    if (--effort.ticks > 0) {
      // A call repeats itself; a ping does not.
      if (this.#ground.isOpen(effort.peer)) link.reach(effort.peer, effort.endpoint);
      this.#wake(effort, options.punchTickUs);
      return;
    }
    if (this.#isRelayed(effort)) this.#relayed(effort);
    else if (effort.relay < 0) this.#unpunched(effort);
    else {
      effort.phase = 'relaying';
      effort.ticks = options.punchTicks;
      link.reach(effort.peer, effort.relay);
      this.#wake(effort, options.punchTickUs);
    }
  }

  #stillRelaying(effort: Effort): void {
    if (this.#ground.directEndpoint(effort.peer) >= 0) this.#succeeded(effort);
    else if (this.#isRelayed(effort)) this.#relayed(effort);
    else if (--effort.ticks > 0) {
      if (this.#ground.isOpen(effort.peer)) this.#ground.link.reach(effort.peer, effort.relay);
      this.#wake(effort, this.#ground.options.punchTickUs);
    } else this.#unpunched(effort);
  }

  /** Whether the link goes over a path that works. */
  #isRelayed({ peer }: Effort): boolean {
    const about = this.#ground.link.about(peer);
    const path = about?.current && this.#ground.paths.path(about.endpoint);
    return path !== undefined && !path.gone && this.#ground.directEndpoint(path.via) >= 0;
  }

  // ---- ends ----

  #succeeded(effort: Effort): void {
    if (effort.phase === 'punching' || effort.phase === 'relaying') {
      this.#ground.counters.punched++;
      this.#ground.paths.emit(PEER_PUNCHED, effort.peer, effort.via, 0, 0);
    }
    // Where the peer has proved to be is where it is to be called the next time.
    const endpoint = this.#ground.directEndpoint(effort.peer);
    const { peers } = this.#ground.paths;
    peers.updateEndpoint(effort.peer, this.#ground.endpointBytes(endpoint), 0);
    this.#ground.paths.proven(endpoint);
    this.#end(effort);
  }

  #relayed(effort: Effort): void {
    const { counters, paths, options } = this.#ground;
    if (effort.failures === 0) {
      counters.relayed++;
      paths.emit(PEER_RELAYED, effort.peer, effort.via, 0, 0);
    }
    if (!effort.asker) {
      this.#end(effort);
      return;
    }
    effort.phase = 'resting';
    this.#wake(effort, backoffUs(options, effort.failures++));
  }

  #unpunched(effort: Effort): void {
    if (effort.asker) this.#next(effort);
    else this.#end(effort);
  }

  #failed(effort: Effort): void {
    if (this.#isRelayed(effort)) {
      this.#relayed(effort);
      return;
    }
    const { counters, paths, options } = this.#ground;
    counters.unreached++;
    paths.emit(PEER_UNREACHED, effort.peer, effort.tried.length, 0, 0);
    effort.phase = 'pausing';
    this.#wake(effort, backoffUs(options, effort.failures++));
  }

  #begin(peer: PeerHandle, asker: boolean): Effort | undefined {
    if (this.#efforts.size >= this.#ground.options.effortsMax) return undefined;
    const effort: Effort = {
      peer,
      asker,
      phase: 'waiting',
      tried: [],
      via: -1,
      transaction: -1,
      endpoint: -1,
      relay: -1,
      ticks: 0,
      failures: 0,
      timer: NO_TIMER,
    };
    this.#efforts.set(peer, effort);
    return effort;
  }

  #end(effort: Effort): void {
    this.#ground.paths.cancelTimer(effort.timer);
    this.#efforts.delete(effort.peer);
  }

  #wake(effort: Effort, delayUs: number): void {
    this.#ground.paths.cancelTimer(effort.timer);
    effort.timer = this.#ground.paths.setTimer(delayUs, TIMER_EFFORT, effort.peer);
  }

  #announced(peer: PeerHandle): Uint8Array {
    const bytes = new Uint8Array(ENDPOINT_BYTES);
    this.#ground.paths.peers.writeEndpoint(peer, bytes, 0);
    return bytes;
  }
}

/** Doubles with each failure up to the maximum. */
function backoffUs(
  { upgradeUs, upgradeMaxUs }: { upgradeUs: number; upgradeMaxUs: number },
  failures: number,
): number {
  return Math.min(upgradeMaxUs, upgradeUs * (1 << Math.min(failures, 16)));
}
