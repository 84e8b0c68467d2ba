/**
 * Every default of the language, once, as a user would write it, with its source. The resolver reads them through the
 * same grammar as a file's own values, `explain` shows them, and `scenario.resolved.yaml` contains them, so a default
 * can never differ from what writing it would give.
 */
export interface Default {
  text: string;
  source: string;
}

function value(text: string, source: string): Default {
  return { text, source };
}

const OURS = 'our choice';

/** Keyed by path; `[]` stands for an element of a list, `*` for any name. */
export const DEFAULTS: { readonly [path: string]: Default } = {
  'world.nodes': value('1000', OURS),
  'world.duration': value('10 min', OURS),
  'world.warmup': value('10%', 'share of the duration; our choice'),
  'world.suite': value('native', 'the fastest suite with real bytes'),
  'world.latency': value('50 ms', 'one way, about the median of the King data set (Gummadi 2002)'),
  'world.jitter': value('0 s', 'none unless a preset or the file says so'),
  'world.loss': value('0%', 'none unless a preset or the file says so'),
  'world.duplicate': value('0%', 'none unless a preset or the file says so'),
  'world.reorder.share': value('0%', 'none unless a preset or the file says so'),
  'world.reorder.delay': value('10 ms', OURS),
  'world.bandwidth.up': value('unlimited', 'none unless a preset or the file says so'),
  'world.bandwidth.down': value('unlimited', 'none unless a preset or the file says so'),
  'world.queue.limit': value('256 KiB', 'a home router with a moderate buffer; our choice'),
  'world.queue.drop': value('tail', 'what most access links still do'),
  'world.queue.target': value('5 ms', 'CoDel, RFC 8289 section 4.3'),
  'world.queue.interval': value('100 ms', 'CoDel, RFC 8289 section 4.3'),
  'world.mtu': value('1500 B', 'Ethernet; the wire format needs 1228 B with headers'),
  'world.events_max': value('2000000000', OURS),
  'world.memory_max': value('4 GiB', OURS),
  'world.detail': value('packets', OURS),
  'roles.*.behaves': value('honest', OURS),
  'roles.*.deposit': value('200 MFT', OURS),
  'roles.*.pays': value('1 h', OURS),
  'roles.*.protests': value('unpaid', OURS),
  'roles.*.asks': value('100%', OURS),
  'money.price': value('0.05 MFT per MiB', 'not given in the paper; our choice'),
  'money.pricing': value('proximity', 'as Swarm: a relay keeps what it brings the packet nearer'),
  'money.steps': value('16', "Tit-for-Token's model; Bee has 31"),
  'money.threshold': value('10 MFT', 'not given in the paper; our choice'),
  'money.tolerance': value('25%', "Bee's default"),
  'money.deadline': value('2 h', 'not given in the paper; twice what punctual people take'),
  'money.cash_after': value('24 h', OURS),
  'money.min_score': value('0.4', 'not given in the paper; our choice'),
  'money.newcomer_score': value('0.5', 'the paper: in the middle'),
  'money.solvency': value('any', 'the paper: cheques may bounce'),
  'money.ledger': value('model', 'months are cheap; a test demands the same digest of both'),
  'money.protest_fee': value('0.5 MFT', 'not given in the paper; about ten calls'),
  'money.carrying_cost': value('0 MFT per MiB', 'profits are then what is paid and kept'),
  'money.identity_cost': value('0 MFT', 'the paper: anybody may take a name'),
  'money.chain.block': value('15 s', 'Ethereum of 2018'),
  'money.chain.fee': value('0.05 MFT per call', OURS),
  'money.chain.base_fee': value('0.05 MFT per call', 'as the fixed fee'),
  'money.chain.gas_limit': value('3000000', 'twenty cashings a block; our choice'),
  'money.chain.load': value('70%', OURS),
  'money.chain.confirmations': value('6', 'what is customary for payments since Bitcoin'),
  'money.chain.seen_after': value(
    'lognormal(median 700 ms p99 4 s)',
    "most of Ethereum's nodes have a block within a few seconds",
  ),
  'money.chain.fee_cap': value('1 MFT per call', 'a tenth of the default threshold'),
  'money.chain.raise_after': value('3', OURS),
  'roles.*.congests.tip': value('0.01 MFT per call', 'well above the tips that nodes begin with'),
  'roles.*.congests.budget': value('1000 MFT', OURS),
  'roles.*.congests.then': value('stay', OURS),
  'services.overlay.start': value(
    'converged',
    'tables built directly; join runs the real protocol',
  ),
  'services.overlay.bucket': value('8', 'contacts a bin, as in Swarm and PeerSim-MPI-Kademlia'),
  'services.overlay.alpha': value('3', 'Maymounkov & Mazieres 2002 section 2.3'),
  'services.overlay.neighbourhood': value('2', "Swarm's minimum neighbourhood"),
  'services.overlay.symmetric': value('true', 'a connection has two ends'),
  'services.overlay.refresh': value(
    '10 min',
    'short against the median session of measured networks (hours)',
  ),
  'services.overlay.timeout': value('1500 ms', "OverSim's Kademlia (rpcUdpTimeout), Swarm"),
  'services.overlay.network_share': value('25%', 'two contacts of a bin of eight'),
  'services.overlay.lookups_every': value('never', 'no measured workload of look-ups'),
  'services.link.encrypt': value(
    'false',
    'worlds of many nodes; sizes and handshakes are left out',
  ),
  'services.link.keepalive': value(
    '25 s',
    'below the 30 s after which translators forget; WireGuard',
  ),
  'services.link.idle': value('5 min', OURS),
  'services.link.rekey_after': value('10 min', OURS),
  'services.link.retransmit': value('false', 'UDP loses; so do the paper and Swarm of 2018'),
  'services.link.cover': value('never', 'costs a constant rate on every link'),
  'services.discovery.admission': value('off', 'nobody sells anything'),
  'services.discovery.table': value('500', "half of discv5's design; waiting keeps it emptier"),
  'services.discovery.ad_life': value('15 min', "discv5's design"),
  'services.discovery.ads_per_network': value('2', "as the overlay's share of a bin"),
  'services.discovery.shelves': value('3', OURS),
  'services.discovery.registrars': value('4', 'half of the nodes that a look-up finds'),
  'services.discovery.voices': value('3', OURS),
  'services.discovery.searches_every': value('never', 'no measured workload of searches'),
  'services.discovery.search': value('holding', OURS),
  'services.discovery.price_max': value('any', OURS),
  'services.discovery.score_min': value('0', OURS),
  'services.discovery.near': value('0 bits', 'wherever they are'),
  'services.discovery.wanted': value('3', OURS),
  'services.groups.mode': value('multicast', OURS),
  'services.groups.luminosity': value('6 bits', 'crowds of N/64; our choice'),
  'services.groups.rekey_on': value('[join, leave]', 'who comes or goes reads nothing else'),
  'services.routing.policy': value('tree(3)', 'three independent trees; our choice'),
  'services.routing.random_peer': value('false', OURS),
  'services.routing.detour': value(
    '2 bits',
    'groups of 20 and 50: saves most for few hops; our choice',
  ),
  'services.routing.tags': value('rotating', 'nobody on the way can tell two packets together'),
  'services.routing.lifetime': value(
    '30 s',
    'covers every path of the presets tenfold; the 2018 code had 8 s, Swarm 120 s',
  ),
  'traffic[].from': value('anyone', OURS),
  'traffic[].to': value('anyone', OURS),
  'traffic[].size': value('1 KiB', OURS),
  'traffic[].luminosity': value('8 bits', OURS),
  'traffic[].conversation': value('false', 'one sealed packet, as the paper has it'),
  'traffic[].ordered': value('false', 'nothing waits for what was lost'),
  'traffic[].acknowledged': value('true', 'a text is sent until it is known to have come'),
  'traffic[].reply': value('never', OURS),
  'faults[].of': value('anyone', OURS),
  'watch.*.sees': value('time, size, previous hop, next hop', 'all that a node on the way sees'),
  'watch.*.guesses': value('receiver', OURS),
  'expect[].confidence': value('95%', 'interval over seeds'),
  'charts[].scales': value('linear', OURS),
  'charts[].bound': value('false', OURS),
  'sweep.repeat': value('1', 'one seed a point'),
  'record.what': value('summary', OURS),
  'record.sample': value('100%', OURS),
};

/** The text of a default that exists; asking for another is a programmer's mistake. */
export function defaultText(path: string): string {
  const found = DEFAULTS[path];
  if (found === undefined) throw new Error(`no default is declared for "${path}"`);
  return found.text;
}
