/**
 * The glossary: every metric that a run can measure, defined once. Scenario files, Parquet columns, charts, the screen
 * and (later) the live node's exporter all take name, unit and meaning from this table, so one thing has one name.
 */
export type Unit =
  | 'us'
  | 'bytes'
  | 'bits'
  | 'ratio'
  | 'count'
  | 'bytes/s'
  | 'bits/s'
  | 'MFT'
  | 'per day'
  | 'boolean';

export interface MetricDefinition {
  name: string;
  unit: Unit;
  /** One sentence: what one sample is. */
  meaning: string;
  /** What one sample belongs to. */
  per: 'message' | 'text' | 'conversation' | 'node' | 'lookup' | 'run';
  better: 'higher' | 'lower' | 'neither';
  /** True for metrics that exist only if `watch` names an observer that guesses it. */
  needsObserver: boolean;
}

function metric(
  name: string,
  unit: Unit,
  per: MetricDefinition['per'],
  better: MetricDefinition['better'],
  meaning: string,
  needsObserver = false,
): MetricDefinition {
  return { name, unit, per, better, meaning, needsObserver };
}

export const METRICS: readonly MetricDefinition[] = [
  metric(
    'delivery.rate',
    'ratio',
    'message',
    'higher',
    'Share of messages that the recipient opened before they expired',
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
  metric(
    'anonymity.seen',
    'ratio',
    'message',
    'lower',
    'Share of messages of which the observer saw a copy; the other anonymity metrics are of those',
    true,
  ),
  metric(
    'anonymity.entropy',
    'bits',
    'message',
    'higher',
    "Shannon entropy of the observer's posterior over recipients",
    true,
  ),
  metric(
    'anonymity.min_entropy',
    'bits',
    'message',
    'higher',
    "Min-entropy of the observer's posterior over recipients",
    true,
  ),
  metric(
    'anonymity.best_guess',
    'ratio',
    'message',
    'lower',
    "Probability that the observer's best guess of the recipient is right",
    true,
  ),
  metric(
    'anonymity.crowd',
    'count',
    'message',
    'higher',
    'Nodes that the observer cannot exclude as recipient',
    true,
  ),
  metric(
    'anonymity.log_loss',
    'bits',
    'message',
    'higher',
    'Minus log2 of the probability that the observer gave to the true recipient',
    true,
  ),
  metric(
    'anonymity.sender_entropy',
    'bits',
    'message',
    'higher',
    "Shannon entropy of the observer's posterior over senders",
    true,
  ),
  metric(
    'anonymity.sender_min_entropy',
    'bits',
    'message',
    'higher',
    "Min-entropy of the observer's posterior over senders",
    true,
  ),
  metric(
    'anonymity.sender_best_guess',
    'ratio',
    'message',
    'lower',
    "Probability that the observer's best guess of the sender is right",
    true,
  ),
  metric(
    'anonymity.sender_log_loss',
    'bits',
    'message',
    'higher',
    'Minus log2 of the probability that the observer gave to the true sender',
    true,
  ),
  metric(
    'anonymity.sender_found',
    'ratio',
    'message',
    'lower',
    "Share of messages whose sender is the observer's first suspect (the first predecessor seen)",
    true,
  ),
  metric(
    'anonymity.pair',
    'bits',
    'conversation',
    'higher',
    'Entropy over who the two ends of a conversation are, by the prefixes of its packets that the observer saw, if it were told which belong together',
    true,
  ),
  metric('cost.bytes', 'bytes', 'message', 'lower', 'Bytes of all datagrams sent for one message'),
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
  metric('network.lost', 'ratio', 'run', 'lower', 'Share of datagrams that the network lost'),
  metric(
    'network.queue_drops',
    'ratio',
    'run',
    'lower',
    'Share of datagrams dropped by a full access queue',
  ),
  metric(
    'loss.per_creditor',
    'MFT',
    'node',
    'lower',
    'What a node has lost to debtors that are served no more: debts, and cheques that nothing covered',
  ),
  metric(
    'exposure.at_default',
    'MFT',
    'node',
    'lower',
    'What one debtor owed one creditor when it was shut out and gone, or at the end',
  ),
  metric(
    'shutout',
    'ratio',
    'node',
    'neither',
    'Whether a name was served no more in the end, its credit score being too low',
  ),
  metric(
    'shutout.time',
    'us',
    'node',
    'lower',
    "Time from a name's first appearance until nobody serves it",
  ),
  metric(
    'credit.score',
    'ratio',
    'node',
    'neither',
    'Credit score of a node at the end, made from what the ledger shows',
  ),
  metric('chain.calls', 'per day', 'node', 'lower', 'Transactions that a node sends and pays for'),
  metric(
    'cheques.bounced',
    'ratio',
    'run',
    'lower',
    'Whether a cheque that was cashed found too little in its chequebook',
  ),
  metric(
    'invoices.overdue',
    'ratio',
    'node',
    'lower',
    'Share of the invoices to a node that were not paid in time',
  ),
  metric(
    'default.rate',
    'ratio',
    'run',
    'lower',
    'Share of all invoices that were not paid in time',
  ),
  metric('income.gross', 'MFT', 'node', 'neither', 'Value of the services that a node gave'),
  metric(
    'income.net',
    'MFT',
    'node',
    'neither',
    'Value of the services that a node gave less those it took',
  ),
  metric(
    'profit',
    'MFT',
    'node',
    'neither',
    'What a place keeps of what it earned by carrying, and what its names took without paying, less losses, fees and the costs of carrying and of names',
  ),
  metric(
    'unpaid',
    'MFT',
    'node',
    'lower',
    'What names of a place took and will never pay: of those shut out, and of those who have decided so',
  ),
  metric(
    'delivery.portions',
    'ratio',
    'message',
    'higher',
    'Share of the portions of volumes that every relay on the way agreed to carry',
  ),
  metric('tokens.issued', 'MFT', 'run', 'neither', 'Tokens that were ever made'),
  metric(
    'tokens.total',
    'MFT',
    'run',
    'neither',
    'Tokens held by accounts, locked in contracts and burned',
  ),
];

const BY_NAME: ReadonlyMap<string, MetricDefinition> = new Map(METRICS.map((m) => [m.name, m]));

export function metricDefinition(name: string): MetricDefinition | undefined {
  return BY_NAME.get(name);
}
