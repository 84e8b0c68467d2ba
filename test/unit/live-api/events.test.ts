/** The stream of events, as lines and as a WebSocket: the same objects, for those who may, as long as they read. */
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { request as httpRequest } from 'node:http';
import { connect, type Socket } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { WebSocket } from 'ws';
import { NODE_EVENT, type NodeEvent } from '../../../live/api/schemas.ts';
import { BACKLOG_BYTES_MAX, CLOSE_SLOW, CONSUMERS_MAX } from '../../../live/api/streams.ts';
import { eventually, makeHome, startLive, type Running } from './support.ts';

const home = makeHome();
let live: Running;
let at: string;

beforeAll(async () => {
  live = await startLive('alice', home.passwordFile);
  at = `ws://127.0.0.1:${live.port}/events`;
});
afterAll(async () => {
  await live.close();
  home.remove();
});

const bearer = (): { headers: { authorization: string } } => ({
  headers: { authorization: `Bearer ${live.token}` },
});
const letter = (id: number, text = 'hello'): NodeEvent => ({
  event: 'message',
  id,
  from: 'ab'.repeat(32),
  text,
  receivedAt: '2026-05-04T03:02:01.000Z',
});

/** Listeners cut off, as the metrics say. */
async function droppedSoFar(): Promise<number> {
  const text = await (await fetch(`${live.at}/metrics`, bearer())).text();
  return Number(/^mainframe_api_dropped_total (\d+)$/m.exec(text)![1]);
}

/** Texts among events; the node tells of its state in between. */
const messages = (events: NodeEvent[]): number =>
  events.filter(({ event }) => event === 'message').length;

/** A WebSocket that is open. */
async function open(socket: WebSocket): Promise<{ socket: WebSocket; events: NodeEvent[] }> {
  const events: NodeEvent[] = [];
  socket.on('message', (data: Buffer) => {
    events.push(NODE_EVENT.parse(JSON.parse(data.toString())));
  });
  await once(socket, 'open');
  return { socket, events };
}

/** The lines of GET /events. */
async function lines(): Promise<{ events: NodeEvent[]; leave(): void }> {
  const request = httpRequest(`${live.at}/events`, bearer()).end();
  const [response] = (await once(request, 'response')) as [NodeJS.ReadableStream];
  const events: NodeEvent[] = [];
  let rest = '';
  response.on('data', (chunk: Buffer) => {
    const parts = (rest + chunk.toString()).split('\n');
    rest = parts.pop()!;
    events.push(...parts.map((line) => NODE_EVENT.parse(JSON.parse(line))));
  });
  response.on('error', () => undefined);
  return { events, leave: () => request.destroy() };
}

describe('a stream of events', () => {
  it('gives the same objects as lines and as messages', async () => {
    const plain = await lines();
    const { socket, events } = await open(new WebSocket(at, bearer()));
    live.node.tell(letter(1, 'grüße \u{1f600}'));
    live.node.tell({ event: 'clock-jumped', bySeconds: -3.5 });
    const jumps = (all: NodeEvent[]): boolean => all.some((one) => one.event === 'clock-jumped');
    await eventually(() => jumps(events) && jumps(plain.events));
    expect(events.filter(({ event }) => event !== 'state')).toEqual([
      letter(1, 'grüße \u{1f600}'),
      { event: 'clock-jumped', bySeconds: -3.5 },
    ]);
    expect(plain.events).toEqual(events);
    socket.close();
    plain.leave();
    await once(socket, 'close');
  });

  it('takes the token as a subprotocol, for those who cannot send headers, and does not repeat it', async () => {
    const { socket } = await open(
      new WebSocket(at, ['mainframe.events.v1', `token.${live.token}`]),
    );
    expect(socket.protocol).toBe('mainframe.events.v1');
    socket.terminate();
    await once(socket, 'close');
  });

  it('cuts off whoever does not read, says why, and goes on for the others', async () => {
    const plain = await lines();
    const slow = new WebSocket(at, bearer());
    await once(slow, 'open');
    const last = new Promise<NodeEvent>((resolve) => {
      slow.on('message', (data: Buffer) => {
        const event = JSON.parse(data.toString()) as NodeEvent;
        if (event.event === 'dropped') resolve(event);
      });
    });
    const closed = once(slow, 'close');
    slow.pause();
    const text = 'x'.repeat(50_000);
    const before = process.memoryUsage().arrayBuffers;
    // What the system's own buffers hold comes first; then ours fill up. The other listener has always read everything.
    let sent = 0;
    while (sent < 1_000 && (await droppedSoFar()) === 0) {
      sent++;
      live.node.tell(letter(sent, text));
      await eventually(() => messages(plain.events) === sent);
    }
    expect(sent).toBeLessThan(1_000);
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(40 * BACKLOG_BYTES_MAX);
    slow.resume();
    expect(await last).toEqual({ event: 'dropped', reason: 'slow-consumer' });
    const [code, reason] = (await closed) as [number, Buffer];
    expect([code, reason.toString()]).toEqual([CLOSE_SLOW, 'slow-consumer']);
    live.node.tell(letter(sent + 1));
    await eventually(() => messages(plain.events) === sent + 1);
    expect(await droppedSoFar()).toBe(1);
    plain.leave();
  });

  it('cuts off a reader of lines in the same way', async () => {
    const { port } = live;
    const socket = connect(port, '127.0.0.1');
    socket.write(
      `GET /events HTTP/1.1\r\nhost: 127.0.0.1:${port}\r\nauthorization: Bearer ${live.token}\r\n\r\n`,
    );
    await once(socket, 'readable');
    const before = await droppedSoFar();
    let sent = 0;
    for (; sent < 1_000 && (await droppedSoFar()) === before; sent++)
      live.node.tell(letter(sent + 1, 'y'.repeat(50_000)));
    expect(sent).toBeLessThan(1_000);
    let all = '';
    socket.on('data', (chunk: Buffer) => (all = (all + chunk.toString()).slice(-200)));
    await once(socket, 'close');
    expect(all).toContain('{"event":"dropped","reason":"slow-consumer"}');
  });

  it('has room for so many and refuses the next', async () => {
    const sockets = await Promise.all(
      Array.from(
        { length: CONSUMERS_MAX },
        async () => (await open(new WebSocket(at, bearer()))).socket,
      ),
    );
    expect(await refused(new WebSocket(at, bearer()))).toBe(429);
    expect((await fetch(`${live.at}/events`, bearer())).status).toBe(429);
    sockets[0]!.close();
    await once(sockets[0]!, 'close');
    const { socket } = await open(new WebSocket(at, bearer()));
    for (const one of [socket, ...sockets]) one.terminate();
  });
});

/** The status with which a handshake was refused. */
async function refused(socket: WebSocket): Promise<number | undefined> {
  socket.on('error', () => undefined);
  const [, response] = (await once(socket, 'unexpected-response')) as [
    unknown,
    { statusCode?: number },
  ];
  socket.terminate();
  return response.statusCode;
}

describe('a WebSocket handshake', () => {
  it('is refused without the token, with a wrong one, and with one in the address', async () => {
    expect(await refused(new WebSocket(at))).toBe(401);
    expect(await refused(new WebSocket(at, { headers: { authorization: 'Bearer x' } }))).toBe(401);
    expect(await refused(new WebSocket(at, ['mainframe.events.v1', 'token.x']))).toBe(401);
    expect(await refused(new WebSocket(`${at}?token=${live.token}`))).toBe(401);
    expect(await refused(new WebSocket(`${at}?token=${live.token}`, bearer()))).toBe(400);
  });

  it('is refused to web pages of others, even with the token', async () => {
    for (const origin of [
      'http://evil.example',
      'null',
      'http://127.0.0.1:1',
      `https://127.0.0.1:${live.port}`,
    ])
      expect(await refused(new WebSocket(at, { ...bearer(), origin }))).toBe(403);
    const own = await open(
      new WebSocket(at, { ...bearer(), origin: `http://127.0.0.1:${live.port}` }),
    );
    own.socket.terminate();
    const headers = { ...bearer().headers, host: 'evil.example' };
    expect(await refused(new WebSocket(at, { headers }))).toBe(403);
  });

  it('is refused elsewhere, and for subprotocols of others', async () => {
    expect(await refused(new WebSocket(`ws://127.0.0.1:${live.port}/status`, bearer()))).toBe(400);
    expect(await refused(new WebSocket(`ws://127.0.0.1:${live.port}/x`, bearer()))).toBe(404);
    expect(await refused(new WebSocket(at, ['graphql-ws'], bearer()))).toBe(400);
  });

  /** Writes bytes as they are and gives all that comes back. */
  async function raw(...parts: (string | Buffer)[]): Promise<string> {
    const socket: Socket = connect(live.port, '127.0.0.1');
    let all = '';
    socket.on('data', (chunk: Buffer) => (all += chunk.toString('latin1')));
    socket.on('error', () => undefined);
    for (const part of parts) socket.write(part);
    await Promise.race([
      once(socket, 'close'),
      new Promise((resolve) => setTimeout(resolve, 2_000)),
    ]);
    socket.destroy();
    return all;
  }
  const head = (more: string, method = 'GET'): string =>
    `${method} /events HTTP/1.1\r\nhost: 127.0.0.1:${live.port}\r\nauthorization: Bearer ${live.token}\r\nconnection: upgrade\r\nupgrade: websocket\r\n${more}\r\n\r\n`;
  const KEY = 'sec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==';

  it.each([
    ['no key', 'sec-websocket-version: 13'],
    ['a short key', 'sec-websocket-version: 13\r\nsec-websocket-key: eA=='],
    ['an old version', `sec-websocket-version: 7\r\n${KEY}`],
    ['no version', KEY],
    [
      'a broken list of subprotocols',
      `sec-websocket-version: 13\r\n${KEY}\r\nsec-websocket-protocol: mainframe.events.v1,,`,
    ],
  ])('with %s is refused and leaves the node well', async (_what, more) => {
    expect(await raw(head(more))).toMatch(/^HTTP\/1\.1 4\d\d /);
    expect((await fetch(`${live.at}/health`)).status).toBe(200);
  });

  it('by another method, or another protocol, is refused', async () => {
    expect(await raw(head(`sec-websocket-version: 13\r\n${KEY}`, 'POST'))).toMatch(
      /^HTTP\/1\.1 405 /,
    );
    expect(
      await raw(
        head(`sec-websocket-version: 13\r\n${KEY}`).replace('upgrade: websocket', 'upgrade: h2c'),
      ),
    ).toMatch(/^HTTP\/1\.1 400 /);
  });

  const frame = (opcode: number, payload: Buffer, masked = true): Buffer => {
    const mask = masked ? randomBytes(4) : Buffer.alloc(0);
    const body = Buffer.from(payload.map((byte, i) => (masked ? byte ^ mask[i % 4]! : byte)));
    const length =
      payload.length < 126
        ? Buffer.from([payload.length | (masked ? 128 : 0)])
        : Buffer.from([126 | (masked ? 128 : 0), payload.length >> 8, payload.length & 255]);
    return Buffer.concat([Buffer.from([opcode]), length, mask, body]);
  };
  /** The close code in what the server sent: the last frame is a close with two bytes of code in front. */
  const closeCode = (answer: string): number | undefined => {
    const bytes = Buffer.from(answer.slice(answer.indexOf('\r\n\r\n') + 4), 'latin1');
    const at = bytes.lastIndexOf(0x88);
    return at < 0 ? undefined : bytes.readUInt16BE(at + 2);
  };
  const TEXT = 0x81;

  it.each([
    ['a frame of more than a kilobyte', frame(TEXT, Buffer.alloc(2_000, 65)), 1009],
    // 2^63 bytes announced in sixteen bytes sent.
    [
      'a frame that announces the impossible',
      Buffer.from([TEXT, 255, 127, 255, 255, 255, 255, 255, 255, 255, 0, 0, 0, 0]),
      1009,
    ],
    ['a frame without a mask', frame(TEXT, Buffer.from('x'), false), 1002],
    ['a reserved opcode', frame(0x83, Buffer.from('x')), 1002],
    ['text that is not UTF-8', frame(TEXT, Buffer.from([0xff, 0xfe])), 1007],
    ['anything at all', frame(TEXT, Buffer.from('hello')), 1008],
  ])('followed by %s ends with a close code', async (_what, bytes, code) => {
    const answer = await raw(
      head(`sec-websocket-version: 13\r\n${KEY}`),
      bytes,
      frame(0x88, Buffer.from([3, 232])),
    );
    expect(answer).toMatch(/^HTTP\/1\.1 101 /);
    expect(closeCode(answer)).toBe(code);
    expect((await fetch(`${live.at}/health`)).status).toBe(200);
  });

  it('followed by noise never harms the node', async () => {
    for (let round = 0; round < 20; round++)
      await Promise.all([
        raw(
          head(`sec-websocket-version: 13\r\n${KEY}`),
          randomBytes(300),
          frame(0x88, Buffer.from([3, 232])),
        ),
        raw(randomBytes(300)),
      ]);
    expect((await fetch(`${live.at}/health`)).status).toBe(200);
    expect(live.said.filter(({ event }) => event === 'api.fault')).toEqual([]);
  }, 120_000);
});
