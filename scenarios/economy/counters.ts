/** What the accounting model counts: totals of a run and totals of each node, all integers that a double holds exactly. */

/** How a request ended. */
export const FOUND = 0;
/** The originator stores the chunk, or has it in its cache: nothing is asked of anybody. */
export const LOCAL = 1;
/** A node on the route had it in its cache. */
export const CACHED = 2;
/** A node had nobody nearer to the chunk. */
export const NO_ACCESS = 3;
/** Every nearer neighbour was over its threshold and nobody was to pay. */
export const OVER_THRESHOLD = 4;

export class TokenCounters {
  readonly outcomes = new Float64Array(5);
  /** Requests found over a route of so many hops (none: local). */
  readonly hops: Float64Array;
  /** Net income of the nodes in first, second, … place of their route, AU. */
  readonly hopIncome: Float64Array;
  payments = 0;
  /** Sum of payments, AU. */
  paid = 0;
  /** Sum of payments that the originator of the request made, AU. */
  originatorsPaid = 0;
  /** Forwards between two paid hops: how many, sum and sum of squares of what the forwarder kept, AU. */
  rewardedForwards = 0;
  forwardReward = 0;
  forwardRewardSquares = 0;

  /** Per node: payments received less payments passed on (what it paid as originator is `cost`), AU. */
  readonly income: Float64Array;
  /** Per node: payments received, AU. */
  readonly gross: Float64Array;
  /** Per node: payments made for its own requests, AU. */
  readonly cost: Float64Array;
  /** Per node: payments received as first hop, AU. */
  readonly firstHopIncome: Float64Array;
  /** Per node: requests passed on, and requests answered with the chunk. */
  readonly forwards: Float64Array;
  readonly served: Float64Array;
  /** Per node: positions (1 = first) that it had on routes, summed. */
  readonly positions: Float64Array;

  constructor(nodes: number, hopsMax: number) {
    this.hops = new Float64Array(hopsMax + 1);
    this.hopIncome = new Float64Array(hopsMax);
    this.income = new Float64Array(nodes);
    this.gross = new Float64Array(nodes);
    this.cost = new Float64Array(nodes);
    this.firstHopIncome = new Float64Array(nodes);
    this.forwards = new Float64Array(nodes);
    this.served = new Float64Array(nodes);
    this.positions = new Float64Array(nodes);
  }
}
