/** How a node says that it is not well: each trouble with its reason, for as long as it lasts, and what to do. */
import { once } from 'node:events';
import { afterAll, describe, expect, it } from 'vitest';
import { WebSocket } from 'ws';
import type { NodeEvent } from '../../../live/api/schemas.ts';
import { createMachine, type Machine } from '../../../live/host/clock.ts';
import { Health, STARTING_SECONDS, TOLD_MS, type Sight } from '../../../live/node/health.ts';
import { StoreError } from '../../../live/store/port.ts';
import { eventually, makeHome, startLive } from './support.ts';

const WELL: Sight = { stopping: false, upSeconds: 100, peers: 3, alone: false, datagramsIn: 0 };

function health(freeBytes = 2 ** 30): {
  health: Health;
  pass(ms: number): void;
  free(n: number): void;
} {
  let nowMs = 0;
  let free = freeBytes;
  return {
    health: new Health({
      name: 'home',
      folder: '/somewhere',
      diskFreeMinBytes: 200 * 2 ** 20,
      steadyMs: () => nowMs,
      freeBytes: () => free,
    }),
    pass: (ms) => (nowMs += ms),
    free: (n) => (free = n),
  };
}

const codes = (one: Health, sight: Partial<Sight> = {}): [string, ...string[]] => {
  const { state, reasons } = one.report({ ...WELL, ...sight });
  for (const { why, next } of reasons) {
    expect(why).toMatch(/\.$/);
    expect(next.length).toBeGreaterThan(10);
  }
  return [state, ...reasons.map(({ code }) => code)];
};

describe('the health of a node', () => {
  it('is good when nothing has happened, and stopping when it stops', () => {
    const { health: one } = health();
    expect(codes(one)).toEqual(['ready']);
    expect(codes(one, { stopping: true })).toEqual(['stopping']);
  });

  it('is starting for ten seconds without peers, then degraded; alone by intent is ready', () => {
    const { health: one } = health();
    expect(codes(one, { peers: 0, upSeconds: STARTING_SECONDS - 1 })).toEqual([
      'starting',
      'no-peers',
    ]);
    expect(codes(one, { peers: 0, upSeconds: STARTING_SECONDS })).toEqual(['degraded', 'no-peers']);
    expect(codes(one, { peers: 0, alone: true })).toEqual(['ready']);
    expect(codes(one)).toEqual(['ready']);
  });

  it('tells a full disk from a broken one, and keeps to the first', () => {
    const { health: full } = health();
    full.diskFailed(new StoreError('STORE_FULL', 'no space is left'));
    full.diskFailed(new Error('later'));
    expect(codes(full)).toEqual(['degraded', 'disk-full']);
    expect(full.diskTrouble).toBe('no space is left');
    expect(full.report(WELL).reasons[0]!.next).toContain('mainframe node run home');
    const { health: broken } = health();
    broken.diskFailed(new StoreError('STORE_FAILED', 'input/output error'));
    // Even in the first seconds: a node that joins is starting, a node without a disk is not.
    expect(codes(broken, { upSeconds: 1, peers: 0 })).toEqual([
      'degraded',
      'disk-failed',
      'no-peers',
    ]);
  });

  it('warns of a disk that fills, and stops when there is room', () => {
    const { health: one, pass, free } = health(2 ** 20);
    expect(codes(one)).toEqual(['degraded', 'disk-low']);
    expect(one.report(WELL).reasons[0]!.why).toBe(
      '1 MiB are free in /somewhere, less than 200 MiB.',
    );
    free(2 ** 30);
    pass(60_000);
    expect(codes(one)).toEqual(['ready']);
  });

  it('tells of a clock that has jumped for ten minutes, or until it has caught up', () => {
    const { health: one, pass } = health();
    one.clockJumped({ byUs: 5_000_000, holdUs: 0 });
    expect(one.report(WELL).reasons[0]!.why).toBe("This machine's clock has jumped 5.0 s forward.");
    pass(TOLD_MS - 1);
    expect(codes(one)).toEqual(['degraded', 'clock-jumped']);
    pass(1);
    expect(codes(one)).toEqual(['ready']);
    one.clockJumped({ byUs: -3_600_000_000, holdUs: 3_600_000_000 });
    expect(one.report(WELL).reasons[0]!.why).toContain(
      '3600.0 s back. Packets are dated 3600.0 s ahead',
    );
    pass(TOLD_MS);
    expect(codes(one)).toEqual(['degraded', 'clock-jumped']);
    pass(3_600_000 - TOLD_MS);
    expect(codes(one)).toEqual(['ready']);
  });

  it('counts a socket as lost until it hears something again', () => {
    const { health: one } = health();
    one.socketFailed(new Error('recvmsg ENETDOWN'));
    expect(codes(one, { datagramsIn: 7 })).toEqual(['degraded', 'socket-lost']);
    expect(codes(one, { datagramsIn: 7 })).toEqual(['degraded', 'socket-lost']);
    expect(codes(one, { datagramsIn: 8 })).toEqual(['ready']);
  });

  it('tells of a protocol that threw', () => {
    const { health: one, pass } = health();
    one.faulted(new Error('first'));
    one.faulted(new Error('second'));
    expect(one.report(WELL).reasons[0]!.why).toContain('failed 2 times, last: second');
    pass(TOLD_MS);
    expect(codes(one)).toEqual(['ready']);
  });
});

describe('a running node', () => {
  const home = makeHome();
  afterAll(() => {
    home.remove();
  });

  it('notices that the clock was set, says so everywhere, and that it stops', async () => {
    const real = createMachine();
    let setByUs = 0;
    const machine: Machine = { ...real, wallUs: () => real.wallUs() + setByUs };
    const live = await startLive('alice', home.passwordFile, { machine });
    const socket = new WebSocket(`ws://127.0.0.1:${live.port}/events`, {
      headers: { authorization: `Bearer ${live.token}` },
    });
    const events: NodeEvent[] = [];
    socket.on('message', (data: Buffer) => events.push(JSON.parse(data.toString()) as NodeEvent));
    await once(socket, 'open');
    const health = async (path: string): Promise<[number, string, string[]]> => {
      const response = await fetch(`${live.at}${path}`);
      const body = (await response.json()) as { state: string; reasons: { code: string }[] };
      return [response.status, body.state, body.reasons.map(({ code }) => code)];
    };
    expect(await health('/health')).toEqual([200, 'ready', []]);
    expect(await health('/ready')).toEqual([200, 'ready', []]);
    setByUs = -90_000_000;
    // Nothing comes in: the node's own timers look at the clock.
    await eventually(() => live.said.some(({ event }) => event === 'clock.jumped'));
    expect(await health('/health')).toEqual([503, 'degraded', ['clock-jumped']]);
    expect(await health('/ready')).toEqual([503, 'degraded', ['clock-jumped']]);
    await eventually(() => events.some((one) => one.event === 'state' && one.state === 'degraded'));
    const jumped = events.find((one) => one.event === 'clock-jumped');
    expect(jumped?.bySeconds).toBeCloseTo(-90, 0);
    const said = live.said.find(({ event }) => event === 'node.degraded');
    expect(said).toBeDefined();

    const closed = once(socket, 'close');
    await live.node.stop();
    expect(await health('/health')).toEqual([503, 'stopping', ['clock-jumped']]);
    expect(await health('/ready')).toEqual([503, 'stopping', ['clock-jumped']]);
    const peers = await fetch(`${live.at}/peers`, {
      headers: { authorization: `Bearer ${live.token}` },
    });
    expect([peers.status, await peers.json()]).toEqual([
      503,
      { error: 'The node is stopping.', kind: 'unavailable' },
    ]);
    await live.api.close();
    const [code] = (await closed) as [number];
    expect(code).toBe(1001);
    expect(events.slice(-2)).toMatchObject([
      { event: 'state', state: 'stopping' },
      { event: 'dropped', reason: 'stopping' },
    ]);
  });

  it('is starting, then degraded, while those to join through are away', async () => {
    const gone = await startLive('gone', home.passwordFile);
    const { card } = gone.node;
    await gone.close();
    const live = await startLive('lonely', home.passwordFile, { bootstrap: [card] });
    const at = async (): Promise<unknown[]> => {
      const [health, ready] = await Promise.all([
        fetch(`${live.at}/health`),
        fetch(`${live.at}/ready`),
      ]);
      return [((await health.json()) as { state: string }).state, health.status, ready.status];
    };
    expect(await at()).toEqual(['starting', 200, 503]);
    await new Promise((resolve) => setTimeout(resolve, STARTING_SECONDS * 1_000));
    expect(await at()).toEqual(['degraded', 503, 503]);
    await live.close();
  }, 60_000);
});
