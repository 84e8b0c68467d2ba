/** Layers of settings: what each says, which of them counts, and every mistake at its place. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { environmentLayer, fileLayer, flagLayer } from '../../../live/config/layer.ts';
import { nodeConfigFile, PROJECT_FILE, userConfigFile } from '../../../live/config/places.ts';
import { resolveSettings } from '../../../live/config/resolve.ts';
import { ALL_SETTINGS } from '../../../live/config/schema.ts';
import type { Problem } from '../../../scenarios/language/problems.ts';

const places = (problems: readonly Problem[]): string[] =>
  problems.map(({ file, line, column, code, suggestion }) =>
    [`${file}:${line}:${column}`, code, suggestion ?? '-'].join(' '),
  );
const check = (text: string): string[] => places(fileLayer({ file: 'f', text }).problems);

describe('a settings file', () => {
  it('is told every mistake, each at its place, with what was meant', () => {
    const text = `log: inof
node:
  udp:
    prt: 4242
    port: 70000
    ipv4: example.org
    ipv6: 10.0.0.1
    announce: atuo
  luminosity: 8
  disk: { free_min: 10 s }
  stop: { within: 0 s }
  bootstrap: [mainframe:short]
  overlay: 5
  api:
    port:
metrics:
  peers: yes
mtrics: {}
`;
    expect(check(text).toSorted()).toEqual(
      [
        'f:1:6 MF-0404 info',
        'f:4:5 MF-0101 port',
        'f:5:11 MF-0110 -',
        'f:6:11 MF-0402 -',
        'f:7:11 MF-0402 -',
        'f:8:15 MF-0402 auto',
        'f:9:15 MF-0114 8 bits',
        'f:10:21 MF-0109 -',
        'f:11:19 MF-0110 -',
        'f:12:15 MF-0403 -',
        'f:13:12 MF-0105 -',
        'f:15:5 MF-0104 -',
        'f:17:10 MF-0106 true',
        'f:18:1 MF-0101 metrics',
      ].toSorted(),
    );
  });

  it.each([
    ['a list', '- log: info', ['f:1:1 MF-0105 -']],
    ['a key twice', 'log: info\nlog: warn', ['f:2:1 MF-0103 -']],
    ['a tab', 'node:\n\tudp: {}', ['f:2:1 MF-0102 -']],
    ['a text where keys belong', 'node: 4242', ['f:1:7 MF-0105 -']],
    ['keys where a text belongs', 'log: { level: info }', ['f:1:6 MF-0105 -']],
    ['a list where a text belongs', 'log: [info]', ['f:1:6 MF-0105 -']],
    ['a text where a list belongs', 'node: { bootstrap: x }', ['f:1:20 MF-0105 -']],
    ['an unknown module', 'log: info,lnik=debug', ['f:1:11 MF-0404 link']],
    ['two levels', 'log: info,debug', ['f:1:6 MF-0404 -']],
    ['a wrong level of a module', 'log: link=loud', ['f:1:11 MF-0404 -']],
  ])('with %s is refused', (_what, text, problems) => {
    expect(check(text)).toEqual(problems);
  });

  it('may be empty, and may have sections without anything', () => {
    for (const text of ['', '# nothing yet\n', 'node:\n', 'node:\n  udp:\n  # port: 1\n'])
      expect(fileLayer({ file: 'f', text })).toEqual({ said: new Map(), problems: [] });
  });

  it('says what it can also where something is wrong', () => {
    const { said } = fileLayer({ file: 'f', text: 'log: debug\nnode: { udp: { port: x } }\n' });
    expect([...said.keys()]).toEqual(['log']);
  });

  it('never holds a secret, and a report does not show it', () => {
    const text = 'node:\n  password: hunter2\n  api: { token: hunter2 }\n';
    const { problems } = fileLayer({ file: 'f', text });
    expect(places(problems).toSorted()).toEqual(['f:2:3 MF-0401 -', 'f:3:10 MF-0401 -']);
    expect(JSON.stringify(problems)).not.toContain('hunter2');
  });
});

describe('variables and flags', () => {
  it('give settings by name', () => {
    const { said, problems } = environmentLayer({
      MAINFRAME_NODE_UDP_PORT: '4300',
      MAINFRAME_LOG: 'info,link=debug',
      MAINFRAME_HOME: 'somewhere',
      PATH: 'x',
    });
    expect(problems).toEqual([]);
    expect([...said].map(([name, { value }]) => [name, value])).toEqual([
      ['log', { level: 'info', modules: { link: 'debug' } }],
      ['node.udp.port', 4300],
    ]);
    const flags = flagLayer([
      { flag: '--set', text: 'node.udp.port=1' },
      { flag: '--set', text: 'node.udp.port=2' },
      { flag: '--log', name: 'log', text: 'error' },
    ]);
    expect([...flags.said].map(([name, { value }]) => [name, value])).toEqual([
      ['node.udp.port', 2],
      ['log', { level: 'error', modules: {} }],
    ]);
  });

  it('are told their mistakes, without the value where it may be a secret', () => {
    const { problems } = environmentLayer({
      MAINFRAME_NODE_UDP_PROT: '1',
      MAINFRAME_NODE_UDP_PORT: 'x',
      MAINFRAME_PASSWORD: 'hunter2',
      MAINFRAME_VECTORS: 'not ours',
    });
    expect(places(problems)).toEqual([
      'MAINFRAME_NODE_UDP_PORT:1:1 MF-0108 -',
      'environment:1:1 MF-0101 MAINFRAME_NODE_UDP_PORT',
      'environment:1:1 MF-0401 -',
    ]);
    const flags = flagLayer([
      { flag: '--set', text: 'node.udp.prot=1' },
      { flag: '--set', text: 'log' },
      { flag: '--set', text: 'node.stop.within=3' },
      { flag: '--set', text: 'node.password=hunter2' },
    ]);
    expect(places(flags.problems)).toEqual([
      '--set:1:1 MF-0101 node.udp.port',
      '--set:1:1 MF-0105 -',
      '--set:1:18 MF-0114 3 s',
      '--set:1:1 MF-0401 -',
    ]);
    expect(JSON.stringify([problems, flags.problems])).not.toContain('hunter2');
  });
});

describe('layers', () => {
  const before = { home: process.env['MAINFRAME_HOME'], cwd: process.cwd() };
  let folder = '';
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'mainframe-config-'));
    process.env['MAINFRAME_HOME'] = join(folder, 'home');
    mkdirSync(join(folder, 'project'));
    process.chdir(join(folder, 'project'));
  });
  afterEach(() => {
    process.chdir(before.cwd);
    if (before.home === undefined) delete process.env['MAINFRAME_HOME'];
    else process.env['MAINFRAME_HOME'] = before.home;
    rmSync(folder, { recursive: true, force: true });
  });

  const write = (file: string, port: number): void => {
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, `node: { udp: { port: ${port} } }\n`);
  };

  it('count from flags to the default: flag, variable, project, user, node', () => {
    const port = (flag: boolean, variable: boolean): [number, number] => {
      const { settings, values } = resolveSettings({
        node: 'home',
        flags: flag ? [{ flag: '--set', text: 'node.udp.port=1' }] : [],
        environment: variable ? { MAINFRAME_NODE_UDP_PORT: '2' } : {},
      });
      const { said } = values.find(({ setting }) => setting.name === 'node.udp.port')!;
      return [settings.node.udp.port, said.length];
    };
    expect(port(false, false)).toEqual([4242, 0]);
    write(nodeConfigFile('home'), 5);
    expect(port(false, false)).toEqual([5, 1]);
    write(userConfigFile(), 4);
    expect(port(false, false)).toEqual([4, 2]);
    write(PROJECT_FILE, 3);
    expect(port(false, false)).toEqual([3, 3]);
    expect(port(false, true)).toEqual([2, 4]);
    expect(port(true, true)).toEqual([1, 5]);
    // Another node's file says nothing here.
    rmSync(PROJECT_FILE);
    rmSync(userConfigFile());
    expect(resolveSettings({ node: 'other', environment: {} }).settings.node.udp.port).toBe(4242);
  });

  it('are all checked, also those that are overruled', () => {
    write(PROJECT_FILE, 3);
    write(nodeConfigFile('home'), 99_999);
    const { problems } = resolveSettings({ node: 'home', environment: {} });
    expect(places(problems)).toEqual([`${nodeConfigFile('home')}:1:22 MF-0110 -`]);
  });

  it('give every setting a value, of which the default passes its own check', () => {
    const { settings, values } = resolveSettings({ environment: {} });
    expect(values).toHaveLength(ALL_SETTINGS.length);
    expect(values.every(({ value }) => value !== undefined)).toBe(true);
    expect(settings.node.disk.free_min).toBe(200 * 2 ** 20);
    expect(settings.node.emulate).toEqual({ delay: 0, loss: 0 });
  });
});
