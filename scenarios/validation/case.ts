/**
 * A number that must come out: one row of `mainframe validate`.
 *
 * Cases run the real engine and the real protocol modules. A stochastic case is judged against a band derived from its
 * own sample size (3 standard errors over independent replications with fixed seeds), never a hand-picked tolerance,
 * except where the reference itself is approximate, which the row's `tolerance` then says.
 */
export interface ValidationRow {
  /** Row of the validation table, e.g. 'O1'. */
  id: string;
  case: string;
  params: { [name: string]: number | string };
  expected: number;
  measured: number;
  /** 95% interval of the measurement; equal ends for an exact case. */
  ci95: [number, number];
  /** How the verdict was reached: 'exact', '3 standard errors', '±5% (reference is approximate)', 'p > 0.01'. */
  tolerance: string;
  verdict: 'pass' | 'fail' | 'skipped';
  /** Why it was skipped (a data folder that is absent), or what to look at when it fails. */
  note?: string;
}

export interface ValidationCase {
  id: string;
  title: string;
  /** Where the expected value comes from: closed form with source, or a published figure. */
  source: string;
  /** Computes the rows. Deterministic: fixed seeds. `dataFolder` is undefined where the data are absent. */
  run(context: {
    dataFolder: string | undefined;
    vectorsFolder: string | undefined;
  }): ValidationRow[];
}
