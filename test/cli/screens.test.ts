/**
 * The screens, from fixed summaries to whole text. `UPDATE_GOLDEN=1` writes the files anew; what changed is then seen in the diff.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { Output } from '../../cli/output.ts';
import { shellWord } from '../../cli/again.ts';
import { headLine, renderRun, verdictLine } from '../../cli/screen/run.ts';
import { renderSweep, sweepVerdictLine } from '../../cli/screen/sweep.ts';
import { compact, human, networkTime, wallTime } from '../../cli/screen/units.ts';
import { caseLines, countRows, rowLine } from '../../cli/screen/validation.ts';
import { exitOfRun } from '../../cli/verdict.ts';
import type {
  ExpectationResult,
  MetricSummary,
  RunSummary,
  SweepMetric,
  SweepSummary,
} from '../../scenarios/summary.ts';
import type { ValidationRow } from '../../scenarios/validation/case.ts';

const PLAIN = new Output({ json: false, quiet: false, color: false });

function golden(name: string, text: string): void {
  const path = join('test', 'cli', 'golden', `${name}.txt`);
  if (process.env['UPDATE_GOLDEN'] === '1') writeFileSync(path, `${text}\n`);
  expect(`${text}\n`).toBe(readFileSync(path, 'utf8'));
}

function metric(unit: string, count: number, ...numbers: number[]): MetricSummary {
  const [mean, median, p95, p99, min, max] = numbers as [
    number,
    number,
    number,
    number,
    number,
    number,
  ];
  return { unit, count, mean, median, p95, p99, min, max };
}

const EXPECTATIONS: ExpectationResult[] = [
  { check: 'delivery.rate >= 99%', verdict: 'holds', value: 0.9992, margin: 0.0092, unit: 'ratio' },
  {
    check: 'p95(delivery.latency) < 3 s',
    verdict: 'broken',
    value: 3_410_000,
    margin: -410_000,
    unit: 'us',
    why: 'People wait three seconds and then call',
  },
  {
    check: 'never overlay.stale > 40%',
    verdict: 'broken',
    firstBrokenUs: 462_118_000,
    reason: 'checked 100 times',
  },
  {
    check: 'median(anonymity.entropy) >= 5.5 bits',
    verdict: 'skipped',
    reason: 'applies when $luminosity <= 6 bits',
  },
];

const RUN: RunSummary = {
  schema: 'run-summary/v1',
  scenario: 'luminosity-vs-anonymity',
  version: '1.2.0',
  commit: '9f3c1ab00',
  seed: 7,
  digest: `mf1:${'5d'.repeat(32)}`,
  suite: 'native',
  nodes: 4096,
  networkTimeUs: 1_200_000_000,
  wallSeconds: 61.4,
  events: 24_703_118,
  eventsPerSecond: 402_330.9,
  peakRssBytes: 300e6,
  params: { luminosity: '8 bits' },
  expectations: EXPECTATIONS,
  metrics: {
    'delivery.rate': metric('ratio', 2400, 0.9992, 1, 1, 1, 0, 1),
    'delivery.latency': metric('us', 2398, 1_100_000, 810_000, 3_410_000, 6_020_000, 90_000, 9e6),
    'cost.bytes': metric('bytes', 2400, 21_400, 20_000, 41_000, 52_000, 1_200, 90_000),
    'relay.traffic': metric('bytes/s', 4096, 700, 640, 2_100, 9_000, 0, 20_000),
  },
  distributions: {},
  byRole: {},
  faults: [{ kind: 'crash', fired: 1_204 }],
  files: ['messages.parquet', 'metrics.parquet', 'summary.json'],
  warnings: ['1.2% of all datagrams were dropped by full access queues: the network is congested.'],
};

const RUN_SCREEN = {
  warmupUs: 120_000_000,
  folder: 'runs/8c41-luminosity-vs-anonymity',
  again: 'mainframe run luminosity-vs-anonymity --seed 7',
  reused: false,
  report: true,
  exit: 4,
};

function sweepMetric(unit: string, n: number, mean: number, half: number): SweepMetric {
  const ci: [number, number] = [mean - half, mean + half];
  return { unit, n, mean, ci95: ci, median: mean, medianCi95: ci, p95: mean, p95Ci95: ci };
}

function point(
  bits: number,
  entropy: number,
  verdict: ExpectationResult,
): SweepSummary['points'][0] {
  return {
    params: { luminosity: `${bits} bits` },
    seeds: [1, 2, 3, 4, 5],
    metrics: {
      'delivery.rate': sweepMetric('ratio', 5, 0.9991, 0.0004),
      'cost.bytes': sweepMetric('bytes', 5, 41_000 / 2 ** (bits / 2), 400),
      'anonymity.entropy': sweepMetric('bits', 5, entropy, 0.16),
    },
    verdicts: [verdict],
  };
}

const CHECK = 'median(anonymity.entropy) >= 5.5 bits';
const SWEEP: SweepSummary = {
  schema: 'sweep-summary/v1',
  scenario: 'luminosity-vs-anonymity',
  version: '1.2.0',
  commit: '9f3c1ab00',
  suite: 'native',
  nodes: 4096,
  parameters: ['luminosity'],
  points: [
    point(4, 7.84, { check: CHECK, verdict: 'holds', value: 7.84, margin: 2.34, unit: 'bits' }),
    point(6, 5.63, {
      check: CHECK,
      verdict: 'unclear',
      value: 5.63,
      margin: 0.13,
      unit: 'bits',
      moreSeeds: 14,
      reason: 'the interval reaches over the limit; about 14 more seeds would settle it',
    }),
    point(8, 3.71, {
      check: CHECK,
      verdict: 'skipped',
      reason: 'applies when $luminosity <= 6 bits',
    }),
  ],
  expectations: [
    {
      check: CHECK,
      verdict: 'unclear',
      value: 5.63,
      margin: 0.13,
      unit: 'bits',
      reason: 'unclear at 1 of 2 points',
    },
    { check: 'anonymity.entropy falls as $luminosity rises', verdict: 'holds' },
  ],
  runs: 15,
  reused: 5,
  failed: 0,
  wallSeconds: 662.4,
  files: [],
  warnings: [
    '0.2 to 1.1% of all datagrams were dropped by full access queues: the network is congested. (15 runs)',
  ],
};
const SWEEP_SCREEN = {
  folder: 'runs/12ab-luminosity-vs-anonymity-sweep',
  kind: undefined,
  again: 'mainframe sweep luminosity-vs-anonymity',
  scenario: 'luminosity-vs-anonymity',
  exit: 0,
};

describe('the screen of a run', () => {
  it('shows verdicts, numbers, warnings and where everything is', () => {
    const head = headLine(RUN, 1_200_000_000, 'seed 7');
    golden('run', `${head}\n\n${renderRun(RUN, RUN_SCREEN, PLAIN)}`);
  });

  it('says first that a run ended early', () => {
    const summary = { ...RUN, endedEarly: 'interrupted', networkTimeUs: 462_118_000 };
    golden('run-interrupted', renderRun(summary, { ...RUN_SCREEN, exit: 130 }, PLAIN));
  });

  it('has one line for --quiet', () => {
    expect(verdictLine(RUN)).toBe(
      `luminosity-vs-anonymity: 1 holds, 2 broken, 1 skipped   ${RUN.digest}`,
    );
  });
});

describe('the screen of a sweep', () => {
  it('shows a table with intervals, verdicts, and what would settle the unclear ones', () => {
    golden('sweep', renderSweep(SWEEP, SWEEP_SCREEN, PLAIN));
    expect(sweepVerdictLine(SWEEP)).toBe('luminosity-vs-anonymity: 1 holds, 1 unclear');
  });

  it('claims no interval for one seed', () => {
    const points = SWEEP.points.map((p) => ({
      ...p,
      seeds: [1],
      metrics: Object.fromEntries(
        Object.entries(p.metrics).map(([name, m]) => [name, { ...m, n: 1 }]),
      ),
    }));
    const text = renderSweep({ ...SWEEP, points }, SWEEP_SCREEN, PLAIN);
    expect(text).toContain('One seed at each point, so no intervals');
    expect(text).not.toContain('±');
  });
});

describe('the screen of a validation', () => {
  it('shows expected, measured, interval and verdict', () => {
    const row = (more: Partial<ValidationRow>): ValidationRow => ({
      id: 'R1',
      case: 'copies',
      params: { nodes: 64 },
      expected: 63,
      measured: 63,
      ci95: [63, 63],
      tolerance: 'exact',
      verdict: 'pass',
      ...more,
    });
    const rows = [
      row({}),
      row({
        measured: 60.123456,
        ci95: [59, 61.2],
        verdict: 'fail',
        tolerance: '3 standard errors',
      }),
      row({ verdict: 'skipped', note: 'no data folder' }),
    ];
    const head = caseLines({ id: 'R1', title: 'Copies of a tree', source: 'Closed form' }, PLAIN);
    golden(
      'validation',
      [...head, ...rows.map((r) => rowLine(r, PLAIN)), countRows(rows)].join('\n'),
    );
  });
});

describe('numbers for people', () => {
  it.each([
    [human(3_410_000, 'us'), '3.41 s'],
    [human(260_900, 'us'), '261 ms'],
    [human(0.9992, 'ratio'), '99.92%'],
    [human(57, 'count'), '57'],
    [human(4.5, 'count'), '4.50'],
    [human(3.71, 'bits'), '3.71 bits'],
    [human(211_000, 'bytes'), '206 KiB'],
    [networkTime(462_118_000), '00:07:42.118'],
    [wallTime(3.44), '3.4 s'],
    [wallTime(59.97), '1 min 00 s'],
    [wallTime(662.4), '11 min 02 s'],
    [wallTime(7_260), '2 h 01 min'],
    [compact(412_345), '412 k'],
    [compact(24_703_118), '24.7 M'],
  ])('%s', (got, expected) => expect(got).toBe(expected));

  it('quotes what a shell would take apart', () => {
    expect(['a=1', '6 bits', "it's"].map(shellWord)).toEqual(['a=1', "'6 bits'", "'it'\\''s'"]);
  });
});

describe('the exit code of a run', () => {
  const ending = (verdict: ExpectationResult['verdict'], endedEarly?: string) => ({
    expectations: [{ check: 'x', verdict }],
    ...(endedEarly === undefined ? {} : { endedEarly }),
  });
  it.each([
    [ending('holds'), false, 0],
    [ending('broken'), false, 4],
    [ending('unclear'), false, 0],
    [ending('unclear'), true, 6],
    [ending('holds', 'interrupted'), false, 130],
    [ending('broken', 'memory limit: full'), false, 8],
  ])('of %j with strict %s is %i', (summary, strict, code) => {
    expect(exitOfRun(summary, strict)).toBe(code);
  });
});
