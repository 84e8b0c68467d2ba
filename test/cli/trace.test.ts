/** Recording and exporting as a user does: a run, a run on real sockets, and two live nodes that talk while one of them is captured. */
import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { HAS_TSHARK, tshark } from '../unit/trace/support.ts';
import { inFolder, mainframe, PROGRAM, TINY, until } from './support.ts';

const WRONG =
  'mainframe.malformed or mainframe.forged or mainframe.no_key or _ws.malformed or _ws.lua.error or udp.checksum.status == 0';

interface Exported {
  file: string;
  datagrams: number;
  types: { [type: string]: number };
}

/** Types of the packets of a capture, as tshark sees them, in the words of the exporter. */
function typesOf(file: string, keyLog?: string): { [type: string]: number } {
  const names: { [type: string]: string } = {
    ...{ '0x01': 'PING', '0x02': 'PONG', '0x03': 'FIND_NODE', '0x04': 'NODES', '0x05': 'LEAVE' },
    ...{
      '0x10': 'DARK',
      '0x20': 'INITIATE',
      '0x21': 'RESPOND',
      '0x22': 'FINISH',
      '0x23': 'COOKIE',
    },
    ...{ '0x25': 'DATA', '0x30': 'LINK_PING', '0x31': 'LINK_PONG', '0x32': 'LINK_CLOSE' },
    '0x33': 'LINK_IDLE',
    ...{
      '0x60': 'WHERE',
      '0x61': 'SEEN',
      '0x62': 'INTRODUCE',
      '0x63': 'INVITE',
      '0x64': 'ACCEPT',
      '0x65': 'DECLINE',
      '0x66': 'MEET',
      '0x67': 'REFUSE',
      '0x68': 'RELAY',
      '0x69': 'GONE',
      '0x6a': 'CHECK',
      '0x6b': 'ASKED',
      '0x6c': 'VISIT',
    },
  };
  const types: { [type: string]: number } = {};
  const how = keyLog === undefined ? {} : { keyLog };
  for (const [type, content] of tshark(file, ['mainframe.type', 'mainframe.content'], how)) {
    const name = content === '' ? names[type!]! : `${names[type!]} ${names[content!]}`;
    types[name] = (types[name] ?? 0) + 1;
  }
  return types;
}

describe('trace export', { timeout: 180_000 }, () => {
  it('writes each format beside the run, or where it is told, and says what to do with it', () =>
    inFolder((folder) => {
      writeFileSync(join(folder, 'tiny.yaml'), TINY);
      expect(mainframe(folder, 'run', 'tiny.yaml', '--record', 'datagrams').code).toBe(0);
      const json = (...words: string[]): Exported =>
        JSON.parse(
          mainframe(folder, 'trace', 'export', '@last', ...words, '--json').stdout,
        ) as Exported;
      const capture = json('--to', 'pcapng');
      expect(capture.file).toMatch(/^runs\/[0-9a-f]+-tiny\/trace\.pcapng$/);
      expect(capture.datagrams).toBeGreaterThan(100);
      expect(json('--to', 'perfetto', '--node', '3').file).toMatch(/\/trace-3\.perfetto\.json$/);
      expect(json('--to', 'parquet', '--out', 'here.parquet').file).toBe('here.parquet');
      expect(statSync(join(folder, 'here.parquet')).size).toBeGreaterThan(1_000);
      // As with other verbs, an existing folder is where results are looked for.
      expect(json('--to', 'pcapng', '--out', 'runs').file).toBe(capture.file);
      const said = mainframe(folder, 'trace', 'export', '@last', '--to', 'pcapng').stdout;
      expect(said).toMatch(/^[\d,]+ datagrams, [\d,]+ bytes\n {2}[A-Z_]+ +\d/);
      expect(said).toMatch(/\nRead it: tshark -X lua_script:\S+mainframe\.lua -r runs\//);
      const dissector = mainframe(folder, 'trace', 'dissector').stdout.trim();
      expect(readFileSync(dissector, 'utf8')).toContain('Proto("mainframe"');
    }));

  it('answers what it cannot do with what can be done', () =>
    inFolder((folder) => {
      writeFileSync(join(folder, 'tiny.yaml'), TINY);
      mainframe(folder, 'run', 'tiny.yaml', '--seed', '7');
      const said = (...words: string[]): [number | null, string] => {
        const { code, stderr } = mainframe(folder, 'trace', 'export', ...words);
        return [code, stderr.trim()];
      };
      const [code, sentence] = said('@last', '--to', 'pcapng');
      expect(code).toBe(2);
      expect(sentence).toMatch(
        /^runs\/[0-9a-f]+-tiny has no recorded datagrams\. Record them: mainframe run tiny\.yaml --seed 7 --record datagrams$/,
      );
      // What it says works.
      expect(
        mainframe(folder, ...sentence.split('Record them: mainframe ')[1]!.split(' ')).code,
      ).toBe(0);
      expect(said('@last', '--to', 'pcapng')[0]).toBe(0);
      expect(said('nosuch', '--to', 'pcapng')).toEqual([
        2,
        expect.stringMatching(/^No result "nosuch" in runs\/\. The newest is /),
      ]);
      expect(said('@last', '--to', 'pcap')).toEqual([
        2,
        'to cannot be "pcap"; it is one of "pcapng", "perfetto", "parquet".',
      ]);
      expect(said('@last')[1]).toContain('trace export <run>');
      expect(said('@last', '--to', 'pcapng', '--node', '16')).toEqual([
        2,
        'No node "16" in this recording. There are nodes 0 to 15, of roles node.',
      ]);
      expect(said('@last', '--to', 'pcapng', '--keys', 'none.log')).toEqual([
        2,
        'There is no key log none.log.',
      ]);
      expect(said('tiny.yaml', '--to', 'pcapng')).toEqual([
        2,
        'tiny.yaml is no recording of datagrams.',
      ]);
      const object = mainframe(folder, 'trace', 'export', 'tiny.yaml', '--to', 'pcapng', '--json');
      expect(JSON.parse(object.stdout)).toMatchObject({ error: { code: 'MF-0011' } });
      expect(said('@last', '--to', 'pcapng', '--out', 'no/such/x.pcapng')).toEqual([
        2,
        'There is no folder no/such to write to.',
      ]);
    }));

  it.skipIf(!HAS_TSHARK)('lets tshark read a run on real sockets, open and encrypted', () =>
    inFolder((folder) => {
      writeFileSync(
        join(folder, 'real.yaml'),
        `scenario: real
world: { nodes: 6, duration: 4 s, warmup: 1 s, latency: 20 ms, loss: 4% }
traffic:
  - { from: anyone, to: anyone, every: exponential(1 s), size: 200 B, luminosity: 1 bits }
services: { routing: { lifetime: 2 s }, overlay: { start: join } }
`,
      );
      for (const encrypt of ['false', 'true']) {
        const ran = mainframe(
          folder,
          ...['run', 'real.yaml', '--transport', 'udp', '--record', 'datagrams'],
          ...['--set', `services.link.encrypt=${encrypt}`],
        );
        expect(ran.code).toBe(0);
        const { file, types, datagrams } = JSON.parse(
          mainframe(folder, 'trace', 'export', '@last', '--to', 'pcapng', '--json').stdout,
        ) as Exported;
        const path = join(folder, file);
        const keyLog = encrypt === 'true' ? join(path, '..', 'keys.log') : undefined;
        const how = keyLog === undefined ? {} : { keyLog };
        expect(tshark(path, ['frame.number'], { filter: WRONG, ...how })).toEqual([]);
        expect(typesOf(path, keyLog)).toEqual(types);
        expect(types[encrypt === 'true' ? 'DATA DARK' : 'DARK']).toBeGreaterThan(5);
        const count = (pattern: string): number =>
          tshark(path, ['frame.number'], { filter: `frame.comment matches "${pattern}"` }).length;
        // Everything on loopback arrives, or is lost by the model, or is under way at the end.
        expect(count('delivered after') + count('lost') + count('not known')).toBe(datagrams);
        expect(count('not known')).toBeLessThan(datagrams / 5);
        // The model loses at the sender: a later loss would be another datagram's.
        expect(count('lost')).toBeGreaterThan(0);
        expect(count('lost after [0-9][.].* ms .on the way')).toBe(count('lost'));
        // However busy the machine: never before its time. What was sent while the nodes were made has no time of its own.
        const early = 'frame.time_epoch > 0 and frame.comment matches "delivered after 1?[0-9][.]"';
        expect(tshark(path, ['frame.number'], { filter: early })).toEqual([]);
      }
    }),
  );
});

describe('the capture of a live node', { timeout: 120_000 }, () => {
  const home = mkdtempSync(join(tmpdir(), 'mainframe-capture-'));
  const env = { ...process.env, MAINFRAME_HOME: home, NO_COLOR: '1' };
  const passwordFile = join(home, 'password');
  writeFileSync(passwordFile, 'correct horse\n', { mode: 0o600 });
  const children = new Set<ChildProcess>();
  afterAll(() => {
    for (const child of children) child.kill('SIGKILL');
    rmSync(home, { recursive: true, force: true });
  });

  function live(...words: string[]): { code: number | null; stdout: string; stderr: string } {
    const { status, stdout, stderr } = spawnSync(process.execPath, [PROGRAM, ...words], {
      encoding: 'utf8',
      env,
      cwd: home,
    });
    return { code: status, stdout, stderr };
  }
  const json = <T>(...words: string[]): T => JSON.parse(live(...words, '--json').stdout) as T;

  function init(name: string, ...more: string[]): string {
    const words = ['--listen', '127.0.0.1', '--light', '--password-file', passwordFile];
    return json<{ card: string }>('node', 'init', name, ...words, ...more).card;
  }

  /** Runs a node until it is up. @returns what it has said on stderr so far. */
  async function run(name: string, ...more: string[]): Promise<() => string> {
    const words = [PROGRAM, 'node', 'run', name, '--password-file', passwordFile, ...more];
    const child = spawn(process.execPath, words, {
      env,
      cwd: home,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    children.add(child);
    child.once('close', () => children.delete(child));
    let [said, complained] = ['', ''];
    child.stdout.on('data', (chunk: Buffer) => (said += chunk.toString()));
    child.stderr.on('data', (chunk: Buffer) => (complained += chunk.toString()));
    await until(() => said.includes('Ready'), `node ${name}: ${complained}`);
    return () => complained;
  }

  it('has all that went through its sockets, and its keys open it', async () => {
    const aliceCard = init('alice', '--port', '44342');
    const bobCard = init('bob', '--port', '44343', '--bootstrap', aliceCard);
    const said = await run('alice', '--capture', 'alice.arrow', '--key-log', 'alice.keys');
    expect(said()).toContain('! The keys of all links go to alice.keys. Whoever has it');
    await run('bob');
    live('contacts', 'add', 'bob', bobCard, '--node', 'alice');
    expect(live('send', 'bob', 'hello bob', '--node', 'alice').code).toBe(0);
    await until(() => live('inbox', '--node', 'bob').stdout.includes('hello bob'), 'the message');

    for (const file of ['alice.arrow', 'alice.keys'])
      expect(statSync(join(home, file)).mode & 0o777).toBe(0o600);
    // While it runs, what is a second old is there.
    await until(
      () => json<Exported>('trace', 'export', 'alice.arrow', '--to', 'pcapng').datagrams > 5,
      'the first datagrams',
    );
    const again = live(
      'node',
      'run',
      'bob',
      '--capture',
      'alice.arrow',
      '--password-file',
      passwordFile,
    );
    expect([again.code, again.stderr]).toEqual([
      8,
      'alice.arrow is there already; a capture does not overwrite. Move it away or give another name.\n',
    ]);

    const { counters } = json<{ counters: { datagramsIn: number; datagramsOut: number } }>(
      'node',
      'status',
      'alice',
    );
    expect(live('node', 'stop', 'bob').code).toBe(0);
    expect(live('node', 'stop', 'alice').code).toBe(0);
    const exported = json<Exported>(
      ...['trace', 'export', 'alice.arrow', '--to', 'pcapng', '--keys', 'alice.keys'],
    );
    expect(exported.file).toBe('alice.pcapng');
    const { types } = exported;
    expect(types['DATA DARK']).toBeGreaterThan(1);
    expect(types['INITIATE']).toBeGreaterThan(0);
    expect(types['DATA']).toBeUndefined();
    expect(exported.datagrams).toBeGreaterThanOrEqual(counters.datagramsIn + counters.datagramsOut);
    if (!HAS_TSHARK) return;
    const [path, keyLog] = [join(home, 'alice.pcapng'), join(home, 'alice.keys')];
    expect(tshark(path, ['frame.number'], { filter: WRONG, keyLog })).toEqual([]);
    expect(typesOf(path, keyLog)).toEqual(types);
    const out = tshark(path, ['frame.number'], { filter: 'udp.srcport == 44342' }).length;
    expect(out).toBeGreaterThanOrEqual(counters.datagramsOut);
    const seconds = tshark(path, ['frame.time_epoch']).map(([time]) => Number(time));
    expect(Math.abs(seconds[0]! - Date.now() / 1_000)).toBeLessThan(120);
    expect(seconds).toEqual(seconds.toSorted((a, b) => a - b));
  });

  it('is not kept where others may read the keys', () => {
    if (!existsSync(join(home, 'nodes', 'alice'))) return;
    writeFileSync(join(home, 'open.keys'), '', { mode: 0o644 });
    const refused = live(
      'node',
      'run',
      'alice',
      '--key-log',
      'open.keys',
      '--password-file',
      passwordFile,
    );
    expect(refused.code).toBe(8);
    expect(refused.stderr).toContain(
      'Others may read open.keys (mode 644). Run: chmod 600 open.keys',
    );
  });
});
