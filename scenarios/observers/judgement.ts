/** What an observer concludes about one message, scored against the truth. Entropies and losses in bits. */
export interface Guess {
  /** Shannon entropy of the posterior. */
  entropyBits: number;
  /** Minus log2 of the largest posterior probability. */
  minEntropyBits: number;
  /** The largest posterior probability: how often a calibrated observer's best guess is right. */
  bestGuess: number;
  /** Candidates with positive probability. */
  crowd: number;
  /** Minus log2 of the probability given to the truth; its mean equals the mean entropy if the observer is calibrated. */
  logLossBits: number;
}

export interface Judgement {
  /** The observer saw at least one copy. */
  seen: boolean;
  receiver?: Guess;
  sender?: Guess & {
    /** The first suspect (most probable sender) is the sender. */
    found: boolean;
  };
}

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
