/**
 * The simulated network: the stages of a model in their fixed order, behind the two halves of `transit.ts`.
 *
 * Order at the sender: path MTU, uplink, partition, propagation, jitter, reordering, loss, extra loss, duplication. A datagram that is
 * lost on the way has used the uplink like any other, and a partition is such a loss: it lies beyond the access links. The receiver's
 * half is its downlink.
 *
 * The stages are called one by one rather than in a loop over a list: each call site then sees one class only, which is what lets the
 * engine inline it on the packet path.
 */
import type { RandomStream } from '../../protocols/random.ts';
import { AccessLinks } from './access-link.ts';
import { Duplication } from './duplication.ts';
import { ExtraLoss } from './extra-loss.ts';
import { Jitter } from './jitter.ts';
import { createLatency, type LatencyStage } from './latency.ts';
import { BurstLoss, IndependentLoss } from './loss.ts';
import type { NetworkModel } from './model.ts';
import { Partition } from './partition.ts';
import { PathMtu } from './path-mtu.ts';
import { Reordering } from './reordering.ts';
import type { StreamOf } from './sender-streams.ts';
import { DROP_NONE, type Transit } from './transit.ts';

export class SimulatedNetwork {
  /** True if receivers have a queue of their own, so that `arrive` must be asked. */
  readonly hasArrivalStage: boolean;
  /** Smallest delay of any datagram in microseconds, >= 1: how far apart in time nodes can be simulated independently. */
  readonly lookaheadUs: number;
  /** Region index of each node, where the model has regions. */
  readonly regionOf: Uint16Array | undefined;
  readonly #mtu: PathMtu;
  readonly #uplinks: AccessLinks;
  readonly #partition: Partition;
  readonly #latency: LatencyStage;
  readonly #jitter: Jitter | undefined;
  readonly #reordering: Reordering | undefined;
  readonly #loss: IndependentLoss | BurstLoss | undefined;
  readonly #extraLoss: ExtraLoss;
  readonly #duplication: Duplication | undefined;
  readonly #downlinks: AccessLinks;

  /**
   * @param streamOf the stream of a node for a purpose; asked when a node first needs one
   * @param placeStream draws where nodes live (regions, rows of a matrix)
   */
  constructor(model: NetworkModel, nodes: number, streamOf: StreamOf, placeStream: RandomStream) {
    this.#mtu = new PathMtu(model.mtuBytes);
    this.#latency = createLatency(model.latency, nodes, streamOf, placeStream);
    this.regionOf = this.#latency.regionOf;
    const rates = accessRates(model, nodes, this.regionOf);
    this.#uplinks = new AccessLinks(rates.upload, model.queue, model.mtuBytes);
    this.#downlinks = new AccessLinks(rates.download, model.queue, model.mtuBytes);
    this.hasArrivalStage = this.#downlinks.limited;
    this.#partition = new Partition(nodes);
    if (model.jitter !== undefined) this.#jitter = new Jitter(model.jitter, streamOf);
    if (model.reorderRatio > 0 && model.reorderDelay !== undefined)
      this.#reordering = new Reordering(model.reorderRatio, model.reorderDelay, streamOf);
    if (model.loss?.kind === 'independent')
      this.#loss = new IndependentLoss(model.loss.ratio, streamOf);
    else if (model.loss !== undefined) this.#loss = new BurstLoss(model.loss, nodes, streamOf);
    this.#extraLoss = new ExtraLoss(streamOf);
    if (model.duplicateRatio > 0)
      this.#duplication = new Duplication(model.duplicateRatio, streamOf);
    const minimumUs = this.#latency.minimumDelayUs + (this.#jitter?.minimumDelayUs ?? 0);
    this.lookaheadUs = Math.max(1, Math.floor(minimumUs));
  }

  /** Sender's half: fills in the delay until the receiver's access link, at least 1 µs, or why the datagram is lost. */
  depart(transit: Transit): void {
    this.#mtu.depart(transit);
    if (transit.drop !== DROP_NONE) return;
    this.#uplinks.offer(transit.from, transit);
    if (transit.drop !== DROP_NONE) return;
    this.#partition.depart(transit);
    if (transit.drop !== DROP_NONE) return;
    this.#latency.depart(transit);
    this.#jitter?.depart(transit);
    this.#reordering?.depart(transit);
    this.#loss?.depart(transit);
    if (transit.drop !== DROP_NONE) return;
    this.#extraLoss.depart(transit);
    if (transit.drop !== DROP_NONE) return;
    transit.delayUs = transit.delayUs < 1 ? 1 : Math.floor(transit.delayUs);
    this.#duplication?.depart(transit);
  }

  /** Receiver's half: waiting and transmission on its downlink. Leaves the delay at 0 where the downlink is unlimited. */
  arrive(transit: Transit): void {
    this.#downlinks.offer(transit.to, transit);
  }

  /** Splits the nodes: datagrams between nodes of different `side` are lost. undefined heals the split. */
  setPartition(side: Uint8Array | undefined): void {
    this.#partition.set(side);
  }

  /** Loses this share of all datagrams on top of the model's own loss, until set to 0. */
  setExtraLoss(ratio: number): void {
    this.#extraLoss.set(ratio);
  }
}

/** Rates of all nodes' links: the model's own where it has one, else the node's region's, else unlimited. */
function accessRates(
  model: NetworkModel,
  nodes: number,
  regionOf: Uint16Array | undefined,
): { upload: Float64Array; download: Float64Array } {
  const regions = model.latency.kind === 'regions' ? model.latency.regions : [];
  const upload = new Float64Array(nodes);
  const download = new Float64Array(nodes);
  for (let node = 0; node < nodes; node++) {
    const region = regionOf === undefined ? undefined : regions[regionOf[node]!];
    upload[node] = model.uploadBitsPerSecond ?? region?.uploadBitsPerSecond ?? Infinity;
    download[node] = model.downloadBitsPerSecond ?? region?.downloadBitsPerSecond ?? Infinity;
  }
  return { upload, download };
}
