/**
 * Loss on the way: independent, or in bursts by the Gilbert–Elliott chain (Gilbert 1960, Elliott 1963).
 *
 * The chain steps once per datagram and belongs to the sender: loss bursts come from somebody's access (a radio link, a busy
 * router), and the sender's half may touch only the sender's state. The chain starts in the good state.
 */
import type { LossModel } from './model.ts';
import { SenderStreams, type StreamOf } from './sender-streams.ts';
import { DROP_LOSS, type NetworkStage, type Transit } from './transit.ts';

export class IndependentLoss implements NetworkStage {
  readonly name = 'loss';
  readonly minimumDelayUs = 0;
  readonly #ratio: number;
  readonly #streams: SenderStreams;

  constructor(ratio: number, streamOf: StreamOf) {
    this.#ratio = ratio;
    this.#streams = new SenderStreams(streamOf, 'network/loss');
  }

  depart(transit: Transit): void {
    if (this.#streams.chance(transit.from, this.#ratio)) transit.drop = DROP_LOSS;
  }
}

export class BurstLoss implements NetworkStage {
  readonly name = 'loss';
  readonly minimumDelayUs = 0;
  readonly #model: Extract<LossModel, { kind: 'gilbert-elliott' }>;
  readonly #streams: SenderStreams;
  /** 1 while the sender's chain is in the bad state. */
  readonly #bad: Uint8Array;

  constructor(
    model: Extract<LossModel, { kind: 'gilbert-elliott' }>,
    nodes: number,
    streamOf: StreamOf,
  ) {
    this.#model = model;
    this.#streams = new SenderStreams(streamOf, 'network/loss');
    this.#bad = new Uint8Array(nodes);
  }

  depart(transit: Transit): void {
    const model = this.#model;
    const from = transit.from;
    const bad = this.#bad[from] === 1;
    const turns = this.#streams.chance(from, bad ? model.badToGoodRatio : model.goodToBadRatio);
    const nowBad = bad !== turns;
    this.#bad[from] = nowBad ? 1 : 0;
    const ratio = nowBad ? model.lossInBadRatio : model.lossInGoodRatio;
    if (this.#streams.chance(from, ratio)) transit.drop = DROP_LOSS;
  }
}

/** Share of datagrams that a loss model loses in the long run (the chain's stationary mixture of its two states). */
export function longRunLossRatio(model: LossModel): number {
  if (model.kind === 'independent') return model.ratio;
  const turns = model.goodToBadRatio + model.badToGoodRatio;
  // A chain that never turns stays in the good state it starts in.
  const badShare = turns === 0 ? 0 : model.goodToBadRatio / turns;
  return badShare * model.lossInBadRatio + (1 - badShare) * model.lossInGoodRatio;
}
