/**
 * A result folder like that of a sweep over luminosity and policy, its numbers from closed forms: zones of N/2^l nodes, S - 1 copies a tree, flooding
 * at k(2 log2(S/k) - 1) copies a node. Enough to draw and to say; nothing is run.
 */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { loadScenario } from '../../../scenarios/language/load.ts';
import type { MetricSummary, RunSummary } from '../../../scenarios/summary.ts';
import { summariseSweep, type PointRuns } from '../../../scenarios/sweep/summarise.ts';

const NODES = 4096;

function metric(unit: string, value: number): MetricSummary {
  return {
    unit,
    count: 24,
    mean: value,
    median: value,
    p95: value * 1.6,
    p99: value * 2,
    min: value / 2,
    max: value * 2,
  };
}

function run(bits: number, policy: string, seed: number): RunSummary {
  const noise = 1 + 0.02 * (((seed * 7 + bits) % 5) - 2);
  const zone = 1 + (NODES - 1) * 2 ** -bits;
  const trees = 3 * (zone - 1 + bits / 4);
  const flood = zone * Math.max(5, 8 * (2 * Math.log2(Math.max(1.2, zone / 8)) - 1));
  const copies = (policy === 'pss' ? flood : policy === 'tree(3)' ? trees : trees + 9) * noise + 2;
  const entropy = Math.log2(Math.max(1, 0.9 * zone)) * noise;
  return {
    schema: 'run-summary/v1',
    scenario: 'luminosity-vs-anonymity',
    version: '0.1.0',
    commit: 'fixture',
    seed,
    digest: `mf1:${'0'.repeat(63)}${seed}`,
    suite: 'modelled',
    nodes: NODES,
    networkTimeUs: 1e8,
    wallSeconds: 1,
    events: 1000,
    eventsPerSecond: 1000,
    peakRssBytes: 1e8,
    params: {},
    expectations: [],
    metrics: {
      'delivery.rate': metric('ratio', 0.99),
      'delivery.latency': metric('us', 300_000 * noise),
      'routing.copies': metric('count', copies),
      'cost.bytes': metric('bytes', copies * 1146),
      'zone.size': metric('count', zone),
      'anonymity.entropy': metric('bits', entropy),
      'cost.bound_copies': metric('count', 2 ** entropy - 1 + bits / 4),
    },
    distributions: {
      'delivery.latency': Array.from({ length: 101 }, (_, i) => 50_000 * noise * 1.03 ** i),
    },
    byRole: {},
    faults: [],
    files: [],
    warnings: [],
  };
}

/** Writes the fixture's folder below `parent` and returns its path. */
export function writeSweepFixture(parent: string): string {
  const file = 'scenarios/gallery/luminosity-vs-anonymity.yaml';
  const result = loadScenario({ file, text: readFileSync(file, 'utf8') });
  if (!result.ok) throw new Error('the gallery does not load');
  const points: PointRuns[] = result.loaded.points().map(({ params }) => {
    const resolved = result.loaded.resolve(params);
    if (!resolved.ok) throw new Error('a point does not resolve');
    const bits = Number.parseInt(params['luminosity']!, 10);
    const runs = [1, 2, 3, 4, 5].map((seed) => ({
      seed,
      summary: run(bits, params['policy']!, seed),
    }));
    return { params, scenario: resolved.scenario, runs };
  });
  const folder = join(parent, 'abcd-luminosity-vs-anonymity-sweep');
  mkdirSync(folder);
  const summary = summariseSweep(points, { runs: 135, reused: 0, failed: 0, wallSeconds: 1 });
  writeFileSync(join(folder, 'summary.json'), JSON.stringify(summary));
  writeFileSync(join(folder, 'scenario.json'), JSON.stringify(points[0]!.scenario));
  writeFileSync(
    join(folder, 'runs.ndjson'),
    points
      .flatMap((p) => p.runs.map((r) => `${JSON.stringify({ params: p.params, ...r })}\n`))
      .join(''),
  );
  return folder;
}
