import { describe, expect, it } from 'vitest';
import { Duplication } from '../../../sim/network/duplication.ts';
import { ExtraLoss } from '../../../sim/network/extra-loss.ts';
import { Jitter } from '../../../sim/network/jitter.ts';
import { BurstLoss, IndependentLoss, longRunLossRatio } from '../../../sim/network/loss.ts';
import { Partition } from '../../../sim/network/partition.ts';
import { PathMtu } from '../../../sim/network/path-mtu.ts';
import { Reordering } from '../../../sim/network/reordering.ts';
import {
  DROP_LOSS,
  DROP_MTU,
  DROP_NONE,
  DROP_PARTITION,
  IP_UDP_OVERHEAD_BYTES,
  type NetworkStage,
} from '../../../sim/network/transit.ts';
import { sampleUs } from '../../../sim/random/laws.ts';
import { datagram, streamsOf, withinBand } from './support.ts';

const TRIALS = 50_000;

function losses(stage: NetworkStage, from: number, trials: number): boolean[] {
  return Array.from({ length: trials }, () => {
    const transit = datagram({ from });
    stage.depart!(transit);
    if (transit.drop !== DROP_NONE) expect(transit.drop).toBe(DROP_LOSS);
    return transit.drop !== DROP_NONE;
  });
}
const count = (flags: readonly boolean[]): number => flags.filter(Boolean).length;

describe('path MTU', () => {
  it('loses what does not fit with its headers, and nothing else', () => {
    const stage = new PathMtu(1_500);
    const fits = datagram({ bytes: 1_500 - IP_UDP_OVERHEAD_BYTES });
    const exceeds = datagram({ bytes: 1_501 - IP_UDP_OVERHEAD_BYTES });
    stage.depart(fits);
    stage.depart(exceeds);
    expect([fits.drop, exceeds.drop]).toEqual([DROP_NONE, DROP_MTU]);
  });
});

describe('partition', () => {
  it('loses datagrams between sides until it is healed', () => {
    const stage = new Partition(3);
    const drop = (from: number, to: number): number => {
      const transit = datagram({ from, to });
      stage.depart(transit);
      return transit.drop;
    };
    expect(drop(0, 1)).toBe(DROP_NONE);
    stage.set(Uint8Array.of(0, 1, 1));
    expect([drop(0, 1), drop(1, 0)]).toEqual([DROP_PARTITION, DROP_PARTITION]);
    expect(drop(1, 2)).toBe(DROP_NONE);
    stage.set(undefined);
    expect(drop(0, 1)).toBe(DROP_NONE);
  });

  it('refuses sides for another number of nodes', () => {
    expect(() => new Partition(3).set(new Uint8Array(2))).toThrow('partition of 2 nodes in a');
  });
});

describe('independent loss', () => {
  it.each([0, 0.005, 0.3, 1])('loses a share of %d', (ratio) => {
    const lost = count(losses(new IndependentLoss(ratio, streamsOf('loss')), 0, TRIALS));
    expect(withinBand(lost, TRIALS, ratio)).toBe(true);
  });

  it('draws from the sender only: what others send changes nothing', () => {
    const alone = losses(new IndependentLoss(0.3, streamsOf('loss')), 0, 1_000);
    const stage = new IndependentLoss(0.3, streamsOf('loss'));
    const mixed = alone.map(() => {
      losses(stage, 7, 3);
      return losses(stage, 0, 1)[0];
    });
    expect(mixed).toEqual(alone);
  });
});

describe('Gilbert–Elliott loss', () => {
  const model = {
    kind: 'gilbert-elliott' as const,
    goodToBadRatio: 0.02,
    badToGoodRatio: 0.25,
    lossInGoodRatio: 0,
    lossInBadRatio: 1,
  };

  it('loses its stationary share, over independent senders', () => {
    const senders = 200;
    const each = 2_000;
    const stage = new BurstLoss(model, senders, streamsOf('burst'));
    const shares = Array.from({ length: senders }, (_, n) => count(losses(stage, n, each)) / each);
    const mean = shares.reduce((a, b) => a + b, 0) / senders;
    const variance = shares.reduce((sum, s) => sum + (s - mean) ** 2, 0) / (senders - 1);
    const expected = 0.02 / 0.27;
    expect(longRunLossRatio(model)).toBeCloseTo(expected, 12);
    // Starting in the good state costs at most expected / 0.27 / each = 0.00014.
    expect(Math.abs(mean - expected)).toBeLessThan(3 * Math.sqrt(variance / senders) + 0.00014);
  });

  it('loses in bursts of geometric length with mean 1 / badToGood', () => {
    const flags = losses(new BurstLoss(model, 1, streamsOf('burst')), 0, 200_000);
    const lengths: number[] = [];
    let run = 0;
    for (const lost of flags) {
      if (lost) run++;
      else if (run > 0) {
        lengths.push(run);
        run = 0;
      }
    }
    const mean = lengths.reduce((a, b) => a + b, 0) / lengths.length;
    const error = Math.sqrt(0.75 / 0.25 ** 2 / lengths.length);
    expect(Math.abs(mean - 4)).toBeLessThan(3 * error);
  });

  it('keeps a chain for each sender', () => {
    const trap = { ...model, goodToBadRatio: 1, badToGoodRatio: 0 };
    const stage = new BurstLoss(trap, 2, streamsOf('trap'));
    expect(count(losses(stage, 0, 10))).toBe(10);
    expect(count(losses(stage, 1, 10))).toBe(10);
    const calm = { ...model, goodToBadRatio: 0 };
    expect(count(losses(new BurstLoss(calm, 2, streamsOf('calm')), 1, 1_000))).toBe(0);
    expect(longRunLossRatio({ ...calm, badToGoodRatio: 0 })).toBe(0);
  });
});

describe('extra loss', () => {
  it('loses nothing and draws nothing until a fault sets it', () => {
    const switched = new ExtraLoss(streamsOf('extra'));
    expect(count(losses(switched, 0, 1_000))).toBe(0);
    switched.set(0.5);
    const fresh = new ExtraLoss(streamsOf('extra'));
    fresh.set(0.5);
    expect(losses(switched, 0, 1_000)).toEqual(losses(fresh, 0, 1_000));
    switched.set(0);
    expect(count(losses(switched, 0, 1_000))).toBe(0);
  });

  it('loses the share it was set to', () => {
    const stage = new ExtraLoss(streamsOf('extra'));
    stage.set(0.2);
    expect(withinBand(count(losses(stage, 0, TRIALS)), TRIALS, 0.2)).toBe(true);
  });

  it('refuses what is no ratio', () => {
    for (const ratio of [-0.1, 1.1, NaN])
      expect(() => new ExtraLoss(streamsOf('x')).set(ratio)).toThrow('expected a ratio');
  });
});

describe('jitter', () => {
  it("adds the sender's draws, one per datagram, and knows its least", () => {
    const law = { law: 'uniform' as const, lowUs: 100, highUs: 900 };
    const stage = new Jitter(law, streamsOf('jitter'));
    const stream = streamsOf('jitter')(4, 'network/jitter');
    for (let i = 0; i < 100; i++) {
      const transit = datagram({ from: 4, delayUs: 1_000 });
      stage.depart(transit);
      expect(transit.delayUs).toBe(1_000 + sampleUs(law, stream));
    }
    expect(stage.minimumDelayUs).toBe(100);
  });
});

describe('duplication', () => {
  it('makes a second copy of its share, later by 1 us up to the delay of the path', () => {
    const stage = new Duplication(0.1, streamsOf('copies'));
    let copies = 0;
    let least = Infinity;
    let most = 0;
    for (let i = 0; i < TRIALS; i++) {
      const transit = datagram({ delayUs: 40 });
      stage.depart(transit);
      expect(transit.delayUs).toBe(40);
      if (transit.duplicateDelayUs < 0) continue;
      copies++;
      least = Math.min(least, transit.duplicateDelayUs);
      most = Math.max(most, transit.duplicateDelayUs);
    }
    expect(withinBand(copies, TRIALS, 0.1)).toBe(true);
    expect([least, most]).toEqual([41, 80]);
  });

  it('survives paths longer than the range of a 32-bit draw', () => {
    const transit = datagram({ delayUs: 1e12 });
    new Duplication(1, streamsOf('long')).depart(transit);
    expect(transit.duplicateDelayUs).toBeGreaterThan(1e12);
  });
});

describe('reordering', () => {
  it('holds its share back, so that later datagrams overtake them', () => {
    const law = { law: 'constant' as const, valueUs: 5_000 };
    const stage = new Reordering(0.1, law, streamsOf('order'));
    const arrivals = Array.from({ length: TRIALS }, (_, i) => {
      const transit = datagram({ nowUs: i * 1_000, delayUs: 10_000 });
      stage.depart(transit);
      return transit.nowUs + transit.delayUs;
    });
    const held = arrivals.filter((at, i) => at !== i * 1_000 + 10_000).length;
    expect(withinBand(held, TRIALS, 0.1)).toBe(true);
    expect(arrivals.some((at, i) => i > 0 && at < arrivals[i - 1]!)).toBe(true);
  });
});
