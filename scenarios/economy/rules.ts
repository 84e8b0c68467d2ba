/**
 * Rules of Tit-for-Token, the accounting of relayed requests between neighbours that serves as the public comparator for token economies.
 *
 * A node that asks a neighbour for a chunk owes it the price of that chunk. While the debt stays within the neighbour's threshold the service is
 * free; beyond it, time may forgive some of the debt, and otherwise somebody pays or the request fails. Who pays, what is paid and whether debts of
 * the two directions count against each other are the variants that the field argues about, so each is a named setting here and none
 * is built in.
 *
 * Source: Lakhani, Babaei, Jehl, Ishmaev, Estrada-Galiñanes, arXiv 2307.02231 v2 (IEEE ICBC 2024, doi 10.1109/ICBC59979.2024.10634423) and the
 * authors' program relab/bandwidth-incentive-simulation. Where program and description differ, the comment at the place says so.
 * Amounts are integers in accounting units (AU).
 */

/** Who may pay when every suitable neighbour would be over its threshold. */
export type PaymentRule =
  /** Nobody: the request fails. */
  | 'none'
  /** Each node on the route for itself. */
  | 'every-hop'
  /** The originator only; a forwarder in the same position fails the request. */
  | 'originator-only'
  /** A forwarder only if the hop before it was paid as well. */
  | 'if-originator-pays'
  /** Each node for itself, and a payment anywhere makes all hops before it pay their price too. */
  | 'force-originator';

export interface TokenRules {
  /** Debts are limited at all. */
  limited: boolean;
  /** Most debt in one direction, AU, after adding the price of the request. */
  threshold: number;
  /** Debts of the two directions count against each other. */
  reciprocity: boolean;
  /** Debt is forgiven over time (only when it is in the way, as in the source). */
  forgiveness: boolean;
  /** Forgiven per epoch (second) and edge, AU. */
  refreshRate: number;
  /** Threshold of an edge is the bit length of its XOR distance, and the refresh rate follows it. */
  adjustable: boolean;
  payment: PaymentRule;
  /** What a payment covers: this request alone, or the whole balance, which it clears. */
  paid: 'request' | 'balance';
  /** Proximity beyond which a chunk gets no cheaper. */
  priceOrderMax: number;
  /** AU per step of proximity. */
  priceUnit: number;
  /** Nodes that shall be responsible for a chunk; gives the depth at which a route ends. */
  replication: number;
  /** Requests that make one epoch. */
  requestsPerEpoch: number;
  /** Chunks that each node keeps of what passed through it, least recently used out first; 0 for no cache. */
  cacheChunks: number;
}

/** Defaults of the authors' configuration; payments on, as in their published comparisons. */
export const DEFAULT_RULES: TokenRules = {
  limited: true,
  threshold: 16,
  reciprocity: true,
  forgiveness: true,
  refreshRate: 8,
  adjustable: false,
  payment: 'every-hop',
  paid: 'request',
  priceOrderMax: 16,
  priceUnit: 1,
  replication: 4,
  requestsPerEpoch: 12_500,
  cacheChunks: 0,
};

/** Leading bits that two ids of `bits` bits share; `bits` for equal ones. `xor` is their XOR. */
export function proximityOf(xor: number, bits: number): number {
  return Math.clz32(xor) - 32 + bits;
}

/**
 * Proximity at which a node stores a chunk: the number of times that the network can be halved with at least
 * `replication` nodes left (10,000 nodes, 4 copies: 11).
 */
export function storageDepth(nodes: number, replication: number): number {
  let depth = 0;
  for (let left = nodes >> 1; left >= replication && left > 0; left >>= 1) depth++;
  return depth;
}

/** Price of a chunk at a node with XOR distance `xor` to it, AU: the nearer, the cheaper. */
export function priceOf(
  xor: number,
  bits: number,
  rules: Pick<TokenRules, 'priceOrderMax' | 'priceUnit'>,
): number {
  const order = Math.min(proximityOf(xor, bits), rules.priceOrderMax);
  return (rules.priceOrderMax - order + 1) * rules.priceUnit;
}

/**
 * Refresh rate of an edge with a threshold of its own: in proportion to the threshold, halved for edges below the full threshold (all but those of
 * the first bucket), whole AU, at least 1.
 */
export function adjustedRefreshRate(
  edgeThreshold: number,
  threshold: number,
  refreshRate: number,
): number {
  const share = (edgeThreshold * refreshRate) / threshold;
  return Math.max(1, Math.floor(edgeThreshold < threshold ? share / 2 : share));
}
