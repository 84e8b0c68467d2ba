/**
 * M3, M4, M6 and M12: what the real accounts and the real ledger do between two, and in a whole town.
 *
 * Two accounts run side by side as `protocols/swap` has them; the town is a world of flows, with invoices, cheques, scores and contracts.
 */
import { emptyTotals, PairAccount } from '../../protocols/swap/account.ts';
import type { RandomStream } from '../../protocols/random.ts';
import { StreamFactory } from '../../sim/random/streams.ts';
import { creditLineRejection, packetsPerCheque } from '../economy/closed-forms.ts';
import { buildFlows } from '../flows/build.ts';
import { loadScenario } from '../language/load.ts';
import type { ValidationRow } from './case.ts';
import { estimate, exactRow } from './engine-statistics.ts';

const STREAMS = new StreamFactory('validation/pairs');
const CHAINS = 120;
const STEPS = 6_000;
const WARMUP = 2_000;
/** 97.5% quantile of the normal law, for 120 replications. */
const Z95 = 1.98;
const TWO_POW_32 = 4_294_967_296;

function pairOf(limit: number): [PairAccount, PairAccount] {
  const limits = {
    paymentThreshold: limit,
    disconnectThreshold: limit,
    allowancePerSecond: 0,
  };
  return [new PairAccount(limits, emptyTotals(0)), new PairAccount(limits, emptyTotals(0))];
}

/** Share of unit services that a pair refuses, each way with chance p and 1 - p. */
function refusedShare(limit: number, p: number, random: RandomStream): number {
  const [a, b] = pairOf(limit);
  let refused = 0;
  for (let i = 0; i < WARMUP + STEPS; i++) {
    const [gives, takes] = random.uint32() < p * TWO_POW_32 ? [a, b] : [b, a];
    if (gives.mayProvide(1, 0) === undefined) {
      gives.provide(1);
      takes.consume(1);
    } else if (i >= WARMUP) refused++;
  }
  return refused / STEPS;
}

/** Mean number of unit services until one side owes `threshold` and pays it all. */
function servicesPerCheque(threshold: number, p: number, random: RandomStream): number {
  const cheques = 60;
  let services = 0;
  for (let i = 0; i < cheques; i++) {
    const [a, b] = pairOf(threshold);
    while (Math.abs(a.balance) < threshold) {
      const [gives, takes] = random.uint32() < p * TWO_POW_32 ? [a, b] : [b, a];
      gives.provide(1);
      takes.consume(1);
      services++;
    }
  }
  return services / cheques;
}

function chanceRow(
  row: Pick<ValidationRow, 'id' | 'case' | 'params' | 'expected'>,
  values: readonly number[],
): ValidationRow {
  const { mean, error } = estimate(values);
  return {
    ...row,
    measured: mean,
    ci95: [mean - Z95 * error, mean + Z95 * error],
    tolerance: '3 standard errors',
    verdict: Math.abs(mean - row.expected) <= 3 * error ? 'pass' : 'fail',
  };
}

function chains(name: string, run: (random: RandomStream) => number): number[] {
  return Array.from({ length: CHAINS }, (_, i) => run(STREAMS.stream(`${name}/${i}`)));
}

export function runM3(): ValidationRow[] {
  return (
    [
      [16, 0.5],
      [16, 0.52],
      [8, 0.6],
    ] as const
  ).map(([T, p]) =>
    chanceRow(
      {
        id: 'M3',
        case: 'share of services that a pair of accounts refuses',
        params: { T, p },
        expected: creditLineRejection(T, p),
      },
      chains(`M3/${T}/${p}`, (random) => refusedShare(T, p, random)),
    ),
  );
}

export function runM4(): ValidationRow[] {
  return (
    [
      [10, 0.5],
      [10, 0.6],
      [20, 0.55],
    ] as const
  ).map(([T, p]) =>
    chanceRow(
      {
        id: 'M4',
        case: 'services between two cheques of a pair',
        params: { T, p },
        expected: packetsPerCheque(T, p),
      },
      chains(`M4/${T}/${p}`, (random) => servicesPerCheque(T, p, random)),
    ),
  );
}

/** A town in which a tenth never pays. */
const TOWN = `scenario: town
uses: [mainframe-2018]
world: { nodes: 60, duration: 6 d, warmup: 1 h, detail: flows, suite: modelled }
roles: { steady: { share: 90% }, never: { share: 10%, pays: never } }
money: { threshold: 2 MFT, tolerance: 25% }
traffic: [{ volume: lognormal(median 300 MiB p99 2 GiB) per day }]
`;
const DISCONNECT_MFT = 2.5;
const UNITS_PER_MFT = 1_000_000_000;
const HOUR_US = 3_600_000_000;

/** Largest debt of a town in which some never pay, and how often its tokens did not add up. */
export function runM6AndM12(): ValidationRow[] {
  const loaded = loadScenario({ file: 'town.yaml', text: TOWN });
  const resolved = loaded.ok ? loaded.loaded.resolve() : undefined;
  if (resolved?.ok !== true) throw new Error('the town of the validation does not load');
  const { world } = buildFlows(resolved.scenario, { seed: 1 });
  const { town } = world;
  let largest = 0;
  let wrong = 0;
  for (let hour = 1; hour <= 144; hour++) {
    world.run(hour * HOUR_US);
    if (town.bank.audit().length > 0) wrong++;
    for (const person of town.atPlace)
      for (const other of town.neighboursOf(person))
        largest = Math.max(largest, person.swap.pair(other.number)?.balance ?? 0);
  }
  const atMost = largest <= DISCONNECT_MFT * UNITS_PER_MFT;
  return [
    {
      id: 'M6',
      case: 'largest debt of one who never pays, MFT: never above the disconnect threshold',
      params: { nodes: 60, days: 6 },
      expected: DISCONNECT_MFT,
      measured: largest / UNITS_PER_MFT,
      ci95: [largest / UNITS_PER_MFT, largest / UNITS_PER_MFT],
      tolerance: 'not above, and within 5% of it',
      verdict: atMost && largest >= 0.95 * DISCONNECT_MFT * UNITS_PER_MFT ? 'pass' : 'fail',
    },
    exactRow({
      id: 'M12',
      case: 'hours after which the tokens of a town do not add up',
      params: { nodes: 60, hours: 144 },
      expected: 0,
      measured: wrong,
    }),
  ];
}
