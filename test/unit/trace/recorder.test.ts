/** What a recorded run keeps: every datagram, once, in order, with its fate, and nothing of it changes the run. */
import { readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Cell } from '../../../scenarios/results/sink.ts';
import { DatagramLog } from '../../../scenarios/run/datagram-log.ts';
import { runScenario } from '../../../scenarios/run/run.ts';
import {
  DROP_LOSS,
  DROP_OFFLINE,
  DROP_QUEUE,
  type DropReason,
} from '../../../sim/network/transit.ts';
import { scenarioOf } from '../../support/scenario.ts';
import { recorded, rowsOf, SMALL } from './support.ts';

const ENCRYPTED = { 'services.link.encrypt': 'true' };

describe('a run that records its datagrams', () => {
  it.each([{}, ENCRYPTED])('has the digest of one that does not (%o)', async (set) => {
    const { summary } = await recorded(SMALL, set);
    const plain = await runScenario(scenarioOf(SMALL, { set }), { seed: 1, observe: false });
    expect(summary.digest).toBe(plain.digest);
  });

  it('keeps each datagram once, in order, with what became of it', async () => {
    const { world, recording } = await recorded(SMALL);
    const rows = await rowsOf(recording);
    const sent = rows.filter(({ sentUs }) => sentUs >= 0);
    expect(sent).toHaveLength(world.datagramsSent.reduce((a, b) => a + b, 0));
    expect(sent.reduce((sum, { payload }) => sum + payload.length, 0)).toBe(
      world.bytesSent.reduce((a, b) => a + b, 0),
    );
    const lost = (detail: string): number =>
      rows.filter((row) => row.fate === 'lost' && row.detail === detail).length;
    expect(lost('on the way')).toBe(world.drops[DROP_LOSS]);
    // A copy that the network has made may find nobody, too; nobody waits for its end.
    expect(lost('nobody there')).toBeLessThanOrEqual(world.drops[DROP_OFFLINE]!);
    expect(lost('nobody there')).toBeGreaterThan(0);
    expect(lost('on the way')).toBeGreaterThan(10);
    expect(rows.filter(({ fate }) => fate === 'unknown')).toHaveLength(
      rows.filter(({ sentUs, endedUs }) => sentUs >= 0 && endedUs < 0).length,
    );
    const copies = rows.filter(({ sentUs }) => sentUs < 0);
    expect(copies.length).toBeGreaterThan(5);
    expect(copies.every(({ detail }) => detail === 'copy made by the network')).toBe(true);
    expect(rows.every(({ timeUs }, i) => i === 0 || rows[i - 1]!.timeUs <= timeUs)).toBe(true);
    for (const { sentUs, endedUs, fate } of sent) {
      if (fate !== 'delivered') continue;
      expect(endedUs - sentUs).toBeGreaterThanOrEqual(20_000);
      expect(endedUs - sentUs).toBeLessThanOrEqual(90_000);
    }
  });

  it('says who its nodes are and where they were', async () => {
    const { world, recording } = await recorded(SMALL);
    expect(recording.nodes.size).toBe(14);
    expect(recording.nodes.get(3)!.address).toBe(world.addressHex(3));
    expect(new Set([...recording.nodes.values()].map(({ label }) => label))).toEqual(
      new Set(['people', 'moody']),
    );
    const endpoint = new Uint8Array(18);
    for (const { from, fromEndpoint, to, toEndpoint } of await rowsOf(recording)) {
      world.peers.writeEndpoint(from, endpoint, 0);
      expect(fromEndpoint).toEqual(endpoint);
      world.peers.writeEndpoint(to, endpoint, 0);
      expect(toEndpoint).toEqual(endpoint);
    }
  });

  it('keeps a share of them when asked for a share, and all nodes', async () => {
    const all = await rowsOf((await recorded(SMALL)).recording);
    const { recording } = await recorded(SMALL, { 'record.sample': '10%' });
    const share = await rowsOf(recording);
    expect(share).toHaveLength(Math.floor(all.length / 10));
    expect(recording.nodes.size).toBe(14);
  });

  it('logs the keys of encrypted links for their owner alone, and none where there are none', async () => {
    const run = await recorded(SMALL, ENCRYPTED);
    const path = join(run.folder, 'keys.log');
    expect(statSync(path).mode & 0o777).toBe(0o600);
    expect(run.summary.files).toContain('keys.log');
    const lines = readFileSync(path, 'utf8').trimEnd().split('\n');
    expect(lines[0]).toMatch(/^# Keys of links: whoever has this file/);
    for (const line of lines.slice(1))
      expect(line).toMatch(/^LINK_KEY chacha20-poly1305 [0-9a-f]{8} [0-9a-f]{64}$/);
    // Both ends of a link log both of its keys.
    const keys = new Map<string, number>();
    for (const line of lines.slice(1)) keys.set(line, (keys.get(line) ?? 0) + 1);
    expect(Math.max(...keys.values())).toBe(2);
    const data = (await rowsOf(run.recording)).filter(({ payload }) => payload[0] === 0x25);
    expect(data.length).toBeGreaterThan(100);
    expect(data.filter(({ payload }) => run.recording.keys.open(payload) === undefined)).toEqual(
      [],
    );
    expect((await recorded(SMALL)).summary.files).not.toContain('keys.log');
    const unrecorded = await recorded(SMALL, { ...ENCRYPTED, 'record.what': 'messages' }).catch(
      (error: unknown) => error,
    );
    expect(String(unrecorded)).toContain('has no recorded datagrams');
  });
});

describe('the log of datagrams', () => {
  interface Step {
    kind: 'send' | 'deliver' | 'lose';
    from: number;
    to: number;
    content: number;
    wait: number;
  }
  const step: fc.Arbitrary<Step> = fc.record({
    kind: fc.constantFrom('send', 'send', 'deliver', 'lose'),
    from: fc.nat(2),
    to: fc.nat(2),
    content: fc.nat(2),
    wait: fc.nat(40),
  });

  /** Plays steps to a log and to a list that is searched from the front. */
  function play(steps: readonly Step[], patienceUs: number): { got: Cell[][]; wanted: Cell[][] } {
    const got: Cell[][] = [];
    const log = new DatagramLog({
      rows: { append: (values) => got.push([...values]) },
      writeEndpoint: (node, out) => out.fill(node),
      patienceUs,
    });
    const model: { timeUs: number; row: Cell[]; open: boolean }[] = [];
    let now = 0;
    for (const { kind, from, to, content, wait } of steps) {
      now += wait;
      const bytes = Uint8Array.of(9, content, content, 9);
      if (kind === 'send') {
        log.sent(now, from, to, bytes, 1, 2);
        model.push({
          timeUs: now,
          row: [now, now, -1, from, to, content, 'unknown', ''],
          open: true,
        });
        for (const entry of model) if (now - entry.timeUs > patienceUs) entry.open = false;
        continue;
      }
      const entry = model.find(
        ({ row, open }) => open && row[3] === from && row[4] === to && row[5] === content,
      );
      if (kind === 'deliver') log.delivered(now, from, to, bytes, 1, 2, 1);
      else log.dropped(now, from, to, bytes, 1, 2, DROP_QUEUE as DropReason);
      if (entry !== undefined) {
        entry.open = false;
        entry.row[2] = now;
        entry.row[6] = kind === 'deliver' ? 'delivered' : 'lost';
        entry.row[7] = kind === 'deliver' ? 'handled' : 'access queue full';
      } else if (kind === 'deliver') {
        const detail = 'copy made by the network';
        const row = [now, -1, now, from, to, content, 'delivered', detail];
        model.push({ timeUs: now, row, open: false });
      }
    }
    log.close();
    return {
      got: got.map((row) => [...row.slice(0, 5), (row[7] as Uint8Array)[0]!, ...row.slice(8)]),
      wanted: model.map(({ row }) => row),
    };
  }

  it('joins both ends of every datagram and writes them in the order of sending', () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
        const { got, wanted } = play(steps, Infinity);
        expect(got).toEqual(wanted);
      }),
      { numRuns: 300 },
    );
  });

  it('waits no longer than its patience for those that nobody hears of again', () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
        const { got, wanted } = play(steps, 100);
        expect(got).toEqual(wanted);
      }),
      { numRuns: 300 },
    );
  });

  it('holds what is in flight, not what was sent', () => {
    let written = 0;
    const log = new DatagramLog({
      rows: { append: () => written++ },
      writeEndpoint: () => undefined,
      patienceUs: Infinity,
    });
    const bytes = new Uint8Array(8);
    for (let i = 0; i < 20_000; i++) {
      log.sent(i, 0, 1, bytes, 0, 8);
      if (i >= 10) log.delivered(i, 0, 1, bytes, 0, 8, 1);
    }
    expect(written).toBe(20_000 - 10);
    log.close();
    expect(written).toBe(20_000);
  });
});
