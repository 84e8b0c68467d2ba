/** How much somebody moves in a day. */
import type { RandomStream } from '../../protocols/random.ts';
import { LawSampler } from '../../sim/random/laws.ts';
import type { VolumeLaw } from '../model.ts';

/** Bytes of one day; draws from `random` only if the law is not constant. */
export function drawVolume(law: VolumeLaw, random: RandomStream): number {
  if (law.law === 'constant') return law.bytes;
  return new LawSampler({
    law: 'lognormal',
    medianUs: law.medianBytes,
    p99Us: law.p99Bytes,
  }).sample(random);
}
