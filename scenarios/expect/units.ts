/**
 * Units inside expressions. A number must have the unit of what it is compared with: `p95(delivery.latency) < 3` is
 * refused, since nobody can know whether seconds or milliseconds were meant.
 *
 * Plain numbers go with counts and ratios (`overlay.size_estimate < 1.1`), never with times, sizes or bits.
 */
import type { Unit } from '../metrics.ts';
import type { Statistic } from '../model.ts';

/** Unit of a term; 'plain' is a bare number. */
export type Dimension = Unit | 'plain';

export const UNIT_WORDS: { readonly [unit in Dimension]: { of: string; propose: string[] } } = {
  us: { of: 'time', propose: ['s', 'ms'] },
  bytes: { of: 'size', propose: ['KiB', 'B'] },
  bits: { of: 'information', propose: ['bits'] },
  'bytes/s': { of: 'flow', propose: ['KiB/s', 'B/s'] },
  'bits/s': { of: 'rate', propose: ['kbit/s', 'Mbit/s'] },
  MFT: { of: 'money', propose: ['MFT'] },
  'per day': { of: 'rate', propose: ['per day'] },
  ratio: { of: 'share', propose: ['%'] },
  count: { of: 'count', propose: [] },
  boolean: { of: 'yes or no', propose: [] },
  plain: { of: 'number', propose: [] },
};

/** True when the two can be compared or added. */
export function agree(left: Dimension, right: Dimension): boolean {
  if (left === right) return true;
  const loose = (unit: Dimension): boolean => unit === 'ratio' || unit === 'count';
  return (left === 'plain' && loose(right)) || (right === 'plain' && loose(left));
}

/** The unit of a sum of two that agree. */
export function joined(left: Dimension, right: Dimension): Dimension {
  return left === 'plain' ? right : left;
}

export function isPure(unit: Dimension): boolean {
  return unit === 'plain' || unit === 'ratio' || unit === 'count';
}

/** Unit of a statistic of a metric. */
export function statisticUnit(statistic: Statistic, metric: Unit): Dimension {
  switch (statistic) {
    case 'count':
      return 'count';
    case 'share':
    case 'gini':
      return 'ratio';
    case 'slope':
      return 'plain';
    default:
      return metric;
  }
}
