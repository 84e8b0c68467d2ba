/** The log: stable names, two times, levels by module, and nothing that should not stand in it. */
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { LOG_EVENTS, LOG_MODULES, PROTOCOL_EVENTS } from '../../../live/log/events.ts';
import { levelOf, parseLogSpec } from '../../../live/log/levels.ts';
import { createLog, type Reporter } from '../../../live/log/logger.ts';
import { PeerBook } from '../../../protocols/identity/peer-book.ts';
import { LINK_OPENED } from '../../../protocols/link/events.ts';
import { ROUTING_EVENTS } from '../../../protocols/routing/events.ts';

const WALL_MS = Date.UTC(2026, 4, 4, 3, 2, 1, 7);
const NETWORK_US = 3_723_004_567;

function log(spec: string, text = false, colour = false): { reporter: Reporter; lines: string[] } {
  const reading = parseLogSpec(spec);
  if (!reading.ok) throw new Error(reading.fault.message);
  const lines: string[] = [];
  const reporter = createLog({
    spec: reading.value,
    networkUs: () => NETWORK_US,
    wallMs: () => WALL_MS,
    write: (line) => lines.push(line),
    text,
    colour,
  });
  return { reporter, lines };
}

describe('a line of the log', () => {
  it('is JSON with level, both times, event and facts, in that order', () => {
    const { reporter, lines } = log('info');
    reporter.report('clock.jumped', { byUs: -5, holdUs: 5 });
    expect(lines).toEqual([
      '{"level":"warn","t":3723004567,"wall":"2026-05-04T03:02:01.007Z","event":"clock.jumped","byUs":-5,"holdUs":5}\n',
    ]);
  });

  it('is text for people, one line whatever stands in it', () => {
    const { reporter, lines } = log('info', true);
    reporter.report('node.exception', { place: 'timer', error: 'Error: a\n    at "b"' });
    reporter.report('node.state', { state: 'ready', reasons: [] });
    expect(lines).toEqual([
      '01:02:03.004 error node.exception   place=timer error="Error: a\\n    at \\"b\\""\n',
      '01:02:03.004 info  node.state       state=ready reasons=[]\n',
    ]);
    const coloured = log('info', true, true);
    coloured.reporter.report('clock.jumped', { byUs: 1 });
    expect(coloured.lines[0]).toContain('\u001b[33mwarn \u001b[0m clock.jumped');
  });

  it('of a protocol has its words, and the beginning of a peer’s address', () => {
    const peers = new PeerBook(8, 1);
    const peer = peers.intern(new Uint8Array(32).fill(0xab), 0, new Uint8Array(18), 0);
    const { reporter, lines } = log('info');
    reporter.protocol(PROTOCOL_EVENTS.get(LINK_OPENED)!, [peer, 1, 2, 0], peers);
    reporter.protocol(PROTOCOL_EVENTS.get(LINK_OPENED)!, [-1, 0, 2, 0], peers);
    expect(lines.map((line) => JSON.parse(line) as object)).toMatchObject([
      { event: 'link.opened', peer: 'abababab', weCalled: 1, pattern: 2 },
      { event: 'link.opened', peer: '-' },
    ]);
    expect(lines.join('')).not.toContain('ab'.repeat(5));
  });
});

describe('levels', () => {
  it('are those of the module, or the one for all', () => {
    const reading = parseLogSpec(' error , link=debug,api=silent ');
    expect(reading).toEqual({
      ok: true,
      value: { level: 'error', modules: { link: 'debug', api: 'silent' } },
    });
    if (!reading.ok) return;
    expect(['link', 'api', 'node'].map((one) => levelOf(reading.value, one))).toEqual([
      'debug',
      'silent',
      'error',
    ]);
    expect(parseLogSpec('link=debug')).toMatchObject({ value: { level: 'warn' } });
  });

  it('decide what is written', () => {
    const { reporter, lines } = log('error,clock=warn,routing=debug');
    const peers = new PeerBook(8, 1);
    reporter.report('node.degraded', { state: 'degraded', reasons: [] });
    reporter.report('store.failed', { error: 'x' });
    reporter.report('clock.jumped', { byUs: 1 });
    reporter.protocol(ROUTING_EVENTS[0]!, [1, 2, 3, 4], peers);
    reporter.protocol(PROTOCOL_EVENTS.get(LINK_OPENED)!, [-1, 0, 0, 0], peers);
    const events = lines.map((line) => (JSON.parse(line) as { event: string }).event);
    expect(events).toEqual(['store.failed', 'clock.jumped', ROUTING_EVENTS[0]!.name]);
    const silent = log('silent');
    silent.reporter.report('store.failed', { error: 'x' });
    expect(silent.lines).toEqual([]);
  });
});

describe('the table of events', () => {
  const sources = execFileSync('git', ['ls-files', 'live', 'cli'], { encoding: 'utf8' })
    .split('\n')
    .filter((file) => file.endsWith('.ts') && file !== 'live/log/events.ts')
    .map((file) => readFileSync(file, 'utf8'))
    .join('\n');
  const own = [...LOG_EVENTS.keys()].filter(
    (name) => ![...PROTOCOL_EVENTS.values()].some((event) => event.name === name),
  );

  it('has only names that somebody reports, each with the fields that it promises', () => {
    for (const name of own) {
      expect(sources).toContain(`'${name}'`);
      for (const field of LOG_EVENTS.get(name)!.fields)
        expect(sources).toMatch(new RegExp(`\\b${field}\\b`));
    }
  });

  it('has every event of the protocols that live nodes run', () => {
    const tables = execFileSync(
      'git',
      ['ls-files', 'protocols/link', 'protocols/overlay', 'protocols/routing'],
      { encoding: 'utf8' },
    )
      .split('\n')
      .filter((file) => file.endsWith('/events.ts'))
      .map((file) => readFileSync(file, 'utf8'))
      .join('\n');
    const names = [...tables.matchAll(/name: '([a-z]+\.[a-z_]+)'/g)].map((match) => match[1]!);
    expect(names.length).toBeGreaterThan(10);
    expect(names.filter((name) => !LOG_EVENTS.has(name))).toEqual([]);
  });

  it('has fields that are words, none twice', () => {
    for (const [name, { fields }] of LOG_EVENTS) {
      expect([name, new Set(fields).size]).toEqual([name, fields.length]);
      for (const field of fields) expect(field).toMatch(/^[a-z][A-Za-z0-9]*$/);
      for (const taken of ['level', 't', 'wall', 'event']) expect(fields).not.toContain(taken);
    }
    expect(LOG_MODULES).toContain('link');
  });
});
