/**
 * A global passive observer of link metadata: who sent a datagram to whom, when, how large; no content. It is told of packets only: their
 * size classes are larger than any datagram that keeps the overlay up, so it can tell the two apart.
 *
 * It cuts the traffic into *bursts*, separated by silence. A node whose first event of a burst is an emission has originated something: that
 * is certain, since relays have received before they send. In a burst with one origin there is one wave, so the sender is named, and the
 * recipient is one of those who received a copy.
 *
 * Where waves overlap, datagrams look alike and cannot be attributed, and an origin may hide: a node already touched by another wave looks like
 * a relay when it sends its own message. Approximation: an origin that was visible when a share u of the nodes was touched stands for
 * u / (1 - u) hidden ones (each origin is visible with probability 1 - u, whoever it is), which are spread evenly over the nodes that
 * have both received and sent. Every node that received anything in the burst stays a candidate for every message of it. The claims are
 * scored by log loss like all others.
 */
import { emptyCell, scoreCells, uniformGuess, type Guess, type Judgement } from './judgement.ts';

/** One datagram on one link, as seen at its arrival. */
export interface LinkEvent {
  timeUs: number;
  from: number;
  to: number;
}

/** What is known of one burst when it has ended. */
interface Burst {
  startUs: number;
  endUs: number;
  /** Nodes whose first event was an emission. */
  origins: Set<number>;
  /** Expected number of origins that looked like relays. */
  hidden: number;
  /** Nodes that had received before they first sent. */
  relays: Set<number>;
  receivers: Set<number>;
}

/** A message that the simulator knows to have been sent. */
export interface GlobalTruth {
  sentUs: number;
  sender: number;
  recipient: number;
  /** Some copy of it arrived somewhere; if none did, other traffic of that moment says nothing about it. */
  arrived: boolean;
}

export class GlobalObserver {
  readonly #nodes: number;
  readonly #silenceUs: number;
  readonly #bursts: Burst[] = [];

  /** @param silenceUs two datagrams farther apart than this belong to different bursts; more than the slowest link's delay. */
  constructor(nodes: number, silenceUs: number) {
    this.#nodes = nodes;
    this.#silenceUs = silenceUs;
  }

  /** One datagram; times must not decrease. */
  observe(event: LinkEvent): void {
    let burst = this.#bursts[this.#bursts.length - 1];
    if (burst === undefined || event.timeUs - burst.endUs > this.#silenceUs) {
      burst = {
        startUs: event.timeUs,
        endUs: event.timeUs,
        origins: new Set(),
        hidden: 0,
        relays: new Set(),
        receivers: new Set(),
      };
      this.#bursts.push(burst);
    }
    burst.endUs = event.timeUs;
    const { origins, relays, receivers } = burst;
    if (receivers.has(event.from)) relays.add(event.from);
    else if (!origins.has(event.from)) {
      origins.add(event.from);
      const touched = receivers.size / this.#nodes;
      burst.hidden += touched / Math.max(1 - touched, 1 / this.#nodes);
    }
    receivers.add(event.to);
  }

  /**
   * What the observer concludes about one message after its burst has ended. Messages are judged in the order in which they were sent,
   * so that what lies before them can be forgotten.
   */
  judge(truth: GlobalTruth): Judgement {
    while (this.#bursts.length > 0 && this.#bursts[0]!.endUs < truth.sentUs) this.#bursts.shift();
    const burst = this.#bursts[0];
    if (burst === undefined || !truth.arrived || truth.sentUs < burst.startUs - this.#silenceUs) {
      const prior = uniformGuess(this.#nodes);
      return { seen: false, sender: { ...prior, found: false } };
    }
    const received = burst.receivers.has(truth.recipient);
    return {
      seen: true,
      ...(received ? { receiver: uniformGuess(burst.receivers.size) } : {}),
      sender: judgeOrigin(burst, truth.sender),
    };
  }
}

function judgeOrigin(burst: Burst, sender: number): Guess & { found: boolean } {
  const { origins, relays } = burst;
  const each = (nodes: number, likelihood: number): ReturnType<typeof emptyCell> => ({
    ...emptyCell(likelihood),
    candidates: nodes,
    weight: nodes,
    weightMax: 1,
  });
  const hiddenEach = relays.size === 0 ? 0 : burst.hidden / relays.size;
  const likelihood = origins.has(sender) ? 1 : relays.has(sender) ? hiddenEach : 0;
  const guess = scoreCells([each(origins.size, 1), each(relays.size, hiddenEach)], likelihood, 1)!;
  return { ...guess, found: origins.values().next().value === sender };
}
