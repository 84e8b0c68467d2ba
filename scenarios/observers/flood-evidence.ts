/**
 * What colluders' sightings of a flood say about where it began. No closed form is known, since who is linked to whom in the zone is random and
 * unknown; this is a mean-field reckoning for floods that advance by equal steps.
 *
 * A zone node is *exposed* if it has a colluder among the contacts that it sends to, and whether it is does not depend on who began. If
 * the root is exposed, the first copy seen is its own, alone. If it is not, it is one of the nodes that colluders never hear from, and
 * the first to be heard are those of its contacts that are exposed, all at the same moment. So how many nodes are heard first tells
 * the cases apart: a binomial count of the contacts, each exposed with one probability.
 *
 * A sender outside the zone reaches it by a single entry (Swarm's later rule), or, by the rule of 2018, sends to all its contacts in the zone
 * and to one more outside it, who does the same; so there several entries are heard together, and a lone predecessor outside the
 * zone may be that one more.
 *
 * Where link delays differ, nodes are never heard at one moment; then each predecessor counts less the later it is heard, on the scale of
 * the differences between copies of one node. Validation A7 measures the calibration.
 */
import { classOf, extendBeforeZone, type CopyEvidence, type Route } from './copy-evidence.ts';
import { Profile } from './population.ts';
import type { Sighting } from './sighting.ts';
import { expectedContacts } from './stem-model.ts';

/** A flood's odds, in the mean. */
interface FloodShape {
  /** Contacts in the zone of a node there. */
  degree: number;
  /** P(a zone node has a colluder among those it sends to). */
  exposed: number;
  /** Share of honest nodes in the zone. */
  share: number;
  /** The same of the class just outside, to which the rule of 2018 sends one more copy; 1 for the later rule. */
  outsideShare: number;
}

function floodShape(route: Route, byMany: boolean): FloodShape {
  const { population, model, luminosity, bucket, symmetric, target } = route;
  const profile = new Profile(population, population.order[target.low(luminosity)]!, 256);
  let degree = 0;
  for (let b = luminosity; b < profile.depth; b++) {
    const near = profile.count(b + 1);
    const far = profile.count(b) - near;
    if (far > 0) degree += expectedContacts(far, near, bucket, symmetric);
  }
  const share = model.honest[model.zone]! / model.sizes[model.zone]!;
  const outside = model.zone - 1;
  const outsideShare = byMany && outside >= 0 ? model.honest[outside]! / model.sizes[outside]! : 1;
  return { degree, exposed: 1 - share ** degree * outsideShare, share, outsideShare };
}

/**
 * P(`heard` of a node's first receivers in the zone are exposed, none of its contacts colludes, and there is at least one such receiver), by the
 * rule of 2018, for a sender of each class before the zone: on its way there the copy is single and must stay unseen.
 */
function enterByMany(route: Route, shape: FloodShape, heard: number): Float64Array {
  const { model, bucket, symmetric } = route;
  const { exposed, share, outsideShare } = shape;
  const zone = model.sizes[model.zone]!;
  const terms = new Float64Array(model.count);
  let beyond = zone;
  for (let c = model.zone - 1; c >= 0; c--) {
    const p = Math.min(1, expectedContacts(beyond, model.sizes[c]!, bucket, symmetric) / beyond);
    const hit = p * share * exposed;
    let term = (1 - p + p * share * (1 - exposed)) ** Math.max(0, zone - heard);
    for (let i = 0; i < heard; i++) term *= (Math.max(0, zone - i) / (i + 1)) * hit;
    if (heard === 0) term -= (1 - p) ** zone;
    // One more copy goes to somebody outside the zone.
    terms[c] = outsideShare * term;
    const steps = model.steps(c, 0);
    for (let t = c + 1; t < model.zone; t++)
      terms[c]! += steps[t]! * (model.honest[t]! / model.sizes[t]!) * terms[t]!;
    beyond += model.sizes[c]!;
  }
  return terms;
}

/** P(exactly `hits` of a node's contacts in the zone are exposed). */
function exposedContacts(hits: number, shape: FloodShape, symmetric: boolean): number {
  // Half of the contacts of symmetric tables are a node's own choice, of which there is a fixed number; those that chose it vary as
  // Poisson's law has it. A binomial law of twice the number and half the probability has the variance of both together.
  const n = symmetric ? 2 * shape.degree : shape.degree;
  const p = symmetric ? shape.exposed / 2 : shape.exposed;
  if (n < hits) return 0;
  let term = (1 - p) ** (n - hits);
  for (let i = 0; i < hits; i++) term *= (Math.max(0, n - i) / (i + 1)) * p;
  return term;
}

/** Poisson's law: exactly `hits` of many things that happen with small probability. */
function poisson(hits: number, mean: number): number {
  let term = Math.exp(-mean);
  for (let i = 1; i <= hits; i++) term *= mean / i;
  return term;
}

/** Who was heard, when first, and how far apart copies of one node arrived. */
interface Heard {
  firstUs: Map<number, number>;
  earliestUs: number;
  /** Nodes heard at the earliest moment. */
  together: number[];
  /** Mean lateness of a node's last copy behind its first, microseconds: 0 where delays are equal. */
  spreadUs: number;
}

function listen(route: Route, sightings: readonly Sighting[]): Heard {
  const { population } = route;
  const firstUs = new Map<number, number>();
  const lastUs = new Map<number, number>();
  let earliestUs = Infinity;
  for (const { previousHop, timeUs } of sightings) {
    if (population.corrupt[previousHop] === 1) continue;
    firstUs.set(previousHop, Math.min(timeUs, firstUs.get(previousHop) ?? timeUs));
    lastUs.set(previousHop, Math.max(timeUs, lastUs.get(previousHop) ?? timeUs));
    earliestUs = Math.min(earliestUs, timeUs);
  }
  let spreadUs = 0;
  const together: number[] = [];
  for (const [node, timeUs] of firstUs) {
    spreadUs += lastUs.get(node)! - timeUs;
    if (timeUs === earliestUs) together.push(node);
  }
  return { firstUs, earliestUs, together, spreadUs: spreadUs / Math.max(1, firstUs.size) };
}

/** Copies of a flood, the earliest of which came from a zone node; `byMany` for the rule of 2018. */
export function floodEvidence(
  route: Route,
  sightings: readonly Sighting[],
  byMany: boolean,
): CopyEvidence {
  const { model } = route;
  const heard = listen(route, sightings);
  const shape = floodShape(route, byMany);
  const inZone = [...heard.firstUs.keys()].filter((node) => classOf(route, node) === model.zone);
  const quiet = Math.max(0, model.honest[model.zone]! - inZone.length);
  const single = model.reach(model.zone, 0);
  const evidence: CopyEvidence = {
    seen: 'zone',
    enter: single,
    classes: new Float64Array(model.count),
    named: new Map(),
    excluded: [],
  };
  if (heard.spreadUs > 0) return soften(route, evidence, heard, quiet / (1 - shape.exposed));
  const { classes, named } = evidence;
  const { together } = heard;
  const first = together.filter((node) => classOf(route, node) === model.zone).length;
  // A lone first one speaks for itself as root; as an alternative it is any one of the nodes that are exposed.
  const particular = together.length === 1 ? 1 / inZone.length : 1;
  for (const node of heard.firstUs.keys()) named.set(node, 0);
  if (together.length === 1) named.set(together[0]!, 1);
  classes[model.zone] = exposedContacts(first, shape, route.symmetric) * particular;
  const entered = byMany
    ? enterByMany(route, shape, first)
    : single.map((p) => p * (first === 1 ? shape.exposed : 0));
  const unheard = byMany
    ? enterByMany(route, shape, 0)
    : single.map((p) => p * (1 - shape.exposed));
  const later = poisson(first, shape.degree * shape.exposed);
  for (let c = 0; c < model.zone; c++)
    classes[c] = (entered[c]! + unheard[c]! * later) * particular;
  return evidence;
}

/** Evidence of a flood over unequal delays; `honest` zone nodes in the mean, of whom those not exposed are never heard. */
function soften(route: Route, evidence: CopyEvidence, heard: Heard, honest: number): CopyEvidence {
  const { model } = route;
  let sum = 0;
  for (const [node, timeUs] of heard.firstUs) {
    const inZone = classOf(route, node) === model.zone;
    const weight = inZone ? Math.exp((heard.earliestUs - timeUs) / heard.spreadUs) : 0;
    evidence.named.set(node, weight);
    sum += weight;
  }
  // Each honest node is the root with equal probability: the heard ones share theirs by weight, the others have the mean.
  evidence.classes[model.zone] = honest > 0 ? sum / honest : 0;
  return extendBeforeZone(route, evidence);
}

/**
 * A copy under the rule of 2018 whose earliest sighting came from a node outside the zone: that is the sender or an earlier relay as on any
 * path, or the one more to whom somebody with contacts in the zone sent besides them.
 */
export function floodedPath(
  route: Route,
  path: CopyEvidence,
  first: Sighting,
  sightings: readonly Sighting[],
): CopyEvidence {
  const { model } = route;
  const { together } = listen(route, sightings);
  const shape = floodShape(route, true);
  const inZone = together.filter((node) => classOf(route, node) === model.zone).length;
  const from = classOf(route, first.previousHop);
  const lone = together.length === 1;
  const classes = lone ? path.classes.slice() : new Float64Array(model.count);
  const particular = 1 / Math.max(1, model.honest[from]!);
  const aside = enterByMany(route, shape, inZone);
  for (let c = 0; c < model.zone; c++)
    classes[c]! += aside[c]! * asideTo(route, c, from) * particular;
  const quiet = (1 - shape.exposed) * exposedContacts(inZone, shape, route.symmetric);
  classes[model.zone]! += quiet * asideTo(route, model.zone, from) * particular;
  if (lone) return { ...path, classes };
  // Nobody who was heard was alone in having it, so the sender is somebody who was not heard.
  return { ...path, classes, named: new Map(together.map((node) => [node, 0])) };
}

/** P(the one more copy that a node of class `c` sends out of the zone goes to class `to`): to its nearest contact that is outside. */
function asideTo(route: Route, c: number, to: number): number {
  const { model, bucket, symmetric } = route;
  const last = model.zone - 1;
  if (c >= last) return to === last ? 1 : 0;
  if (to <= c) return 0;
  let beyond = 0;
  let nearer = 0;
  for (let t = c + 1; t < model.count; t++) beyond += model.sizes[t]!;
  for (let t = to + 1; t < model.zone; t++) nearer += model.sizes[t]!;
  const p = Math.min(1, expectedContacts(beyond, model.sizes[c]!, bucket, symmetric) / beyond);
  return (1 - p) ** nearer * (1 - (1 - p) ** model.sizes[to]!);
}
