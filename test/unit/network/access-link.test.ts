import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { AccessLinks } from '../../../sim/network/access-link.ts';
import type { NetworkModel } from '../../../sim/network/model.ts';
import { DROP_NONE, DROP_QUEUE, IP_UDP_OVERHEAD_BYTES } from '../../../sim/network/transit.ts';
import { realQueue, ReferenceCoDel, takeHead, type Offered } from './reference-queue.ts';
import { datagram } from './support.ts';

const MTU = 1_500;
/** One byte takes one microsecond. */
const BYTE_PER_US = 8_000_000;
const ENDLESS: NetworkModel['queue'] = { kind: 'drop-tail', limitBytes: Infinity };

const payload = (wireBytes: number): number => wireBytes - IP_UDP_OVERHEAD_BYTES;

function codel(targetUs: number, intervalUs: number): NetworkModel['queue'] {
  return { kind: 'codel', limitBytes: Infinity, targetUs, intervalUs };
}

/** When the link has sent each datagram, or -1 for one that was dropped. */
function virtualQueue(queue: NetworkModel['queue'], offered: readonly Offered[]): number[] {
  const links = new AccessLinks(Float64Array.of(BYTE_PER_US), queue, MTU);
  return offered.map(({ atUs, wireBytes }) => {
    const transit = datagram({ nowUs: atUs, bytes: payload(wireBytes) });
    links.offer(0, transit);
    return transit.drop === DROP_NONE ? atUs + transit.delayUs : -1;
  });
}

/** Datagrams in phases of light and heavy load. */
const load = fc
  .array(
    fc.record({
      count: fc.integer({ min: 1, max: 120 }),
      gapUs: fc.integer({ min: 0, max: 3_000 }),
      wireBytes: fc.integer({ min: 28, max: MTU }),
      pauseUs: fc.integer({ min: 0, max: 60_000 }),
    }),
    { minLength: 1, maxLength: 12 },
  )
  .map((phases) => {
    const offered: Offered[] = [];
    let atUs = 1;
    for (const { count, gapUs, wireBytes, pauseUs } of phases) {
      for (let i = 0; i < count; i++) offered.push({ atUs: (atUs += gapUs), wireBytes });
      atUs += pauseUs;
    }
    return offered;
  });

describe('an access link', () => {
  it('takes bytes / rate for a datagram with its headers when it is idle', () => {
    expect(virtualQueue(ENDLESS, [{ atUs: 10, wireBytes: 1_228 }])).toEqual([1_238]);
  });

  it('sends in order, one after the other', () => {
    const offered = [100, 100, 150, 2_000].map((atUs) => ({ atUs, wireBytes: 500 }));
    expect(virtualQueue(ENDLESS, offered)).toEqual([600, 1_100, 1_600, 2_500]);
  });

  it('does not add up rounding over a busy period', () => {
    // 3 Mbit/s: 100 bytes take 266.67 us; 3,000 of them exactly 800,000 us.
    const links = new AccessLinks(Float64Array.of(3_000_000), ENDLESS, MTU);
    let last = 0;
    for (let i = 0; i < 3_000; i++) {
      const transit = datagram({ bytes: payload(100) });
      links.offer(0, transit);
      last = transit.delayUs;
    }
    expect(Math.abs(last - 800_000)).toBeLessThanOrEqual(1);
  });

  it('keeps the queues of different nodes apart', () => {
    const links = new AccessLinks(Float64Array.of(BYTE_PER_US, BYTE_PER_US), ENDLESS, MTU);
    for (let i = 0; i < 10; i++) links.offer(0, datagram());
    const transit = datagram();
    links.offer(1, transit);
    expect(transit.delayUs).toBe(100 + IP_UDP_OVERHEAD_BYTES);
  });

  it('adds nothing where there is no limit', () => {
    const links = new AccessLinks(Float64Array.of(Infinity, BYTE_PER_US), ENDLESS, MTU);
    const transit = datagram({ delayUs: 7 });
    links.offer(0, transit);
    expect(transit.delayUs).toBe(7);
    expect(links.limited).toBe(true);
    expect(new AccessLinks(Float64Array.of(Infinity), ENDLESS, MTU).limited).toBe(false);
  });

  it('starts when the datagram reaches it, not when it was sent', () => {
    const links = new AccessLinks(Float64Array.of(BYTE_PER_US), ENDLESS, MTU);
    const transit = datagram({ nowUs: 1_000, delayUs: 50, bytes: payload(200) });
    links.offer(0, transit);
    expect(transit.delayUs).toBe(250);
  });
});

describe('drop-tail', () => {
  it('drops what would not fit beside the bytes still unsent, and says why', () => {
    const queue: NetworkModel['queue'] = { kind: 'drop-tail', limitBytes: 1_000 };
    const offered = [0, 0, 0, 499, 500].map((atUs) => ({ atUs, wireBytes: 500 }));
    expect(virtualQueue(queue, offered)).toEqual([500, 1_000, -1, -1, 1_500]);
    const links = new AccessLinks(Float64Array.of(BYTE_PER_US), queue, MTU);
    const reasons = [500, 500, 500].map((wireBytes) => {
      const transit = datagram({ bytes: payload(wireBytes) });
      links.offer(0, transit);
      return transit.drop;
    });
    expect(reasons).toEqual([DROP_NONE, DROP_NONE, DROP_QUEUE]);
  });

  it('lets an idle link take a datagram that is larger than its queue', () => {
    const queue: NetworkModel['queue'] = { kind: 'drop-tail', limitBytes: 100 };
    expect(virtualQueue(queue, [{ atUs: 0, wireBytes: 500 }])).toEqual([500]);
  });

  it('sends and drops exactly what a queue that is really there does', () => {
    let drops = 0;
    fc.assert(
      fc.property(load, fc.integer({ min: 100, max: 40_000 }), (offered, limitBytes) => {
        const expected = realQueue(offered, takeHead, limitBytes);
        drops += expected.filter((finish) => finish < 0).length;
        expect(virtualQueue({ kind: 'drop-tail', limitBytes }, offered)).toEqual(expected);
      }),
      { numRuns: 300 },
    );
    expect(drops).toBeGreaterThan(1_000);
  });
});

describe('CoDel decided when a datagram is offered', () => {
  it('sends and drops exactly what RFC 8289 run at each departure does', () => {
    let drops = 0;
    fc.assert(
      fc.property(
        load,
        fc.integer({ min: 500, max: 8_000 }),
        fc.integer({ min: 3_000, max: 40_000 }),
        (offered, targetUs, intervalUs) => {
          const reference = new ReferenceCoDel(targetUs, intervalUs, MTU);
          const expected = realQueue(offered, reference.take, Infinity);
          drops += expected.filter((finish) => finish < 0).length;
          expect(virtualQueue(codel(targetUs, intervalUs), offered)).toEqual(expected);
        },
      ),
      { numRuns: 500 },
    );
    // The comparison must have had something to compare.
    expect(drops).toBeGreaterThan(1_000);
  });

  it('leaves a short burst alone', () => {
    const burst = Array.from({ length: 60 }, () => ({ atUs: 1, wireBytes: 1_500 }));
    expect(virtualQueue(codel(5_000, 100_000), burst).every((finish) => finish > 0)).toBe(true);
  });

  it('tolerates one MTU ahead on a slow link, where that alone is above target', () => {
    // At 100 kbit/s 1,500 bytes take 120 ms; one every 120 ms, each with one ahead of it.
    const links = new AccessLinks(Float64Array.of(100_000), codel(5_000, 100_000), MTU);
    const drops = Array.from({ length: 200 }, (_, i) => {
      const transit = datagram({ nowUs: Math.max(0, i - 1) * 120_000, bytes: payload(1_500) });
      links.offer(0, transit);
      return transit.drop;
    });
    expect(drops.every((drop) => drop === DROP_NONE)).toBe(true);
  });
});
