/**
 * What will it cost to send a packet? The expected price of all its copies, with an interval, before it is sent.
 *
 * A pure function of what a node knows of the network: how many nodes there are (`overlay/estimate.ts`), the price list, how many contacts a bin has, the
 * luminosity and the way of spreading in the zone. Two parts:
 *
 * Route, to the first zone node: a hop from proximity p chooses the best of k contacts among 1 + N 2^-(p+1) nodes (the recipient is always one), so it gains G >= 1
 * bits, P(G > t) near 1 - (1 - 2^-t)^k as long as a bin has many more nodes than contacts. The cost from each proximity follows from those above it, with its variance; the
 * sender's own proximity to the target is t or more with probability 2^-t.
 *
 * Zone, of S - 1 ~ Binomial(N, 2^-l) further nodes. A tree has one edge for every prefix that still has nodes on both sides: at depth i
 * 2^i (1 - 2 (1 - 2^-(i+1))^S + (1 - 2^-i)^S) of them. A flood sends k (2 log2(S/k) - 1) copies a node (validation R2), over bins that are alike.
 *
 * The interval adds the spread of the route, of the zone's population and of the estimate of N, the first two at 97.5%, so it covers at least that (the population is taken as
 * Poisson, which at low luminosity is more than it varies). Estimates are
 * floating point: nothing is paid by them. How good they were is kept in a `CostRecord`.
 */
import { PERMILLE, priceOf, type PriceOptions } from './price.ts';

export interface CostQuestion {
  /** Nodes of the network, with a 95% interval. */
  network: { nodes: number; low: number; high: number };
  price: PriceOptions;
  /** Thousandths of the price that we pay (our credit band with our neighbours). */
  bandPermille?: number;
  bytes: number;
  /** Bits of the destination that are shown, 0..256. */
  luminosityBits: number;
  /** Contacts in a bin. */
  bucket: number;
  /** How the zone is covered. `measured`: copies per zone node, as the node has seen them. */
  spread:
    { kind: 'tree'; trees: number } | { kind: 'flood' } | { kind: 'measured'; copies: number };
}

/** Accounting units and copies; low and high bound at least 95%. */
export interface CostEstimate {
  units: number;
  low: number;
  high: number;
  /** Parts of `units`: on the way to the zone, within it. */
  route: number;
  zone: number;
  /** Nodes of the zone, and transmissions in all. */
  zoneNodes: number;
  copies: number;
}

/** Two-sided 97.5% normal quantile: of two parts that may each be off, together 95% (Bonferroni). Costs of a way are few and skewed, so 1.96 holds too little. */
const Z = 2.24;
/** Beyond this many bits a gain, or a sender's proximity, has probability below 2^-52. */
const BITS_MAX = 52;

export function estimateCost(question: CostQuestion): CostEstimate {
  const { network, luminosityBits, spread } = question;
  const route = routeCost(question);
  const trees = spread.kind === 'tree' ? spread.trees : 1;
  const share = halves(luminosityBits);
  const zoneNodes = 1 + network.nodes * share;
  const zone = zoneCost(question, zoneNodes);
  const spreadLow = Z * Math.sqrt(network.low * share);
  const low = zoneCost(question, Math.max(1, 1 + network.low * share - spreadLow));
  const high = zoneCost(question, 1 + network.high * share + Z * Math.sqrt(network.high * share));
  // Trees of one message take their ways independently.
  const deviation = Math.sqrt(trees * route.variance);
  return {
    units: trees * route.units + zone.units,
    low: Math.max(0, trees * route.units - Z * deviation) + low.units,
    high: trees * route.units + Z * deviation + high.units,
    route: trees * route.units,
    zone: zone.units,
    zoneNodes,
    copies: trees * route.hops + zone.copies,
  };
}

/** Mean and variance of what it costs to come into the zone, and mean hops. */
function routeCost(question: CostQuestion): { units: number; variance: number; hops: number } {
  const { luminosityBits: bits, bucket, network } = question;
  // Nearer than this nobody but the recipient is to be met on the way.
  const last = Math.min(bits, BITS_MAX);
  const prices = pricesUpTo(question, bits + BITS_MAX + 1);
  // Of zone nodes the nearest is no better than any: how near one is to the padding is chance.
  let [entry, entrySquare] = [0, 0];
  for (let extra = 0; extra <= BITS_MAX; extra++) {
    const price = prices[bits + extra]!;
    entry += halves(extra + 1) * price;
    entrySquare += halves(extra + 1) * price * price;
  }
  const mean = new Float64Array(last + 1);
  const square = new Float64Array(last + 1);
  const hops = new Float64Array(last + 1);
  for (let at = last - 1; at >= 0; at--) {
    let left = 1;
    for (let next = at + 1; next < last; next++) {
      const beyond = exceeds(network.nodes, at, next - at, bucket);
      const chance = left - beyond;
      left = beyond;
      const price = prices[next]!;
      mean[at]! += chance * (price + mean[next]!);
      square[at]! += chance * (price * price + 2 * price * mean[next]! + square[next]!);
      hops[at]! += chance * (1 + hops[next]!);
    }
    mean[at]! += left * entry;
    square[at]! += left * entrySquare;
    hops[at]! += left;
  }
  let units = 0;
  let squares = 0;
  let steps = 0;
  for (let at = 0; at < last; at++) {
    const chance = halves(at + 1);
    units += chance * mean[at]!;
    squares += chance * square[at]!;
    steps += chance * hops[at]!;
  }
  return { units, variance: Math.max(0, squares - units * units), hops: steps };
}

/**
 * P(G > t) from proximity `at`: of the nodes that share more than `at` bits with the target, the recipient among them, one of those that share more than
 * `at + t` is among our `bucket` contacts there. Drawn without replacement, since near the target a bin holds everybody.
 */
function exceeds(nodes: number, at: number, t: number, bucket: number): number {
  const all = 1 + nodes * halves(at + 1);
  const better = 1 + nodes * halves(at + 1 + t);
  let none = 1;
  for (let i = 0; i < bucket && none > 0; i++) {
    // What is left to draw from is only known on average: below one node it is the last one.
    const left = all - i;
    none = left <= better ? 0 : none * (1 - better / left);
  }
  return 1 - none;
}

/** What covering a zone of `nodes` (>= 1, need not be whole) costs. */
function zoneCost(question: CostQuestion, nodes: number): { units: number; copies: number } {
  const { spread, luminosityBits: bits, bucket } = question;
  if (spread.kind === 'tree') {
    const one = treeCost(question, nodes);
    return { units: spread.trees * one.units, copies: spread.trees * one.copies };
  }
  const depth = Math.max(0, log2(nodes / bucket));
  const perNode =
    spread.kind === 'measured'
      ? spread.copies
      : Math.min(nodes - 1, Math.max(0, bucket * (2 * depth - 1)) || nodes - 1);
  const bins = 1 + Math.floor(depth);
  const prices = pricesUpTo(question, bits + bins);
  let price = 0;
  for (let i = 0; i < bins; i++) price += prices[bits + i]! / bins;
  const copies = nodes * perNode;
  return { units: copies * price, copies };
}

function treeCost(question: CostQuestion, nodes: number): { units: number; copies: number } {
  const { luminosityBits: bits } = question;
  const prices = pricesUpTo(question, bits + BITS_MAX);
  let units = 0;
  let copies = 0;
  let prefixes = 1;
  for (let i = 0; i < BITS_MAX; i++) {
    const share = halves(i);
    const splits = 1 - 2 * powerReal(1 - share / 2, nodes) + powerReal(1 - share, nodes);
    const edges = prefixes * Math.max(0, splits);
    units += edges * prices[bits + i]!;
    copies += edges;
    prefixes *= 2;
    // What is deeper are collisions of addresses.
    if (prefixes > nodes * nodes * 1e6) break;
  }
  return { units, copies };
}

/** Price of one transmission to a relay at each proximity order below `end`. */
function pricesUpTo(question: CostQuestion, end: number): number[] {
  const prices: number[] = [];
  for (let near = 0; near < end; near++) {
    const band = question.bandPermille ?? PERMILLE;
    prices.push(priceOf(question.price, Math.min(near, 256), question.bytes, band) ?? Infinity);
  }
  return prices;
}

/** 2^-n. */
function halves(n: number): number {
  let value = 1;
  for (let i = 0; i < n; i++) value /= 2;
  return value;
}

/** base^exponent for a whole exponent >= 0. */
function power(base: number, exponent: number): number {
  let value = 1;
  for (let square = base, rest = exponent; rest > 0; rest = Math.floor(rest / 2)) {
    if (rest % 2 === 1) value *= square;
    square *= square;
  }
  return value;
}

/** Between the powers to both whole neighbours of `exponent`. */
function powerReal(base: number, exponent: number): number {
  const whole = Math.floor(exponent);
  const low = power(base, whole);
  return low + (exponent - whole) * (low * base - low);
}

/** Binary logarithm of x > 0, to 2^-32: by squaring, since the last bits of Math.log2 differ between engines. */
function log2(x: number): number {
  let whole = 0;
  let rest = x;
  for (; rest >= 2; rest /= 2) whole++;
  for (; rest < 1; rest *= 2) whole--;
  let fraction = 0;
  for (let bit = 0.5; bit > 2e-10; bit /= 2) {
    rest *= rest;
    if (rest < 2) continue;
    rest /= 2;
    fraction += bit;
  }
  return whole + fraction;
}

/** How estimates have turned out. */
export class CostRecord {
  #count = 0;
  #within = 0;
  #ratio = 0;
  #off = 0;

  /** Keeps an estimate and what it came to, both in units; `actual` of 0 says nothing and is not kept. */
  add(estimate: CostEstimate, actual: number): void {
    if (!(actual > 0)) return;
    this.#count++;
    if (estimate.low <= actual && actual <= estimate.high) this.#within++;
    const error = (estimate.units - actual) / actual;
    this.#ratio += error;
    this.#off += Math.abs(error);
  }

  get count(): number {
    return this.#count;
  }
  /** Share of the actual costs that lay within their interval; NaN before the first. */
  get coverage(): number {
    return this.#within / this.#count;
  }
  /** Mean of (estimate - actual) / actual. */
  get bias(): number {
    return this.#ratio / this.#count;
  }
  /** Mean of the same without its sign. */
  get meanAbsoluteError(): number {
    return this.#off / this.#count;
  }
}
