/**
 * Where a greedy path to a zone may pass, as colluders reckon it: exact for tables of random contacts and known addresses.
 *
 * Nodes fall into classes by their proximity order to the target, the last class being the zone. A node of class c has contacts among
 * all nodes beyond it, a uniform choice of k of them (with symmetric links also those that chose it), and hands the packet to the best:
 * the step law is hypergeometric, and by symmetry the node reached is uniform in its class, hence honest with the class's honest share.
 * For large bins and one contact this is the textbook's law (a step gains s bits with probability 2^-s), whose posterior has a closed
 * form: see `textbookPredecessorRatio`. Path model: Roos, Salah & Strufe 2013; posterior: research/anonymity.md A2, V5.
 *
 * What is left out: contacts that are offline or lost, links limited per endpoint network, a neighbourhood that is known completely.
 */
import type { Population, Profile } from './population.ts';
import { expectedContacts } from './stem-model.ts';

/** Equally good contacts beyond which their number no longer matters. */
const MOST_EQUALS = 64;

export interface PathOptions {
  /** Contacts a bin. */
  bucket: number;
  symmetric: boolean;
  /** Any contact of the bin is taken instead of the best. */
  randomPeer: boolean;
  /** Packets to many take contacts that are up to so many bits short of the best; 0 by default. */
  detourBits?: number;
}

export class PathModel {
  /** Classes; the last one is the zone. Orders without nodes have none. */
  readonly count: number;
  readonly zone: number;
  /** All nodes and honest nodes of each class. */
  readonly sizes: number[] = [];
  readonly honest: number[] = [];
  readonly #options: PathOptions;
  /** Nodes of classes beyond each class. */
  readonly #beyond: number[] = [];
  /** Class of each order below the luminosity, -1 for empty ones. */
  readonly #classOf: Int16Array;
  readonly #luminosity: number;
  /** Order of each class. */
  readonly #orders: number[] = [];
  readonly #steps = new Map<number, Float64Array>();

  /** @param target profile of a zone node, to a depth of `luminosity` bits at least (or to where it is alone). */
  constructor(population: Population, target: Profile, luminosity: number, options: PathOptions) {
    this.#options = options;
    this.#luminosity = luminosity;
    this.#classOf = new Int16Array(luminosity + 1).fill(-1);
    const orders = Math.min(luminosity, target.depth);
    for (let order = 0; order < orders; order++) {
      const size = target.count(order) - target.count(order + 1);
      if (size === 0) continue;
      this.#classOf[order] = this.sizes.length;
      this.#orders.push(order);
      this.sizes.push(size);
      this.honest.push(
        population.honest(target.low(order), target.high(order)) -
          population.honest(target.low(order + 1), target.high(order + 1)),
      );
    }
    this.zone = this.sizes.length;
    this.count = this.zone + 1;
    this.#classOf[luminosity] = this.zone;
    this.sizes.push(target.count(luminosity));
    this.honest.push(population.honest(target.low(luminosity), target.high(luminosity)));
    let beyond = 0;
    for (let c = this.zone; c >= 0; c--) {
      this.#beyond[c] = beyond;
      beyond += this.sizes[c]!;
    }
  }

  /** Class of a node that shares `bits` bits with the target. */
  classOf(bits: number): number {
    return bits >= this.#luminosity ? this.zone : this.#classOf[bits]!;
  }

  /**
   * Probabilities that a node of class `from` hands a copy to somebody of each class; `rank` 0 for its best contact, 1 for the
   * second best and so on, as the first router of a message's trees does.
   */
  steps(from: number, rank: number): Float64Array {
    const key = from * 8 + rank;
    const known = this.#steps.get(key);
    if (known !== undefined) return known;
    const steps = new Float64Array(this.count);
    const beyond = this.#beyond[from]!;
    if (this.#options.randomPeer) {
      for (let c = from + 1; c < this.count; c++) steps[c] = this.sizes[c]! / beyond;
    } else {
      let below = 0;
      for (let c = from + 1; c < this.count; c++) {
        const upTo = this.#atMost(from, this.#beyond[c]!, rank);
        steps[c] = upTo - below;
        below = upTo;
      }
    }
    const taken = this.#withDetours(from, steps);
    this.#steps.set(key, taken);
    return taken;
  }

  /**
   * The steps of packets that may pass over the best contact. Approximate: all contacts that will do are as likely to be taken, and there are as many in
   * each class as are to be expected. A contact in the zone is never passed over.
   */
  #withDetours(from: number, best: Float64Array): Float64Array {
    const { detourBits = 0, bucket, symmetric } = this.#options;
    if (detourBits === 0) return best;
    const contacts = expectedContacts(this.#beyond[from]!, this.sizes[from]!, bucket, symmetric);
    const taken = new Float64Array(this.count);
    taken[this.zone] = best[this.zone]!;
    for (let c = from + 1; c < this.zone; c++) {
      // The contacts but the best one lie among the classes up to its own.
      const others = (contacts - 1) / (this.#beyond[from]! - this.#beyond[c]!);
      let first = c;
      while (first > from + 1 && this.#orders[first - 1]! >= this.#orders[c]! - detourBits) first--;
      let all = 1;
      for (let t = first; t <= c; t++) all += others * this.sizes[t]!;
      for (let t = first; t <= c; t++)
        taken[t]! += (best[c]! * (others * this.sizes[t]! + (t === c ? 1 : 0))) / all;
    }
    return taken;
  }

  /**
   * Probabilities that an unseen path which begins at a node of each class (its first step of `rank`) passes a node of class `to`: all relays
   * after the first node honest, the one in `to` included. 1 for `to` itself, 0 beyond.
   */
  reach(to: number, rank: number): Float64Array {
    const later = this.#reachBest(to);
    if (rank === 0 || this.#options.randomPeer) return later;
    const first = new Float64Array(this.count);
    first[to] = 1;
    for (let c = 0; c < to; c++) {
      const steps = this.steps(c, rank);
      for (let t = c + 1; t <= to; t++) first[c]! += steps[t]! * this.#share(t) * later[t]!;
    }
    return first;
  }

  /**
   * Probabilities that two copies of one message which begin at the same node of each class pass the same node of class `to`, unseen. Copies
   * choose anew among equally good contacts, of which there are few, so they meet far more often than independent ones. Approximate:
   * the number of equally good contacts is taken as binomial, the ranks of first links as 0 and 1.
   */
  together(to: number): Float64Array {
    const reach = this.#reachBest(to);
    const later = new Float64Array(this.count);
    const first = new Float64Array(this.count);
    later[to] = 1;
    first[to] = 1;
    for (let c = to - 1; c >= 0; c--) {
      const steps = this.steps(c, 0);
      for (let t = c + 1; t <= to; t++) {
        const weight = steps[t]! * this.#share(t);
        if (weight === 0) continue;
        const apart = t === to ? 0 : (reach[t]! * reach[t]!) / Math.max(1, this.honest[to]!);
        const [same, sameFirst] = this.#sameContact(c, t);
        later[c]! += weight * (same * later[t]! + (1 - same) * apart);
        first[c]! += weight * (sameFirst * later[t]! + (1 - sameFirst) * apart);
      }
    }
    return first;
  }

  /** P(two copies at one node of class `from`, whose best contacts are of class `to`, take the same); then for different first links. */
  #sameContact(from: number, to: number): [number, number] {
    const beyond = this.#beyond[from]!;
    const contacts = expectedContacts(
      beyond,
      this.sizes[from]!,
      this.#options.bucket,
      this.#options.symmetric,
    );
    if (this.#options.randomPeer) return [1 / contacts, 1 / contacts];
    const n = this.sizes[to]!;
    const p = Math.min(1, contacts / beyond);
    let some = 0;
    let later = 0;
    let first = 0;
    for (let m = 1; m <= Math.min(n, MOST_EQUALS); m++) {
      const term = binomialTerm(n, m, p);
      some += term;
      later += term / m;
      if (m > 1) first += term / m;
    }
    return some > 0 ? [later / some, first / some] : [0, 0];
  }

  #reachBest(to: number): Float64Array {
    const reach = new Float64Array(this.count);
    reach[to] = 1;
    for (let c = to - 1; c >= 0; c--) {
      const steps = this.steps(c, 0);
      for (let t = c + 1; t <= to; t++) reach[c]! += steps[t]! * this.#share(t) * reach[t]!;
    }
    return reach;
  }

  #share(c: number): number {
    return this.honest[c]! / this.sizes[c]!;
  }

  /** Probability that a node of class `from` has at most `rank` contacts among the `best` nearest nodes beyond it. */
  #atMost(from: number, best: number, rank: number): number {
    const beyond = this.#beyond[from]!;
    const own = Math.min(this.#options.bucket, beyond);
    const wanted = rank % own;
    // Those beyond chose us with this probability each, besides our own choice.
    const chosen = this.#options.symmetric
      ? Math.min(1, this.#options.bucket / this.sizes[from]!)
      : 0;
    let sum = 0;
    for (let mine = 0; mine <= Math.min(wanted, own, best); mine++) {
      let reverse = 0;
      for (let theirs = 0; mine + theirs <= wanted && theirs <= best - mine; theirs++)
        reverse += binomialTerm(best - mine, theirs, chosen);
      sum += hypergeometricTerm(beyond, best, own, mine) * reverse;
    }
    return sum;
  }
}

/** Probability of `hits` of the `marked` among `drawn` draws without replacement from `total`. */
export function hypergeometricTerm(
  total: number,
  marked: number,
  drawn: number,
  hits: number,
): number {
  if (hits > marked || drawn - hits > total - marked) return 0;
  // Draw the hits first, then the misses, times the number of orders.
  let p = 1;
  for (let i = 0; i < hits; i++) p *= ((marked - i) / (total - i)) * ((drawn - i) / (i + 1));
  for (let i = 0; i < drawn - hits; i++) p *= (total - marked - i) / (total - hits - i);
  return p;
}

function binomialTerm(n: number, hits: number, p: number): number {
  if (p >= 1) return hits === n ? 1 : 0;
  let term = (1 - p) ** (n - hits);
  for (let i = 0; i < hits; i++) term *= ((n - i) / (i + 1)) * p;
  return term;
}

/**
 * P(the predecessor is the sender | the first corrupt relay's predecessor is at order `order`) in the textbook's limit of large bins: the best of
 * `choices` contacts is taken, a share `corruptRatio` of relays is corrupt. For `choices` = 1 it is (2 - f)^-order.
 */
export function textbookPredecessorRatio(
  choices: number,
  corruptRatio: number,
  order: number,
): number {
  const within = (s: number): number => (1 - 2 ** -s) ** choices;
  // v: probability that a path from a random node visits this order unseen.
  const visits: number[] = [];
  for (let j = 0; j <= order; j++) {
    let v = 2 ** -(j + 1);
    for (let i = 0; i < j; i++)
      v += visits[i]! * (1 - corruptRatio) * (within(j - i) - within(j - i - 1));
    visits.push(v);
  }
  return 2 ** -(order + 1) / visits[order]!;
}
