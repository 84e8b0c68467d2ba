/**
 * Laws of durations as plain data, already in microseconds. `laws.ts` samples them; the scenario language writes them.
 */
export type DurationLaw =
  | { law: 'constant'; valueUs: number }
  | { law: 'exponential'; meanUs: number }
  | { law: 'uniform'; lowUs: number; highUs: number }
  | { law: 'lognormal'; medianUs: number; p99Us: number }
  | { law: 'normal'; meanUs: number; sdUs: number }
  | { law: 'weibull'; scaleUs: number; shape: number };
