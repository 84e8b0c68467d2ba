/**
 * What several copies of one message say together about where they were sent from.
 *
 * Given the sender they are not independent. A node has few contacts that are equally good, and each copy chooses among them anew, so two
 * copies often enter the zone at the same node, from which the sender cannot be told by counting trees; and once two trees have
 * the same root, the same relay often answers for the same prefix in both, which tells less of a root than two strangers' testimony would.
 * Both coincidences have probabilities that follow from the expected number of contacts. So:
 *
 * - a sender in the zone is the root of all trees, which form one *block*;
 * - for one outside, the trees fall into blocks of equal entry as if each chose one of m entries at random, 1/m being the probability that two
 *   copies meet (`PathModel.together`), and each block's root is any honest node of the zone;
 * - within a block a relay named by several trees counts in full once, and for each further tree only by how surprising that is.
 *
 * Approximate, with calibration measured by validation A7; for a single copy it reduces to that copy's evidence.
 */
import { classOf, isExcluded, zoneMean, type CopyEvidence, type Route } from './copy-evidence.ts';
import { Profile, type Run } from './population.ts';
import { expectedContacts } from './stem-model.ts';

/** Copies met on the way with the same predecessor. */
interface PathGroup {
  suspect: number;
  fromClass: number;
  copies: CopyEvidence[];
}

export class JointEvidence {
  /** Nodes with a likelihood of their own. */
  readonly named = new Set<number>();
  /** Disjoint runs of the zone whose other nodes are excluded. */
  readonly excluded: readonly Run[];
  readonly #route: Route;
  readonly #groups: PathGroup[] = [];
  readonly #unseen: CopyEvidence[];
  readonly #zone: CopyEvidence[];
  /** All copies seen in the zone, as one root's. */
  readonly #block: CopyEvidence;
  readonly #partitions: readonly (readonly number[])[];
  readonly #blockMeans = new Map<number, number>();
  readonly #together = new Map<number, Float64Array>();
  readonly #ofClass: Float64Array;

  constructor(route: Route, evidences: readonly CopyEvidence[]) {
    this.#route = route;
    this.#zone = evidences.filter((e) => e.seen === 'zone');
    this.#unseen = evidences.filter((e) => e.seen === 'nowhere');
    for (const evidence of evidences) {
      for (const node of evidence.named.keys()) this.named.add(node);
      if (evidence.seen !== 'path') continue;
      const suspect = evidence.suspect!;
      const group = this.#groups.find((g) => g.suspect === suspect);
      if (group === undefined)
        this.#groups.push({ suspect, fromClass: classOf(route, suspect), copies: [evidence] });
      else group.copies.push(evidence);
    }
    this.#block = combine(route, this.#zone);
    this.excluded = this.#block.excluded;
    this.#partitions = partitionsOf(this.#zone.length);
    this.#ofClass = Float64Array.from({ length: route.model.count }, (_, c) =>
      this.#likelihood(c, -1),
    );
  }

  isExcluded(rank: number): boolean {
    return isExcluded(this.#block, rank);
  }

  /** Likelihood of a sender of a class who is not named. */
  ofClass(c: number): number {
    return this.#ofClass[c]!;
  }

  /** Likelihood of one node as the sender. */
  ofNode(node: number): number {
    const c = classOf(this.#route, node);
    if (this.named.has(node)) return this.#likelihood(c, node);
    if (c === this.#route.model.zone && this.isExcluded(this.#route.population.rank[node]!))
      return 0;
    return this.ofClass(c);
  }

  #likelihood(c: number, node: number): number {
    const { model, population } = this.#route;
    let product = 1;
    for (const evidence of this.#unseen) product *= evidence.classes[c]!;
    for (const group of this.#groups) {
      if (group.copies[0]!.named.has(node)) {
        for (const copy of group.copies) product *= copy.named.get(node)!;
      } else {
        product *= group.copies[0]!.classes[c]!;
        if (group.copies.length > 1 && product > 0)
          product *= this.#meeting(group.fromClass)[c]! ** (group.copies.length - 1);
      }
    }
    if (this.#zone.length === 0 || product === 0) return product;
    if (c < model.zone) return product * this.#fromOutside(c);
    if (node < 0) return product * this.#block.classes[c]!;
    const named = this.#block.named.get(node);
    if (named !== undefined) return product * named;
    return isExcluded(this.#block, population.rank[node]!) ? 0 : product * this.#block.classes[c]!;
  }

  /** Of a sender of class `c` before the zone: over the ways in which its trees may share roots. */
  #fromOutside(c: number): number {
    const { model } = this.#route;
    const trees = this.#zone.length;
    if (trees === 1) return this.#zone[0]!.classes[c]!;
    const meet = this.#meeting(model.zone)[c]!;
    let sum = 0;
    for (const partition of this.#partitions) {
      let product = 1;
      for (let b = 0; b < partition.length; b++) {
        const members = partition[b]!;
        const first = 31 - Math.clz32(members & -members);
        // Each further block chooses none of the entries taken; each further member of a block, this very one.
        product *= Math.max(0, 1 - b * meet) * meet ** (bitCount(members) - 1);
        product *= this.#zone[first]!.enter[c]! * this.#blockMean(members);
      }
      sum += product;
    }
    return sum;
  }

  /** P(a second copy passes the same node of class `to` | the first passes it), by the class where both began. */
  #meeting(to: number): Float64Array {
    let known = this.#together.get(to);
    if (known === undefined) {
      const reach = this.#route.model.reach(to, 0);
      known = this.#route.model
        .together(to)
        .map((both, c) => (reach[c]! > 0 ? Math.min(1, both / reach[c]!) : 0));
      this.#together.set(to, known);
    }
    return known;
  }

  /** Mean likelihood of an honest zone node as the common root of the trees in the set `members`. */
  #blockMean(members: number): number {
    let known = this.#blockMeans.get(members);
    if (known === undefined) {
      const block = combine(
        this.#route,
        this.#zone.filter((_, i) => ((members >>> i) & 1) === 1),
      );
      known = zoneMean(this.#route, block);
      this.#blockMeans.set(members, known);
    }
    return known;
  }
}

/** Trees with one root as one evidence about that root; only the zone's likelihoods are set. */
function combine(route: Route, trees: readonly CopyEvidence[]): CopyEvidence {
  const { model, population } = route;
  if (trees.length === 1) return trees[0]!;
  const excluded = union(trees.flatMap((t) => t.excluded));
  const classes = new Float64Array(model.count);
  const named = new Map<number, number>();
  let generic = 1;
  for (const tree of trees) generic *= tree.classes[model.zone]!;
  for (const node of new Set(trees.flatMap((t) => [...t.named.keys()]))) {
    const rank = population.rank[node]!;
    let product = 1;
    for (const tree of trees) {
      product *= tree.named.get(node) ?? (isExcluded(tree, rank) ? 0 : tree.classes[model.zone]!);
    }
    named.set(node, product);
  }
  // Coincidences: expected of any root but the relay itself, and more often than independent trees would show them.
  for (const node of named.keys()) {
    const sizes = trees.flatMap((t) => t.named.get(node) ?? []).sort((a, b) => b - a);
    if (sizes.length < 2) continue;
    let surprise = 1;
    for (const size of sizes.slice(1)) surprise *= coincidence(route, node, size) * size;
    if (surprise <= 1) continue;
    generic *= surprise;
    for (const [other, value] of named) if (other !== node) named.set(other, value * surprise);
  }
  classes[model.zone] = generic;
  return { seen: 'zone', classes, enter: trees[0]?.enter ?? classes, named, excluded };
}

/**
 * P(a node answers for a prefix with `size` members in a second tree | it does in the first, and both have the same root outside that
 * prefix). Down the tree of prefixes from the root's: whoever answers keeps the half in which it is and hands the other to one of
 * its contacts there.
 */
function coincidence(route: Route, node: number, size: number): number {
  const { population, luminosity, bucket, symmetric } = route;
  const profile = new Profile(population, node, 256);
  let weights = 0;
  let sum = 0;
  for (let split = luminosity; split < profile.depth && profile.count(split) > size; split++) {
    const roots = profile.count(split) - profile.count(split + 1);
    if (roots === 0) continue;
    let same = 1 / expectedContactsAt(profile, split, bucket, symmetric);
    for (let bits = split + 1; bits < profile.depth && profile.count(bits) > size; bits++) {
      const near = profile.count(bits + 1);
      const stays = near / profile.count(bits);
      const again = 1 / expectedContactsAt(profile, bits, bucket, symmetric);
      // Two different nodes meet in the half unless both are in it and keep it.
      same = same * (stays + (1 - stays) * again) + ((1 - same) * (1 - stays * stays)) / near;
    }
    weights += roots;
    sum += roots * Math.min(1, same);
  }
  return weights === 0 ? 1 : sum / weights;
}

/** Contacts, at least one, that a node on the far side of a split has on the near side. */
function expectedContactsAt(
  profile: Profile,
  bits: number,
  bucket: number,
  symmetric: boolean,
): number {
  const near = profile.count(bits + 1);
  const far = profile.count(bits) - near;
  return Math.max(1, expectedContacts(near, Math.max(1, far), bucket, symmetric));
}

/** All ways to divide `n` things (at most 5) into blocks, each a bit set. */
function partitionsOf(n: number): number[][] {
  if (n === 0) return [[]];
  const bit = 1 << (n - 1);
  return partitionsOf(n - 1).flatMap((blocks) => [
    [...blocks, bit],
    ...blocks.map((_, i) => blocks.map((block, j) => (i === j ? block | bit : block))),
  ]);
}

function bitCount(set: number): number {
  let count = 0;
  for (let rest = set; rest !== 0; rest &= rest - 1) count++;
  return count;
}

/** Runs that cover the same ranks without overlap. */
function union(runs: readonly Run[]): Run[] {
  const sorted = [...runs].sort((a, b) => a.low - b.low);
  const merged: Run[] = [];
  for (const run of sorted) {
    const last = merged[merged.length - 1];
    if (last !== undefined && run.low < last.high) last.high = Math.max(last.high, run.high);
    else merged.push({ ...run });
  }
  return merged;
}
