/**
 * What an observer concludes about one message, scored against the truth. Entropies and losses in bits.
 *
 * A posterior over thousands of nodes is a handful of *cells*: sets whose members are alike but for their prior weight. A cell is counted,
 * never listed.
 */
import type { Population } from './population.ts';

export interface Guess {
  /** Shannon entropy of the posterior, as the observer would claim it. */
  entropyBits: number;
  /** Minus log2 of the largest posterior probability. */
  minEntropyBits: number;
  /**
   * Probability that one guess is right: the truth's share among the most probable candidates, 0 if it is not one of them. Its mean over
   * messages is the success of a one-guess attacker, whether or not the observer is calibrated; take logarithms after the mean (M4).
   */
  bestGuess: number;
  /** Candidates with positive probability. */
  crowd: number;
  /** Minus log2 of the probability given to the truth; its mean equals the mean entropy if the observer is calibrated. */
  logLossBits: number;
}

export interface Judgement {
  /** The observer saw at least one copy. */
  seen: boolean;
  /** Missing where there is nothing to guess: nobody received the message. */
  receiver?: Guess;
  sender?: Guess & {
    /** The first suspect (the predecessor of the first copy seen) is the sender. */
    found: boolean;
  };
}

/**
 * Log loss of a truth that the posterior excludes. It would be infinite; a finite one keeps means finite, and is large enough to show as
 * miscalibration even if one message in a hundred suffers it.
 */
export const EXCLUDED_LOSS_BITS = 40;

/** A uniform posterior over `candidates` (>= 1) that contains the truth. */
export function uniformGuess(candidates: number): Guess {
  const bits = Math.log2(candidates);
  return {
    entropyBits: bits,
    minEntropyBits: bits,
    bestGuess: 1 / candidates,
    crowd: candidates,
    logLossBits: bits,
  };
}

/** Nodes that share one likelihood. */
export interface Cell {
  likelihood: number;
  /** Members with positive prior weight, and sums over them: w, w log2 w, the largest w. */
  candidates: number;
  weight: number;
  weightLog: number;
  weightMax: number;
}

/** An empty cell of a given likelihood, to which runs and nodes are added or from which they are taken. */
export function emptyCell(likelihood: number): Cell {
  return { likelihood, candidates: 0, weight: 0, weightLog: 0, weightMax: 0 };
}

/** Adds (`sign` 1) or takes away (-1) the candidates of the ranks [low, high). */
export function addRun(
  cell: Cell,
  population: Population,
  low: number,
  high: number,
  sign: 1 | -1,
): void {
  const candidates = population.candidates(low, high);
  cell.candidates += sign * candidates;
  cell.weight += sign * population.weight(low, high);
  cell.weightLog += sign * population.weightLog(low, high);
  if (sign < 0 || candidates === 0) return;
  if (population.uniform) {
    cell.weightMax = population.weight(low, high) / candidates;
    return;
  }
  // With unequal weights the largest has to be looked for. One that is taken away again may make the cell's maximum too large: then
  // the min-entropy claimed is too small, which errs on the side of caution.
  for (let rank = low; rank < high; rank++)
    cell.weightMax = Math.max(cell.weightMax, population.weights[population.order[rank]!]!);
}

/**
 * Scores a posterior given as cells. `truthLikelihood` and `truthWeight` are those of the true node, which is a member of one of the cells.
 */
export function scoreCells(
  cells: readonly Cell[],
  truthLikelihood: number,
  truthWeight: number,
): Guess | undefined {
  let total = 0;
  for (const cell of cells) if (cell.candidates > 0) total += cell.likelihood * cell.weight;
  if (!(total > 0)) return undefined;
  let plogp = 0;
  let best = 0;
  let crowd = 0;
  for (const cell of cells) {
    if (cell.candidates <= 0 || cell.likelihood <= 0) continue;
    crowd += cell.candidates;
    const scale = cell.likelihood / total;
    plogp += scale * (cell.weight * Math.log2(scale) + cell.weightLog);
    best = Math.max(best, scale * cell.weightMax);
  }
  const truth = (truthLikelihood * truthWeight) / total;
  const isBest = truth >= best * (1 - 1e-9);
  return {
    entropyBits: Math.max(0, -plogp),
    minEntropyBits: Math.max(0, -Math.log2(best)),
    bestGuess: isBest ? 1 / membersAtMaximum(cells, total, best) : 0,
    crowd,
    logLossBits:
      truth > 0 ? Math.min(EXCLUDED_LOSS_BITS, Math.max(0, -Math.log2(truth))) : EXCLUDED_LOSS_BITS,
  };
}

/** How many candidates share the largest posterior probability. */
function membersAtMaximum(cells: readonly Cell[], total: number, best: number): number {
  let members = 0;
  for (const cell of cells) {
    if (cell.candidates <= 0) continue;
    const top = (cell.likelihood / total) * cell.weightMax;
    if (top < best * (1 - 1e-9)) continue;
    // Of unequal weights only the largest counts; ties between such are not looked for.
    const equal = cell.weight >= cell.weightMax * cell.candidates * (1 - 1e-9);
    members += equal ? cell.candidates : 1;
  }
  return Math.max(1, members);
}
