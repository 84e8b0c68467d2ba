/** A node's capture: what its sockets have seen, bounded, private, and no trouble to the node. */
import { existsSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { describe, expect, it, vi } from 'vitest';
import { openRecording } from '../../../analysis/trace/recording.ts';
import { TappedTransport, type Tap } from '../../../live/host/tap.ts';
import type { Transport, TransportEvents } from '../../../live/host/transport.ts';
import { Capture, type CaptureEnd } from '../../../live/node/capture.ts';
import { fresh, ipv4, rowsOf } from '../trace/support.ts';

const FACTS = { node: 'alice', address: 'ab'.repeat(32) };

describe('a capture', () => {
  it('keeps what came and what went, in the order of time, whatever the clock does', async () => {
    const path = fresh('.arrow');
    let now = 50;
    const capture = new Capture(
      { ...FACTS, path, bytesMax: 1e6 },
      () => now,
      () => undefined,
    );
    capture.out(ipv4(1), ipv4(2), Uint8Array.of(1));
    now = 90;
    capture.in(ipv4(2), ipv4(1), Uint8Array.of(2, 2));
    now = 40;
    capture.out(ipv4(1), ipv4(3), Uint8Array.of(3));
    capture.close();
    expect(statSync(path).mode & 0o777).toBe(0o600);
    const recording = await openRecording(path);
    expect(recording.owner).toBe('alice');
    expect(recording.epochUs).toBe(Date.UTC(2026, 0, 1) * 1_000);
    const rows = await rowsOf(recording);
    expect(
      rows.map(({ timeUs, sentUs, endedUs, from, to, fate }) => [
        timeUs,
        sentUs,
        endedUs,
        from,
        to,
        fate,
      ]),
    ).toEqual([
      [50, 50, -1, 0, -1, 'unknown'],
      [90, -1, 90, -1, 0, 'delivered'],
      [90, 90, -1, 0, -1, 'unknown'],
    ]);
    expect(rows.map(({ payload }) => [...payload])).toEqual([[1], [2, 2], [3]]);
    expect([...rows[2]!.toEndpoint]).toEqual([...ipv4(3)]);
  });

  it('does not keep the arrays it is given, which their owners use again', async () => {
    const path = fresh('.arrow');
    const capture = new Capture(
      { ...FACTS, path, bytesMax: 1e6 },
      () => 1,
      () => undefined,
    );
    const [from, to, bytes] = [ipv4(1), ipv4(2), Buffer.from([7, 7])];
    capture.in(from, to, bytes);
    for (const array of [from, to, bytes]) array.fill(0);
    capture.close();
    const [row] = await rowsOf(await openRecording(path));
    expect([...row!.payload]).toEqual([7, 7]);
    expect([...row!.fromEndpoint]).toEqual([...ipv4(1)]);
  });

  it.each([1, 500, 1_232])(
    'ends before its file is larger than allowed (payloads of %d)',
    async (length) => {
      const path = fresh('.arrow');
      const ends: CaptureEnd[] = [];
      const bytesMax = 400_000;
      const capture = new Capture(
        { ...FACTS, path, bytesMax },
        () => 1,
        (why) => ends.push(why),
      );
      for (let i = 0; i < 5_000; i++) capture.out(ipv4(1), ipv4(2), new Uint8Array(length));
      expect(ends).toEqual(['full']);
      const { size } = statSync(path);
      expect(size).toBeLessThanOrEqual(bytesMax);
      expect(size).toBeGreaterThan(bytesMax / 2);
      const rows = await rowsOf(await openRecording(path));
      expect(rows.length).toBeGreaterThan(100);
      capture.close();
      expect(statSync(path).size).toBe(size);
    },
  );

  it('counts what writing every second costs', async () => {
    vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] });
    try {
      const path = fresh('.arrow');
      const ends: CaptureEnd[] = [];
      const bytesMax = 200_000;
      const capture = new Capture(
        { ...FACTS, path, bytesMax },
        () => 1,
        (why) => ends.push(why),
      );
      let kept = 0;
      for (; ends.length === 0 && kept < 1_000; kept++) {
        capture.out(ipv4(1), ipv4(2), new Uint8Array(1));
        vi.advanceTimersByTime(1_000);
        // On disk, whatever becomes of the process now.
        if (ends.length === 0 && kept % 10 === 0)
          expect(await rowsOf(await openRecording(path))).toHaveLength(kept + 1);
      }
      expect(ends).toEqual(['full']);
      expect(statSync(path).size).toBeLessThanOrEqual(bytesMax);
      expect(kept).toBeGreaterThan(40);
    } finally {
      vi.useRealTimers();
    }
  });

  it('does not overwrite', () => {
    const path = fresh('.arrow');
    writeFileSync(path, 'precious');
    expect(
      () =>
        new Capture(
          { ...FACTS, path, bytesMax: 1e6 },
          () => 1,
          () => undefined,
        ),
    ).toThrow('EEXIST');
    expect(readFileSync(path, 'utf8')).toBe('precious');
    expect(existsSync(`${path}.partial`)).toBe(false);
  });
});

describe('a tapped transport', () => {
  it('tells of what the sockets took and of what came, and passes everything on', () => {
    let above: TransportEvents | undefined;
    let room = true;
    const passed: unknown[] = [];
    const below: Transport = {
      ipv4: { address: '192.0.2.1', port: 4242 },
      ipv6: { address: '2001:db8::1', port: 4343 },
      listen: (events) => (above = events),
      send: (...facts) => {
        passed.push(facts);
        return room;
      },
      close: () => Promise.resolve(),
    };
    const heard: [string, string, string, number][] = [];
    const hex = (bytes: Uint8Array): string => Buffer.from(bytes.subarray(12)).toString('hex');
    const tap: Tap = {
      out: (from, to, { length }) => heard.push(['out', hex(from), hex(to), length]),
      in: (from, to, { length }) => heard.push(['in', hex(from), hex(to), length]),
    };
    const transport = new TappedTransport(below, tap);
    expect([transport.ipv4, transport.ipv6]).toEqual([below.ipv4, below.ipv6]);
    const got: unknown[] = [];
    transport.listen({
      received: (...facts) => got.push(facts),
      sendFailed: (code) => got.push(code),
      socketFailed: (error) => got.push(error.message),
    });
    expect(transport.send(true, '192.0.2.9', 9, new Uint8Array(3))).toBe(true);
    expect(transport.send(false, '2001:db8::9', 9, new Uint8Array(4))).toBe(true);
    room = false;
    // Refused by the system's queue: it never went out.
    expect(transport.send(true, '192.0.2.9', 9, new Uint8Array(5))).toBe(false);
    above!.received('192.0.2.9', 9, new Uint8Array(6));
    above!.received('2001:db8::9', 9, new Uint8Array(7));
    above!.received('fe80::1%eth0', 9, new Uint8Array(8));
    above!.sendFailed('EPERM');
    above!.socketFailed(new Error('gone'));
    expect(passed).toHaveLength(3);
    expect(got).toHaveLength(5);
    expect(heard).toEqual([
      ['out', 'c00002011092', 'c00002090009', 3],
      ['out', '0000000110f7', '000000090009', 4],
      ['in', 'c00002090009', 'c00002011092', 6],
      ['in', '000000090009', '0000000110f7', 7],
    ]);
  });
});
