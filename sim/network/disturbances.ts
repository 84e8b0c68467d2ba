/**
 * What happens to single datagrams on the way: jitter, loss, duplication, reordering, a path MTU. Each is one stage, acts in the
 * sender's half, and draws from the sending node's stream of that name; a stage that is switched off is not in the stack and draws nothing.
 */
import type { RandomStream } from '../../protocols/random.ts';
import { sampleUs } from '../random/laws.ts';
import type { DurationLaw } from '../random/law.ts';
import type { StreamOf } from './latency.ts';
import type { LossModel } from './model.ts';
import {
  DROP_LOSS,
  DROP_MTU,
  IP_UDP_OVERHEAD_BYTES,
  type NetworkStage,
  type Transit,
} from './transit.ts';

const TWO_POW_32 = 4294967296;

/** Streams of the sending nodes for one purpose, made when a node first sends. */
export class SenderStreams {
  readonly #streams: (RandomStream | undefined)[] = [];
  readonly #streamOf: StreamOf;
  readonly #purpose: string;

  constructor(streamOf: StreamOf, purpose: string) {
    this.#streamOf = streamOf;
    this.#purpose = purpose;
  }

  of(node: number): RandomStream {
    return (this.#streams[node] ??= this.#streamOf(node, this.#purpose));
  }

  /** True with probability `ratio`; draws exactly one value. */
  chance(node: number, ratio: number): boolean {
    return this.of(node).uint32() < ratio * TWO_POW_32;
  }
}

export class Jitter implements NetworkStage {
  readonly name = 'jitter';
  readonly minimumDelayUs = 0;
  readonly #law: DurationLaw;
  readonly #streams: SenderStreams;

  constructor(law: DurationLaw, streamOf: StreamOf) {
    this.#law = law;
    this.#streams = new SenderStreams(streamOf, 'network/jitter');
  }

  depart(transit: Transit): void {
    transit.delayUs += sampleUs(this.#law, this.#streams.of(transit.from));
  }
}

/** Independent loss, or the Gilbert–Elliott chain with one state per sender (Gilbert 1960, Elliott 1963). */
export class Loss implements NetworkStage {
  readonly name = 'loss';
  readonly minimumDelayUs = 0;
  readonly #model: LossModel;
  readonly #streams: SenderStreams;
  readonly #bad: Uint8Array;

  constructor(model: LossModel, nodes: number, streamOf: StreamOf) {
    this.#model = model;
    this.#streams = new SenderStreams(streamOf, 'network/loss');
    this.#bad = new Uint8Array(model.kind === 'gilbert-elliott' ? nodes : 0);
  }

  depart(transit: Transit): void {
    const model = this.#model;
    const from = transit.from;
    let ratio: number;
    if (model.kind === 'independent') ratio = model.ratio;
    else {
      const bad = this.#bad[from] === 1;
      const turns = this.#streams.chance(from, bad ? model.badToGoodRatio : model.goodToBadRatio);
      const nowBad = bad !== turns;
      this.#bad[from] = nowBad ? 1 : 0;
      ratio = nowBad ? model.lossInBadRatio : model.lossInGoodRatio;
    }
    if (this.#streams.chance(from, ratio)) transit.drop = DROP_LOSS;
  }
}

/** Extra independent loss that a fault switches on for a while. */
export class ExtraLoss implements NetworkStage {
  readonly name = 'extra loss';
  readonly minimumDelayUs = 0;
  ratio = 0;
  readonly #streams: SenderStreams;

  constructor(streamOf: StreamOf) {
    this.#streams = new SenderStreams(streamOf, 'network/extra-loss');
  }

  depart(transit: Transit): void {
    if (this.ratio > 0 && this.#streams.chance(transit.from, this.ratio)) transit.drop = DROP_LOSS;
  }
}

/** A second copy, which takes its own jitter-sized detour of up to the path delay. */
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
    const detour =
      1 + this.#streams.of(transit.from).below(Math.max(1, Math.floor(transit.delayUs)));
    transit.duplicateDelayUs = transit.delayUs + detour;
  }
}

/** Holds a share of datagrams back, so that later ones overtake them. */
export class Reordering implements NetworkStage {
  readonly name = 'reordering';
  readonly minimumDelayUs = 0;
  readonly #ratio: number;
  readonly #law: DurationLaw;
  readonly #streams: SenderStreams;

  constructor(ratio: number, law: DurationLaw, streamOf: StreamOf) {
    this.#ratio = ratio;
    this.#law = law;
    this.#streams = new SenderStreams(streamOf, 'network/reordering');
  }

  depart(transit: Transit): void {
    if (!this.#streams.chance(transit.from, this.#ratio)) return;
    transit.delayUs += sampleUs(this.#law, this.#streams.of(transit.from));
  }
}

/** Loses datagrams that do not fit the path: UDP without fragmentation. */
export class PathMtu implements NetworkStage {
  readonly name = 'mtu';
  readonly minimumDelayUs = 0;
  readonly #mtuBytes: number;

  constructor(mtuBytes: number) {
    this.#mtuBytes = mtuBytes;
  }

  depart(transit: Transit): void {
    if (transit.bytes + IP_UDP_OVERHEAD_BYTES > this.#mtuBytes) transit.drop = DROP_MTU;
  }
}
