/** The modelled network: delay, loss and rate as configured, and the host's part of it. */
import { describe, expect, it } from 'vitest';
import { modelledShim, SHIM_DROP } from '../../../live/host/shim.ts';
import { StreamFactory } from '../../../sim/random/streams.ts';
import { endpoint, memoryHost, nodeOf } from './support.ts';

const random = () => new StreamFactory('shim').stream('a');
const there = endpoint('10.0.0.2:4242');

describe('a modelled shim', () => {
  it('delays, each direction on its own', () => {
    const shim = modelledShim({ out: { delayUs: 30_000 } }, random());
    expect(shim('out', there, 100, 5)).toBe(30_000);
    expect(shim('in', there, 100, 5)).toBe(0);
  });

  it('loses the share it was told', () => {
    const shim = modelledShim({ in: { lossRatio: 0.1 } }, random());
    let lost = 0;
    for (let i = 0; i < 10_000; i++) if (shim('in', there, 100, i) === SHIM_DROP) lost++;
    // Five standard deviations of a binomial law.
    expect(Math.abs(lost - 1_000)).toBeLessThan(150);
  });

  it('draws jitter in its range', () => {
    const shim = modelledShim({ out: { delayUs: 10, jitterUs: 4 } }, random());
    const seen = new Set<number>();
    for (let i = 0; i < 200; i++) seen.add(shim('out', there, 1, i));
    expect([...seen].sort((a, b) => a - b)).toEqual([10, 11, 12, 13, 14]);
  });

  it('sends one after another at the rate of the link and drops what does not fit its queue', () => {
    // 1,000 bytes at 8 Mbit/s take a millisecond.
    const shim = modelledShim({ out: { bitsPerSecond: 8_000_000, queueBytes: 3_000 } }, random());
    const delays = [0, 1, 2, 3].map(() => shim('out', there, 1_000, 0));
    expect(delays).toEqual([1_000, 2_000, 3_000, SHIM_DROP]);
    expect(shim('out', there, 1_000, 2_500)).toBe(1_500);
    expect(shim('out', there, 1_000, 60_000)).toBe(1_000);
  });
});

describe('a host with a shim', () => {
  it('holds datagrams back both ways, between timers, in the order of their times', () => {
    const log: string[] = [];
    const { host, machine, transport } = memoryHost({
      shim: modelledShim({ out: { delayUs: 2_000 }, in: { delayUs: 5_000 } }, random()),
    });
    host.run(
      nodeOf({
        start: () => {
          for (const ms of [4, 5, 6]) host.setTimer(ms * 1_000, ms, 0);
          const bytes = Uint8Array.of(1, 2, 3);
          host.sendTo(host.endpointOf(1), bytes, 1, 2);
          bytes.fill(9);
        },
        onTimer: (kind) => {
          log.push(`timer ${kind} at ${host.now()}`);
          return 0;
        },
        onDatagram: (from, bytes, offset, length) => {
          log.push(`datagram ${bytes[offset]} of ${length} from ${from} at ${host.now()}`);
          return 0;
        },
      }),
    );
    transport.receive('10.0.0.2:4242', Uint8Array.of(7));
    transport.receive('10.0.0.3:4242', Uint8Array.of(8));
    expect(transport.sent).toEqual([]);
    expect(host.usage()).toMatchObject({ timers: 3, heldBack: 3 });
    machine.advanceTo(1_002_000);
    expect(transport.sent).toEqual([{ to: '10.0.0.2:4242', bytes: Uint8Array.of(2, 3) }]);
    machine.advanceTo(1_100_000);
    expect(log).toEqual([
      'timer 4 at 1004000',
      'timer 5 at 1005000',
      'datagram 7 of 1 from 0 at 1005000',
      'datagram 8 of 1 from 1 at 1005000',
      'timer 6 at 1006000',
    ]);
  });

  it('counts what the shim loses and bounds what it holds', async () => {
    let verdict = SHIM_DROP;
    const { host, machine, transport } = memoryHost({ shim: () => verdict });
    host.run(nodeOf({}));
    transport.receive('10.0.0.2:1', new Uint8Array(100));
    expect(host.counters()).toMatchObject({ droppedShim: 1, delivered: 0 });
    // What has gone makes room.
    verdict = 1_000;
    for (let i = 1; i <= 20_000; i++) {
      transport.receive('10.0.0.2:1', new Uint8Array(1_000));
      machine.advanceTo(machine.timeUs + 1_000);
    }
    expect(host.counters()).toMatchObject({ droppedShimFull: 0, delivered: 20_000 });
    verdict = 1e12;
    for (let i = 0; i < 20_000; i++) transport.receive('10.0.0.2:1', new Uint8Array(1_000));
    const { droppedShimFull } = host.counters();
    expect(droppedShimFull).toBe(20_000 - Math.floor((1 << 24) / 1_000));
    await host.close();
    expect(host.usage()).toMatchObject({ heldBack: 0, timers: 0 });
  });

  it('lets farewells out when it is closed', async () => {
    const { host, transport } = memoryHost({ shim: () => 50_000 });
    host.run(
      nodeOf({
        stop: () => {
          host.sendTo(host.endpointOf(1), Uint8Array.of(5), 0, 1);
        },
      }),
    );
    await host.close();
    expect(transport.sent).toEqual([{ to: '10.0.0.2:4242', bytes: Uint8Array.of(5) }]);
  });
});
