/**
 * What every bench shares: the shape of a result, and how time is taken.
 *
 * A figure is the median of several slices, shown with the lowest and the highest: on a shared machine one slice in a few is spoilt by
 * a neighbour, which moves a mean and not a median. Things to be compared take their slices in turn, so that a bad moment hits
 * them all and their ratio survives it. Slices are sized by a trial run to tens of milliseconds, far above the clock's resolution and the
 * length of a scavenge.
 */

/** One measurement, as `--json` prints it. */
export interface BenchRow {
  /** Name of the bench it belongs to. */
  bench: string;
  case: string;
  /** Unit of the next three: 'ns', 'hops/s', 'bytes/node'. */
  unit: string;
  median: number;
  low: number;
  high: number;
  /** What it is compared with, in words, and how many times better than that it is. */
  baseline?: string;
  ratio?: number;
  /** What was promised, in words, and whether the median keeps it. */
  goal?: string;
  met?: boolean;
}

export interface BenchCase {
  /** The word that selects it on the command line. */
  name: string;
  /** Measures. `quick` takes shorter and fewer slices: to see that it runs, not to quote. */
  run(options: { quick: boolean }): BenchRow[] | Promise<BenchRow[]>;
}

/** The middle value, or the mean of the two middle ones. @throws on an empty list. */
export function median(values: readonly number[]): number {
  if (values.length === 0) throw new Error('the median of no values');
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length >>> 1;
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
}

/** Slices that a figure is made of. */
export function slices(quick: boolean): number {
  return quick ? 3 : 9;
}

const SLICE_NS = 25e6;
const QUICK_SLICE_NS = 4e6;

/** Nanoseconds that `calls` calls of `run` take. */
function timed(run: () => void, calls: number): number {
  const start = process.hrtime.bigint();
  for (let i = 0; i < calls; i++) run();
  return Number(process.hrtime.bigint() - start);
}

/** How many calls of `run` fill a slice; finding out also warms it up. */
function callsPerSlice(run: () => void, sliceNs: number): number {
  let calls = 1;
  for (;;) {
    const took = timed(run, calls);
    // Optimised code arrives during the trial, so the last doubling is what counts.
    if (took >= sliceNs / 2) return Math.max(1, Math.round((calls * sliceNs) / took));
    calls *= 2;
  }
}

/** Nanoseconds per call of each of `runs`: as many values as there are slices, taken in turn. */
export function nanosecondsInTurn(runs: readonly (() => void)[], quick: boolean): number[][] {
  const sliceNs = quick ? QUICK_SLICE_NS : SLICE_NS;
  const calls = runs.map((run) => callsPerSlice(run, sliceNs));
  const values: number[][] = runs.map(() => []);
  for (let slice = 0; slice < slices(quick); slice++) {
    runs.forEach((run, at) => values[at]!.push(timed(run, calls[at]!) / calls[at]!));
  }
  return values;
}
