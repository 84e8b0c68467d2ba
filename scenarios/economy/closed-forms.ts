/**
 * What theory says about the economy of relays: the formulas that simulations are checked against, and that a designer may ask without running one.
 *
 * Each is derived in one or two lines, given with it. Probabilities and ratios are doubles; amounts are in whatever unit the caller uses.
 */

/**
 * Share of requests that a pair with credit limit ±T rejects when unit debts are a random walk with steps +1 at probability p: the walk's
 * stationary weight at the end it pushes against. π_i ∝ (p/q)^i on -T..T; at p = ½ all 2T + 1 states are alike.
 */
export function creditLineRejection(limit: number, p: number): number {
  const ratio = p / (1 - p);
  let sum = 0;
  for (let i = -limit; i <= limit; i++) sum += ratio ** i;
  return (p * ratio ** limit + (1 - p) * ratio ** -limit) / sum;
}

/** Mean packets until a balance that moves ±1 (up at probability p) first reaches ±T, and a cheque is due: T² at p = ½ (Wald). */
export function packetsPerCheque(threshold: number, p: number): number {
  if (p === 0.5) return threshold * threshold;
  const power = ((1 - p) / p) ** threshold;
  return ((threshold / (2 * p - 1)) * (1 - power)) / (1 + power);
}

/** Probability that a chequebook of D units, never refilled, that gains at probability p > ½ and loses otherwise, ever runs dry. */
export function chequebookRuin(units: number, p: number): number {
  return p <= 0.5 ? 1 : ((1 - p) / p) ** units;
}

/**
 * Probability that a payment crosses d edges of a tree of credit lines of capacity c, at symmetric rates: each edge is in one of c + 1 equally likely states, independently,
 * and one of them blocks. P. Dandekar, A. Goel, R. Govindan, I. Post, arXiv 1007.0515.
 */
export function creditPathSuccess(capacity: number, edges: number): number {
  return (capacity / (capacity + 1)) ** edges;
}

/** Smallest stake at which a gain G does not pay that is caught, and the stake lost, at probability p: G/p if the gain is kept, G(1-p)/p if it is clawed back. */
export function minimumStake(gain: number, p: number, clawedBack: boolean): number {
  return (gain * (clawedBack ? 1 - p : 1)) / p;
}

/** As `minimumStake` (gain kept), where the cheat accuses itself and gets the challenger's share back: G / (p(1 - share)). */
export function selfChallengeStake(gain: number, p: number, challengerShare: number): number {
  return gain / (p * (1 - challengerShare));
}

export interface InspectionGame {
  /** Cost of a check, reward for catching a cheat, loss from a cheat that goes unseen. */
  check: number;
  reward: number;
  loss: number;
  /** Gain of a cheat that goes unseen, bond of one that is caught. */
  gain: number;
  bond: number;
}

/**
 * Mixed equilibrium of the inspection game: each side makes the other indifferent. The bond sets how rarely it takes a check, not how often there is
 * a cheat: a bigger bond makes inspectors lazier and cheats no rarer (E. Felten, 2019).
 */
export function inspectionEquilibrium(game: InspectionGame): { cheat: number; check: number } {
  return {
    cheat: game.check / (game.reward + game.loss),
    check: game.gain / (game.gain + game.bond),
  };
}

/** Probability that k challenges of random chunks, repeats allowed, meet one of a share f that is missing. */
export function storageDetection(missing: number, challenges: number): number {
  return 1 - (1 - missing) ** challenges;
}

/** As `storageDetection` for different chunks of a file: 1 - C(N-d, k) / C(N, k). */
export function storageDetectionWithout(
  chunks: number,
  missing: number,
  challenges: number,
): number {
  let none = 1;
  for (let i = 0; i < challenges; i++) none *= Math.max(0, chunks - missing - i) / (chunks - i);
  return 1 - none;
}

/** Coefficient of variation of the income from N lottery tickets that win at probability p: √((1-p)/(pN)). */
export function ticketVariation(p: number, tickets: number): number {
  return Math.sqrt((1 - p) / (p * tickets));
}

/** Failures in a row after which a beta score with forgetting factor λ falls from a steady perfect score below a threshold: λ^n < threshold. */
export function failuresToDisqualify(forgetting: number, threshold: number): number {
  return Math.ceil(Math.log(threshold) / Math.log(forgetting));
}

/**
 * Cost of keeping W blocks full under EIP-1559, in blocks at today's base fee: the fee grows by an eighth a block, so a geometric sum; and the fee's factor after
 * the last of them.
 */
export function congestionCost(blocks: number): { cost: number; feeFactor: number } {
  const feeFactor = 1.125 ** blocks;
  return { cost: (feeFactor - 1) / 0.125, feeFactor };
}
