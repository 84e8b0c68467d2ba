/**
 * Validation of the overlay (O1, O2, O3, O5, O6): closed forms, a reference computed elsewhere, and recorded answers of other
 * implementations, all through the real tables, the real next-hop function and, for O6, the real machine.
 *
 * Intervals come from independent networks: walks in one network share its tables, so only the spread between networks says
 * how sure a mean is.
 */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { DEFAULT_OVERLAY_OPTIONS } from '../../protocols/overlay/params.ts';
import { StreamFactory } from '../../sim/random/streams.ts';
import type { ValidationCase, ValidationRow } from './case.ts';
import { scoreOverlayVectors } from './overlay-vectors.ts';
import {
  convergedTwin,
  hopCounts,
  joinedNetwork,
  staticNetwork,
  textbookOptions,
  walk,
} from './overlay-worlds.ts';

const STREAMS = new StreamFactory('validation/overlay');
const Z95 = 1.96;

interface Mean {
  mean: number;
  /** Standard error of the mean, from the spread between independent replications. */
  error: number;
  /** Standard deviation of one replication. */
  deviation: number;
}

function meanOf(values: readonly number[]): Mean {
  const mean = values.reduce((sum, x) => sum + x, 0) / values.length;
  const squares = values.reduce((sum, x) => sum + (x - mean) * (x - mean), 0);
  const deviation = Math.sqrt(squares / (values.length - 1));
  return { mean, deviation, error: deviation / Math.sqrt(values.length) };
}

function countsMean(counts: readonly number[]): number {
  let total = 0;
  let sum = 0;
  counts.forEach((count, value) => {
    total += count;
    sum += count * value;
  });
  return sum / total;
}

/** A row judged against three standard errors of measurement and reference together. */
function rowWithin(
  row: Pick<ValidationRow, 'id' | 'case' | 'params' | 'expected'>,
  measured: Mean,
  referenceError: number,
  note?: string,
): ValidationRow {
  const error = Math.hypot(measured.error, referenceError);
  const half = Z95 * measured.error;
  return {
    ...row,
    measured: measured.mean,
    ci95: [measured.mean - half, measured.mean + half],
    tolerance: '3 standard errors',
    verdict: Math.abs(measured.mean - row.expected) <= 3 * error ? 'pass' : 'fail',
    ...(note === undefined ? {} : { note }),
  };
}

// ---- O1 ----

/** Bits gained by one greedy hop: one for sure, and the best of k contacts matches the next ones by chance. */
function bitsPerHop(bucket: number): number {
  let bits = 1;
  for (let t = 1; t <= 60; t++) bits += 1 - (1 - 2 ** -t) ** bucket;
  return bits;
}

/** Mean hops of walks in each of `networks` independent textbook networks. */
function meanHops(nodes: number, bucket: number, networks: number, walks: number): Mean {
  const means: number[] = [];
  for (let i = 0; i < networks; i++) {
    const random = STREAMS.stream(`O1/${nodes}/${bucket}/${i}`);
    const network = staticNetwork(nodes, textbookOptions(bucket), random);
    means.push(countsMean(hopCounts(network, walks, random)));
  }
  return meanOf(means);
}

const REFERENCE_WALKS = 20_000;
const REFERENCE_ROUNDING = 0.0005;

function greedyReference(dataFolder: string | undefined): ValidationRow[] {
  const path =
    dataFolder === undefined ? '' : join(dataFolder, 'validation', 'greedy-hops-reference.csv');
  if (dataFolder === undefined || !existsSync(path)) {
    return [
      {
        id: 'O1',
        case: 'greedy hops, reference',
        params: {},
        expected: NaN,
        measured: NaN,
        ci95: [NaN, NaN],
        tolerance: '3 standard errors',
        verdict: 'skipped',
        note: 'validation/greedy-hops-reference.csv is absent',
      },
    ];
  }
  const lines = readFileSync(path, 'utf8').trim().split('\n');
  return lines
    .filter((line) => /^\d/.test(line))
    .map((line) => {
      const [nodes, bucket, mean] = line.split(',').map(Number) as [number, number, number];
      const networks = nodes > 5_000 ? 6 : 20;
      const walks = 1_000;
      const measured = meanHops(nodes, bucket, networks, walks);
      // The reference is one run of 20,000 walks; whether in one network or many is not said, so it may carry the whole
      // spread between networks besides that between walks. A network's mean here has both, hence this bound.
      const referenceError = Math.hypot(measured.deviation, REFERENCE_ROUNDING);
      return rowWithin(
        { id: 'O1', case: 'greedy hops, reference', params: { nodes, bucket }, expected: mean },
        measured,
        referenceError,
        `reference: ${REFERENCE_WALKS} walks, error taken as that of one network`,
      );
    });
}

function greedySlopes(): ValidationRow[] {
  const sizes = [512, 1024, 2048, 4096];
  return [1, 2, 4, 8, 16].map((bucket) => {
    const slopes: number[] = [];
    for (let i = 0; i < 8; i++) {
      const random = STREAMS.stream(`O1/slope/${bucket}/${i}`);
      const means = sizes.map((nodes) =>
        countsMean(hopCounts(staticNetwork(nodes, textbookOptions(bucket), random), 4_000, random)),
      );
      slopes.push(slopeOf(means));
    }
    return rowWithin(
      {
        id: 'O1',
        case: 'greedy hops per doubling of the network',
        params: { bucket, nodes: `${sizes[0]}..${sizes[sizes.length - 1]}` },
        expected: 1 / bitsPerHop(bucket),
      },
      meanOf(slopes),
      0,
    );
  });
}

/** Least-squares slope of values at 0, 1, 2, ... */
function slopeOf(values: readonly number[]): number {
  const centre = (values.length - 1) / 2;
  let above = 0;
  let below = 0;
  values.forEach((value, x) => {
    above += (x - centre) * value;
    below += (x - centre) * (x - centre);
  });
  return above / below;
}

// ---- O2 ----

/**
 * Upper tail of chi-square with an even number of degrees of freedom: a Poisson sum, exact.
 */
function chiSquareTail(statistic: number, degrees: number): number {
  let term = Math.exp(-statistic / 2);
  let sum = term;
  for (let i = 1; i < degrees / 2; i++) {
    term *= statistic / 2 / i;
    sum += term;
  }
  return sum;
}

function zoneHops(): ValidationRow[] {
  return [4, 8].map((bits) => {
    // Targets are uniform, so each walk is a fresh binomial draw whatever the network: walks may share networks.
    const counts = new Array<number>(bits + 1).fill(0);
    const walks = 6_000;
    for (let i = 0; i < 3; i++) {
      const random = STREAMS.stream(`O2/${bits}/${i}`);
      const network = staticNetwork(4_096, textbookOptions(1), random);
      const target = new Uint32Array(8);
      for (let w = 0; w < walks / 3; w++) {
        for (let word = 0; word < 8; word++) target[word] = random.uint32();
        counts[walk(network, random.below(4_096), target, 0, bits)]!++;
      }
    }
    let statistic = 0;
    let ways = 1;
    for (let hops = 0; hops <= bits; hops++) {
      const expected = (walks * ways) / 2 ** bits;
      statistic += (counts[hops]! - expected) ** 2 / expected;
      ways = (ways * (bits - hops)) / (hops + 1);
    }
    const p = chiSquareTail(statistic, bits);
    return {
      id: 'O2',
      case: `hops into a zone of ${bits} bits are Binomial(${bits}, 1/2): mean`,
      params: { nodes: 4_096, bucket: 1, bits, walks },
      expected: bits / 2,
      measured: countsMean(counts),
      ci95: meanInterval(countsMean(counts), Math.sqrt(bits / 4 / walks)),
      tolerance: 'p > 0.01 (chi-square)',
      verdict: p > 0.01 ? ('pass' as const) : ('fail' as const),
      note: `chi-square ${statistic.toFixed(2)} with ${bits} degrees of freedom, p = ${p.toFixed(3)}`,
    };
  });
}

function meanInterval(mean: number, error: number): [number, number] {
  return [mean - Z95 * error, mean + Z95 * error];
}

// ---- O3 ----

/** E[min(k, Binomial(n, p))]. */
function expectedOccupancy(bucket: number, others: number, share: number): number {
  let log = others * Math.log1p(-share);
  let below = 0;
  let sum = 0;
  for (let m = 0; m < bucket; m++) {
    const probability = Math.exp(log);
    below += probability;
    sum += m * probability;
    log += Math.log((others - m) / (m + 1)) + Math.log(share) - Math.log1p(-share);
  }
  return sum + bucket * (1 - below);
}

function occupancy(): ValidationRow[] {
  // Many small networks: three standard errors mean little when the standard error itself comes from a dozen.
  const nodes = 1_024;
  const networks = 150;
  const bins = [0, 2, 4, 5, 6, 7, 8, 9, 10];
  const bucket = 8;
  const perNetwork: number[][] = bins.map(() => []);
  for (let i = 0; i < networks; i++) {
    const random = STREAMS.stream(`O3/${i}`);
    const { tables } = staticNetwork(nodes, textbookOptions(bucket), random);
    bins.forEach((bin, at) => {
      const held = tables.reduce((sum, table) => sum + table.binSize(bin), 0);
      perNetwork[at]!.push(held / nodes);
    });
  }
  return bins.map((bin, at) => {
    const formula = Math.min(bucket, nodes * 2 ** -(bin + 1));
    return rowWithin(
      {
        id: 'O3',
        case: 'bin occupancy',
        params: { nodes, bucket, bin },
        expected: expectedOccupancy(bucket, nodes - 1, 2 ** -(bin + 1)),
      },
      meanOf(perNetwork[at]!),
      // One contact more or less in all networks: what a mean of exactly k cannot show.
      1 / (nodes * networks),
      `min(k, N/2^(bin+1)) = ${formula}; expected is the mean of min(k, Binomial(N-1, 2^-(bin+1)))`,
    );
  });
}

// ---- O5 ----

function recordedAnswers(vectorsFolder: string | undefined): ValidationRow[] {
  const skipped = vectorsFolder === undefined;
  const scores = skipped ? [] : scoreOverlayVectors(vectorsFolder);
  if (scores.length === 0) {
    return [
      {
        id: 'O5',
        case: 'recorded answers',
        params: {},
        expected: 1,
        measured: NaN,
        ci95: [NaN, NaN],
        tolerance: 'exact',
        verdict: 'skipped',
        note: 'the folder of known answers is absent',
      },
    ];
  }
  return scores.map((score) => {
    const ratio = score.right / score.asked;
    return {
      id: 'O5',
      case: score.file,
      params: { expectations: score.asked },
      expected: 1,
      measured: ratio,
      ci95: [ratio, ratio],
      tolerance: 'exact',
      verdict: score.asked > 0 && score.right === score.asked ? 'pass' : 'fail',
      ...(score.firstWrong === '' ? {} : { note: score.firstWrong }),
    };
  });
}

// ---- O6 ----

/** Largest difference between the distribution functions of two samples given as counts by value. */
function kolmogorovDistance(a: readonly number[], b: readonly number[]): number {
  const sizeA = a.reduce((sum, x) => sum + x, 0);
  const sizeB = b.reduce((sum, x) => sum + x, 0);
  let below = 0;
  let distance = 0;
  for (let value = 0; value < Math.max(a.length, b.length); value++) {
    below += (a[value] ?? 0) / sizeA - (b[value] ?? 0) / sizeB;
    distance = Math.max(distance, Math.abs(below));
  }
  return distance;
}

/** Two-sample Kolmogorov-Smirnov p-value (asymptotic; conservative for whole numbers, so it rejects too rarely). */
function kolmogorovTail(distance: number, sizeA: number, sizeB: number): number {
  const root = Math.sqrt((sizeA * sizeB) / (sizeA + sizeB));
  const x = (root + 0.12 + 0.11 / root) * distance;
  let sum = 0;
  for (let j = 1; j <= 100; j++) sum += (j % 2 === 1 ? 2 : -2) * Math.exp(-2 * j * j * x * x);
  return Math.min(1, Math.max(0, x < 0.2 ? 1 : sum));
}

function joinAgrees(): ValidationRow[] {
  const options = {
    ...DEFAULT_OVERLAY_OPTIONS,
    start: 'join' as const,
    symmetric: false,
    refreshUs: 60_000_000,
  };
  const walks = 2_000;
  return [128, 320].flatMap((nodes) => {
    const joined = joinedNetwork(nodes, options, `O6/${nodes}`, 90_000_000);
    const random = STREAMS.stream(`O6/${nodes}`);
    const converged = convergedTwin(joined, options, random);
    const contacts = (tables: { size: number }[]) => tables.reduce((sum, t) => sum + t.size, 0);
    const fill = contacts(joined.tables) / contacts(converged.tables);
    const joinedHops = hopCounts(joined, walks, random);
    const convergedHops = hopCounts(converged, walks, random);
    const distance = kolmogorovDistance(joinedHops, convergedHops);
    const p = kolmogorovTail(distance, walks, walks);
    const params = { nodes, bucket: options.bucket };
    return [
      {
        id: 'O6',
        case: 'contacts after joining, of those in converged tables',
        params,
        expected: 1,
        measured: fill,
        ci95: [fill, fill] as [number, number],
        tolerance: '±2%',
        verdict: Math.abs(fill - 1) <= 0.02 ? ('pass' as const) : ('fail' as const),
      },
      {
        id: 'O6',
        case: 'mean greedy hops, joined against converged',
        params: { ...params, walks },
        expected: countsMean(convergedHops),
        measured: countsMean(joinedHops),
        ci95: meanInterval(countsMean(joinedHops), Math.sqrt(countsVariance(joinedHops) / walks)),
        tolerance: 'p > 0.01 (Kolmogorov-Smirnov)',
        verdict: p > 0.01 ? ('pass' as const) : ('fail' as const),
        note: `largest difference of the distribution functions ${distance.toFixed(4)}, p = ${p.toFixed(3)}`,
      },
    ];
  });
}

function countsVariance(counts: readonly number[]): number {
  const mean = countsMean(counts);
  let total = 0;
  let squares = 0;
  counts.forEach((count, value) => {
    total += count;
    squares += count * (value - mean) ** 2;
  });
  return squares / total;
}

export const overlayCases: readonly ValidationCase[] = [
  {
    id: 'O1',
    title: 'Greedy hops with k random contacts a bin',
    source: 'slope 1/b with b = 1 + sum over t >= 1 of 1 - (1 - 2^-t)^k; computed reference means',
    run: ({ dataFolder }) => [...greedyReference(dataFolder), ...greedySlopes()],
  },
  {
    id: 'O2',
    title: 'Hops into an l-bit zone, one contact a bin',
    source: 'Binomial(l, 1/2): each bit of the target matches by chance or costs a hop',
    run: zoneHops,
  },
  {
    id: 'O3',
    title: 'Bin occupancy',
    source: 'min(k, N 2^-(i+1)), taken exactly as the mean of min(k, Binomial)',
    run: occupancy,
  },
  {
    id: 'O5',
    title: 'Depth, suggested peer and next hops of other implementations',
    source: 'recorded from Swarm (network/kademlia.go), its snapshots, and Bee',
    run: ({ vectorsFolder }) => recordedAnswers(vectorsFolder),
  },
  {
    id: 'O6',
    title: 'Joining by messages and laying tables out agree',
    source: 'the two ways to start a world must be the same world',
    run: joinAgrees,
  },
];
