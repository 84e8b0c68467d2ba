/** A live node among strangers who send it whatever they like: it stays up, forgets them, and serves its friends. */
import { spawnSync } from 'node:child_process';
import { createSocket } from 'node:dgram';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { decryptKey } from '../../live/keys/keystore.ts';
import type { LiveNode } from '../../live/node/daemon.ts';
import { resolveSettings } from '../../live/config/resolve.ts';
import { NodeFolder } from '../../live/node/folder.ts';
import { startNode } from '../../live/node/start.ts';
import {
  COOKIE_REPLY_BYTES,
  DATA_SIZE_CLASSES_BYTES,
  HANDSHAKE_BYTES,
  TYPE_DATA,
  TYPE_INITIATE,
  TYPE_UNKNOWN,
} from '../../protocols/link/wire.ts';
import { StreamFactory } from '../../sim/random/streams.ts';
import { PROGRAM } from './support.ts';

/** Forged datagrams; MAINFRAME_FLOOD=1000000 takes a minute and more. */
const FLOOD = Number(process.env['MAINFRAME_FLOOD'] ?? 60_000);
const home = mkdtempSync(join(tmpdir(), 'mainframe-hostile-'));
const passwordFile = join(home, 'password');
writeFileSync(passwordFile, 'x\n', { mode: 0o600 });
const before = process.env['MAINFRAME_HOME'];
process.env['MAINFRAME_HOME'] = home;
afterAll(() => {
  if (before === undefined) delete process.env['MAINFRAME_HOME'];
  else process.env['MAINFRAME_HOME'] = before;
  rmSync(home, { recursive: true, force: true });
});

const exceptions: unknown[] = [];

async function start(name: string, port: number, ...more: string[]): Promise<LiveNode> {
  const made = spawnSync(
    process.execPath,
    [
      PROGRAM,
      'node',
      'init',
      name,
      '--listen',
      '127.0.0.1',
      '--port',
      String(port),
      '--light',
      '--password-file',
      passwordFile,
      ...more,
    ],
    { encoding: 'utf8', env: process.env },
  );
  expect([made.status, made.stderr]).toEqual([0, '']);
  const folder = new NodeFolder(name);
  const secret = await decryptKey(readFileSync(folder.file('account.json'), 'utf8'), 'x');
  return startNode(folder, {
    accountSecret: secret,
    settings: resolveSettings({ node: name }).settings,
    reporter: {
      report: (event, facts) => {
        if (event === 'node.exception') exceptions.push(facts);
      },
      protocol: () => undefined,
    },
  });
}

const pause = (ms: number): Promise<unknown> => new Promise((resolve) => setTimeout(resolve, ms));

it(
  'survives a flood of forged datagrams and goes on talking',
  { timeout: 120_000 + FLOOD },
  async () => {
    const victim = await start('victim', 44344);
    const friend = await start('friend', 44345, '--bootstrap', victim.card);
    await pause(3_000);
    await friend.add('victim', victim.card);
    await friend.say('victim', 'before');
    for (let i = 0; i < 50 && (await victim.letters(0)).length === 0; i++) await pause(100);

    const random = new StreamFactory('hostile').stream('bytes');
    const sockets = Array.from({ length: 8 }, () => createSocket('udp4'));
    const sizes = [HANDSHAKE_BYTES, COOKIE_REPLY_BYTES, 8, 1, 0, 1_400, ...DATA_SIZE_CLASSES_BYTES];
    const memory = process.memoryUsage().rss;
    let said = 0;
    for (let i = 0; i < FLOOD; i++) {
      const bytes = new Uint8Array(sizes[random.below(sizes.length)]!);
      random.fill(bytes, 0, bytes.length);
      // Most look like the link's own up to some depth.
      if (bytes.length > 0 && random.below(8) > 0)
        bytes[0] = TYPE_INITIATE + random.below(TYPE_UNKNOWN - TYPE_INITIATE + 1);
      if (bytes.length > 4 && random.below(4) > 0) bytes.set([1, random.below(3), 0], 1);
      if (bytes[0] === TYPE_DATA) bytes.fill(0, 5, 9);
      sockets[i % sockets.length]!.send(bytes, 44344, '127.0.0.1');
      if (i % 200 === 0) await pause(0);
      if (i % (FLOOD / 10) === 0) {
        await friend.say('victim', `during ${said}`);
        said++;
      }
    }
    for (let i = 0; i < 300 && (await victim.letters(0)).length < said + 1; i++) await pause(100);
    const texts = (await victim.letters(0)).map(({ text }) => text);
    expect(texts.toSorted()).toEqual(
      ['before', ...Array.from({ length: said }, (_, i) => `during ${i}`)].toSorted(),
    );
    expect(exceptions).toEqual([]);
    const { counters, links, state } = victim.status();
    expect(counters.datagramsIn).toBeGreaterThan(FLOOD / 10);
    expect([links, state]).toEqual([1, 'ready']);
    // What strangers can make it remember is bounded: half-open handshakes, endpoints.
    expect(process.memoryUsage().rss - memory).toBeLessThan(200 * 2 ** 20);
    for (const socket of sockets) socket.close();
    await friend.stop();
    await victim.stop();
  },
);
