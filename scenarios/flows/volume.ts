/** How much somebody moves in a day. */
import type { RandomStream } from '../../protocols/random.ts';
import { LawSampler } from '../../sim/random/laws.ts';
import type { Traffic, VolumeLaw } from '../model.ts';

/** Bytes of one day; draws from `random` only if the law is not constant. */
function drawVolume(law: VolumeLaw, random: RandomStream): number {
  if (law.law === 'constant') return law.bytes;
  return new LawSampler({
    law: 'lognormal',
    medianUs: law.medianBytes,
    p99Us: law.p99Bytes,
  }).sample(random);
}

/** Everybody's volume of the day, drawn when it is first asked for. */
export class DayVolumes {
  readonly #places: number;
  readonly #random: readonly RandomStream[];
  /** Bytes by day, place and traffic entry. */
  readonly #bytes = new Map<number, number>();

  /** @param random the stream of each place */
  constructor(places: number, random: readonly RandomStream[]) {
    this.#places = places;
    this.#random = random;
  }

  /** Bytes that `place` moves on `day` for entry number `index`, which must have a volume. */
  today(place: number, index: number, entry: Traffic, day: number): number {
    const key = (day * this.#places + place) * 256 + index;
    const known = this.#bytes.get(key);
    if (known !== undefined) return known;
    const bytes = drawVolume(entry.volumeBytesPerDay!, this.#random[place]!);
    this.#bytes.delete(key - this.#places * 256);
    this.#bytes.set(key, bytes);
    return bytes;
  }
}
