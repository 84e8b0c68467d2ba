/** Delay that varies from packet to packet on one path: an independent draw from a law for each datagram. */
import { LawSampler, minimumUs } from '../random/laws.ts';
import type { DurationLaw } from '../random/law.ts';
import { SenderStreams, type StreamOf } from './sender-streams.ts';
import type { NetworkStage, Transit } from './transit.ts';

export class Jitter implements NetworkStage {
  readonly name = 'jitter';
  readonly minimumDelayUs: number;
  readonly #law: LawSampler;
  readonly #streams: SenderStreams;

  constructor(law: DurationLaw, streamOf: StreamOf) {
    this.#law = new LawSampler(law);
    this.minimumDelayUs = minimumUs(law);
    this.#streams = new SenderStreams(streamOf, 'network/jitter');
  }

  depart(transit: Transit): void {
    transit.delayUs += this.#law.sample(this.#streams.of(transit.from));
  }
}
