/** The API of a running node as another program of the user finds it: port and token in the folder, document, events, health. */
import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { WebSocket } from 'ws';
import { PROGRAM, type Ran } from './support.ts';

const home = mkdtempSync(join(tmpdir(), 'mainframe-live-api-'));
const passwordFile = join(home, 'password');
writeFileSync(passwordFile, 'correct horse\n', { mode: 0o600 });
const env = { ...process.env, MAINFRAME_HOME: home, NO_COLOR: '1', COLUMNS: '100' };
const children: ChildProcess[] = [];

function mainframe(...words: string[]): Ran {
  const { status, stdout, stderr } = spawnSync(process.execPath, [PROGRAM, ...words], {
    encoding: 'utf8',
    env,
  });
  return { code: status, stdout, stderr };
}

async function run(name: string, port: number, ...more: string[]): Promise<ChildProcess> {
  const secret = ['--password-file', passwordFile];
  const init = mainframe(
    'node',
    'init',
    name,
    '--listen',
    '127.0.0.1',
    '--port',
    String(port),
    '--light',
    ...secret,
    ...more,
  );
  expect([init.code, init.stderr]).toEqual([0, '']);
  const child = spawn(process.execPath, [PROGRAM, 'node', 'run', name, ...secret], {
    env,
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  children.push(child);
  let said = '';
  child.stdout.on('data', (chunk: Buffer) => (said += chunk.toString()));
  while (!said.includes('Ready')) await once(child.stdout, 'data');
  return child;
}

interface Access {
  at: string;
  headers: { authorization: string };
}
function accessTo(name: string): Access {
  const folder = join(home, 'nodes', name);
  expect(statSync(join(folder, 'api.token')).mode & 0o777).toBe(0o600);
  const { port } = JSON.parse(readFileSync(join(folder, 'api.json'), 'utf8')) as { port: number };
  const token = readFileSync(join(folder, 'api.token'), 'utf8').trim();
  return { at: `127.0.0.1:${port}`, headers: { authorization: `Bearer ${token}` } };
}

let alice: Access;
let bob: Access;
let bobProcess: ChildProcess;

beforeAll(async () => {
  await run('alice', 44280);
  const card = mainframe('node', 'id', 'alice').stdout.trim();
  bobProcess = await run('bob', 44281, '--bootstrap', card);
  [alice, bob] = [accessTo('alice'), accessTo('bob')];
});
afterAll(() => {
  for (const child of children) child.kill('SIGKILL');
  rmSync(home, { recursive: true, force: true });
});

const ask = async (
  of: Access,
  path: string,
  body?: object,
): Promise<{ status: number; body: unknown }> => {
  const response = await fetch(`http://${of.at}${path}`, {
    headers: of.headers,
    ...(body === undefined ? {} : { method: 'POST', body: JSON.stringify(body) }),
  });
  return { status: response.status, body: await response.json() };
};

describe('the API of a running node', () => {
  it('serves the document that the command line prints and the reference holds', async () => {
    const { body } = await ask(alice, '/openapi.json');
    expect(body).toEqual(JSON.parse(mainframe('schema', 'api').stdout));
    expect(body).toEqual(JSON.parse(readFileSync('docs/reference/openapi.json', 'utf8')));
  });

  it(
    'tells over a WebSocket and over lines what is said and what was acknowledged',
    { timeout: 60_000 },
    async () => {
      for (let i = 0; i < 100 && (await ask(bob, '/ready')).status !== 200; i++)
        await new Promise((resolve) => setTimeout(resolve, 100));
      const card = async (of: Access): Promise<unknown> =>
        ((await ask(of, '/card')).body as { card: unknown }).card;
      await ask(alice, '/contacts', { name: 'bob', card: await card(bob) });
      await ask(bob, '/contacts', { name: 'alice', card: await card(alice) });

      const events: { event: string }[] = [];
      const socket = new WebSocket(`ws://${alice.at}/events`, [
        'mainframe.events.v1',
        `token.${alice.headers.authorization.slice(7)}`,
      ]);
      socket.on('message', (data: Buffer) =>
        events.push(JSON.parse(data.toString()) as { event: string }),
      );
      await once(socket, 'open');
      const lines = await fetch(`http://${bob.at}/events`, { headers: bob.headers });
      const reader = lines.body!.getReader();
      const sent = await ask(alice, '/messages', { to: 'bob', text: 'grüße' });
      expect(sent.status).toBe(200);
      let text = '';
      while (!text.includes('"message"'))
        text += new TextDecoder().decode((await reader.read()).value);
      const letter = text.split('\n').find((line) => line.includes('"message"'))!;
      expect(JSON.parse(letter)).toMatchObject({ event: 'message', text: 'grüße' });
      await reader.cancel();
      while (!events.some(({ event }) => event === 'acknowledged')) await once(socket, 'message');
      const bobs = ((await ask(bob, '/status')).body as { address: string }).address;
      expect(events.find(({ event }) => event === 'acknowledged')).toMatchObject({
        to: bobs,
        numbers: [(sent.body as { number: number }).number],
      });
      socket.close();
    },
  );

  it(
    'says that it is alone, with the next command, and status says it too',
    { timeout: 90_000 },
    async () => {
      const closed = once(bobProcess, 'close');
      expect(mainframe('node', 'stop', 'alice').code).toBe(0);
      for (let i = 0; i < 600; i++) {
        if ((await ask(bob, '/health')).status === 503) break;
        await new Promise((resolve) => setTimeout(resolve, 100));
      }
      const { status, body } = await ask(bob, '/health');
      expect([status, body]).toMatchObject([
        503,
        { state: 'degraded', reasons: [{ code: 'no-peers' }] },
      ]);
      expect((await ask(bob, '/ready')).status).toBe(503);
      const shown = mainframe('node', 'status', 'bob');
      expect(shown.code).toBe(8);
      expect(shown.stdout).toMatch(/^bob {3}degraded /);
      expect(shown.stdout).toMatch(
        /! No peer answers\.\n +see that .*mainframe config set node\.bootstrap CARD --node bob/,
      );
      expect(mainframe('node', 'stop', 'bob').code).toBe(0);
      const [code] = (await closed) as [number];
      expect(code).toBe(0);
    },
  );
});
