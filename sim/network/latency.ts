/**
 * Propagation delay between two places, by one of four models. Each gives the one-way delay of a datagram; what varies from
 * packet to packet on one path is jitter, a stage of its own.
 */
import type { RandomStream } from '../../protocols/random.ts';
import { LawSampler, minimumUs } from '../random/laws.ts';
import type { DurationLaw } from '../random/law.ts';
import type { LatencyModel, Region } from './model.ts';
import { assignByShare, assignRows } from './places.ts';
import type { StreamOf } from './sender-streams.ts';
import type { NetworkStage, Transit } from './transit.ts';

export interface LatencyStage extends NetworkStage {
  depart(transit: Transit): void;
  /** Region index of each node, where the model has regions. */
  readonly regionOf?: Uint16Array;
}

/** The latency stage of a model. `placeStream` draws the nodes' places (regions, matrix rows). */
export function createLatency(
  model: LatencyModel,
  nodes: number,
  streamOf: StreamOf,
  placeStream: RandomStream,
): LatencyStage {
  switch (model.kind) {
    case 'constant':
      return new ConstantLatency(model.delayUs);
    case 'law':
      return new LawLatency(model.law, nodes, streamOf);
    case 'regions':
      return new RegionLatency(model.regions, model.delayUs, nodes, placeStream);
    case 'matrix':
      return new MatrixLatency(model.rows, model.oneWayUs, nodes, placeStream);
  }
}

class ConstantLatency implements LatencyStage {
  readonly name = 'latency';
  readonly minimumDelayUs: number;

  constructor(delayUs: number) {
    this.minimumDelayUs = delayUs;
  }

  depart(transit: Transit): void {
    transit.delayUs += this.minimumDelayUs;
  }
}

/**
 * A fixed delay for each pair of nodes, the same in both directions, drawn from a law by hashing the pair: the delay of a path
 * stays what it is, as on a real network, and no table of n² entries is needed.
 */
class LawLatency implements LatencyStage {
  readonly name = 'latency';
  readonly minimumDelayUs: number;
  readonly #law: LawSampler;
  /** 32 random bits per node. */
  readonly #salts: Uint32Array;
  readonly #pair = new PairStream();

  constructor(law: DurationLaw, nodes: number, streamOf: StreamOf) {
    this.#law = new LawSampler(law);
    this.minimumDelayUs = Math.max(1, minimumUs(law));
    this.#salts = new Uint32Array(nodes);
    for (let node = 0; node < nodes; node++) {
      this.#salts[node] = streamOf(node, 'network/place').uint32();
    }
  }

  depart(transit: Transit): void {
    this.#pair.start(this.#salts[transit.from]!, this.#salts[transit.to]!);
    transit.delayUs += Math.max(1, this.#law.sample(this.#pair));
  }
}

/** A stream that is a hash of two salts: symmetric, stateless between pairs. */
class PairStream implements RandomStream {
  #state = 0;

  start(a: number, b: number): void {
    this.#state = Math.imul(a ^ b, 0x9e3779b1) ^ Math.imul((a + b) | 0, 0x85ebca6b);
  }

  uint32(): number {
    this.#state = (this.#state + 0x9e3779b9) | 0;
    let x = this.#state;
    x = Math.imul(x ^ (x >>> 16), 0x21f0aaad);
    x = Math.imul(x ^ (x >>> 15), 0x735a2d97);
    return (x ^ (x >>> 15)) >>> 0;
  }

  below(bound: number): number {
    return Math.floor((this.uint32() / 4294967296) * bound);
  }

  fill(out: Uint8Array, offset: number, length: number): void {
    for (let i = 0; i < length; i++) out[offset + i] = this.uint32();
  }
}

class RegionLatency implements LatencyStage {
  readonly name = 'latency';
  readonly minimumDelayUs: number;
  /** Region index of each node. */
  readonly regionOf: Uint16Array;
  readonly #delays: Float64Array;
  readonly #regions: number;

  constructor(
    regions: readonly Region[],
    delayUs: readonly (readonly number[])[],
    nodes: number,
    place: RandomStream,
  ) {
    this.#regions = regions.length;
    this.#delays = Float64Array.from(delayUs.flat());
    this.regionOf = assignByShare(
      regions.map((r) => r.shareRatio),
      nodes,
      place,
    );
    this.minimumDelayUs = Math.max(
      1,
      this.#delays.reduce((least, d) => Math.min(least, d), Infinity),
    );
  }

  depart(transit: Transit): void {
    const from = this.regionOf[transit.from]!;
    transit.delayUs += this.#delays[from * this.#regions + this.regionOf[transit.to]!]!;
  }
}

class MatrixLatency implements LatencyStage {
  readonly name = 'latency';
  readonly minimumDelayUs: number;
  readonly #rowOf: Uint32Array;
  readonly #delays: Float64Array;
  readonly #rows: number;

  constructor(rows: number, oneWayUs: Float64Array, nodes: number, place: RandomStream) {
    this.#rows = rows;
    this.#delays = oneWayUs;
    this.#rowOf = assignRows(rows, nodes, place);
    let least = Infinity;
    for (const d of oneWayUs) if (d > 0 && d < least) least = d;
    this.minimumDelayUs = Math.max(1, least);
  }

  depart(transit: Transit): void {
    const delay = this.#delays[this.#rowOf[transit.from]! * this.#rows + this.#rowOf[transit.to]!]!;
    // Two nodes in one place (a world larger than the matrix) are as close as the two closest places.
    transit.delayUs += delay > 0 ? delay : this.minimumDelayUs;
  }
}
