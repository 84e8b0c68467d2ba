/**
 * Can strangers reach this node? Only a stranger can tell.
 *
 * The node asks a neighbour to have one of *its* neighbours knock at the endpoint that the first one sees. A translator that filters lets in only what
 * comes from where something was sent to, so a knock counts if nothing had been sent to its host before. That a knock has come proves much, that
 * none has come little: "no" is said only when several neighbours have passed the question on and nobody came. A stranger's call that succeeded
 * proves the same without asking.
 */
import type { Micros, PeerHandle } from '../host.ts';
import type { EndpointHandle } from '../link/host.ts';
import { OUTCOME_HANDLED, OUTCOME_IGNORED, OUTCOME_REFUSED } from '../outcomes.ts';
import { PeerBuckets } from './buckets.ts';
import { bytesKey, scopeOf } from './endpoints.ts';
import type { Ground } from './ground.ts';
import {
  encodeKnock,
  KNOCK_BYTES,
  MESSAGE_ASKED,
  MESSAGE_CHECK,
  MESSAGE_VISIT,
  NONCE_BYTES,
} from './messages.ts';
import type { Neighbours } from './neighbours.ts';

export type Reachable = 'yes' | 'no' | 'unknown';

const INTRODUCERS_MAX = 1_024;
/** A knock comes within this, or not at all. */
const KNOCK_US = 10_000_000;
/** Callers nothing was sent to before, remembered until their call has succeeded. */
const STRANGERS_MAX = 64;
/** Neighbours that must have asked somebody, for a "no". */
const REFUSALS_MIN = 2;

interface Check {
  /** Who was to send somebody. */
  readonly peer: PeerHandle;
  asked: boolean;
  sentUs: Micros;
}

export class Checks {
  readonly #ground: Ground;
  readonly #neighbours: Neighbours;
  readonly #visits: PeerBuckets;
  /** By nonce. */
  readonly #checks = new Map<string, Check>();
  readonly #strangers = new Map<EndpointHandle, Micros>();
  #startedUs: Micros = -Infinity;
  /** Neighbours asked in this round of checks. */
  #tried: PeerHandle[] = [];
  #reachedUs: Micros = -Infinity;

  constructor(ground: Ground, neighbours: Neighbours) {
    this.#ground = ground;
    this.#neighbours = neighbours;
    const { invited, invitedAll } = ground.options;
    this.#visits = new PeerBuckets(invited, invitedAll, INTRODUCERS_MAX);
  }

  eachPeer(visit: (peer: PeerHandle) => void): void {
    this.#visits.eachPeer(visit);
    this.#tried.forEach(visit);
    for (const { peer } of this.#checks.values()) visit(peer);
  }

  clear(): void {
    this.#checks.clear();
    this.#strangers.clear();
    this.#tried = [];
    this.#startedUs = -Infinity;
    this.#reachedUs = -Infinity;
  }

  /** What is known, and how many neighbours have passed the question on. */
  get result(): { reachable: Reachable; asked: number } {
    const { checkEveryUs } = this.#ground.options;
    const nowUs = this.#ground.now();
    let asked = 0;
    let waiting = false;
    for (const check of this.#checks.values()) {
      if (!check.asked) continue;
      asked++;
      waiting ||= nowUs - check.sentUs < KNOCK_US;
    }
    if (nowUs - this.#reachedUs < 2 * checkEveryUs) return { reachable: 'yes', asked };
    return { reachable: asked >= REFUSALS_MIN && !waiting ? 'no' : 'unknown', asked };
  }

  /** From time to time: asks one more neighbour, or begins anew. */
  round(): void {
    const { options, random } = this.#ground;
    const { checkEveryUs, checksMax } = options;
    const nowUs = this.#ground.now();
    if (nowUs - this.#startedUs >= checkEveryUs) {
      this.#startedUs = nowUs;
      this.#tried = [];
      this.#checks.clear();
    }
    for (const peer of this.#neighbours.direct()) {
      if (this.#tried.length >= checksMax) return;
      if (this.#tried.includes(peer) || !this.#neighbours.keep(peer)) continue;
      this.#tried.push(peer);
      const nonce = new Uint8Array(NONCE_BYTES);
      random.fill(nonce, 0, NONCE_BYTES);
      this.#checks.set(bytesKey(nonce), { peer, asked: false, sentUs: nowUs });
      this.#ground.say(peer, { type: MESSAGE_CHECK, nonce });
    }
  }

  /** `from` wants to know whether others reach it: one of another network is asked to try. */
  onCheck(from: PeerHandle, nonce: Uint8Array): number {
    const { random, paths } = this.#ground;
    const endpoint = this.#neighbours.provenEndpoint(from);
    if (endpoint < 0 || !this.#neighbours.mayAsk(from)) return OUTCOME_REFUSED;
    const network = paths.peers.endpointNetwork(from);
    const others = this.#neighbours
      .direct()
      .filter((peer) => peer !== from && paths.peers.endpointNetwork(peer) !== network);
    if (others.length === 0) return OUTCOME_IGNORED;
    const visitor = others[random.below(others.length)]!;
    const bytes = this.#ground.endpointBytes(endpoint);
    this.#ground.say(visitor, { type: MESSAGE_VISIT, nonce, endpoint: bytes });
    this.#ground.say(from, { type: MESSAGE_ASKED, nonce });
    return OUTCOME_HANDLED;
  }

  onAsked(nonce: Uint8Array): number {
    const check = this.#checks.get(bytesKey(nonce));
    if (check === undefined) return OUTCOME_IGNORED;
    check.asked = true;
    return OUTCOME_HANDLED;
  }

  /** A neighbour wants us to knock somewhere. */
  onVisit(via: PeerHandle, nonce: Uint8Array, bytes: Uint8Array): number {
    const { paths } = this.#ground;
    const theirs = this.#ground.directEndpoint(via);
    if (theirs < 0 || !this.#visits.take(via, 1, this.#ground.now())) return OUTCOME_REFUSED;
    if (scopeOf(bytes) < scopeOf(this.#ground.endpointBytes(theirs))) return OUTCOME_REFUSED;
    const endpoint = paths.endpointAt(bytes, 0);
    if (endpoint < 0) return OUTCOME_REFUSED;
    paths.sendTo(endpoint, encodeKnock(nonce), 0, KNOCK_BYTES);
    return OUTCOME_HANDLED;
  }

  /** A knock, from a host that nothing was sent to before or from another. */
  onKnock(nonce: Uint8Array, stranger: boolean): number {
    const key = bytesKey(nonce);
    const check = this.#checks.get(key);
    if (check === undefined) return OUTCOME_IGNORED;
    if (stranger) this.#reachedUs = this.#ground.now();
    else {
      // Somebody we know already was sent, which says nothing: the neighbour may be asked once more.
      this.#checks.delete(key);
      this.#tried = this.#tried.filter((peer) => peer !== check.peer);
    }
    return OUTCOME_HANDLED;
  }

  /** Somebody nothing was sent to calls from `endpoint`. */
  called(endpoint: EndpointHandle): void {
    this.#strangers.delete(endpoint);
    this.#strangers.set(endpoint, this.#ground.now());
    if (this.#strangers.size > STRANGERS_MAX) {
      for (const oldest of this.#strangers.keys()) {
        this.#strangers.delete(oldest);
        break;
      }
    }
  }

  /** A call has succeeded: a stranger's is as good as a knock, if it has come from as far as our neighbours are. */
  met(peer: PeerHandle): void {
    const endpoint = this.#ground.directEndpoint(peer);
    const calledUs = this.#strangers.get(endpoint);
    if (calledUs === undefined) return;
    this.#strangers.delete(endpoint);
    const scope = scopeOf(this.#ground.endpointBytes(endpoint));
    const farther = this.#neighbours
      .direct()
      .some(
        (other) => scopeOf(this.#ground.endpointBytes(this.#ground.directEndpoint(other))) > scope,
      );
    if (!farther && this.#ground.now() - calledUs < KNOCK_US) this.#reachedUs = this.#ground.now();
  }
}
