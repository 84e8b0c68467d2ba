/**
 * Bayes over who sent a message, from what colluders saw of each of its copies.
 *
 * Without a stem a copy is routed from its sender, so the likelihoods of `copy-evidence.ts` are the sender's. With a stem they are those of the
 * node where the walk ended, and are averaged over that walk (`stem-model.ts`); a copy seen on its stem speaks of the sender directly,
 * as in Crowds. How several copies of one message hang together is the subject of `joint-evidence.ts`; those on stems are independent.
 *
 * Candidates that are alike form one cell, so the work grows with the number of colluders' sightings, not of nodes.
 */
import {
  classOf,
  pathEvidence,
  treeEvidence,
  unseenEvidence,
  zoneMean,
  type CopyEvidence,
  type Route,
} from './copy-evidence.ts';
import { floodedPath, floodEvidence } from './flood-evidence.ts';
import { addRun, emptyCell, scoreCells, type Cell, type Guess } from './judgement.ts';
import { JointEvidence } from './joint-evidence.ts';
import { Profile, type Population, type Run } from './population.ts';
import { earliest, type Sighting } from './sighting.ts';
import { endOfStem, StemWalk, visitsOnStem, type StemLaw } from './stem-model.ts';
import { proximity, ADDRESS_WORDS } from '../../protocols/identity/proximity.ts';

export interface RoutingFacts {
  policy: 'pss' | 'pss-v2' | 'tree';
  /** Copies that a message of policy `tree` starts with. */
  trees: number;
  /** Mean hops of a stem, 0 for none. */
  stemHops: number;
  randomPeer: boolean;
}

/** What one copy says: it was met on its stem, with this predecessor, or its routing is known as `evidence`. */
type CopyFinding = { stemPredecessor: number } | { evidence: CopyEvidence };

/** Nodes that the averages over stems look at one by one: beyond a few they weigh nothing. */
const NAMED_ON_STEM_MAX = 8;

/** Posterior over senders, scored; undefined if nothing was seen that tells senders apart. */
export function inferSender(
  route: Route,
  facts: RoutingFacts,
  sightings: readonly Sighting[],
  sender: number,
): Guess | undefined {
  const findings = findingsOf(route, facts, sightings);
  if (findings.length === 0) return undefined;
  if (facts.stemHops > 0) return judgeThroughStems(route, facts, findings, sender);
  const evidences = findings.flatMap((f) => ('evidence' in f ? [f.evidence] : []));
  return judgeDirectly(route, new JointEvidence(route, evidences), sender);
}

function findingsOf(
  route: Route,
  facts: RoutingFacts,
  sightings: readonly Sighting[],
): CopyFinding[] {
  const { model } = route;
  const copies = facts.policy === 'tree' ? facts.trees : 1;
  const findings: CopyFinding[] = [];
  for (let copy = 0; copy < copies; copy++) {
    const ofCopy = copies === 1 ? sightings : sightings.filter((s) => s.tree === copy);
    const first = earliest(ofCopy.filter((s) => route.population.corrupt[s.previousHop] !== 1));
    if (first === undefined) {
      // With colluders in the zone its absence says that it got lost, hence nothing.
      if (model.honest[model.zone] === model.sizes[model.zone])
        findings.push({ evidence: unseenEvidence(route, copy) });
    } else if (first.onStem) findings.push({ stemPredecessor: first.previousHop });
    else if (classOf(route, first.previousHop) < model.zone) {
      const evidence = pathEvidence(route, first, copy);
      findings.push({
        evidence: facts.policy === 'pss' ? floodedPath(route, evidence, first, ofCopy) : evidence,
      });
    } else if (facts.policy === 'tree')
      findings.push({ evidence: treeEvidence(route, ofCopy, copy) });
    else findings.push({ evidence: floodEvidence(route, ofCopy, facts.policy === 'pss') });
  }
  return findings;
}

/** The sender is where routing began. */
function judgeDirectly(route: Route, joint: JointEvidence, sender: number): Guess | undefined {
  const { population, model, target } = route;
  const cells: Cell[] = [];
  for (let c = 0; c < model.count; c++) cells.push(emptyCell(joint.ofClass(c)));
  for (let bits = 0; bits < Math.min(route.luminosity, target.depth); bits++) {
    const c = model.classOf(bits);
    if (c < 0) continue;
    addRun(cells[c]!, population, target.low(bits), target.low(bits + 1), 1);
    addRun(cells[c]!, population, target.high(bits + 1), target.high(bits), 1);
  }
  const zone = cells[model.zone]!;
  addRun(zone, population, target.low(route.luminosity), target.high(route.luminosity), 1);
  for (const run of joint.excluded) addRun(zone, population, run.low, run.high, -1);
  for (const node of joint.named) {
    const rank = population.rank[node]!;
    if (!joint.isExcluded(rank))
      addRun(cells[classOf(route, node)]!, population, rank, rank + 1, -1);
    const cell = emptyCell(joint.ofNode(node));
    addRun(cell, population, rank, rank + 1, 1);
    cells.push(cell);
  }
  return scoreCells(cells, joint.ofNode(sender), population.weights[sender]!);
}

/** The likelihood of one copy as a function of a sender's shared bits with the target and with nodes of interest. */
interface StemTerm {
  /** By bits shared with the target, up to the luminosity. */
  base: Float64Array;
  /** Added for each node of interest: factor times the walk's density there, which depends on the bits shared with it. */
  near: { node: number; factor: number; walk: StemWalk; self: number }[];
}

function judgeThroughStems(
  route: Route,
  facts: RoutingFacts,
  findings: readonly CopyFinding[],
  sender: number,
): Guess | undefined {
  const { population, target } = route;
  const law: StemLaw = {
    stemHops: facts.stemHops,
    corruptRatio: 1 - population.honest(0, population.nodes) / population.nodes,
  };
  const walkTo = (node: number, series: (l: number) => number): StemWalk =>
    new StemWalk(
      population,
      new Profile(population, node, 256),
      route.bucket,
      route.symmetric,
      series,
    );
  const anchor = population.order[target.low(route.luminosity)]!;
  const towards = walkTo(anchor, endOfStem(law));
  const terms = findings.map((finding): StemTerm => {
    if ('stemPredecessor' in finding) {
      const node = finding.stemPredecessor;
      return {
        base: new Float64Array(route.luminosity + 1),
        near: [{ node, factor: 1, walk: walkTo(node, visitsOnStem(law)), self: 1 }],
      };
    }
    return routedTerm(route, finding.evidence, towards, (node) => walkTo(node, endOfStem(law)));
  });
  const references = new Set(terms.flatMap((term) => term.near.map((n) => n.node)));
  references.add(anchor);
  const cells: Cell[] = [];
  let truth = 0;
  const senderRank = population.rank[sender]!;
  for (const run of partition(population, [...references])) {
    const node = population.order[run.low]!;
    let product = 1;
    for (const term of terms) {
      const bits = Math.min(sharedBits(population, node, anchor), route.luminosity);
      let likelihood = term.base[bits]!;
      for (const { node: other, factor, walk, self } of term.near) {
        likelihood += factor * walk.density(sharedBits(population, node, other));
        if (node === other) likelihood += self;
      }
      product *= Math.max(0, likelihood);
    }
    const cell = emptyCell(product);
    addRun(cell, population, run.low, run.high, 1);
    cells.push(cell);
    if (senderRank >= run.low && senderRank < run.high) truth = product;
  }
  return scoreCells(cells, truth, population.weights[sender]!);
}

/** Averages evidence about where routing began over where a sender's stem ends. */
function routedTerm(
  route: Route,
  evidence: CopyEvidence,
  towards: StemWalk,
  walkTo: (node: number) => StemWalk,
): StemTerm {
  const { model, luminosity } = route;
  const top = [...evidence.named].sort((a, b) => b[1] - a[1]).slice(0, NAMED_ON_STEM_MAX);
  const values = Float64Array.from(evidence.classes);
  values[model.zone] = zoneMean(route, evidence, new Set(top.map(([node]) => node)));
  const base = new Float64Array(luminosity + 1);
  const { within } = towards;
  const inside = (bits: number): number => within[Math.min(bits, within.length - 1)]!;
  let before = 0;
  for (let bits = 0; bits <= luminosity; bits++) {
    if (bits === luminosity) {
      base[bits] = before + inside(bits) * values[model.zone]!;
      break;
    }
    const own = model.classOf(bits);
    // Nobody shares exactly this number of bits: no sender and no hop ends there.
    if (own < 0) continue;
    let honest = 0;
    let sum = 0;
    for (let c = own + 1; c < model.count; c++) {
      honest += model.honest[c]!;
      sum += model.honest[c]! * values[c]!;
    }
    const bin = inside(bits) - inside(bits + 1);
    base[bits] = before + (honest > 0 ? (bin * sum) / honest : 0) + inside(bits + 1) * values[own]!;
    before += bin * values[own]!;
  }
  const near = top.map(([node, likelihood]) => ({
    node,
    factor: likelihood - values[classOf(route, node)]!,
    walk: walkTo(node),
    self: 0,
  }));
  return { base, near };
}

function sharedBits(population: Population, a: number, b: number): number {
  const words = population.addresses;
  return proximity(words, a * ADDRESS_WORDS, words, b * ADDRESS_WORDS);
}

/** Disjoint runs that cover all nodes, each of whose members share the same number of bits with every reference. */
function partition(population: Population, references: readonly number[]): Run[] {
  const ranks = references.map((node) => population.rank[node]!);
  const runs: Run[] = [];
  const visit = (low: number, high: number, bit: number, inside: readonly number[]): void => {
    if (low === high) return;
    if (inside.length === 0 || high - low === 1) {
      runs.push({ low, high });
      return;
    }
    const middle = population.split(low, high, bit);
    visit(
      low,
      middle,
      bit + 1,
      inside.filter((rank) => rank < middle),
    );
    visit(
      middle,
      high,
      bit + 1,
      inside.filter((rank) => rank >= middle),
    );
  };
  visit(0, population.nodes, 0, ranks);
  return runs;
}
