/**
 * The name of a run: a hash of everything that decides its result. The same scenario, seed and version are the same run, wherever and
 * whenever it is made, so a folder or a cache entry of that name can be reused.
 */
import { sha256 } from '@noble/hashes/sha2.js';
import { bytesToHex, utf8ToBytes } from '@noble/hashes/utils.js';
import type { ResolvedScenario } from '../model.ts';
import { buildIdentity } from '../version.ts';

/** SHA-256 of the resolved scenario, charts and words left out: they do not change what happens. */
export function scenarioHash(scenario: ResolvedScenario): string {
  const { charts: _charts, about: _about, notes: _notes, ...decisive } = scenario;
  return bytesToHex(sha256(utf8ToBytes(JSON.stringify(sortKeys(decisive)))));
}

/** 64 hex digits that name (scenario, seed, version, commit). */
export function runHash(scenario: ResolvedScenario, seed: number): string {
  const { version, commit } = buildIdentity();
  return bytesToHex(sha256(utf8ToBytes(`${scenarioHash(scenario)}/${seed}/${version}/${commit}`)));
}

function sortKeys(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sortKeys);
  if (value === null || typeof value !== 'object') return value;
  return Object.fromEntries(
    Object.entries(value)
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([key, inner]) => [key, sortKeys(inner)]),
  );
}
