/**
 * The name of a run: a hash of everything that decides its result. The same scenario, seed and program are the same run, wherever and
 * whenever it is made, so a folder or a cache entry of that name can be reused.
 *
 * Charts belong to it, since a run keeps the distributions that its charts draw; words for people (`about`, `notes`) do not. Files that a
 * scenario names stand for their content, not for their place.
 */
import { readFileSync } from 'node:fs';
import { sha256 } from '@noble/hashes/sha2.js';
import { bytesToHex, utf8ToBytes } from '@noble/hashes/utils.js';
import type { ResolvedScenario } from '../model.ts';
import { buildIdentity } from '../version.ts';
import type { Provenance } from './arrow-file.ts';

/** SHA-256 of the resolved scenario and the files it names, as 64 hex digits. */
export function scenarioHash(scenario: ResolvedScenario): string {
  const { latency } = scenario.world.network;
  const named = {
    ...scenario,
    about: '',
    notes: '',
    world: {
      ...scenario.world,
      network: {
        ...scenario.world.network,
        latency:
          latency.kind === 'matrix' ? { ...latency, file: contentHash(latency.file) } : latency,
      },
    },
    roles: scenario.roles.map((role) =>
      role.sessionsFile === undefined
        ? role
        : { ...role, sessionsFile: contentHash(role.sessionsFile) },
    ),
  };
  return bytesToHex(sha256(utf8ToBytes(JSON.stringify(sortKeys(named)))));
}

function contentHash(file: string): string {
  return bytesToHex(sha256(readFileSync(file)));
}

/** 64 hex digits that name (scenario, seed, version, commit). */
export function runHash(scenario: ResolvedScenario, seed: number): string {
  return runHashOf(scenarioHash(scenario), seed);
}

/** As `runHash`, for many seeds of one scenario. */
export function runHashOf(scenario: string, seed: number): string {
  const { version, commit } = buildIdentity();
  return bytesToHex(sha256(utf8ToBytes(`${scenario}/${seed}/${version}/${commit}`)));
}

/** What is written into the metadata of every table. */
export function provenanceOf(scenario: ResolvedScenario, seeds: readonly number[]): Provenance {
  const { version, commit } = buildIdentity();
  return {
    program: 'mainframe',
    version,
    commit,
    scenario: scenario.scenario,
    scenarioHash: scenarioHash(scenario),
    seed: seeds.join(' '),
  };
}

/** Keys in one order everywhere, so that the same value has the same text. */
function sortKeys(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sortKeys);
  if (value === null || typeof value !== 'object') return value;
  return Object.fromEntries(
    Object.entries(value)
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([key, inner]) => [key, sortKeys(inner)]),
  );
}
