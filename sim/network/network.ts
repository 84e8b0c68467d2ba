/**
 * The simulated network: the stages of a model in their fixed order, behind the two halves of `transit.ts`.
 *
 * Order at the sender: path MTU, partition, uplink queue, propagation, jitter, reordering, loss, duplication. A datagram that is lost on
 * the way has used the uplink like any other.
 */
import type { RandomStream } from '../../protocols/random.ts';
import { AccessLinks } from './access-link.ts';
import { Duplication, ExtraLoss, Jitter, Loss, PathMtu, Reordering } from './disturbances.ts';
import { createLatency, type StreamOf } from './latency.ts';
import type { NetworkModel } from './model.ts';
import { DROP_NONE, DROP_PARTITION, type NetworkStage, type Transit } from './transit.ts';

export class SimulatedNetwork {
  /** True if receivers have a queue of their own, so that `arrive` must be asked. */
  readonly hasArrivalStage: boolean;
  /** Smallest delay of any datagram in microseconds: how far apart in time nodes can be simulated independently. */
  readonly lookaheadUs: number;
  readonly #stages: NetworkStage[];
  readonly #downlinks: AccessLinks;
  readonly #extraLoss: ExtraLoss;
  #side: Uint8Array | undefined;

  constructor(model: NetworkModel, nodes: number, streamOf: StreamOf, placeStream: RandomStream) {
    const latency = createLatency(model.latency, nodes, streamOf, placeStream);
    const rates = (direction: 'upload' | 'download'): Float64Array => {
      const common = model[`${direction}BitsPerSecond`];
      const table = Float64Array.from({ length: nodes }, () => common ?? Infinity);
      if (model.latency.kind === 'regions' && latency.regionOf !== undefined) {
        for (let node = 0; node < nodes; node++) {
          const region = model.latency.regions[latency.regionOf[node]!]!;
          table[node] = common ?? region[`${direction}BitsPerSecond`];
        }
      }
      return table;
    };
    const uplinks = new AccessLinks(rates('upload'), model.queue);
    this.#downlinks = new AccessLinks(rates('download'), model.queue);
    this.hasArrivalStage = this.#downlinks.limited;
    this.#extraLoss = new ExtraLoss(streamOf);

    const stages: NetworkStage[] = [new PathMtu(model.mtuBytes)];
    if (uplinks.limited) {
      stages.push({
        name: 'uplink',
        minimumDelayUs: 0,
        depart: (transit) => uplinks.offer(transit.from, transit),
      });
    }
    stages.push(latency);
    if (model.jitter !== undefined) stages.push(new Jitter(model.jitter, streamOf));
    if (model.reorderRatio > 0 && model.reorderDelay !== undefined) {
      stages.push(new Reordering(model.reorderRatio, model.reorderDelay, streamOf));
    }
    if (model.loss !== undefined) stages.push(new Loss(model.loss, nodes, streamOf));
    stages.push(this.#extraLoss);
    if (model.duplicateRatio > 0) stages.push(new Duplication(model.duplicateRatio, streamOf));
    this.#stages = stages;
    this.lookaheadUs = Math.max(
      1,
      Math.floor(stages.reduce((sum, stage) => sum + stage.minimumDelayUs, 0)),
    );
  }

  /** Sender's half: fills in the delay until the receiver's access link, or why the datagram is lost. */
  depart(transit: Transit): void {
    if (this.#side !== undefined && this.#side[transit.from] !== this.#side[transit.to]) {
      transit.drop = DROP_PARTITION;
      return;
    }
    const stages = this.#stages;
    for (let i = 0; i < stages.length; i++) {
      stages[i]!.depart!(transit);
      if (transit.drop !== DROP_NONE) return;
    }
    transit.delayUs = transit.delayUs < 1 ? 1 : Math.floor(transit.delayUs);
    if (transit.duplicateDelayUs >= 0)
      transit.duplicateDelayUs = Math.floor(transit.duplicateDelayUs);
  }

  /** Receiver's half: waiting and transmission on its downlink. */
  arrive(transit: Transit): void {
    this.#downlinks.offer(transit.to, transit);
  }

  /** Splits the nodes: datagrams between nodes of different `side` are lost. undefined heals the split. */
  setPartition(side: Uint8Array | undefined): void {
    this.#side = side;
  }

  /** Loses this share of all datagrams on top of the model's own loss, until set to 0. */
  setExtraLoss(ratio: number): void {
    this.#extraLoss.ratio = ratio;
  }
}
