/**
 * A share of nodes that follow the protocol and pool what they see: time, previous hop, the packet's header. They know every address and who of
 * them colludes, not who is in whose table.
 *
 * *Recipient.* The header's prefix is all that tells recipients apart, since every zone node behaves alike: if anyone saw a copy the
 * posterior is the prior restricted to the honest nodes of the zone, else the prior over all honest nodes. Exact.
 *
 * *Sender.* `sender-inference.ts`: exact for one path over random tables and for one tree in its zone; approximate in what it says of
 * floods, of several copies together, and of stems in an unevenly filled address space.
 *
 * A judgement costs some bisections per sighting and is independent of the number of nodes.
 */
import type { Route } from './copy-evidence.ts';
import { addRun, emptyCell, scoreCells, type Guess, type Judgement } from './judgement.ts';
import { PathModel } from './path-model.ts';
import type { Profile } from './population.ts';
import { Population, type ColludersWorld } from './population.ts';
import { inferSender, type RoutingFacts } from './sender-inference.ts';
import { earliest, type Sighting } from './sighting.ts';

export type { ColludersWorld } from './population.ts';
export type ColludersOptions = RoutingFacts;

export interface JudgedMessage {
  luminosity: number;
  recipient: number;
  sender: number;
  /** Copies of the message that reached colluders. The first of each node is enough, more do no harm. */
  sightings: readonly Sighting[];
}

export class ColludersObserver {
  readonly #world: ColludersWorld;
  readonly #facts: RoutingFacts;
  readonly #population: Population;
  /** Floods reach the whole neighbourhood, so beyond its depth luminosity does not confine them further. */
  readonly #floodBitsMax: number;

  constructor(world: ColludersWorld, options: ColludersOptions) {
    this.#world = world;
    this.#facts = options;
    this.#population = new Population(world);
    this.#floodBitsMax =
      options.policy === 'tree' ? Infinity : Math.max(0, Math.round(Math.log2(world.nodes) - 1));
  }

  /** Judges one message; undefined when sender or recipient is a colluder (there is nothing to guess). */
  judge(message: JudgedMessage): Judgement | undefined {
    const { weights } = this.#population;
    if (!(weights[message.sender]! > 0 && weights[message.recipient]! > 0)) return undefined;
    const seen = message.sightings.length > 0;
    const target = this.#population.profile(message.recipient, message.luminosity);
    return {
      seen,
      receiver: seen
        ? this.#within(
            target.low(message.luminosity),
            target.high(message.luminosity),
            message.recipient,
          )
        : this.#within(0, this.#population.nodes, message.recipient),
      sender: this.#judgeSender(message, target),
    };
  }

  /**
   * Entropy in bits over the ordered pairs of different nodes that may be the two ends of a conversation, if the observer were told which packets
   * belong together. What is left of each end is what the prefixes of the packets to it leave, intersected: zones of one node lie within each
   * other, so that is the zone of the longest. Exact. What packets say of their senders is not used, so a better observer may know more.
   *
   * @param shown of each end, the longest prefix in bits among the packets to it that colluders saw; -1 if they saw none.
   * @returns undefined if one of the ends colludes.
   */
  judgePair(ends: readonly [number, number], shown: readonly [number, number]): number | undefined {
    const population = this.#population;
    if (!ends.every((node) => population.weights[node]! > 0)) return undefined;
    const [a, b] = ends.map((node, i) => {
      const bits = Math.max(0, shown[i]!);
      const profile = population.profile(node, bits);
      return { low: profile.low(bits), high: profile.high(bits) };
    });
    const left = population.candidates(a!.low, a!.high) * population.candidates(b!.low, b!.high);
    const low = Math.max(a!.low, b!.low);
    const high = Math.min(a!.high, b!.high);
    return Math.log2(left - (high > low ? population.candidates(low, high) : 0));
  }

  /** The prior restricted to the ranks [low, high). */
  #within(low: number, high: number, truth: number): Guess {
    const cell = emptyCell(1);
    addRun(cell, this.#population, low, high, 1);
    return scoreCells([cell], 1, this.#population.weights[truth]!)!;
  }

  #judgeSender(message: JudgedMessage, target: Profile): Guess & { found: boolean } {
    const population = this.#population;
    const honest = message.sightings.filter((s) => population.corrupt[s.previousHop] !== 1);
    const luminosity = Math.min(message.luminosity, this.#floodBitsMax);
    const route: Route = {
      population,
      target,
      luminosity,
      model: new PathModel(population, target, luminosity, {
        bucket: this.#world.bucket,
        symmetric: this.#world.symmetric ?? false,
        randomPeer: this.#facts.randomPeer,
      }),
      bucket: this.#world.bucket,
      symmetric: this.#world.symmetric ?? false,
    };
    // Without a sighting the message is not known to exist, so nothing follows from not having seen it.
    const guess =
      honest.length === 0
        ? undefined
        : inferSender(route, this.#facts, message.sightings, message.sender);
    return {
      ...(guess ?? this.#within(0, population.nodes, message.sender)),
      found: earliest(honest)?.previousHop === message.sender,
    };
  }
}
