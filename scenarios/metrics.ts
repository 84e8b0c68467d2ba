/**
 * The glossary: every metric that a run can measure, defined once. Scenario files, Parquet columns, charts, the screen
 * and (later) the live node's exporter all take name, unit and meaning from this table, so one thing has one name.
 */
import { CREDIT_METRICS } from './metrics-credit.ts';
import { DISCOVERY_METRICS } from './discovery-metrics.ts';
import { ECONOMY_METRICS } from './metrics-economy.ts';
import { metric, type MetricDefinition } from './metric-definition.ts';
import { ANONYMITY_METRICS } from './metrics-anonymity.ts';
import { MONEY_METRICS } from './metrics-money.ts';

export { FLOWS, PAIRS } from './metrics-economy.ts';
export type { MetricDefinition, Unit } from './metric-definition.ts';

export const METRICS: readonly MetricDefinition[] = [
  metric(
    'delivery.rate',
    'ratio',
    'message',
    'higher',
    'Share of messages that the recipient (of a group: each member) opened before they expired',
  ),
  metric(
    'delivery.latency',
    'us',
    'message',
    'lower',
    'Time from sending a message to its first opening by the recipient',
  ),
  metric(
    'delivery.hops',
    'count',
    'message',
    'lower',
    'Links that the first copy to reach the recipient has crossed',
  ),
  metric(
    'routing.copies',
    'count',
    'message',
    'lower',
    'Datagrams sent for one message by all nodes together',
  ),
  metric(
    'routing.copies_per_zone_node',
    'count',
    'message',
    'lower',
    'Copies of one message divided by the nodes of its zone',
  ),
  metric(
    'routing.duplicates',
    'count',
    'message',
    'lower',
    'Copies of one message that reached a node which had it already',
  ),
  metric(
    'zone.size',
    'count',
    'message',
    'neither',
    'Nodes whose address matches the disclosed bits, the recipient included',
  ),
  metric(
    'zone.reached',
    'ratio',
    'message',
    'higher',
    'Share of the zone that received a message at least once',
  ),
  ...ANONYMITY_METRICS,
  metric('cost.bytes', 'bytes', 'message', 'lower', 'Bytes of all datagrams sent for one message'),
  metric(
    'cost.per_message',
    'MFT',
    'message',
    'lower',
    'What was charged for all copies of one message, by whoever took them of whoever handed them on',
  ),
  metric(
    'cost.of_sender',
    'MFT',
    'message',
    'lower',
    'What the sender of a message owed those to whom it handed it',
  ),
  metric(
    'cost.estimate',
    'MFT',
    'message',
    'neither',
    'What the sender was told, before sending, that all copies would cost',
  ),
  metric(
    'cost.estimate_error',
    'ratio',
    'message',
    'neither',
    'By how much the estimate of a message was above what it cost, as a share of that',
  ),
  metric(
    'cost.estimate_within',
    'ratio',
    'message',
    'higher',
    'Whether what a message cost lay in the 95% interval of its estimate',
  ),
  metric(
    'relay.refused',
    'ratio',
    'run',
    'lower',
    'Share of packets that a relay turned away because their bringer had no credit left',
  ),
  metric(
    'cost.bound_copies',
    'count',
    'message',
    'neither',
    'Fewest copies that could give the measured anonymity: 2^H - 1 + h',
    true,
  ),
  metric(
    'session.first_contact',
    'us',
    'text',
    'lower',
    'Time from saying the first text to a stranger until it is read',
  ),
  metric(
    'session.reply',
    'us',
    'text',
    'lower',
    'Time from saying a text until its sender reads the answer; of texts answered by the end',
  ),
  metric(
    'session.read',
    'us',
    'text',
    'lower',
    'Time from saying a text until it is read, with all attempts and, in an ordered stream, the wait for texts before it; of texts read by the end',
  ),
  metric(
    'session.acknowledged',
    'us',
    'text',
    'lower',
    'Time from saying a text until its sender knows that it has arrived; of texts acknowledged by the end',
  ),
  metric(
    'session.delivery',
    'ratio',
    'text',
    'higher',
    'Share of texts of conversations that were read exactly once by the end',
  ),
  metric(
    'session.duplicates',
    'count',
    'text',
    'lower',
    'Times that a delivered text was read again; anything but 0 is a fault of the protocol',
  ),
  metric(
    'session.packets',
    'count',
    'text',
    'lower',
    'Packets originated for one delivered text: attempts, and the acknowledgements that they caused',
  ),
  metric(
    'session.bytes',
    'bytes',
    'text',
    'lower',
    'Bytes of all datagrams that those packets took on all links, as in cost.bytes',
  ),
  metric(
    'group.key_time',
    'us',
    'node',
    'lower',
    'Time from leaving a group, or asking to be let in, until all members have a key that says so',
  ),
  metric(
    'group.read_after_leaving',
    'ratio',
    'message',
    'lower',
    'Share of attempts to read a message with all that somebody had who has left, and every commit since; anything but 0 is a fault of the protocol',
  ),
  metric(
    'group.disclosed',
    'bits',
    'run',
    'lower',
    'Bits that the list of zones of a group discloses about who its members are',
  ),
  metric(
    'bytes.per_message',
    'bytes',
    'message',
    'lower',
    'Bytes of all datagrams on all links for one message to a group',
  ),
  metric(
    'bytes.saved_over_unicast',
    'ratio',
    'message',
    'higher',
    'Share of bytes saved against a packet of its own for each member, on the way that it would take (trees without a stem only)',
  ),
  metric(
    'anonymity.members_exposed',
    'count',
    'run',
    'lower',
    'Members of a group whom the observer has seen singled out by the prefix of a packet, if it were told which belong together',
    true,
  ),
  metric(
    'anonymity.membership',
    'bits',
    'node',
    'higher',
    'Bits left of who a member of a group is: log2 of the nodes in the zone of theirs that the observer has read, of all nodes where it has read none; if it were told which packets belong together',
    true,
  ),
  metric('relay.traffic', 'bytes/s', 'node', 'lower', 'Bytes sent by one node per second online'),
  metric(
    'overlay.table_fill',
    'ratio',
    'node',
    'higher',
    'Contacts held, of those that bins could hold given the network size',
  ),
  metric(
    'overlay.depth',
    'count',
    'node',
    'neither',
    'Neighbourhood depth: proximity order beyond which a node knows everyone',
  ),
  metric('overlay.contacts', 'count', 'node', 'neither', 'Contacts in a routing table'),
  metric('overlay.stale', 'ratio', 'node', 'lower', 'Share of contacts that are offline'),
  metric(
    'overlay.size_estimate',
    'ratio',
    'node',
    'neither',
    "A node's estimate of the network's size, divided by the true size",
  ),
  metric(
    'overlay.lookup_messages',
    'count',
    'lookup',
    'lower',
    'Requests sent for one iterative look-up',
  ),
  metric(
    'overlay.lookup_latency',
    'us',
    'lookup',
    'lower',
    'Time from the start of a look-up to its end',
  ),
  metric(
    'overlay.lookup_hops',
    'count',
    'lookup',
    'lower',
    'Length of the chain of answers that led to the closest node found',
  ),
  metric(
    'overlay.lookup_success',
    'ratio',
    'lookup',
    'higher',
    'Share of look-ups whose first result is the closest node online',
  ),
  ...DISCOVERY_METRICS,
  metric('network.lost', 'ratio', 'run', 'lower', 'Share of datagrams that the network lost'),
  metric(
    'network.queue_drops',
    'ratio',
    'run',
    'lower',
    'Share of datagrams dropped by a full access queue',
  ),
  ...MONEY_METRICS,
  ...CREDIT_METRICS,
  ...ECONOMY_METRICS,
];

/** Metrics of a run that can be drawn against time. */
export const OVER_TIME: readonly string[] = ['chain.base_fee', 'chain.pool', 'chain.reorganised'];

const BY_NAME: ReadonlyMap<string, MetricDefinition> = new Map(METRICS.map((m) => [m.name, m]));

export function metricDefinition(name: string): MetricDefinition | undefined {
  return BY_NAME.get(name);
}
