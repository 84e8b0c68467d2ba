/**
 * A scenario after every `uses`, parameter, unit and default has been resolved: plain data in base units, ready to run.
 *
 * This is the boundary between the language (which knows lines and columns) and the runtime (which knows nodes and
 * events). Nothing below this file parses text; nothing above it guesses a default. Base units: time in integer
 * microseconds (`...Us`), sizes in bytes (`...Bytes`), rates in bits per second (`...BitsPerSecond`), shares and
 * probabilities as numbers in [0, 1] (`...Ratio`), information in bits.
 */
import type { SuiteName } from '../protocols/crypto/port.ts';
import type { DiscoveryOptions } from '../protocols/discovery/options.ts';
import type { ServiceName } from '../protocols/discovery/services.ts';
import type { LinkOptions } from '../protocols/link/options.ts';
import type { OverlayOptions } from '../protocols/overlay/options.ts';
import type { RoutingOptions } from '../protocols/routing/options.ts';
import type { Stream } from '../protocols/session/streams.ts';
import type { TagKind } from '../protocols/session/topic-tags.ts';
import type { LatencyModel, NetworkModel } from '../sim/network/model.ts';
import type { DurationLaw } from '../sim/random/law.ts';

/** The network as a file describes it: a matrix is still a file name (resolved to an absolute path) until it is read. */
export type NetworkSpec = Omit<NetworkModel, 'latency'> & {
  latency: Exclude<LatencyModel, { kind: 'matrix' }> | { kind: 'matrix'; file: string };
};

/** How a node of a role decides where the protocol leaves a choice. Each is a policy in `scenarios/behaviours/`. */
export type Behaviour =
  | { kind: 'honest' }
  /** Follows the protocol and tells its colluders what it sees. */
  | { kind: 'honest but curious' }
  /** Accepts packets and silently forwards only 1 - ratio of them. */
  | { kind: 'drop'; ratio: number }
  /** Forwards each packet only after an extra delay. */
  | { kind: 'delay'; law: DurationLaw }
  /** Behaves to its predecessor as if it had forwarded, sends to one peer only instead of all it owes. */
  | { kind: 'pretend' }
  /** Up for others' routing tables, but never relays and never answers for others (a dead relay). */
  | { kind: 'dead' }
  /** Advertises without waiting for its turn, and as registrar shows nobody but its own kind. */
  | { kind: 'spam' }
  /** As registrar takes advertisements and shows none. */
  | { kind: 'hide ads' };

export interface Role {
  name: string;
  /** Exact number of nodes: shares have been turned into counts that sum to `world.nodes`. */
  count: number;
  behaves: Behaviour;
  /** Session and absence lengths; a role with neither is always on. */
  online?: DurationLaw;
  offline?: DurationLaw;
  /** Recorded sessions instead of laws: CSV `node,start_s,end_s`. */
  sessionsFile?: string;
  /** What it sells besides relaying, with the price of each unit that the service is sold by (`SOLD_PER`). */
  sells?: { service: ServiceName; units: number }[];
  /** Its endpoints lie in so many /24; where everybody else is, chance decides. */
  networks?: number;
  /** What its chequebook begins with. */
  depositUnits?: number;
  pays?: Paying;
  /** Comes back under a new address this long after it has been shut out. */
  rejoinAfterUs?: number;
  /** When it cashes; absent: after `money.cash_after`. */
  cashes?: Cashing;
  congests?: Congestion;
  /** Protests every invoice, paid or not. */
  protestsAll?: boolean;
  /** What it asks for carrying, as a part of `money.price`; absent: all of it. */
  priceRatio?: number;
  /** All its names are one owner's, who has one wallet. */
  isFamily?: boolean;
}

/** When a node of a role pays what it is asked for. */
export type Paying =
  /** At a random time within this. */
  | { kind: 'within'; us: number }
  | { kind: 'after'; law: DurationLaw }
  | { kind: 'never' }
  /** Within an hour up to then, and from then on never. */
  | { kind: 'until'; us: number }
  /** Within an hour, until what it owes is worth more to it than staying; `ratio` is what a day's delay leaves of an income's worth. */
  | { kind: 'patience'; ratio: number };

/** Manifests, peering, advertisements and searches (`protocols/discovery`). */
export interface ScenarioDiscovery {
  options: DiscoveryOptions;
  /** What users look for, as a measured workload; everybody searches who is honest and does not sell it. */
  searches?: {
    service: ServiceName;
    everyUs: number;
    /** Infinity for any price. */
    priceMaxUnits: number;
    minScore: number;
    /** Leading bits of the searcher's address that a provider must share. */
    nearBits: number;
    wanted: number;
  };
}

/** Accounts, cheques and credit of every pair (`protocols/swap`). Amounts in accounting units, of which an MFT has 10^9. */
export interface Money {
  /** What a relay earns for a MiB, in a world of flows. */
  pricePerMibUnits: number;
  /**
   * What a packet costs, in a world of packets: so many units, or so many for each of its bytes; by the `proximity` law for each step that is left of
   * `steps`, of which a relay keeps those that it goes; by the `flat` law for each hop.
   */
  perHop?: { units: number; per: 'packet' | 'byte'; law: 'proximity' | 'flat'; steps: number };
  thresholdUnits: number;
  /** By how much a debt may pass the threshold before service stops. */
  toleranceRatio: number;
  deadlineUs: number;
  /** How long a cheque is kept before it is cashed. */
  cashAfterUs: number;
  minScore: number;
  newcomerScore: number;
  /** Take only cheques that their chequebook covers now. */
  solvency: 'covered' | 'any';
  /** `model`: the contracts as pure state machines. `evm`: their compiled twins in an EVM, with signatures that a chain takes. */
  ledger: 'model' | 'evm';
  protestFeeUnits: number;
  /** What carrying a MiB costs a relay, and what a name costs; only profit counts them. */
  carryingCostPerMibUnits: number;
  identityCostUnits: number;
  chain: ChainRules;
}

export interface ChainRules {
  /** Time between blocks; its mean where it is random. */
  blockUs: number;
  /** What a call costs; with a market, at first. */
  feeUnits: number;
  /** Absent where a call costs the same for ever and waits for the next block only. */
  market?: MarketRules;
}

/** A chain where room has a price, that is seen late and may take its newest blocks back (`sim/ledger`). "Per call": for the gas of one cashing. */
export interface MarketRules {
  block: DurationLaw;
  baseFeeUnits: number;
  gasLimit: number;
  /** Gas that others would ask for if it were free, in full blocks. */
  loadRatio: number;
  confirmations: number;
  reorganises?: { everyUs: number; depth: number };
  seenAfter: DurationLaw;
  /** Most that a node bids. */
  feeCapUnits: number;
  raiseAfterBlocks: number;
}

/** When cheques are cashed. */
export type Cashing =
  | { kind: 'at once' }
  | { kind: 'covered' }
  | { kind: 'after'; us: number }
  | { kind: 'above'; units: number }
  | { kind: 'fee below'; ratio: number };

/** Fills blocks, whatever they cost. */
export interface Congestion {
  atUs: number;
  blocks: number;
  tipUnits: number;
  budgetUnits: number;
  /** `withdraw`: empties its own chequebook behind the full blocks. */
  then: 'stay' | 'withdraw';
}

export interface Traffic {
  /** Role names, or 'anyone'. */
  from: string;
  to: string;
  /** Gap between messages of one sender; exclusive with `messages`. */
  every?: DurationLaw;
  /** A fixed number of probe messages in the whole world, spread evenly over the measured time. */
  messages?: number;
  sizeBytes: number;
  luminosityBits: number;
  /** Bytes that one sender moves in a day, in a world of flows. */
  volumeBytesPerDay?: VolumeLaw;
  /** Texts go through sessions (`protocols/session`), instead of as bare sealed packets. */
  conversation?: true;
  /** Undefined for texts in any order, acknowledged, of one packet if they fit. */
  stream?: Stream;
  /** How long a recipient of a conversation waits with an answer to each text; none without. */
  reply?: DurationLaw;
}

/** Bytes in a day: the same every day, or lognormal over senders and days. */
export type VolumeLaw =
  { law: 'constant'; bytes: number } | { law: 'lognormal'; medianBytes: number; p99Bytes: number };

/** Groups of people: everybody in a group says things to all the others (`protocols/node/groups.ts`). */
export interface GroupsSpec {
  count: number;
  /** People of each group, all of whom are in it at first. */
  members: number;
  mode: 'unicast' | 'multicast' | 'dark';
  /** Bits of members' addresses that packets show in mode dark; the others show an address each. */
  luminosityBits: number;
  rekeyOn: ('join' | 'leave')[];
  /** What each member says: one law each. */
  words: { every: DurationLaw; sizeBytes: number }[];
  /** How long members stay, and how long those who have left stay away; for ever without. */
  stay?: DurationLaw;
  away?: DurationLaw;
}

export type Fault =
  | { kind: 'crash'; atUs?: number; everyUs?: number; ratio: number; of: string; forUs?: number }
  | { kind: 'leave'; atUs?: number; everyUs?: number; ratio: number; of: string; forUs?: number }
  | { kind: 'partition'; atUs: number; ratio: number; forUs: number }
  | { kind: 'loss'; atUs: number; forUs: number; ratio: number };

/** What an observer may try to find out: of a packet who it is for or from, of a group who is in it. */
export const GUESSES = ['receiver', 'sender', 'membership'] as const;
export type Guess = (typeof GUESSES)[number];

export interface Observer {
  name: string;
  /** 'colluders': nodes of a role, or a random share of all nodes. 'global': every link's metadata, no content. */
  kind: 'colluders' | 'global';
  role?: string;
  shareRatio?: number;
  sees: string[];
  guesses: Guess[];
}

/** `metric where field == value`. */
export interface MetricReference {
  metric: string;
  where?: { field: 'role'; value: string };
}

export type Statistic =
  | 'p95'
  | 'p99'
  | 'median'
  | 'mean'
  | 'min'
  | 'max'
  | 'sum'
  | 'count'
  | 'share'
  | 'slope'
  | 'gini'
  | 'value';

export type Term =
  | { kind: 'number'; value: number }
  | { kind: 'statistic'; statistic: Statistic; of: MetricReference }
  | { kind: 'arithmetic'; operator: '+' | '-' | '*' | '/'; left: Term; right: Term };

export type Comparison = '<' | '<=' | '>' | '>=' | '==' | '!=';

export type Condition =
  | { kind: 'compare'; left: Term; operator: Comparison; right: Term }
  /** `m falls as $p rises`: needs a sweep over p. */
  | {
      kind: 'trend';
      of: Term;
      direction: 'rises' | 'falls';
      parameter: string;
      parameterDirection: 'rises' | 'falls';
    };

export interface Expectation {
  /** The text as the user wrote it. */
  check: string;
  mode: 'check' | 'always' | 'never' | 'eventually' | 'sometimes';
  withinUs?: number;
  condition: Condition;
  /** Already evaluated against the parameters: false means skipped. */
  applies: boolean;
  when?: string;
  why?: string;
  /** Coverage of the interval over seeds, default 0.95. */
  confidence: number;
}

export type Mark =
  | 'line'
  | 'area'
  | 'bar'
  | 'point'
  | 'cdf'
  | 'hist'
  | 'box'
  | 'pareto'
  | 'survival'
  | 'lorenz'
  | 'roc'
  | 'vintage'
  | 'contour'
  | 'sankey'
  | 'scatter';

/** What a chart plots: a statistic of a metric (with arithmetic), a parameter, or a column. */
export type Channel =
  | { kind: 'term'; text: string; term: Term }
  | { kind: 'parameter'; text: string; name: string }
  | { kind: 'column'; text: string; name: string };

export interface Chart {
  title: string;
  mark: Mark;
  x?: Channel;
  y: Channel[];
  of?: MetricReference;
  /** What a contour shows at each place of its plane. */
  value?: Channel;
  colour?: Channel;
  facet?: Channel;
  label?: Channel;
  bandRatio?: number;
  scales?: 'linear' | 'log';
  /** Draw what theory says beside what was measured. */
  bound?: boolean;
}

/** A parameter or sweep value, kept with its text so that screens and files show what the user wrote. */
export interface ParameterValue {
  text: string;
  /** Base-unit number, or undefined for a word (`tree(3)`). */
  number?: number;
  unit?: string;
}

export interface ResolvedScenario {
  schema: 'scenario/v1';
  scenario: string;
  about: string;
  notes?: string;
  params: { [name: string]: ParameterValue };
  world: {
    nodes: number;
    /** `packets`: every datagram. `flows`: volumes by the hour, with the real accounts, cheques, scores and contracts. */
    detail: 'packets' | 'flows';
    durationUs: number;
    warmupUs: number;
    suite: SuiteName;
    network: NetworkSpec;
    /** Hard limits; reaching one ends the run with a clear message and partial results. */
    eventsMax: number;
    memoryMaxBytes: number;
  };
  roles: Role[];
  services: {
    overlay: OverlayOptions;
    routing: RoutingOptions;
    /** What packets of conversations show of their session; written among the settings of routing. */
    tags: TagKind;
    /** The encrypted link under every datagram; absent for none. */
    link?: LinkOptions;
    /** Absent for none. */
    discovery?: ScenarioDiscovery;
    groups?: GroupsSpec;
  };
  /** Absent where nobody pays. */
  money?: Money;
  traffic: Traffic[];
  faults: Fault[];
  watch: Observer[];
  expect: Expectation[];
  charts: Chart[];
  record: { what: ('summary' | 'messages' | 'datagrams' | 'all')[]; sampleRatio: number };
}
