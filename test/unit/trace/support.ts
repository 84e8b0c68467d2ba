/** Small recorded runs, captures made of given bytes, and tshark where the machine has it. */
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll } from 'vitest';
import {
  interfaceBlock,
  ipPacket,
  packetBlock,
  sectionBlock,
} from '../../../analysis/trace/pcapng.ts';
import { openRecording, type Datagram, type Recording } from '../../../analysis/trace/recording.ts';
import { RunFolder } from '../../../scenarios/results/folder.ts';
import { runScenario } from '../../../scenarios/run/run.ts';
import type { RunSummary } from '../../../scenarios/summary.ts';
import type { Recorder } from '../../../sim/recorder.ts';
import { World } from '../../../sim/world.ts';
import { scenarioOf } from '../../support/scenario.ts';

const folder = mkdtempSync(join(tmpdir(), 'mainframe-trace-'));
afterAll(() => {
  rmSync(folder, { recursive: true, force: true });
});
let files = 0;

/** A path that nothing has. */
export function fresh(ending: string): string {
  return join(folder, `${++files}${ending}`);
}

export const SMALL = [
  'scenario: small',
  'world: { nodes: 14, duration: 40 s, warmup: 1 s, loss: 3%, duplicate: 2%, latency: uniform(20 ms to 90 ms) }',
  'roles: { people: { share: 80% }, moody: { share: rest, online: exponential(20 s), offline: exponential(10 s) } }',
  'services: { overlay: { start: join } }',
  'traffic:',
  '  - { from: people, to: people, every: exponential(8 s), size: 300 B, luminosity: 1 bits }',
  '',
].join('\n');

export interface RecordedRun {
  folder: string;
  summary: RunSummary;
  world: World;
  /** Events that the protocols have reported, by code. */
  events: Map<number, number>;
  recording: Recording;
}

/** Runs a scenario text into a folder. */
export async function recorded(
  text: string,
  set: { [path: string]: string } = {},
): Promise<RecordedRun> {
  const scenario = scenarioOf(text, { set: { 'record.what': 'datagrams', ...set } });
  const run = new RunFolder(fresh(''), scenario, 1);
  const events = new Map<number, number>();
  let world: World | undefined;
  const summary = await runScenario(scenario, {
    seed: 1,
    sink: run.sink,
    keyLog: run.keyLog,
    makeWorld: (options) => (world = countingWorld(new World(options), events)),
  });
  const path = await run.finish(summary, { command: 'mainframe run small.yaml', resolvedYaml: '' });
  return { folder: path, summary, world: world!, events, recording: await openRecording(path) };
}

/** Counts what the recorder of a world hears. */
function countingWorld(world: World, events: Map<number, number>): World {
  let inner: Recorder | undefined;
  Object.defineProperty(world, 'recorder', {
    get: () => inner,
    set: (recorder: Recorder) => {
      inner = {
        ...recorder,
        event: (timeUs, node, event, a, b, c, d) => {
          events.set(event, (events.get(event) ?? 0) + 1);
          recorder.event(timeUs, node, event, a, b, c, d);
        },
      };
    },
  });
  return world;
}

export async function rowsOf(recording: Recording): Promise<Datagram[]> {
  const rows: Datagram[] = [];
  for await (const row of recording.datagrams()) rows.push(row);
  return rows;
}

/** An IPv4 endpoint as 18 bytes. */
export function ipv4(last: number, port = 4242): Uint8Array {
  const endpoint = new Uint8Array(18);
  endpoint.set([0xff, 0xff, 192, 0, 2, last, port >>> 8, port & 0xff], 10);
  return endpoint;
}

/** A capture file of given payloads. */
export function captureOf(payloads: readonly Uint8Array[]): string {
  const path = fresh('.pcapng');
  const blocks = payloads.map((payload, i) =>
    packetBlock(i, ipPacket(ipv4(1), ipv4(2), payload), `payload ${i}`, undefined),
  );
  writeFileSync(path, Buffer.concat([sectionBlock('test', ''), interfaceBlock('test'), ...blocks]));
  return path;
}

export const DISSECTOR = 'analysis/trace/mainframe.lua';

/** Whether tshark is here; tests that need it are skipped, saying so, where it is not. */
export const HAS_TSHARK = spawnSync('tshark', ['--version']).status === 0;
if (!HAS_TSHARK)
  console.warn('tshark is not installed: what Wireshark makes of a capture is not tested here.');

/** Fields of the packets of a capture that the filter lets through, dissected; one list a packet. */
export function tshark(
  file: string,
  fields: readonly string[],
  how: { keyLog?: string; filter?: string } = {},
): string[][] {
  const out = execFileSync(
    'tshark',
    [
      ...['-X', `lua_script:${DISSECTOR}`, '-o', 'mainframe.all_udp:TRUE'],
      ...['-o', 'ip.check_checksum:TRUE', '-o', 'udp.check_checksum:TRUE'],
      ...(how.keyLog === undefined ? [] : ['-o', `mainframe.keylog:${how.keyLog}`]),
      ...(how.filter === undefined ? [] : ['-Y', how.filter]),
      ...['-r', file, '-T', 'fields', '-E', 'separator=|'],
      ...fields.flatMap((field) => ['-e', field]),
    ],
    { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'], maxBuffer: 1 << 28 },
  );
  return out === ''
    ? []
    : out
        .replace(/\n$/, '')
        .split('\n')
        .map((line) => line.split('|'));
}
