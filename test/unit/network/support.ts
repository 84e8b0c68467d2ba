/** A datagram to push through stages, and streams to draw from. */
import type { RandomStream } from '../../../protocols/random.ts';
import { DROP_NONE, type Transit } from '../../../sim/network/transit.ts';
import type { StreamOf } from '../../../sim/network/sender-streams.ts';
import { StreamFactory } from '../../../sim/random/streams.ts';

export function datagram(fields: Partial<Transit> = {}): Transit {
  return {
    from: 0,
    to: 1,
    bytes: 100,
    nowUs: 0,
    delayUs: 0,
    drop: DROP_NONE,
    duplicateDelayUs: -1,
    ...fields,
  };
}

export function streamsOf(seed: string): StreamOf {
  const factory = new StreamFactory(seed);
  return (node, purpose) => factory.stream(`node/${node}/${purpose}`);
}

export function placeStream(seed: string): RandomStream {
  return new StreamFactory(seed).stream('network/places');
}

/** Whether `count` of `trials` is within 3 standard errors of the probability `ratio`. */
export function withinBand(count: number, trials: number, ratio: number): boolean {
  return Math.abs(count - trials * ratio) <= 3 * Math.sqrt(trials * ratio * (1 - ratio)) + 1e-9;
}
