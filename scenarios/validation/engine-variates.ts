/** E6: samples of every law against its distribution, and the frozen draws. */
import { exp, ln, normalQuantile } from '../../sim/random/elementary.ts';
import type { DurationLaw } from '../../sim/random/law.ts';
import { sampleUs } from '../../sim/random/laws.ts';
import { sampleResidualUs } from '../../sim/random/residual.ts';
import { StreamFactory } from '../../sim/random/streams.ts';
import { ZipfSampler } from '../../sim/random/zipf.ts';
import type { ValidationRow } from './case.ts';
import {
  chiSquare,
  chiSquareTail,
  distribution,
  equiprobableCounts,
  exactRow,
} from './engine-statistics.ts';
import {
  GOLDEN_BELOW,
  GOLDEN_EXP,
  GOLDEN_FILL,
  GOLDEN_LAWS,
  GOLDEN_LN,
  GOLDEN_NORMAL_QUANTILE,
  GOLDEN_SEED,
  GOLDEN_STREAMS,
  GOLDEN_ZIPF,
} from './golden-variates.ts';

const STREAMS = new StreamFactory('validation/engine');
const SAMPLES = 1_000_000;
const BINS = 50;
const P_LEAST = 0.001;

/** Scales of a second and more, so that whole microseconds are fine against the width of a bin. */
const LAWS: readonly DurationLaw[] = [
  { law: 'exponential', meanUs: 3_600_000_000 },
  { law: 'uniform', lowUs: 1_000_000_000, highUs: 3_000_000_000 },
  { law: 'lognormal', medianUs: 2_400_000_000, p99Us: 21_600_000_000 },
  { law: 'normal', meanUs: 60_000_000_000, sdUs: 10_000_000_000 },
  { law: 'weibull', scaleUs: 14_900_000_000, shape: 0.68 },
];

function fitRow(
  what: string,
  counts: ArrayLike<number>,
  expected: readonly number[],
): ValidationRow {
  const statistic = chiSquare(counts, expected);
  const p = chiSquareTail(statistic, BINS - 1);
  return {
    id: 'E6',
    case: `${what}, χ²`,
    params: { samples: SAMPLES, bins: BINS, p: Number(p.toPrecision(3)) },
    expected: BINS - 1,
    measured: statistic,
    ci95: [statistic, statistic],
    tolerance: `${P_LEAST} < p < ${1 - P_LEAST}`,
    verdict: p > P_LEAST && p < 1 - P_LEAST ? 'pass' : 'fail',
  };
}

const EQUAL = Array<number>(BINS).fill(SAMPLES / BINS);

function lawRows(): ValidationRow[] {
  return LAWS.map((law) => {
    const stream = STREAMS.stream(`E6/${law.law}`);
    const counts = equiprobableCounts(
      SAMPLES,
      BINS,
      () => sampleUs(law, stream),
      (us) => distribution(law, us),
    );
    return fitRow(law.law, counts, EQUAL);
  });
}

function integerRows(): ValidationRow[] {
  const stream = STREAMS.stream('E6/below');
  const integers = new Float64Array(BINS);
  for (let i = 0; i < SAMPLES; i++) integers[stream.below(BINS)]!++;
  const ranks = new Float64Array(BINS);
  const exponent = 1.1;
  const zipf = new ZipfSampler(BINS, exponent);
  const zipfStream = STREAMS.stream('E6/zipf');
  for (let i = 0; i < SAMPLES; i++) ranks[zipf.sample(zipfStream)]!++;
  const weights = Array.from({ length: BINS }, (_, rank) => (rank + 1) ** -exponent);
  const sum = weights.reduce((total, weight) => total + weight, 0);
  return [
    fitRow(`integers below ${BINS}`, integers, EQUAL),
    fitRow(
      `zipf(${exponent}) over ${BINS} ranks`,
      ranks,
      weights.map((weight) => (SAMPLES * weight) / sum),
    ),
  ];
}

/** Golden values that come out differently. */
function goldenMismatches(): { compared: number; wrong: number } {
  let compared = 0;
  let wrong = 0;
  const compare = (found: number | string, golden: number | string): void => {
    compared++;
    if (found !== golden) wrong++;
  };
  for (const { seed, path, words } of GOLDEN_STREAMS) {
    const stream = new StreamFactory(seed).stream(path);
    for (const word of words) compare(stream.uint32(), word);
  }
  const factory = new StreamFactory(GOLDEN_SEED);
  for (const { bound, values } of GOLDEN_BELOW) {
    const stream = factory.stream('below');
    for (const value of values) compare(stream.below(bound), value);
  }
  const bytes = new Uint8Array(GOLDEN_FILL.length / 2);
  factory.stream('fill').fill(bytes, 0, bytes.length);
  compare(Array.from(bytes, (b) => b.toString(16).padStart(2, '0')).join(''), GOLDEN_FILL);
  for (const { law, samples, residuals } of GOLDEN_LAWS) {
    const stream = factory.stream(`law/${law.law}`);
    for (const sample of samples) compare(sampleUs(law, stream), sample);
    const rest = factory.stream(`residual/${law.law}`);
    for (const residual of residuals) compare(sampleResidualUs(law, rest), residual);
  }
  for (const { ranks, exponent, samples } of GOLDEN_ZIPF) {
    const zipf = new ZipfSampler(ranks, exponent);
    const stream = factory.stream('zipf');
    for (const sample of samples) compare(zipf.sample(stream), sample);
  }
  for (const [x, value] of GOLDEN_LN) compare(ln(x), value);
  for (const [x, value] of GOLDEN_EXP) compare(exp(x), value);
  for (const [p, value] of GOLDEN_NORMAL_QUANTILE) compare(normalQuantile(p), value);
  return { compared, wrong };
}

export function runE6(): ValidationRow[] {
  const { compared, wrong } = goldenMismatches();
  return [
    ...lawRows(),
    ...integerRows(),
    exactRow({
      id: 'E6',
      case: 'golden draws that differ',
      params: { compared },
      expected: 0,
      measured: wrong,
    }),
  ];
}
