/**
 * What the sightings of one copy (one tree of a message) say about where its routing began: a likelihood for every node, up to a factor
 * that is the same for all.
 *
 * *Before the zone.* The first corrupt relay C got the copy from an honest P of class j. If routing began at P, P chose C; if it began at a
 * node of an earlier class, the path came to that class unseen, and to P rather than another of its honest nodes with equal probability.
 * Exact (`PathModel`). P chooses C by the rank of its first link if it is where routing began, else by its best, hence the ratio of the two.
 *
 * *In the zone, tree.* Who answers for a prefix is its root if the root lies in it, and otherwise a uniform draw from it. A copy of level p + 1
 * says that P answers for the first p bits it shares with C. So every node of that prefix but P is excluded as root, P gains a factor of
 * its size, and one prefix inside another says no more than the outer one. Exact for all sightings together.
 *
 * Floods have a file of their own.
 */
import type { PathModel } from './path-model.ts';
import { Profile, type Population, type Run } from './population.ts';
import type { Sighting } from './sighting.ts';

export interface CopyEvidence {
  /** Where a colluder first met the copy. */
  seen: 'path' | 'zone' | 'nowhere';
  /** The predecessor of a copy met on its way. */
  suspect?: number;
  /** Probability that a copy from each class enters the zone unseen (copies met in the zone). */
  enter: Float64Array;
  /** Likelihood of the nodes of each class that are not mentioned below. */
  classes: Float64Array;
  /** Likelihoods of single honest nodes, by node. */
  named: Map<number, number>;
  /** Disjoint runs within the zone whose nodes, unless named, have likelihood 0. */
  excluded: Run[];
}

/** Where and how the message travels, as everybody knows it. */
export interface Route {
  population: Population;
  model: PathModel;
  /** Profile of a zone node, at least to the luminosity or to where it is alone. */
  target: Profile;
  /** Bits of the prefix in which the message is spread. */
  luminosity: number;
  bucket: number;
  symmetric: boolean;
}

/** Class of a node on a route. */
export function classOf(route: Route, node: number): number {
  return route.model.classOf(route.target.sharedBits(route.population.rank[node]!));
}

/** Mean likelihood of the honest nodes of the zone, named ones left out where `except` has them. */
export function zoneMean(route: Route, evidence: CopyEvidence, except?: Set<number>): number {
  const { population, model } = route;
  let nodes = model.honest[model.zone]!;
  let generic = nodes;
  let sum = 0;
  for (const run of evidence.excluded) generic -= population.honest(run.low, run.high);
  for (const [node, likelihood] of evidence.named) {
    if (classOf(route, node) !== model.zone) continue;
    if (!isExcluded(evidence, population.rank[node]!)) generic--;
    if (except?.has(node) === true) nodes--;
    else sum += likelihood;
  }
  return nodes <= 0 ? 0 : (sum + Math.max(0, generic) * evidence.classes[model.zone]!) / nodes;
}

/** Is the node at `rank` in one of the excluded runs? */
export function isExcluded(evidence: CopyEvidence, rank: number): boolean {
  for (const run of evidence.excluded) if (rank >= run.low && rank < run.high) return true;
  return false;
}

/** A copy first seen on its way to the zone; `rank` is that of the first link of its tree. */
export function pathEvidence(route: Route, sighting: Sighting, rank: number): CopyEvidence {
  const { model } = route;
  const suspect = sighting.previousHop;
  const from = classOf(route, suspect);
  const to = classOf(route, sighting.observerNode);
  const classes = new Float64Array(model.count);
  const reach = model.reach(from, rank);
  for (let c = 0; c < from; c++) classes[c] = reach[c]! / model.honest[from]!;
  const byBest = model.steps(from, 0)[to]!;
  const asFirst = model.steps(from, rank)[to]!;
  // A link that the model holds impossible (tables have changed) tells nothing by its rank.
  return {
    seen: 'path',
    suspect,
    enter: classes,
    classes,
    named: new Map([[suspect, byBest > 0 ? asFirst / byBest : 1]]),
    excluded: [],
  };
}

/** A copy that reached a zone without colluders, so that nobody can have seen it: its path was unseen. */
export function unseenEvidence(route: Route, rank: number): CopyEvidence {
  const classes = new Float64Array(route.model.reach(route.model.zone, rank));
  return { seen: 'nowhere', enter: classes, classes, named: new Map(), excluded: [] };
}

/** Extends likelihoods of the zone to nodes before it, whose copy enters the zone at a uniform honest node. */
export function extendBeforeZone(route: Route, evidence: CopyEvidence): CopyEvidence {
  const mean = zoneMean(route, evidence);
  for (let c = 0; c < route.model.zone; c++) evidence.classes[c] = evidence.enter[c]! * mean;
  return evidence;
}

/** Copies of one tree seen in its zone: all of them, in any order. */
export function treeEvidence(
  route: Route,
  sightings: readonly Sighting[],
  rank: number,
): CopyEvidence {
  const { population, model, luminosity } = route;
  const classes = new Float64Array(model.count);
  classes[model.zone] = 1;
  const evidence: CopyEvidence = {
    seen: 'zone',
    enter: model.reach(model.zone, rank),
    classes,
    named: new Map(),
    excluded: [],
  };
  // An honest relay of a tree has passed its copy on to every colluder that it owed one, so all sightings count, not the first alone.
  const inside = sightings.filter(
    (s) => !s.onStem && classOf(route, s.previousHop) === model.zone && s.level > 0,
  );
  // Larger prefixes first: what lies inside one of them adds nothing.
  inside.sort((a, b) => a.level - b.level);
  for (const { previousHop, level } of inside) {
    const at = population.rank[previousHop]!;
    if (isExcluded(evidence, at)) continue;
    const bits = Math.max(level - 1, luminosity);
    const profile = new Profile(population, previousHop, bits);
    const run = { low: profile.low(bits), high: profile.high(bits) };
    evidence.excluded.push(run);
    if (population.corrupt[previousHop] !== 1) evidence.named.set(previousHop, run.high - run.low);
  }
  return extendBeforeZone(route, evidence);
}
