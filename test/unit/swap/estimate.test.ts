/** The estimate of what a packet costs, against populations drawn at random and packets sent through them. */
import { describe, expect, it } from 'vitest';
import { CostRecord, estimateCost, type CostQuestion } from '../../../protocols/swap/estimate.ts';
import { DEFAULT_PRICE } from '../../../protocols/swap/params.ts';
import { priceOf } from '../../../protocols/swap/price.ts';
import type { RandomStream } from '../../../protocols/random.ts';
import { StreamFactory } from '../../../sim/random/streams.ts';

const streams = new StreamFactory('cost');
const exactly = (nodes: number) => ({ nodes, low: nodes, high: nodes });
const FLAT = { law: 'flat' as const, per: 'packet' as const, base: 1, proximityMax: 31 };

function question(changes: Partial<CostQuestion> = {}): CostQuestion {
  return {
    network: exactly(2_000),
    price: DEFAULT_PRICE,
    bytes: 500,
    luminosityBits: 4,
    bucket: 8,
    spread: { kind: 'tree', trees: 1 },
    ...changes,
  };
}

const near = (a: number, b: number): number => Math.clz32(a ^ b);

/** One packet in a population of its own: k contacts of a bin, the best of them by bits that are shown, then one edge per prefix with nodes on both sides. */
function send(
  q: CostQuestion,
  random: RandomStream,
): { units: number; hops: number; zone: number } {
  const ids = new Set<number>();
  while (ids.size <= q.network.nodes) ids.add(random.uint32());
  const nodes = [...ids];
  const recipient = nodes.pop()!;
  const shown = q.luminosityBits;
  const mask = shown === 0 ? 0 : -1 << (32 - Math.min(shown, 32));
  const target = ((recipient & mask) | (random.uint32() & ~mask)) >>> 0;
  const price = (proximity: number): number => priceOf(q.price, proximity, q.bytes)!;
  const disclosed = (id: number): number => Math.min(near(id, target), shown);
  let units = 0;
  let hops = 0;
  let at = nodes[random.below(nodes.length)]!;
  nodes.push(recipient);
  while (near(at, target) < shown) {
    const own = near(at, target);
    const bin = nodes.filter((id) => near(id, target) > own);
    const contacts: number[] = [];
    while (contacts.length < q.bucket && bin.length > 0)
      contacts.push(bin.splice(random.below(bin.length), 1)[0]!);
    at = contacts.reduce((best, id) => (disclosed(id) > disclosed(best) ? id : best));
    units += price(near(at, target));
    hops++;
  }
  const zone = nodes.filter((id) => near(id, target) >= shown).sort((a, b) => a - b);
  // In order, two neighbours first differ where a prefix has nodes on both sides, once for each such prefix.
  for (let i = 1; i < zone.length; i++) units += price(near(zone[i - 1]!, zone[i]!));
  return { units, hops, zone: zone.length };
}

describe('what a packet will cost', () => {
  it.each([
    [0, 1],
    [3, 8],
    [6, 8],
    [6, 1],
    // Hardly any zone: what varies is the way there.
    [9, 1],
    // Nobody but the recipient: the last hops lead through bins that hold everybody.
    [24, 8],
    [24, 1],
  ])(
    'at %i bits with %i contacts a bin is what it comes to, and within its interval',
    (luminosityBits, bucket) => {
      const q = question({ luminosityBits, bucket });
      const estimate = estimateCost(q);
      const record = new CostRecord();
      const random = streams.stream(`packets/${luminosityBits}/${bucket}`);
      const costs: number[] = [];
      for (let i = 0; i < 300; i++) {
        const { units } = send(q, random);
        costs.push(units);
        record.add(estimate, units);
      }
      const mean = costs.reduce((a, b) => a + b, 0) / costs.length;
      const variance = costs.reduce((a, b) => a + (b - mean) * (b - mean), 0) / (costs.length - 1);
      const error = Math.sqrt(variance / costs.length);
      // The sender is one of the zone's nodes or not: the model leaves that out, which is worth less than one edge.
      expect(Math.abs(mean - estimate.units)).toBeLessThan(
        3 * error + priceOf(DEFAULT_PRICE, luminosityBits, 500)!,
      );
      expect(record.count).toBe(300);
      expect(record.coverage).toBeGreaterThanOrEqual(0.95 - 3 * Math.sqrt((0.95 * 0.05) / 300));
      // An interval that holds everything tells nothing: it is at most twice as wide as what happens.
      costs.sort((a, b) => a - b);
      const happened = costs[Math.floor(0.975 * 300)]! - costs[Math.floor(0.025 * 300)]!;
      // Where everybody is in the zone, its population is known, and the interval is wider than it need be.
      if (luminosityBits > 0) expect(estimate.high - estimate.low).toBeLessThan(2 * happened);
    },
  );

  it('counts one edge per further node of the zone, and as many trees as asked for', () => {
    for (const bits of [0, 2, 5, 9]) {
      const one = estimateCost(question({ price: FLAT, luminosityBits: bits }));
      const three = estimateCost(
        question({ price: FLAT, luminosityBits: bits, spread: { kind: 'tree', trees: 3 } }),
      );
      expect(one.zone).toBeCloseTo(one.zoneNodes - 1, 1);
      expect(three.units).toBeCloseTo(3 * one.units, 9);
      expect(one.units).toBeCloseTo(one.copies, 9);
    }
  });

  it('comes into the zone in l/2 hops with one contact a bin, where bins have many more', () => {
    for (const bits of [2, 8, 20])
      expect(
        estimateCost(
          question({ network: exactly(1e12), price: FLAT, luminosityBits: bits, bucket: 1 }),
        ).route,
      ).toBeCloseTo(bits / 2, 3);
  });

  it('floods as the validation table has it, and measured copies as they were measured', () => {
    const flood = question({
      price: FLAT,
      network: exactly(4_096 - 1),
      luminosityBits: 0,
      spread: { kind: 'flood' },
    });
    expect(estimateCost(flood).copies / 4_096).toBeCloseTo(8 * (2 * 9 - 1), 6);
    const measured = estimateCost({ ...flood, spread: { kind: 'measured', copies: 7 } });
    expect(measured.copies / 4_096).toBeCloseTo(7, 9);
    const small = estimateCost({ ...flood, network: exactly(3) });
    expect(small.copies).toBeCloseTo(4 * 3, 9);
  });

  it('widens with what is not known, falls with luminosity, rises with band and size', () => {
    const known = estimateCost(question());
    const vague = estimateCost(question({ network: { nodes: 2_000, low: 1_000, high: 4_000 } }));
    expect(vague.units).toBe(known.units);
    expect(vague.low).toBeLessThan(known.low);
    expect(vague.high).toBeGreaterThan(known.high);
    let before = Infinity;
    for (const luminosityBits of [0, 1, 2, 4, 6, 8]) {
      const { units, low, high } = estimateCost(question({ luminosityBits }));
      expect(units).toBeLessThan(before);
      expect(low).toBeLessThanOrEqual(units);
      expect(high).toBeGreaterThanOrEqual(units);
      before = units;
    }
    expect(estimateCost(question({ bandPermille: 2_000 })).units).toBeCloseTo(2 * known.units, 3);
    const perByte = { ...DEFAULT_PRICE, per: 'byte' as const };
    expect(estimateCost(question({ price: perByte, bytes: 7 })).units).toBeCloseTo(
      7 * known.units,
      3,
    );
  });

  it('remembers how wrong it was', () => {
    const record = new CostRecord();
    const estimate = { ...estimateCost(question()), units: 100, low: 90, high: 110 };
    record.add(estimate, 80);
    record.add(estimate, 100);
    record.add(estimate, 125);
    record.add(estimate, 0);
    expect(record.count).toBe(3);
    expect(record.coverage).toBeCloseTo(1 / 3, 12);
    expect(record.bias).toBeCloseTo((0.25 + 0 - 0.2) / 3, 12);
    expect(record.meanAbsoluteError).toBeCloseTo(0.15, 12);
  });
});
