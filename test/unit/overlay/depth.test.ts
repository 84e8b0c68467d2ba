import { describe, expect, it } from 'vitest';
import {
  beeDepth,
  expectedBinSize,
  neighbourhoodDepth,
  neighbourhoodRadius,
  saturationDepth,
} from '../../../protocols/overlay/depth.ts';
import { health } from '../../../protocols/overlay/health.ts';
import { mayRetry, suggestPeer } from '../../../protocols/overlay/suggest.ts';
import { scoreOverlayVectors } from '../../../scenarios/validation/overlay-vectors.ts';
import { vectorsFolder } from '../../support/vectors.ts';

const bins = (...sizes: number[]) => ({
  size: sizes.reduce((sum, size) => sum + size, 0),
  binSize: (bin: number) => sizes[bin] ?? 0,
});

describe('neighbourhood depth', () => {
  // Steps of TestNeighbourhoodDepth (ethersphere/swarm network/kademlia_test.go), neighbourhood of 2.
  it.each([
    [[], 0],
    [[0, 0, 0, 0, 0, 0, 0, 1], 0],
    [[0, 0, 0, 0, 0, 0, 0, 2], 0],
    [[1, 0, 0, 0, 0, 0, 0, 2], 1],
    [[1, 1, 1, 1, 1, 1, 1, 2], 7],
    [[1, 1, 1, 1, 1, 1, 1, 1], 6],
    [[1, 1, 1, 1, 0, 1, 1, 1], 4],
  ])('of bins %j is %i', (sizes, depth) => {
    expect(neighbourhoodDepth(bins(...sizes), 2)).toBe(depth);
  });

  it('is cut at the first empty bin, the radius is not', () => {
    const holed = bins(3, 0, 4, 1, 1);
    expect(neighbourhoodRadius(holed, 2)).toBe(3);
    expect(neighbourhoodDepth(holed, 2)).toBe(1);
  });

  it('of Bee ends at the first unsaturated bin', () => {
    // Rows of TestNeighborhoodDepth and generated ones (saturation 4, low water 3).
    expect(beeDepth(bins(3, 3, 1, 4, 4), 4, 3)).toBe(0);
    expect(beeDepth(bins(6, 6, 7, 5, 4, 6), 4, 3)).toBe(5);
    expect(beeDepth(bins(4, 7, 4, 4, 6, 0, 1), 4, 3)).toBe(4);
    expect(beeDepth(bins(1, 1, 1), 4, 3)).toBe(0);
  });
});

describe('bin sizes', () => {
  const options = { neighbourhood: 2, minimum: 2, maximum: 5 };

  it('wanted grow towards shallow bins, up to the maximum', () => {
    const wanted = [0, 1, 2, 3, 4, 5, 6, 7].map((bin) => expectedBinSize(6, bin, options));
    expect(wanted).toEqual([5, 5, 5, 4, 3, 2, 2, 2]);
  });

  it('saturate up to the first bin that lacks contacts', () => {
    expect(saturationDepth(bins(5, 4, 3, 2, 2), options)).toBe(4);
    expect(saturationDepth(bins(5, 4, 2, 2, 2), options)).toBe(2);
  });
});

describe('suggested peer', () => {
  const options = { neighbourhood: 2, minimum: 2, maximum: 16 };
  const known = (...perBin: number[]) => ({
    pick: (bin: number) => ((perBin[bin] ?? 0) > 0 ? 100 + bin : -1),
    deepest: () => perBin.length - 1,
  });

  it('comes from the emptiest bin, the shallowest of equals', () => {
    expect(suggestPeer(bins(1, 0, 1, 0, 2), known(1, 1, 1, 1), options)).toBe(101);
    expect(suggestPeer(bins(1, 0, 1, 0, 2), known(1, 0, 1, 1), options)).toBe(103);
  });

  it('is nobody when all bins have enough and nobody is inside the neighbourhood', () => {
    expect(suggestPeer(bins(4, 3, 2), known(1, 1), options)).toBe(-1);
  });

  it('inside the neighbourhood is wanted however full the bin', () => {
    expect(suggestPeer(bins(4, 3, 9), known(0, 0, 1), options)).toBe(102);
  });

  it('that did not answer is retried after 1, 2, 4 ... intervals', () => {
    const schedule = { intervalUs: 300, factor: 2, attemptsMax: 50 };
    expect(mayRetry(0, 0, schedule)).toBe(true);
    expect(mayRetry(300, 1, schedule)).toBe(false);
    expect(mayRetry(301, 1, schedule)).toBe(true);
    expect(mayRetry(601, 2, schedule)).toBe(false);
    expect(mayRetry(602, 2, schedule)).toBe(true);
    expect(mayRetry(1e12, 51, schedule)).toBe(false);
  });
});

it('health tells a missing neighbour from a thin bin', () => {
  const options = { neighbourhood: 2, minimum: 2, maximum: 16 };
  const everyone = bins(9, 5, 2, 1, 1);
  expect(health(bins(4, 3, 2, 1, 1), everyone, options)).toEqual({
    connected: true,
    saturated: true,
  });
  expect(health(bins(4, 3, 2, 1, 0), everyone, options).connected).toBe(false);
  expect(health(bins(3, 3, 2, 1, 1), everyone, options)).toEqual({
    connected: true,
    saturated: false,
  });
});

const folder = vectorsFolder();
if (folder === undefined) {
  it.skip('recorded tables of Swarm and Bee (the folder of known answers is absent)', () => {});
} else {
  it.each(scoreOverlayVectors(folder))('agrees with every answer of $file', (score) => {
    expect(score.firstWrong).toBe('');
    expect(score.right).toBe(score.asked);
    expect(score.asked).toBeGreaterThan(50);
  });
}
