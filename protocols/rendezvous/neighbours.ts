/**
 * Neighbours as witnesses: where each sees us, and whether each has shown to be where we see it.
 *
 * One exchange does both. WHERE goes to the endpoint that the link leads to; whoever returns its random token has got it there, so the endpoint is
 * no forged source, and its SEEN says where it sees us. Only such proven endpoints are told to others (`introducer.ts`). The exchange is repeated
 * with neighbours worth keeping, which also keeps their links from being given up as unused.
 */
import type { Micros, PeerHandle } from '../host.ts';
import type { EndpointHandle } from '../link/host.ts';
import { isUnspecified } from './endpoints.ts';
import type { Ground } from './ground.ts';
import { MESSAGE_SEEN, MESSAGE_WHERE } from './messages.ts';
import { judge, type Verdict, type Voice } from './verdict.ts';
import { PeerBuckets } from './buckets.ts';

/** Neighbours remembered; one without a link gives way. */
const NEIGHBOURS_MAX = 4_096;
/** A proof stands for this many rounds. */
const PROOF_ROUNDS = 2.5;

interface Neighbour {
  /** Token of the WHERE that is out; -1 for none. */
  token: number;
  askedAt: EndpointHandle;
  provenAt: EndpointHandle;
  provenUs: Micros;
  /** Where it sees us. */
  seenAs: Uint8Array | undefined;
}

export class Neighbours {
  /** Whether a neighbour is worth keeping, and worth listening to. */
  keep: (peer: PeerHandle) => boolean = () => true;
  readonly #ground: Ground;
  readonly #local: readonly Uint8Array[];
  readonly #known = new Map<PeerHandle, Neighbour>();
  readonly #questions: PeerBuckets;

  constructor(ground: Ground, local: readonly Uint8Array[]) {
    this.#ground = ground;
    this.#local = local;
    const { questions, questionsAll } = ground.options;
    this.#questions = new PeerBuckets(questions, questionsAll, NEIGHBOURS_MAX);
  }

  eachPeer(visit: (peer: PeerHandle) => void): void {
    for (const peer of this.#known.keys()) visit(peer);
    this.#questions.eachPeer(visit);
  }

  clear(): void {
    this.#known.clear();
  }

  /** Peers with a link that does not lead through somebody else, in the order in which they were met. */
  direct(): PeerHandle[] {
    return [...this.#known.keys()].filter((peer) => this.#ground.directEndpoint(peer) >= 0);
  }

  /** `peer` has a link with us. */
  met(peer: PeerHandle): void {
    let neighbour = this.#known.get(peer);
    if (neighbour === undefined) {
      this.#makeRoom();
      neighbour = { token: -1, askedAt: -1, provenAt: -1, provenUs: 0, seenAs: undefined };
      this.#known.set(peer, neighbour);
    }
    this.ask(peer);
  }

  /** Asks a neighbour where it sees us. */
  ask(peer: PeerHandle): void {
    const neighbour = this.#known.get(peer);
    if (neighbour === undefined || !this.#ground.isOpen(peer)) return;
    neighbour.token = this.#ground.random.uint32();
    // -1 for who is behind a relay: that proves nothing, and keeps the link.
    neighbour.askedAt = this.#ground.directEndpoint(peer);
    this.#ground.say(peer, { type: MESSAGE_WHERE, number: neighbour.token });
  }

  /** Asks all that are worth keeping; forgets those whose link is gone. */
  round(): void {
    for (const peer of [...this.#known.keys()]) {
      if (!this.#ground.isOpen(peer)) this.#known.delete(peer);
      else if (this.keep(peer)) this.ask(peer);
    }
  }

  /** Answers a WHERE. @returns false for one too many. */
  onWhere(peer: PeerHandle, token: number): boolean {
    if (!this.mayAsk(peer)) return false;
    const about = this.#ground.link.about(peer);
    if (about === undefined) return false;
    const endpoint = this.#ground.endpointBytes(about.endpoint);
    this.#ground.say(peer, { type: MESSAGE_SEEN, number: token, endpoint });
    return true;
  }

  /** Whether a small question of `peer` is answered now. */
  mayAsk(peer: PeerHandle): boolean {
    return this.#questions.take(peer, 1, this.#ground.now());
  }

  /** Takes a SEEN. @returns false for an answer to nothing. */
  onSeen(peer: PeerHandle, token: number, endpoint: Uint8Array): boolean {
    const neighbour = this.#known.get(peer);
    if (neighbour?.token !== token) return false;
    neighbour.token = -1;
    if (this.#ground.directEndpoint(peer) !== neighbour.askedAt) return false;
    neighbour.provenAt = neighbour.askedAt;
    neighbour.provenUs = this.#ground.now();
    if (!isUnspecified(endpoint)) neighbour.seenAs = endpoint;
    return true;
  }

  /** The endpoint at which `peer` has proved to be, now; -1 if it has yet to do so. */
  provenEndpoint(peer: PeerHandle): EndpointHandle {
    const neighbour = this.#known.get(peer);
    if (neighbour === undefined || neighbour.provenAt < 0) return -1;
    const ageUs = this.#ground.now() - neighbour.provenUs;
    const current = neighbour.provenAt === this.#ground.directEndpoint(peer);
    return current && ageUs < PROOF_ROUNDS * this.#ground.options.echoEveryUs
      ? neighbour.provenAt
      : -1;
  }

  /** Where `peer` has said that it sees us. */
  seenBy(peer: PeerHandle): Uint8Array | undefined {
    return this.#known.get(peer)?.seenAs;
  }

  verdict(): Verdict {
    return judge(this.#voices(), this.#local, this.#ground.options.agreeing);
  }

  *#voices(): Generator<Voice> {
    for (const [peer, { seenAs }] of this.#known) {
      if (seenAs === undefined || !this.keep(peer) || this.#ground.directEndpoint(peer) < 0)
        continue;
      yield { network: this.#ground.paths.peers.endpointNetwork(peer), endpoint: seenAs };
    }
  }

  #makeRoom(): void {
    if (this.#known.size < NEIGHBOURS_MAX) return;
    for (const [peer] of this.#known) {
      if (this.#ground.isOpen(peer)) continue;
      this.#known.delete(peer);
      return;
    }
    for (const oldest of this.#known.keys()) {
      this.#known.delete(oldest);
      return;
    }
  }
}
