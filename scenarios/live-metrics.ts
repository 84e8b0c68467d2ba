/**
 * The part of the glossary that a live node measures, and the name of any metric in Prometheus. What a run and a node both measure has one
 * name and one meaning: it is taken from `metrics.ts`.
 *
 * Prometheus' own rules for names (https://prometheus.io/docs/practices/naming): a prefix, base units as the last word, `_total` behind counters.
 */
import { metricDefinition, type Unit } from './metrics.ts';

export interface LiveMetric {
  name: string;
  unit: Unit;
  meaning: string;
  /** A counter only grows while the node lives. */
  kind: 'gauge' | 'counter';
  /** Names of labels. */
  labels: readonly string[];
}

function live(
  name: string,
  unit: Unit,
  kind: LiveMetric['kind'],
  meaning: string,
  labels: readonly string[] = [],
): LiveMetric {
  return { name, unit, meaning, kind, labels };
}

/** One that scenarios measure too. */
function shared(name: string): LiveMetric {
  const known = metricDefinition(name);
  if (known === undefined) throw new Error(`${name} is not in the glossary`);
  return live(name, known.unit, 'gauge', known.meaning);
}

export const LIVE_METRICS: readonly LiveMetric[] = [
  live('node.ready', 'boolean', 'gauge', '1 while the state is `ready`'),
  live('node.degraded', 'boolean', 'gauge', '1 while the node is not well, by reason', ['reason']),
  live('node.up', 'us', 'gauge', 'Time since the node was started'),
  shared('overlay.contacts'),
  shared('overlay.depth'),
  live('link.open', 'count', 'gauge', 'Neighbours with keys'),
  live('link.round_trip', 'us', 'gauge', 'Round trip to one neighbour; only with metrics.peers', [
    'peer',
  ]),
  live('rendezvous.reached', 'count', 'counter', 'Peers that had to be sought, by how it ended', [
    'way',
  ]),
  live('rendezvous.introductions', 'count', 'counter', 'Introductions asked of this node', [
    'outcome',
  ]),
  live('rendezvous.invitations', 'count', 'counter', 'Invitations to meet somebody', ['outcome']),
  live('rendezvous.carried', 'bytes', 'counter', 'Bytes of others to be relayed, by outcome', [
    'outcome',
  ]),
  live('messages.waiting', 'count', 'gauge', 'Texts that are not acknowledged yet'),
  live('api.dropped', 'count', 'counter', 'Listeners to events cut off because they did not read'),
  live('host.in', 'bytes', 'counter', 'Bytes that came in from a socket, wanted or not'),
  live('host.in_datagrams', 'count', 'counter', 'Datagrams that came in from a socket'),
  live('host.delivered', 'count', 'counter', 'Datagrams handed to the node'),
  live('host.dropped', 'count', 'counter', 'Datagrams that came in and were not handed on', [
    'reason',
  ]),
  live('host.out', 'bytes', 'counter', 'Bytes handed to a socket'),
  live('host.out_datagrams', 'count', 'counter', 'Datagrams handed to a socket'),
  live('host.unsent', 'count', 'counter', 'Datagrams not handed to a socket', ['reason']),
  live('host.send_errors', 'count', 'counter', 'Datagrams that the system refused', ['reason']),
  live('host.socket_errors', 'count', 'counter', 'Errors of sockets outside any send'),
  live('host.timers_set', 'count', 'counter', 'Timers set'),
  live('host.timers_fired', 'count', 'counter', 'Timers that came due'),
  live('host.exceptions', 'count', 'counter', 'Inputs in which a protocol threw'),
  live('host.listener_exceptions', 'count', 'counter', 'Reports whose listener threw'),
  live('host.clock_jumps', 'count', 'counter', 'Jumps of the wall clock'),
];

const BY_NAME: ReadonlyMap<string, LiveMetric> = new Map(LIVE_METRICS.map((m) => [m.name, m]));

export function liveMetric(name: string): LiveMetric | undefined {
  return BY_NAME.get(name);
}

const SUFFIX: { readonly [unit in Unit]: string } = {
  us: '_seconds',
  bytes: '_bytes',
  bits: '_bits',
  ratio: '_ratio',
  count: '',
  'bytes/s': '_bytes_per_second',
  'bits/s': '_bits_per_second',
  MFT: '_mft',
  'per day': '_per_day',
  boolean: '',
};

/** `delivery.latency` in microseconds is `mainframe_delivery_latency_seconds`. */
export function prometheusName(metric: {
  name: string;
  unit: Unit;
  kind?: LiveMetric['kind'];
}): string {
  const name = metric.name.replaceAll('.', '_');
  return `mainframe_${name}${SUFFIX[metric.unit]}${metric.kind === 'counter' ? '_total' : ''}`;
}

/** A value in Prometheus' base unit: seconds for time, all others as they are. */
export function prometheusValue(value: number, unit: Unit): number {
  return unit === 'us' ? value / 1_000_000 : value;
}
