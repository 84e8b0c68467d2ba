/** Independent loss that a fault switches on for a while, on top of the model's own. Draws nothing while it is off. */
import { SenderStreams, type StreamOf } from './sender-streams.ts';
import { DROP_LOSS, type NetworkStage, type Transit } from './transit.ts';

export class ExtraLoss implements NetworkStage {
  readonly name = 'extra loss';
  readonly minimumDelayUs = 0;
  #ratio = 0;
  readonly #streams: SenderStreams;

  constructor(streamOf: StreamOf) {
    this.#streams = new SenderStreams(streamOf, 'network/extra-loss');
  }

  /** @param ratio share of datagrams to lose from now on, in [0, 1]; 0 switches the stage off */
  set(ratio: number): void {
    if (!(ratio >= 0 && ratio <= 1))
      throw new Error(`extra loss ${ratio}: expected a ratio in [0, 1]`);
    this.#ratio = ratio;
  }

  depart(transit: Transit): void {
    if (this.#ratio > 0 && this.#streams.chance(transit.from, this.#ratio))
      transit.drop = DROP_LOSS;
  }
}
