import { describe, expect, it } from 'vitest';
import {
  chiSquare,
  chiSquareTail,
  distribution,
} from '../../../scenarios/validation/engine-statistics.ts';
import { createLatency } from '../../../sim/network/latency.ts';
import type { LatencyModel, Region } from '../../../sim/network/model.ts';
import { assignByShare, assignRows } from '../../../sim/network/places.ts';
import type { DurationLaw } from '../../../sim/random/law.ts';
import { datagram, placeStream, streamsOf } from './support.ts';

function delays(model: LatencyModel, nodes: number, seed = 'latency') {
  const stage = createLatency(model, nodes, streamsOf(seed), placeStream(seed));
  return {
    stage,
    of(from: number, to: number): number {
      const transit = datagram({ from, to, delayUs: 10 });
      stage.depart(transit);
      return transit.delayUs - 10;
    },
  };
}

const region = (name: string, shareRatio: number): Region => ({
  name,
  shareRatio,
  uploadBitsPerSecond: Infinity,
  downloadBitsPerSecond: Infinity,
});

const counts = (values: ArrayLike<number>, kinds: number): number[] =>
  Array.from({ length: kinds }, (_, kind) => Array.from(values).filter((v) => v === kind).length);

describe('constant latency', () => {
  it('is what it says, between any two nodes', () => {
    const { stage, of } = delays({ kind: 'constant', delayUs: 250 }, 3);
    expect([of(0, 1), of(2, 0)]).toEqual([250, 250]);
    expect(stage.minimumDelayUs).toBe(250);
  });
});

describe('latency by law', () => {
  const law: DurationLaw = { law: 'lognormal', medianUs: 60_000, p99Us: 350_000 };

  it('is fixed for a pair, the same in both directions, and differs between pairs', () => {
    const { of } = delays({ kind: 'law', law }, 5);
    const first = of(1, 3);
    expect(of(3, 1)).toBe(first);
    for (let i = 0; i < 10; i++) of(0, i % 5);
    expect(of(1, 3)).toBe(first);
    const pairs = new Set<number>();
    for (let a = 0; a < 5; a++) for (let b = 0; b < a; b++) pairs.add(of(a, b));
    expect(pairs.size).toBe(10);
  });

  it('fits the law over all pairs of 300 nodes in 50 bins', () => {
    const { of } = delays({ kind: 'law', law }, 300);
    const bins = new Float64Array(50);
    let pairs = 0;
    for (let a = 0; a < 300; a++) {
      for (let b = 0; b < a; b++) {
        bins[Math.min(49, Math.floor(50 * distribution(law, of(a, b))))]!++;
        pairs++;
      }
    }
    const statistic = chiSquare(bins, Array<number>(50).fill(pairs / 50));
    expect(chiSquareTail(statistic, 49)).toBeGreaterThan(0.001);
  });

  it('is at least a microsecond, and promises what the law promises', () => {
    const none = delays({ kind: 'law', law: { law: 'uniform', lowUs: 0, highUs: 0 } }, 2);
    expect(none.of(0, 1)).toBe(1);
    expect(none.stage.minimumDelayUs).toBe(1);
    const bounded = delays({ kind: 'law', law: { law: 'uniform', lowUs: 500, highUs: 900 } }, 2);
    expect(bounded.stage.minimumDelayUs).toBe(500);
  });
});

describe('latency by regions', () => {
  const model: LatencyModel = {
    kind: 'regions',
    regions: [region('a', 0.5), region('b', 0.3), region('c', 0.2)],
    delayUs: [
      [10, 20, 30],
      [21, 11, 40],
      [31, 41, 12],
    ],
  };

  it('takes the delay from the region of the sender to that of the receiver', () => {
    const { stage, of } = delays(model, 100);
    const regionOf = stage.regionOf!;
    for (let from = 0; from < 100; from++) {
      for (let to = 0; to < 100; to++)
        expect(of(from, to)).toBe(model.delayUs[regionOf[from]!]![regionOf[to]!]);
    }
    expect(stage.minimumDelayUs).toBe(10);
  });

  it('gives each region its exact share of the nodes', () => {
    expect(counts(delays(model, 1_000).stage.regionOf!, 3)).toEqual([500, 300, 200]);
  });
});

describe('places', () => {
  it('round shares by largest remainders, so that they always sum to all nodes', () => {
    const thirds = [1 / 3, 1 / 3, 1 / 3];
    expect(counts(assignByShare(thirds, 10, placeStream('a')), 3)).toEqual([4, 3, 3]);
    expect(counts(assignByShare([0.9, 0.1], 1, placeStream('a')), 2)).toEqual([1, 0]);
    expect(assignByShare(thirds, 0, placeStream('a')).length).toBe(0);
  });

  it('are shuffled by the seed', () => {
    const one = assignByShare([0.5, 0.5], 100, placeStream('a'));
    expect(assignByShare([0.5, 0.5], 100, placeStream('a'))).toEqual(one);
    expect(assignByShare([0.5, 0.5], 100, placeStream('b'))).not.toEqual(one);
  });

  it('give nodes rows of their own while there are enough, then use all evenly', () => {
    expect(new Set(assignRows(50, 50, placeStream('rows'))).size).toBe(50);
    expect(new Set(counts(assignRows(50, 200, placeStream('rows')), 50))).toEqual(new Set([4]));
  });
});

describe('latency by a measured matrix', () => {
  const rows = 3;
  const oneWayUs = Float64Array.of(0, 5, 7, 6, 0, 9, 8, 10, 0);

  it('takes the delay from the row of the sender to that of the receiver', () => {
    const { of } = delays({ kind: 'matrix', source: 'test', rows, oneWayUs }, 3);
    const seen = new Set<number>();
    for (let a = 0; a < 3; a++) for (let b = 0; b < 3; b++) if (a !== b) seen.add(of(a, b));
    expect([...seen].sort((x, y) => x - y)).toEqual([5, 6, 7, 8, 9, 10]);
  });

  it('puts nodes that share a place as near as the two nearest places', () => {
    const { of, stage } = delays({ kind: 'matrix', source: 'test', rows, oneWayUs }, 6);
    expect(stage.minimumDelayUs).toBe(5);
    for (let a = 0; a < 6; a++)
      for (let b = 0; b < 6; b++) expect(of(a, b)).toBeGreaterThanOrEqual(5);
  });
});
