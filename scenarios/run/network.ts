/** The network model of a scenario, with what it names in files. */
import { readFileSync } from 'node:fs';
import { parseLatencyFile } from '../../sim/network/latency-file.ts';
import type { NetworkModel } from '../../sim/network/model.ts';
import type { NetworkSpec } from '../model.ts';

/** @throws for a latency file that is gone or has changed since the scenario was checked */
export function readNetwork(spec: NetworkSpec): NetworkModel {
  const latency = spec.latency;
  if (latency.kind !== 'matrix') return { ...spec, latency };
  const parsed = parseLatencyFile(readFileSync(latency.file, 'utf8'));
  if (!parsed.ok) {
    throw new Error(`${latency.file}: ${parsed.problems[0]!.message}`);
  }
  return {
    ...spec,
    latency: { kind: 'matrix', source: latency.file, rows: parsed.rows, oneWayUs: parsed.oneWayUs },
  };
}
