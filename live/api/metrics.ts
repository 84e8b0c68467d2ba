/**
 * The node's metrics in Prometheus' text format (version 0.0.4). Names, units and meanings are the glossary's (`scenarios/live-metrics.ts`).
 * There is no label per peer unless the user asks for it: who speaks with whom is nobody's business.
 */
import type { RendezvousCounters } from '../../protocols/rendezvous/ground.ts';
import { liveMetric, prometheusName, prometheusValue } from '../../scenarios/live-metrics.ts';
import type { HostCounters } from '../host/counters.ts';
import { REASON_CODES, type NodeStatus, type PeerLine } from './schemas.ts';

export const METRICS_CONTENT_TYPE = 'text/plain; version=0.0.4';

/** Digits of an address that tell peers apart. */
const PEER_DIGITS = 8;

interface Sample {
  value: number;
  label?: string;
}

/** The metric that each counter of the host goes into, and its label. A counter without one does not compile. */
const OF_COUNTER: { readonly [counter in keyof HostCounters]: readonly [string, string?] } = {
  datagramsIn: ['host.in_datagrams'],
  bytesIn: ['host.in'],
  delivered: ['host.delivered'],
  droppedOversize: ['host.dropped', 'oversize'],
  droppedSource: ['host.dropped', 'source'],
  droppedSourceLimit: ['host.dropped', 'source-limit'],
  droppedTotalLimit: ['host.dropped', 'total-limit'],
  droppedBookFull: ['host.dropped', 'book-full'],
  droppedIdle: ['host.dropped', 'idle'],
  droppedShim: ['host.dropped', 'emulated'],
  droppedShimFull: ['host.dropped', 'emulated-full'],
  datagramsOut: ['host.out_datagrams'],
  bytesOut: ['host.out'],
  unsentNoSocket: ['host.unsent', 'no-socket'],
  unsentQueueFull: ['host.unsent', 'queue-full'],
  sendErrorsUnreachable: ['host.send_errors', 'unreachable'],
  sendErrorsTooLong: ['host.send_errors', 'too-long'],
  sendErrorsDenied: ['host.send_errors', 'denied'],
  sendErrorsBusy: ['host.send_errors', 'busy'],
  sendErrorsOther: ['host.send_errors', 'other'],
  socketErrors: ['host.socket_errors'],
  timersSet: ['host.timers_set'],
  timersFired: ['host.timers_fired'],
  exceptions: ['host.exceptions'],
  listenerExceptions: ['host.listener_exceptions'],
  clockJumps: ['host.clock_jumps'],
};

/** The same for what the rendezvous counts. */
const OF_RENDEZVOUS: {
  readonly [counter in keyof RendezvousCounters]: readonly [string, string];
} = {
  punched: ['rendezvous.reached', 'punched'],
  relayed: ['rendezvous.reached', 'relayed'],
  unreached: ['rendezvous.reached', 'unreached'],
  introduced: ['rendezvous.introductions', 'made'],
  refused: ['rendezvous.introductions', 'refused'],
  met: ['rendezvous.invitations', 'followed'],
  declined: ['rendezvous.invitations', 'declined'],
  relayedBytes: ['rendezvous.carried', 'relayed'],
  unrelayedBytes: ['rendezvous.carried', 'over-budget'],
};

/** @param peers one line for each of them, if the user wants that; empty otherwise. */
export function metricsText(
  status: NodeStatus,
  droppedConsumers: number,
  peers: readonly PeerLine[],
): string {
  const families = new Map<string, Sample[]>();
  const add = (name: string, value: number, label?: string): void => {
    const samples = families.get(name) ?? [];
    families.set(name, samples);
    samples.push({ value, ...(label === undefined ? {} : { label }) });
  };
  add('node.ready', status.state === 'ready' ? 1 : 0);
  for (const code of REASON_CODES)
    add('node.degraded', status.reasons.some((reason) => reason.code === code) ? 1 : 0, code);
  add('node.up', status.upSeconds * 1_000_000);
  add('overlay.contacts', status.peers);
  add('overlay.depth', status.depth);
  add('link.open', status.links);
  for (const { address, roundTripMs } of peers)
    if (roundTripMs > 0) add('link.round_trip', roundTripMs * 1_000, address.slice(0, PEER_DIGITS));
  const { counters } = status.reachability;
  for (const [counter, [name, label]] of Object.entries(OF_RENDEZVOUS))
    add(name, counters[counter as keyof RendezvousCounters], label);
  add('messages.waiting', status.waiting);
  add('api.dropped', droppedConsumers);
  for (const [counter, [name, label]] of Object.entries(OF_COUNTER))
    add(name, status.counters[counter as keyof HostCounters], label);
  return [...families].map(([name, samples]) => familyText(name, samples)).join('');
}

function familyText(name: string, samples: readonly Sample[]): string {
  const metric = liveMetric(name);
  if (metric === undefined) throw new Error(`${name} is not in the glossary`);
  const full = prometheusName(metric);
  const lines = samples.map(({ value, label }) => {
    // Labels are our own words and hex digits: nothing in them needs an escape.
    const labels = label === undefined ? '' : `{${metric.labels[0]}="${label}"}`;
    return `${full}${labels} ${prometheusValue(value, metric.unit)}`;
  });
  return [`# HELP ${full} ${metric.meaning}`, `# TYPE ${full} ${metric.kind}`, ...lines, ''].join(
    '\n',
  );
}
