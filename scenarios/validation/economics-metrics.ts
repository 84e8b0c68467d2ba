/** M11: the inequality and score metrics on samples of laws whose value is known in closed form (CF19, CF20), and on cases that are exact. */
import type { RandomStream } from '../../protocols/random.ts';
import { normalQuantile } from '../../sim/random/elementary.ts';
import { StreamFactory, uniform } from '../../sim/random/streams.ts';
import { gini, lorenz, theil } from '../economy/metrics/inequality.ts';
import { accuracyRatio, areaUnderCurve, scoreDistance } from '../economy/metrics/scoring.ts';
import type { ValidationRow } from './case.ts';
import { exactRow, normalDistribution } from './engine-statistics.ts';
import { meanOf, withinErrors } from './routing-statistics.ts';

const REPLICATIONS = 20;
const SAMPLE = 20_000;
const EULER_GAMMA = 0.5772156649015329;
const PARETO = 3;
const SIGMA = 1;

const LAWS: readonly {
  law: string;
  gini: number;
  draw(random: RandomStream): number;
}[] = [
  { law: 'exponential', gini: 0.5, draw: (random) => -Math.log(uniform(random)) },
  { law: 'uniform', gini: 1 / 3, draw: uniform },
  {
    law: `Pareto, shape ${PARETO}`,
    gini: 1 / (2 * PARETO - 1),
    draw: (random) => uniform(random) ** (-1 / PARETO),
  },
  {
    law: `lognormal, sigma ${SIGMA}`,
    // erf(σ/2) by the normal distribution function.
    gini: 2 * normalDistribution(SIGMA / Math.SQRT2) - 1,
    draw: (random) => Math.exp(SIGMA * normalQuantile(uniform(random))),
  },
];

function sampled(path: string, of: (random: RandomStream) => number) {
  const streams = new StreamFactory('validation/M11');
  return meanOf(
    Array.from({ length: REPLICATIONS }, (_, run) => of(streams.stream(`${path}/${run}`))),
  );
}

function inequalityRows(): ValidationRow[] {
  const sample = (draw: (random: RandomStream) => number, random: RandomStream): Float64Array =>
    Float64Array.from({ length: SAMPLE }, () => draw(random));
  const params = { sample: SAMPLE };
  const exponential = LAWS[0]!;
  return [
    ...LAWS.map(({ law, gini: expected, draw }) =>
      withinErrors(
        { id: 'M11', case: `Gini, ${law}`, params, expected },
        sampled(`gini/${law}`, (random) => gini(sample(draw, random))),
      ),
    ),
    withinErrors(
      {
        id: 'M11',
        case: 'Lorenz curve at one half, exponential',
        params,
        expected: 0.5 + 0.5 * Math.log(0.5),
      },
      sampled('lorenz', (random) => lorenz(sample(exponential.draw, random))[SAMPLE / 2]!),
    ),
    withinErrors(
      { id: 'M11', case: 'Theil, exponential', params, expected: 1 - EULER_GAMMA },
      sampled('theil', (random) => theil(sample(exponential.draw, random))),
    ),
    exactRow({
      id: 'M11',
      case: 'Gini, one has all: (n-1)/n',
      params: { n: 1_000 },
      expected: 0.999,
      measured: gini(Float64Array.from({ length: 1_000 }, (_, at) => (at === 7 ? 5 : 0))),
    }),
  ];
}

/** Large enough for the positive bias of a supremum (of order n^(-2/3)) to drown in the sample's error. */
const SCORED = 40_000;

function scoreRows(): ValidationRow[] {
  const distance = 1.5;
  const area = normalDistribution(distance / Math.SQRT2);
  const half = SCORED / 2;
  const bad = Array.from({ length: SCORED }, (_, at) => at >= half);
  const scores = (random: RandomStream): Float64Array =>
    Float64Array.from(bad, (shifted) => normalQuantile(uniform(random)) + (shifted ? distance : 0));
  const params = { distance, sample: SCORED };
  return [
    withinErrors(
      { id: 'M11', case: 'AUC, binormal: Φ(d/√2)', params, expected: area },
      sampled('auc', (random) => areaUnderCurve(scores(random), bad)),
    ),
    withinErrors(
      { id: 'M11', case: 'accuracy ratio: 2 AUC - 1', params, expected: 2 * area - 1 },
      sampled('ratio', (random) => accuracyRatio(scores(random), bad)),
    ),
    withinErrors(
      {
        id: 'M11',
        case: 'KS, binormal: 2Φ(d/2) - 1',
        params,
        expected: 2 * normalDistribution(distance / 2) - 1,
      },
      sampled('ks', (random) => scoreDistance(scores(random), bad)),
    ),
  ];
}

export function runM11(): ValidationRow[] {
  return [...inequalityRows(), ...scoreRows()];
}
