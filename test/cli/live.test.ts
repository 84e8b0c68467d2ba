/** Live nodes as a user runs them: real processes, real sockets, and kill -9. */
import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import {
  chmodSync,
  existsSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { LIGHT_TERMINAL, readTerminal } from '../support/qr.ts';
import { PROGRAM, type Ran } from './support.ts';

const home = mkdtempSync(join(tmpdir(), 'mainframe-live-'));
const passwordFile = join(home, 'password');
writeFileSync(passwordFile, 'correct horse\n', { mode: 0o600 });
const env = { ...process.env, MAINFRAME_HOME: home, NO_COLOR: '1', COLUMNS: '100' };
const children = new Set<ChildProcess>();

afterAll(() => {
  for (const child of children) child.kill('SIGKILL');
  mainframe('testnet', 'down');
  rmSync(home, { recursive: true, force: true });
});

function mainframe(...words: string[]): Ran {
  const { status, stdout, stderr } = spawnSync(process.execPath, [PROGRAM, ...words], {
    encoding: 'utf8',
    env,
  });
  return { code: status, stdout, stderr };
}

const json = <T>(...words: string[]): T => JSON.parse(mainframe(...words, '--json').stdout) as T;
const pause = (ms: number): Promise<unknown> => new Promise((resolve) => setTimeout(resolve, ms));
const apiOf = (name: string): { port: number; pid: number } =>
  JSON.parse(readFileSync(join(home, 'nodes', name, 'api.json'), 'utf8')) as {
    port: number;
    pid: number;
  };

/** Makes a node on a free port of this machine. */
function init(name: string, ...more: string[]): string {
  const ran = json<{ card: string }>(
    'node',
    'init',
    name,
    '--listen',
    '127.0.0.1',
    '--light',
    '--password-file',
    passwordFile,
    ...more,
  );
  return ran.card;
}

/** Runs a node until it is up. */
async function run(name: string): Promise<ChildProcess> {
  const child = spawn(
    process.execPath,
    [PROGRAM, 'node', 'run', name, '--password-file', passwordFile],
    { env, stdio: ['ignore', 'pipe', 'inherit'] },
  );
  children.add(child);
  child.once('close', () => children.delete(child));
  let said = '';
  child.stdout.on('data', (chunk: Buffer) => (said += chunk.toString()));
  for (let i = 0; i < 200 && !said.includes('Ready'); i++) await pause(50);
  expect(said).toContain('Ready');
  return child;
}

async function kill(child: ChildProcess): Promise<void> {
  child.kill('SIGKILL');
  await new Promise((resolve) => child.once('close', resolve));
}

const inbox = (name: string): string[] =>
  json<{ messages: { text: string }[] }>('inbox', '--node', name).messages.map(({ text }) => text);

describe('two live nodes', { timeout: 180_000 }, () => {
  let alice: ChildProcess;
  let bob: ChildProcess;

  it('are made, run, introduced, and talk', async () => {
    const aliceCard = init('alice', '--port', '44242');
    const bobCard = init('bob', '--port', '44243', '--bootstrap', aliceCard);
    expect(aliceCard).toMatch(/^mainframe:[\w-]{216}$/);
    for (const name of ['account.json', 'node.json'])
      expect(statSync(join(home, 'nodes', 'alice', name)).mode & 0o777).toBe(0o600);
    alice = await run('alice');
    bob = await run('bob');
    expect(mainframe('contacts', 'add', 'bob', bobCard, '--node', 'alice').code).toBe(0);
    expect(
      mainframe(
        'contacts',
        'add',
        'alice',
        mainframe('node', 'id', 'alice').stdout,
        '--node',
        'bob',
      ).code,
    ).toBe(0);
    expect(mainframe('send', 'bob', 'hello bob', '--node', 'alice').code).toBe(0);
    for (let i = 0; i < 60 && inbox('bob').length === 0; i++) await pause(100);
    expect(mainframe('inbox', '--node', 'bob').stdout).toMatch(/1 {2}\S+ {2}alice: hello bob/);
    mainframe('send', 'alice', 'hello alice', '--node', 'bob');
    for (let i = 0; i < 60 && inbox('alice').length === 0; i++) await pause(100);
    expect(inbox('alice')).toEqual(['hello alice']);
    // Longer than a packet, in order, and one that nobody acknowledges.
    const long = 'a long story. '.repeat(4_000);
    expect(mainframe('send', 'bob', long, '--ordered', '--node', 'alice').code).toBe(0);
    expect(mainframe('send', 'bob', 'the end', '--ordered', '--node', 'alice').code).toBe(0);
    expect(
      mainframe('send', 'bob', 'by the way', '--unacknowledged', '--node', 'alice').stdout,
    ).toContain('sent once');
    for (let i = 0; i < 200 && inbox('bob').length < 4; i++) await pause(100);
    expect(inbox('bob').filter((text) => text !== 'by the way')).toEqual([
      'hello bob',
      long,
      'the end',
    ]);
    expect(inbox('bob')).toContain('by the way');
    expect(
      readTerminal(mainframe('contacts', 'card', '--qr', '--node', 'alice').stdout, LIGHT_TERMINAL),
    ).toBe(mainframe('node', 'id', 'alice').stdout.trim());
    const status = json<{ state: string; peers: number; links: number }>('node', 'status', 'alice');
    expect(status).toMatchObject({ state: 'ready', peers: 1, links: 1 });
    expect(mainframe('node', 'peers', 'alice').stdout).toContain('127.0.0.1:44243');
  });

  it('say what is wrong, with the next command', () => {
    const said = (...words: string[]): [number | null, string] => {
      const { code, stderr } = mainframe(...words);
      return [code, stderr];
    };
    expect(said('send', 'carol', 'x', '--node', 'alice')).toEqual([
      2,
      expect.stringContaining('mainframe contacts add carol'),
    ]);
    expect(said('contacts', 'add', 'carol', 'mainframe:short', '--node', 'alice')).toEqual([
      2,
      expect.stringContaining('part of it is missing'),
    ]);
    expect(said('contacts', 'card', '--qr', 'card.gif', '--node', 'alice')).toEqual([
      2,
      expect.stringContaining('.svg or .png'),
    ]);
    expect(said('contacts', 'card', '--qr', join(home, 'picture.svg'), '--node', 'alice')[0]).toBe(
      0,
    );
    expect(said('contacts', 'card', '--qr', join(home, 'picture.svg'), '--node', 'alice')).toEqual([
      8,
      expect.stringContaining('is there already'),
    ]);
    expect(said('send', 'bob', 'x'.repeat(70_000), '--node', 'alice')).toEqual([
      2,
      expect.stringContaining('one message holds'),
    ]);
    expect(said('node', 'status', 'carol')).toEqual([
      8,
      expect.stringContaining('mainframe node init carol'),
    ]);
    expect(said('node', 'run', 'alice', '--password-file', passwordFile)).toEqual([
      8,
      expect.stringContaining('mainframe node stop alice'),
    ]);
    expect(said('node', 'init', 'alice', '--password-file', passwordFile)).toEqual([
      8,
      expect.stringContaining('already'),
    ]);
    expect(said('inbox')).toEqual([
      2,
      expect.stringContaining('Which node? There are alice, bob.'),
    ]);
    expect(
      said('node', 'init', 'x', '--listen', 'example.org', '--password-file', passwordFile),
    ).toEqual([2, expect.stringContaining('Give an IP address')]);
    const open = join(home, 'open');
    writeFileSync(open, 'correct horse\n');
    chmodSync(open, 0o644);
    expect(said('node', 'id', 'nobody', '--password-file', open)).toEqual([
      8,
      expect.stringContaining('There is no node "nobody"'),
    ]);
    expect(said('node', 'init', 'y', '--password-file', open)).toEqual([
      8,
      expect.stringContaining('chmod 600'),
    ]);
    expect(said('node', 'init', 'y')).toEqual([2, expect.stringContaining('--password-file')]);
  });

  it('refuse a wrong password and a taken port', async () => {
    const wrong = join(home, 'wrong');
    writeFileSync(wrong, 'battery staple\n', { mode: 0o600 });
    init('carol', '--port', '44242');
    expect(mainframe('node', 'run', 'carol', '--password-file', wrong).stderr).toContain(
      'does not open',
    );
    const taken = mainframe('node', 'run', 'carol', '--password-file', passwordFile);
    expect([taken.code, taken.stderr]).toEqual([
      8,
      expect.stringContaining('127.0.0.1:44242 cannot be used (EADDRINUSE)'),
    ]);
    rmSync(join(home, 'nodes', 'carol'), { recursive: true });
    await pause(0);
  });

  it('refuse a machine that believes it to be 2018, and say how its clock is set', () => {
    const early = join(home, 'early.cjs');
    writeFileSync(
      early,
      'const now = Date.now; const by = now() - 1514764800000; Date.now = () => now() - by;',
    );
    init('erin');
    const words = ['node', 'run', 'erin', '--password-file', passwordFile];
    for (const more of [[], ['--capture', join(home, 'early.pcapng')]]) {
      const { status, stderr } = spawnSync(
        process.execPath,
        ['--require', early, PROGRAM, ...words, ...more],
        { encoding: 'utf8', env },
      );
      expect([status, stderr]).toEqual([8, expect.stringContaining('timedatectl set-ntp true')]);
    }
    rmSync(join(home, 'nodes', 'erin'), { recursive: true });
  });

  it('answer on loopback to whoever has the token, and to nobody else', async () => {
    const { port } = apiOf('alice');
    const at = `http://127.0.0.1:${port}`;
    expect((await fetch(`${at}/health`)).status).toBe(200);
    expect((await fetch(`${at}/status`)).status).toBe(401);
    const token = readFileSync(join(home, 'nodes', 'alice', 'api.token'), 'utf8').trim();
    const headers = { authorization: `Bearer ${token}` };
    expect((await fetch(`${at}/status`, { headers })).status).toBe(200);
    expect(
      (await fetch(`${at}/status`, { headers: { ...headers, origin: 'http://evil.example' } }))
        .status,
    ).toBe(403);
    expect((await fetch(`${at}/nothing`, { headers })).status).toBe(404);
    expect(
      (await fetch(`${at}/messages`, { method: 'POST', headers, body: '{"to":' })).status,
    ).toBe(400);
    expect(
      (
        await fetch(`${at}/messages`, {
          method: 'POST',
          headers,
          body: `{"to":"${'x'.repeat(500_000)}"}`,
        })
      ).status,
    ).toBe(413);
    expect(await (await fetch(`${at}/metrics`, { headers })).text()).toMatch(
      /^mainframe_link_open 1$/m,
    );
  });

  it('show no more of an address than before, whatever is asked for after a kill', async () => {
    const bits = (...more: string[]): number =>
      json<{ luminosityBits: number }>('send', 'bob', 'in the dark', '--node', 'alice', ...more)
        .luminosityBits;
    expect(bits('--luminosity', '3')).toBe(3);
    await kill(alice);
    alice = await run('alice');
    expect([bits('--luminosity', '200'), bits()]).toEqual([3, 3]);
  });

  it('lose nothing and double nothing when either is killed at any moment', async () => {
    const sent: string[] = [];
    for (let round = 0; round < 4; round++) {
      for (let i = 0; i < 5; i++) {
        const text = `round ${round} message ${i}`;
        const { code } = mainframe('send', 'bob', text, '--node', 'alice');
        // Exit 0 says that it is kept.
        if (code === 0) sent.push(text);
        if (i === 2) {
          if (round % 2 === 0) {
            await kill(bob);
            bob = await run('bob');
          } else {
            await kill(alice);
            alice = await run('alice');
          }
        }
      }
    }
    expect(sent).toHaveLength(20);
    for (let i = 0; i < 150; i++) {
      const waiting = json<{ waiting: number }>('node', 'status', 'alice').waiting;
      if (waiting === 0) break;
      await pause(200);
    }
    const got = inbox('bob').filter((text) => text.startsWith('round'));
    expect(got.toSorted()).toEqual(sent.toSorted());
  });

  it('stop when told, and keep what they have', async () => {
    const before = inbox('bob');
    expect(mainframe('node', 'stop', 'bob').code).toBe(0);
    expect(existsSync(join(home, 'nodes', 'bob', 'api.json'))).toBe(false);
    expect(mainframe('node', 'status', 'bob').stderr).toContain('mainframe node run bob');
    bob = await run('bob');
    expect(inbox('bob')).toEqual(before);
    bob.kill('SIGINT');
    await new Promise((resolve) => bob.once('close', resolve));
    expect(bob.exitCode).toBe(0);
    expect(mainframe('node', 'stop', 'alice').code).toBe(0);
  });
});

describe('a group of live nodes', { timeout: 180_000 }, () => {
  const on = (node: string, ...words: string[]): Ran => mainframe(...words, '--node', node);
  const members = (node: string): string => on(node, 'groups', 'list').stdout.trim();

  it('is begun, joined, talked in, and there again after a kill', async () => {
    const gretaCard = init('greta', '--port', '44252');
    const hugoCard = init('hugo', '--port', '44253', '--bootstrap', gretaCard);
    const greta = await run('greta');
    let hugo = await run('hugo');
    on('greta', 'contacts', 'add', 'hugo', hugoCard);
    on('hugo', 'contacts', 'add', 'greta', gretaCard);
    expect(on('greta', 'groups', 'create', 'friends').stdout).toContain(
      'mainframe groups invite friends',
    );
    expect(on('greta', 'groups', 'invite', 'friends', 'hugo').code).toBe(0);
    const invitation = 'friends  invitation by greta: mainframe groups join friends';
    for (let i = 0; i < 100 && members('hugo') !== invitation; i++) await pause(50);
    expect(members('hugo')).toBe(invitation);
    expect(on('hugo', 'groups', 'join', 'friends').code).toBe(0);
    for (let i = 0; i < 100 && members('hugo') !== 'friends  2 members'; i++) await pause(50);
    expect(on('greta', 'groups', 'show', 'friends').stdout).toMatch(/^you .*\nhugo /);
    expect(on('greta', 'send', 'friends', 'hello all').stdout).toBe(
      'said to friends, once to one other member\n',
    );
    for (let i = 0; i < 60 && inbox('hugo').length === 0; i++) await pause(50);
    expect(on('hugo', 'inbox').stdout).toMatch(/1 {2}\S+ {2}friends \/ greta: hello all/);
    await kill(hugo);
    hugo = await run('hugo');
    expect(members('hugo')).toBe('friends  2 members');
    const chat = spawn(process.execPath, [PROGRAM, 'chat', 'friends', '--node', 'hugo'], { env });
    children.add(chat);
    let seen = '';
    chat.stdout.on('data', (chunk: Buffer) => (seen += chunk.toString()));
    let complaints = '';
    chat.stderr.on('data', (chunk: Buffer) => (complaints += chunk.toString()));
    for (let i = 0; i < 100 && complaints === ''; i++) await pause(50);
    expect(complaints).toContain('Talking to friends.');
    chat.stdin.write(`${'x'.repeat(2_000)}\nstill here\n`);
    for (let i = 0; i < 200 && inbox('greta').length === 0; i++) await pause(50);
    expect(on('greta', 'inbox').stdout).toContain('friends / hugo: still here');
    for (let i = 0; i < 100 && !complaints.includes('holds'); i++) await pause(50);
    expect(complaints).toContain('one message to a group holds');
    expect(on('greta', 'chat', 'zoe')).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('No contact and no group is called "zoe"'),
    });
    on('greta', 'send', 'friends', 'good');
    for (let i = 0; i < 100 && seen === ''; i++) await pause(50);
    expect(seen).toBe('greta: good\n');
    chat.stdin.end();
    await new Promise((resolve) => chat.once('close', resolve));
    expect(on('greta', 'send', 'friends', 'x', '--ordered').stderr).toContain('sent once to all');
    expect(on('hugo', 'groups', 'leave', 'friends').code).toBe(0);
    for (let i = 0; i < 200 && members('greta') !== 'friends  you alone'; i++) await pause(50);
    expect(members('greta')).toBe('friends  you alone');
    expect(members('hugo')).toBe('None yet. mainframe groups create <group>');
    for (const [name, child] of [
      ['greta', greta],
      ['hugo', hugo],
    ] as const) {
      const closed = new Promise((resolve) => child.once('close', resolve));
      expect(mainframe('node', 'stop', name).code).toBe(0);
      await closed;
    }
  });
});

describe('keys', () => {
  it('are listed, backed up, restored and changed, and the doctor minds them', () => {
    const key = (...words: string[]): Ran =>
      mainframe('keys', ...words, '--password-file', passwordFile);
    const card = init('dora', '--port', '44250');
    expect(mainframe('keys', 'list').stdout).toMatch(
      /dora .*never backed up: mainframe keys backup dora/,
    );
    expect(mainframe('doctor').stdout).toContain('mainframe keys backup dora');
    const file = join(home, 'dora.backup');
    expect(key('backup', 'dora', '--to', file).code).toBe(0);
    expect(statSync(file).mode & 0o777).toBe(0o600);
    expect(key('backup', 'dora', '--to', file).code).toBe(8);
    rmSync(join(home, 'nodes', 'dora'), { recursive: true });
    expect(mainframe('keys', 'restore', file).code).toBe(0);
    expect(mainframe('keys', 'restore', file).stderr).toContain('already');
    expect(mainframe('keys', 'restore', passwordFile, '--name', 'x').stderr).toContain(
      'no backup of a node',
    );
    expect(mainframe('node', 'id', 'dora', '--password-file', passwordFile).stdout.trim()).toBe(
      card,
    );
    expect(mainframe('keys', 'list').stdout).toMatch(/dora .*backed up/);
    expect(key('rotate', 'dora').code).toBe(0);
    const rotated = mainframe('node', 'id', 'dora', '--password-file', passwordFile).stdout.trim();
    expect(rotated).not.toBe(card);
    chmodSync(join(home, 'nodes', 'dora', 'account.json'), 0o644);
    const doctor = mainframe('doctor');
    expect([doctor.code, doctor.stdout]).toEqual([
      8,
      expect.stringMatching(/readable by others\n.*chmod 600 /),
    ]);
    rmSync(join(home, 'nodes', 'dora'), { recursive: true });
  });
});

describe('a scenario on real sockets', { timeout: 120_000 }, () => {
  it('has the workload of the simulated run, and results that agree with it', () => {
    const out = join(home, 'runs');
    const set = [
      '--small',
      '--set',
      'world.duration=12 s',
      '--set',
      'world.warmup=3 s',
      '--out',
      out,
    ];
    type Summary = {
      metrics: { [name: string]: { count: number; mean: number; median: number } };
      digest: string;
    };
    const simulated = json<Summary>('run', 'sim-versus-real', ...set);
    const real = json<Summary>('run', 'sim-versus-real', '--transport', 'udp', ...set);
    expect(real.digest).toBe('none (real time)');
    // The same people write the same messages at the same moments; a message at the very end may fall either way.
    const [a, b] = [simulated.metrics, real.metrics];
    expect(Math.abs(a['delivery.rate']!.count - b['delivery.rate']!.count)).toBeLessThanOrEqual(3);
    expect(b['delivery.rate']!.mean).toBeGreaterThan(0.95);
    expect(b['zone.size']!.median).toBe(a['zone.size']!.median);
    expect(b['routing.copies']!.median).toBe(a['routing.copies']!.median);
    // Some forty latencies of 50 to 500 ms: their mean is good to a third, and a busy machine adds to the real one.
    expect(Math.abs(b['delivery.latency']!.mean / a['delivery.latency']!.mean - 1)).toBeLessThan(
      0.35,
    );
    const compared = mainframe(
      'compare',
      '@last-1',
      '@last',
      '--out',
      out,
      '--metrics',
      'zone.size,routing.copies',
      '--within',
      '10',
    );
    expect([compared.code, compared.stdout]).toEqual([
      0,
      expect.stringContaining('All 2 medians agree within 10%.'),
    ]);
  });

  it('is refused where live nodes cannot play it', () => {
    for (const [name, why] of [
      ['whitewash', 'A world of flows has no packets'],
      ['relay-economy', 'paid for on a simulated ledger'],
    ] as const) {
      const words = ['run', name, '--small', '--transport', 'udp', '--out', join(home, 'runs')];
      const { code, stderr } = mainframe(...words);
      expect([code, stderr]).toEqual([3, expect.stringContaining(why)]);
    }
    const large = mainframe(
      'run',
      'luminosity-vs-anonymity',
      '--transport',
      'udp',
      '--out',
      join(home, 'runs'),
    );
    expect([large.code, large.stderr]).toEqual([
      3,
      expect.stringContaining('4096 nodes are too many'),
    ]);
  });
});

describe('a testnet', { timeout: 120_000 }, () => {
  it('comes up, talks across, and goes down without a trace', async () => {
    const up = mainframe('testnet', 'up', '4');
    expect([up.code, up.stderr]).toEqual([0, '']);
    const pids = [1, 2, 3, 4].map((n) => apiOf(`testnet-${n}`).pid);
    mainframe(
      'contacts',
      'add',
      'four',
      mainframe('node', 'id', 'testnet-4').stdout,
      '--node',
      'testnet-2',
    );
    mainframe('send', 'four', 'across', '--node', 'testnet-2', '--luminosity', '1');
    for (let i = 0; i < 60 && inbox('testnet-4').length === 0; i++) await pause(100);
    expect(inbox('testnet-4')).toEqual(['across']);
    // Whoever wants to join it names it.
    init('guest', '--net', 'testnet', '--port', '0');
    expect(mainframe('config', 'show', '--node', 'guest').stdout).toContain(
      mainframe('node', 'id', 'testnet-1').stdout.trim(),
    );
    const guest = await run('guest');
    expect(json<{ networkId: string }>('node', 'status', 'guest').networkId).toBe('7357');
    await kill(guest);
    const unknown = mainframe('node', 'init', 'lost', '--net', 'nowhere', '--light');
    expect(unknown.code).toBe(3);
    expect(unknown.stderr).toContain('There are: testnet.');
    const both = mainframe('node', 'init', 'lost', '--net', 'testnet', '--network', '9', '--light');
    expect(both.code).toBe(2);
    expect(mainframe('testnet', 'up', '4').code).toBe(8);
    expect(mainframe('testnet', 'down').code).toBe(0);
    for (const pid of pids) expect(() => process.kill(pid, 0)).toThrow();
    expect(existsSync(join(home, 'nodes', 'testnet-1'))).toBe(false);
  });
});
