/**
 * One run of the accounting model: a network, its originators, its requests, all from named streams, and the figures that come of it.
 */
import type { RandomStream } from '../../protocols/random.ts';
import { CACHED, FOUND, LOCAL, NO_ACCESS, OVER_THRESHOLD, type TokenCounters } from './counters.ts';
import { generateTopology, type TopologyOptions } from './generators.ts';
import { TokenKernel } from './kernel.ts';
import { spearman } from './metrics/correlation.ts';
import { gini, signedInequality, theil, type SignedInequality } from './metrics/inequality.ts';
import { Patience, type PatienceRules } from './patience.ts';
import type { TokenRules } from './rules.ts';
import type { TokenTopology } from './topology.ts';

export interface TokenWorkload {
  /** Nodes that ask, chosen at random, in turns. */
  originators: number;
  requests: number;
  /** A share of requests goes to a few chunks (those with the lowest ids); uniform without it. */
  preferred?: { share: number; chunks: number };
  /** What originators do about chunks that they did not get; nothing without it. */
  patience?: PatienceRules;
}

/** Where streams come from: a StreamFactory, or a part of one. */
export interface StreamSource {
  stream(path: string): RandomStream;
}

/** Mean income of a group of nodes, AU; an empty group has none. */
export interface MeanIncome {
  nodes: number;
  income?: number;
}

export interface TokenFigures {
  requests: number;
  /** Shares of all requests. */
  found: number;
  accessFailures: number;
  thresholdFailures: number;
  cacheHits: number;
  /** Edges per node. */
  meanDegree: number;
  /** Per request that was found. */
  meanHops: number;
  paidPerFound: number;
  paymentsPerFound: number;
  /** What a forwarder kept of a request of which it was paid and paid the next hop, AU. */
  rewardPerForward: number;
  rewardPerForwardSd: number;
  /** Gini of net incomes, over all nodes and over those that never asked; undefined where some are negative, and `signedIncome` tells. */
  incomeGini: number | undefined;
  nonOriginatorGini: number | undefined;
  incomeTheil: number | undefined;
  signedIncome: SignedInequality;
  firstHopIncomeGini: number;
  originatorCostGini: number;
  workGini: number;
  forwardGini: number;
  storageGini: number;
  /** Net income of the nodes in first, second, … place of their route, per request that was found, AU. */
  incomeByHop: number[];
  /** Mean neighbours in each bucket, the farthest first. */
  bucketFill: number[];
  /** Rank correlation of work and income over nodes. */
  workIncomeCorrelation: number;
  /** Mean income of the nodes by their mean position on routes (index 0: below 1.5, 1: below 2.5, …), and how many there are. */
  incomeByPosition: MeanIncome[];
  /** Mean income of the nodes by how many share their storage neighbourhood (index), and how many there are. */
  incomeByDensity: MeanIncome[];
}

/** `count` different nodes of `nodes`, uniform, in random order. */
export function drawOriginators(nodes: number, count: number, random: RandomStream): Int32Array {
  if (count < 1 || count > nodes) throw new Error(`${count} originators of ${nodes} nodes`);
  const all = Int32Array.from({ length: nodes }, (_, node) => node);
  for (let i = 0; i < count; i++) {
    const at = i + random.below(nodes - i);
    const node = all[at]!;
    all[at] = all[i]!;
    all[i] = node;
  }
  return all.slice(0, count);
}

/** A random chunk (ids from 1 up), or one of the preferred ones. */
function drawChunk(chunks: number, workload: TokenWorkload, random: RandomStream): number {
  const { preferred } = workload;
  return preferred !== undefined && random.below(1_000_000) < preferred.share * 1_000_000
    ? random.below(preferred.chunks)
    : 1 + random.below(chunks);
}

/** Asks for chunks, originators in turns. A chunk that is asked for again takes the place of a new one. */
export function runRequests(
  kernel: TokenKernel,
  topology: TokenTopology,
  originators: Int32Array,
  workload: TokenWorkload,
  random: RandomStream,
): void {
  const chunks = 2 ** topology.bits - 1;
  const { patience } = workload;
  const pending =
    patience === undefined ? undefined : Array.from(originators, () => new Patience(patience));
  for (let i = 0, turn = 0; i < workload.requests; i++) {
    const originator = originators[turn]!;
    if (pending === undefined) {
      kernel.request(originator, drawChunk(chunks, workload, random));
    } else {
      const own = pending[turn]!;
      const { epoch } = kernel;
      const again = own.next(epoch);
      const chunk = again < 0 ? drawChunk(chunks, workload, random) : again;
      const outcome = kernel.request(originator, chunk, own.avoided);
      own.after(chunk, outcome, kernel.route.hops > 0 ? kernel.route.nodes[1]! : -1, epoch);
    }
    if (++turn === originators.length) turn = 0;
  }
}

/** Builds a network, runs a workload over it and sums up. Same streams, same figures, to the last bit. */
export function simulateTokens(
  options: TopologyOptions,
  rules: TokenRules,
  workload: TokenWorkload,
  streams: StreamSource,
): TokenFigures {
  const topology = generateTopology(options, streams.stream('topology'));
  const originators = drawOriginators(
    topology.nodes,
    workload.originators,
    streams.stream('originators'),
  );
  const kernel = new TokenKernel(topology, rules);
  runRequests(kernel, topology, originators, workload, streams.stream('chunks'));
  return figuresOf(kernel, topology, originators);
}

/** The figures of a kernel that has run. */
export function figuresOf(
  kernel: TokenKernel,
  topology: TokenTopology,
  originators: Int32Array,
): TokenFigures {
  const { counters } = kernel;
  const asks = new Uint8Array(topology.nodes);
  for (const node of originators) asks[node] = 1;
  const signedIncome = signedInequality(counters.income, counters.gross);
  const unsigned = signedIncome.losers === 0;
  const idle = counters.income.filter((_, node) => asks[node] === 0);
  const work = counters.forwards.map((forwards, node) => forwards + counters.served[node]!);
  return {
    ...requestFigures(counters),
    meanDegree: topology.to.length / topology.nodes,
    incomeGini: unsigned ? gini(counters.income) : undefined,
    nonOriginatorGini: idle.every((income) => income >= 0) ? gini(idle) : undefined,
    incomeTheil: unsigned ? theil(counters.income) : undefined,
    signedIncome,
    firstHopIncomeGini: gini(counters.firstHopIncome),
    originatorCostGini: gini(counters.cost.filter((_, node) => asks[node] === 1)),
    workGini: gini(work),
    forwardGini: gini(counters.forwards),
    storageGini: gini(counters.served),
    bucketFill: bucketFill(topology),
    workIncomeCorrelation: spearman(work, counters.income),
    incomeByPosition: incomeByPosition(counters, work),
    incomeByDensity: incomeByDensity(topology, kernel.depth, counters.income),
  };
}

function requestFigures(counters: TokenCounters) {
  const { outcomes, hops } = counters;
  const requests = outcomes.reduce((sum, count) => sum + count, 0);
  const found = outcomes[FOUND]! + outcomes[LOCAL]! + outcomes[CACHED]!;
  const mean = counters.forwardReward / counters.rewardedForwards;
  const squares = counters.forwardRewardSquares / counters.rewardedForwards;
  return {
    requests,
    found: found / requests,
    accessFailures: outcomes[NO_ACCESS]! / requests,
    thresholdFailures: outcomes[OVER_THRESHOLD]! / requests,
    cacheHits: outcomes[CACHED]! / requests,
    meanHops: hops.reduce((sum, count, length) => sum + count * length, 0) / found,
    incomeByHop: Array.from(counters.hopIncome, (income) => income / found),
    paidPerFound: counters.paid / found,
    paymentsPerFound: counters.payments / found,
    rewardPerForward: mean,
    rewardPerForwardSd: Math.sqrt(Math.max(0, squares - mean * mean)),
  };
}

function bucketFill({ nodes, bits, first }: TokenTopology): number[] {
  return Array.from({ length: bits }, (_, bucket) => {
    let held = 0;
    for (let at = bucket; at < nodes * bits; at += bits) held += first[at + 1]! - first[at]!;
    return held / nodes;
  });
}

interface Group {
  nodes: number;
  income: number;
}

function addTo(groups: Group[], index: number, income: number): void {
  while (groups.length <= index) groups.push({ nodes: 0, income: 0 });
  groups[index]!.nodes++;
  groups[index]!.income += income;
}

function means(groups: Group[]): MeanIncome[] {
  return groups.map(({ nodes, income }) =>
    nodes === 0 ? { nodes } : { nodes, income: income / nodes },
  );
}

function incomeByPosition(counters: TokenCounters, work: Float64Array): MeanIncome[] {
  const groups: Group[] = [];
  work.forEach((count, node) => {
    if (count === 0) return;
    const position = Math.round(counters.positions[node]! / count) - 1;
    addTo(groups, position, counters.income[node]!);
  });
  return means(groups);
}

function incomeByDensity(
  topology: TokenTopology,
  depth: number,
  income: Float64Array,
): MeanIncome[] {
  const neighbourhood = (node: number): number => topology.ids[node]! >>> (topology.bits - depth);
  const members = new Map<number, number>();
  for (let node = 0; node < topology.nodes; node++) {
    const prefix = neighbourhood(node);
    members.set(prefix, (members.get(prefix) ?? 0) + 1);
  }
  const groups: Group[] = [];
  income.forEach((amount, node) => addTo(groups, members.get(neighbourhood(node))!, amount));
  return means(groups);
}
