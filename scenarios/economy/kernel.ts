/**
 * The accounting kernel: routes one request after another over a topology and keeps every pair's debt and every node's income.
 *
 * It is a model without time, bytes or loss: a request is one call, and what a chunk costs is all that travels. That makes it a few hundred
 * nanoseconds a request, so questions about prices, thresholds and inequality can be asked of millions of requests; where packets matter, the
 * protocols run. All state is in typed arrays indexed by node or edge; a request allocates nothing unless caches are on.
 *
 * Differences from the authors' program, each where that contradicts its own description: a paid request adds no debt (there, it does); a
 * failed request settles nothing (there, its payments may clear balances); without reciprocity, forgiveness does not bring it back.
 */
import { CACHED, FOUND, LOCAL, NO_ACCESS, OVER_THRESHOLD, TokenCounters } from './counters.ts';
import {
  adjustedRefreshRate,
  priceOf,
  proximityOf,
  storageDepth,
  type TokenRules,
} from './rules.ts';
import type { TokenTopology } from './topology.ts';

/** The route of the last request, for who wants to look: valid until the next one. */
export interface Route {
  hops: number;
  /** Nodes, originator first: hops + 1 of them. */
  nodes: Int32Array;
  /** Price of each hop, AU. */
  prices: Int32Array;
}

export class TokenKernel {
  readonly counters: TokenCounters;
  readonly depth: number;
  readonly route: Route;
  /** Debt along each edge, AU. */
  readonly debt: Float64Array;
  /** Debt along each edge less that along the edge back (with reciprocity), kept apart so that a hop reads neighbouring words only. */
  readonly #owed: Float64Array;
  readonly #topology: TokenTopology;
  readonly #rules: TokenRules;
  /** Price of a chunk by its proximity to the node. */
  readonly #prices: Int32Array;
  readonly #lastEpoch: Int32Array;
  readonly #edges: Int32Array;
  readonly #mustPay: Uint8Array;
  /** Per node, chunks in the order of their last use. */
  readonly #caches: Map<number, true>[] | undefined;
  #requests = 0;
  #epoch = 0;
  #avoided: ReadonlySet<number> | undefined;
  /** Set by `#choose`: the edge it returns is over its threshold. */
  #over = false;

  constructor(topology: TokenTopology, rules: TokenRules) {
    this.#topology = topology;
    this.#rules = rules;
    const { bits, nodes } = topology;
    this.depth = storageDepth(nodes, rules.replication);
    this.#prices = Int32Array.from({ length: bits + 1 }, (_, order) =>
      // The XOR distance of proximity `order` has bits - order bits.
      priceOf(order === bits ? 0 : 1 << (bits - order - 1), bits, rules),
    );
    this.counters = new TokenCounters(nodes, bits);
    this.route = { hops: 0, nodes: new Int32Array(bits + 1), prices: new Int32Array(bits) };
    this.debt = new Float64Array(topology.to.length);
    this.#owed = new Float64Array(topology.to.length);
    this.#lastEpoch = new Int32Array(topology.to.length);
    this.#edges = new Int32Array(bits);
    this.#mustPay = new Uint8Array(bits);
    this.#caches =
      rules.cacheChunks > 0 ? Array.from({ length: nodes }, () => new Map()) : undefined;
  }

  /** Epoch in which the next request falls. */
  get epoch(): number {
    return Math.floor(this.#requests / this.#rules.requestsPerEpoch);
  }

  /**
   * Routes one request and settles it.
   * @param avoided nodes that it must not go through; borrowed for the call
   * @returns how it ended (counters.ts)
   */
  request(originator: number, chunk: number, avoided?: ReadonlySet<number>): number {
    this.#epoch = this.epoch;
    this.#requests++;
    this.#avoided = avoided;
    const outcome = this.#walk(originator, chunk);
    this.counters.outcomes[outcome]!++;
    if (outcome > CACHED) return outcome;
    const { hops } = this.route;
    this.counters.hops[hops]!++;
    if (hops > 0) {
      this.#settle(hops);
      this.#countWork(hops);
    }
    if (this.#caches !== undefined) this.#remember(chunk);
    return outcome;
  }

  #walk(originator: number, chunk: number): number {
    const { ids, bits, to, toId } = this.#topology;
    const { route, depth } = this;
    route.nodes[0] = originator;
    route.hops = 0;
    let node = originator;
    let xor = ids[node]! ^ chunk;
    let paidBefore = true;
    while (proximityOf(xor, bits) < depth) {
      if (this.#caches !== undefined && this.#touch(node, chunk))
        return route.hops === 0 ? LOCAL : CACHED;
      const edge = this.#choose(node, xor, chunk);
      if (edge < 0) return NO_ACCESS;
      const over = this.#over;
      if (over && !this.#mayPay(route.hops, paidBefore)) return OVER_THRESHOLD;
      paidBefore = over;
      node = to[edge]!;
      xor = toId[edge]! ^ chunk;
      this.#edges[route.hops] = edge;
      this.#mustPay[route.hops] = over ? 1 : 0;
      route.prices[route.hops] = this.#prices[proximityOf(xor, bits)]!;
      route.nodes[++route.hops] = node;
    }
    return route.hops === 0 ? LOCAL : FOUND;
  }

  /**
   * The edge to the neighbour nearest to the chunk that is within its threshold, or else to the nearest of those that are not; -1 without any. Only
   * the bucket that the chunk falls into can hold somebody nearer, and everybody in it is.
   */
  #choose(node: number, xor: number, chunk: number): number {
    const { bits, first, to, toId } = this.#topology;
    const { limited, adjustable, forgiveness } = this.#rules;
    const avoided = this.#avoided;
    const prices = this.#prices;
    const owed = this.#owed;
    const order = proximityOf(xor, bits);
    // All edges of a bucket have XOR distances of the same bit length.
    const limit = limited ? (adjustable ? bits - order : this.#rules.threshold) : Infinity;
    const end = first[node * bits + order + 1]!;
    let within = -1;
    let withinXor = xor;
    let over = -1;
    let overXor = xor;
    for (let edge = first[node * bits + order]!; edge < end; edge++) {
      const distance = toId[edge]! ^ chunk;
      if (distance >= withinXor) continue;
      if (avoided !== undefined && avoided.has(to[edge]!)) continue;
      const price = prices[proximityOf(distance, bits)]!;
      if (
        owed[edge]! + price <= limit ||
        (forgiveness && this.#forgive(edge, limit) && owed[edge]! + price <= limit)
      ) {
        within = edge;
        withinXor = distance;
      } else if (distance < overXor) {
        over = edge;
        overXor = distance;
      }
    }
    this.#over = within < 0;
    return within < 0 ? over : within;
  }

  /** Takes off an edge what the epochs since the last time have forgiven, at most once an epoch. @returns whether it did */
  #forgive(edge: number, limit: number): boolean {
    const epochs = this.#epoch - this.#lastEpoch[edge]!;
    if (epochs <= 0) return false;
    const { adjustable, threshold, refreshRate } = this.#rules;
    const rate = adjustable ? adjustedRefreshRate(limit, threshold, refreshRate) : refreshRate;
    this.#lastEpoch[edge] = this.#epoch;
    this.#setDebt(edge, Math.max(0, this.debt[edge]! - epochs * rate));
    return true;
  }

  /** Sets the debt along an edge and what both ends owe each other on balance. */
  #setDebt(edge: number, amount: number): void {
    const change = amount - this.debt[edge]!;
    this.debt[edge] = amount;
    this.#owed[edge]! += change;
    const back = this.#rules.reciprocity ? this.#topology.reverse[edge]! : -1;
    if (back >= 0) this.#owed[back]! -= change;
  }

  #mayPay(hop: number, paidBefore: boolean): boolean {
    switch (this.#rules.payment) {
      case 'none':
        return false;
      case 'originator-only':
        return hop === 0;
      case 'if-originator-pays':
        return paidBefore;
      case 'every-hop':
      case 'force-originator':
        return true;
    }
  }

  /** Books each hop of a request that was answered: as debt, or as a payment. */
  #settle(hops: number): void {
    const mustPay = this.#mustPay;
    if (this.#rules.payment === 'force-originator') {
      let last = hops - 1;
      while (last >= 0 && mustPay[last] === 0) last--;
      mustPay.fill(1, 0, last + 1);
    }
    let before = 0;
    for (let hop = 0; hop < hops; hop++) {
      const edge = this.#edges[hop]!;
      const price = this.route.prices[hop]!;
      const amount = mustPay[hop] === 0 ? 0 : this.#amountDue(edge, price);
      if (amount > 0) this.#pay(hop, amount, before);
      else this.#setDebt(edge, this.debt[edge]! + price);
      before = amount;
    }
  }

  /** What a payment along an edge comes to, AU; a payment of the whole balance clears both directions. */
  #amountDue(edge: number, price: number): number {
    if (this.#rules.paid === 'request') return price;
    const amount = this.#owed[edge]! + price;
    if (amount <= 0) return 0;
    this.#setDebt(edge, 0);
    const back = this.#rules.reciprocity ? this.#topology.reverse[edge]! : -1;
    if (back >= 0) this.#setDebt(back, 0);
    return amount;
  }

  /** @param before what the payer of this hop was paid for the same request, 0 if nothing */
  #pay(hop: number, amount: number, before: number): void {
    const { counters } = this;
    const payer = this.route.nodes[hop]!;
    const payee = this.route.nodes[hop + 1]!;
    counters.payments++;
    counters.paid += amount;
    counters.income[payee]! += amount;
    counters.gross[payee]! += amount;
    counters.hopIncome[hop]! += amount;
    if (hop === 0) {
      counters.originatorsPaid += amount;
      counters.cost[payer]! += amount;
      counters.firstHopIncome[payee]! += amount;
      return;
    }
    counters.income[payer]! -= amount;
    counters.hopIncome[hop - 1]! -= amount;
    if (before > 0) {
      const kept = before - amount;
      counters.rewardedForwards++;
      counters.forwardReward += kept;
      counters.forwardRewardSquares += kept * kept;
    }
  }

  #countWork(hops: number): void {
    const { forwards, served, positions } = this.counters;
    const { nodes } = this.route;
    for (let hop = 1; hop < hops; hop++) forwards[nodes[hop]!]!++;
    for (let hop = 1; hop <= hops; hop++) positions[nodes[hop]!]! += hop;
    served[nodes[hops]!]!++;
  }

  /** Whether a node has the chunk in its cache; using it makes it the most recent. */
  #touch(node: number, chunk: number): boolean {
    const cache = this.#caches![node]!;
    if (!cache.delete(chunk)) return false;
    cache.set(chunk, true);
    return true;
  }

  /** Every node of the route keeps the chunk. */
  #remember(chunk: number): void {
    for (let hop = 0; hop <= this.route.hops; hop++) {
      const cache = this.#caches![this.route.nodes[hop]!]!;
      cache.delete(chunk);
      cache.set(chunk, true);
      if (cache.size <= this.#rules.cacheChunks) continue;
      // Maps keep insertion order, so the first key is the least recently used.
      for (const oldest of cache.keys()) {
        cache.delete(oldest);
        break;
      }
    }
  }
}
