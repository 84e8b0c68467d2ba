/**
 * A share of nodes that follow the protocol and pool what they see: time, previous hop, the packet's header.
 *
 * *Recipient.* The header's prefix is all that tells recipients apart, since every zone node behaves alike: if anyone saw a copy the
 * posterior is uniform over the honest nodes of the zone, else the prior over all honest nodes. Exact.
 *
 * *Sender.* Bayes over the first sighting of each copy (tree) of the message. A copy seen by a first corrupt relay with honest predecessor
 * P at order j has, under a sender s, the likelihood [s = P] + reach(j - order(s)) / n_j (`PathModel`): exact for greedy
 * paths over random tables. Inside a zone the predecessor is the copy's root with probability 2^-(level - 1 - l) for trees (its child's
 * address differs from the root's in no earlier bit) and 1 - (1 - f)^degree for floods; the root is the sender only if the sender is
 * in the zone. On a stem it is Crowds' posterior; after a stem, routing starts at a random node and tells nothing of the sender. Several
 * copies are taken as independent given the sender, which they are but for shared relays near the zone; validation A7
 * measures what that costs in calibration.
 *
 * Candidates of one proximity order are alike, so a posterior is a handful of classes with a size, plus the few named predecessors.
 */
import { ADDRESS_WORDS, proximity } from '../../protocols/identity/proximity.ts';
import { uniformGuess, type Guess, type Judgement } from './judgement.ts';
import { PathModel } from './sender-model.ts';
import type { Sighting } from './sighting.ts';

export interface ColludersWorld {
  nodes: number;
  /** Eight words per node. */
  addresses: Uint32Array;
  /** 1 for colluding nodes. */
  corrupt: Uint8Array;
  /** Contacts a bin. */
  bucket: number;
}

export interface ColludersOptions {
  policy: 'pss' | 'pss-v2' | 'tree';
  stemHops: number;
  randomPeer: boolean;
}

export interface JudgedMessage {
  luminosity: number;
  recipient: number;
  sender: number;
  sightings: readonly Sighting[];
}

export class ColludersObserver {
  readonly #world: ColludersWorld;
  readonly #options: ColludersOptions;
  readonly #model: PathModel;
  readonly #honest: number;

  constructor(world: ColludersWorld, options: ColludersOptions) {
    this.#world = world;
    this.#options = options;
    let corrupt = 0;
    for (let node = 0; node < world.nodes; node++) corrupt += world.corrupt[node]!;
    this.#honest = world.nodes - corrupt;
    this.#model = new PathModel(options.randomPeer ? 1 : world.bucket, corrupt / world.nodes);
  }

  /** Judges one message; undefined when sender or recipient is a colluder (there is nothing to guess). */
  judge(message: JudgedMessage): Judgement | undefined {
    const { corrupt } = this.#world;
    if (corrupt[message.sender] === 1 || corrupt[message.recipient] === 1) return undefined;
    const counts = this.#honestByOrder(message);
    const seen = message.sightings.length > 0;
    const zone = counts[message.luminosity]!;
    const receiver = uniformGuess(seen ? zone : this.#honest);
    return { seen, receiver, sender: this.#judgeSender(message, counts) };
  }

  /** Honest nodes at each proximity order to the target; the last entry counts the zone. */
  #honestByOrder(message: JudgedMessage): Float64Array {
    const { nodes, addresses, corrupt } = this.#world;
    const counts = new Float64Array(message.luminosity + 1);
    const target = message.recipient * ADDRESS_WORDS;
    for (let node = 0; node < nodes; node++) {
      if (corrupt[node] === 1) continue;
      const order = proximity(addresses, node * ADDRESS_WORDS, addresses, target);
      counts[order < message.luminosity ? order : message.luminosity]!++;
    }
    return counts;
  }

  #judgeSender(message: JudgedMessage, counts: Float64Array): Guess & { found: boolean } {
    const first = firstOfEachTree(message.sightings).filter(
      (s) => this.#world.corrupt[s.previousHop] === 0,
    );
    if (first.length === 0) {
      // Nothing seen, or only what other colluders passed on: the prior.
      return { ...uniformGuess(this.#honest), found: false };
    }
    const l = message.luminosity;
    const order = (node: number): number => this.#order(node, message);
    const likelihoods = first.map((sighting) => this.#likelihood(sighting, l, counts, order));
    const suspects = [...new Set(first.map((s) => s.previousHop))];
    const named = suspects.map((node) => ({
      node,
      size: 1,
      weight: likelihoods.reduce((p, of) => p * of(order(node), node), 1),
    }));
    const classes = Array.from(counts, (size, i) => ({
      node: -1,
      size: size - suspects.filter((node) => order(node) === i).length,
      weight: likelihoods.reduce((p, of) => p * of(i, -1), 1),
    }));
    return score(
      [...named, ...classes],
      message.sender,
      order(message.sender),
      suspects.length,
      this.#honest,
    );
  }

  /** Likelihood of one sighting under a sender of a given order (and identity, when it is a named suspect). */
  #likelihood(
    sighting: Sighting,
    l: number,
    counts: Float64Array,
    orderOf: (node: number) => number,
  ): (order: number, node: number) => number {
    const { stemHops, policy } = this.#options;
    const model = this.#model;
    const f = model.corruptRatio;
    const suspect = sighting.previousHop;
    if (sighting.onStem) {
      // Crowds with forwarding probability 1 - 1/stemHops: the predecessor is the sender, or any honest node on the way.
      const onward = (1 - 1 / stemHops) * (1 - f);
      return (_order, node) => (node === suspect ? 1 : 0) + onward / (1 - onward) / this.#honest;
    }
    if (stemHops > 0) return () => 1;
    const j = Math.min(orderOf(suspect), l);
    if (j < l) {
      const n = Math.max(1, counts[j]!);
      return (order, node) =>
        (node === suspect ? 1 : 0) + (order < j ? model.reach(j - order) / n : 0);
    }
    const zone = Math.max(1, counts[l]!);
    const degree = this.#world.bucket * Math.max(1, Math.log2(zone / this.#world.bucket + 1));
    const root =
      policy === 'tree' ? 2 ** -Math.max(0, sighting.level - 1 - l) : 1 - (1 - f) ** degree;
    return (order, node) =>
      order >= l
        ? (node === suspect ? root : 0) + (1 - root) / zone
        : model.enter(l - order) / zone;
  }

  #order(node: number, message: JudgedMessage): number {
    const words = this.#world.addresses;
    const order = proximity(words, node * ADDRESS_WORDS, words, message.recipient * ADDRESS_WORDS);
    return Math.min(order, message.luminosity);
  }
}

/** The earliest sighting of each tree's copy. */
function firstOfEachTree(sightings: readonly Sighting[]): Sighting[] {
  const first: (Sighting | undefined)[] = [];
  for (const sighting of sightings) {
    const known = first[sighting.tree];
    if (known === undefined || sighting.timeUs < known.timeUs) first[sighting.tree] = sighting;
  }
  return first.filter((s) => s !== undefined);
}

interface CandidateClass {
  /** A named suspect, or -1 for `size` nodes that are alike. */
  node: number;
  size: number;
  weight: number;
}

/** Scores a posterior given as classes; the first `named` entries are suspects by name, then come the orders 0, 1, ... */
function score(
  classes: readonly CandidateClass[],
  sender: number,
  senderOrder: number,
  named: number,
  honest: number,
): Guess & { found: boolean } {
  const total = classes.reduce((sum, c) => sum + c.size * c.weight, 0);
  if (!(total > 0)) return { ...uniformGuess(honest), found: false };
  let entropyBits = 0;
  let best = 0;
  let bestNode = -1;
  let crowd = 0;
  for (const c of classes) {
    const p = c.weight / total;
    if (c.size <= 0 || p <= 0) continue;
    crowd += c.size;
    entropyBits -= c.size * p * Math.log2(p);
    if (p > best) {
      best = p;
      bestNode = c.node;
    }
  }
  const byName = classes.slice(0, named).find((c) => c.node === sender);
  const truth = (byName ?? classes[named + senderOrder]!).weight / total;
  return {
    entropyBits,
    minEntropyBits: -Math.log2(best),
    bestGuess: best,
    crowd,
    // A posterior that excludes the truth would lose infinitely much; the floor keeps means finite and shows as miscalibration.
    logLossBits: -Math.log2(Math.max(truth, 2 ** -40)),
    found: bestNode === sender,
  };
}
