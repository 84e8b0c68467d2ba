/** A network as the `world` keys that describe it; the inverse of reading them. */
import { stringify } from 'yaml';

import type { NetworkSpec } from '../model.ts';
import { formatQuantity } from './quantity.ts';
import { formatLaw } from './values.ts';

const time = (us: number): string => formatQuantity(us, 'time');
const share = (ratio: number): string => formatQuantity(ratio, 'share');

function rate(bitsPerSecond: number | undefined): string {
  return bitsPerSecond === undefined || bitsPerSecond === Infinity
    ? 'unlimited'
    : formatQuantity(bitsPerSecond, 'rate');
}

function latency(spec: NetworkSpec['latency']): unknown {
  switch (spec.kind) {
    case 'constant':
      return time(spec.delayUs);
    case 'law':
      return formatLaw(spec.law);
    case 'matrix':
      return `matrix(${spec.file})`;
    case 'regions':
      return {
        regions: Object.fromEntries(
          spec.regions.map((region) => [
            region.name,
            {
              share: share(region.shareRatio),
              up: rate(region.uploadBitsPerSecond),
              down: rate(region.downloadBitsPerSecond),
            },
          ]),
        ),
        delay: Object.fromEntries(
          spec.regions.map((from, i) => [
            from.name,
            Object.fromEntries(
              spec.regions.map((to, j) => [to.name, time(spec.delayUs[i]?.[j] ?? 0)]),
            ),
          ]),
        ),
      };
  }
}

function loss(spec: NetworkSpec['loss']): unknown {
  if (spec === undefined) return share(0);
  if (spec.kind === 'independent') return share(spec.ratio);
  return {
    good_to_bad: share(spec.goodToBadRatio),
    bad_to_good: share(spec.badToGoodRatio),
    in_good: share(spec.lossInGoodRatio),
    in_bad: share(spec.lossInBadRatio),
  };
}

/** Every network key of `world`, each written out. */
export function networkKeys(spec: NetworkSpec): { [key: string]: unknown } {
  return {
    latency: latency(spec.latency),
    jitter: spec.jitter === undefined ? time(0) : formatLaw(spec.jitter),
    loss: loss(spec.loss),
    duplicate: share(spec.duplicateRatio),
    reorder: {
      share: share(spec.reorderRatio),
      ...(spec.reorderDelay === undefined ? {} : { delay: formatLaw(spec.reorderDelay) }),
    },
    bandwidth: { up: rate(spec.uploadBitsPerSecond), down: rate(spec.downloadBitsPerSecond) },
    queue: {
      limit: formatQuantity(spec.queue.limitBytes, 'size'),
      drop: spec.queue.kind === 'codel' ? 'codel' : 'tail',
      ...(spec.queue.kind === 'codel'
        ? { target: time(spec.queue.targetUs), interval: time(spec.queue.intervalUs) }
        : {}),
    },
    mtu: formatQuantity(spec.mtuBytes, 'size'),
  };
}

export function networkYaml(spec: NetworkSpec): string {
  return stringify({ world: networkKeys(spec) });
}
