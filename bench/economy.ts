/**
 * The accounting model: requests routed and settled per second on one core, in the published setting (10,000 nodes, buckets of 16, every hop
 * paid) and under the default thresholds, where debts are forgiven and balances searched; and what a network takes to make.
 */
import { generateTopology } from '../scenarios/economy/generators.ts';
import { TokenKernel } from '../scenarios/economy/kernel.ts';
import { DEFAULT_RULES, type TokenRules } from '../scenarios/economy/rules.ts';
import { drawOriginators, runRequests } from '../scenarios/economy/simulate.ts';
import { StreamFactory } from '../sim/random/streams.ts';
import type { BenchCase, BenchRow } from './harness.ts';
import { median, slices } from './harness.ts';

/** Promised for the every-hop-paid setting. */
const GOAL_PER_SECOND = 200_000;
const NETWORK = { nodes: 10_000, bits: 16, symmetric: false };

function secondsOf(run: () => void): number {
  const start = process.hrtime.bigint();
  run();
  return Number(process.hrtime.bigint() - start) / 1e9;
}

function row(name: string, unit: string, values: number[]): BenchRow {
  return {
    bench: 'economy',
    case: name,
    unit,
    median: median(values),
    low: Math.min(...values),
    high: Math.max(...values),
  };
}

function rates(bucketSize: number, rules: TokenRules, quick: boolean): number[] {
  const streams = new StreamFactory('bench/economy');
  const topology = generateTopology({ ...NETWORK, bucketSize }, streams.stream('topology'));
  const originators = drawOriginators(NETWORK.nodes, 100, streams.stream('originators'));
  const kernel = new TokenKernel(topology, rules);
  const random = streams.stream('chunks');
  const workload = { originators: originators.length, requests: quick ? 20_000 : 200_000 };
  const slice = (): void => runRequests(kernel, topology, originators, workload, random);
  slice();
  return Array.from({ length: slices(quick) }, () => workload.requests / secondsOf(slice));
}

function building(bucketSize: number, quick: boolean): number[] {
  const streams = new StreamFactory('bench/economy');
  return Array.from(
    { length: slices(quick) },
    (_, i) =>
      1e3 *
      secondsOf(() => generateTopology({ ...NETWORK, bucketSize }, streams.stream(`build/${i}`))),
  );
}

export const economyBench: BenchCase = {
  name: 'economy',
  run({ quick }): BenchRow[] {
    const paid = row(
      'buckets of 16, every hop paid',
      'requests/s',
      rates(16, { ...DEFAULT_RULES, threshold: 0 }, quick),
    );
    return [
      {
        ...paid,
        goal: `${GOAL_PER_SECOND.toLocaleString('en')} requests/s`,
        met: paid.median >= GOAL_PER_SECOND,
      },
      row(
        'buckets of 4, every hop paid',
        'requests/s',
        rates(4, { ...DEFAULT_RULES, threshold: 0 }, quick),
      ),
      row('buckets of 16, thresholds of 16', 'requests/s', rates(16, DEFAULT_RULES, quick)),
      row('network of 10,000, buckets of 16', 'ms', building(16, quick)),
    ];
  },
};
