/** The host with a manual clock and a transport in memory: order of inputs, time within one, what is dropped, what is survived. */
import { describe, expect, it } from 'vitest';
import type { ClockJump } from '../../../live/host/clock.ts';
import type { ExceptionPlace } from '../../../live/host/settings.ts';
import { WIRE_BYTES_MAX } from '../../../protocols/link/host.ts';
import { endpoint, memoryHost, MemoryTransport, nodeOf } from './support.ts';

const PEER = '10.0.0.2:4242';
const S = 1_000_000;

describe('inputs', () => {
  it('see one time from beginning to end, and the next one sees a later one', () => {
    const times: number[] = [];
    const { host, machine, transport } = memoryHost();
    const look = (): number => {
      times.push(host.now());
      machine.timeUs += 1_000;
      times.push(host.now());
      return 0;
    };
    host.run(nodeOf({ start: look, onDatagram: look, onTimer: look }));
    transport.receive(PEER, new Uint8Array(5));
    expect(times).toEqual([1_000_000, 1_000_000, 1_001_000, 1_001_000]);
    expect(host.act(() => host.now())).toBe(1_002_000);
    expect(host.now()).toBe(1_002_000);
  });

  it('come in the order of time: what is due goes before a datagram, by due time and then by age', () => {
    const log: string[] = [];
    const { host, machine, transport } = memoryHost();
    host.run(
      nodeOf({
        start: () => {
          host.setTimer(3_000, 3, 30);
          host.setTimer(2_000, 2, 20);
          host.setTimer(3_000, 4, 40);
          host.cancelTimer(host.setTimer(2_500, 9, 0));
          host.setTimer(9_000, 5, 50);
        },
        onTimer: (kind, argument) => {
          log.push(`timer ${kind}/${argument}`);
          // Due at once but not now: it must wait for the next look at the clock.
          if (kind === 4) host.setTimer(1, 6, 0);
          return 0;
        },
        onDatagram: () => log.push('datagram'),
      }),
    );
    // The alarm rings late.
    machine.timeUs += 4_000;
    transport.receive(PEER, new Uint8Array(5));
    expect(log).toEqual(['timer 2/20', 'timer 3/30', 'timer 4/40', 'datagram']);
    machine.timeUs += 1;
    host.act(() => log.push('act'));
    expect(log.slice(4)).toEqual(['timer 6/0', 'act']);
    machine.advanceTo(1_009_000);
    expect(log.slice(6)).toEqual(['timer 5/50']);
    expect(machine.asleep).toBe(true);
    expect(host.counters()).toMatchObject({ timersSet: 6, timersFired: 5 });
  });

  it('survive an alarm that rings early', () => {
    const fired: number[] = [];
    const { host, machine } = memoryHost();
    host.run(
      nodeOf({
        start: () => void host.setTimer(3_000, 1, 0),
        onTimer: () => fired.push(host.now()),
      }),
    );
    const { wakeAfter } = machine;
    machine.wakeAfter = (delayUs, wake) => wakeAfter.call(machine, Math.ceil(delayUs / 2), wake);
    host.act(() => host.setTimer(2_000, 2, 0));
    machine.advanceTo(1_010_000);
    expect(fired).toEqual([1_002_000, 1_003_000]);
  });

  it('never nest', () => {
    const seen: unknown[] = [];
    const { host, transport } = memoryHost({
      onEvent: () => {
        host.act(() => undefined);
      },
      onException: (error, place) => seen.push([place, (error as Error).message]),
    });
    host.run(
      nodeOf({
        onDatagram: () => {
          host.emit(1, 0, 0, 0, 0);
          return seen.push('went on');
        },
      }),
    );
    transport.receive(PEER, new Uint8Array(5));
    expect(seen).toEqual([['listener', 'an act inside another input'], 'went on']);
    expect(host.counters()).toMatchObject({ exceptions: 0, listenerExceptions: 1 });
  });
});

describe('a node that throws', () => {
  it('is counted and reported, and goes on', () => {
    const places: ExceptionPlace[] = [];
    const { host, machine, transport } = memoryHost({
      onException: (_error, place) => {
        places.push(place);
        if (place === 'timer') throw new Error('the listener too');
      },
    });
    const bad = (): never => {
      throw new Error('bug');
    };
    host.run(nodeOf({ start: () => void host.setTimer(10, 1, 0), onDatagram: bad, onTimer: bad }));
    transport.receive(PEER, new Uint8Array(5));
    transport.receive(PEER, new Uint8Array(5));
    machine.advanceTo(2 * S);
    expect(() => host.act(bad)).toThrow('bug');
    expect(places).toEqual(['datagram', 'datagram', 'timer', 'listener', 'act']);
    expect(host.counters()).toMatchObject({ delivered: 2, exceptions: 4, listenerExceptions: 1 });
  });

  it('in its start does not run', () => {
    const { host, transport } = memoryHost();
    const node = nodeOf({
      start: () => {
        throw new Error('no table');
      },
    });
    expect(() => {
      host.run(node);
    }).toThrow('no table');
    transport.receive(PEER, new Uint8Array(5));
    expect(host.counters()).toMatchObject({ droppedIdle: 1, delivered: 0, exceptions: 1 });
    expect(() => {
      host.run(node);
    }).toThrow('once');
  });
});

describe('datagrams', () => {
  it('are copied on the way out', () => {
    const { host, transport } = memoryHost();
    const bytes = Uint8Array.of(1, 2, 3, 4);
    host.sendTo(host.endpointOf(1), bytes, 1, 2);
    bytes.fill(0);
    expect(transport.sent).toEqual([{ to: PEER, bytes: Uint8Array.of(2, 3) }]);
    expect(host.counters()).toMatchObject({ datagramsOut: 1, bytesOut: 2 });
    expect(() => host.sendTo(0, new Uint8Array(2_000), 0, WIRE_BYTES_MAX + 1)).toThrow('1232');
    expect(() => host.sendTo(0, bytes, 3, 2)).toThrow('array of 4');
  });

  it('are answered where they came from', () => {
    const { host, transport } = memoryHost();
    host.run(
      nodeOf({
        onDatagram: (from, bytes, offset, length) => {
          host.sendTo(from, bytes, offset, length);
          return 0;
        },
      }),
    );
    const sources = ['10.9.8.7:1', '[2001:db8::5]:65535', '[::ffff:10.9.8.7]:1'];
    sources.forEach((from, i) => {
      transport.receive(from, Uint8Array.of(i));
    });
    expect(transport.sent.map((s) => s.to)).toEqual([
      '10.9.8.7:1',
      '[2001:db8::5]:65535',
      '10.9.8.7:1',
    ]);
    expect(host.usage().endpoints).toBe(2);
  });

  it('are dropped and counted by reason, and each is counted once', () => {
    const { host, machine, transport } = memoryHost({
      endpointsMax: 3,
      sourceLimit: { perSecond: 1, burst: 4 },
      totalLimit: { perSecond: 1, burst: 22 },
    });
    const from: number[] = [];
    transport.receive(PEER, new Uint8Array(5));
    host.run(
      nodeOf({
        onDatagram: (endpoint) => {
          from.push(endpoint);
          host.holdEndpoint(endpoint);
          return 0;
        },
      }),
    );
    transport.receive(PEER, new Uint8Array(WIRE_BYTES_MAX + 1));
    transport.receive('10.0.0.3:0', new Uint8Array(5));
    transport.receive('fe80::1%eth0:4242', new Uint8Array(5));
    transport.receive('224.0.0.1:4242', new Uint8Array(5));
    transport.receive('nonsense:4242', new Uint8Array(5));
    for (let i = 0; i < 6; i++) transport.receive(PEER, new Uint8Array(WIRE_BYTES_MAX));
    for (let i = 0; i < 20; i++) transport.receive(`10.0.1.${i}:1`, new Uint8Array(5));
    const counters = host.counters();
    expect(counters).toMatchObject({
      datagramsIn: 32,
      droppedIdle: 1,
      droppedOversize: 1,
      droppedSource: 4,
      droppedSourceLimit: 2,
      delivered: 6,
      // Strangers may take 11 of 22: one before PEER was held, five more before the book was full, then five for nothing.
      droppedBookFull: 5,
      droppedTotalLimit: 13,
    });
    const sum = Object.entries(counters)
      .filter(([name]) => name.startsWith('dropped') || name === 'delivered')
      .reduce((total, [, n]) => total + n, 0);
    expect(sum).toBe(counters.datagramsIn);
    expect(new Set(from).size).toBe(3);
    machine.advanceTo(10 * S);
    transport.receive(PEER, new Uint8Array(5));
    expect(host.counters().delivered).toBe(7);
  });

  it('go nowhere without a socket, with a full queue, to a place that is none', () => {
    const transport = new MemoryTransport({ ipv4: true });
    const { host } = memoryHost({ transport });
    const six = new Uint8Array(32).fill(9);
    const peer = host.peers.intern(six, 0, endpoint('[2001:db8::1]:1'), 0);
    expect(host.endpointOf(peer)).toBe(-1);
    for (const [i, text] of ['10.0.0.9:0', '0.0.0.0:1', '239.1.1.1:1', '[ff02::1]:1'].entries()) {
      const nowhere = host.peers.intern(six.fill(100 + i), 0, endpoint(text), 0);
      expect(host.endpointOf(nowhere), text).toBe(-1);
    }
    transport.full = true;
    host.sendTo(host.endpointOf(1), new Uint8Array(4), 0, 4);
    expect(host.counters()).toMatchObject({ unsentQueueFull: 1, datagramsOut: 0 });
    for (const code of ['EHOSTUNREACH', 'ENETUNREACH', 'EMSGSIZE', 'EPERM', 'ENOBUFS', 'EWHAT'])
      transport.events!.sendFailed(code);
    transport.events!.socketFailed(new Error('odd'));
    expect(host.counters()).toMatchObject({
      sendErrorsUnreachable: 2,
      sendErrorsTooLong: 1,
      sendErrorsDenied: 1,
      sendErrorsBusy: 1,
      sendErrorsOther: 1,
      socketErrors: 1,
    });
  });
});

describe('time', () => {
  it('moves timers by the steady clock when the wall clock is set', () => {
    const jumps: ClockJump[] = [];
    const fired: number[] = [];
    const { host, machine } = memoryHost({ onClockJump: (jump) => jumps.push(jump) });
    host.run(
      nodeOf({
        start: () => {
          host.setTimer(5 * S, 1, 0);
          host.setTimer(10 * S, 2, 0);
        },
        onTimer: () => fired.push(host.now()),
      }),
    );
    machine.advanceTo(2 * S);
    machine.jump(-60 * S);
    machine.advanceTo(-54 * S);
    // Five seconds after its setting by the steady clock; network time waits where it was, but for a microsecond a reading.
    expect(fired).toEqual([1 * S + 2]);
    machine.jump(3_600 * S);
    machine.advanceTo(3_600 * S);
    expect(fired).toEqual([1 * S + 2, (6 - 60 + 3_600 + 5) * S]);
    expect(jumps.map((jump) => jump.byUs)).toEqual([-60 * S, 3_600 * S]);
    expect(host.counters().clockJumps).toBe(2);
  });

  it('refuses delays that are none', () => {
    const { host } = memoryHost();
    for (const delay of [0, -1, 1.5, NaN, Infinity, 2 ** 60])
      expect(() => host.setTimer(delay, 1, 0)).toThrow('timer');
  });
});

describe('closing', () => {
  it('lets the node say farewell, then nothing happens any more', async () => {
    const log: string[] = [];
    const { host, machine, transport } = memoryHost();
    host.run(
      nodeOf({
        start: () => void host.setTimer(1_000, 1, 0),
        stop: () => {
          host.sendTo(host.endpointOf(1), Uint8Array.of(5), 0, 1);
          host.setTimer(1_000, 2, 0);
        },
        onTimer: (kind) => log.push(`timer ${kind}`),
        onDatagram: () => log.push('datagram'),
      }),
    );
    const closing = host.close();
    expect(host.close()).toBe(closing);
    await closing;
    expect(transport.closed).toBe(true);
    expect(machine.asleep).toBe(true);
    transport.receive(PEER, new Uint8Array(5));
    machine.advanceTo(9 * S);
    host.sendTo(host.endpointOf(1), Uint8Array.of(6), 0, 1);
    expect(transport.sent).toEqual([{ to: PEER, bytes: Uint8Array.of(5) }]);
    expect(log).toEqual([]);
    expect(() => host.act(() => undefined)).toThrow('closed');
  });

  it('ends the same way when stop throws, when it is a crash, and when a listener asks for it', async () => {
    for (const how of ['throws', 'crash', 'listener']) {
      const log: string[] = [];
      const { host, transport } = memoryHost({
        onEvent: () => void host.close(),
        onException: (_e, place) => log.push(place),
      });
      host.run(
        nodeOf({
          stop: () => {
            log.push('stop');
            if (how === 'throws') throw new Error('bug');
          },
          onDatagram: () => {
            host.emit(1, 0, 0, 0, 0);
            return log.push('input over');
          },
        }),
      );
      if (how === 'listener') transport.receive(PEER, new Uint8Array(5));
      await host.close(how !== 'crash');
      expect(transport.closed).toBe(true);
      const expected = { throws: ['stop', 'stop'], crash: [], listener: ['input over', 'stop'] };
      expect(log).toEqual(expected[how as keyof typeof expected]);
    }
  });
});
