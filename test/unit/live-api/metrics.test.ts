/** /metrics: Prometheus' text format to the letter, names from the glossary, no word about single peers unless it is wanted. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { LIVE_METRICS, liveMetric, prometheusName } from '../../../scenarios/live-metrics.ts';
import { METRICS, metricDefinition } from '../../../scenarios/metrics.ts';
import { newCounters, type HostCounters } from '../../../live/host/counters.ts';
import { metricsText } from '../../../live/api/metrics.ts';
import type { NodeStatus } from '../../../live/api/schemas.ts';
import { eventually, makeHome, startLive, type Running } from './support.ts';

interface Family {
  help: string;
  type: string;
  samples: { labels: { [name: string]: string }; value: number }[];
}

const NAME = /^[a-zA-Z_:][a-zA-Z0-9_:]*$/;

/**
 * Reads text format 0.0.4 strictly (https://prometheus.io/docs/instrumenting/exposition_formats): HELP, then TYPE, then the samples of a family
 * together, each line ended, no sample twice, and what promtool checks besides: base units, `_total` behind counters and nothing else.
 */
function parseMetrics(text: string): Map<string, Family> {
  const families = new Map<string, Family>();
  let current: [string, Family] | undefined;
  if (!text.endsWith('\n')) throw new Error('the last line has no end');
  for (const line of text.slice(0, -1).split('\n')) {
    const comment = /^# (HELP|TYPE) (\S+) (.+)$/.exec(line);
    if (comment !== null) {
      const [, what, name = '', rest = ''] = comment;
      if (!NAME.test(name)) throw new Error(`bad name: ${line}`);
      if (what === 'HELP') {
        if (families.has(name)) throw new Error(`${name} comes twice`);
        current = [name, { help: rest, type: '', samples: [] }];
        families.set(...current);
      } else {
        if (current?.[0] !== name || current[1].samples.length > 0)
          throw new Error(`TYPE is misplaced: ${line}`);
        if (!['counter', 'gauge'].includes(rest)) throw new Error(`bad type: ${line}`);
        current[1].type = rest;
      }
      continue;
    }
    const sample = /^([^\s{]+)(?:\{([^}]*)\})? (\S+)$/.exec(line);
    if (sample === null || current === undefined || sample[1] !== current[0])
      throw new Error(`misplaced: ${line}`);
    const value = Number(sample[3]);
    if (!Number.isFinite(value)) throw new Error(`bad value: ${line}`);
    const labels: { [name: string]: string } = {};
    for (const pair of sample[2]?.split(',') ?? []) {
      const label = /^([a-zA-Z_][a-zA-Z0-9_]*)="([^"\\\n]*)"$/.exec(pair);
      if (label === null) throw new Error(`bad label: ${line}`);
      labels[label[1]!] = label[2]!;
    }
    const [name, family] = current;
    if (family.samples.some((one) => JSON.stringify(one.labels) === JSON.stringify(labels)))
      throw new Error(`twice: ${line}`);
    if (family.type === 'counter' && (!name.endsWith('_total') || value < 0))
      throw new Error(`no counter: ${line}`);
    if (family.type === 'gauge' && name.endsWith('_total')) throw new Error(`no gauge: ${line}`);
    family.samples.push({ labels, value });
  }
  return families;
}

describe('the text format', () => {
  const status = (counters: HostCounters): NodeStatus => ({
    name: 'x',
    state: 'degraded',
    reasons: [{ code: 'no-peers', why: '', next: '' }],
    address: 'ab'.repeat(32),
    networkId: '1',
    udp: [],
    peers: 3,
    links: 2,
    depth: 1,
    waiting: 5,
    reachability: {
      reachable: 'unknown',
      asked: 0,
      seenAs: '',
      voices: 0,
      mapping: 'unknown',
      counters: {
        punched: 0,
        relayed: 0,
        unreached: 0,
        introduced: 0,
        refused: 0,
        met: 0,
        declined: 0,
        relayedBytes: 0,
        unrelayedBytes: 0,
      },
    },
    upSeconds: 61,
    counters,
  });

  it('carries every counter of the host, each once', () => {
    const counters = newCounters();
    const names = Object.keys(counters) as (keyof HostCounters)[];
    names.forEach((name, i) => (counters[name] = 1_000 + i));
    const families = parseMetrics(metricsText(status(counters), 7, []));
    const values = [...families]
      .filter(([name]) => name.startsWith('mainframe_host_'))
      .flatMap(([, { samples }]) => samples.map(({ value }) => value));
    expect(values.toSorted((a, b) => a - b)).toEqual(names.map((_name, i) => 1_000 + i));
  });

  it('carries every counter of the rendezvous, each once and by what became of it', () => {
    const full = status(newCounters());
    const { counters } = full.reachability;
    const names = Object.keys(counters) as (keyof typeof counters)[];
    names.forEach((name, i) => (counters[name] = 1_000 + i));
    const families = parseMetrics(metricsText(full, 7, []));
    const values = [...families]
      .filter(([name]) => name.startsWith('mainframe_rendezvous_'))
      .flatMap(([, { samples }]) => samples.map(({ value }) => value));
    expect(values.toSorted((a, b) => a - b)).toEqual(names.map((_name, i) => 1_000 + i));
    expect(families.get('mainframe_rendezvous_reached_total')!.samples).toContainEqual({
      labels: { way: 'punched' },
      value: counters.punched,
    });
    expect(families.get('mainframe_rendezvous_carried_bytes_total')!.samples).toContainEqual({
      labels: { outcome: 'over-budget' },
      value: counters.unrelayedBytes,
    });
  });

  it('carries the state, in base units', () => {
    const families = parseMetrics(metricsText(status(newCounters()), 7, []));
    const one = (name: string): number => families.get(name)!.samples[0]!.value;
    expect(one('mainframe_node_up_seconds')).toBe(61);
    expect(one('mainframe_node_ready')).toBe(0);
    expect(one('mainframe_overlay_contacts')).toBe(3);
    expect(one('mainframe_api_dropped_total')).toBe(7);
    const on = families.get('mainframe_node_degraded')!.samples.filter(({ value }) => value === 1);
    expect(on).toEqual([{ labels: { reason: 'no-peers' }, value: 1 }]);
  });

  it('is refused by this test’s reader when it is wrong', () => {
    for (const bad of [
      'mainframe_x 1\n',
      '# HELP a b\n# TYPE a gauge\na 1\na 1\n',
      '# HELP a b\n# TYPE a counter\na 1\n',
      '# HELP a b\n# TYPE a gauge\na NaN\n',
      '# HELP a b\n# TYPE a gauge\na{b=c} 1\n',
      '# HELP a b\n# TYPE a gauge\na 1',
      '# HELP a b\n# TYPE a histogram\na 1\n',
    ])
      expect(() => parseMetrics(bad)).toThrow();
  });
});

describe('names', () => {
  it('come from the glossary: one name, one unit, one meaning', () => {
    const shared = LIVE_METRICS.filter(({ name }) => metricDefinition(name) !== undefined);
    expect(shared.map(({ name }) => name)).toEqual(['overlay.contacts', 'overlay.depth']);
    for (const metric of shared)
      expect(metricDefinition(metric.name)).toMatchObject({
        unit: metric.unit,
        meaning: metric.meaning,
      });
    const all = [
      ...METRICS.map((m) => prometheusName(m)),
      ...LIVE_METRICS.filter((m) => !shared.includes(m)).map(prometheusName),
    ];
    expect(new Set(all).size).toBe(all.length);
    for (const name of all) expect(name).toMatch(NAME);
  });

  it('say the base unit', () => {
    expect(prometheusName(metricDefinition('delivery.latency')!)).toBe(
      'mainframe_delivery_latency_seconds',
    );
    expect(prometheusName(liveMetric('host.in')!)).toBe('mainframe_host_in_bytes_total');
    expect(prometheusName(liveMetric('link.open')!)).toBe('mainframe_link_open');
  });
});

describe('a running node', () => {
  const home = makeHome();
  let alice: Running;
  let bob: Running;
  beforeAll(async () => {
    alice = await startLive('alice', home.passwordFile);
    bob = await startLive('bob', home.passwordFile, {
      bootstrap: [alice.node.card],
      set: ['metrics.peers=true'],
    });
  });
  afterAll(async () => {
    await bob.close();
    await alice.close();
    home.remove();
  });
  const families = async ({ at, token }: Running): Promise<Map<string, Family>> => {
    const response = await fetch(`${at}/metrics`, {
      headers: { authorization: `Bearer ${token}` },
    });
    expect(response.headers.get('content-type')).toBe('text/plain; version=0.0.4');
    return parseMetrics(await response.text());
  };

  it('exports the glossary, and lines for single peers only where they are wanted', async () => {
    // A round trip is known after the first keepalive, which takes half a minute; here it is said to be.
    const [peer] = await eventually(() => (bob.node.peers().length > 0 ? bob.node.peers() : false));
    for (const { node } of [alice, bob]) node.peers = () => [{ ...peer!, roundTripMs: 12.5 }];
    const [plain, told] = [await families(alice), await families(bob)];
    const names = LIVE_METRICS.map(prometheusName);
    expect([...told.keys()].toSorted()).toEqual(names.toSorted());
    expect([...plain.keys()].toSorted()).toEqual(
      names.filter((name) => name !== 'mainframe_link_round_trip_seconds').toSorted(),
    );
    for (const metric of LIVE_METRICS)
      for (const { labels } of told.get(prometheusName(metric))!.samples)
        expect(Object.keys(labels)).toEqual(metric.labels);
    const text = JSON.stringify([...plain]);
    const address = alice.node.status().address.slice(0, 8);
    expect(peer!.address.slice(0, 8)).toBe(address);
    expect(text).not.toContain(address);
    const { samples } = told.get('mainframe_link_round_trip_seconds')!;
    expect(samples).toEqual([{ labels: { peer: address }, value: 0.0125 }]);
  });
});
