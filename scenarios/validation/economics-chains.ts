/**
 * Random walks of debt: simulations of the closed forms CF1 to CF4, each a few lines that share no code with the formulas. M5 compares their means; E7 uses
 * them to ask whether the intervals that every report prints hold what they promise.
 */
import type { RandomStream } from '../../protocols/random.ts';
import { StreamFactory } from '../../sim/random/streams.ts';
import {
  chequebookRuin,
  creditLineRejection,
  creditPathSuccess,
  packetsPerCheque,
} from '../economy/closed-forms.ts';
import { coverage } from '../economy/metrics/calibration.ts';
import { intervalOf } from '../expect/student.ts';
import type { ValidationRow } from './case.ts';
import { meanOf, withinErrors } from './routing-statistics.ts';

const TWO_POW_32 = 2 ** 32;

/** CF1: share of steps that a credit line of ±limit rejects, after a warm-up. */
function rejectedShare(random: RandomStream, limit: number, p: number, steps: number): number {
  const below = p * TWO_POW_32;
  let balance = 0;
  let rejected = 0;
  const warmUp = 8 * limit * limit;
  for (let i = -warmUp; i < steps; i++) {
    const next = balance + (random.uint32() < below ? 1 : -1);
    if (Math.abs(next) <= limit) balance = next;
    else if (i >= 0) rejected++;
  }
  return rejected / steps;
}

/** CF2: mean packets over `cheques` first passages of ±threshold. */
function packetsSeen(random: RandomStream, threshold: number, p: number, cheques: number): number {
  const below = p * TWO_POW_32;
  let packets = 0;
  for (let i = 0; i < cheques; i++) {
    for (let balance = 0; Math.abs(balance) < threshold; packets++)
      balance += random.uint32() < below ? 1 : -1;
  }
  return packets / cheques;
}

/** Chequebooks this well filled are safe: ruin from there is less likely than this. */
const NEGLIGIBLE = 1e-5;

/** CF3: share of chequebooks that run dry. */
function ruinedShare(random: RandomStream, units: number, p: number, books: number): number {
  const below = p * TWO_POW_32;
  const safe = units + Math.ceil(Math.log(NEGLIGIBLE) / Math.log((1 - p) / p));
  let ruined = 0;
  for (let i = 0; i < books; i++) {
    let balance = units;
    while (balance > 0 && balance < safe) balance += random.uint32() < below ? 1 : -1;
    if (balance === 0) ruined++;
  }
  return ruined / books;
}

/**
 * CF4: share of payments from end to end of a line of credit edges that go through, while any node pays any other one unit at a time. An edge's state is how much
 * may still flow to the right; the rest of its capacity may flow to the left.
 */
function pathShare(random: RandomStream, capacity: number, edges: number, tried: number): number {
  const right = new Int32Array(edges).fill(capacity >> 1);
  const warmUp = 30 * capacity * capacity * edges;
  let count = 0;
  let through = 0;
  for (let step = 0; count < tried; step++) {
    const from = random.below(edges + 1);
    const other = random.below(edges);
    const to = other < from ? other : other + 1;
    const paid = pay(right, capacity, from, to);
    if (step < warmUp || Math.abs(from - to) !== edges) continue;
    count++;
    if (paid) through++;
  }
  return through / tried;
}

function pay(right: Int32Array, capacity: number, from: number, to: number): boolean {
  const left = Math.min(from, to);
  const end = Math.max(from, to);
  const step = from < to ? -1 : 1;
  for (let edge = left; edge < end; edge++) {
    if (right[edge]! + step < 0 || right[edge]! + step > capacity) return false;
  }
  for (let edge = left; edge < end; edge++) right[edge]! += step;
  return true;
}

// ---- M5 ----

const REPLICATIONS = 30;

function replicated(path: string, draw: (random: RandomStream) => number): number[] {
  const streams = new StreamFactory('validation/M5');
  return Array.from({ length: REPLICATIONS }, (_, run) => draw(streams.stream(`${path}/${run}`)));
}

export function runM5(): ValidationRow[] {
  const books = [
    [5, 0.55],
    [20, 0.52],
  ] as const;
  const paths = [
    [4, 3],
    [9, 4],
  ] as const;
  return [
    ...books.map(([units, p]) =>
      withinErrors(
        {
          id: 'M5',
          case: 'chequebook that is never refilled runs dry: (q/p)^D',
          params: { units, p },
          expected: chequebookRuin(units, p),
        },
        meanOf(replicated(`ruin/${units}`, (random) => ruinedShare(random, units, p, 600))),
      ),
    ),
    ...paths.map(([capacity, edges]) =>
      withinErrors(
        {
          id: 'M5',
          case: 'payment along a path of credit lines: (c/(c+1))^d',
          params: { capacity, edges },
          expected: creditPathSuccess(capacity, edges),
        },
        meanOf(
          replicated(`path/${capacity}`, (random) => pathShare(random, capacity, edges, 4_000)),
        ),
      ),
    ),
  ];
}

// ---- E7 ----

const EXPERIMENTS = 1_000;
const VALUES = 30;
const NOMINAL = 0.95;
const COVERAGE_BAND: [number, number] = [0.93, 0.97];

/** What an experiment repeats, and the value that its interval should hold. */
const KNOWN: readonly {
  name: string;
  params: { [name: string]: number };
  truth: number;
  draw(random: RandomStream): number;
}[] = [
  {
    name: 'CF1',
    params: { limit: 4, p: 0.5 },
    truth: creditLineRejection(4, 0.5),
    draw: (random) => rejectedShare(random, 4, 0.5, 500),
  },
  {
    name: 'CF2',
    params: { threshold: 5, p: 0.6 },
    truth: packetsPerCheque(5, 0.6),
    draw: (random) => packetsSeen(random, 5, 0.6, 20),
  },
  {
    name: 'CF3',
    params: { units: 2, p: 0.65 },
    truth: chequebookRuin(2, 0.65),
    draw: (random) => ruinedShare(random, 2, 0.65, 40),
  },
  {
    name: 'CF4',
    params: { capacity: 2, edges: 2 },
    truth: creditPathSuccess(2, 2),
    draw: (random) => pathShare(random, 2, 2, 60),
  },
];

export function runE7(): ValidationRow[] {
  return KNOWN.map(({ name, params, truth, draw }) => {
    const streams = new StreamFactory(`validation/E7/${name}`);
    const intervals = Array.from({ length: EXPERIMENTS }, (_, experiment) => {
      // One stream per value, as one seed per run: values of an experiment must not share one.
      const values = Array.from({ length: VALUES }, (__, value) =>
        draw(streams.stream(`${experiment}/${value}`)),
      );
      const { mean, halfWidth = 0 } = intervalOf(values, NOMINAL);
      return [mean - halfWidth, mean + halfWidth] as const;
    });
    const measured = coverage(intervals, Array<number>(EXPERIMENTS).fill(truth));
    const half = 1.96 * Math.sqrt((measured * (1 - measured)) / EXPERIMENTS);
    return {
      id: 'E7',
      case: `share of nominal 95% intervals that hold ${name}`,
      params: { ...params, experiments: EXPERIMENTS, values: VALUES },
      expected: NOMINAL,
      measured,
      ci95: [measured - half, measured + half],
      tolerance: `${COVERAGE_BAND[0] * 100}..${COVERAGE_BAND[1] * 100}%`,
      verdict: measured >= COVERAGE_BAND[0] && measured <= COVERAGE_BAND[1] ? 'pass' : 'fail',
    };
  });
}
