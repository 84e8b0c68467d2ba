/**
 * SD1 to SD4: what service discovery must do, by closed forms.
 *
 * SD1: whoever lets an advertisement run out and asks again spends the share 1/(1 + wait/lifetime) of the time in a table, so N who all do that fill
 * it to the n with n·(1 + wait(n)/lifetime) = N; and by Little's law n is the rate of admission times the lifetime, whatever the waiting is.
 * SD2: however many identities ask, a table never holds more of an endpoint network than its limit, and under pressure it holds just that.
 * SD3: a look-up of n nodes takes log2(n)/b steps of at most alpha requests (b of k-buckets as in row O1), and the queries after it do not depend on n.
 * SD4: a provider listed at d registrars is hidden only if all d hide it. Liars drawn at random, with probability L(L-1)…/n(n-1)… .
 */
import { AD_ADMITTED, AD_PLACED, SEARCH_FINISHED } from '../../protocols/discovery/events.ts';
import { DEFAULT_DISCOVERY_OPTIONS } from '../../protocols/discovery/params.ts';
import { waitMs } from '../../protocols/discovery/waiting.ts';
import { DEFAULT_OVERLAY_OPTIONS } from '../../protocols/overlay/params.ts';
import { StreamFactory } from '../../sim/random/streams.ts';
import type { ValidationCase, ValidationRow } from './case.ts';
import { ANY_HOLDING, DiscoveryWorld, type Member, type MemberPlan } from './discovery-worlds.ts';
import { estimate, exactRow, type Estimate } from './engine-statistics.ts';

const HOLDER: MemberPlan = { holdingUnits: 5 };

function plans(count: number, plan: MemberPlan): MemberPlan[] {
  return Array.from({ length: count }, () => plan);
}

/** Judged by three standard errors of both sides. */
function stochasticRow(
  row: Pick<ValidationRow, 'id' | 'case' | 'params'>,
  expected: number,
  { mean, error }: Estimate,
  passes: (distance: number) => boolean,
  tolerance = '3 standard errors',
): ValidationRow {
  const distance = error === 0 ? (mean === expected ? 0 : Infinity) : (mean - expected) / error;
  return {
    ...row,
    expected,
    measured: mean,
    ci95: [mean - 1.96 * error, mean + 1.96 * error],
    tolerance,
    verdict: passes(distance) ? 'pass' : 'fail',
  };
}

const LIFE_S = 100;
const ONE_REGISTRAR = {
  shelves: 1,
  registrars: 1,
  parallel: 1,
  voices: 1,
  adLifetimeUs: LIFE_S * 1_000_000,
};

/** The n with n·(1 + wait(n)/lifetime) = N, by halving; n need not be whole. */
function fixedPoint(advertisers: number, capacity: number): number {
  const options = { ...DEFAULT_DISCOVERY_OPTIONS, ...ONE_REGISTRAR, capacity };
  const seats = (n: number): number => {
    const there = { all: n, service: n, network: 0, wideNetwork: 0 };
    const wait = waitMs(options, { ...there, networkFreeMs: Infinity, freeMs: Infinity });
    return n * (1 + wait / (1_000 * LIFE_S));
  };
  let low = 0;
  let high = advertisers;
  for (let i = 0; i < 50; i++) {
    const middle = (low + high) / 2;
    if (seats(middle) < advertisers) low = middle;
    else high = middle;
  }
  return low;
}

/** Mean occupancy of the one registrar that all use, what Little's law makes of its admissions, and how many use it. */
function occupancy(
  seed: string,
  advertisers: number,
  capacity: number,
): { mean: number; little: number; users: number } {
  const w = new DiscoveryWorld(seed, [...plans(advertisers, HOLDER), ...plans(20, {})], {
    ...ONE_REGISTRAR,
    capacity,
  });
  const admitted = new Map<number, number>();
  w.world.recorder = {
    event: (_timeUs, node, event) => {
      if (event === AD_ADMITTED) admitted.set(node, (admitted.get(node) ?? 0) + 1);
    },
  };
  w.start();
  w.run(10 * LIFE_S);
  const busiest = w.members.reduce((best: Member, member) =>
    size(w, member) > size(w, best) ? member : best,
  );
  admitted.clear();
  const seconds = 15 * LIFE_S;
  let sum = 0;
  for (let i = 0; i < seconds; i++) {
    w.run(1);
    sum += size(w, busiest);
  }
  return {
    mean: sum / seconds,
    little: ((admitted.get(busiest.handle) ?? 0) * LIFE_S) / seconds,
    users: busiest.handle < advertisers ? advertisers - 1 : advertisers,
  };
}

function size(w: DiscoveryWorld, { discovery }: Member): number {
  const { table } = discovery.registrar;
  table.expire(w.world.nowUs / 1_000);
  return table.size;
}

function waiting(advertisers: number, capacity: number): ValidationRow[] {
  const runs = [1, 2, 3, 4].map((i) => occupancy(`SD1/${advertisers}/${i}`, advertisers, capacity));
  const params = { advertisers, capacity };
  const relative = estimate(runs.map(({ mean, users }) => mean / fixedPoint(users, capacity)));
  const little = estimate(runs.map(({ mean, little }) => little / mean));
  return [
    stochasticRow(
      { id: 'SD1', case: 'occupancy over that of n·(1 + wait(n)/lifetime) = N', params },
      1,
      relative,
      () => Math.abs(relative.mean - 1) <= 0.05,
      '±5% (the form takes the mean of the wait for the wait of the mean)',
    ),
    stochasticRow(
      { id: 'SD1', case: "admissions times lifetime over occupancy (Little's law)", params },
      1,
      little,
      (distance) => Math.abs(distance) <= 3,
    ),
  ];
}

/** Most advertisements of spammers that any honest registrar held at any second. */
function spamBound(identities: number, networks: number): ValidationRow {
  const spam = Array.from({ length: identities }, (_, i): MemberPlan => ({
    ...HOLDER,
    network: i % networks,
    policy: { returnsAfterMs: (wait) => Math.min(wait, 5_000) },
  }));
  const w = new DiscoveryWorld(
    `SD2/${identities}`,
    [...plans(30, HOLDER), ...plans(30, {}), ...spam],
    {
      adLifetimeUs: LIFE_S * 1_000_000,
    },
  );
  w.start();
  let most = 0;
  for (let i = 0; i < 30; i++) {
    w.run(10);
    for (const { discovery } of w.members.slice(0, 60))
      most = Math.max(most, discovery.registrar.table.ads.filter(({ peer }) => peer >= 60).length);
  }
  return exactRow({
    id: 'SD2',
    case: "most places of a spammer in a table: the networks' limits",
    params: { identities, networks },
    expected: networks * DEFAULT_DISCOVERY_OPTIONS.adsPerNetwork,
    measured: most,
  });
}

/** Mean requests of a search among `nodes` nodes. */
function requestsOf(seed: string, nodes: number): number {
  const w = new DiscoveryWorld(seed, [...plans(8, HOLDER), ...plans(nodes - 8, {})]);
  let requests = 0;
  let searches = 0;
  w.world.recorder = {
    event: (_timeUs, _node, event, _search, sent) => {
      if (event !== SEARCH_FINISHED) return;
      requests += sent;
      searches++;
    },
  };
  w.start();
  w.run(60);
  for (let i = 0; i < 100; i++) {
    const from = w.members[8 + ((i * 7_919) % (nodes - 8))]!;
    from.discovery.search(ANY_HOLDING, 3);
    if (i % 20 === 19) w.run(5);
  }
  w.run(30);
  return requests / searches;
}

/** Bits gained by a step with k = 8 contacts a bin (row O1). */
const BITS_A_STEP = 4.4;

function growth(): ValidationRow {
  const [small, large] = [64, 256];
  const doublings = Math.log2(large / small);
  const growths = [1, 2, 3, 4].map(
    (i) => (requestsOf(`SD3/${i}`, large) - requestsOf(`SD3/${i}`, small)) / doublings,
  );
  return stochasticRow(
    {
      id: 'SD3',
      case: 'requests more for a network twice as large: at most alpha/b',
      params: { from: small, to: large },
    },
    DEFAULT_OVERLAY_OPTIONS.alpha / BITS_A_STEP,
    estimate(growths),
    (distance) => distance <= 3,
    'at most that, and 3 standard errors',
  );
}

const TOPICS_EACH = 6;

/** Searches for one provider each among liars: share found, and what is expected of where each provider is listed. */
function amongLiars(
  seed: string,
  nodes: number,
  liarRatio: number,
): { found: number; expected: number } {
  const random = new StreamFactory(seed).stream('liars');
  const order = Array.from({ length: nodes }, (_, i) => i);
  for (let i = nodes - 1; i > 0; i--) {
    const j = random.below(i + 1);
    [order[i], order[j]] = [order[j]!, order[i]!];
  }
  const liars = Math.round(liarRatio * nodes);
  const lies = new Set(order.slice(0, liars));
  const providers = 10;
  const topics = Array.from({ length: providers * TOPICS_EACH }, (_, i) => 0x1000 + i);
  const members = Array.from({ length: nodes }, (_, node): MemberPlan => ({
    ...(lies.has(node) ? { policy: { shows: () => false } } : {}),
    ...(node < providers
      ? { extraServices: topics.slice(node * TOPICS_EACH, (node + 1) * TOPICS_EACH) }
      : {}),
  }));
  const w = new DiscoveryWorld(seed, members);
  const listed = new Map<number, Set<number>>();
  w.world.recorder = {
    event: (_timeUs, _node, event, registrar, service) => {
      if (event !== AD_PLACED) return;
      const there = listed.get(service) ?? new Set<number>();
      listed.set(service, there.add(registrar));
    },
  };
  w.start();
  w.run(60);
  let found = 0;
  let expected = 0;
  topics.forEach((service, i) => {
    const { discovery, results } = w.members[providers + i]!;
    discovery.search({ ...ANY_HOLDING, service }, 1);
    w.run(5);
    if ((results[0]?.length ?? 0) > 0) found++;
    let hidden = 1;
    for (let d = 0; d < (listed.get(service)?.size ?? 0); d++)
      hidden *= Math.max(0, liars - d) / (nodes - d);
    expected += 1 - hidden;
  });
  return { found: found / topics.length, expected: expected / topics.length };
}

function hiding(liarRatio: number): ValidationRow {
  const runs = [1, 2, 3, 4].map((i) => amongLiars(`SD4/${i}`, 128, liarRatio));
  const expected = runs.reduce((sum, run) => sum + run.expected, 0) / runs.length;
  return stochasticRow(
    {
      id: 'SD4',
      case: 'searches that find the one provider, among registrars that hide everything',
      params: { liars: liarRatio, searches: runs.length * 60 },
    },
    expected,
    estimate(runs.map((run) => run.found - run.expected + expected)),
    (distance) => Math.abs(distance) <= 3,
  );
}

export const discoveryCases: readonly ValidationCase[] = [
  {
    id: 'SD1',
    title: 'Waiting fills tables as far as the formula says',
    source: "Little 1961; the waiting time of discv5's topic design (Król and others 2024)",
    run: () => [...waiting(20, 100), ...waiting(60, 100)],
  },
  {
    id: 'SD2',
    title: 'Networks, not identities, bound a spammer',
    source: 'the limit itself: places per endpoint network times networks',
    run: () => [spamBound(20, 3), spamBound(90, 3)],
  },
  {
    id: 'SD3',
    title: 'A search costs a look-up, which grows with the logarithm of the network',
    source: 'Maymounkov & Mazières 2002 section 3; bits per step as in row O1',
    run: () => [growth()],
  },
  {
    id: 'SD4',
    title: 'Hiding a provider takes all of its registrars',
    source: 'hypergeometric law',
    run: () => [hiding(0.8), hiding(0.9)],
  },
];
