import { describe, expect, it } from 'vitest';
import { NETWORK_PRESETS } from '../../../scenarios/presets/networks.ts';
import type { NetworkModel } from '../../../sim/network/model.ts';
import { SimulatedNetwork } from '../../../sim/network/network.ts';
import {
  DROP_LOSS,
  DROP_MTU,
  DROP_NONE,
  DROP_PARTITION,
  DROP_QUEUE,
  IP_UDP_OVERHEAD_BYTES,
} from '../../../sim/network/transit.ts';
import { datagram, placeStream, streamsOf, withinBand } from './support.ts';

const BYTE_PER_US = 8_000_000;
const PLAIN: NetworkModel = {
  latency: { kind: 'constant', delayUs: 1_000 },
  duplicateRatio: 0,
  reorderRatio: 0,
  queue: { kind: 'drop-tail', limitBytes: 100_000 },
  mtuBytes: 1_500,
};

function build(change: Partial<NetworkModel> = {}, nodes = 4): SimulatedNetwork {
  const model = { ...PLAIN, ...change };
  return new SimulatedNetwork(model, nodes, streamsOf('network'), placeStream('network'));
}

function depart(network: SimulatedNetwork, fields: Parameters<typeof datagram>[0] = {}) {
  const transit = datagram(fields);
  network.depart(transit);
  return transit;
}

describe('the sender half', () => {
  it('adds transmission on the uplink to the latency', () => {
    const network = build({ uploadBitsPerSecond: BYTE_PER_US });
    const bytes = 100 + IP_UDP_OVERHEAD_BYTES;
    expect(depart(network).delayUs).toBe(1_000 + bytes);
    expect(depart(network).delayUs).toBe(1_000 + 2 * bytes);
  });

  it('drops what its uplink queue cannot hold', () => {
    const network = build({
      uploadBitsPerSecond: BYTE_PER_US,
      queue: { kind: 'drop-tail', limitBytes: 200 },
    });
    expect([depart(network).drop, depart(network).drop]).toEqual([DROP_NONE, DROP_QUEUE]);
  });

  it('drops what exceeds the MTU before it takes any of the uplink', () => {
    const network = build({ uploadBitsPerSecond: BYTE_PER_US });
    expect(depart(network, { bytes: 2_000 }).drop).toBe(DROP_MTU);
    expect(depart(network).delayUs).toBe(1_000 + 100 + IP_UDP_OVERHEAD_BYTES);
  });

  it('takes the uplink for datagrams that a partition loses on the way', () => {
    const network = build({ uploadBitsPerSecond: BYTE_PER_US });
    network.setPartition(Uint8Array.of(0, 1, 0, 0));
    expect(depart(network, { to: 1 }).drop).toBe(DROP_PARTITION);
    expect(depart(network, { to: 2 }).delayUs).toBe(1_000 + 2 * (100 + IP_UDP_OVERHEAD_BYTES));
    network.setPartition(undefined);
    expect(depart(network, { to: 1 }).drop).toBe(DROP_NONE);
  });

  it('combines its own loss with the extra loss of a fault', () => {
    const network = build({ loss: { kind: 'independent', ratio: 0.1 } });
    network.setExtraLoss(0.2);
    let lost = 0;
    for (let i = 0; i < 20_000; i++) if (depart(network).drop === DROP_LOSS) lost++;
    expect(withinBand(lost, 20_000, 1 - 0.9 * 0.8)).toBe(true);
  });

  it('gives a delay of at least one whole microsecond, with everything switched on', () => {
    const network = build({
      latency: { kind: 'law', law: { law: 'exponential', meanUs: 2 } },
      jitter: { law: 'exponential', meanUs: 1 },
      duplicateRatio: 0.3,
      reorderRatio: 0.3,
      reorderDelay: { law: 'exponential', meanUs: 1 },
      loss: { kind: 'independent', ratio: 0.1 },
      uploadBitsPerSecond: 1e12,
    });
    for (let i = 0; i < 5_000; i++) {
      const { drop, delayUs, duplicateDelayUs } = depart(network, { nowUs: 100 * i });
      if (drop !== DROP_NONE) continue;
      expect(Number.isInteger(delayUs) && delayUs >= 1).toBe(true);
      expect(duplicateDelayUs === -1 || duplicateDelayUs > delayUs).toBe(true);
    }
  });

  it('leaves the draws of one effect alone when another is switched on', () => {
    const jitter = { law: 'exponential' as const, meanUs: 500 };
    const plain = build({ jitter });
    const busy = build({ jitter, duplicateRatio: 0.5 });
    for (let i = 0; i < 200; i++) expect(depart(busy).delayUs).toBe(depart(plain).delayUs);
  });
});

describe('the receiver half', () => {
  it('is absent where downlinks are unlimited, and waits on the downlink where not', () => {
    expect(build().hasArrivalStage).toBe(false);
    const network = build({ downloadBitsPerSecond: BYTE_PER_US });
    expect(network.hasArrivalStage).toBe(true);
    const delays = [1, 1, 2].map((to) => {
      const transit = datagram({ to, nowUs: 50 });
      network.arrive(transit);
      return transit.delayUs;
    });
    expect(delays).toEqual([128, 256, 128]);
  });
});

describe('the lookahead', () => {
  it('is the least delay that any datagram can have', () => {
    expect(build().lookaheadUs).toBe(1_000);
    expect(build({ jitter: { law: 'uniform', lowUs: 50, highUs: 60 } }).lookaheadUs).toBe(1_050);
    const law = { law: 'exponential' as const, meanUs: 5 };
    expect(build({ latency: { kind: 'law', law } }).lookaheadUs).toBe(1);
  });
});

describe('rates', () => {
  const region = (name: string, shareRatio: number, rate: number) => ({
    name,
    shareRatio,
    uploadBitsPerSecond: rate,
    downloadBitsPerSecond: rate,
  });
  const latency: NetworkModel['latency'] = {
    kind: 'regions',
    regions: [region('fast', 0.5, BYTE_PER_US), region('slow', 0.5, BYTE_PER_US / 2)],
    delayUs: [
      [1, 1],
      [1, 1],
    ],
  };

  it("are those of a node's region", () => {
    const network = build({ latency });
    for (let from = 0; from < 4; from++) {
      const factor = network.regionOf![from] === 0 ? 1 : 2;
      expect(depart(network, { from }).delayUs).toBe(1 + 128 * factor);
    }
  });

  it("give way to the model's own", () => {
    const network = build({ latency, uploadBitsPerSecond: BYTE_PER_US * 2 });
    for (let from = 0; from < 4; from++) expect(depart(network, { from }).delayUs).toBe(1 + 64);
  });
});

describe.each(Object.entries(NETWORK_PRESETS))('preset %s', (_name, spec) => {
  it('loses no more than it says and stays above its lookahead', () => {
    const network = build(spec as NetworkModel, 200);
    const trials = 20_000;
    let lost = 0;
    for (let i = 0; i < trials; i++) {
      const transit = depart(network, { from: i % 200, to: (i * 7 + 1) % 200, nowUs: i * 10_000 });
      if (transit.drop !== DROP_NONE) lost++;
      else expect(transit.delayUs).toBeGreaterThanOrEqual(network.lookaheadUs);
    }
    const ratio = spec.loss?.kind === 'independent' ? spec.loss.ratio : 0;
    expect(withinBand(lost, trials, ratio)).toBe(true);
  });
});
