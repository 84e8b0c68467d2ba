/**
 * One scenario on its way to being resolved: the merged tree, the values read from it, the list of problems.
 * Every section's reader works on it, so that each needs only the path of what it looks at.
 */
import type { LatencyFile } from '../../sim/network/latency-file.ts';
import type { ParameterValue } from '../model.ts';
import type { ScenarioData } from './schema.ts';
import { defaultText } from './defaults.ts';
import { problemAt, type Fault, type Problem, type Reading, type Severity } from './problems.ts';
import { entryOf, nodeAt, spanOf, type Raw } from './raw.ts';

export type Path = readonly (string | number)[];

export interface Work {
  raw: Raw;
  data: ScenarioData;
  problems: Problem[];
  /** Parameters and swept keys with their values at this point. */
  values: ReadonlyMap<string, ParameterValue>;
  surroundings: Surroundings;
}

/** What a scenario's files are relative to, and what was found in them; shared by all points of a sweep. */
export interface Surroundings {
  /** Folder that relative file names of the main file start from. */
  folder: string;
  /** Tables of delays read already, by absolute name: a large one is checked once, not once a point. */
  latencyFiles: Map<string, LatencyFile>;
}

export function nodeOf(work: Work, path: Path): Raw | undefined {
  return nodeAt(work.raw, path);
}

/** True when a key stands in the file, whether or not its value could be read. */
export function isWritten(work: Work, path: Path): boolean {
  return nodeOf(work, path) !== undefined;
}

/** Reports a fault of the value at a path (of its key when the value is a map or a list). */
export function report(work: Work, path: Path, what: Fault, severity: Severity = 'error'): void {
  const node = nodeOf(work, path);
  const key = entryOf(nodeOf(work, path.slice(0, -1)), String(path.at(-1)))?.keySpan;
  const span =
    node?.kind === 'scalar' ? spanOf(node, what) : (key ?? elementSpan(node) ?? work.raw.span);
  work.problems.push(problemAt(what, span, { explain: String(path[0] ?? ''), severity }));
}

/** Reports a fault of a key itself. */
export function reportKey(work: Work, path: Path, what: Fault, severity: Severity = 'error'): void {
  const entry = entryOf(nodeOf(work, path.slice(0, -1)), String(path.at(-1)));
  const span = entry?.keySpan ?? elementSpan(nodeOf(work, path)) ?? work.raw.span;
  work.problems.push(problemAt(what, span, { explain: String(path[0] ?? ''), severity }));
}

/** An element of a list is shown by its first key. */
function elementSpan(node: Raw | undefined): Raw['span'] | undefined {
  if (node === undefined) return undefined;
  return node.kind === 'map' ? (node.entries[0]?.keySpan ?? node.span) : node.span;
}

/** The value of a default, through the same reader as a written one. A default that cannot be read is our bug. */
export function defaultValue<T>(path: string, reader: (text: string) => Reading<T>): T {
  const reading = reader(defaultText(path));
  if (!reading.ok) throw new Error(`default of "${path}": ${reading.fault.message}`);
  return reading.value;
}
