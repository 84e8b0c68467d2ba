/** Reads a result folder, of a run or a sweep, into one shape: runs with their parameters, and the scenario that made them. */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { ResolvedScenario } from '../scenarios/model.ts';
import type { RunSummary, SweepSummary } from '../scenarios/summary.ts';

export interface ResultRun {
  params: { [name: string]: string };
  seed: number;
  summary: RunSummary;
}

export interface Results {
  folder: string;
  scenario: ResolvedScenario;
  /** Swept parameters in the order they vary; empty for a single run. */
  parameters: string[];
  runs: ResultRun[];
  /** The sweep's own summary, when it is one. */
  sweep?: SweepSummary;
}

function readJson<T>(folder: string, name: string): T {
  return JSON.parse(readFileSync(join(folder, name), 'utf8')) as T;
}

/** @throws when the folder is not a result folder. */
export function readResults(folder: string): Results {
  const scenario = readJson<ResolvedScenario>(folder, 'scenario.json');
  if (!existsSync(join(folder, 'runs.ndjson'))) {
    const summary = readJson<RunSummary>(folder, 'summary.json');
    return {
      folder,
      scenario,
      parameters: [],
      runs: [{ params: {}, seed: summary.seed, summary }],
    };
  }
  const sweep = readJson<SweepSummary>(folder, 'summary.json');
  const runs = readFileSync(join(folder, 'runs.ndjson'), 'utf8')
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as ResultRun);
  return { folder, scenario, parameters: sweep.parameters, runs, sweep };
}

/** The runs of each point, in the order of the sweep. */
export function pointsOf(
  results: Results,
): { params: { [name: string]: string }; runs: ResultRun[] }[] {
  const points = new Map<string, { params: { [name: string]: string }; runs: ResultRun[] }>();
  for (const run of results.runs) {
    const key = JSON.stringify(run.params);
    const point = points.get(key) ?? { params: run.params, runs: [] };
    point.runs.push(run);
    points.set(key, point);
  }
  return [...points.values()];
}
