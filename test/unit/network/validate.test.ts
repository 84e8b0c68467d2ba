import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { internet, NETWORK_PRESETS } from '../../../scenarios/presets/networks.ts';
import type { Region } from '../../../sim/network/model.ts';
import { validateNetwork, type CheckedNetwork } from '../../../sim/network/validate.ts';
import { dataFolder } from '../../support/vectors.ts';

const PLAIN: CheckedNetwork = {
  latency: { kind: 'constant', delayUs: 1_000 },
  duplicateRatio: 0,
  reorderRatio: 0,
  queue: { kind: 'drop-tail', limitBytes: 100_000 },
  mtuBytes: 1_500,
};
const of = (change: Partial<CheckedNetwork>): string[] => validateNetwork({ ...PLAIN, ...change });
const region = (name: string, shareRatio: number, rate = 1e6): Region => ({
  name,
  shareRatio,
  uploadBitsPerSecond: rate,
  downloadBitsPerSecond: Infinity,
});
const regions = (list: Region[], delayUs: number[][]): Partial<CheckedNetwork> => ({
  latency: { kind: 'regions', regions: list, delayUs },
});

describe('validateNetwork', () => {
  it.each(Object.entries(NETWORK_PRESETS))('has nothing against preset %s', (_name, spec) => {
    expect(validateNetwork(spec)).toEqual([]);
  });

  it.each<[string, Partial<CheckedNetwork>, string]>([
    [
      'shares that do not sum to 1',
      regions(
        [region('a', 0.5), region('b', 0.4)],
        [
          [1, 1],
          [1, 1],
        ],
      ),
      'The shares of the regions sum to 0.9, not to 1.',
    ],
    [
      'shares that miss 1 by a hair more than rounding',
      regions([region('a', 1 + 2e-9)], [[1]]),
      'Share of a is 1.000000002, not a ratio from 0 to 1.',
    ],
    [
      'a matrix with too few rows',
      regions([region('a', 0.5), region('b', 0.5)], [[1, 1]]),
      'The delay matrix has 1 rows for 2 regions.',
    ],
    [
      'a matrix with a short row',
      regions([region('a', 0.5), region('b', 0.5)], [[1, 1], [1]]),
      'The delays from b are 1 for 2 regions.',
    ],
    [
      'a delay of nothing',
      regions(
        [region('a', 0.5), region('b', 0.5)],
        [
          [1, 0],
          [0, 1],
        ],
      ),
      'Delay from a to b is 0 us; it must be above 0.',
    ],
    [
      'asymmetric regions, as a warning',
      regions(
        [region('a', 0.5), region('b', 0.5)],
        [
          [1, 100],
          [80, 1],
        ],
      ),
      'warning: 1 pairs of regions have delays that differ by more than 10% between directions.',
    ],
    [
      'a link without a rate',
      regions([region('a', 1, 0)], [[1]]),
      'Upload rate of a is 0 bit/s; a link that sends nothing has no use.',
    ],
    [
      'two regions of one name',
      regions(
        [region('a', 0.5), region('a', 0.5)],
        [
          [1, 1],
          [1, 1],
        ],
      ),
      'Two regions are called a.',
    ],
    ['no regions at all', regions([], []), 'The region table is empty.'],
    [
      'a negative latency',
      { latency: { kind: 'constant', delayUs: -5 } },
      'latency is -5 us; it must be above 0.',
    ],
    ['a ratio above 1', { duplicateRatio: 1.5 }, 'duplicateRatio is 1.5, not a ratio from 0 to 1.'],
    [
      'a loss that is no ratio',
      { loss: { kind: 'independent', ratio: NaN } },
      'loss.ratio is NaN, not a ratio from 0 to 1.',
    ],
    [
      'reordering without a delay',
      { reorderRatio: 0.1 },
      'reorderRatio is 0.1, but there is no reorderDelay.',
    ],
    [
      'a queue of nothing',
      { queue: { kind: 'codel', limitBytes: 0, targetUs: 5_000, intervalUs: 100_000 } },
      'queue.limitBytes is 0; it must be above 0.',
    ],
    [
      'an MTU that headers fill',
      { mtuBytes: 28 },
      'mtuBytes is 28; the IP and UDP headers alone take 28.',
    ],
    [
      'a law turned round',
      { jitter: { law: 'uniform', lowUs: 9, highUs: 3 } },
      'The bounds of jitter are 9 and 3, in that order.',
    ],
    [
      'a matrix of another size than it says',
      { latency: { kind: 'matrix', source: 'x', rows: 3, oneWayUs: new Float64Array(4) } },
      'The measured matrix has 4 delays for 3 rows.',
    ],
    [
      'holes in a matrix',
      { latency: { kind: 'matrix', source: 'x', rows: 2, oneWayUs: Float64Array.of(0, 1, 0, 0) } },
      '1 delays of the measured matrix are not positive numbers.',
    ],
    [
      'a chain that never recovers, as a warning',
      {
        loss: {
          kind: 'gilbert-elliott',
          goodToBadRatio: 0.1,
          badToGoodRatio: 0,
          lossInGoodRatio: 0,
          lossInBadRatio: 1,
        },
      },
      'warning: loss.badToGoodRatio is 0, so a sender never leaves the bad state.',
    ],
  ])('finds %s', (_what, change, sentence) => {
    expect(of(change)).toContain(sentence);
  });

  it('accepts shares that sum to 1 but for rounding', () => {
    const tenth = Array.from({ length: 10 }, (_, i) => region(`r${i}`, 0.1));
    const ones = Array.from({ length: 10 }, () => Array<number>(10).fill(1));
    expect(of(regions(tenth, ones))).toEqual([]);
  });
});

describe('the internet preset', () => {
  const folder = dataFolder();
  const path = join(folder ?? '', 'latency', 'simblock-regions.json');
  const there = folder !== undefined && existsSync(path);

  it.skipIf(!there)('is the 2019 table of SimBlock, figure for figure (skips without data)', () => {
    const source = JSON.parse(readFileSync(path, 'utf8'));
    if (internet.latency.kind !== 'regions') throw new Error('expected regions');
    const { regions: list, delayUs } = internet.latency;
    const name = (r: Region): string => r.name.toUpperCase().replace('-', '_');
    expect(list.map(name)).toEqual(source.regions);
    expect(list.map((r) => r.shareRatio)).toEqual(source.region_distribution.bitcoin_2019);
    expect(list.map((r) => r.uploadBitsPerSecond)).toEqual(source.upload_bps_2019.slice(0, 6));
    expect(list.map((r) => r.downloadBitsPerSecond)).toEqual(source.download_bps_2019.slice(0, 6));
    expect(delayUs.map((row) => row.map((us) => us / 1_000))).toEqual(
      source.latency_ms_oneway_2019,
    );
  });
});
