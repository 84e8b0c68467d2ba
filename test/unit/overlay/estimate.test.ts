import { describe, expect, it } from 'vitest';
import { distanceRatio, estimateNodes } from '../../../protocols/overlay/estimate.ts';
import { StreamFactory } from '../../../sim/random/streams.ts';

const streams = new StreamFactory('estimate');

/** Distance (a share of the space) of the k-th nearest of `nodes` uniform points: k-th smallest of uniforms. */
function sample(nodes: number, rank: number, random: { uint32(): number }): number {
  const nearest: number[] = [];
  for (let i = 0; i < nodes; i++) {
    const x = random.uint32() / 2 ** 32;
    if (nearest.length < rank) nearest.push(x);
    else if (x < nearest[rank - 1]!) nearest[rank - 1] = x;
    else continue;
    for (let j = nearest.length - 1; j > 0 && nearest[j]! < nearest[j - 1]!; j--) {
      [nearest[j], nearest[j - 1]] = [nearest[j - 1]!, nearest[j]!];
    }
  }
  return nearest[rank - 1]!;
}

describe('the estimate of the number of nodes', () => {
  it('is given only from eight samples on', () => {
    const ones = new Array<number>(8).fill(0.02);
    const ranks = new Array<number>(8).fill(20);
    expect(estimateNodes(ones, ranks, 7)).toBeUndefined();
    const estimate = estimateNodes(ones, ranks, 8)!;
    expect(estimate.nodes).toBeCloseTo(159 / 0.16, 6);
    expect(estimate.samples).toBe(8);
  });

  it('of one sample has relative deviation 1/sqrt(k-2): k = 20 gives .2357 (V36)', () => {
    const random = streams.stream('v36');
    const nodes = 1_000;
    const values = Array.from({ length: 3_000 }, () => 19 / sample(nodes, 20, random));
    const mean = values.reduce((sum, x) => sum + x, 0) / values.length;
    const deviation = Math.sqrt(
      values.reduce((sum, x) => sum + (x - mean) ** 2, 0) / (values.length - 1),
    );
    // Standard errors of a mean and (tail-heavy: kurtosis about 5) of a deviation over 3,000 draws.
    expect(Math.abs(mean / nodes - 1)).toBeLessThan((3 * 0.2357) / Math.sqrt(3_000));
    expect(Math.abs(deviation / nodes - 0.2357)).toBeLessThan((3 * 0.2357) / Math.sqrt(3_000));
  });

  it('covers the truth in 95% of cases', () => {
    const random = streams.stream('coverage');
    const nodes = 600;
    const trials = 600;
    let covered = 0;
    for (let i = 0; i < trials; i++) {
      const distances = Array.from({ length: 10 }, () => sample(nodes, 20, random));
      const { low, high } = estimateNodes(distances, new Array<number>(10).fill(20), 10)!;
      if (low <= nodes && nodes <= high) covered++;
    }
    // Binomial, three standard errors of .95; the outlier test costs at most half a percent.
    const error = Math.sqrt((0.95 * 0.05) / trials);
    expect(covered / trials).toBeGreaterThan(0.95 - 3 * error - 0.005);
    expect(covered / trials).toBeLessThan(0.95 + 3 * error);
  });

  it('leaves out a zone that a swarm has filled', () => {
    const random = streams.stream('swarm');
    const distances = Array.from({ length: 9 }, () => sample(1_000, 20, random));
    // Five times the honest density in one place.
    distances[4] = 20 / 5_000;
    const estimate = estimateNodes(distances, new Array<number>(9).fill(20), 9)!;
    expect(estimate.outliers).toBe(1);
    expect(estimate.low).toBeLessThan(1_000);
    expect(estimate.high).toBeGreaterThan(1_000);
  });
});

it('a distance is a share of the space', () => {
  const words = Uint32Array.of(0, 0, 0, 0, 0, 0, 0, 0, 0x80000000, 0, 0, 0, 0, 0, 0, 0);
  expect(distanceRatio(words, 0, words, 8)).toBe(0.5);
  expect(distanceRatio(words, 8, words, 8)).toBe(0);
  words[8] = 0;
  words[9] = 1;
  expect(distanceRatio(words, 0, words, 8)).toBe(2 ** -64);
});
