/** Settings, keys and the log of live nodes, as a user handles them: the built program, real files. */
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { PROGRAM, type Ran } from './support.ts';

const root = mkdtempSync(join(tmpdir(), 'mainframe-config-'));
const home = join(root, 'home');
const cwd = join(root, 'project');
mkdirSync(cwd);
const passwordFile = join(root, 'password');
writeFileSync(passwordFile, 'correct horse\n', { mode: 0o600 });
const env = { ...process.env, MAINFRAME_HOME: home, NO_COLOR: '1', COLUMNS: '100' };
const settingsFile = join(home, 'config', 'nodes', 'alice.yaml');
const project = join(cwd, 'mainframe.yaml');

afterAll(() => {
  rmSync(root, { recursive: true, force: true });
});

function mainframe(words: string[], more: { [name: string]: string } = {}): Ran {
  const { status, stdout, stderr } = spawnSync(process.execPath, [PROGRAM, ...words], {
    cwd,
    encoding: 'utf8',
    env: { ...env, ...more },
  });
  return { code: status, stdout, stderr };
}
/** Runs a node until it is ready, then a second more, then ends it with Ctrl-C. */
async function run(...words: string[]): Promise<Ran> {
  const all = [PROGRAM, 'node', 'run', ...words, '--password-file', passwordFile];
  const child = spawn(process.execPath, all, { cwd, env });
  let [stdout, stderr] = ['', ''];
  child.stdout.on('data', (chunk: Buffer) => {
    stdout += chunk.toString();
    if (stdout.includes('Ready')) setTimeout(() => child.kill('SIGINT'), 1_000);
  });
  child.stderr.on('data', (chunk: Buffer) => (stderr += chunk.toString()));
  const [code] = (await once(child, 'close')) as [number | null];
  return { code, stdout, stderr };
}
const withPassword = (...words: string[]): Ran =>
  mainframe([...words, '--password-file', passwordFile]);
const origin = (...words: string[]): string =>
  mainframe(['config', 'show', '--origin', ...words]).stdout.trim();

describe('keys', () => {
  it('are made for a node to be, or in a file, and taken by node init', () => {
    expect(mainframe(['keys', 'create']).code).toBe(2);
    const made = withPassword('keys', 'create', 'alice', '--light');
    expect([made.code, made.stdout]).toEqual([
      0,
      expect.stringContaining('mainframe node init alice'),
    ]);
    const key = join(home, 'nodes', 'alice', 'account.json');
    expect(statSync(key).mode & 0o777).toBe(0o600);
    const text = readFileSync(key, 'utf8');
    const account = /0x[0-9a-f]{40}/.exec(made.stdout)![0];
    expect(mainframe(['keys', 'list']).stdout).toMatch(
      new RegExp(`^alice +${account} +no node +mainframe node init alice`),
    );
    expect([withPassword('keys', 'create', 'alice').code, readFileSync(key, 'utf8')]).toEqual([
      8,
      text,
    ]);

    const file = join(root, 'standalone.json');
    expect(withPassword('keys', 'create', '--to', file, '--light').code).toBe(0);
    expect(withPassword('keys', 'create', '--to', file).stderr).toContain('does not replace');
    expect(statSync(file).mode & 0o777).toBe(0o600);
    expect(mainframe(['keys', 'list', file]).stdout).toMatch(
      /standalone\.json +0x[0-9a-f]{40} +no node/,
    );
    expect(mainframe(['keys', 'list', passwordFile]).code).toBe(8);

    const listen = ['--listen', '127.0.0.1', '--light'];
    const init = withPassword('node', 'init', 'alice', '--port', '44270', ...listen);
    expect([init.code, init.stdout]).toEqual([0, expect.stringContaining(settingsFile)]);
    expect(readFileSync(key, 'utf8')).toBe(text);
    const other = withPassword('node', 'init', 'bob', '--port', '44271', '--key', file, ...listen);
    expect([other.code, other.stderr]).toEqual([0, '']);
    expect(readFileSync(join(home, 'nodes', 'bob', 'account.json'), 'utf8')).toBe(
      readFileSync(file, 'utf8'),
    );
    expect(mainframe(['keys', 'list']).stdout).toMatch(
      new RegExp(`^alice +${account} +[0-9a-f]{8}….* key 1 `),
    );
    const wrong = join(root, 'wrong');
    writeFileSync(wrong, 'battery\n', { mode: 0o600 });
    const refused = mainframe(['node', 'init', 'carol', '--key', file, '--password-file', wrong]);
    expect([refused.code, existsSync(join(home, 'nodes', 'carol'))]).toEqual([8, false]);
    rmSync(join(home, 'nodes', 'bob'), { recursive: true });
    rmSync(join(home, 'config', 'nodes', 'bob.yaml'));
  });
});

describe('config', () => {
  it('shows every setting with where it comes from', () => {
    expect(statSync(settingsFile).mode & 0o777).toBe(0o600);
    expect(origin()).toMatch(/^log = warn +from \S+alice\.yaml:6:1$/m);
    expect(origin('node.udp')).toMatch(
      /^node\.udp\.port = 44270 +from \S+alice\.yaml:17:5 \(over default 4242\)$/m,
    );
    writeFileSync(project, 'node:\n  udp:\n    port: 44272\n');
    expect(origin('node.udp.port')).toMatch(
      /^node\.udp\.port = 44272 {3}from \.\/mainframe\.yaml:3:5 \(over 44270 from \S+alice\.yaml:17:5\)$/,
    );
    const shown = mainframe(
      ['config', 'show', '--origin', 'node.udp.port', '--set', 'node.udp.port=1'],
      { MAINFRAME_NODE_UDP_PORT: '2' },
    );
    expect(shown.stdout).toBe(
      'node.udp.port = 1   from --set (over 2 from MAINFRAME_NODE_UDP_PORT)\n',
    );
    const { settings } = JSON.parse(
      mainframe(['config', 'show', 'node.udp.port', '--json']).stdout,
    ) as { settings: object[] };
    expect(settings).toEqual([
      {
        name: 'node.udp.port',
        value: '44272',
        default: '4242',
        about: 'UDP port, or any',
        from: [
          { value: '44272', file: 'mainframe.yaml', line: 3, column: 5 },
          { value: '44270', file: settingsFile, line: 17, column: 5 },
        ],
      },
    ]);
    rmSync(project);
    expect(mainframe(['config', 'show', 'udp.port']).stderr).toContain(
      'Did you mean "node.udp.port"?',
    );
  });

  it('sets a value, keeps the comments, and says when another place counts', () => {
    const before = readFileSync(settingsFile, 'utf8');
    const set = mainframe(['config', 'set', 'node.luminosity', '6', 'bits']);
    expect([set.code, set.stdout]).toEqual([
      0,
      expect.stringMatching(
        /^node\.luminosity = 6 bits {3}in \S+alice\.yaml:29:3 \(was 8 bits\)\n$/,
      ),
    ]);
    expect(readFileSync(settingsFile, 'utf8')).toBe(
      before.replace('luminosity: 8 bits', 'luminosity: 6 bits'),
    );
    expect(mainframe(['config', 'set', 'node.luminosity', '7 bits', '--project']).code).toBe(0);
    expect(readFileSync(project, 'utf8')).toBe('node:\n  luminosity: 7 bits\n');
    const overruled = mainframe(['config', 'set', 'node.luminosity', '8 bits']);
    expect([overruled.code, overruled.stderr]).toEqual([
      0,
      '! ./mainframe.yaml:2:3 says 7 bits, and that counts.\n',
    ]);
    rmSync(project);
    expect(mainframe(['config', 'set', 'log', 'info', '--user']).code).toBe(0);
    expect(origin('log')).toMatch(/^log = info {3}from \S+config\.yaml:1:1 \(over warn from/);
    rmSync(join(home, 'config', 'config.yaml'));
  });

  it('refuses what cannot be, and then changes nothing', () => {
    const before = readFileSync(settingsFile, 'utf8');
    const refused = (...words: string[]): [number | null, string] => {
      const { code, stderr } = mainframe(['config', 'set', ...words]);
      return [code, stderr];
    };
    expect(refused('node.luminosity', '9')).toEqual([2, expect.stringContaining('write 9 bits')]);
    expect(refused('node.udp.prt', '9')).toEqual([
      2,
      expect.stringContaining('Did you mean "node.udp.port"?'),
    ]);
    expect(refused('node.udp.port', '70000')).toEqual([2, expect.stringContaining('MF-0110')]);
    expect(refused('node.bootstrap', 'mainframe:x')).toEqual([
      2,
      expect.stringContaining('MF-0403'),
    ]);
    expect(refused('log', 'info', '--user', '--project')).toEqual([
      2,
      expect.stringContaining('one of'),
    ]);
    expect(refused('log', 'info', '--node', 'nobody')).toEqual([
      8,
      expect.stringContaining('There is no node'),
    ]);
    expect(readFileSync(settingsFile, 'utf8')).toBe(before);
  });

  it('checks every file, and nothing runs while one is wrong', () => {
    expect(mainframe(['config', 'check'])).toMatchObject({
      code: 0,
      stdout: expect.stringContaining('alice.yaml'),
    });
    writeFileSync(
      project,
      'log: inof\nnode:\n  luminosity: 8\n  udp: { prot: 1 }\n  password: hunter2\n',
    );
    const check = mainframe(['config', 'check']);
    expect(check.code).toBe(3);
    expect(check.stderr).toContain('mainframe.yaml has 4 problems.');
    expect(check.stderr).toContain(
      'mainframe.yaml:1:6  MF-0404  "inof" is no level\n    1 | log: inof\n      |      ^^^^ did you mean "info"?',
    );
    expect(check.stderr).toContain('mainframe.yaml:3:15  MF-0114');
    expect(check.stderr).toContain('mainframe.yaml:4:10  MF-0101');
    expect(check.stderr).toContain('mainframe.yaml:5:3  MF-0401');
    expect(check.stderr).not.toContain('hunter2');
    const { error } = JSON.parse(mainframe(['config', 'check', '--json']).stdout) as {
      error: { problems: object[] };
    };
    expect(error.problems[0]).toMatchObject({
      code: 'MF-0404',
      line: 1,
      column: 6,
      suggestion: 'info',
    });
    expect(withPassword('node', 'run', 'alice').code).toBe(3);
    expect(withPassword('node', 'init', 'dora', '--light').code).toBe(3);
    expect(existsSync(join(home, 'nodes', 'dora'))).toBe(false);
    expect(mainframe(['doctor']).stdout).toMatch(
      /✗ alice: 4 mistakes in its settings\n +mainframe config check/,
    );
    rmSync(project);
    expect(mainframe(['config', 'check'], { MAINFRAME_NODE_UDP_PROT: '1' })).toMatchObject({
      code: 3,
      stderr: expect.stringContaining('did you mean "MAINFRAME_NODE_UDP_PORT"?'),
    });
    // A wrong flag is a wrong command line.
    expect(withPassword('node', 'run', 'alice', '--log', 'loud').code).toBe(2);
    expect(withPassword('node', 'run', 'alice', '--loss', '100').code).toBe(2);
  });

  it('has a JSON Schema', () => {
    const schema = JSON.parse(mainframe(['schema', 'config']).stdout) as { $id: string };
    expect(schema.$id).toBe('settings/v1');
  });
});

describe('the log of a node', () => {
  it('is lines of JSON with both times, at the levels that were asked for', async () => {
    const { stderr } = await run('alice', '--log', 'warn,node=info,overlay=debug');
    const lines = stderr.split('\n').filter((line) => line.startsWith('{'));
    const events = lines.map(
      (line) => JSON.parse(line) as { event: string; t: number; wall: string },
    );
    const names = events.map(({ event }) => event);
    expect(names).toContain('node.started');
    expect(names.at(-1)).toBe('node.stopped');
    expect(names).toContain('overlay.lookup_finished');
    expect(names.filter((name) => name.startsWith('api.'))).toEqual([]);
    for (const { t, wall } of events)
      expect(Math.abs(Date.parse(wall) - (Date.UTC(2026, 0, 1) + t / 1_000))).toBeLessThan(1_000);
  });
});

describe('a node of an older version', () => {
  const old = join(home, 'nodes', 'old', 'node.json');
  const file = join(home, 'config', 'nodes', 'old.yaml');

  it(
    'is read as it is, and gets its settings file when it is run',
    { timeout: 60_000 },
    async () => {
      const init = withPassword(
        'node',
        'init',
        'old',
        '--listen',
        '127.0.0.1',
        '--port',
        '44273',
        '--light',
        '--json',
      );
      const { card } = JSON.parse(init.stdout) as { card: string };
      // What version 1 wrote for the same node.
      const {
        version: _version,
        announced,
        ...facts
      } = JSON.parse(readFileSync(old, 'utf8')) as { version: number; announced: string };
      const v1 = {
        ...facts,
        version: 1,
        listenIpv4: '127.0.0.1',
        listenIpv6: '',
        port: 44273,
        announce: announced,
        apiPort: 0,
        bootstrap: [card],
        luminosityBits: 5,
        networkShareRatio: 1,
      };
      rmSync(file);
      writeFileSync(old, JSON.stringify(v1), { mode: 0o600 });

      const shown = origin('--node', 'old');
      expect(shown).toMatch(
        /^node\.luminosity = 5 bits +from \S+node\.json \(over default 8 bits\)$/m,
      );
      expect(shown).toMatch(/^node\.overlay\.network_share = auto /m);
      expect(mainframe(['keys', 'list']).stdout).toMatch(/^old /m);
      expect(withPassword('node', 'id', 'old').stdout.trim()).toBe(card);
      expect(existsSync(file)).toBe(false);

      const first = await run('old');
      expect([first.code, first.stderr]).toEqual([
        0,
        expect.stringContaining(`stand in ${file} now`),
      ]);
      expect(first.stdout).toContain('127.0.0.1:44273');
      expect(readFileSync(file, 'utf8')).toContain('luminosity: 5 bits');
      expect(JSON.parse(readFileSync(old, 'utf8'))).toEqual({ ...facts, version: 2, announced });
      expect(origin('--node', 'old', 'node.luminosity')).toContain('old.yaml:');
      expect((await run('old')).stderr).not.toContain('stand in');
    },
  );

  it('is changed by config set, and its backup of old can be restored', () => {
    const now = JSON.parse(readFileSync(old, 'utf8')) as { announced: string };
    const { announced, ...facts } = now;
    const v1 = {
      ...facts,
      version: 1,
      listenIpv4: '',
      listenIpv6: '::1',
      port: 0,
      announce: '203.0.113.9:99',
      apiPort: 4280,
      bootstrap: [],
      luminosityBits: 3,
      networkShareRatio: 0.5,
    };
    const account = readFileSync(join(home, 'nodes', 'old', 'account.json'), 'utf8');
    const backup = join(root, 'old.backup');
    writeFileSync(
      backup,
      JSON.stringify({ version: 1, kind: 'mainframe node backup', account, settings: v1 }),
      { mode: 0o600 },
    );
    rmSync(file);
    writeFileSync(old, JSON.stringify(v1), { mode: 0o600 });
    const set = mainframe(['config', 'set', 'node.luminosity', '4 bits', '--node', 'old']);
    expect([set.code, set.stderr]).toEqual([0, expect.stringContaining('stand in')]);
    expect(set.stdout).toContain('(was 3 bits)');

    expect(mainframe(['keys', 'restore', backup, '--name', 'restored']).code).toBe(0);
    const shown = origin('--node', 'restored');
    for (const line of [
      'node.udp.ipv4 = none',
      'node.udp.ipv6 = ::1',
      'node.udp.port = any',
      'node.udp.announce = 203.0.113.9:99',
      'node.api.port = 4280',
      'node.luminosity = 3 bits',
      'node.overlay.network_share = 50%',
    ])
      expect(shown).toContain(line);
    expect(withPassword('keys', 'backup', 'restored', '--to', join(root, 'new.backup')).code).toBe(
      0,
    );
    rmSync(join(home, 'nodes', 'restored'), { recursive: true });
    rmSync(join(home, 'config', 'nodes', 'restored.yaml'));
    expect(mainframe(['keys', 'restore', join(root, 'new.backup')]).code).toBe(0);
    expect(origin('--node', 'restored')).toBe(shown);
    expect(announced).toBe('127.0.0.1:44273');
  });
});
