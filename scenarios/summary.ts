/**
 * What a run and a sweep say in the end. `--json` prints exactly this, the screen is rendered from it, and
 * `summary.json` stores it: one meaning, three places. Fields are only ever added (`schema` carries the version).
 */
import type { SuiteName } from '../protocols/crypto/port.ts';

export type Verdict = 'holds' | 'broken' | 'unclear' | 'skipped';

export interface ExpectationResult {
  check: string;
  verdict: Verdict;
  /** The left-hand side in base units, when it has one value. */
  value?: number;
  /** Distance to the limit in the unit of the check; negative when broken. */
  margin?: number;
  unit?: string;
  /** First violation in network time, for always / never. */
  firstBrokenUs?: number;
  when?: string;
  why?: string;
  /** Why it was skipped or is unclear. */
  reason?: string;
  /** Over seeds and unclear: about how many more would settle it. */
  moreSeeds?: number;
}

export interface MetricSummary {
  unit: string;
  count: number;
  mean: number;
  median: number;
  p95: number;
  p99: number;
  min: number;
  max: number;
  /** Gini coefficient, of amounts of money none of which is negative. */
  gini?: number;
}

export interface FaultResult {
  kind: string;
  fired: number;
}

/** Steps between the quantiles of a distribution. */
export const DISTRIBUTION_STEPS = 100;

/** Means of a metric in spans of network time, each named by its middle. */
export interface SeriesSummary {
  timesUs: number[];
  means: number[];
}

/** How many had the event at each time since their beginning, and how many were seen no longer. Times ascend. */
export interface LifeTable {
  timesUs: number[];
  events: number[];
  censored: number[];
}

/** Lines of credit that were opened in one period: the share defaulted by the age of one, two, … steps. */
export interface VintageSummary {
  fromUs: number;
  stepUs: number;
  lines: number;
  defaulted: number[];
}

/** A place that tokens pass: a stage of their way, and whose it is ('' where it is everybody's). */
export interface TokenNode {
  stage:
    | 'at first'
    | 'deposited'
    | 'cashed'
    | 'bounced'
    | 'wallets'
    | 'spent'
    | 'kept'
    | 'still deposited';
  role: string;
}

/** What went from one place to another over a run, and the role of whoever paid it. */
export interface TokenFlow {
  from: TokenNode;
  to: TokenNode;
  of: string;
  units: number;
}

/** Figures that are noted together, and how often the interval of the first held the second. */
export interface PairSummary {
  /** Of all, not only of those that are kept. */
  count: number;
  held: number;
  x: number[];
  low: number[];
  high: number[];
  y: number[];
}

export interface RunSummary {
  schema: 'run-summary/v1';
  scenario: string;
  version: string;
  commit: string;
  seed: number;
  /** 'mf1:' and 64 hex digits. */
  digest: string;
  suite: SuiteName;
  nodes: number;
  networkTimeUs: number;
  wallSeconds: number;
  events: number;
  eventsPerSecond: number;
  peakRssBytes: number;
  /** Why the run ended before its time, when it did ('interrupted', 'events limit', 'memory limit'). */
  endedEarly?: string;
  params: { [name: string]: string };
  expectations: ExpectationResult[];
  metrics: { [name: string]: MetricSummary };
  /**
   * Quantiles of the metrics that a chart draws the distribution of, at DISTRIBUTION_STEPS + 1 equal steps from the smallest sample
   * to the largest: enough for a curve, small enough to keep for every run of a sweep.
   */
  distributions: { [metric: string]: number[] };
  /** The same by role, for charts that are coloured by role. */
  distributionsByRole?: { [role: string]: { [metric: string]: number[] } };
  /** Per role, for metrics that belong to a node of a role. */
  byRole: { [role: string]: { [name: string]: MetricSummary } };
  /** How the metrics went that a chart draws against time. */
  series?: { [metric: string]: SeriesSummary };
  /** Of everybody and by role: times until an event, censored ones too, of the metrics whose survival a chart draws. */
  lives?: { [metric: string]: { all: LifeTable; byRole: { [role: string]: LifeTable } } };
  /** Share of later defaulters with a score as low, at DISTRIBUTION_STEPS + 1 equal shares of the others: where a chart draws it. */
  roc?: number[];
  /** Lines of credit by when they were opened, where a chart draws them. */
  vintages?: VintageSummary[];
  /** From whom to whom, for charts of where tokens go. */
  flows?: { [metric: string]: TokenFlow[] };
  /** Figures that a scatter draws, by the metric of its x. */
  pairs?: { [metric: string]: PairSummary };
  /** When somebody attacked. */
  spans?: { fromUs: number; toUs: number }[];
  faults: FaultResult[];
  files: string[];
  warnings: string[];
}

export interface SweepMetric {
  /** Mean over seeds of each seed's mean. */
  mean: number;
  ci95: [number, number];
  /** Seeds that had a value. */
  n: number;
  unit: string;
  /** Mean over seeds of each seed's median and 95th percentile, for the statistics a chart may ask for. */
  median: number;
  medianCi95: [number, number];
  p95: number;
  p95Ci95: [number, number];
  /** Where every seed has one. */
  gini?: number;
  giniCi95?: [number, number];
}

export interface SweepPoint {
  params: { [name: string]: string };
  seeds: number[];
  metrics: { [name: string]: SweepMetric };
  verdicts: ExpectationResult[];
}

export interface SweepSummary {
  schema: 'sweep-summary/v1';
  scenario: string;
  version: string;
  commit: string;
  suite: SuiteName;
  nodes: number;
  /** The swept parameters in the order they vary. */
  parameters: string[];
  points: SweepPoint[];
  expectations: ExpectationResult[];
  runs: number;
  reused: number;
  failed: number;
  wallSeconds: number;
  endedEarly?: string;
  files: string[];
  warnings: string[];
}
