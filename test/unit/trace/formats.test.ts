/** Perfetto traces have the shape that the viewer reads; Parquet reads back as what was recorded; a cut recording reads up to the cut. */
import { readFileSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  asyncBufferFromFile,
  parquetMetadataAsync,
  parquetReadObjects,
} from 'hyparquet/src/node.js';
import { describe, expect, it } from 'vitest';
import { exportTrace } from '../../../analysis/trace/export.ts';
import { LinkKeys } from '../../../analysis/trace/link-keys.ts';
import { openRecording } from '../../../analysis/trace/recording.ts';
import { fresh, recorded, rowsOf, SMALL } from './support.ts';

const ENCRYPTED = { 'services.link.encrypt': 'true' };

interface TraceEvent {
  ph: string;
  name: string;
  id?: number;
  bp?: string;
  pid: number;
  tid: number;
  ts: number;
  dur: number;
  args: { name: string; us: number; bytes: number; fate: string; packet?: string };
}

describe('a Perfetto trace', () => {
  it('has a process for each node, a slice at both ends of each datagram, an arrow between', async () => {
    const { recording } = await recorded(SMALL, ENCRYPTED);
    const rows = await rowsOf(recording);
    const path = fresh('.json');
    const exported = await exportTrace(recording, 'perfetto', undefined, path);
    const trace = JSON.parse(readFileSync(path, 'utf8')) as {
      displayTimeUnit: string;
      traceEvents: TraceEvent[];
    };
    const of = (ph: string): TraceEvent[] => trace.traceEvents.filter((event) => event.ph === ph);
    expect(exported.datagrams).toBe(rows.length);
    expect(new Set(trace.traceEvents.map(({ ph }) => ph))).toEqual(new Set(['M', 'X', 's', 'f']));

    const delivered = rows.filter(({ fate }) => fate === 'delivered');
    const whole = delivered.filter(({ sentUs }) => sentUs >= 0);
    const sent = rows.filter(({ sentUs }) => sentUs >= 0);
    expect(of('X')).toHaveLength(sent.length + delivered.length);
    expect(of('s')).toHaveLength(whole.length);
    expect(of('f')).toHaveLength(whole.length);

    // Named before they are used.
    const named = new Set<number>();
    for (const { ph, name, pid } of trace.traceEvents) {
      if (ph === 'M' && name === 'process_name') named.add(pid);
      expect(named.has(pid)).toBe(true);
    }
    const names = of('M').filter(({ name }) => name === 'process_name');
    expect(names).toHaveLength(14);
    expect(names.every(({ args }) => /^node \d+ \((people|moody)\)$/.test(args.name))).toBe(true);

    // Each end of an arrow lies on the slice written before it, and an arrow goes forward in time.
    const begun = new Map(of('s').map((event) => [event.id, event]));
    trace.traceEvents.forEach((event, i) => {
      if (event.ph !== 's' && event.ph !== 'f') return;
      const slice = trace.traceEvents[i - 1]!;
      expect([slice.ph, slice.pid, slice.ts]).toEqual(['X', event.pid, event.ts]);
      if (event.ph === 's') return;
      expect(event.bp).toBe('e');
      const delay = event.ts - begun.get(event.id)!.ts;
      expect(delay).toBeGreaterThan(19_999);
      expect(delay).toBeLessThan(90_001);
      begun.delete(event.id);
    });
    expect(begun.size).toBe(0);

    // No two slices of a process are open at once, and none is further from its time than a microsecond.
    const last = new Map<number, number>();
    for (const { pid, ts, dur, args } of of('X')) {
      expect(ts).toBeGreaterThanOrEqual((last.get(pid) ?? 0) - 1e-6);
      expect(ts - args.us).toBeLessThan(1);
      last.set(pid, ts + dur);
    }
    // Copies of one message are found by its packet id, also inside DATA.
    const packets = of('X').filter(({ args }) => args.packet !== undefined);
    expect(packets.length).toBeGreaterThan(20);
    expect(packets.every(({ name }) => name.endsWith('DATA DARK'))).toBe(true);
  });
});

describe('a Parquet file of datagrams', () => {
  it('reads back as what was recorded, with units', async () => {
    const { recording } = await recorded(SMALL);
    const rows = await rowsOf(recording);
    const path = fresh('.parquet');
    await exportTrace(recording, 'parquet', undefined, path);
    const file = await asyncBufferFromFile(path);
    const read = await parquetReadObjects({ file, utf8: false });
    expect(read).toHaveLength(rows.length);
    read.forEach((got, i) => {
      const { payload, ...row } = rows[i]!;
      expect(got).toMatchObject({
        time_us: BigInt(row.timeUs),
        sent_us: BigInt(row.sentUs),
        ended_us: BigInt(row.endedUs),
        from_node: BigInt(row.from),
        to_node: BigInt(row.to),
        from_endpoint: `${row.fromEndpoint.subarray(12, 16).join('.')}:4242`,
        fate: row.fate,
        detail: row.detail,
        bytes: BigInt(payload.length),
      });
      expect(Buffer.from(got['payload'] as Uint8Array)).toEqual(Buffer.from(payload));
    });
    expect(new Set(read.map((row) => row['type']))).toEqual(
      new Set(['PING', 'PONG', 'FIND_NODE', 'NODES', 'LEAVE', 'DARK']),
    );
    const { key_value_metadata: pairs = [] } = await parquetMetadataAsync(file);
    const metadata = Object.fromEntries(pairs.map(({ key, value }) => [key, value]));
    expect(metadata).toMatchObject({
      scenario: 'small',
      seed: '1',
      'column.time_us.unit': 'us',
      'column.bytes.unit': 'bytes',
    });
  });
});

describe('a recording', () => {
  it('that was cut off is read up to its last whole batch', async () => {
    const { folder, recording } = await recorded(SMALL);
    const whole = await rowsOf(recording);
    const path = fresh('.arrow');
    const bytes = readFileSync(join(folder, 'datagrams.arrow'));
    writeFileSync(path, bytes);
    // Without its end mark; then in the middle of its rows.
    truncateSync(path, bytes.length - 8);
    expect(await rowsOf(await openRecording(path))).toHaveLength(whole.length);
    truncateSync(path, bytes.length >>> 1);
    expect(await rowsOf(await openRecording(path))).toHaveLength(0);
  });

  it('is told from other files', async () => {
    const { folder } = await recorded(SMALL);
    for (const name of ['nodes.arrow', 'run.json'])
      await expect(openRecording(join(folder, name))).rejects.toThrow('is no recording');
  });
});

describe('link keys', () => {
  it('open what was sealed with them and nothing else', async () => {
    const { recording, folder } = await recorded(SMALL, ENCRYPTED);
    const data = (await rowsOf(recording))
      .map(({ payload }) => payload)
      .filter(([type]) => type === 0x25);
    const text = readFileSync(join(folder, 'keys.log'), 'utf8');
    expect(recording.keys.size).toBeGreaterThan(20);
    // Another key under each index.
    const wrong = new LinkKeys(text.replace(/ [0-9a-f]{64}$/gm, ` ${'7'.repeat(64)}`));
    expect(wrong.size).toBe(recording.keys.size);
    for (const payload of data) {
      expect(recording.keys.open(payload)).toBeDefined();
      expect(wrong.open(payload)).toBeUndefined();
      const forged = payload.slice();
      forged[20]! ^= 1;
      expect(recording.keys.open(forged)).toBeUndefined();
    }
    expect(new LinkKeys('# nothing\nLINK_KEY x y z\n').size).toBe(0);
  });
});
