/** Holds a share of datagrams back for a drawn time, so that later ones overtake them. */
import { LawSampler } from '../random/laws.ts';
import type { DurationLaw } from '../random/law.ts';
import { SenderStreams, type StreamOf } from './sender-streams.ts';
import type { NetworkStage, Transit } from './transit.ts';

export class Reordering implements NetworkStage {
  readonly name = 'reordering';
  readonly minimumDelayUs = 0;
  readonly #ratio: number;
  readonly #law: LawSampler;
  readonly #streams: SenderStreams;

  constructor(ratio: number, law: DurationLaw, streamOf: StreamOf) {
    this.#ratio = ratio;
    this.#law = new LawSampler(law);
    this.#streams = new SenderStreams(streamOf, 'network/reordering');
  }

  depart(transit: Transit): void {
    if (!this.#streams.chance(transit.from, this.#ratio)) return;
    transit.delayUs += this.#law.sample(this.#streams.of(transit.from));
  }
}
