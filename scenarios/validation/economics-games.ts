/**
 * M7, M8, M10, CF16, CF17: games played out and counted, against what theory says. Where a formula names the stake (or the rate of checks) at which cheating stops
 * paying, the game is played with the same draws at every stake, and the stake is found at which the mean profit changes sign.
 */
import type { RandomStream } from '../../protocols/random.ts';
import { StreamFactory } from '../../sim/random/streams.ts';
import { BetaScore } from '../economy/beta-score.ts';
import {
  congestionCost,
  failuresToDisqualify,
  inspectionEquilibrium,
  minimumStake,
  selfChallengeStake,
  storageDetection,
  storageDetectionWithout,
  ticketVariation,
  type InspectionGame,
} from '../economy/closed-forms.ts';
import type { ValidationRow } from './case.ts';
import { exactRow } from './engine-statistics.ts';
import { meanOf, withinErrors, type Mean } from './routing-statistics.ts';

const REPLICATIONS = 30;
const streams = new StreamFactory('validation/economics');

function replicated(path: string, draw: (random: RandomStream) => number): Mean {
  const values = Array.from({ length: REPLICATIONS }, (_, run) =>
    draw(streams.stream(`${path}/${run}`)),
  );
  return meanOf(values);
}

/** `count` draws in [0, 1), kept so that every setting is tried on the same ones. */
function drawsOf(random: RandomStream, count: number): Float64Array {
  return Float64Array.from({ length: count }, () => random.uint32() / 2 ** 32);
}

/** Where a function that falls from positive to negative changes sign, between `low` and `high`, by halving. NaN if it does not. */
function signChange(of: (x: number) => number, low: number, high: number): number {
  if (!(of(low) > 0 && of(high) < 0)) return NaN;
  for (let i = 0; i < 60; i++) {
    const middle = (low + high) / 2;
    if (of(middle) > 0) low = middle;
    else high = middle;
  }
  return (low + high) / 2;
}

function meanOver(draws: Float64Array, payoff: (draw: number) => number): number {
  let sum = 0;
  for (const draw of draws) sum += payoff(draw);
  return sum / draws.length;
}

// ---- M7 ----

const TRIALS = 20_000;

/** A cheat that is caught with probability `p` and then loses `stake`; what it keeps otherwise is up to the rule. */
function stakeRow(
  what: string,
  params: { [name: string]: number },
  expected: number,
  payoff: (caught: boolean, stake: number) => number,
): ValidationRow {
  const p = params['p']!;
  const path = `M7/${what}/${Object.values(params).join('/')}`;
  const crossing = replicated(path, (random) => {
    const draws = drawsOf(random, TRIALS);
    return signChange(
      (stake) => meanOver(draws, (draw) => payoff(draw < p, stake)),
      0,
      10 * expected,
    );
  });
  return withinErrors(
    { id: 'M7', case: `stake at which a cheat stops paying: ${what}`, params, expected },
    crossing,
  );
}

function stakeRows(): ValidationRow[] {
  const gain = 1;
  const p = 0.25;
  return [
    stakeRow('gain kept, G/p', { gain, p }, minimumStake(gain, p, false), (caught, stake) =>
      caught ? gain - stake : gain,
    ),
    stakeRow(
      'gain clawed back, G(1-p)/p',
      { gain, p },
      minimumStake(gain, p, true),
      (caught, stake) => (caught ? -stake : gain),
    ),
    ...[0.05, 0.5, 0.95].map((share) =>
      stakeRow(
        'accuses itself, G/(p(1-ρ))',
        { gain, p, share },
        selfChallengeStake(gain, p, share),
        // The challenger's share of the stake goes back to the cheat, who challenged itself before anybody else could.
        (caught, stake) => (caught ? gain - stake + share * stake : gain),
      ),
    ),
  ];
}

const INSPECTIONS: readonly InspectionGame[] = [
  { check: 1, reward: 10, loss: 5, gain: 4, bond: 20 },
  { check: 1, reward: 10, loss: 5, gain: 4, bond: 80 },
];

function inspectionRows(): ValidationRow[] {
  return INSPECTIONS.flatMap((game) => {
    const expected = inspectionEquilibrium(game);
    const params = { ...game };
    const path = `M7/inspection/${game.bond}`;
    // Advantage of cheating falls as checks become more frequent, that of not checking as cheats do.
    const checks = replicated(`${path}/check`, (random) => {
      const draws = drawsOf(random, TRIALS);
      return signChange(
        (rate) => meanOver(draws, (draw) => (draw < rate ? -game.bond : game.gain)),
        0,
        1,
      );
    });
    const cheats = replicated(`${path}/cheat`, (random) => {
      const draws = drawsOf(random, TRIALS);
      const checked = (cheat: boolean): number => (cheat ? game.reward : 0) - game.check;
      const unchecked = (cheat: boolean): number => (cheat ? -game.loss : 0);
      return signChange(
        (rate) => meanOver(draws, (draw) => unchecked(draw < rate) - checked(draw < rate)),
        0,
        1,
      );
    });
    return [
      withinErrors(
        {
          id: 'M7',
          case: 'checks that leave a cheat indifferent, G/(G+D)',
          params,
          expected: expected.check,
        },
        checks,
      ),
      withinErrors(
        {
          id: 'M7',
          case: 'cheats that leave the inspector indifferent, C/(R+L)',
          params,
          expected: expected.cheat,
        },
        cheats,
      ),
    ];
  });
}

export function runM7(): ValidationRow[] {
  return [...stakeRows(), ...inspectionRows()];
}

// ---- M8 ----

const AUDITS = 2_000;

/** Challenges until a missing chunk is met, at most `challenges`; `distinct` asks for no chunk twice. */
function challenge(
  random: RandomStream,
  chunks: number,
  missing: number,
  challenges: number,
  order?: Int32Array,
): number {
  for (let i = 0; i < challenges; i++) {
    let chunk = random.below(order === undefined ? chunks : chunks - i);
    if (order !== undefined) {
      const at = i + chunk;
      chunk = order[at]!;
      order[at] = order[i]!;
      order[i] = chunk;
    }
    if (chunk < missing) return i + 1;
  }
  return Infinity;
}

function detectionRow(
  what: string,
  [chunks, missing, challenges]: readonly [number, number, number],
  distinct: boolean,
  expected: number,
): ValidationRow {
  const path = `M8/${what}/${chunks}/${missing}/${challenges}`;
  const order = distinct ? Int32Array.from({ length: chunks }, (_, at) => at) : undefined;
  const caught = replicated(path, (random) => {
    let count = 0;
    for (let i = 0; i < AUDITS; i++) {
      if (challenge(random, chunks, missing, challenges, order) <= challenges) count++;
    }
    return count / AUDITS;
  });
  return withinErrors(
    { id: 'M8', case: what, params: { chunks, missing, challenges }, expected },
    caught,
  );
}

export function runM8(): ValidationRow[] {
  const repeated = [
    [1_000, 250, 20],
    [1_000, 50, 60],
    [1_000, 10, 300],
  ] as const;
  const share = 0.05;
  const delay = replicated('M8/delay', (random) => {
    let sum = 0;
    for (let i = 0; i < AUDITS; i++) sum += challenge(random, 1_000, share * 1_000, Infinity);
    return sum / AUDITS;
  });
  return [
    ...repeated.map((setting) =>
      detectionRow(
        'missing chunks are found: 1-(1-f)^k',
        setting,
        false,
        storageDetection(setting[1] / setting[0], setting[2]),
      ),
    ),
    detectionRow(
      'missing chunks are found, no chunk asked twice: 1-C(N-d,k)/C(N,k)',
      [1_000, 50, 60],
      true,
      storageDetectionWithout(1_000, 50, 60),
    ),
    detectionRow(
      'a quarter withheld is seen: 1-(3/4)^s (CF12)',
      [400, 100, 15],
      false,
      storageDetection(0.25, 15),
    ),
    withinErrors(
      {
        id: 'M8',
        case: 'challenges until the first is caught: 1/f',
        params: { share },
        expected: 1 / share,
      },
      delay,
    ),
  ];
}

// ---- M10 ----

/** Wei: the base fee at the start. Fees are whole wei, so the recurrence rounds down a little at each block. */
const BASE_FEE = 10_000_000_000n;
/** A target of 15 million gas and blocks of twice that, as on Ethereum. */
const TARGET_GAS = 15_000_000n;

/** Base fee of the next block (EIP-1559): an eighth of the relative excess, at least 1 wei more after a block above its target. */
function nextBaseFee(base: bigint, used: bigint): bigint {
  const change = (base * (used - TARGET_GAS)) / TARGET_GAS / 8n;
  return used > TARGET_GAS && change < 1n ? base + 1n : base + change;
}

export function runM10(): ValidationRow[] {
  return [10, 38, 50, 100].flatMap((blocks) => {
    let base = BASE_FEE;
    let spent = 0n;
    for (let i = 0; i < blocks; i++) {
      spent += base;
      base = nextBaseFee(base, 2n * TARGET_GAS);
    }
    const { cost, feeFactor } = congestionCost(blocks);
    return [
      rounded('cost of full blocks, in blocks at the first fee', blocks, cost, spent),
      rounded('base fee after them, of the first', blocks, feeFactor, base),
    ];
  });
}

function rounded(what: string, blocks: number, expected: number, amount: bigint): ValidationRow {
  const measured = Number(amount) / Number(BASE_FEE);
  return {
    id: 'M10',
    case: what,
    params: { blocks },
    expected,
    measured,
    ci95: [measured, measured],
    tolerance: '1e-6 (fees are whole wei)',
    verdict: Math.abs(measured / expected - 1) <= 1e-6 ? 'pass' : 'fail',
  };
}

// ---- CF16, CF17 ----

export function runTickets(): ValidationRow[] {
  const settings = [
    [0.1, 1_000],
    [0.5, 200],
  ] as const;
  const incomes = 400;
  return settings.map(([p, tickets]) => {
    const variation = replicated(`CF16/${p}/${tickets}`, (random) => {
      const values = Array.from({ length: incomes }, () => {
        let won = 0;
        for (let i = 0; i < tickets; i++) if (random.uint32() < p * 2 ** 32) won++;
        return won / p;
      });
      const { mean, error } = meanOf(values);
      return (error * Math.sqrt(incomes)) / mean;
    });
    return withinErrors(
      {
        id: 'CF16',
        case: 'variation of the income from lottery tickets: √((1-p)/(pN))',
        params: { p, tickets },
        expected: ticketVariation(p, tickets),
      },
      variation,
    );
  });
}

export function runScores(): ValidationRow[] {
  const settings = [
    [0.95, 0.6],
    [0.999, 0.96],
  ] as const;
  return settings.map(([forgetting, threshold]) => {
    const score = new BetaScore(forgetting);
    let failures = 0;
    for (; score.score >= threshold; failures++) score.audit(false);
    return exactRow({
      id: 'CF17',
      case: 'failed audits in a row that disqualify: ⌈ln threshold / ln λ⌉',
      params: { forgetting, threshold },
      expected: failuresToDisqualify(forgetting, threshold),
      measured: failures,
    });
  });
}
