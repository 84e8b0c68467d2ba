/**
 * A second copy of a datagram, which comes by a detour: between one microsecond and the path's own delay later.
 * It runs last in the sender's half, so the copy shares the fate of the original up to there and then arrives for sure.
 */
import { SenderStreams, type StreamOf } from './sender-streams.ts';
import type { NetworkStage, Transit } from './transit.ts';

/** `below` takes at most 2^32; a path of more than an hour has a detour of at most that. */
const DETOUR_MAX_US = 4294967296;

export class Duplication implements NetworkStage {
  readonly name = 'duplication';
  readonly minimumDelayUs = 0;
  readonly #ratio: number;
  readonly #streams: SenderStreams;

  constructor(ratio: number, streamOf: StreamOf) {
    this.#ratio = ratio;
    this.#streams = new SenderStreams(streamOf, 'network/duplication');
  }

  depart(transit: Transit): void {
    if (!this.#streams.chance(transit.from, this.#ratio)) return;
    const span = Math.min(DETOUR_MAX_US, Math.max(1, Math.floor(transit.delayUs)));
    transit.duplicateDelayUs = transit.delayUs + 1 + this.#streams.of(transit.from).below(span);
  }
}
