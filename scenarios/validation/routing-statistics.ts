/** What the routing cases share: means over independent networks, rows judged by them, binomial probabilities. */
import type { ValidationRow } from './case.ts';
import type { RoutingWorld } from './routing-worlds.ts';

const Z95 = 1.96;

export interface Mean {
  mean: number;
  /** Standard error of the mean, from the spread between independent networks. */
  error: number;
}

export function meanOf(values: readonly number[]): Mean {
  const mean = values.reduce((sum, x) => sum + x, 0) / values.length;
  const squares = values.reduce((sum, x) => sum + (x - mean) * (x - mean), 0);
  return { mean, error: Math.sqrt(squares / (values.length - 1) / values.length) };
}

export type RowHead = Pick<ValidationRow, 'id' | 'case' | 'params' | 'expected'> & {
  note?: string;
};

export function row(
  head: RowHead,
  measured: Mean,
  tolerance: string,
  pass: boolean,
): ValidationRow {
  const half = Z95 * measured.error;
  return {
    ...head,
    measured: measured.mean,
    ci95: [measured.mean - half, measured.mean + half],
    tolerance,
    verdict: pass ? 'pass' : 'fail',
  };
}

/** Judged by three standard errors. */
export function withinErrors(head: RowHead, measured: Mean): ValidationRow {
  const pass = Math.abs(measured.mean - head.expected) <= 3 * measured.error;
  return row(head, measured, '3 standard errors', pass);
}

/** Judged by a share of the expected value, because the reference is approximate by that much. */
export function withinShare(head: RowHead, measured: Mean, share: number): ValidationRow {
  const pass = Math.abs(measured.mean - head.expected) <= share * head.expected;
  return row(head, measured, `±${share * 100}% (reference is approximate)`, pass);
}

/** Two different nodes. */
export function drawPair(world: RoutingWorld): [number, number] {
  const nodes = world.tables.length;
  const sender = world.random.below(nodes);
  const other = world.random.below(nodes - 1);
  return [sender, other < sender ? other : other + 1];
}

/** Probabilities of 0..n successes. */
export function binomial(n: number, p: number): number[] {
  const pmf: number[] = [];
  let log = n * Math.log1p(-p);
  for (let k = 0; k <= n; k++) {
    pmf.push(Math.exp(log));
    log += Math.log((n - k) / (k + 1)) + Math.log(p) - Math.log1p(-p);
  }
  return pmf;
}
