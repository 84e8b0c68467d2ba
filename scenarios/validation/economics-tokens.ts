/**
 * M1 and M2: the accounting kernel against the published model. M1 compares what comes out of a million requests with figures of 20 networks per setting (an independent
 * program that agrees with the authors' own); M2 compares single routes and prices, exactly, on the authors' topology; and on two nodes the
 * kernel must keep to the closed forms of a credit line.
 */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { StreamFactory } from '../../sim/random/streams.ts';
import { creditLineRejection, packetsPerCheque } from '../economy/closed-forms.ts';
import { FOUND, NO_ACCESS, OVER_THRESHOLD } from '../economy/counters.ts';
import { TokenKernel } from '../economy/kernel.ts';
import { DEFAULT_RULES, type TokenRules } from '../economy/rules.ts';
import { simulateTokens, type TokenFigures } from '../economy/simulate.ts';
import { parseTopology, topologyOf } from '../economy/topology.ts';
import type { ValidationRow } from './case.ts';
import { exactRow } from './engine-statistics.ts';
import { meanOf, row, withinErrors } from './routing-statistics.ts';

/** Threshold 0: every hop is paid. */
const EVERY_HOP_PAID: TokenRules = { ...DEFAULT_RULES, threshold: 0 };
const NETWORK = { nodes: 10_000, bits: 16, symmetric: false };
const REQUESTS = 1_000_000;

/** A figure that is compared: where it stands in the reference file, and how far one network may be from the reference's mean. */
interface Compared {
  name: string;
  column: string;
  of(figures: TokenFigures): number;
  tolerance(expected: number): number;
}

const GINI_TOLERANCE = 0.012;
const COMPARED: readonly Compared[] = [
  { name: 'hops', column: 'avghops', of: (f) => f.meanHops, tolerance: () => 0.02 },
  { name: 'share found', column: 'found', of: (f) => f.found, tolerance: () => 0.007 },
  {
    name: 'income Gini',
    column: 'gini_income',
    of: (f) => f.incomeGini ?? NaN,
    tolerance: () => GINI_TOLERANCE,
  },
  {
    name: 'work Gini',
    column: 'gini_work',
    of: (f) => f.workGini,
    tolerance: () => GINI_TOLERANCE,
  },
  {
    name: 'forwarding Gini',
    column: 'gini_fwd',
    of: (f) => f.forwardGini,
    tolerance: () => GINI_TOLERANCE,
  },
  {
    name: 'storage Gini',
    column: 'gini_sto',
    of: (f) => f.storageGini,
    tolerance: () => GINI_TOLERANCE,
  },
  {
    name: 'paid per request',
    column: 'paid_per_found',
    of: (f) => f.paidPerFound,
    tolerance: (expected) => 0.015 * expected,
  },
];

/** The setting that is run in full, with its figures transcribed, so that it needs no file. */
const MAIN = {
  bucket: 16,
  originators: 100,
  networks: 10,
  expected: [2.325864, 0.994847, 0.425148, 0.379707, 0.573249, 0.281483, 17.538479],
};

function rowsOf(
  bucket: number,
  originators: number,
  networks: number,
  expected: readonly number[],
  spread: readonly number[],
): ValidationRow[] {
  const runs = Array.from({ length: networks }, (_, network) =>
    simulateTokens(
      { ...NETWORK, bucketSize: bucket },
      EVERY_HOP_PAID,
      { originators, requests: REQUESTS },
      new StreamFactory(`validation/M1/${bucket}/${originators}/${network}`),
    ),
  );
  // The reference allows the mean of ten networks a third of what it allows one.
  const share = networks >= 10 ? 1 / 3 : 1;
  const params = { nodes: NETWORK.nodes, bucket, originators, networks };
  return COMPARED.map(({ name, of, tolerance }, at) => {
    const values = runs.map(of);
    // One network has no spread of its own; how far single networks lie apart is then the reference's word.
    const measured = networks > 1 ? meanOf(values) : { mean: values[0]!, error: spread[at]! };
    const band = share * tolerance(expected[at]!);
    return row(
      { id: 'M1', case: name, params, expected: expected[at]! },
      measured,
      `±${Number(band.toPrecision(2))} (reference is approximate)`,
      Math.abs(measured.mean - expected[at]!) <= band,
    );
  });
}

function referenceRows(dataFolder: string | undefined): ValidationRow[] {
  const name = 'economics/t4t_k_originators_N10000_b16_rf4_thr0.csv';
  const path = dataFolder === undefined ? '' : join(dataFolder, name);
  if (!existsSync(path)) return [skipped('M1', 'other settings', `${name} is absent`)];
  const [head, ...lines] = readFileSync(path, 'utf8').trim().split('\n');
  const columns = head!.split(',');
  return lines.flatMap((line) => {
    const cells = line.split(',').map(Number);
    const cell = (column: string): number => {
      const at = columns.indexOf(column);
      if (at < 0) throw new Error(`${name} has no column ${column}`);
      return cells[at]!;
    };
    const bucket = cell('k');
    const originators = cell('origins');
    if (bucket === MAIN.bucket && originators === MAIN.originators) return [];
    return rowsOf(
      bucket,
      originators,
      1,
      COMPARED.map(({ column }) => cell(`${column}_mean`)),
      COMPARED.map(({ column }) => cell(`${column}_sd_between_networks`)),
    );
  });
}

export function skipped(id: string, what: string, note: string): ValidationRow {
  return {
    id,
    case: what,
    params: {},
    expected: NaN,
    measured: NaN,
    ci95: [NaN, NaN],
    tolerance: 'exact',
    verdict: 'skipped',
    note,
  };
}

/** Two nodes that ask each other for one unit at a time: 1 asks 0 with probability `p`. */
function pairRun(rules: TokenRules, p: number, warmUp: number, steps: number, seed: string) {
  const pair = topologyOf(Int32Array.of(0, 1), 1, [[1], [0]]);
  const random = new StreamFactory('validation/M1/pair').stream(seed);
  const kernel = new TokenKernel(pair, {
    ...rules,
    forgiveness: false,
    priceOrderMax: 1,
    replication: 1,
  });
  const below = p * 2 ** 32;
  const outcomes = new Float64Array(5);
  const step = (): number => {
    const asks = random.uint32() < below ? 1 : 0;
    return kernel.request(asks, 1 - asks);
  };
  for (let i = 0; i < warmUp; i++) step();
  const paidBefore = kernel.counters.payments;
  for (let i = 0; i < steps; i++) outcomes[step()]!++;
  return { outcomes, payments: kernel.counters.payments - paidBefore };
}

const PAIR_RUNS = 30;
const PAIR_STEPS = 60_000;
const PAIR_WARM_UP = 5_000;

function pairRows(): ValidationRow[] {
  const runs = Array.from({ length: PAIR_RUNS }, (_, run) => run);
  const rejections = [
    [16, 0.5],
    [16, 0.52],
    [8, 0.6],
  ] as const;
  const cheques = [
    [10, 0.5],
    [10, 0.6],
  ] as const;
  return [
    ...rejections.map(([threshold, p]) => {
      const rules: TokenRules = { ...DEFAULT_RULES, threshold, payment: 'none' };
      const rates = runs.map((run) => {
        const seed = `reject/${threshold}/${p}/${run}`;
        const { outcomes } = pairRun(rules, p, PAIR_WARM_UP, PAIR_STEPS, seed);
        return outcomes[OVER_THRESHOLD]! / PAIR_STEPS;
      });
      return withinErrors(
        {
          id: 'M1',
          case: 'kernel of two nodes: share over the threshold (CF1)',
          params: { threshold, p },
          expected: creditLineRejection(threshold, p),
        },
        meanOf(rates),
      );
    }),
    ...cheques.map(([threshold, p]) => {
      // The request that would pass threshold - 1 brings the balance to the threshold, and clears it.
      const rules: TokenRules = { ...DEFAULT_RULES, threshold: threshold - 1, paid: 'balance' };
      const packets = runs.map((run) => {
        const seed = `cheque/${threshold}/${p}/${run}`;
        const { payments } = pairRun(rules, p, PAIR_WARM_UP, PAIR_STEPS, seed);
        return PAIR_STEPS / payments;
      });
      return withinErrors(
        {
          id: 'M1',
          case: 'kernel of two nodes: requests per payment (CF2)',
          params: { threshold, p },
          expected: packetsPerCheque(threshold, p),
        },
        meanOf(packets),
      );
    }),
  ];
}

export function runM1({ dataFolder }: { dataFolder: string | undefined }): ValidationRow[] {
  return [
    ...rowsOf(MAIN.bucket, MAIN.originators, MAIN.networks, MAIN.expected, []),
    ...referenceRows(dataFolder),
    ...pairRows(),
  ];
}

export function runM2({ dataFolder }: { dataFolder: string | undefined }): ValidationRow[] {
  const topologyFile = 'economics/topology_swarmbachelor_k4_N10000_b16.csv.gz';
  const routesFile = 'economics/golden_routes_swarmbachelor_k4.csv';
  const missing = [topologyFile, routesFile].filter(
    (name) => dataFolder === undefined || !existsSync(join(dataFolder, name)),
  );
  if (missing.length > 0) return [skipped('M2', 'routes', `${missing.join(' and ')} absent`)];
  const packed = readFileSync(join(dataFolder!, topologyFile));
  const topology = parseTopology(gunzipSync(packed).toString('latin1'), NETWORK.bits);
  const nodeOf = new Map(Array.from(topology.ids, (id, node) => [id, node]));
  const kernel = new TokenKernel(topology, EVERY_HOP_PAID);
  const lines = readFileSync(join(dataFolder!, routesFile), 'utf8').trim().split('\n').slice(1);
  let routes = 0;
  let prices = 0;
  for (const line of lines) {
    const [originator, chunk, found, hops, nodes, costs] = line.split(',');
    const outcome = kernel.request(nodeOf.get(Number(originator))!, Number(chunk));
    const { route } = kernel;
    const ids = Array.from(route.nodes.subarray(0, route.hops + 1), (node) => topology.ids[node]!);
    const ended = outcome === FOUND ? '1' : outcome === NO_ACCESS ? '0' : '?';
    if (ids.join('-') === nodes && String(route.hops) === hops && ended === found) routes++;
    if (route.prices.subarray(0, route.hops).join('-') === costs) prices++;
  }
  const params = { nodes: topology.nodes, bucket: 4, recorded: lines.length };
  return [
    exactRow({ id: 'M2', case: 'routes', params, expected: lines.length, measured: routes }),
    exactRow({ id: 'M2', case: 'prices', params, expected: lines.length, measured: prices }),
  ];
}
