/** What is said of every metric: name, unit, meaning, and what one sample belongs to. */
import type { Guess } from './model.ts';

export type Unit =
  | 'us'
  | 'bytes'
  | 'bits'
  | 'ratio'
  | 'count'
  | 'bytes/s'
  | 'bits/s'
  | 'MFT'
  | 'per day'
  | 'boolean';

export interface MetricDefinition {
  name: string;
  unit: Unit;
  /** One sentence: what one sample is. */
  meaning: string;
  /** What one sample belongs to. */
  per: 'message' | 'text' | 'conversation' | 'tag' | 'node' | 'lookup' | 'search' | 'run';
  better: 'higher' | 'lower' | 'neither';
  /** True for metrics that exist only if `watch` names an observer that guesses it. */
  needsObserver: boolean;
}

/** What an observer must guess for a metric that needs one: any of these. */
export function guessesFor(name: string): readonly [Guess, ...Guess[]] {
  if (name.startsWith('anonymity.member')) return ['membership'];
  if (name === 'anonymity.seen') return ['receiver', 'sender'];
  return [name.startsWith('anonymity.sender') ? 'sender' : 'receiver'];
}

/** A row of the glossary. */
export function metric(
  name: string,
  unit: Unit,
  per: MetricDefinition['per'],
  better: MetricDefinition['better'],
  meaning: string,
  needsObserver = false,
): MetricDefinition {
  return { name, unit, per, better, meaning, needsObserver };
}
