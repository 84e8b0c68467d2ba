/** Real sockets on the loopback interface. */
import { networkInterfaces } from 'node:os';
import { afterEach, describe, expect, it } from 'vitest';
import { createMachine } from '../../../live/host/clock.ts';
import { endpointText } from '../../../live/host/endpoint-text.ts';
import type { LiveHost } from '../../../live/host/live-host.ts';
import { openLiveHost } from '../../../live/host/open.ts';
import type { LiveHostSettings } from '../../../live/host/settings.ts';
import { BindError, openUdp, type UdpOptions } from '../../../live/host/udp.ts';
import { createSuite } from '../../../protocols/crypto/suites.ts';
import { WIRE_BYTES_MAX } from '../../../protocols/link/host.ts';
import { bookOf, endpoint, nodeOf } from './support.ts';

const hasIpv6 = Object.values(networkInterfaces())
  .flat()
  .some((address) => address?.address === '::1');

const loopback: UdpOptions = { ipv4: { address: '127.0.0.1', port: 0 } };

const open: LiveHost[] = [];

async function hostAt(
  udp: UdpOptions,
  settings: Partial<LiveHostSettings> = {},
): Promise<LiveHost> {
  const host = await openLiveHost(udp, {
    peers: bookOf(['127.0.0.1:1']),
    self: 0,
    crypto: createSuite('modelled'),
    ...settings,
  });
  open.push(host);
  return host;
}

afterEach(async () => {
  await Promise.all(open.splice(0).map((host) => host.close()));
});

/** Makes `host` know a peer at an endpoint. @returns the endpoint's number. */
function know(host: LiveHost, text: string): number {
  const address = new Uint8Array(32).fill(200);
  return host.endpointOf(host.peers.intern(address, 0, endpoint(text), 0));
}

/** One host counts to `count` and the other echoes, `window` at a time; every byte is checked. */
async function exchange(caller: LiveHost, answerer: LiveHost, to: string): Promise<number> {
  const count = 1_000;
  const window = 16;
  answerer.run(
    nodeOf({
      onDatagram: (from, bytes, offset, length) => {
        answerer.sendTo(from, bytes, offset, length);
        return 0;
      },
    }),
  );
  let answered = 0;
  await new Promise<void>((resolve) => {
    const out = new Uint8Array(WIRE_BYTES_MAX);
    let sent = 0;
    const send = (there: number): void => {
      if (sent === count) return;
      const length = 2 + (sent % (WIRE_BYTES_MAX - 1));
      for (let i = 0; i < length; i++) out[i] = sent + i;
      new DataView(out.buffer).setUint16(0, sent++);
      caller.sendTo(there, out, 0, length);
    };
    caller.run(
      nodeOf({
        start: () => {
          const there = know(caller, to);
          for (let i = 0; i < window; i++) send(there);
        },
        onDatagram: (from, bytes, offset, length) => {
          const number = (bytes[offset]! << 8) | bytes[offset + 1]!;
          expect(length).toBe(2 + (number % (WIRE_BYTES_MAX - 1)));
          for (let i = 2; i < length; i++)
            if (bytes[offset + i] !== ((number + i) & 0xff)) throw new Error(`byte ${i} is wrong`);
          const where = new Uint8Array(18);
          caller.writeEndpoint(from, where, 0);
          expect(endpointText(where, 0)).toBe(to);
          if (++answered === count) resolve();
          else send(from);
          return 0;
        },
      }),
    );
  });
  return answered;
}

describe('two hosts', () => {
  it('exchange 1,000 datagrams over IPv4', async () => {
    const at = loopback;
    const [caller, answerer] = [await hostAt(at), await hostAt(at)];
    expect(answerer.ipv4!.port).toBeGreaterThan(0);
    const answered = await exchange(caller, answerer, `127.0.0.1:${answerer.ipv4!.port}`);
    expect(answered).toBe(1_000);
    expect(caller.counters()).toMatchObject({ datagramsOut: 1_000, delivered: 1_000 });
    expect(answerer.counters()).toMatchObject({ datagramsOut: 1_000, delivered: 1_000 });
    expect(caller.counters().exceptions).toBe(0);
  });

  it.skipIf(!hasIpv6)('exchange 1,000 datagrams over IPv6 (skipped without ::1)', async () => {
    const at = { ipv6: { address: '::1', port: 0 } };
    const [caller, answerer] = [await hostAt(at), await hostAt(at)];
    const answered = await exchange(caller, answerer, `[::1]:${answerer.ipv6!.port}`);
    expect(answered).toBe(1_000);
    expect(caller.counters().exceptions).toBe(0);
  });

  it.skipIf(!hasIpv6)('of both families do not mix them up', async () => {
    const both = { ipv4: { address: '127.0.0.1', port: 0 }, ipv6: { address: '::', port: 0 } };
    const [one, two] = [await hostAt(both), await hostAt(both)];
    const seen = await new Promise<string[]>((resolve) => {
      const from: string[] = [];
      two.run(
        nodeOf({
          onDatagram: (source) => {
            const bytes = new Uint8Array(18);
            two.writeEndpoint(source, bytes, 0);
            from.push(endpointText(bytes, 0));
            if (from.length === 2) resolve(from.sort());
            return 0;
          },
        }),
      );
      one.run(nodeOf({}));
      one.act(() => {
        one.sendTo(know(one, `127.0.0.1:${two.ipv4!.port}`), Uint8Array.of(1), 0, 1);
        const six = new Uint8Array(32).fill(201);
        const where = endpoint(`[::1]:${two.ipv6!.port}`);
        one.sendTo(one.endpointOf(one.peers.intern(six, 0, where, 0)), Uint8Array.of(1), 0, 1);
      });
    });
    expect(seen).toEqual([`127.0.0.1:${one.ipv4!.port}`, `[::1]:${one.ipv6!.port}`].sort());
  });
});

describe('a socket that cannot be had', () => {
  it('is explained, and none is left open', async () => {
    const first = await openUdp({ ipv4: { address: '127.0.0.1', port: 0 } });
    const taken = first.ipv4!;
    const error = await openUdp({ ipv4: taken }).catch((e: unknown) => e);
    expect(error).toBeInstanceOf(BindError);
    expect(error).toMatchObject({ code: 'EADDRINUSE', address: '127.0.0.1', port: taken.port });
    expect((error as Error).message).toBe(
      `UDP 127.0.0.1 port ${taken.port}: the port is taken by another program (EADDRINUSE)`,
    );
    await first.close();
    await (await openUdp({ ipv4: taken })).close();
    // The second socket fails, and the first one must be given back.
    const half = openUdp({ ipv4: taken, ipv6: { address: '2001:db8::1', port: 0 } });
    await expect(half).rejects.toThrow(BindError);
    await (await openUdp({ ipv4: taken })).close();
  });

  it('is refused when the address is none', async () => {
    const port = 0;
    for (const ipv4 of ['localhost', '::1', '127.0.0.1%lo', ''])
      await expect(openUdp({ ipv4: { address: ipv4, port } })).rejects.toThrow('(EINVAL)');
    await expect(openUdp({ ipv6: { address: '127.0.0.1', port } })).rejects.toThrow('(EINVAL)');
    await expect(openUdp({ ipv4: { address: '127.0.0.1', port: 70_000 } })).rejects.toThrow(
      '(EINVAL)',
    );
    await expect(openUdp({ ipv4: { address: '192.0.2.1', port } })).rejects.toThrow(
      'this machine does not have the address (EADDRNOTAVAIL)',
    );
    await expect(openUdp({})).rejects.toThrow('give an');
  });
});

describe('a real host', () => {
  it('counts what the system refuses to send', async () => {
    const host = await hostAt(loopback);
    host.run(nodeOf({}));
    // A broadcast address, for which this socket has no right.
    host.act(() => {
      host.sendTo(know(host, '127.255.255.255:9'), Uint8Array.of(1), 0, 1);
    });
    await new Promise((resolve) => setTimeout(resolve, 50));
    const { sendErrorsDenied, sendErrorsUnreachable, sendErrorsOther } = host.counters();
    expect(sendErrorsDenied + sendErrorsUnreachable + sendErrorsOther).toBe(1);
  });

  it('fires timers in order and not early', async () => {
    const host = await hostAt(loopback);
    const fired: { kind: number; afterUs: number }[] = [];
    const machine = createMachine();
    const startUs = machine.steadyUs();
    await new Promise<void>((resolve) => {
      host.run(
        nodeOf({
          start: () => {
            for (const delayUs of [30_000, 500, 10_000, 10_000, 1])
              host.setTimer(delayUs, delayUs, 0);
            host.cancelTimer(host.setTimer(5_000, 5_000, 0));
          },
          onTimer: (kind) => {
            fired.push({ kind, afterUs: machine.steadyUs() - startUs });
            if (fired.length === 5) resolve();
            return 0;
          },
        }),
      );
    });
    expect(fired.map(({ kind }) => kind)).toEqual([1, 500, 10_000, 10_000, 30_000]);
    for (const { kind, afterUs } of fired) expect(afterUs).toBeGreaterThanOrEqual(kind);
  });

  it.skipIf(process.platform !== 'linux')(
    'hears one source while another floods (all of 127/8 exists on Linux only)',
    async () => {
      const host = await hostAt(
        { ipv4: { address: '127.0.0.1', port: 0 } },
        { sourceLimit: { perSecond: 200, burst: 100 } },
      );
      const flooder = await openUdp({ ipv4: { address: '127.0.0.2', port: 0 } });
      const quiet = await openUdp({ ipv4: { address: '127.0.0.3', port: 0 } });
      const got = { flood: 0, quiet: 0 };
      host.run(
        nodeOf({
          onDatagram: (_from, bytes, offset) => {
            if (bytes[offset] === 1) got.flood++;
            else got.quiet++;
            return 0;
          },
        }),
      );
      const { port } = host.ipv4!;
      const began = performance.now();
      for (let round = 0; round < 40; round++) {
        for (let i = 0; i < 50; i++) flooder.send(true, '127.0.0.1', port, Uint8Array.of(1));
        quiet.send(true, '127.0.0.1', port, Uint8Array.of(2));
        await new Promise((resolve) => setTimeout(resolve, 2));
      }
      await new Promise((resolve) => setTimeout(resolve, 50));
      const seconds = (performance.now() - began) / 1_000;
      expect(got.quiet).toBe(40);
      expect(got.flood).toBeLessThanOrEqual(100 + 200 * seconds + 1);
      expect(host.counters().droppedSourceLimit).toBe(host.counters().datagramsIn - 40 - got.flood);
      expect(host.counters().datagramsIn).toBeGreaterThan(1_500);
      await Promise.all([flooder.close(), quiet.close()]);
    },
  );

  it('sends its farewell before the sockets close', async () => {
    const at = loopback;
    const [host, other] = [await hostAt(at), await hostAt(at)];
    const got = new Promise<number>((resolve) => {
      other.run(
        nodeOf({
          onDatagram: (_from, bytes, offset) => {
            resolve(bytes[offset]!);
            return 0;
          },
        }),
      );
    });
    const to = `127.0.0.1:${other.ipv4!.port}`;
    host.run(
      nodeOf({
        stop: () => {
          host.sendTo(know(host, to), Uint8Array.of(77), 0, 1);
        },
      }),
    );
    await host.close();
    expect(await got).toBe(77);
    // The port is free again.
    await (await openUdp({ ipv4: host.ipv4! })).close();
  });

  it('is handed plain arrays, whose slice is a copy', async () => {
    const [from, to] = [await openUdp(loopback), await openUdp(loopback)];
    const bytes = await new Promise<Uint8Array>((resolve) => {
      to.listen({
        received: (_address, _port, received) => {
          resolve(received);
        },
        sendFailed: () => undefined,
        socketFailed: () => undefined,
      });
      from.send(true, '127.0.0.1', to.ipv4!.port, Uint8Array.of(1, 2, 3));
    });
    const copy = bytes.slice(1);
    bytes.fill(9);
    expect([...copy]).toEqual([2, 3]);
    await Promise.all([from.close(), to.close()]);
  });
});
